"""What the facts so far add up to: books, cash, orders, prices, latches, the risk day. Written from the
promises, not from the kernel.

Everything is recomputed from the first fact each time (`replay`); nothing is cached, nothing is rounded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle import own, wilder
from tests.oracle.facts import Fact
from tests.oracle.order import ZERO, Order
from tests.oracle.price import Price, middle
from tests.oracle.regime import Regime, Rules

OUTSIDE = "_outside"
ENDS = ("FILLED", "CANCELED", "REJECTED", "EXPIRED")
IDENTITY = ("client_id", "intent", "author", "strategy", "symbol", "side", "qty", "limit", "adds", "leg")
DAY_NS = 86_400 * 10**9
DISOWNED = 2  # questions in a row the broker has to answer with "unknown" before an order that left is over
PER_SYMBOL = (
    "max_order_notional",
    "max_order_qty",
    "max_position_notional",
    "price_tolerance",
    "max_slippage",
    "max_quote_age",
    "max_spread",
    "max_tick_move",
)


@dataclass
class Book:
    qty: Fraction = ZERO
    cash: Fraction = ZERO
    fees: Fraction = ZERO
    base: Fraction = ZERO  # profit when the risk day began
    found: bool = False  # with the account, and not priced yet


@dataclass
class Latch:
    id: str
    scope: str
    state: str
    positions: str
    day: int  # risk day it was set in

    def covers(self, strategy: str, symbol: str) -> bool:
        return self.scope in ("account", f"strategy:{strategy}", f"symbol:{symbol}")


class World:
    """The sum of all facts up to one moment."""

    def __init__(self) -> None:
        self.ts = 0
        self.event: Fact = {}
        self.instruments: dict[str, Fact] = {}
        self.limits: dict[tuple[str, str], Any] = {}
        self.prices: dict[str, Price] = {}
        self.books: dict[tuple[str, str], Book] = {}
        self.known = False
        self.cash = ZERO
        self.flows = ZERO
        self.fills = 0
        self.moves = 0  # changes of a book without a trade
        self.acts: dict[str, Fact] = {}  # corporate actions by id
        self.foreign: dict[str, Fraction] = {}  # found at the start in what is no instrument
        self.said: Fact | None = None  # the broker's figures, if they are the newest event
        self.groundless: list[str] = []  # what the governor did to orders without grounds
        self.strange: list[str] = []  # fills of orders that are not ours
        self.orders: dict[str, Order] = {}
        self.promised: set[tuple[str, str]] = set()  # approved, and not out yet: it waits for another's end
        self.latches: dict[tuple[str, str], Latch] = {}
        self.day: Fact | None = None
        self.baseline = ZERO
        self.high_water = ZERO
        self.panic_over = -1  # when the last panic was cleared
        self.day_flows = ZERO
        self.traded = ZERO
        self.fees = ZERO

    # -- what happened ---------------------------------------------------------------------------------------

    def apply(self, fact: Fact) -> None:
        self.ts = max(self.ts, fact["ts"])  # what is emitted again after a restart keeps its old time
        if fact["kind"] not in own.EFFECTS:
            self.event, self.said = fact, fact if fact["kind"] == "account" else None
        what = getattr(self, f"_{fact['kind']}", None)
        if what is not None:
            what(fact)

    def _instrument(self, f: Fact) -> None:
        self.instruments[f["symbol"]] = f
        self.prices.setdefault(f["symbol"], Price())

    def _config(self, f: Fact) -> None:
        self.limits = f["limits"]

    def _session(self, f: Fact) -> None:
        """A new risk day takes its baseline from the ledger; the first one from the broker, where it has been
        read.
        """
        if self.day is not None and f["day"] <= self.day["day"]:
            return
        first = self.day is None and self.known
        self.baseline = self.baseline + self.day_flows if first else self.equity()
        self.day = f
        self.day_flows = self.traded = self.fees = ZERO
        for price in self.prices.values():
            price.fresh = True
        for key, book in self.books.items():
            book.base = self.profit(*key)

    def _flow(self, f: Fact) -> None:
        """Money in or out is no profit: the high-water mark moves in proportion (unitised)."""
        before = self.equity()
        if before > 0 and before + f["amount"] > 0:
            self.high_water *= (before + f["amount"]) / before
        else:
            self.high_water = max(ZERO, self.high_water + f["amount"])
        self.cash += f["amount"]
        self.flows += f["amount"]
        self.day_flows += f["amount"]

    def _mark(self, f: Fact) -> None:
        instrument, price = self.instruments.get(f["symbol"]), self.prices.get(f["symbol"])
        if instrument is None or price is None:
            return
        if not price.believes(f, self.limit("max_tick_move", f["symbol"]), instrument["price_unit"]):
            return
        price.bid, price.ask, price.last, price.ts = f["bid"], f["ask"], f["last"], f["ts"]
        self._priced(f["symbol"])
        self._watch()
        fresh, price.fresh, price.suspect, price.agreed = price.fresh, False, ZERO, 0
        length = self.limits.get(("", "atr_bar"), 300 * 10**9)
        now = middle(price.bid, price.ask, price.last, instrument["price_unit"])
        number = self.today() if length >= DAY_NS else (f["ts"] - 1) // length
        low, high = f["low"] or now, f["high"] or now
        if price.length != length:
            price.length, price.prints, price.regime = length, [], Regime()
        if price.prints and price.prints[-1].bar != number:
            price.regime.bar(price.prints[-1].price, self.regimes())
        if fresh and length < DAY_NS:
            price.regime.night()
        price.prints.append(wilder.Print(number, now, min(low, now), max(high, now)))

    def _account(self, f: Fact) -> None:
        """The broker's figures are taken over once; later they are only compared."""
        own.introduced(self, f)
        if self.known:
            return
        self.known = True
        self.cash = f["cash"]
        self.baseline = f["day_equity"]
        self.high_water = max(f["equity"], f["day_equity"])
        for symbol, qty in f["positions"].items():
            if symbol in self.instruments:
                self.find(symbol, qty)
            else:
                self.foreign[symbol] = qty

    def book(self, strategy: str, symbol: str) -> Book:
        return self.books.setdefault((strategy, symbol), Book())

    def find(self, symbol: str, qty: Fraction) -> None:
        self.books[(OUTSIDE, symbol)] = Book(qty, found=True)
        self._priced(symbol)

    def _priced(self, symbol: str, price: Fraction = ZERO) -> None:
        """What was found counts as got at the first price there is: neither gain nor loss so far."""
        book = self.books.get((OUTSIDE, symbol))
        if book is not None and book.found and (price or self.prices[symbol].ts >= 0):
            book.found = False
            book.cash = -book.qty * (price or self.conservative(symbol, 1 if book.qty > 0 else -1))

    def _decision(self, f: Fact) -> None:
        if f["verdict"] != "reject":
            self.promised.add((f["strategy"], f["intent"]))

    def _order(self, f: Fact) -> None:
        self.promised.discard((f["strategy"], f["intent"]))
        known = self.orders.get(f["client_id"])
        if known is not None:
            known.attempts.append(f["attempt"])
            known.disowned = 0 if known.attempts[-2] != f["attempt"] else known.disowned
            return
        self.orders[f["client_id"]] = Order(
            **{x: f[x] for x in IDENTITY},
            attempts=[f["attempt"]],
            day=self.today(),
            stop=f.get("stop", ZERO),
        )

    def _sent(self, f: Fact) -> None:
        if f["client_id"] in self.orders:
            self.orders[f["client_id"]].left = True
            self.orders[f["client_id"]].disowned = 0

    def _timeout(self, f: Fact) -> None:
        """No answer is no answer: it may be there."""
        if f["client_id"] in self.orders and f["call"] == "submit":
            self.orders[f["client_id"]].left = True

    def _query(self, f: Fact) -> None:
        if f["client_id"] in self.orders:
            self.orders[f["client_id"]].asked = f["ask"]

    def _cancel(self, f: Fact) -> None:
        if f["client_id"] in self.orders:
            self.orders[f["client_id"]].cancels += 1

    def _cancel_all(self, _: Fact) -> None:
        """Everything that is open, whoever placed it."""
        for order in self.live():
            order.cancels += 1

    def _not_sent(self, f: Fact) -> None:
        """Stopped at the last gate: grounds to end an order of which no attempt ever left."""
        order = self.orders.get(f["client_id"])
        if order is not None and not order.left and not order.acknowledged:
            order.grounds = "NOT_SENT"

    def _update(self, f: Fact) -> None:
        order = self.orders.get(f["client_id"])
        if order is None or order.retry_refused(f["state"], f["filled"]):
            return
        self._state(order, f["state"], f["filled"])

    def _answer(self, f: Fact) -> None:
        order = self.orders.get(f["client_id"])
        if order is not None and f["found"] and f["ask"] == 0:  # unasked: it has what was sent once more
            self._state(order, f["state"], f["filled"])
        if order is None or order.asked != f["ask"]:
            return  # to no question, or to one that is answered or overtaken
        order.asked = -1
        if f["found"]:
            self._state(order, f["state"], f["filled"])
        elif order.acknowledged:
            order.vanished = True
        elif not order.ended:
            order.disowned += 1
            if order.disowned >= DISOWNED:
                order.grounds = "REJECTED"
            elif f["ask"] == 0 and not order.left:
                order.grounds = "NOT_SENT"

    def _ended(self, f: Fact) -> None:
        own.ended(self, f)

    def _booked(self, f: Fact) -> None:
        own.checked(self, f)
        self._fill(f)
        own.booked(self, f)

    def _moved(self, f: Fact) -> None:
        own.moved(self, f)

    def _action(self, f: Fact) -> None:
        own.action(self, f)

    def _restated(self, f: Fact) -> None:
        own.restated(self, f)

    def _state(self, order: Order, state: str, filled: Fraction | None) -> None:
        """Only the broker's word for an end is evidence; a cumulative quantity above what was seen is still
        owed.
        """
        order.acknowledged, order.disowned, order.heard_at = True, 0, self.ts
        order.confirmed = order.confirmed or state in ("ACCEPTED", "PARTIALLY_FILLED")
        order.vanished = False
        if state in ENDS and not order.ended:
            order.ended = state
        stated = order.qty if filled is None and state == "FILLED" else filled or ZERO
        order.stated = max(order.stated, stated)

    def _fill(self, f: Fact) -> None:
        if f["symbol"] not in self.instruments or f["qty"] <= 0 or f["price"] <= 0:
            return  # cannot be booked
        order = self.orders.get(f["client_id"])
        strategy = OUTSIDE if order is None else order.strategy
        if order is not None and (order.symbol, order.side) != (f["symbol"], f["side"]):
            order = None  # it contradicts the order it names: booked, and not to the order
        seen = self.strange if order is None else order.fills
        name = f["fill_id"] if order is not None else f"{f['client_id']} {f['fill_id']}"
        if name in seen:
            return
        seen.append(name)
        self.fills += 1
        hand = own.replaced(self, order, f) if order is not None else ZERO
        if order is not None:
            order.filled += f["qty"] - hand
            order.acknowledged, order.confirmed, order.heard_at = True, True, self.ts
        book = self.books.setdefault((strategy, f["symbol"]), Book())
        value = f["qty"] * f["price"]
        if strategy == OUTSIDE:
            self._priced(f["symbol"], f["price"])
        book.qty += f["side"] * (f["qty"] - hand)
        book.cash -= f["side"] * value
        book.fees += f["fee"]
        self.cash -= f["side"] * value + f["fee"]
        self.traded += value
        self.fees += f["fee"]
        self._watch()

    def _command(self, f: Fact) -> None:
        self.event = f

    def _latch(self, f: Fact) -> None:
        key = (f["latch"], f["scope"])
        if f["action"] == "set":
            self.latches[key] = Latch(f["latch"], f["scope"], f["state"], f["positions"], self.today())
            return
        self.latches.pop(key, None)
        if f["latch"] == "L4":
            self.panic_over = self.ts
        if f["latch"] == "L2" and dict(self.event.get("args", ())).get("rebase") == "yes":
            self.high_water = self.equity()

    def _watch(self) -> None:
        if self.day is not None and self.valued():
            self.high_water = max(self.high_water, self.equity())

    # -- what it comes to ------------------------------------------------------------------------------------

    def today(self) -> int:
        return self.day["day"] if self.day else 0

    def position(self, symbol: str, strategy: str | None = None) -> Fraction:
        return sum(
            (b.qty for (who, what), b in self.books.items() if what == symbol and strategy in (None, who)),
            ZERO,
        )

    def live(self, symbol: str | None = None, strategy: str | None = None) -> list[Order]:
        return [
            o
            for o in self.orders.values()
            if o.live() and symbol in (None, o.symbol) and strategy in (None, o.strategy)
        ]

    def conservative(self, symbol: str, side: int) -> Fraction:
        """What a holding of this sign is worth a unit: the bid for longs, the ask for shorts, the last
        without a quote.
        """
        p = self.prices[symbol]
        return p.bid or p.last or p.ask if side > 0 else p.ask or p.last or p.bid

    def value(self, strategy: str, symbol: str) -> Fraction:
        book = self.books[(strategy, symbol)]
        return book.qty * self.conservative(symbol, 1 if book.qty > 0 else -1) if book.qty else ZERO

    def profit(self, strategy: str, symbol: str) -> Fraction:
        book = self.books[(strategy, symbol)]
        return book.cash + self.value(strategy, symbol) - book.fees

    def equity(self) -> Fraction:
        return self.cash + sum((self.value(*key) for key in self.books), ZERO)

    def valued(self) -> bool:
        """Whether everything held or working has a price."""
        held = {symbol for (_, symbol), b in self.books.items() if b.qty} | {o.symbol for o in self.live()}
        return self.known and not self.foreign and all(self.prices[symbol].ts >= 0 for symbol in held)

    def loss(self, strategy: str | None = None, symbol: str | None = None) -> Fraction:
        """Lost (+) since the risk day began, flows stripped; of the account, of one strategy or in one
        symbol.
        """
        if strategy is None and symbol is None:
            return self.baseline - self.equity() + self.day_flows
        keys = [(who, what) for who, what in self.books if strategy in (None, who) and symbol in (None, what)]
        return sum((self.books[key].base - self.profit(*key) for key in keys), ZERO)

    def limit(self, key: str, symbol: str = "", strategy: str = "") -> Any:
        """The configured value that applies; None when there is none."""
        scopes = [f"symbol:{symbol}", f"strategy:{strategy}"]
        if key != "max_daily_loss" or not (symbol or strategy):
            scopes.append("")
        for scope in scopes:
            if (scope, key) in self.limits:
                return self.limits[(scope, key)]
        return None

    def base(self) -> Fraction:
        """What percentages are of: the equity at the risk day's start, or the present one when lower."""
        return min(self.baseline, self.equity())

    def cap(self, key: str, symbol: str = "", strategy: str = "") -> Fraction | None:
        """A limit of money in the account's currency."""
        found = self.limit(key, symbol, strategy)
        if found is None:
            return None
        kind: str = found[0]
        amount: Fraction = found[1]
        return amount if kind == "amount" else amount * max(self.base(), ZERO)

    def stress(self, symbol: str) -> Fraction:
        p = self.prices[symbol]
        price = middle(p.bid, p.ask, p.last, self.instruments[symbol]["price_unit"])
        return wilder.stress(p.prints, price, self.limit("stress_floor") or wilder.MOST)

    def regimes(self) -> Rules:
        return Rules.of(self.limit)

    def at_the_stop(self, symbol: str, price: Fraction) -> Fraction:
        """C10: what one unit valued at `price` loses at its stop: k average ranges, a range being at least a
        tick; while they warm, the stressed move of C6. The average is kept in 1/65536 of a price unit,
        rounded up.
        """
        p, i = self.prices[symbol], self.instruments[symbol]
        unit: Fraction = i["price_unit"]
        tick: Fraction = i["tick"]
        atr = wilder.average(wilder.bars_of(p.prints), step=unit / 65_536)
        if atr is None:
            return price * min(2 * (self.limit("stress_floor") or wilder.MOST), wilder.MOST)
        if p.acted:
            atr -= unit / 10
        stop: Fraction = self.limit("atr_stop") or Fraction(2)
        return stop * max(atr, tick)

    def forbidden(self, strategy: str, symbol: str) -> list[Latch]:
        """The latches that forbid adding here."""
        return [
            x
            for x in self.latches.values()
            if x.state in ("REDUCING", "HALTED") and x.covers(strategy, symbol)
        ]


def replay(facts: Iterable[Fact]) -> World:
    world = World()
    for fact in facts:
        world.apply(fact)
    return world
