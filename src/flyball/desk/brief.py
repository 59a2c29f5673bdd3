"""What happened while nobody looked: the records from some moment on, and the state they end in. From the
journal alone (P13); money in micros, times in UTC nanoseconds.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.journal.codec import Record
from flyball.kernel.effects import Alert, Approval, Decision, Divergence, Flat, LatchChange, Refused, Trip
from flyball.kernel.events import BotDown, Command, Epoch, Fill, Ingress
from flyball.kernel.state import State
from flyball.kernel.words import APPROVE, CLIP, CRITICAL, OUTSIDE, WARNING

SEVERITIES: Final = (CRITICAL, WARNING)


@dataclass
class Figures:
    """What the ledger said at some moment."""

    ts: int
    equity: int
    flows: int
    fees: int
    profits: dict[str, int]  # strategy -> of all time


@dataclass
class Told:
    """One kind of alert: how often, and the newest."""

    severity: str
    text: str
    ts: int
    count: int = 1


@dataclass
class Restart:
    """A start of the governor, and how long there was none before it."""

    ts: int
    epoch: int
    down: int  # ns


def figures(s: State) -> Figures:
    """The ledger now."""
    profits: dict[str, int] = {}
    fees = 0
    for of_symbol in s.books.values():
        for b in of_symbol.values():
            profits[b.strategy] = profits.get(b.strategy, 0) + b.profit()
            fees += b.fees
    return Figures(s.ts, s.equity() if s.known else 0, s.flows, fees, profits)


@dataclass
class Brief:
    """Begin with the figures of the moment, feed every record from there on, then `finish`."""

    why: str  # why from this moment
    then: Figures
    now: Figures = field(init=False)
    state: State = field(init=False)
    intents: int = 0
    approved: int = 0
    clipped: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    fills: int = 0
    dropped: int = 0  # messages of bots above their allowance, or no intents at all
    latches: list[LatchChange] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    alerts: dict[str, Told] = field(default_factory=dict)
    divergences: list[Divergence] = field(default_factory=list)
    flats: list[Flat] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    bots_down: list[BotDown] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    not_done: list[Refused] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _ts: int = 0

    def take(self, record: Record) -> None:
        """The next record."""
        if isinstance(record, Decision):
            self._decision(record)
        elif isinstance(record, Fill):
            if record.fill_id not in self._seen:
                self._seen.add(record.fill_id)
                self.fills += 1
        elif isinstance(record, Epoch):
            self.restarts.append(Restart(record.ts, record.epoch, record.ts - (self._ts or record.ts)))
        elif isinstance(record, Alert):
            known = self.alerts.get(record.alert)
            count = 1 if known is None else known.count + 1
            self.alerts[record.alert] = Told(record.severity, record.text, record.ts, count)
        elif isinstance(record, Ingress):
            self.dropped += record.dropped + record.rubbish
        else:
            self._keep(record)
        self._ts = max(self._ts, record.ts)

    def _keep(self, record: Record) -> None:
        if isinstance(record, LatchChange):
            self.latches.append(record)
        elif isinstance(record, Trip):
            self.trips.append(record)
        elif isinstance(record, Divergence):
            self.divergences.append(record)
        elif isinstance(record, Flat):
            self.flats.append(record)
        elif isinstance(record, BotDown):
            self.bots_down.append(record)
        elif isinstance(record, Command):
            self.commands.append(record)
        elif isinstance(record, Refused):
            self.not_done.append(record)
        elif isinstance(record, Approval):
            self.approvals.append(record)

    def _decision(self, d: Decision) -> None:
        self.intents += 1
        code = d.codes[0] if d.codes else ""
        if d.verdict == APPROVE:
            self.approved += 1
        elif d.verdict == CLIP:
            self.clipped[code] = self.clipped.get(code, 0) + 1
        else:
            self.refused[code] = self.refused.get(code, 0) + 1

    def finish(self, s: State) -> None:
        """The state behind the last record."""
        self.state = s
        self.now = figures(s)

    # -- what a person asks

    def pnl(self) -> int:
        """Since the moment, of all books; flows are none of it."""
        return sum(self.now.profits.values()) - sum(self.then.profits.values())

    def by_strategy(self) -> list[tuple[str, int]]:
        """(strategy, P&L since) of every one that made or lost anything."""
        names = sorted({*self.now.profits, *self.then.profits})
        found = [(n, self.now.profits.get(n, 0) - self.then.profits.get(n, 0)) for n in names]
        return [(name if name != OUTSIDE else "outside", change) for name, change in found if change]

    def fees(self) -> int:
        return self.now.fees - self.then.fees

    def serious(self) -> list[tuple[str, Told]]:
        """Alerts a person should have read, the gravest first. A latch has its own lines."""
        found = [(name, x) for name, x in self.alerts.items() if not name.startswith("latch_")]
        grave = [(name, x) for name, x in found if x.severity in SEVERITIES]
        return sorted(grave, key=lambda one: (SEVERITIES.index(one[1].severity), -one[1].ts))
