"""The demo's scripted operator: reads each latch at the open and clears, under its own name, what an
operator would.

L1 and L3 from the next session on, L2 after two sessions with the high-water mark rebased. In `flyball run`
nothing clears itself.
"""

from collections.abc import Sequence

from flyball.kernel.events import Command, Event
from flyball.kernel.governor import Governor
from flyball.kernel.state import Latch
from flyball.kernel.units import NS
from flyball.kernel.words import SECRET
from flyball.tables.calendar import Session

NAME = "demo-operator"
AFTER_OPEN = NS
REST = 2  # sessions after a drawdown halt


class DemoOperator:
    """A source of commands at every open."""

    def __init__(
        self, governor: Governor, schedule: Sequence[Session], known_ts: int, secret_ok: bool = True
    ) -> None:
        self.governor = governor
        self.days = [s.day for s in schedule]
        self.due = [s.open + AFTER_OPEN for s in schedule if s.open + AFTER_OPEN >= known_ts]
        self.authority = SECRET if secret_ok else ""

    def next_due(self) -> int | None:
        return self.due[0] if self.due else None

    def take(self, now: int) -> list[Event]:
        out: list[Event] = []
        while self.due and self.due[0] <= now:
            ts = self.due.pop(0)
            n = self.governor.state.cursors.get("operator", 0)
            for _, latch in sorted(self.governor.state.latches.items()):
                if self._rested(latch):
                    n += 1
                    out.append(self._clear(ts, latch, n))
        return out

    def _rested(self, latch: Latch) -> bool:
        today = self.governor.state.day.day
        since = sum(1 for day in self.days if latch.day < day <= today)
        if latch.id in ("L1", "L3"):
            return since >= 1
        return latch.id == "L2" and since > REST

    def _clear(self, ts: int, latch: Latch, n: int) -> Event:
        args = [("latch", latch.id), ("scope", latch.scope)]
        if latch.id == "L2":
            args.append(("rebase", "yes"))
        reason = "read at the open: positions flat, cause understood"
        return Command(ts, "clear", NAME, -1, self.authority, reason, tuple(args), n)
