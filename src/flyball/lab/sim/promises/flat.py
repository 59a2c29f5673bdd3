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
        left = self._left(m, day.open)
        if m.ts < self.since + GRACE or not left:
            self.overdue = -1
        elif self.overdue < 0:
            self.overdue = m.ts  # behind a pause its timers are next
        elif m.ts > self.overdue:
            what = ", ".join(f"{who} {qty} {what}" for who, what, qty in left)
            raise Broken("P10", f"{what} a minute after the close of {day.day}, no latch or nobody paged")

    def _left(self, m: Model, begun: int) -> list[tuple[str, str, int]]:
        """The books that are not latched, or nobody was called for."""
        return [x for x in _held(m) if self.paged < begun or m.forbids(x[0], x[1]) is None]


def _held(m: Model) -> list[tuple[str, str, int]]:
    return [(who, what, book.qty) for who, what, book in m.all_books() if book.qty and who != OUTSIDE]
