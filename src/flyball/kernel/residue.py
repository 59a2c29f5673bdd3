"""What a flattening has left, and why each of it is left: what a person has to be told."""

from typing import Final

from flyball.kernel.effects import Alert, Effect, Flat
from flyball.kernel.evidence import confirmed_by_broker
from flyball.kernel.latches import ACCOUNT_SCOPE, halted, in_scope
from flyball.kernel.ledger import Book
from flyball.kernel.protection import locked
from flyball.kernel.state import Flattening, State
from flyball.kernel.units import MINUTE, show
from flyball.kernel.words import BUY, CRITICAL, OUTSIDE, SELL

CLOSED: Final = "market closed"
HALTED: Final = "halted"
LOCKED: Final = "locked in an auction"
NO_PRICE: Final = "no price"
IN_DOUBT: Final = "in doubt"
FOREIGN: Final = "foreign"  # no instrument of this governor: it can be neither valued nor sold here
REFUSED: Final = "refused"
WORKING: Final = "working"
NOT_ASKED: Final = "not asked for"  # a panic that only cancels
REASONS: Final = (CLOSED, HALTED, LOCKED, NO_PRICE, IN_DOUBT, FOREIGN, REFUSED, WORKING, NOT_ASKED)
HOPELESS: Final = (HALTED, LOCKED, NO_PRICE, FOREIGN)  # nothing that is waited for will change it

RETRY: Final = MINUTE
ATTEMPTS: Final = 3
NAMED: Final = 10  # of the residue, in a text


def held(s: State, f: Flattening) -> list[Book]:
    """What is held in its scope."""
    return [
        b
        for _, of_symbol in sorted(s.books.items())
        for _, b in sorted(of_symbol.items())
        if b.qty != 0 and in_scope(f.scope, b.strategy, b.symbol) and (f.foreign or b.strategy != OUTSIDE)
    ]


def hindered(s: State, f: Flattening, symbol: str, side: int) -> str:
    """Why no exit of this symbol leaves now, "" when one may."""
    if not s.day.is_open(s.ts):
        return CLOSED
    m = s.markets[symbol]
    if not m.tradable or halted(s, symbol):
        return HALTED
    near = (m.ask or m.last or m.bid) if side == BUY else (m.bid or m.last or m.ask)
    if near == 0 and f.attempts < ATTEMPTS:
        return NO_PRICE  # only the last attempt goes into the unknown
    return REFUSED if s.ts < f.not_before.get(symbol, 0) else ""


def why_left(s: State, f: Flattening, b: Book) -> str:
    """Why this book is still held."""
    if not f.positions:
        return NOT_ASKED
    side = SELL if b.qty > 0 else BUY
    why = hindered(s, f, b.symbol, side)
    if why in (CLOSED, HALTED, NO_PRICE):
        return why
    live = s.live_of(b.symbol)
    if any(locked(s, o) for o in live):
        return LOCKED
    if s.unsure or any(o.doubtful() for o in live):
        return IN_DOUBT
    if why == "" and not live and confirmed_by_broker(s, b.symbol, side) == 0:
        return IN_DOUBT  # the broker shows none of it
    return why or WORKING


def foreign_left(s: State, f: Flattening) -> list[tuple[str, str, int]]:
    """What the account holds that is no instrument here, by the broker's newest list."""
    if not (f.foreign and f.positions and f.scope == ACCOUNT_SCOPE):
        return []
    shown = s.theirs if s.theirs_at != 0 else s.foreign
    return [
        (OUTSIDE, symbol, qty) for symbol, qty in sorted(shown.items()) if symbol not in s.markets and qty
    ]


def page(s: State, out: list[Effect], f: Flattening, books: list[Book]) -> None:
    """Call a person, once an episode: when three attempts did not do it, when there was nothing to attempt
    for as long, or when nothing that is left can be attempted."""
    if f.paged:
        return
    stuck = s.ts - f.started > (ATTEMPTS + 1) * RETRY
    reasons = tuple(why_left(s, f, b) for b in books)
    hopeless = bool(books) and all(why in HOPELESS for why in reasons)
    if f.attempts > ATTEMPTS or stuck or hopeless:
        told = f"after {ATTEMPTS} attempts; still trying" if f.attempts > ATTEMPTS else "yet; still trying"
        rows = [(b.strategy, b.symbol, b.qty) for b in books]
        left = foreign_left(s, f)
        _report(s, out, f, told, (*rows, *left), reasons + (FOREIGN,) * len(left))


def end(s: State, out: list[Effect], f: Flattening) -> None:
    """The broker's figures say so too: flat, or what is left for good."""
    f.done = True
    books = held(s, f)
    left = foreign_left(s, f)
    rows = (*((b.strategy, b.symbol, b.qty) for b in books), *left)
    reasons = (*(why_left(s, f, b) for b in books), *(FOREIGN for _ in left))
    if left:
        _report(s, out, f, "and cannot be here", rows, reasons)
        return
    flat = not rows or not f.positions
    out.append(Flat(s.ts, f.scope, f.why, flat, rows, s.equity() - f.start_equity, f.attempts, reasons))


def _report(
    s: State,
    out: list[Effect],
    f: Flattening,
    told: str,
    rows: tuple[tuple[str, str, int], ...],
    reasons: tuple[str, ...],
) -> None:
    f.paged = True
    named = [
        f"{strategy} {symbol} {_shown(s, symbol, qty)} ({why})"
        for (strategy, symbol, qty), why in list(zip(rows, reasons, strict=True))[:NAMED]
    ]
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    what = f": {', '.join(named)}{more}" if named else ""
    out.append(Alert(s.ts, "not_flat", CRITICAL, f"{f.why}: {f.scope} is not flat {told}{what}"))
    out.append(Flat(s.ts, f.scope, f.why, False, rows, s.equity() - f.start_equity, f.attempts, reasons))


def _shown(s: State, symbol: str, qty: int) -> str:
    m = s.markets.get(symbol)
    return str(qty) if m is None else show(qty, m.qty_exp)
