"""Everything the kernel knows, as one tree: a function of the journal, bounded, hashed leaf by leaf.

Caches that can be recomputed are marked DERIVED and left out of the hash; `check` recomputes them and
every money identity.
"""

from dataclasses import dataclass, field

from flyball.kernel.canon import DERIVED
from flyball.kernel.conduct import Brakes
from flyball.kernel.days import Day
from flyball.kernel.exposure import Exposure, Totals, relief
from flyball.kernel.ledger import Book, revalue
from flyball.kernel.limits import Limits
from flyball.kernel.loosening import Terms
from flyball.kernel.market import Market
from flyball.kernel.orders import OrderState
from flyball.kernel.units import PPM, UNKNOWN, both_ways, notional
from flyball.kernel.weeks import Week
from flyball.kernel.words import OUTSIDE


@dataclass
class Latch:
    """One reason why trading is restricted now."""

    id: str
    scope: str  # "account" | "strategy:X" | "symbol:X"
    state: str
    positions: str
    by: str
    reason: str
    since: int
    day: int  # risk day it was set in
    causes: tuple[str, ...] = ()  # what still needs its positive check, where the row clears by itself
    clean: int = 0  # since when nothing does; 0 = something does


@dataclass
class Protection:
    """A protective order that a flattening took out of its way."""

    client_id: str
    strategy: str
    symbol: str
    side: int
    qty: int
    stop: int


@dataclass
class Flattening:
    """One flattening under way: of a latch, the ladder or a command. Restarts where it stood."""

    why: str  # latch id, "ladder" or "flatten"
    scope: str
    started: int  # when it began, or could begin
    start_equity: int
    attempts: int = 0
    next_at: int = 0  # when unfilled exits are taken back and tried again
    asked: int = 0  # the account query that has to confirm it; 0 = not asked
    done: bool = False  # confirmed, until something is there again
    foreign: bool = True  # also what nobody asked for
    positions: bool = True  # False: cancel only
    paged: bool = False
    asked_at: int = 0  # when that query was asked: an account older than this confirms nothing
    refused: dict[str, int] = field(default_factory=dict)  # symbol -> exits in a row that did not stand
    not_before: dict[str, int] = field(default_factory=dict)  # symbol -> when the next one is tried
    protections: list[Protection] = field(default_factory=list)  # taken out of the way, to be put back


@dataclass
class Stranger:
    """An open order at the broker that is not ours, as its list showed it."""

    client_id: str
    broker_id: str
    symbol: str
    side: int
    left: int
    cancel_at: int = 0  # when its cancel was asked for; 0 = never
    cancels: int = 0
    as_of: int = 0  # of the newest list that showed it


@dataclass
class Rates:
    """Recent times, oldest first, each list at most as long as its limit."""

    orders: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    rejects: list[int] = field(default_factory=list)
    reduces: list[int] = field(default_factory=list)


@dataclass
class Recent:
    """An approved order remembered for `duplicate_window`."""

    ts: int
    strategy: str
    symbol: str
    side: int
    qty: int
    notional: int
    limit: int


@dataclass
class State:
    """The aggregate. Keys of every dict are names; values are what they say."""

    seq: int = 0
    ts: int = 0
    epoch: int = 0
    account: str = "0"
    broker: str = ""
    mode: str = ""
    environment: str = ""
    profile: str = ""
    limits: Limits = field(default_factory=Limits)
    markets: dict[str, Market] = field(default_factory=dict)
    carries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    books: dict[str, dict[str, Book]] = field(default_factory=dict)  # symbol -> strategy -> book
    known: bool = False  # the broker's account has been read
    unsure: bool = False  # a start whose account has not been compared with the broker's yet; kernel.starting
    looked: bool = False  # ... but read, and these are its positions
    stated: dict[str, int] = field(default_factory=dict)
    adoption: bool = False  # foreign positions were adopted; adds wait for a named operator
    cash: int = 0
    flows: int = 0  # of all time
    high_water: int = 0
    caution: bool = False
    acknowledged: bool = False  # restrict zone acknowledged (L3)
    day: Day = field(default_factory=Day)
    chain: str = ""  # digest of all earlier days' intents
    orders: dict[str, OrderState] = field(default_factory=dict)  # live
    closed: dict[str, OrderState] = field(default_factory=dict)  # of this risk day
    closed_before: dict[str, OrderState] = field(default_factory=dict)  # of the one before, for late reports
    # symbol -> client id -> order
    live: dict[str, dict[str, OrderState]] = field(default_factory=dict, metadata=DERIVED)
    order_seq: int = 0
    exit_legs: int = 0
    account_ask: int = 0
    account_asked: int = 0  # the open one; 0 = none
    timers: dict[str, int] = field(default_factory=dict)  # "ask <client id>", "account" -> due
    mismatches: int = 0
    differing: str = ""  # the differences as they were journaled last
    waits: int = 0  # account answers in a row that came while orders were open
    strange_fills: list[str] = field(default_factory=list)
    rates: Rates = field(default_factory=Rates)
    recent: list[Recent] = field(default_factory=list)
    latches: dict[str, Latch] = field(default_factory=dict)  # "L1 account" -> latch
    flattenings: dict[str, Flattening] = field(default_factory=dict)
    drifting: dict[str, int] = field(default_factory=dict)  # "C2 AAPL" -> since
    restart_scale: int = PPM  # after a panic: 25, 50, 100%
    restart_step: int = 0  # when it rises next; 0 = not
    cursors: dict[str, int] = field(default_factory=dict)
    failures: int = 0  # controls or apply that failed
    listed: dict[str, int] = field(default_factory=dict)  # orders not live here that the broker calls open
    foreign: dict[str, int] = field(default_factory=dict)  # found at the first start, and no instrument
    foreign_seen: str = ""  # how they and cash stood when last they differed: believed when seen twice
    actions: list[str] = field(default_factory=list)  # ids of corporate actions taken, oldest first
    terms: Terms = field(default_factory=Terms)  # what was agreed, what waits, what holds until when
    exposures: dict[str, Exposure] = field(default_factory=dict, metadata=DERIVED)
    totals: Totals = field(default_factory=Totals, metadata=DERIVED)
    value: int = field(default=0, metadata=DERIVED)  # of all books
    unvalued: int = field(default=0, metadata=DERIVED)  # books held without a price
    # By strategy, no zeros: the stressed worst case of every symbol it is in, and its books' day profit.
    stressed: dict[str, int] = field(default_factory=dict, metadata=DERIVED)
    profits: dict[str, int] = field(default_factory=dict, metadata=DERIVED)
    week: Week = field(default_factory=Week)
    brakes: Brakes = field(default_factory=Brakes)
    strangers: dict[str, Stranger] = field(
        default_factory=dict
    )  # broker id -> an open order that is not ours
    theirs: dict[str, int] = field(default_factory=dict)  # positions as the broker's newest list has them
    theirs_at: int = 0  # ... as of then; 0 = no list yet that says so
    empty_at: int = 0  # as of when a list first showed nothing where something has to be; 0 = the newest does
    begun: int = 0  # when this process started
    traded_at: dict[str, int] = field(default_factory=dict)  # symbol -> when its position changed last
    account_since: int = 0  # when the newest question for the account was asked
    looks: int = 0  # looks at the account in a row that flattening needed
    look_at: int = 0  # when it looks again; 0 = it does not
    shut_until: int = 0  # the broker takes no call before then
    listed_at: dict[str, int] = field(default_factory=dict)  # how old the list was that counted last
    cancel_alls: int = 0  # cancels of everything so far
    cancel_all_at: int = 0  # the newest; 0 = never
    silent: bool = False  # a call stayed unanswered, and nothing has been heard from the broker since
    agreed: int = 0  # when the account was last found as it has to be
    doubted: int = 0  # questions for the account up to this one are from before the doubt (kernel.starting)
    lacking: dict[str, int] = field(default_factory=dict)  # symbol -> signed, ours less what that list shows

    # Figures.

    def equity(self) -> int:
        return self.cash + self.value

    def day_profit(self) -> int:
        """Since the risk day's start, flows stripped. Fees are inside equity."""
        return self.equity() - self.day.baseline - self.day.flows

    def week_profit(self) -> int:
        """Since the week's first session, flows stripped."""
        return self.equity() - self.week.baseline - self.week.flows

    def base(self) -> int:
        """What percentages are of: equity at the risk day's start, or now when lower."""
        return min(self.day.baseline, self.equity())

    def valued(self) -> bool:
        return self.known and self.unvalued == 0 and self.totals.unpriced == 0 and not self.foreign

    def book(self, strategy: str, symbol: str) -> Book:
        of_symbol = self.books.get(symbol)
        if of_symbol is None:
            of_symbol = {}
            self.books[symbol] = of_symbol
        found = of_symbol.get(strategy)
        if found is None:
            found = Book(strategy, symbol)
            of_symbol[strategy] = found
        return found

    def book_qty(self, strategy: str, symbol: str) -> int:
        of_symbol = self.books.get(symbol)
        if of_symbol is None:
            return 0
        found = of_symbol.get(strategy)
        return 0 if found is None else found.qty

    def position(self, symbol: str) -> int:
        x = self.exposures.get(symbol)
        return 0 if x is None else x.position

    def order(self, client_id: str) -> OrderState | None:
        found = self.orders.get(client_id)
        if found is None:
            found = self.closed.get(client_id)
        return found if found is not None else self.closed_before.get(client_id)

    def live_of(self, symbol: str) -> list[OrderState]:
        of_symbol = self.live.get(symbol)
        return [] if of_symbol is None else list(of_symbol.values())

    def books_held(self) -> list[Book]:
        """Books of strategies (not what was found outside) that hold something, in order."""
        return [
            b
            for _, of_symbol in sorted(self.books.items())
            for _, b in sorted(of_symbol.items())
            if b.qty != 0 and b.strategy != OUTSIDE
        ]

    # Caches.

    def refresh(self, symbol: str) -> None:
        """Recompute one symbol's worst case after its price, position or orders changed."""
        m = self.markets.get(symbol)
        if m is None:
            return
        x = self.exposures.get(symbol)
        if x is None:
            x = Exposure()
            self.exposures[symbol] = x
        else:
            self._count(x, m, -1)
        fill_exposure(self, m, x)
        self._count(x, m, 1)

    def _count(self, x: Exposure, m: Market, sign: int) -> None:
        """Add (sign 1) or remove (sign -1) one symbol everywhere it is summed."""
        self.totals.take(x, self._cost(x, m), sign)
        for strategy in x.strategies:
            tally(self.stressed, strategy, sign * x.stressed())

    def _cost(self, x: Exposure, m: Market) -> int:
        return x.cost(m.qty_exp, self.limits.fee_per_unit, self.limits.fee_rate)

    def revalue(self, symbol: str) -> None:
        """Revalue every book of a symbol at its market."""
        m = self.markets[symbol]
        for b in self.books.get(symbol, {}).values():
            was = b.qty != 0 and b.adopted
            before = b.day_profit()
            self.value += revalue(b, m)
            tally(self.profits, b.strategy, b.day_profit() - before)
            if was and not b.adopted:
                self.unvalued -= 1

    def rebuild(self) -> None:
        """All caches anew, for a new configuration or a decoded state."""
        self.exposures = {}
        self.totals = Totals()
        self.live = {}
        self.value = 0
        self.unvalued = 0
        self.stressed = {}
        self.profits = {}
        for o in self.orders.values():
            self.live.setdefault(o.symbol, {})[o.client_id] = o
        for symbol in self.markets:
            for b in self.books.get(symbol, {}).values():
                revalue(b, self.markets[symbol])
                self.value += b.value
                tally(self.profits, b.strategy, b.day_profit())
                if b.qty != 0 and b.adopted:
                    self.unvalued += 1
            self.refresh(symbol)

    # Invariants.

    def check(self) -> None:
        """Recompute what is cached and every identity; AssertionError names what is broken."""
        value = unvalued = 0
        totals = Totals()
        stressed: dict[str, int] = {}
        profits: dict[str, int] = {}
        for symbol, m in self.markets.items():
            x = Exposure()
            fill_exposure(self, m, x)
            assert symbol not in self.exposures or x == self.exposures[symbol], f"exposure of {symbol}"
            if symbol in self.exposures:
                totals.take(x, self._cost(x, m), 1)
                for strategy in x.strategies:
                    tally(stressed, strategy, x.stressed())
        assert totals == self.totals, "totals"
        assert stressed == self.stressed, "stress of strategies"
        for symbol, of_symbol in self.books.items():
            for b in of_symbol.values():
                value += b.value
                unvalued += b.adopted
                tally(profits, b.strategy, b.day_profit())
                assert b.qty != 0 or not b.adopted, (
                    f"{b.strategy} {symbol} holds nothing and waits for a price"
                )
                assert b.adopted or sum(lot.qty for lot in b.lots) == abs(b.qty), (
                    f"lots of {b.strategy} {symbol}"
                )
                assert all(lot.qty > 0 for lot in b.lots), f"empty lot of {b.strategy} {symbol}"
        assert value == self.value, "value of books"
        assert unvalued == self.unvalued, "books without a price"
        assert profits == self.profits, "day profit of strategies"
        for client_id, o in self.orders.items():
            assert o.live() or not o.final(), f"dead order {client_id} is kept as live"
            assert client_id in self.live.get(o.symbol, {}), f"live order {client_id} is not indexed"
        assert sum(len(v) for v in self.live.values()) == len(self.orders), "live index"
        assert self.high_water >= 0, "high-water mark"


def tally(sums: dict[str, int], name: str, amount: int) -> None:
    """Add to a sum by name. Zeros are not kept: equal sums are equal however they came about."""
    total = sums.get(name, 0) + amount
    if total != 0:
        sums[name] = total
    else:
        sums.pop(name, None)


def fill_exposure(s: State, m: Market, x: Exposure) -> None:
    """The worst case of one symbol from its books and live orders."""
    position = 0
    whose: list[str] = []
    for b in s.books.get(m.symbol, {}).values():
        if b.qty != 0:
            position += b.qty
            whose.append(b.strategy)
    price = m.high_price()
    buys = sells = buy_qty = sell_qty = 0
    for o in s.live.get(m.symbol, {}).values():
        if o.strategy not in whose:
            whose.append(o.strategy)
        left = o.remaining()
        if left == 0:
            continue
        worth = notional(max(o.limit, price), left, m.scale)
        if o.side > 0:
            buys += worth
            buy_qty += left
        else:
            sells += worth
            sell_qty += left
    x.strategies = tuple(sorted(whose))
    x.position = position
    x.value, x.floor = both_ways(price, position, m.scale)
    x.buys = buys
    x.sells = sells
    x.buy_qty = buy_qty
    x.sell_qty = sell_qty
    x.relief = relief(m, position, [o for o in s.live.get(m.symbol, {}).values() if o.protects()])
    x.unpriced = not m.known() and (position != 0 or buy_qty != 0 or sell_qty != 0)
    x.stress = UNKNOWN if not m.known() else m.atr.stress(m.mid(), s.limits.stress_floor)
