"""A small market around the real kernel: prices walk by seed, orders fill at the next price, an operator
clears what a new day lets him clear. What comes out is a journal's records, numbered.
"""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass

from flyball.journal.codec import Record
from flyball.kernel.effects import AskAccount, Cancel, Effect, Order, Query
from flyball.kernel.events import (
    Account,
    Answer,
    Command,
    Config,
    Epoch,
    Event,
    Feed,
    Fill,
    Instrument,
    Intent,
    Mark,
    Sent,
    Session,
    Tick,
    Update,
)
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.tables.calendar import Session as Opening
from flyball.tables.calendar import sessions_between

NS = 10**9
MINUTE = 60 * NS
DOLLAR = 10**6
CASH = 100_000 * DOLLAR
LABEL = "a walk by seed, for tests"
FEE = 3_500  # micros a share
SLIP = 100  # ppm

LIMITS: dict[str, tuple[str, int, str]] = {
    "max_order_notional": ("money_abs", 10_000 * DOLLAR, ""),
    "max_position_notional": ("money_abs", 25_000 * DOLLAR, ""),
    "max_gross": ("money_abs", 40_000 * DOLLAR, ""),
    "max_net": ("money_abs", 40_000 * DOLLAR, ""),
    "max_leverage": ("ppm", 1_000_000, ""),
    "max_positions": ("count", 2, ""),
    "max_daily_turnover": ("money_abs", 300_000 * DOLLAR, ""),
    "max_daily_cost": ("money_abs", 22 * DOLLAR, ""),
    "fee_per_unit": ("micros", FEE, ""),
    "max_daily_loss": ("money_abs", 400 * DOLLAR, ""),
    "stress_floor": ("ppm", 5_000, ""),
    "atr_bar": ("ns", 5 * MINUTE, ""),
    "drawdown_caution": ("ppm", 5_000, ""),
    "drawdown_restrict": ("ppm", 7_500, ""),
    "drawdown_halt": ("ppm", 10_000, ""),
    "price_tolerance": ("ppm", 30_000, ""),
    "max_slippage": ("ppm", 5_000, ""),
    "max_quote_age": ("ns", 90 * NS, ""),
    "max_tick_move": ("ppm", 50_000, ""),
    "order_rate": ("count", 5, ""),
    "min_spacing": ("ns", NS // 10, ""),
    "max_orders_per_day": ("count", 2_000, ""),
    "duplicate_window": ("ns", 2 * NS, ""),
    "min_notional": ("micros", 10 * DOLLAR, ""),
}


@dataclass
class Shape:
    """What is flown."""

    first_day: int = 20080915
    last_day: int = 20080919
    minutes: int = 60  # between two prices; 1 for a whole session's worth
    symbols: tuple[str, ...] = ("AAPL", "MSFT", "IBM")
    seed: int = 1
    volatility: float = 0.004  # of one step
    wild: float = 0.6  # how often the bot asks for something


class World:
    """The governor and everything outside it."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.random = random.Random(shape.seed)
        self.g = Governor()
        self.records: list[tuple[int, Record]] = []
        self.now = 0
        self.prices = {symbol: 1_000_000 + 250_000 * i for i, symbol in enumerate(shape.symbols)}
        self.orders: list[Order] = []
        self.asked: list[AskAccount] = []
        self.cash = CASH
        self.held: dict[str, int] = {}
        self.n: dict[str, int] = {}
        self.days: list[int] = []
        self.watch: Callable[[], None] = lambda: None  # called after every event

    def step(self, event: Event) -> list[Effect]:
        """One event and what follows, into the records."""
        self.now = max(self.now, event.ts)
        event.ts = max(event.ts, self.g.state.ts)
        effects = self.g.step(copy.copy(event))
        for record in (event, *effects):
            self.records.append((len(self.records) + 1, copy.deepcopy(record)))
        for effect in effects:
            if isinstance(effect, Order):
                self.orders.append(effect)
            elif isinstance(effect, AskAccount):
                self.asked.append(effect)
        self.watch()
        for effect in effects:
            self._outside(effect)
        return effects

    def number(self, source: str) -> int:
        self.n[source] = self.n.get(source, 0) + 1
        return self.n[source]

    def _outside(self, effect: Effect) -> None:
        if isinstance(effect, Order):
            self.step(Sent(self.now, effect.client_id, effect.attempt))
            self.step(Update(self.now, effect.client_id, "ACCEPTED", "b", 0, "", self.number("broker")))
        elif isinstance(effect, Cancel):
            mine = [o for o in self.orders if o.client_id == effect.client_id]
            if mine:
                self.orders.remove(mine[0])
                self.step(Update(self.now, effect.client_id, "CANCELED", "b", 0, "", self.number("broker")))
        elif isinstance(effect, Query):
            self.step(Answer(self.now, effect.client_id, effect.ask, False, "", 0, ""))

    def start(self, limits: dict[str, tuple[str, int, str]]) -> None:
        opening = sessions_between(self.shape.first_day, self.shape.last_day)[0].open
        ts = self.now = max(self.now, opening - MINUTE)
        epoch = self.g.state.epoch + 1
        self.step(
            Epoch(ts, epoch, VERSION, SCHEMA, "T", "paper", "paper", "paper:test", "c", self.g.state_hash())
        )
        rows = tuple(("", key, *value, "test") for key, value in limits.items())
        self.step(Config(ts, "start", "", "test", rows))
        if epoch > 1:
            return
        for symbol in self.shape.symbols:
            self.step(Instrument(ts, symbol, "USD", "us_equity", 4, 0, 100, 1, True))
        self.step(Feed(ts, "walk", ("last", "low", "high"), LABEL))
        self.step(Account(ts, 0, CASH, CASH, CASH, (), ()))

    def fly(self) -> "World":
        for day in sessions_between(self.shape.first_day, self.shape.last_day):
            self.session(day)
        return self

    def session(self, day: Opening) -> None:
        self.days.append(day.day)
        self.step(Session(day.open, "XNYS", day.day, day.open, day.close))
        self.operator(day.open + NS)
        at = day.open + 2 * NS
        while at <= day.close:
            self.timers(at - 1)
            for symbol in self.shape.symbols:
                self.price(symbol, at)
            self.fill(at + NS)
            self.bot(at + 2 * NS)
            at += self.shape.minutes * MINUTE
        self.timers(day.close + MINUTE)

    def timers(self, until: int) -> None:
        """Everything due by then, the fills of what the ladder sends included."""
        while 0 < self.g.next_due() <= until:
            self.step(Tick(max(self.g.next_due(), self.now)))
            if self.orders:
                self.fill(self.now + NS)
            self.answer()

    def answer(self) -> None:
        while self.asked:
            ask = self.asked.pop()
            held = tuple(sorted((symbol, qty) for symbol, qty in self.held.items() if qty))
            self.step(Account(self.now, ask.ask, self.cash, self.cash, self.cash, held, ()))

    def price(self, symbol: str, ts: int) -> None:
        last = self.prices[symbol]
        new = max(10_000, int(last * (1 + self.random.gauss(0, self.shape.volatility))))
        self.prices[symbol] = new
        self.step(Mark(ts, symbol, 0, 0, new, min(last, new), max(last, new), "walk", self.number("feed")))

    def fill(self, ts: int) -> None:
        """Everything that works, in one or two pieces, a little worse than the price."""
        for order in self.orders[:]:
            if order not in self.orders:
                continue
            self.orders.remove(order)
            pieces = [order.qty] if order.qty < 4 or self.random.random() < 0.7 else [order.qty // 2]
            if sum(pieces) < order.qty:
                pieces.append(order.qty - sum(pieces))
            for qty in pieces:
                slipped = self.prices[order.symbol] * SLIP // 10**6
                price = self.prices[order.symbol] + order.side * slipped
                n = self.number("broker")
                self.held[order.symbol] = self.held.get(order.symbol, 0) + order.side * qty
                self.cash -= order.side * qty * price * 100 + qty * FEE
                self.step(
                    Fill(ts, order.client_id, f"f{n}", order.symbol, order.side, qty, price, qty * FEE, n)
                )
        self.answer()

    def bot(self, ts: int) -> None:
        """Asks for too much, too often, and for things there are not."""
        for k in range(self.random.choice((1, 1, 2, 8))):
            if self.random.random() > self.shape.wild:
                continue
            symbol = self.random.choice(self.shape.symbols)
            side = self.random.choice((1, -1))
            dollars = self.random.choice((900, 4_000, 9_990, 12_000, 80_000))
            qty = dollars * 10_000 // self.prices[symbol]
            self.intent(ts + k * 60_000_000, symbol, side, qty)
        if self.random.random() < 0.1:
            self.intent(ts + NS, self.shape.symbols[0], 1, 10, type="trailing")
        if self.random.random() < 0.1:
            self.intent(ts + NS, "NOPE", 1, 10)
        if self.random.random() < 0.1:
            self.intent(ts + NS, self.shape.symbols[0], 0, 0, flaw="FORMAT_QTY")

    def intent(
        self, ts: int, symbol: str, side: int, qty: int, type: str = "market", limit: int = 0, flaw: str = ""
    ) -> list[Effect]:
        n = self.number("bot")
        intent = Intent(ts, f"i{n}", ts, "wild", symbol, side, qty, 0, type, limit, "day", "", flaw, n)
        return self.step(intent)

    def operator(self, ts: int) -> None:
        """Clears what he may, as the demo's does."""
        for _, latch in sorted(self.g.state.latches.items()):
            resting = sum(1 for day in self.days if day > latch.day)
            if latch.id in ("L1", "L3") or (latch.id == "L2" and resting > 1):
                args = (("latch", latch.id), ("rebase", "yes"), ("scope", latch.scope))
                self.step(
                    Command(ts, "clear", "anna", 1000, "secret", "read at the open", args, self.number("op"))
                )


def flown(shape: Shape | None = None, **limits: tuple[str, int, str]) -> World:
    """A whole run under LIMITS and whatever is given instead."""
    world = World(shape or Shape())
    world.start(LIMITS | limits)
    return world.fly()
