"""Getting flat, as one process that any start continues: cancel, evidence, exits in slices, evidence,
confirmed or what is left.

It runs for a latch that flattens, for the ladder at the close and for an operator's command. Exits are never
larger than what may reduce (P3), collared, in slices of at most `max_order_notional`, tried anew every 60 s
at a wider collar; after three attempts a person is paged and it goes on. Flat is what the broker's own
positions say, not what we hope. Books that offset each other are settled inside the ledger (`offset`).
"""

from typing import Final

from flyball.kernel.ask import collar, reducible
from flyball.kernel.effects import Alert, AskAccount, Effect, Flat
from flyball.kernel.latches import in_scope
from flyball.kernel.ledger import Book
from flyball.kernel.lifecycle import withdraw
from flyball.kernel.market import Market
from flyball.kernel.offset import offset
from flyball.kernel.orders import OrderState
from flyball.kernel.placing import cancel, place
from flyball.kernel.state import Flattening, State
from flyball.kernel.units import MINUTE, NS, UNKNOWN, qty_for
from flyball.kernel.words import BUY, CRITICAL, DAY, LIMIT, MARKET, OUTSIDE, SELL

RETRY: Final = MINUTE
CANCEL_WAIT: Final = (
    5 * NS
)  # how long an exit waits for the evidence of a cancel before it takes what is safe anyway
ATTEMPTS: Final = 3
SLICES: Final = 20  # of one exit: a cap that shrinks with the equity must not make a million of it


def begin(s: State, why: str, scope: str, *, foreign: bool = True, positions: bool = True) -> None:
    """Start flattening a scope; pressing twice continues the one under way."""
    key = f"{why} {scope}"
    held = s.flattenings.get(key)
    if held is None:
        s.flattenings[key] = Flattening(
            why, scope, s.ts, s.equity(), next_at=s.ts + CANCEL_WAIT, foreign=foreign, positions=positions
        )
    else:
        held.positions = held.positions or positions


def progress(s: State, out: list[Effect]) -> None:
    """One step of every flattening under way."""
    for key in sorted(s.flattenings):
        _step(s, out, s.flattenings[key])


def _books(s: State, f: Flattening) -> list[Book]:
    """What is held in its scope."""
    return [
        b
        for _, of_symbol in sorted(s.books.items())
        for _, b in sorted(of_symbol.items())
        if b.qty != 0 and in_scope(f.scope, b.strategy, b.symbol) and (f.foreign or b.strategy != OUTSIDE)
    ]


def _step(s: State, out: list[Effect], f: Flattening) -> None:
    books = _books(s, f) if f.positions else []
    live = [o for o in s.orders.values() if in_scope(f.scope, o.strategy, o.symbol)]
    if not books and not live:
        _confirm(s, out, f)
        return
    if f.done:
        # something is there again: from the beginning
        f.done = False
        f.asked = 0
        f.attempts = 0
        f.paged = False
        f.started = s.ts
        f.start_equity = s.equity()
    for o in live:
        if not o.author and not withdraw(s, out, o):
            cancel(s, out, o, f.why)
    exits = [o for o in live if o.author]
    if exits and 0 < f.next_at <= s.ts:
        f.attempts += 1
        for o in exits:
            cancel(s, out, o, f"{f.why}: unfilled, tried again")
        f.next_at = s.ts + RETRY
    if s.day.is_open(s.ts):
        _page(s, out, f)
        for b in books:
            _exit(s, out, f, b, live)
        if f.next_at <= s.ts:
            f.next_at = s.ts + CANCEL_WAIT
    else:
        f.next_at = 0  # nothing can leave before the next session
        f.started = s.ts


def waits_until(s: State, f: Flattening) -> int:
    """When the earliest wait for the evidence of a cancel is over; 0 when none is going on."""
    ends = [
        o.cancel_at + CANCEL_WAIT
        for o in s.orders.values()
        if not o.author and not o.final() and o.cancel_at != 0 and in_scope(f.scope, o.strategy, o.symbol)
    ]
    return min((end for end in ends if end > s.ts), default=0)


def _page(s: State, out: list[Effect], f: Flattening) -> None:
    """Call a person when three attempts did not do it, or when there was nothing to attempt for as long."""
    stuck = s.ts - f.started > (ATTEMPTS + 1) * RETRY
    if (f.attempts > ATTEMPTS or stuck) and not f.paged:
        f.paged = True
        out.append(
            Alert(
                s.ts,
                "not_flat",
                CRITICAL,
                f"{f.why}: {f.scope} is not flat after {ATTEMPTS} attempts; still trying",
            )
        )


def _exit(s: State, out: list[Effect], f: Flattening, b: Book, live: list[OrderState]) -> None:
    """Send what may safely reduce this book now."""
    for o in live:
        waiting = not o.author and not o.final() and s.ts - o.cancel_at < CANCEL_WAIT
        if waiting and o.symbol == b.symbol and o.strategy == b.strategy:
            return
    side = SELL if b.qty > 0 else BUY
    qty, _ = reducible(s, b.strategy, b.symbol, side)
    if qty <= 0:
        offset(s, out, f.scope, f.why, b)
        return
    m = s.markets[b.symbol]
    f.attempts = max(f.attempts, 1)
    limit = _price(s, f, b.symbol, side)
    slice_qty = _slice(s, b, m, max(limit, m.high_price()))
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


def _slice(s: State, b: Book, m: Market, price: int) -> int:
    """The size of one exit: whole lots, worth at most `max_order_notional`; but never so small that a cap
    which is a share of lost equity keeps the position open."""
    held = abs(b.qty)
    cap = s.limits.of_symbol(b.symbol).max_order_notional.at(s.base())
    if cap == UNKNOWN or price <= 0:
        return held
    least = -(-held // (SLICES * m.lot)) * m.lot
    return max(least, qty_for(cap, price, m.scale) // m.lot * m.lot)


def _price(s: State, f: Flattening, symbol: str, side: int) -> int:
    """The collar of this attempt: slippage, twice that, then the whole price tolerance. 0 = no price is
    known at all."""
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


def _confirm(s: State, out: list[Effect], f: Flattening) -> None:
    """Nothing is left by our books: let the broker say so too."""
    f.next_at = 0
    if f.done or f.asked != 0:
        return
    if s.account_asked != 0:
        f.asked = s.account_asked  # the question that is open will do
    elif "account" not in s.timers:
        f.asked = ask_account(s, out, f"{f.why} {f.scope}")


def ask_account(s: State, out: list[Effect], why: str) -> int:
    """Ask for the broker's figures; returns the number of the question."""
    s.account_ask += 1
    s.account_asked = s.account_ask
    s.timers.pop("account", None)
    out.append(AskAccount(s.ts, s.account_ask, why))
    return s.account_ask


def confirmed(s: State, out: list[Effect], ask: int, agrees: bool) -> None:
    """The broker's figures came: end the flattenings that waited for them, or look again."""
    for key in sorted(s.flattenings):
        f = s.flattenings[key]
        if f.done or f.asked == 0 or ask < f.asked:
            continue
        if not agrees:
            f.asked = 0
            continue
        f.done = True
        residue = tuple((b.strategy, b.symbol, b.qty) for b in _books(s, f))
        flat = not residue or not f.positions
        out.append(Flat(s.ts, f.scope, f.why, flat, residue, s.equity() - f.start_equity, f.attempts))


def last_call(s: State) -> None:
    """The hard cutoff: whatever is still working towards flat goes to the widest collar at once."""
    for f in s.flattenings.values():
        f.attempts = max(f.attempts, ATTEMPTS)
        f.next_at = s.ts
