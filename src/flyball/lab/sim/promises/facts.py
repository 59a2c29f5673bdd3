"""P2, the facts a decision relied on: price, session, instrument, the other orders and strategies (C18, C19,
C21, C23, C24)."""

from collections.abc import Iterator

from flyball.lab.sim.promises.amounts import PPM, shown
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.caps import smallest
from flyball.lab.sim.promises.limits import FLAT_BEFORE
from flyball.lab.sim.promises.model import Model
from flyball.lab.sim.promises.order import Order


def grounded(m: Model, o: Order) -> None:
    """Judge an order that adds against what was the case when it was decided. Broken says what was not."""
    for look in (_shape, _market, _price, _others):
        for what in look(m, o):
            raise Broken("P2", f"{o.first.client_id}: {what}")


def _shape(m: Model, o: Order) -> Iterator[str]:
    instrument, f = m.instruments[o.first.symbol], o.first
    if f.qty <= 0 or f.qty % instrument.lot:
        yield f"C23 {f.qty} is not whole lots of {instrument.lot}"
    if f.limit < 0 or f.limit % instrument.tick:
        yield f"C23 limit {f.limit} is off the tick {instrument.tick}"
    worth = f.qty * max(f.limit, m.prices[f.symbol].highest()) * m.units[f.symbol]
    if worth < smallest(m):
        yield f"C23 {shown(worth)} is below min_notional"


def _market(m: Model, o: Order) -> Iterator[str]:
    symbol = o.first.symbol
    if symbol in m.limits.restricted() or not m.instruments[symbol].tradable:
        yield f"C24 {symbol} is restricted"
    if m.day is None or not m.day.open <= m.ts < m.day.close:
        yield "C24 outside the session"
    elif m.limits.flat_at_close() and m.ts >= m.day.close - FLAT_BEFORE:
        yield "M2 adds while the book is brought flat for the close"


def _price(m: Model, o: Order) -> Iterator[str]:
    f = o.first
    p, tick = m.prices[f.symbol], m.instruments[f.symbol].tick
    age = m.limits.number("max_quote_age", f.symbol)
    if age is not None and m.ts - p.ts > age:
        yield f"C19 a price of {m.ts - p.ts} ns"
    if p.bid > 0 and p.ask > 0:
        spread = m.limits.number("max_spread", f.symbol)
        if p.ask <= p.bid:
            yield "C19 locked or crossed"
        if spread is not None and 2 * (p.ask - p.bid) * PPM > spread * (p.ask + p.bid):
            yield f"C19 spread {p.bid} to {p.ask}"
    if p.suspect or p.crossed:
        yield "C19 a suspect or crossed print"
    widest = [m.limits.number(key, f.symbol) for key in ("price_tolerance", "max_slippage")]
    if f.limit and all(x is not None for x in widest):
        # a collar starts from the far side of the quote, at most half a spread from the reference
        reference = p.middle()
        near = (p.ask or reference) if f.side > 0 else (p.bid or reference)
        room = max(x or 0 for x in widest) * max(near, reference) + (abs(near - reference) + tick) * PPM
        if abs(f.limit - reference) * PPM > room:
            yield f"C18 limit {f.limit} too far from {reference}"


def _others(m: Model, o: Order) -> Iterator[str]:
    f = o.first
    busy: dict[str, int] = {}  # strategy -> what its orders of the other side may still do
    for other in m.live[f.symbol].values():
        x = other.first
        if x.side == f.side:
            continue
        busy[x.strategy] = busy.get(x.strategy, 0) + other.remaining()
        if x.stop:  # it trades from its price on, with what rests there or beyond
            meets = f.limit > 0 and (x.stop - f.limit) * f.side >= 0
        else:
            meets = not f.limit or not x.limit or (f.limit - x.limit) * f.side >= 0
        if not other.ended and meets:
            yield f"C21 would trade against own {x.client_id}"
    for strategy in {*busy, *m.books[f.symbol]} - {f.strategy}:
        if m.position(f.symbol, strategy) * f.side - busy.get(strategy, 0) < 0:
            yield f"P3 {strategy} holds or may hold the other side"
