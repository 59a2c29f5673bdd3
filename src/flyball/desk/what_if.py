"""WHAT-IF (C34): a recorded journal under another configuration, decided anew by this kernel.

Two governors take the same record: one as it was, one under the other limits. Prices, sessions, flows, bots'
intents and operators' commands are the recorded ones for both; the bot's own reactions to other answers are
not run again, and nobody clears a latch that was never set. What the broker does to an order both runs send
is as recorded (`what_if_links`), to any other modelled from the journaled marks (`what_if_model`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from flyball.desk.what_if_habits import Habits
from flyball.desk.what_if_links import Links
from flyball.desk.what_if_model import Model
from flyball.journal.codec import Record
from flyball.kernel.effects import Decision, Effect, LatchChange, Order
from flyball.kernel.events import (
    Account,
    Answer,
    Command,
    Config,
    Epoch,
    Event,
    Fill,
    Intent,
    Mark,
    NotSent,
    Sent,
    Session,
    Tick,
    Timeout,
    Update,
)
from flyball.kernel.governor import VERSION, Governor
from flyball.kernel.state import State

LABEL: Final = "WHAT-IF"
EVENTS: Final = Event.__args__
Configured = Callable[[Config], Config]


@dataclass
class Changed:
    """One intent that is answered otherwise. `seq` is its record's number."""

    seq: int
    intent: Intent
    before: Decision
    after: Decision


@dataclass
class DayResult:
    """One risk day in both runs, micros: day P&L, flows stripped, and of each strategy."""

    day: int
    before: int
    after: int
    strategies: dict[str, tuple[int, int]]


@dataclass
class LatchSeen:
    """One change of a latch, as far as two runs can share it."""

    ts: int
    day: int
    latch: str
    action: str
    scope: str
    by: str
    reason: str

    def key(self) -> tuple[int, str, str, str]:
        return self.day, self.latch, self.action, self.scope


@dataclass
class Run:
    """What one of the two runs did."""

    latches: list[LatchSeen] = field(default_factory=list)
    orders: int = 0
    exits: int = 0  # of the governor's own

    def take(self, effects: Sequence[Record], day: int) -> None:
        for x in effects:
            if isinstance(x, LatchChange):
                self.latches.append(LatchSeen(x.ts, day, x.latch, x.action, x.scope, x.by, x.reason))
            elif isinstance(x, Order) and x.attempt == 1 and not x.again:
                self.orders += 1
                self.exits += x.author != ""


class WhatIf:
    """Feed it every record once, in order, then `finish`. `configured` makes the other configuration of a
    recorded one; `habits` have seen the whole record.
    """

    def __init__(self, configured: Configured, habits: Habits) -> None:
        self.recorded = Governor()  # its effects are not used: what was decided stands in the record
        self.other = Governor()
        self.model = Model(self.other, habits)
        self.links = Links(self.recorded, self.other, self.model)
        self.changed: list[Changed] = []
        self.days: list[DayResult] = []
        self.before = Run()
        self.after = Run()
        self.intents = 0
        self.kernels: list[str] = []  # versions that wrote the record
        self.rules_differ = 0  # the first record that this kernel decides otherwise under the same limits
        self.config: tuple[Config, Config] | None = (
            None  # the newest: recorded, and under which it is decided
        )
        self._configured = configured
        self._event: tuple[int, Event] | None = None
        self._effects: list[Record] = []
        self._numbers: dict[str, str] = {}  # of a recorded configuration -> of ours

    def take(self, seq: int, record: Record) -> None:
        """The next record."""
        if not isinstance(record, EVENTS):
            self._effects.append(record)
            return
        self._turn()
        self._event, self._effects = (seq, record), []

    def finish(self) -> None:
        """There is no further record."""
        self._turn()
        self._day()

    def versions_differ(self) -> bool:
        return any(kernel != VERSION for kernel in self.kernels)

    # -- one step of both

    def _turn(self) -> None:
        if self._event is None:
            return
        seq, event = self._event
        self._event = None
        if isinstance(event, Epoch):
            if event.kernel not in self.kernels:
                self.kernels.append(event.kernel)
            for left in self.model.sends():
                self._alone(left)
        else:
            self._catch_up(event.ts)
        if isinstance(event, Session) and event.day > self.recorded.state.day.day:
            self._day()
        heard = self._translate(event)
        if self.recorded.step(event) != self._effects and not self.rules_differ:
            self.rules_differ = seq
        mine = [] if heard is None else self._step(heard)
        if isinstance(event, Config):
            self._numbers[str(seq)] = str(self.other.state.seq - len(mine))
        if isinstance(event, Epoch):
            self.links.restarted()
        self.before.take(self._effects, self.recorded.state.day.day)
        self.links.pair(self._effects, mine)
        self.links.after(event)
        if isinstance(event, Intent):
            self._decided(seq, event, mine)

    def _step(self, event: Event) -> list[Effect]:
        g = self.other
        event.ts = max(event.ts, g.state.ts)
        effects = g.step(event)
        self.after.take(effects, g.state.day.day)
        if isinstance(event, Mark):
            m = g.state.markets.get(event.symbol)
            if m is not None and m.seen_at == event.ts:
                self.model.marked(event, m)
        return effects

    def _alone(self, event: Event) -> None:
        """A step that only the what-if takes."""
        self.links.pair([], self._step(event))

    def _catch_up(self, until: int) -> None:
        """What happens to the what-if alone before the next recorded event: its model's news, and timers that
        the recorded run did not have. A timer both have is served when the record served it.
        """
        g = self.other
        while True:
            news = self.model.next_due()
            tick = g.next_due()
            if tick == self.recorded.next_due() or tick > until:
                tick = 0
            if 0 < news <= until and (tick == 0 or news <= tick):
                self._news()
            elif tick > 0:
                self._alone(Tick(max(tick, g.state.ts)))
                if g.next_due() == tick:
                    return  # a timer that its own moment does not end
            else:
                return

    def _news(self) -> None:
        what, number = self.model.peek()
        due = max(self.model.next_due(), self.other.state.ts)
        event = self.model.pop()
        if what == "account":
            event = self._figures(due, number)
        if event is not None:
            self._alone(event)

    # -- what the what-if hears of a recorded event

    def _translate(self, e: Event) -> Event | None:
        if isinstance(e, Sent | NotSent | Update | Fill | Timeout | Answer):
            return self.links.heard(e)
        if isinstance(e, Config):
            self.config = e, self._configured(e)
            return self.config[1]
        if isinstance(e, Account):
            return self._account(e)
        if isinstance(e, Command):
            return replace(e, args=tuple((k, self._named(k, v)) for k, v in e.args))
        return replace(e)

    def _named(self, name: str, value: str) -> str:
        """What an operator named by its id, under the id it has here."""
        if name == "order":
            return self.links.ours_of(value)
        return self._numbers.get(value, value) if name == "proposal" else value

    def _account(self, e: Account) -> Event | None:
        if not self.recorded.state.known:
            return replace(e)
        ask = self.links.question(e.ask) if e.ask else 0
        if e.ask and not ask:
            return None
        told = self._figures(e.ts, ask)
        told.open_ids = self.links.open_ids(e.open_ids)
        told.as_of = e.as_of
        told.open_orders = tuple(one for one in e.open_orders if one[0] not in self.links.of_theirs)
        if not self.recorded.state.orders or self.other.state.orders:
            self._differ(told, e)
        else:
            # executions were on their way in the record alone: nothing differs but what is no instrument
            foreign = self.recorded.state.foreign
            told.positions += tuple((symbol, qty) for symbol, qty in e.positions if symbol in foreign)
        return told

    def _figures(self, ts: int, ask: int) -> Account:
        """The account as the what-if's own books have it."""
        s = self.other.state
        held = tuple((symbol, q) for symbol in sorted(s.exposures) if (q := s.position(symbol)) != 0)
        return Account(ts, ask, s.cash, s.equity(), s.day.baseline, held, tuple(sorted(s.orders)))

    def _differ(self, told: Account, e: Account) -> None:
        """Let the account differ from the what-if's books by what it differed from the recorded ones."""
        theirs, ours = self.recorded.state, self.other.state
        told.cash += e.cash - theirs.cash
        recorded = dict(e.positions)
        held: dict[str, int] = {}
        for symbol in sorted({*recorded, *theirs.exposures, *ours.exposures}):
            qty = ours.position(symbol) + recorded.get(symbol, 0) - theirs.position(symbol)
            if qty != 0:
                held[symbol] = qty
        told.positions = tuple(held.items())

    # -- what came of it

    def _decided(self, seq: int, e: Intent, mine: list[Effect]) -> None:
        before = next((x for x in self._effects if isinstance(x, Decision)), None)
        after = next((x for x in mine if isinstance(x, Decision)), None)
        if before is None or after is None:
            return
        self.intents += 1
        if _answer(before) != _answer(after):
            self.changed.append(Changed(seq, e, before, after))

    def _day(self) -> None:
        """The risk day under way is over, in both."""
        a, b = self.recorded.state, self.other.state
        if a.day.day == 0:
            return
        names = sorted({*a.profits, *b.profits})
        of = {name: (a.profits.get(name, 0), b.profits.get(name, 0)) for name in names}
        self.days.append(DayResult(a.day.day, _profit(a), _profit(b), of))

    def latches_only(self) -> tuple[list[LatchSeen], list[LatchSeen]]:
        """Changes of latches in the record alone, and in the what-if alone."""
        return _only(self.before.latches, self.after.latches), _only(self.after.latches, self.before.latches)

    def strategies(self) -> Iterator[tuple[str, int, int]]:
        """(strategy, before, after) over all days."""
        sums: dict[str, tuple[int, int]] = {}
        for day in self.days:
            for name, (before, after) in day.strategies.items():
                was = sums.get(name, (0, 0))
                sums[name] = (was[0] + before, was[1] + after)
        for name in sorted(sums):
            yield name, *sums[name]


def _answer(d: Decision) -> tuple[str, int, int, tuple[str, ...]]:
    return d.verdict, d.qty, d.limit, d.codes


def _profit(s: State) -> int:
    return s.day_profit() if s.known else 0


def _only(these: list[LatchSeen], those: list[LatchSeen]) -> list[LatchSeen]:
    """What is in the first list and not in the second, counted."""
    left = [x.key() for x in those]
    out = []
    for x in these:
        if x.key() in left:
            left.remove(x.key())
        else:
            out.append(x)
    return out
