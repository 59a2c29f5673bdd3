"""The limits in force, as integers. KEYS is the whole list of what this version enforces; what is not here
is not enforced.

A key's kind says how its text becomes an integer: `money` (micros, or ppm of equity when written with %),
`ppm` (from % or bps), `count`,
`ns` (durations), `micros` (plain money), `text`, `list`. `tighter` says which direction is safer (P11).
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.units import MINUTE, MS, NS, UNKNOWN, mul_div

LOWER: Final = "lower"
HIGHER: Final = "higher"
SUBSET: Final = "subset"
SUPERSET: Final = "superset"
NONE: Final = "none"

MONEY: Final = "money"  # Cap: an amount or a share of equity
PPM_KIND: Final = "ppm"
COUNT: Final = "count"
DURATION: Final = "ns"
MICROS: Final = "micros"
TEXT: Final = "text"
LIST: Final = "list"


@dataclass
class Key:
    """One configuration key: where it may stand and how it is read."""

    name: str
    kind: str
    tighter: str
    scopes: tuple[str, ...]  # of "", "symbol", "strategy"
    control: str
    choices: tuple[str, ...] = ()


ANY: Final = ("",)
WITH_SYMBOL: Final = ("", "symbol")

KEYS: Final[tuple[Key, ...]] = (
    Key("max_order_notional", MONEY, LOWER, WITH_SYMBOL, "C1"),
    Key("max_order_qty", COUNT, LOWER, WITH_SYMBOL, "C1"),
    Key("max_position_notional", MONEY, LOWER, WITH_SYMBOL, "C2"),
    Key("max_gross", MONEY, LOWER, ANY, "C3"),
    Key("max_net", MONEY, LOWER, ANY, "C3"),
    Key("max_leverage", PPM_KIND, LOWER, ANY, "C3"),
    Key("max_at_risk", MONEY, LOWER, ANY, "C3"),
    Key("max_overnight_exposure", MONEY, LOWER, ANY, "C3"),
    Key("max_positions", COUNT, LOWER, ANY, "C4"),
    Key("max_daily_turnover", MONEY, LOWER, ANY, "C5"),
    Key("max_daily_cost", MONEY, LOWER, ANY, "C5"),
    Key("fee_per_unit", MICROS, HIGHER, ANY, "C5"),
    Key("fee_rate", PPM_KIND, HIGHER, ANY, "C5"),
    Key("max_daily_loss", MONEY, LOWER, ("", "symbol", "strategy"), "C6"),
    Key("stress_floor", PPM_KIND, HIGHER, ANY, "C6"),
    Key("atr_bar", DURATION, NONE, ANY, "C6"),
    Key("drawdown_caution", PPM_KIND, LOWER, ANY, "C8"),
    Key("drawdown_restrict", PPM_KIND, LOWER, ANY, "C8"),
    Key("drawdown_halt", PPM_KIND, LOWER, ANY, "C8"),
    Key("caution_scale", PPM_KIND, LOWER, ANY, "C8"),
    Key("price_tolerance", PPM_KIND, LOWER, WITH_SYMBOL, "C18"),
    Key("max_slippage", PPM_KIND, LOWER, WITH_SYMBOL, "C18"),
    Key("max_quote_age", DURATION, LOWER, WITH_SYMBOL, "C19"),
    Key("max_spread", PPM_KIND, LOWER, WITH_SYMBOL, "C19"),
    Key("max_tick_move", PPM_KIND, LOWER, WITH_SYMBOL, "C19"),
    Key("order_rate", COUNT, LOWER, ANY, "C20"),
    Key("min_spacing", DURATION, HIGHER, ANY, "C20"),
    Key("message_rate", COUNT, LOWER, ANY, "C20"),
    Key("reject_rate", COUNT, LOWER, ANY, "C20"),
    Key("max_orders_per_day", COUNT, LOWER, ANY, "C20"),
    Key("reduce_rate", COUNT, NONE, ANY, "C20"),
    Key("duplicate_window", DURATION, HIGHER, ANY, "C21"),
    Key("min_notional", MICROS, HIGHER, ANY, "C23"),
    Key("restricted", LIST, SUPERSET, ANY, "C24"),
    Key("max_intent_age", DURATION, LOWER, ANY, "C27"),
    Key("on_excess", TEXT, NONE, ("", "strategy"), "C35", ("clip", "refuse")),
    Key("flat_by", TEXT, NONE, ANY, "M2", ("close", "never")),
    Key("risk_per_trade", PPM_KIND, LOWER, ANY, "C10"),
    Key("atr_stop", PPM_KIND, HIGHER, ANY, "C10"),
    Key("regime_high", PPM_KIND, LOWER, ANY, "C11"),
    Key("regime_extreme", PPM_KIND, LOWER, ANY, "C11"),
    Key("regime_exit", PPM_KIND, LOWER, ANY, "C11"),
    Key("regime_dwell", COUNT, HIGHER, ANY, "C11"),
    Key("regime_high_scale", PPM_KIND, LOWER, ANY, "C11"),
    Key("regime_extreme_scale", PPM_KIND, LOWER, ANY, "C11"),
    Key("max_weekly_loss", MONEY, LOWER, ANY, "C7"),
    Key("min_account_equity", MICROS, HIGHER, ANY, "C9"),
    Key("clear_approvers", COUNT, HIGHER, ANY, "P6"),
    Key("incident_errors", COUNT, LOWER, ANY, "L6"),
    Key("incident_window", DURATION, HIGHER, ANY, "L6"),
    Key("latency_limit", DURATION, LOWER, ANY, "L8"),
    Key("deadman_flatten_after", DURATION, LOWER, ANY, "L10"),
    Key("event_scale", PPM_KIND, LOWER, ANY, "L11"),
    Key("event_exempt", LIST, SUBSET, ANY, "L11"),
    Key("settle_after_halt", DURATION, HIGHER, ANY, "L12"),
    Key("max_executions_unreviewed", COUNT, LOWER, ANY, "L13"),
    Key("max_child_orders", COUNT, LOWER, ANY, "L13"),
    Key("reject_streak", COUNT, LOWER, ANY, "L13"),
    Key("ingress_flood", COUNT, LOWER, ANY, "L13"),
    Key("on_close", TEXT, NONE, ANY, "M2", ("no", "yes")),
)


@dataclass
class Cap:
    """A money limit: an amount in micros, or parts per million of the risk day's equity. -1 = not set."""

    micros: int = UNKNOWN
    ppm: int = UNKNOWN

    def at(self, base: int) -> int:
        """The limit in micros when `base` is the equity percentages are taken of; UNKNOWN when not set."""
        if self.micros >= 0:
            return self.micros
        if self.ppm >= 0:
            return mul_div(base, self.ppm, 1_000_000) if base > 0 else 0
        return UNKNOWN


@dataclass
class SymbolLimits:
    """The limits of one symbol: its own where given, else the account's."""

    max_order_notional: Cap = field(default_factory=Cap)
    max_order_qty: int = UNKNOWN
    max_position_notional: Cap = field(default_factory=Cap)
    max_daily_loss: Cap = field(default_factory=Cap)  # only a limit given for the symbol itself
    price_tolerance: int = UNKNOWN
    max_slippage: int = UNKNOWN
    max_quote_age: int = UNKNOWN
    max_spread: int = UNKNOWN
    max_tick_move: int = UNKNOWN


@dataclass
class StrategyLimits:
    max_daily_loss: Cap = field(default_factory=Cap)
    on_excess: str = "clip"


@dataclass
class Limits:
    """Everything in force. UNKNOWN (-1) = not set: that control is OFF."""

    every_symbol: SymbolLimits = field(default_factory=SymbolLimits)
    symbols: dict[str, SymbolLimits] = field(default_factory=dict)
    strategies: dict[str, StrategyLimits] = field(default_factory=dict)
    max_gross: Cap = field(default_factory=Cap)
    max_net: Cap = field(default_factory=Cap)
    max_leverage: int = UNKNOWN
    max_at_risk: Cap = field(default_factory=Cap)
    max_overnight_exposure: Cap = field(default_factory=Cap)
    max_positions: int = UNKNOWN
    max_daily_turnover: Cap = field(default_factory=Cap)
    max_daily_cost: Cap = field(default_factory=Cap)
    fee_per_unit: int = 0
    fee_rate: int = 0
    max_daily_loss: Cap = field(default_factory=Cap)
    stress_floor: int = 200_000  # the widest stress (20%) until a floor is configured
    atr_bar: int = 300 * NS
    drawdown_caution: int = UNKNOWN
    drawdown_restrict: int = UNKNOWN
    drawdown_halt: int = UNKNOWN
    caution_scale: int = 500_000
    order_rate: int = UNKNOWN
    min_spacing: int = 0
    message_rate: int = UNKNOWN
    reject_rate: int = UNKNOWN
    max_orders_per_day: int = UNKNOWN
    reduce_rate: int = 20
    duplicate_window: int = 0
    min_notional: int = 0
    restricted: tuple[str, ...] = ()
    max_intent_age: int = 5 * NS
    on_excess: str = "clip"
    flat_by: str = "close"
    risk_per_trade: int = UNKNOWN
    atr_stop: int = 2_000_000  # the stop is this many average true ranges away
    regime_high: int = UNKNOWN  # fast over slow volatility from which the regime is high
    regime_extreme: int = UNKNOWN
    regime_exit: int = 800_000  # left below this share of what it was entered at
    regime_dwell: int = 6  # bars
    regime_high_scale: int = 500_000
    regime_extreme_scale: int = 250_000
    max_weekly_loss: Cap = field(default_factory=Cap)
    min_account_equity: int = UNKNOWN
    clear_approvers: int = 1  # persons it takes to clear an account-wide halt
    incident_errors: int = UNKNOWN
    incident_window: int = 5 * MINUTE
    latency_limit: int = 10 * MS  # the sensor's; the kernel measures nothing
    deadman_flatten_after: int = UNKNOWN
    event_scale: int = 250_000
    event_exempt: tuple[str, ...] = ()
    settle_after_halt: int = 10 * NS
    max_executions_unreviewed: int = UNKNOWN
    max_child_orders: int = UNKNOWN
    reject_streak: int = UNKNOWN
    ingress_flood: int = UNKNOWN
    on_close: str = "no"

    def of_symbol(self, symbol: str) -> SymbolLimits:
        return self.symbols.get(symbol, self.every_symbol)

    def of_strategy(self, strategy: str) -> StrategyLimits:
        found = self.strategies.get(strategy)
        return found if found is not None else StrategyLimits(on_excess=self.on_excess)


SYMBOL_FIELDS: Final = (
    "max_order_notional",
    "max_order_qty",
    "max_position_notional",
    "max_daily_loss",
    "price_tolerance",
    "max_slippage",
    "max_quote_age",
    "max_spread",
    "max_tick_move",
)


def _value(kind: str, amount: int, text: str) -> object:
    """Kinds of a Config row: money_abs | money_ppm make a Cap; everything else is the integer or the text
    itself."""
    if kind == "money_abs":
        return Cap(micros=amount)
    if kind == "money_ppm":
        return Cap(ppm=amount)
    if kind == TEXT:
        return text
    if kind == LIST:
        return tuple(sorted(part for part in text.split(",") if part))
    return amount


def from_values(values: tuple[tuple[str, str, str, int, str, str], ...]) -> Limits:
    """The limits of a `Config` event. Rows that this version does not enforce (kind "unread") are skipped."""
    limits = Limits()
    for scope, key, kind, amount, text, _ in values:
        if kind == "unread":
            continue
        value = _value(kind, amount, text)
        if scope != "":
            continue
        if key in SYMBOL_FIELDS and key != "max_daily_loss":
            setattr(limits.every_symbol, key, value)
        else:
            setattr(limits, key, value)
    base = limits.every_symbol
    for scope, key, kind, amount, text, _ in values:
        if kind == "unread" or scope == "":
            continue
        value = _value(kind, amount, text)
        what, _, name = scope.partition(":")
        if what == "symbol":
            own = limits.symbols.get(name)
            if own is None:
                own = SymbolLimits(**{f: getattr(base, f) for f in SYMBOL_FIELDS})
                limits.symbols[name] = own
            setattr(own, key, value)
        else:
            mine = limits.strategies.get(name)
            if mine is None:
                mine = StrategyLimits(on_excess=limits.on_excess)
                limits.strategies[name] = mine
            setattr(mine, key, value)
    return limits
