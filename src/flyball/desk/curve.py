"""Equity over time in at most MOST points, whatever the length of the run: when full, neighbours are merged
two by two. Each point keeps the deepest drawdown of its span, so none is lost, only its exact minute.
"""

from dataclasses import dataclass, field
from typing import Final

MOST: Final = 2000


@dataclass
class Point:
    """Where equity stood at `ts`; `down` is the deepest below the high-water mark since the point before.
    Micros.
    """

    ts: int
    equity: int
    high_water: int
    down: int


@dataclass
class Curve:
    """Points so far; the newest is still open."""

    points: list[Point] = field(default_factory=list)
    most: int = MOST
    _stride: int = 1
    _inside: int = 0  # moments in the newest point

    def see(self, ts: int, equity: int, high_water: int) -> None:
        """The account was valued. Several times at one `ts` are one moment."""
        last = self.points[-1] if self.points else None
        if last is not None and (ts == last.ts or self._inside < self._stride):
            self._inside += int(ts != last.ts)
            last.ts, last.equity, last.high_water = ts, equity, high_water
            last.down = max(last.down, high_water - equity)
            return
        if len(self.points) >= self.most:
            self._halve()
            self.see(ts, equity, high_water)
            return
        self.points.append(Point(ts, equity, high_water, max(0, high_water - equity)))
        self._inside = 1

    def _halve(self) -> None:
        merged: list[Point] = []
        for i in range(0, len(self.points) - 1, 2):
            one, two = self.points[i], self.points[i + 1]
            merged.append(Point(two.ts, two.equity, two.high_water, max(one.down, two.down)))
        if len(self.points) % 2:
            merged.append(self.points[-1])
        else:
            self._inside += self._stride
        self.points = merged
        self._stride *= 2
