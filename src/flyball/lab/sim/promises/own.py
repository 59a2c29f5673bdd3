"""What the governor does to books and prices without the broker's word: executions booked by hand, corporate
actions. The records behind the event say what was done."""

from dataclasses import replace

from flyball.kernel.effects import Booked, Moved, Restated
from flyball.kernel.events import Account, Action, Fill
from flyball.lab.sim.promises.amounts import MICRO
from flyball.lab.sim.promises.books import OUTSIDE, Book
from flyball.lab.sim.promises.figures import Figures
from flyball.lab.sim.promises.order import Order
from flyball.lab.sim.promises.price import Price, middle


def booked(m: Figures, f: Booked) -> None:
    """An execution on a person's word; the broker's own will take its place."""
    o = m.orders.get(f.client_id)
    if o is None:
        return
    o.hand_qty, o.hand_price, o.hand_fee = f.qty, f.price, f.fee
    o.filled += f.qty
    m.book(o.first.strategy, o.first.symbol, o.first.side, f.qty, f.price, f.fee)
    m.touch(o)


def replaced(m: Figures, o: Order, e: Fill) -> None:
    """The broker tells of an execution that was booked by hand: that part is taken back first."""
    part = min(e.qty, o.hand_qty)
    if part == 0:
        return
    fee = o.hand_fee * part // o.hand_qty
    m.book(o.first.strategy, o.first.symbol, o.first.side, -part, o.hand_price, -fee)
    o.filled -= part
    o.hand_qty -= part
    o.hand_fee -= fee


def introduced(m: Figures, e: Account) -> None:
    """What was found as no instrument is one now."""
    theirs = dict(e.positions)
    for symbol in [x for x in m.foreign if x in m.instruments]:
        if theirs.get(symbol, 0) and not m.position(symbol, OUTSIDE):
            del m.foreign[symbol]
            m.found(symbol, theirs[symbol])


def moved(m: Figures, f: Moved) -> None:
    """A book changed without a trade."""
    m.cash += f.cash * MICRO
    m.roundings += 1
    if f.symbol in m.foreign:
        m.foreign[f.symbol] += f.change
        if not m.foreign[f.symbol]:
            del m.foreign[f.symbol]
        return
    book = m.books[f.symbol].setdefault(f.strategy, Book())
    book.qty += f.change
    if not book.found:
        book.cash += f.cash * MICRO
    m.revalue(f.symbol, book)
    m.refresh(f.symbol)


def action(m: Figures, e: Action) -> None:
    """What it does to books and prices is said by the records that follow it."""
    m.acts[e.id] = e
    if e.what == "symbol_change" and e.symbol in m.instruments and e.to not in m.instruments:
        m.introduce(replace(m.instruments[e.symbol], symbol=e.to))


def restated(m: Figures, f: Restated) -> None:
    """The prices behind a corporate action; earlier prints count in the same proportion."""
    price, act = m.prices[f.symbol], m.acts.get(f.why)
    if act is not None and act.what == "symbol_change" and not price.known():
        old: Price = m.prices[act.symbol]
        price.bars, price.ts = replace(old.bars, regime=replace(old.bars.regime)), old.ts
    before, now = price.middle(), middle(f.bid, f.ask, f.last)
    if act is not None and act.what == "split":
        price.bars.restate(act.den, act.num)
    elif act is not None and act.symbol == f.symbol and before and before != now:
        price.bars.restate(now, before)
    price.bid, price.ask, price.last = f.bid, f.ask, f.last
    price.ts = f.ts if price.ts < 0 else price.ts
    price.fresh, price.suspect, price.agreed = True, 0, 0
    for book in m.books[f.symbol].values():
        m.revalue(f.symbol, book)
    m.refresh(f.symbol)
