"""A kill file that somebody puts there now and then, and takes away again."""

from typing import Final

from flyball.kernel.units import MINUTE, MS, NS
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.world import World
from flyball.ports import Wakeup

SEEN_AFTER: Final = 250 * MS  # the watcher looks so often


class SimKillFile:
    """`ports.KillFile` in a made-up world; outlives the governor."""

    def __init__(self, world: World, spans: list[tuple[int, int]]) -> None:
        self.world = world
        self.spans = spans
        self.seen = 0  # looks that found it
        self._wake: Wakeup | None = None
        for begin, _ in spans:
            world.at(begin + SEEN_AFTER, self._appeared)

    def there(self) -> bool:
        now = self.world.now - SEEN_AFTER
        found = any(begin <= now < end for begin, end in self.spans)
        self.seen += found
        return found

    def on_seen(self, wake: Wakeup | None) -> None:
        self._wake = wake

    def close(self) -> None:
        self._wake = None

    def _appeared(self) -> None:
        if self._wake is not None:
            self._wake.set()


def kill_spans(draw: Draw, begin: int, calm: int) -> list[tuple[int, int]]:
    """Once or twice before all is calm, for seconds or for long."""
    spans = []
    for _ in range(draw.between(1, 2)):
        at = begin + draw.below(calm - begin)
        spans.append((at, min(calm, at + draw.between(NS, draw.pick((30 * NS, 20 * MINUTE))))))
    return sorted(spans)
