"""Books: one a strategy, `_outside` for what nobody asked for; FIFO lots, cash, fees, profit, turnover.

Whole millionths: what is paid is rounded up, what is received down, at each fill.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from fractions import Fraction

from tests.auditor.market import Instrument

OUTSIDE = "_outside"


@dataclass
class Lot:
    """What was bought or sold in one piece, and is still held."""

    qty: Fraction
    cost: Fraction  # a unit, in millionths


@dataclass
class Holding:
    """One symbol in one book."""

    qty: int = 0
    cash: int = 0  # received less paid since the session began, fees included
    lots: deque[Lot] = field(default_factory=deque)

    def trade(self, signed: int, cost: Fraction) -> Fraction:
        """Take up or give back lots, the oldest first; the profit that is realised by it."""
        won = Fraction(0)
        self.qty += signed
        change = Fraction(signed)
        while change and self.lots and (self.lots[0].qty > 0) != (change > 0):
            lot = self.lots[0]
            part = min(abs(lot.qty), abs(change)) * (1 if lot.qty > 0 else -1)
            won += part * (cost - lot.cost)
            lot.qty -= part
            change += part
            if not lot.qty:
                self.lots.popleft()
        if change:
            self.lots.append(Lot(change, cost))
        return won


class Ledger:
    """The account as its fills make it."""

    def __init__(self) -> None:
        self.known = False
        self.cash = 0
        self.books: dict[tuple[str, str], Holding] = defaultdict(Holding)
        self.realised = Fraction(0)
        self.fees = 0  # of the day
        self.turnover = 0  # of the day

    def position(self, symbol: str) -> int:
        """The account's, over all books."""
        return sum(one.qty for (_, name), one in self.books.items() if name == symbol)

    def held(self) -> set[str]:
        return {symbol for (_, symbol), one in self.books.items() if one.qty}

    def fill(
        self, strategy: str, instrument: Instrument, signed: int, price: int, fee: int, back: bool = False
    ) -> None:
        """An execution; or, `back`, one that was booked and is taken back, with its fee."""
        qty = abs(signed)
        bought = (signed > 0) != back
        paid = instrument.more(price, qty) if bought else instrument.less(price, qty)
        paid = paid if signed > 0 else -paid
        fee = -fee if back else fee
        book = self.books[strategy, instrument.symbol]
        book.cash -= paid + fee
        self.cash -= paid + fee
        self.fees += fee
        self.turnover += -instrument.more(price, qty) if back else instrument.more(price, qty)
        self.realised += book.trade(signed, Fraction(price * 1_000_000, instrument.unit())) - fee

    def move(self, strategy: str, symbol: str, change: int, cash: int) -> None:
        """A change without a trade: lots grow and shrink in proportion, as a split makes them."""
        book = self.books[strategy, symbol]
        after = book.qty + change
        if after == 0:
            book.lots.clear()
        elif book.qty == 0:
            book.lots.append(Lot(Fraction(after), Fraction(-cash, after)))
        elif change:
            factor = Fraction(after, book.qty)
            for lot in book.lots:
                lot.qty, lot.cost = lot.qty * factor, lot.cost / factor
        book.qty = after
        book.cash += cash
        self.cash += cash

    def day(self) -> None:
        self.fees = self.turnover = 0
        for one in self.books.values():
            one.cash = 0
