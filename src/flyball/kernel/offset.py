"""Two books that hold opposite sides of one symbol: the account holds less than either, so no order may
reduce them (P3). A flattening that covers both settles them against each other at the mark, inside the
ledger.

Nothing leaves for the broker, the account's position and cash stay as they are, and both books say so
(`Moved`). The prices differ from those the books are valued at by the spread, in our favour at most.
"""

from flyball.kernel.effects import Effect, Moved
from flyball.kernel.latches import in_scope
from flyball.kernel.ledger import Book, book_fill, revalue
from flyball.kernel.market import Market
from flyball.kernel.state import State, tally
from flyball.kernel.words import BUY, SELL


def offset(s: State, out: list[Effect], scope: str, why: str, b: Book) -> None:
    """Settle a book against its opposites in scope, as far as they go. Not while an order works in the
    symbol: the account may hold more soon."""
    m = s.markets[b.symbol]
    if s.live_of(b.symbol) or m.mid() <= 0 or not m.known():
        return
    for _, other in sorted(s.books[b.symbol].items()):
        if b.qty * other.qty < 0 and in_scope(scope, other.strategy, b.symbol):
            _settle(s, out, f"{why}: offset", b, other, m)
    s.refresh(b.symbol)


def _settle(s: State, out: list[Effect], why: str, a: Book, b: Book, m: Market) -> None:
    qty = min(abs(a.qty), abs(b.qty))
    side = SELL if a.qty > 0 else BUY
    paid = 0
    for book, sign in ((a, 1), (b, -1)):
        before, was = book.day_profit(), book.cash
        book_fill(book, sign * side, qty, m.mid(), 0, m)
        if book is b:
            book.cash = was - paid  # what one pays the other gets, to the micro
        paid = book.cash - was
        s.value += revalue(book, m)
        tally(s.profits, book.strategy, book.day_profit() - before)
        out.append(Moved(s.ts, why, book.strategy, book.symbol, sign * side * qty, paid))
