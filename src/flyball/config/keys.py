"""Every key of `[limits]`: the kernel's own list (KEYS) and the known keys that nothing enforces yet (LATER).

MEANINGS says of each what it is, the range it must lie in and how to write one. A key of LATER is read and
checked like any other, kept, and listed at every start as not enforced; it is never silently accepted.
"""

from dataclasses import dataclass
from typing import Final

from flyball.config.values import MONEY_PPM, TIMES, UNREAD, outside, shown
from flyball.kernel.bounds import MAX_INTENTS_A_DAY, MAX_MONEY, MAX_QTY, MAX_SYMBOLS
from flyball.kernel.limits import (
    ANY,
    DURATION,
    HIGHER,
    KEYS,
    LOWER,
    MICROS,
    MONEY,
    PPM_KIND,
    WITH_SYMBOL,
    Key,
)
from flyball.kernel.units import MINUTE, MS, NS

LATER: Final[tuple[Key, ...]] = (
    Key("profit_lock", MONEY, LOWER, ANY, "C8"),
    Key("fixed_size", MICROS, LOWER, ANY, "C13"),
    Key("max_pct_adv", PPM_KIND, LOWER, WITH_SYMBOL, "C14"),
    Key("min_adv", MICROS, HIGHER, WITH_SYMBOL, "C14"),
    Key("max_sector", MONEY, LOWER, ANY, "C16"),
    Key("max_theme", MONEY, LOWER, ANY, "C16"),
    Key("max_cluster", MONEY, LOWER, ANY, "C17"),
    Key("cooldown", DURATION, HIGHER, WITH_SYMBOL, "C22"),
    Key("displacement_cooldown", DURATION, HIGHER, ANY, "C22"),
)

BY_NAME: Final[dict[str, Key]] = {key.name: key for key in (*KEYS, *LATER)}
LATER_NAMES: Final = frozenset(key.name for key in LATER)
# A key of the kernel's list that is at home in another section of the file.
ELSEWHERE: Final = {
    "flat_by": "session",
    "on_close": "session",
    "clear_approvers": "latches",
    "incident_errors": "latches",
    "incident_window": "latches",
    "latency_limit": "latches",
    "deadman_flatten_after": "latches",
    "event_scale": "latches",
    "event_exempt": "latches",
    "settle_after_halt": "latches",
    "max_executions_unreviewed": "latches",
    "max_child_orders": "latches",
    "reject_streak": "latches",
    "ingress_flood": "latches",
}
SESSION_KEYS: Final = tuple(name for name, home in ELSEWHERE.items() if home == "session")
LATCH_KEYS: Final = tuple(name for name, home in ELSEWHERE.items() if home == "latches")
# Multiples without a unit, as 1.5.
RATIOS: Final = ("max_leverage", "atr_stop", "regime_high", "regime_extreme")
DAY: Final = 1440 * MINUTE


@dataclass(frozen=True)
class Meaning:
    """What a key means. `lowest` and `highest` bound its integer, `share` a share of equity (ppm)."""

    says: str
    example: str  # as written in TOML
    lowest: int = 1
    highest: int = MAX_MONEY
    share: int = 1_000_000


_SHARES: Final = 100_000_000  # 100 times the equity: exposure and turnover may exceed it, a loss may not
_RATIO: Final = 1_000_000
_RATE: Final = 1_000

MEANINGS: Final[dict[str, Meaning]] = {
    "max_order_notional": Meaning("value of one order", '"$10,000"', share=_SHARES),
    "max_order_qty": Meaning("quantity of one order, in whole shares or coins", "500", highest=MAX_QTY),
    "max_position_notional": Meaning(
        "worst case of one symbol, working orders included", '"$25,000"', share=_SHARES
    ),
    "max_gross": Meaning("worst case of all symbols, long and short added up", '"150%"', share=_SHARES),
    "max_net": Meaning("worst case of all symbols, long less short", '"100%"', 0, share=_SHARES),
    "max_leverage": Meaning("gross exposure as a multiple of equity", "1.5", highest=100 * _RATIO),
    "max_at_risk": Meaning(
        "positions without a confirmed broker stop; with one, the way down to it", '"50%"', 0, share=_SHARES
    ),
    "max_overnight_exposure": Meaning("what may stay after the close", '"$0"', 0, share=_SHARES),
    "max_positions": Meaning("symbols held at once, worst case", "4", 0, MAX_SYMBOLS),
    "max_daily_turnover": Meaning("value traded in a day, own exits reserved", '"$400,000"', share=_SHARES),
    "max_daily_cost": Meaning("fees paid in a day, own exits reserved", '"$22"'),
    "fee_per_unit": Meaning("fee assumed per share or coin until it is charged", '"$0.0035"', 0),
    "fee_rate": Meaning("fee assumed as a share of the value until it is charged", '"10 bps"', 0, _RATIO),
    "max_daily_loss": Meaning("loss of a day that flattens and halts; adds reckon with stress", '"$400"'),
    "stress_floor": Meaning("least move the worst case has to survive, at most 20%", '"3%"', 1, 200_000),
    "atr_bar": Meaning(
        "length of the bars behind the average true range and the volatilities", '"5m"', NS, DAY
    ),
    "drawdown_caution": Meaning("fall from the high-water mark that scales adds down", '"5%"', 1, _RATIO),
    "drawdown_restrict": Meaning("fall from the high-water mark that stops adding", '"8%"', 1, _RATIO),
    "drawdown_halt": Meaning("fall from the high-water mark that flattens and halts", '"10%"', 1, _RATIO),
    "caution_scale": Meaning("what is left of the size of adds in the caution zone", '"50%"', 0, _RATIO),
    "price_tolerance": Meaning("how far a limit price may be from the market", '"300 bps"', 1, _RATIO),
    "max_slippage": Meaning("collar that a market order leaves with", '"50 bps"', 1, _RATIO),
    "max_quote_age": Meaning("oldest price that may be traded on", '"30 s"', MS, DAY),
    "max_spread": Meaning("widest spread that may be traded on", '"100 bps"', 1, _RATIO),
    "max_tick_move": Meaning("largest step between two prices that is believed at once", '"5%"', 1, _RATIO),
    "order_rate": Meaning("orders a second that add", "5", 1, _RATE),
    "min_spacing": Meaning("least time between two orders that add", '"100 ms"', 0, MINUTE),
    "message_rate": Meaning("messages a second to the broker", "10", 1, _RATE),
    "reject_rate": Meaning("rejects by the broker in a minute before adds stop", "10", 1, _RATE),
    "max_orders_per_day": Meaning("orders a day that add", "500", 1, MAX_INTENTS_A_DAY),
    "reduce_rate": Meaning("orders a second that reduce; reserved for them alone", "20", 1, _RATE),
    "duplicate_window": Meaning("time in which the same order is taken for a duplicate", '"2 s"', 0, DAY),
    "min_notional": Meaning("smallest order worth sending; exits are exempt", '"$10"', 0),
    "restricted": Meaning("symbols that may only be reduced", '["GME"]'),
    "max_intent_age": Meaning("oldest intent that may still add", '"5 s"', MS, DAY),
    "on_excess": Meaning("too large: cut to what passes, or refuse and name it", '"clip"'),
    "flat_by": Meaning("when every book must be flat", '"close"'),
    "risk_per_trade": Meaning("loss of one order at its stop, as a share of equity", '"0.5%"', 1, _RATIO),
    "atr_stop": Meaning("how many average true ranges away that stop is", "2", _RATIO // 10, 100 * _RATIO),
    "regime_high": Meaning(
        "fast over slow volatility from which adds get smaller; never reaches 2.45", "1.5", _RATIO, 2_440_000
    ),
    "regime_extreme": Meaning("the same, from which they get smaller still", "2", _RATIO, 2_440_000),
    "regime_exit": Meaning("a regime ends below this share of its threshold", '"80%"', 1, _RATIO),
    "regime_dwell": Meaning("bars that a regime lasts at least", "6", 0, 10_000),
    "regime_high_scale": Meaning("what is left of the size of adds in a high regime", '"50%"', 0, _RATIO),
    "regime_extreme_scale": Meaning("and in an extreme one", '"25%"', 0, _RATIO),
    "max_weekly_loss": Meaning("loss of a week that flattens and halts", '"10%"'),
    "min_account_equity": Meaning("equity at or below which everything is flattened", '"$50,000"'),
    "clear_approvers": Meaning("persons it takes to clear an account-wide halt", "2", 1, 2),
    "incident_errors": Meaning("errors, rejects and divergences in the window that halt", "10", 1, 1_000),
    "incident_window": Meaning("time in which incidents are counted", '"5 min"', NS, DAY),
    "latency_limit": Meaning("decision time that is too slow when it lasts", '"10 ms"', MS, MINUTE),
    "deadman_flatten_after": Meaning("a strategy silent for so long is flattened", '"5 min"', NS, DAY),
    "event_scale": Meaning("what is left of the size of adds in an economic event", '"25%"', 0, _RATIO),
    "event_exempt": Meaning("strategies that economic events leave alone", '["maker"]'),
    "settle_after_halt": Meaning("time after a halt before anything adds", '"10 s"', 0, DAY),
    "max_executions_unreviewed": Meaning(
        "entries executed until a person has to look; live, each of the first 20", "50", 1, MAX_INTENTS_A_DAY
    ),
    "max_child_orders": Meaning("orders of one parent in a day that halt it", "100", 1, MAX_INTENTS_A_DAY),
    "reject_streak": Meaning("orders rejected in a row that halt the strategy", "5", 1, 1_000),
    "ingress_flood": Meaning("intents dropped in a day that halt the strategy", "1000", 1, MAX_MONEY),
    "on_close": Meaning("what is held goes into the closing auction first, at close - 15 min", '"yes"'),
    "profit_lock": Meaning("give-back from the day's highest profit that stops adding", '"$200"'),
    "fixed_size": Meaning("value of every entry", '"$500"'),
    "max_pct_adv": Meaning("order as a share of the average daily volume", '"1%"', 1, _RATIO),
    "min_adv": Meaning("least average daily volume, in money", '"$1,000,000"'),
    "max_sector": Meaning("worst case of one sector", '"30%"', share=_SHARES),
    "max_theme": Meaning("worst case of one theme", '"$50,000"', share=_SHARES),
    "max_cluster": Meaning("worst case of symbols that move together", '"40%"', share=_SHARES),
    "cooldown": Meaning("time before a symbol that was closed may be entered again", '"15 min"', 0, 30 * DAY),
    "displacement_cooldown": Meaning("time before a holding may make room for another", '"6 h"', 0, 30 * DAY),
}


def out_of_range(key: Key, kind: str, amount: int, currency: str) -> str:
    """What is wrong with a value of the right type, "" when nothing is. `kind` is the row's."""
    m = MEANINGS[key.name]
    highest = m.share if kind == MONEY_PPM else m.highest
    return outside(TIMES if reader_of(key) == TIMES else kind, amount, m.lowest, highest, currency)


def reader_of(key: Key) -> str:
    """The kind its text is read with: as the kernel says, but a plain multiple has no unit."""
    return TIMES if key.name in RATIOS else key.kind


def shown_limit(name: str, kind: str, amount: int, text: str, currency: str = "USD") -> str:
    """A limit's value as a person writes it."""
    times = kind != UNREAD and reader_of(BY_NAME[name]) == TIMES
    return shown(TIMES if times else kind, amount, text, currency)
