"""How long a decision takes, from the round that hears the intent to the journal's write (L8).

Bad: half of the last hundred took longer than the limit. Ok again: half of a hundred newer ones did not; no
answer on too few, and an idle bot is no slow governor.
"""

from collections import deque
from typing import Final

from flyball.kernel.units import MINUTE, MS
from flyball.sensors.board import BAD, OK, WAITING, Reading

WINDOW: Final = 100
LIMIT: Final = 10 * MS
SETTLE: Final = MINUTE


class Latency:
    """Sensor "latency", fed by the loop; only where time is real."""

    def __init__(self) -> None:
        self._took: deque[int] = deque(maxlen=WINDOW)

    def note(self, intents: int, ns: int) -> None:
        """So many intents were decided and written in one block that took `ns`, real nanoseconds."""
        self._took.extend([ns] * min(intents, WINDOW))

    def median(self) -> int:
        """Half of the last hundred took no longer, nanoseconds; -1 while there are fewer."""
        return sorted(self._took)[(WINDOW - 1) // 2] if len(self._took) == WINDOW else -1

    def read(self, limit: int = LIMIT) -> Reading:
        """The present state. `limit` nanoseconds."""
        median = self.median()
        state = WAITING if median < 0 else BAD if median > limit else OK
        detail = (
            "fewer than a hundred decisions yet" if median < 0 else f"half of the last {WINDOW} decisions"
        )
        return Reading("latency", state, "loop", detail, value=median, limit=limit, settle=SETTLE)
