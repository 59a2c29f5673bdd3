"""P10: every book with `flat_by` is flat by the close, or a latch is set and a person has been paged.

The governor has a minute of its own running time for either: from the close, from its start, or from the late
report that opened the book again.
"""

from typing import Final

from flyball.kernel.effects import Alert
from flyball.lab.sim.promises.amounts import MINUTE
from flyball.lab.sim.promises.books import OUTSIDE
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model

GRACE: Final = MINUTE


class FlatByClose:
    """Watches the hours after each close."""

    def __init__(self) -> None:
        self.since = -1  # when the governor could first know that something is left; -1 = nothing is
        self.overdue = -1  # when that was found to be too long ago
        self.paged = -1  # the newest critical alert

    def started(self) -> None:
        """A new process has its own minute."""
        self.since = self.overdue = -1

    def alert(self, f: Alert) -> None:
        if f.severity == "critical":
            self.paged = f.ts

    def step(self, m: Model) -> None:
        """After each event."""
        day = m.day
        if day is None or m.ts < day.close or not m.limits.flat_at_close() or not _held(m):
            self.since = self.overdue = -1
            return
        if self.since < 0:
            self.since = m.ts
        if m.ts < self.since + GRACE or self._answered_for(m):
            self.overdue = -1
        elif self.overdue < 0:
            self.overdue = m.ts  # behind a pause its timers are next
        elif m.ts > self.overdue:
            left = ", ".join(f"{who} {qty} {what}" for who, what, qty in _held(m))
            raise Broken("P10", f"{left} a minute after the close of {day.day}, no latch or nobody paged")

    def _answered_for(self, m: Model) -> bool:
        day = m.day
        assert day is not None
        latched = all(m.forbids(who, what) is not None for who, what, _ in _held(m))
        return latched and self.paged >= day.open


def _held(m: Model) -> list[tuple[str, str, int]]:
    return [(who, what, book.qty) for who, what, book in m.all_books() if book.qty and who != OUTSIDE]
