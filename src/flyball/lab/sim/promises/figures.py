"""What the journal's records so far come to: books, cash, orders, prices, latches, the risk day, in exact
money and kept up to date symbol by symbol. Written from SPEC and docs/reference/journal.md, not from the
kernel.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from flyball.journal.codec import Record
from flyball.kernel import events as ev
from flyball.lab.sim.promises.amounts import MICRO, NS, unit_of
from flyball.lab.sim.promises.books import OUTSIDE, Book
from flyball.lab.sim.promises.held import Decided, Latch
from flyball.lab.sim.promises.limits import Limits
from flyball.lab.sim.promises.order import Order
from flyball.lab.sim.promises.price import Price
from flyball.lab.sim.promises.worst import Terms, Worst, worst_of

ATR_BAR: Final = 300 * NS
NO_FLOOR: Final = 200_000  # ppm: the stress while no floor is configured


class Figures:
    """The sum of all records up to one moment."""

    def __init__(self) -> None:
        self.seq = 0
        self.ts = 0
        self.account = "0"
        self.epoch = 0
        self.limits = Limits()
        self.instruments: dict[str, ev.Instrument] = {}
        self.units: dict[str, int] = {}
        self.prices: dict[str, Price] = {}
        self.books: dict[str, dict[str, Book]] = {}  # symbol -> strategy
        self.orders: dict[str, Order] = {}
        self.live: dict[str, dict[str, Order]] = {}  # symbol -> client id: what may still be executed
        self.worst: dict[str, Worst] = {}
        self.total = Worst()
        self.decided: dict[tuple[str, str], Decided] = {}
        self.latches: dict[tuple[str, str], Latch] = {}
        self.known = False
        self.cash = 0
        self.foreign: dict[str, int] = {}  # found in what is no instrument
        self.acts: dict[str, ev.Action] = {}  # corporate actions by id
        self.promised: set[tuple[str, str]] = set()  # approved exits that have not come out yet
        self.asked_back: set[str] = set()  # broker ids of others' orders, "all 1" of everything: cancelled
        self.value = 0  # of all books
        self.roundings = 0  # times the governor may have rounded
        self.strange: set[tuple[str, str]] = set()
        self.day: ev.Session | None = None
        self.baseline = 0
        self.high_water = 0
        self.day_flows = 0
        self.traded = 0
        self.fees = 0
        self.sent_today = 0
        self.recent: deque[int] = deque()  # when what adds was emitted, the last second
        self.panic_over = -1  # when the last panic was cleared
        self.event: Record | None = None  # the newest
        self.intent: ev.Intent | None = None
        self.differs: set[tuple[str, int]] = set()  # divergences: what, and the record that said so
        self.watched = False  # the newest event moved a price or a book
        self.monday = 0  # of the week, yyyymmdd
        self.week_baseline = 0
        self.week_flows = 0
        self.words: dict[tuple[str, str], ev.Report] = {}  # a sensor's newest word, by word and scope
        self.account_at = -1  # when the account was stated last
        self.rebasing = False  # the clear that waits for another person moves the high-water mark

    def today(self) -> int:
        return self.day.day if self.day else 0

    def equity(self) -> int:
        return self.cash + self.value

    def base(self) -> int:
        """What percentages are of: the equity at the risk day's start, or the present one when lower."""
        return min(self.baseline, self.equity())

    def rounding(self) -> int:
        """What the governor's whole micros may be behind exact books: less than one for each fill and
        book.
        """
        return (self.roundings + sum(len(x) for x in self.books.values()) + 1) * MICRO

    def valued(self) -> bool:
        """Whether everything held or working has a price."""
        return self.known and not self.foreign and self.total.unpriced == 0

    def position(self, symbol: str, strategy: str | None = None) -> int:
        books = self.books.get(symbol, {})
        if strategy is None:
            return sum(b.qty for b in books.values())
        return books[strategy].qty if strategy in books else 0

    def all_books(self) -> Iterator[tuple[str, str, Book]]:
        """(strategy, symbol, book)"""
        for symbol, of_symbol in self.books.items():
            for strategy, book in of_symbol.items():
                yield strategy, symbol, book

    def all_live(self) -> Iterator[Order]:
        for of_symbol in self.live.values():
            yield from of_symbol.values()

    def loss(self, strategy: str = "", symbol: str = "") -> int:
        """Lost (+) since the risk day began, flows stripped; of the account, a strategy or in a symbol."""
        if not strategy and not symbol:
            return self.baseline - self.equity() + self.day_flows
        return sum(
            b.base - b.profit()
            for who, what, b in self.all_books()
            if strategy in ("", who) and symbol in ("", what)
        )

    def week_loss(self) -> int:
        """Lost (+) since the week's first session, flows stripped."""
        return self.week_baseline - self.equity() + self.week_flows

    def bar(self) -> int:
        """atr_bar, ns."""
        return self.limits.number("atr_bar") or ATR_BAR

    def floor(self) -> int:
        """stress_floor, ppm."""
        found = self.limits.number("stress_floor")
        return NO_FLOOR if found is None else found

    def terms(self, symbol: str) -> Terms:
        price = self.prices[symbol]
        return Terms(
            self.units[symbol],
            10 ** self.instruments[symbol].qty_exp,
            price.highest(),
            price.known(),
            price.bars.stress(price.middle(), self.floor()),
            (self.limits.number("fee_per_unit") or 0) * MICRO,
            self.limits.number("fee_rate") or 0,
            price.lowest(),
        )

    def forbids(self, strategy: str, symbol: str) -> Latch | None:
        """A latch that forbids adding here."""
        for latch in self.latches.values():
            if latch.record.state in ("REDUCING", "HALTED") and latch.covers(strategy, symbol):
                return latch
        return None

    # -- changes that keep the sums --------------------------------------------------------------------------

    def touch(self, o: Order) -> None:
        """After an order changed."""
        symbol = o.first.symbol
        if symbol not in self.live:
            return
        if o.live():
            self.live[symbol][o.first.client_id] = o
        else:
            self.live[symbol].pop(o.first.client_id, None)
        self.refresh(symbol)

    def revalue(self, symbol: str, book: Book) -> None:
        new = book.qty * self.prices[symbol].conservative(book.qty) * self.units[symbol] if book.qty else 0
        self.value += new - book.value
        book.value = new

    def refresh(self, symbol: str) -> None:
        new = worst_of(self.position(symbol), self.live[symbol].values(), self.terms(symbol))
        self.total.add(self.worst[symbol], -1)
        self.total.add(new, 1)
        self.worst[symbol] = new

    def book(self, strategy: str, symbol: str, side: int, qty: int, price: int, fee: int) -> None:
        """One execution into the account, `fee` in micros; with a negative quantity and fee, out of it."""
        self.roundings += 1
        if strategy == OUTSIDE:
            self.priced(symbol, price)
        held = self.books[symbol].setdefault(strategy, Book())
        worth, paid = qty * price * self.units[symbol], fee * MICRO
        held.qty += side * qty
        held.cash -= side * worth
        held.fees += paid
        self.cash -= side * worth + paid
        self.traded += worth
        self.fees += paid
        self.revalue(symbol, held)

    def found(self, symbol: str, qty: int) -> None:
        """A holding that nobody asked for."""
        self.books[symbol][OUTSIDE] = Book(qty, found=True)
        self.priced(symbol)
        self.revalue(symbol, self.books[symbol][OUTSIDE])
        self.refresh(symbol)

    def priced(self, symbol: str, price: int = 0) -> None:
        """What was found counts as got at the first price there is: neither gain nor loss so far."""
        held = self.books[symbol].get(OUTSIDE)
        if held is not None and held.found and (price or self.prices[symbol].known()):
            held.found = False
            at = price or self.prices[symbol].conservative(held.qty)
            held.cash = -held.qty * at * self.units[symbol]

    def introduce(self, e: ev.Instrument) -> None:
        """A symbol, new or in new units."""
        self.instruments[e.symbol] = e
        self.units[e.symbol] = unit_of(e.price_exp, e.qty_exp)
        self.prices[e.symbol] = Price()
        self.books.setdefault(e.symbol, {})
        self.live.setdefault(e.symbol, {})
        self.worst.setdefault(e.symbol, Worst())

    def limited(self, limits: Limits) -> None:
        """Other limits from here on."""
        self.limits = limits
        for symbol in self.instruments:
            self.prices[symbol].bars.begin(self.bar())
            self.refresh(symbol)
