"""The governor's allowance of calls to a broker, kept below the limit the broker publishes (B5).

What adds may use three quarters of it; the rest is reserved for cancels, exits and the questions they need,
and the very last of it for cancels and exits alone. So a bot, however busy, can never use up what it takes to
get flat. When the broker itself says "too many" (another program shares the account), everything waits until
the time it names.
"""

from collections import deque
from typing import Final

from flyball.kernel.units import MINUTE, PPM

# The lanes, in the order in which they leave.
CANCELS: Final = 0
EXITS: Final = 1
READS: Final = 2
ADDS: Final = 3
LANES: Final = (CANCELS, EXITS, READS, ADDS)

MARGIN: Final = 50_000  # of the published limit, never used: calls are counted here when they leave
KEPT: Final = {
    CANCELS: 0,
    EXITS: 0,
    READS: 50_000,
    ADDS: 250_000,
}  # ppm of the allowance a lane may not touch


class Budget:
    """Calls of the last minute. `published`: calls a minute the broker takes, 0 = it names no limit."""

    def __init__(self, published: int = 0) -> None:
        self.allowance = published * (PPM - MARGIN) // PPM
        self._limited = published > 0
        self._times: deque[int] = deque()
        self._shut_until = 0

    def due(self, lane: int, now: int) -> int:
        """When the next call of this lane may leave, UTC ns; `now` when it may at once."""
        if self._shut_until > now:
            return self._shut_until
        if not self._limited:
            return now
        while self._times and self._times[0] + MINUTE <= now:
            self._times.popleft()
        usable = max(1, self.allowance - self.allowance * KEPT[lane] // PPM)
        over = len(self._times) - usable
        return now if over < 0 else max(now, self._times[over] + MINUTE)

    def spend(self, now: int) -> None:
        """A call has left."""
        if self._limited:
            self._times.append(now)

    def shut(self, until: int) -> None:
        """The broker takes nothing before `until`."""
        self._shut_until = max(self._shut_until, until)
