"""The governor's own figures against the judge's: two books kept apart from the same journal say the same
(P9, P13; J9's state and ours)."""

from flyball.kernel.governor import Governor
from flyball.kernel.units import PPM
from flyball.lab.sim.promises.amounts import MICRO, shown
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model


def same_books(m: Model, g: Governor) -> None:
    """Compare whole states; the kernel's own identities too. Only between batches."""
    s = g.state
    if s.seq != m.seq:
        raise Broken("P7", f"the governor is at record {s.seq}, the journal at {m.seq}")
    try:
        s.check()
    except AssertionError as wrong:
        raise Broken("P7", f"an identity of the state does not hold: {wrong}") from wrong
    _positions(m, g)
    _orders(m, g)
    _money(m, g)
    ours = {key: latch.record.positions for key, latch in m.latches.items()}
    theirs = {(x.id, x.scope): x.positions for x in s.latches.values()}
    if ours != theirs:
        raise Broken("P6", f"latches {sorted(theirs)} in the governor, {sorted(ours)} by the journal")
    for symbol, price in m.prices.items():
        market = s.markets[symbol]
        if (market.bid, market.ask, market.last) != (price.bid, price.ask, price.last):
            raise Broken("P7", f"{symbol}: valued at {market.bid} {market.ask} {market.last}, not {price}")


def _positions(m: Model, g: Governor) -> None:
    ours = {(who, what): b.qty for who, what, b in m.all_books() if b.qty}
    theirs = {(who, what): b.qty for what, x in g.state.books.items() for who, b in x.items() if b.qty}
    if ours != theirs:
        raise Broken("P9", f"books {theirs} in the governor, {ours} by the journal")


def _orders(m: Model, g: Governor) -> None:
    """What may still be executed. An exit that waits for another's end is not to be seen yet."""
    theirs = {o.client_id: o.remaining() for o in g.state.orders.values() if o.remaining()}
    for o in m.all_live():
        if theirs.get(o.first.client_id) != o.remaining():
            there = theirs.get(o.first.client_id, 0)
            raise Broken("P2", f"{o.first.client_id}: {o.remaining()} may come, the governor counts {there}")
    for client_id in theirs:
        if client_id in m.orders and not m.orders[client_id].live():
            raise Broken("P4", f"{client_id}: over by the journal, the governor holds it as live")


def _money(m: Model, g: Governor) -> None:
    s, slack = g.state, m.rounding()
    for what, theirs, ours in (("cash", s.cash, m.cash), ("equity", s.equity(), m.equity())):
        better = 0 if not m.acts else slack  # restated prices round to the nearest step
        if not -better <= ours - theirs * MICRO < slack:
            raise Broken(
                "P9", f"{what} {shown(theirs * MICRO)} in the governor, {shown(ours)} by the journal"
            )
    pairs = (
        ("day's baseline", s.day.baseline, m.baseline, slack),
        ("high-water mark", s.high_water, m.high_water, slack),
        ("day's turnover", s.day.traded, m.traded, slack),
        ("day's fees", s.day.fees, m.fees, 0),
    )
    for what, theirs, ours, most in pairs:
        if abs(theirs * MICRO - ours) > most:
            raise Broken(
                "P9", f"{what} {shown(theirs * MICRO)} in the governor, {shown(ours)} by the journal"
            )
    if s.restart_scale < 0 or s.restart_scale > PPM:
        raise Broken("P2", f"scale {s.restart_scale} ppm")
