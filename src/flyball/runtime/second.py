"""The second place: a latch that is not durable in 250 ms is written where the slow disk is not, so that a
power loss does not take it away unseen (SPEC section 4)."""

from collections import deque

from flyball.journal.codec import Record
from flyball.journal.emergency import EmergencyLog
from flyball.kernel.effects import LatchChange
from flyball.runtime.sequencer import Taken


class SecondPlace:
    """Latches on their way to the journal's disk."""

    def __init__(self, log: EmergencyLog | None) -> None:
        self.log = log
        self._waiting: deque[tuple[int, int, Record]] = deque()  # token, since, the change

    def take(self, taken: Taken, now: int) -> None:
        """A batch was written. One that never was is in the second place already."""
        if self.log is None or taken.token < 0:
            return
        for record in taken.records:
            if isinstance(record, LatchChange):
                self._waiting.append((taken.token, now, record))

    def look(self, durable: int, now: int, patience: int) -> None:
        """Forget what has become durable, and repeat what waits for longer than `patience` ns."""
        while self._waiting and self._waiting[0][0] <= durable:
            self._waiting.popleft()
        late: list[Record] = []
        while self._waiting and now - self._waiting[0][1] > patience:
            late.append(self._waiting.popleft()[2])
        if late and self.log is not None:
            self.log.append(late)

    def due(self, patience: int) -> int | None:
        """When the oldest has waited too long; None while none waits."""
        return self._waiting[0][1] + patience + 1 if self._waiting else None
