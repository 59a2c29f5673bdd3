"""Getting flat, as one process that any start continues: cancel, evidence, exits in slices, evidence,
confirmed or what is left.

It runs for a latch that flattens, for the ladder at the close and for an operator's command; all it knows is
in the journaled state. In this order, at every event:
  1. cancel: what works in its scope, in one call where the whole account is meant and much is open, sparing
     what protects a symbol until that symbol is being flattened, and what no cancel reaches (`protection`);
  2. evidence: the stream's word, or a list of the broker's that is newer than the cancel (`evidence`);
  3. exits: never larger than what may reduce (P3) nor than the position in the broker's own newest list,
     collared, in slices of at most `max_order_notional`, tried anew every 60 s at a wider collar; nothing
     where the market takes nothing or no price is known (`residue`);
  4. protection put back where it cannot go on;
  5. flat is what the broker's own positions and open orders say. What is left is named, and a person paged.
Books that offset each other are settled inside the ledger (`offset`). Several flattenings of one position see
each other's orders and so never sell twice.
"""

from typing import Final

from flyball.kernel.ask import collar, reducible
from flyball.kernel.effects import Cancel, CancelAll, Effect
from flyball.kernel.events import Account, Event
from flyball.kernel.evidence import (
    CANCEL_WAIT,
    ask_account,
    confirmed_by_broker,
    hear,
    ignored,
    look,
    strangers_of,
    waited_for,
)
from flyball.kernel.latches import ACCOUNT_SCOPE, in_scope
from flyball.kernel.ledger import Book
from flyball.kernel.lifecycle import withdraw
from flyball.kernel.market import Market
from flyball.kernel.offset import offset
from flyball.kernel.orders import OrderState
from flyball.kernel.placing import cancel, cancel_again, place
from flyball.kernel.protection import guards, locked, protective, put_back, remember
from flyball.kernel.residue import ATTEMPTS, NO_PRICE, REFUSED, RETRY, end, held, hindered, page
from flyball.kernel.state import Flattening, State, Stranger
from flyball.kernel.units import UNKNOWN, qty_for
from flyball.kernel.words import BUY, DAY, LIMIT, MARKET, SELL

__all__ = ("ATTEMPTS", "CANCEL_WAIT", "RETRY", "ask_account")

SLICES: Final = 20  # of one exit: a cap that shrinks with the equity must not make a million of it
FEW: Final = 3  # open orders: more are cancelled in one call


def begin(s: State, why: str, scope: str, *, foreign: bool = True, positions: bool = True) -> None:
    """Start flattening a scope; pressing twice continues the one under way, at once."""
    key = f"{why} {scope}"
    f = s.flattenings.get(key)
    if f is None:
        s.flattenings[key] = Flattening(
            why, scope, s.ts, s.equity(), next_at=s.ts + CANCEL_WAIT, foreign=foreign, positions=positions
        )
    else:
        f.positions = f.positions or positions
        f.not_before = {}


def progress(s: State, out: list[Effect], e: Event) -> None:
    """One step of every flattening under way, behind an event."""
    hear(s, out, e)
    for key in sorted(s.flattenings):
        _step(s, out, s.flattenings[key])
    look(s, out)


def _step(s: State, out: list[Effect], f: Flattening) -> None:
    books = held(s, f) if f.positions else []
    live = [o for o in s.orders.values() if in_scope(f.scope, o.strategy, o.symbol)]
    others = strangers_of(s, f)
    if not books and not others and all(not f.positions and guards(s, o) for o in live):
        _confirm(s, out, f)
        return
    f.asked = f.asked_at = 0
    if f.done:
        _again(s, f)
    _cancel(s, out, f, live, others)
    _retry(s, out, f, live)
    if s.day.is_open(s.ts):
        page(s, out, f, books)
        for b in books:
            _exit(s, out, f, b)
        if f.next_at <= s.ts:
            f.next_at = s.ts + CANCEL_WAIT
    else:
        f.next_at = 0  # nothing can leave before the next session
        f.started = s.ts


def _again(s: State, f: Flattening) -> None:
    """Something is there again: from the beginning."""
    f.done = False
    f.attempts = 0
    f.paged = False
    f.started = s.ts
    f.start_equity = s.equity()


def waits_until(s: State, f: Flattening) -> int:
    """When the earliest of what it waits for is over: the evidence of a cancel, a look at the account, the
    next try of a symbol; 0 when there is none."""
    ends = [
        o.cancel_at + CANCEL_WAIT
        for o in s.orders.values()
        if not o.final() and o.cancel_at != 0 and in_scope(f.scope, o.strategy, o.symbol)
    ]
    ends += [x.cancel_at + CANCEL_WAIT for x in strangers_of(s, f) if x.cancel_at != 0]
    ends += [s.look_at, s.shut_until, *f.not_before.values()]
    return min((at for at in ends if at > s.ts), default=0)


# -- cancels


def _cancel(
    s: State, out: list[Effect], f: Flattening, live: list[OrderState], others: list[Stranger]
) -> None:
    """Ask back what works, once, and once more what a newer list still shows."""
    back: list[OrderState] = []
    stays = False
    for o in live:
        if (o.author and not protective(o)) or locked(s, o) or _spared(s, f, o):
            stays = stays or not o.final()
        elif not o.final() and not withdraw(s, out, o) and _due(o.cancel_at, o.listed):
            back.append(o)
    strangers = [x for x in others if _due(x.cancel_at, x.as_of)]
    known = [o for o in back if o.broker_id]
    if f.foreign and f.scope == ACCOUNT_SCOPE and not stays and len(known) + len(strangers) > FEW:
        _cancel_all(s, out, f, known, strangers)
        back = [o for o in back if not o.broker_id]  # on their way: a cancel of everything may be there first
        strangers = []
    for o in back:
        if protective(o):
            remember(f, o)
        if o.cancel_at == 0:
            cancel(s, out, o, f.why)
        else:
            cancel_again(s, out, o)
    for x in strangers:
        x.cancel_at = s.ts
        x.cancels += 1
        out.append(Cancel(s.ts, x.client_id, f.why, x.cancels, x.broker_id))


def _due(cancel_at: int, listed: int) -> bool:
    return cancel_at == 0 or ignored(cancel_at, listed)


def _cancel_all(
    s: State, out: list[Effect], f: Flattening, orders: list[OrderState], strangers: list[Stranger]
) -> None:
    """One call for everything that is open."""
    s.cancel_alls += 1
    s.cancel_all_at = s.ts
    for o in orders:
        if protective(o):
            remember(f, o)
        o.cancel_at = s.ts
        s.refresh(o.symbol)
    for x in strangers:
        x.cancel_at = s.ts
    out.append(CancelAll(s.ts, s.cancel_alls, f.why))


def _spared(s: State, f: Flattening, o: OrderState) -> bool:
    """A protective order stays until an exit of its symbol may leave."""
    if not guards(s, o):
        return False
    return not f.positions or hindered(s, f, o.symbol, o.side) != ""


def _retry(s: State, out: list[Effect], f: Flattening, live: list[OrderState]) -> None:
    """Unfilled exits are taken back and tried anew, wider, when their time is over."""
    if not 0 < f.next_at <= s.ts:
        return
    exits = [o for o in live if o.author and not protective(o) and not locked(s, o)]
    if exits or _unpriced(s, f):
        f.attempts += 1
        f.next_at = s.ts + RETRY
    for o in exits:
        cancel(s, out, o, f"{f.why}: unfilled, tried again")


def _unpriced(s: State, f: Flattening) -> bool:
    """Whether something it holds has no price to leave at."""
    sides = ((b.symbol, SELL if b.qty > 0 else BUY) for b in held(s, f))
    return any(hindered(s, f, symbol, side) == NO_PRICE for symbol, side in sides)


# -- exits


def _exit(s: State, out: list[Effect], f: Flattening, b: Book) -> None:
    """Send what may safely reduce this book now."""
    side = SELL if b.qty > 0 else BUY
    why = hindered(s, f, b.symbol, side)
    if why:
        if why in (NO_PRICE, REFUSED):
            put_back(s, out, f, b.symbol)
        if why == NO_PRICE and f.attempts == 0:
            f.attempts = 1  # it counts as one: the last goes whatever is known
            f.next_at = s.ts + RETRY
        return
    if s.ts < s.shut_until or waited_for(s, f, b.symbol):
        return
    qty, _ = reducible(s, b.strategy, b.symbol, side)
    if qty <= 0:
        offset(s, out, f.scope, f.why, b)
        return
    most = confirmed_by_broker(s, b.symbol, side)
    if 0 <= most < qty:
        qty = most
    if qty <= 0:
        return
    m = s.markets[b.symbol]
    f.attempts = max(f.attempts, 1)
    limit = _price(s, f, b.symbol, side)
    slice_qty = slice_of(s, b, m, max(limit, m.high_price()))
    f.next_at = s.ts + RETRY
    while qty > 0:
        part = min(qty, slice_qty)
        s.exit_legs += 1
        place(
            s,
            out,
            intent="",
            author=f.why,
            strategy=b.strategy,
            symbol=b.symbol,
            side=side,
            qty=part,
            kind=LIMIT if limit else MARKET,
            limit=limit,
            tif=DAY,
            adds=False,
            leg=s.exit_legs,
            waits=[],
        )
        qty -= part


def slice_of(s: State, b: Book, m: Market, price: int) -> int:
    """The size of one exit: whole lots, worth at most `max_order_notional`; but never so small that a cap
    which is a share of lost equity keeps the position open."""
    whole = abs(b.qty)
    cap = s.limits.of_symbol(b.symbol).max_order_notional.at(s.base())
    if cap == UNKNOWN or price <= 0:
        return whole
    least = -(-whole // (SLICES * m.lot)) * m.lot
    return max(least, qty_for(cap, price, m.scale) // m.lot * m.lot)


def _price(s: State, f: Flattening, symbol: str, side: int) -> int:
    """The collar of this attempt: slippage, twice that, then the whole price tolerance. 0 = no price is
    known at all, or no width was ever configured."""
    m = s.markets[symbol]
    lim = s.limits.of_symbol(symbol)
    near = (m.ask or m.last or m.bid) if side == BUY else (m.bid or m.last or m.ask)
    widest = lim.price_tolerance if lim.price_tolerance != UNKNOWN else lim.max_slippage
    if near == 0 or widest == UNKNOWN:
        return 0
    width = widest
    if lim.max_slippage != UNKNOWN and f.attempts < ATTEMPTS:
        width = min(widest, lim.max_slippage * f.attempts)
    return collar(near, side, width, m.tick)


# -- confirmation


def _confirm(s: State, out: list[Effect], f: Flattening) -> None:
    """Nothing is left by our books: let the broker say so too, in an answer to a question asked from now
    on."""
    f.next_at = 0
    if f.done:
        return
    if f.asked_at == 0:
        f.asked_at = s.ts
    if f.asked != 0:
        return
    if s.account_asked != 0 and s.account_since >= f.asked_at:
        f.asked = s.account_ask  # the question that is open will do
    elif s.account_since < f.asked_at:
        s.looks = 0
        s.look_at = s.ts  # at once; one that came and disagreed is looked at again in its time


def confirmed(s: State, out: list[Effect], e: Account) -> None:
    """The broker's figures came: end the flattenings that waited for them, or look again."""
    for key in sorted(s.flattenings):
        f = s.flattenings[key]
        if f.done or f.asked_at == 0:
            continue
        if e.as_of < f.asked_at if e.as_of else f.asked == 0 or e.ask < f.asked:
            continue
        if _agrees(s, f, e):
            end(s, out, f)
        else:
            f.asked = 0


def _agrees(s: State, f: Flattening, e: Account) -> bool:
    """Whether the broker shows no order in its scope, and every position there as we have it. Orders outside
    its scope may have moved a position meanwhile, as far as they reach."""
    listed = {one[0] for one in e.open_orders}
    for client_id in e.open_ids:
        o = s.order(client_id)
        if o is None:
            if client_id not in listed and f.foreign:
                return False  # whose, and of what, nobody says
        elif in_scope(f.scope, o.strategy, o.symbol) and (f.positions or not guards(s, o)):
            return False
    if strangers_of(s, f):
        return False
    theirs = dict(e.positions)
    for symbol in sorted(set(theirs) | set(s.exposures)):
        if symbol not in s.markets or not _concerns(s, f, symbol):
            continue
        x = s.exposures.get(symbol)
        there = theirs.get(symbol, 0)
        if x is None and there != 0:
            return False
        if x is not None and not x.position - x.sell_qty <= there <= x.position + x.buy_qty:
            return False
    return True


def _concerns(s: State, f: Flattening, symbol: str) -> bool:
    kind, _, name = f.scope.partition(":")
    if kind == "symbol":
        return symbol == name
    return kind != "strategy" or name in s.books.get(symbol, {})


def last_call(s: State) -> None:
    """The hard cutoff: whatever is still working towards flat goes to the widest collar at once."""
    for f in s.flattenings.values():
        f.attempts = max(f.attempts, ATTEMPTS)
        f.next_at = s.ts
        f.not_before = {}
