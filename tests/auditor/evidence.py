"""What a decision says of itself, recomputed: value and limit of every control, for the quantity it names.

Each line of `evidence` is a sentence of controls.md. `None` is a value that cannot be told or a limit
that is not set, `OFF` a check no feed can serve; the figures are in millionths, in the symbol's last
place, or whole, as `UNITS` says.
"""

from collections import defaultdict
from dataclasses import dataclass

from tests.auditor.facts import of_facts, of_prices
from tests.auditor.market import Instrument, Quote
from tests.auditor.question import Evidence, Figure, Question
from tests.auditor.reading import MICRO, SECOND, shown, up
from tests.auditor.volatility import EXTREME, FINE, HIGH, NORMAL, Statistics
from tests.auditor.world import World

STRESS_MOST = 200_000

MONEY, QTY, COUNT = "money", "qty", "count"
UNITS = {
    "C23.qty": QTY,
    "C23.lot": QTY,
    "C1.max_order_qty": QTY,
    "C10.risk_per_trade": QTY,
    "C23.min_notional": MONEY,
    "C19.max_spread": MONEY,
    "C18.price_tolerance": MONEY,
    "C18.max_slippage": MONEY,
    "C8.drawdown_halt": MONEY,
    "C11.volatility_ratio": MONEY,
    "C11.regime_scale": MONEY,
    "C4.max_positions": COUNT,
}


def unit_of(name: str) -> str:
    """In which unit a control's figures are."""
    known = UNITS.get(name)
    if known:
        return known
    return MONEY if name.startswith(("C1.", "C2.", "C3.", "C5.", "C6.", "C7.", "C9.")) else COUNT


def written(name: str, figure: Figure, instrument: Instrument) -> object:
    """A figure as the export writes it."""
    if figure is None or isinstance(figure, str):
        return figure
    unit = unit_of(name)
    if unit == COUNT:
        return figure
    return shown(figure, instrument.qty_places if unit == QTY else 6)


@dataclass
class Worst:
    """One symbol under every outcome: value and quantity held (signed), and what may be bought and sold."""

    value: int = 0  # of the position, rounded up
    floor: int = 0  # and rounded down
    buys: int = 0
    sells: int = 0
    held: int = 0
    may_buy: int = 0
    may_sell: int = 0
    spared: int = 0  # of the position, what confirmed stops keep from being at risk

    @property
    def at_risk(self) -> int:
        long, short = self.value + self.buys, self.sells - self.floor
        return max(
            long - self.spared if self.held > 0 else long, short - self.spared if self.held < 0 else short
        )

    @property
    def most(self) -> int:
        return max(self.value + self.buys, self.sells - self.floor, 0)

    @property
    def units(self) -> int:
        """What may be traded until nothing is held, exits included."""
        return max(self.held + 2 * self.may_buy, 2 * self.may_sell - self.held)

    def add(self, buys: bool, value: int, qty: int) -> None:
        if buys:
            self.buys += value
            self.may_buy += qty
        else:
            self.sells += value
            self.may_sell += qty


def worst(world: World, asked: Question | None = None, strategy: str = "") -> dict[str, Worst]:
    """Every symbol's worst case, of the account or of one strategy, with what is asked for when it adds."""
    found: dict[str, Worst] = defaultdict(Worst)
    for (owner, symbol), book in world.ledger.books.items():
        if book.qty and strategy in ("", owner):
            found[symbol].held += book.qty
    for symbol, one in found.items():
        instrument, high = world.instruments[symbol], world.quotes.get(symbol, Quote()).high
        one.value, one.floor = instrument.more(high, one.held), instrument.less(high, one.held)
    for order in world.live.values():
        if strategy in ("", order.strategy):
            found[order.symbol].add(order.side == "buy", order_value(world, order.name), order.left)
    if asked and asked.adds:
        found[asked.symbol].add(asked.buys, asked.value, asked.qty)
    for symbol, one in found.items():
        one.spared = spared(world, symbol, one.held)
    return found


def spared(world: World, symbol: str, held: int) -> int:
    """What confirmed stops take off a position's value at risk: all of it but the way to their price, of
    several the worst first.
    """
    instrument, quote = world.instruments[symbol], world.quotes.get(symbol, Quote())
    stops = [
        one
        for one in world.live.values()
        if one.symbol == symbol and one.protects and (one.side == "sell") == (held > 0)
    ]
    rest, total = abs(held), 0
    for one in sorted(stops, key=lambda one: one.stop if held > 0 else -one.stop):
        qty = min(one.left, rest)
        rest -= qty
        way = max(quote.high - one.stop if held > 0 else one.stop - quote.low, 0)
        total += max(instrument.less(quote.high, qty) - instrument.more(way, qty), 0)
    return total


def order_value(world: World, name: str) -> int:
    """What is left of an order at the worse of limit and mark."""
    order = world.live[name]
    price = max(order.limit, world.quotes.get(order.symbol, Quote()).high)
    return world.instruments[order.symbol].more(price, order.left)


def move_of(world: World, symbol: str) -> int:
    """One bad move of a symbol, in parts per million: twice the floor while the range warms."""
    floor = world.limits.of("stress_floor") or 0
    atr, price = world.statistics[symbol].atr, world.quotes.get(symbol, Quote()).high
    move = 2 * floor if atr is None else max(floor, up(2 * atr * MICRO, FINE * max(price, 1)))
    return min(move, STRESS_MOST)


def scale_of(world: World, symbol: str, strategy: str) -> int:
    """The product of caution, regime, the restart after a panic and an economic event."""
    scale = MICRO
    if drawdown(world) >= (world.limits.of("drawdown_caution") or 10 * MICRO):
        scale = world.limits.of("caution_scale")
    event = any(latch == "L11" for latch, _ in world.latches)
    exempt = strategy in (world.limits.of("event_exempt") or [])
    share = world.limits.of("event_scale") if event and not exempt else MICRO
    regime = regime_scale(world, world.statistics[symbol])
    return int(scale * regime // MICRO * world.restart // MICRO * share // MICRO)


def drawdown(world: World) -> int:
    fall = world.high_water - world.equity
    return max(up(fall * MICRO, world.high_water), 0) if world.high_water > 0 else 0


def regime_scale(world: World, one: Statistics) -> int:
    names = {NORMAL: "", HIGH: "regime_high_scale", EXTREME: "regime_extreme_scale"}
    name = names[one.level]
    return int(world.limits.of(name)) if name else MICRO


def evidence(asked: Question) -> Evidence:
    """Value and limit of every control that can be told from the export."""
    found: Evidence = {}
    for part in (of_facts, of_prices, of_size, of_exposure, of_budgets, of_loss, of_rates, of_moves):
        found |= part(asked)
    return found


def of_size(asked: Question) -> Evidence:
    world, limits = asked.world, asked.world.limits
    scale = scale_of(world, asked.symbol, asked.strategy)
    order = limits.cap("max_order_notional", world.measure, asked.symbol)
    most = limits.of("max_order_qty", asked.symbol)
    places = 10**asked.instrument.qty_places
    return {
        "C1.max_order_notional": (asked.value, None if order is None else order * scale // MICRO),
        "C1.max_order_qty": (asked.qty, None if most is None else most * places * scale // MICRO),
        "C10.risk_per_trade": (asked.qty, sized(asked, scale)),
    }


def sized(asked: Question, scale: int) -> int | None:
    """C10: the quantity whose loss at its stop is the risk, in whole lots."""
    world, limits = asked.world, asked.world.limits
    risk, stop = limits.of("risk_per_trade"), limits.of("atr_stop")
    if risk is None:
        return None
    atr = world.statistics[asked.symbol].atr
    if atr is None:
        floor = min(2 * (limits.of("stress_floor") or 0), STRESS_MOST)
        loss, over = asked.price * floor, MICRO
    else:
        loss, over = max(atr, FINE) * stop, FINE * MICRO
    if loss == 0:
        return None
    room = world.measure * risk * scale * asked.instrument.unit() * over // (loss * MICRO**3)
    return int(room // asked.instrument.lot * asked.instrument.lot)


def of_exposure(asked: Question) -> Evidence:
    world, limits = asked.world, asked.world.limits
    cases, measure = worst(world, asked), world.measure
    gross = sum(one.most for one in cases.values())
    net = max(
        sum(one.value + one.buys for one in cases.values()),
        sum(one.sells - one.floor for one in cases.values()),
    )
    own = cases.get(asked.symbol, Worst()).most
    return {
        "C2.max_position_notional": (own, limits.cap("max_position_notional", measure, asked.symbol)),
        "C3.max_gross": (gross, limits.cap("max_gross", measure)),
        "C3.max_net": (net, limits.cap("max_net", measure)),
        "C3.max_leverage": (up(gross * MICRO, max(measure, 1)), limits.of("max_leverage")),
        "C3.max_at_risk": (sum(one.at_risk for one in cases.values()), limits.cap("max_at_risk", measure)),
        "C4.max_positions": (sum(one.most > 0 for one in cases.values()), limits.of("max_positions")),
    }


def of_budgets(asked: Question) -> Evidence:
    world, limits = asked.world, asked.world.limits
    cases, measure = worst(world, asked), world.measure
    turnover = sum(max(one.value + 2 * one.buys, 2 * one.sells - one.floor) for one in cases.values())
    units = sum(
        up(one.units * (limits.of("fee_per_unit") or 0), 10 ** world.instruments[symbol].qty_places)
        for symbol, one in cases.items()
    )
    share = limits.of("fee_rate") or 0
    rate = sum(
        up(max(one.value + 2 * one.buys, 2 * one.sells - one.floor) * share, MICRO) for one in cases.values()
    )
    return {
        "C5.max_daily_turnover": (
            world.ledger.turnover + turnover,
            limits.cap("max_daily_turnover", measure),
        ),
        "C5.max_daily_cost": (world.ledger.fees + units + rate, limits.cap("max_daily_cost", measure)),
    }


def of_loss(asked: Question) -> Evidence:
    world, limits = asked.world, asked.world.limits
    cases, measure = worst(world, asked), world.measure
    mine = limits.own(f"strategy.{asked.strategy}.max_daily_loss", measure)
    its = limits.own(f"symbol.{asked.symbol}.max_daily_loss", measure)
    halt = limits.of("drawdown_halt")
    touched = worst(world, asked, asked.strategy)
    mixed = {symbol: one for symbol, one in cases.items() if symbol in touched or symbol == asked.symbol}
    return {
        "C8.drawdown_halt": (drawdown(world), halt),
        "C7.max_weekly_loss": (
            world.week_loss + stress(world, cases),
            limits.cap("max_weekly_loss", measure),
        ),
        "C9.min_account_equity": (world.equity, limits.of("min_account_equity")),
        "C6.max_daily_loss": (world.loss + stress(world, cases), limits.cap("max_daily_loss", measure)),
        "C6.max_daily_loss.symbol": (
            None
            if its is None
            else stress(world, {asked.symbol: cases[asked.symbol]}) - world.profit(symbol=asked.symbol),
            its,
        ),
        "C6.max_daily_loss.strategy": (
            None if mine is None else stress(world, mixed) - world.profit(asked.strategy),
            mine,
        ),
    }


def stress(world: World, cases: dict[str, Worst]) -> int:
    """What one bad move would cost."""
    return sum(up(one.most * move_of(world, symbol), MICRO) for symbol, one in cases.items())


def of_rates(asked: Question) -> Evidence:
    world, limits, ts = asked.world, asked.world.limits, asked.ts
    since = None if world.last_add is None else ts - world.last_add
    return {
        "C20.order_rate": (1 + world.within(world.sent_adds, ts), limits.of("order_rate")),
        "C20.min_spacing": (since, limits.of("min_spacing") or 0),
        "C20.message_rate": (1 + world.within(world.messages, ts), limits.of("message_rate")),
        "C20.reject_rate": (world.within(world.rejects, ts, 60 * SECOND), limits.of("reject_rate")),
        "C20.max_orders_per_day": (1 + world.adds_today, limits.of("max_orders_per_day")),
        "C20.reduce_rate": (1 + world.within(world.sent_exits, ts), limits.of("reduce_rate")),
    }


def of_moves(asked: Question) -> Evidence:
    world = asked.world
    one = world.statistics[asked.symbol]
    return {
        "C11.volatility_ratio": (one.ratio, world.limits.of("regime_high")),
        "C11.regime_scale": (regime_scale(world, one), MICRO),
        "C11.regime_bars": (min(one.returns, 60), 60),
    }
