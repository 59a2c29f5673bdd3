"""The world's own time and what is about to happen in it: one heap, in order, the same for the same seed.

`now` is true time. What the governor's clock shows (drift, steps) is the clock's affair. Nothing here knows
the governor: disks, brokers, bots, operators and faults put their affairs in with `at`, and whoever drives
time (the governor's clock while it waits, the harness while the governor is dead) takes them out with
`advance`.
"""

from collections.abc import Callable
from heapq import heappop, heappush

from flyball.lab.sim.draw import Draw


class World:
    """True time, UTC nanoseconds, and the heap of what is due in it."""

    def __init__(self, seed: int, start: int) -> None:
        self.seed = seed
        self.now = start
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def draw(self, *name: int | str) -> Draw:
        """The stream of chance of this name."""
        return Draw(self.seed, *name)

    def at(self, ts: int, call: Callable[[], None]) -> None:
        """Have `call` made at true time `ts`, or now when that is past. Equal times keep their order."""
        self._count += 1
        heappush(self._heap, (max(ts, self.now), self._count, call))

    def next(self) -> int | None:
        """When something is due next; None when nothing is."""
        return self._heap[0][0] if self._heap else None

    def advance(self, ts: int) -> None:
        """Let time go on to `ts`, with everything that is due on the way, in order."""
        while self._heap and self._heap[0][0] <= ts:
            due, _, call = heappop(self._heap)
            self.now = max(self.now, due)
            call()
        self.now = max(self.now, ts)
