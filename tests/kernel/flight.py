"""A governor flown by hand: feed it events, and after each one every promise is judged by the oracle. For
tests of the whole kernel.

The outside is played by the caller: effects wait in `outbox` and `questions` until somebody delivers,
answers or loses them.
"""

import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any, Self

from flyball.kernel.effects import AskAccount, Effect, Order, Query
from flyball.kernel.events import (
    Account,
    Answer,
    BotDown,
    Command,
    Config,
    Epoch,
    Event,
    Fill,
    Flow,
    Ingress,
    Instrument,
    Intent,
    Mark,
    NotSent,
    Report,
    Sent,
    Session,
    Tick,
    Timeout,
    Update,
    Wake,
)
from flyball.kernel.governor import Governor
from flyball.kernel.loosening import Terms
from tests.oracle.facts import MICRO, Fact, Units, fact_of
from tests.oracle.promises import judge, rounding
from tests.oracle.world import World
from tests.oracle.worst import worst_of

NS = 10**9
START = 1_700_000_000 * NS
DAY = 86_400 * NS
DOLLAR = 10**6

AAA = Instrument(START, "AAA", "USD", "us_equity", price_exp=2, qty_exp=0, tick=1, lot=1, tradable=True)
BBB = Instrument(START, "BBB", "USD", "us_equity", price_exp=4, qty_exp=9, tick=100, lot=10**6, tradable=True)
COIN = Instrument(START, "COIN", "USD", "crypto", price_exp=8, qty_exp=9, tick=5, lot=10**7, tradable=True)


class Flight:
    """One governor, its journal so far, and what waits outside. Every `feed` checks everything."""

    def __init__(self) -> None:
        self.g = Governor()
        self.now = START
        self.journal: list[tuple[Event, list[Effect]]] = []
        self.units = Units()
        self.facts: list[Fact] = []
        self.world = World()
        self.outbox: list[Order] = []
        self.questions: list[Query] = []
        self.account_questions: list[AskAccount] = []
        self.numbers: dict[str, int] = {}
        self.orders: dict[str, Order] = {}
        self.faulty = False  # a fault is what this test is about

    # -- feeding ---------------------------------------------------------------------------------------------

    def feed(self, event: Event) -> list[Effect]:
        """One event in; its effects, after everything was checked."""
        start = len(self.facts)
        effects = self.take(event)
        self.judged(start)
        return effects

    def take(self, event: Event) -> list[Effect]:
        """One event in, not judged yet."""
        effects = self.g.step(copy.copy(event))
        self.journal.append((event, copy.deepcopy(effects)))
        self.facts += [fact_of(record, self.units) for record in (event, *effects)]
        for effect in effects:
            if isinstance(effect, Order):
                self.outbox.append(effect)
                self.orders[effect.client_id] = effect
            elif isinstance(effect, Query):
                self.questions.append(effect)
            elif isinstance(effect, AskAccount):
                self.account_questions.append(effect)
        return effects

    def judged(self, start: int) -> None:
        """Everything since the fact numbered `start` kept the promises, and the state is as it should be."""
        self.world, broken = judge(self.facts, start)
        broken += self.disagreements()
        assert not broken, "\n".join(broken)

    def disagreements(self) -> list[str]:
        """Where the kernel's state is not what the oracle recomputed, and the kernel's own invariants."""
        s, w = self.g.state, self.world
        found = [f"fault: {self.g.fault}"] if self.g.fault and not self.faulty else []
        s.check()
        slack = rounding(w)
        for symbol, of_symbol in s.books.items():
            for strategy, book in of_symbol.items():
                ours = w.books[(strategy, symbol)].qty if (strategy, symbol) in w.books else Fraction(0)
                if book.qty * self.units.qty[symbol] != ours:
                    found.append(f"{strategy} {symbol}: kernel holds {book.qty}, the oracle {ours}")
        for (strategy, symbol), mine in w.books.items():
            if mine.qty and not s.book_qty(strategy, symbol):
                found.append(f"{strategy} {symbol}: kernel holds nothing, the oracle {mine.qty}")
        for what, kernel, exact in (("cash", s.cash, w.cash), ("equity", s.equity(), w.equity())):
            if not exact - slack < kernel * MICRO <= exact:
                found.append(f"{what}: kernel {kernel * MICRO}, the oracle {exact}")
        # what is measured from a rounded baseline may be off either way; a flow scales the rounding too
        wide = slack + w.high_water / 10**9
        marks = [("high-water mark", s.high_water, w.high_water)]
        marks += [("profit of the day", s.day_profit(), -w.loss())] if w.day else []
        for what, kernel, exact in marks:
            if abs(exact - kernel * MICRO) > wide:
                found.append(f"{what}: kernel {kernel * MICRO}, the oracle {exact}")
        emitted = {o.client_id: o for o in w.live()}
        for client_id, o in s.orders.items():
            if client_id not in self.orders:
                continue  # waits for another's end; nobody outside knows of it yet
            there = emitted.pop(client_id, None)
            left = o.remaining() * self.units.qty[o.symbol]
            if (there.remaining() if there else 0) != left and (left or there):
                found.append(f"{client_id}: kernel {o.state} owes {left}, the oracle {there}")
        found += [
            f"{o.client_id}: the oracle says it is live, the kernel that it is over" for o in emitted.values()
        ]
        return found + self._worst(slack)

    def _worst(self, slack: Fraction) -> list[str]:
        """The kernel's cached worst case is never below the enumerated one, nor above it by more than
        rounding.
        """
        s, w = self.g.state, self.world
        if not w.instruments or set(s.orders) - set(self.orders) or len(s.orders) > 5:
            return []
        worst = worst_of(w)
        room = (len(s.orders) + 2 * len(w.instruments)) * MICRO
        pairs: list[tuple[str, int, Fraction]] = [
            (f"worst {symbol}", s.exposures[symbol].worst() if symbol in s.exposures else 0, value)
            for symbol, value in worst.symbols.items()
        ]
        pairs += [
            ("gross", s.totals.gross, worst.gross),
            ("net", s.totals.net(), worst.net),
            ("turnover", s.day.traded + s.totals.turnover, worst.turnover),
        ]
        found = [
            f"{what}: kernel {kernel * MICRO}, the oracle {float(exact)}"
            for what, kernel, exact in pairs
            if not exact <= kernel * MICRO <= exact + 2 * room + slack
        ]
        if s.totals.count != worst.count:
            found.append(f"count: kernel {s.totals.count}, the oracle {worst.count}")
        if (s.day.fees + s.totals.cost) * MICRO < worst.cost:
            found.append(f"cost: kernel {s.day.fees + s.totals.cost}, the oracle {worst.cost}")
        least = worst.stressed * Fraction(49, 50) if w.acts else worst.stressed  # restated prices are rounded
        if w.valued() and s.totals.stressed * MICRO < least:
            found.append(f"stressed: kernel {s.totals.stressed}, the oracle {worst.stressed}")
        return found

    def replayed(self) -> None:
        """P7: the same events in a new governor give the same effects and the same state hash."""
        again = Governor()
        for n, (event, effects) in enumerate(self.journal):
            assert again.step(copy.copy(event)) == effects, f"P7: event {n} {event} led elsewhere"
        assert again.state_hash() == self.g.state_hash(), "P7: another state"
        assert again.book_hash() == self.g.book_hash(), "P7: other books"

    # -- events ----------------------------------------------------------------------------------------------

    def later(self, ns: int) -> Self:
        self.now += ns
        return self

    def n(self, source: str) -> int:
        self.numbers[source] = self.numbers.get(source, 0) + 1
        return self.numbers[source]

    def epoch(self, number: int = 1, mode: str = "paper", *, compared: bool = True) -> list[Effect]:
        """A start. What was not delivered died with the process. `compared`: the broker's account is read
        right behind it, and agrees."""
        self.outbox.clear()
        self.questions.clear()
        self.account_questions.clear()
        started = self.feed(
            Epoch(self.now, number, "1", 1, "T", "paper", mode, "paper:test", "c", self.g.state_hash())
        )
        if compared and self.g.state.unsure:
            self.account()
        return started

    def instrument(self, instrument: Instrument, **changes: Any) -> list[Effect]:
        return self.feed(replace(instrument, ts=self.now, **changes))

    def config(self, **limits: Any) -> list[Effect]:
        """`max_gross=usd(500)`, `price_tolerance=ppm(30_000)`, `max_positions=2`;
        `max_daily_loss__symbol__AAA=...`
        """
        rows = []
        for name, value in limits.items():
            key, _, scope = name.partition("__")
            kind, amount, text = value if isinstance(value, tuple) else ("count", value, "")
            rows.append((scope.replace("__", ":"), key, kind, amount, text, "test"))
        # as a first start: these tests set limits at will; how to loosen later is test_approval's subject
        self.g.state.terms = Terms()
        return self.feed(Config(self.now, "test", "", "test", tuple(rows)))

    def session(self, day: int = 20260102, length: int = 390 * 60 * NS) -> list[Effect]:
        return self.feed(Session(self.now, "XNYS", day, self.now, self.now + length))

    def mark(
        self, symbol: str = "AAA", last: int = 0, bid: int = 0, ask: int = 0, low: int = 0, high: int = 0
    ) -> list[Effect]:
        return self.feed(Mark(self.now, symbol, bid, ask, last, low, high, "test", self.n("feed")))

    def bars(self, symbol: str, prints: list[tuple[int, int, int]]) -> None:
        """A print a second, (last, low, high) each, judged together."""
        start = len(self.facts)
        for last, low, high in prints:
            self.now += NS
            self.take(Mark(self.now, symbol, 0, 0, last, low, high, "test", self.n("feed")))
        self.judged(start)

    def account(
        self,
        cash: int | None = None,
        positions: tuple[tuple[str, int], ...] | None = None,
        ask: int = 0,
        **more: Any,
    ) -> list[Effect]:
        """The broker's figures; what is not given is what our books say."""
        s = self.g.state
        ours = tuple((symbol, s.position(symbol)) for symbol in sorted(s.markets) if s.position(symbol))
        cash = s.cash if cash is None else cash
        equity = more.get("equity", cash + s.value)
        return self.feed(
            Account(
                self.now,
                ask,
                cash,
                equity,
                more.get("day_equity", equity),
                ours if positions is None else positions,
                more.get("open_ids", ()),
                more.get("as_of", 0),
                more.get("open_orders", ()),
            )
        )

    def intent(
        self, side: int, qty: int = 0, limit: int = 0, symbol: str = "AAA", strategy: str = "s", **more: Any
    ) -> list[Effect]:
        number = self.n(f"bot:{strategy}")
        return self.feed(
            Intent(
                ts=self.now,
                intent=more.get("intent", f"i{number}"),
                created_at=more.get("created_at", self.now),
                strategy=strategy,
                symbol=symbol,
                side=side,
                qty=qty,
                notional=more.get("notional", 0),
                type=more.get("type", "limit" if limit else "market"),
                limit=limit,
                tif=more.get("tif", "day"),
                parent="",
                flaw=more.get("flaw", ""),
                n=number,
                stop=more.get("stop", 0),
            )
        )

    def flow(self, amount: int) -> list[Effect]:
        return self.feed(Flow(self.now, amount, "transfer", self.n("flow")))

    def sent(self, order: Order) -> list[Effect]:
        return self.feed(Sent(self.now, order.client_id, order.attempt))

    def not_sent(self, order: Order, why: str) -> list[Effect]:
        return self.feed(NotSent(self.now, order.client_id, why))

    def deliver(self) -> list[Effect]:
        """Everything in the outbox goes through the last gate and out."""
        effects = []
        while self.outbox:
            order = self.outbox.pop(0)
            why = self.g.may_send(order.client_id, self.now)
            effects += self.not_sent(order, why) if why else self.sent(order)
        return effects

    def update(self, order: Order, state: str, filled: int = -1) -> list[Effect]:
        return self.feed(Update(self.now, order.client_id, state, "b1", filled, "", self.n("broker")))

    def fill(
        self, order: Order, qty: int = 0, price: int = 0, fill_id: str = "", fee: int = 0, symbol: str = ""
    ) -> list[Effect]:
        number = self.n("broker")
        return self.feed(
            Fill(
                self.now,
                order.client_id,
                fill_id or f"f{number}",
                symbol or order.symbol,
                order.side,
                qty or order.qty,
                price or order.limit,
                fee,
                number,
            )
        )

    def repeat_fill(self, which: int) -> list[Effect]:
        """One of the executions so far, reported again under a new number."""
        days = [e.ts for e, effects in self.journal if any(x.KIND == "day_start" for x in effects)]
        since = days[-2] if len(days) > 1 else 0  # reports older than yesterday's are nobody's any more
        first = {event.fill_id: event for event, _ in reversed(self.journal) if isinstance(event, Fill)}
        fills = [event for _, event in sorted(first.items()) if event.ts >= since]
        if not fills:
            return []
        return self.feed(replace(fills[which % len(fills)], ts=self.now, n=self.n("broker")))

    def forgotten(self, order: Order) -> bool:
        """Whether the kernel no longer remembers an order: it may only when it was over before yesterday."""
        if self.g.state.order(order.client_id) is not None:
            return False
        days = [e.ts for e, effects in self.journal if any(x.KIND == "day_start" for x in effects)]
        there = self.world.orders[order.client_id]
        assert not there.live(), f"{order.client_id} was forgotten while it lived"
        assert there.heard_at <= (days[-2] if len(days) > 1 else 0), (
            f"{order.client_id} was forgotten too soon"
        )
        return True

    def strange_fill(self, client_id: str, symbol: str, side: int, qty: int, price: int) -> list[Effect]:
        number = self.n("broker")
        return self.feed(Fill(self.now, client_id, f"f{number}", symbol, side, qty, price, 0, number))

    def bot(self, strategy: str, kind: str) -> list[Effect]:
        """What a bot's host may say besides intents."""
        number = self.n(f"bot:{strategy}")
        if kind == "wake":
            return self.feed(Wake(self.now, strategy, number))
        if kind == "down":
            return self.feed(BotDown(self.now, strategy, "exit 1", number))
        return self.feed(Ingress(self.now, strategy, 3, 1, number))

    def reconfigure(self) -> list[Effect]:
        """The same limits once more, as a restart sends them."""
        last = [event for event, _ in self.journal if isinstance(event, Config)][-1]
        return self.feed(replace(last, ts=self.now))

    def timeout(self, client_id: str, call: str, attempt: int = 1) -> list[Effect]:
        return self.feed(Timeout(self.now, client_id, call, attempt, "no answer"))

    def answer(
        self, client_id: str, ask: int, found: bool, state: str = "ACCEPTED", filled: int = 0
    ) -> list[Effect]:
        return self.feed(
            Answer(self.now, client_id, ask, found, state if found else "", filled, "b1" if found else "")
        )

    def tick(self) -> list[Effect]:
        """The kernel's next timer, when it has one."""
        self.now = max(self.now, self.g.next_due())
        return self.feed(Tick(self.now))

    def command(self, what: str, authority: str = "socket", by: str = "anna", **args: str) -> list[Effect]:
        reason = args.pop("reason", "")
        given = tuple(sorted(args.items()))
        return self.feed(Command(self.now, what, by, 1000, authority, reason, given, self.n("operator")))

    def report(self, what: str, value: str, scope: str = "account") -> list[Effect]:
        return self.feed(Report(self.now, what, value, "test", "", scope))


def usd(amount: float) -> tuple[str, int, str]:
    return ("money_abs", round(amount * DOLLAR), "")


def share(percent: float) -> tuple[str, int, str]:
    return ("money_ppm", round(percent * 10_000), "")


def ppm(amount: int) -> tuple[str, int, str]:
    return ("ppm", amount, "")


def text(value: str, kind: str = "text") -> tuple[str, int, str]:
    return (kind, 0, value)


def orders_in(effects: list[Effect]) -> list[Order]:
    return [e for e in effects if isinstance(e, Order)]


def open_flight(cash: int = 10_000 * DOLLAR, price: int = 10_000, **limits: Any) -> Flight:
    """AAA at 100.00, 10,000 in cash, an open session, and only the limits given."""
    f = Flight()
    f.epoch()
    f.config(**limits)
    f.instrument(AAA)
    f.account(cash=cash, equity=cash, day_equity=cash, positions=())
    f.session()
    f.mark(last=price)
    return f
