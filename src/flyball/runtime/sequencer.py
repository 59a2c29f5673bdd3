"""One writer, one order: a batch of events is stepped, written as one block, and only then acted upon.

A kernel step touches nothing outside, so the block holds every event followed by its effects. When the disk
refuses, the governor is told (L9a), the batch goes to the emergency log, and what cancels or reduces leaves
all the same (P1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flyball.journal.codec import Record
from flyball.journal.emergency import EmergencyLog
from flyball.journal.errors import JournalError
from flyball.journal.log import Journal
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event, Report
from flyball.kernel.governor import Governor
from flyball.ports import Syncer
from flyball.runtime.trial import Trial


@dataclass
class Taken:
    """What became of a batch. `token` says what has to be durable before adds leave; -1 = it never will
    be."""

    records: list[Record] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    token: int = -1


class Sequencer:
    """The governor and its journal, in step."""

    def __init__(
        self,
        governor: Governor,
        journal: Journal,
        syncer: Syncer,
        emergency: EmergencyLog | None = None,
        trial: Trial | None = None,
    ) -> None:
        self.governor = governor
        self.journal = journal
        self.syncer = syncer
        self.emergency = emergency
        self.trial = trial
        self.broken = ""  # why the journal can no longer be written
        self.events = 0
        self.records = 0

    def take(self, events: Sequence[Event], *, starting: bool = False) -> Taken:
        """Step a batch and write it. Times that lie behind the newest are lifted to it: time never goes
        back. `starting`: nothing follows from it unless it is written, so nobody has to hear of it if not."""
        out = Taken()
        for event in events:
            self._step(event, out)
        if self.trial is not None:
            self.trial.end()
        if not self.broken:
            try:
                out.token = self.journal.append(out.records).last
            except JournalError as failure:
                self._break(str(failure), out)
        if self.broken and self.emergency is not None and not starting:
            self.emergency.append(out.records)
        return out

    def sync(self) -> None:
        """Ask for what was written so far to be made durable."""
        if not self.broken:
            self.journal.request_sync()

    def durable(self) -> int:
        """The newest token known to be durable; -1 once the journal is broken."""
        return -1 if self.broken or self.syncer.failed() else self.journal.durable()

    def written(self) -> int:
        """The newest token there is."""
        return self.journal.head.seq

    def report(self, value: str, detail: str) -> Report:
        """The journal's own sensor."""
        return Report(self.governor.state.ts, "journal", value, "journal", detail)

    def _step(self, event: Event, out: Taken) -> None:
        event.ts = max(event.ts, self.governor.state.ts)
        if self.trial is not None:
            event = self.trial.begin(event, self.governor)
        effects = self.governor.step(event)
        self.events += 1
        self.records += 1 + len(effects)
        out.records.append(event)
        out.records.extend(effects)
        out.effects.extend(effects)

    def _break(self, why: str, out: Taken) -> None:
        """The disk refused this block: latch, and act from memory."""
        self.broken = why
        self._step(self.report("failed", why), out)
        if self.trial is not None:
            self.trial.end()
