"""P2: nothing that adds passes a limit in force when it was decided, on the worst case over every outcome of
working and in-doubt orders. No cap gets any slack; where the day's profit counts, the governor's rounding
may be behind these exact books.
"""

from collections.abc import Iterator
from typing import Final

from flyball.lab.sim.promises.amounts import MICRO, MINUTE, NS, PPM, shown
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model
from flyball.lab.sim.promises.order import Order
from flyball.lab.sim.promises.worst import worst_of

RESTART: Final = 30 * MINUTE  # each step of 25, 50, 100% after a panic
CAUTION_SCALE: Final = PPM // 2
EVENT_SCALE: Final = PPM // 4
STOP: Final = 2 * PPM  # average true ranges, unless configured

Cap = tuple[str, int, int | None]


def within(m: Model, o: Order, ppm: int) -> None:
    """Judge an order that adds, the live ones with it among them; `ppm` is its decision's scale. Broken says
    which cap is passed.
    """
    name = f"{o.first.client_id}"
    if not m.valued():
        raise Broken("P2", f"{name}: approved although something held or working has no price")
    if ppm > (most := most_scale(m, o.first.symbol, o.first.strategy)):
        raise Broken("P2", f"{name}: C31 scale {ppm} ppm above {most}")
    for control, value, cap in caps(m, o, ppm):
        if cap is not None and value > cap:
            raise Broken("P2", f"{name}: {control} {_text(control, value)} above {_text(control, cap)}")
    for what in _rates(m):
        raise Broken("P2", f"{name}: {what}")


def _text(control: str, value: int) -> str:
    return str(value) if control in _COUNTS else shown(value)


_COUNTS: Final = ("C1 qty", "C4")


def most_scale(m: Model, symbol: str, strategy: str) -> int:
    """The largest scale that may be in force, ppm: less in a wild regime of the symbol, in the caution zone,
    and after a panic 25, 50, 100% with half an hour for each step.
    """
    scale = m.prices[symbol].bars.regime.scale(m.limits)
    if m.panic_over >= 0 and m.ts < m.panic_over + 2 * RESTART:
        scale //= 4 if m.ts < m.panic_over + RESTART else 2
    zone = m.limits.number("drawdown_caution")
    down = m.high_water - m.equity() - m.rounding()
    if zone is not None and m.high_water > 0 and down * PPM >= zone * m.high_water:
        caution = m.limits.number("caution_scale")
        scale = scale * (CAUTION_SCALE if caution is None else caution) // PPM
    if any(x == "L11" for x, _ in m.latches) and strategy not in m.limits.text("event_exempt", "").split(","):
        share = m.limits.number("event_scale")
        scale = scale * (EVENT_SCALE if share is None else share) // PPM
    return scale


def caps(m: Model, o: Order, ppm: int) -> Iterator[Cap]:
    """Every cap of C1 to C6 and C10: its name, the value in the worst case, the cap (None = not set)."""
    symbol, strategy, base = o.first.symbol, o.first.strategy, m.base()
    price = max(o.first.limit, m.prices[symbol].highest())
    cap = m.limits.cap("max_order_notional", base, symbol)
    yield "C1 notional", o.qty * price * m.units[symbol], None if cap is None else cap * ppm // PPM
    most, one = m.limits.number("max_order_qty", symbol), m.terms(symbol).qty_one
    yield "C1 qty", o.qty, None if most is None else most * one * ppm // PPM
    yield _at_the_stop(m, o, price, base, ppm)
    worst = m.total
    yield "C2", m.worst[symbol].gross, m.limits.cap("max_position_notional", base, symbol)
    yield "C3 gross", worst.gross, m.limits.cap("max_gross", base)
    yield "C3 net", worst.net(), m.limits.cap("max_net", base)
    leverage = m.limits.number("max_leverage")
    yield "C3 leverage", worst.gross, None if leverage is None else leverage * max(base, 0) // PPM
    yield "C3 at risk", worst.at_risk, m.limits.cap("max_at_risk", base)
    yield "C4", worst.count, m.limits.number("max_positions")
    yield "C5 turnover", m.traded + worst.turnover, m.limits.cap("max_daily_turnover", base)
    yield "C5 cost", m.fees + worst.cost, m.limits.cap("max_daily_cost", base)
    yield from _losses(m, symbol, strategy, base)


def _at_the_stop(m: Model, o: Order, price: int, base: int, ppm: int) -> Cap:
    """C10: what the order loses at its stop, against a share of equity."""
    symbol, risk, stop = o.first.symbol, m.limits.number("risk_per_trade"), m.limits.number("atr_stop")
    if risk is None:
        return "C10", 0, None
    tick = m.instruments[symbol].tick
    top, bottom = m.prices[symbol].bars.at_stop(price, tick, STOP if stop is None else stop, m.floor())
    return "C10", o.qty * m.units[symbol] * top // bottom, max(base, 0) * risk * ppm // PPM**2


def _losses(m: Model, symbol: str, strategy: str, base: int) -> Iterator[Cap]:
    """C6: the loss so far and the stressed loss of the worst-case book."""
    slack = m.rounding()
    limit = m.limits.cap("max_daily_loss", base)
    yield "C6 account", m.loss() + m.total.stressed - slack, limit
    limit = m.limits.cap("max_daily_loss", base, strategy=strategy)
    if limit is not None:
        yield "C6 strategy", m.loss(strategy=strategy) + _stressed(m, strategy) - slack, limit
    limit = m.limits.cap("max_daily_loss", base, symbol=symbol)
    if limit is not None:
        yield "C6 symbol", m.loss(symbol=symbol) + m.worst[symbol].stressed - slack, limit


def _stressed(m: Model, strategy: str) -> int:
    """The stressed worst case of one strategy's own holdings and orders."""
    total = 0
    for symbol in m.instruments:
        held = m.position(symbol, strategy)
        own = [o for o in m.live[symbol].values() if o.first.strategy == strategy]
        if held or own:
            total += worst_of(held, own, m.terms(symbol)).stressed
    return total


def _rates(m: Model) -> Iterator[str]:
    """C20, counted over what was emitted; the newest of `recent` is the order itself."""
    most = m.limits.number("order_rate")
    inside = sum(1 for ts in m.recent if m.ts - ts < NS)
    if most is not None and inside > most:
        yield f"C20 order_rate: {inside} orders in a second, {most} allowed"
    spacing = m.limits.number("min_spacing") or 0
    if len(m.recent) > 1 and m.recent[-1] - m.recent[-2] < spacing:
        yield f"C20 min_spacing: {m.recent[-1] - m.recent[-2]} ns after the one before, {spacing} wanted"
    most = m.limits.number("max_orders_per_day")
    if most is not None and m.sent_today > most:
        yield f"C20 max_orders_per_day: {m.sent_today} orders, {most} allowed"


def smallest(m: Model) -> int:
    """min_notional in attos."""
    return (m.limits.number("min_notional") or 0) * MICRO
