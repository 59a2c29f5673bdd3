"""The two sizes of the run's drawing, and where a moment lies across it: sessions side by side, each as wide
as the next, no nights between.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flyball.desk.rows import Row


@dataclass(frozen=True)
class Layout:
    """Sizes of one version of the drawing, in its own units."""

    css: str
    width: float
    left: float
    right: float
    equity: float  # height of the upper panel
    result: float  # height of the lower one
    points: int
    day_labels: int  # at most
    zone_names: bool


WIDE: Final = Layout("chart wide", 1080, 62, 992, 300, 116, 2000, 11, True)
NARROW: Final = Layout("chart narrow", 400, 46, 394, 230, 96, 380, 4, False)


class Axis:
    """Session time onto x. Before the first open and after the last close stay at the edges."""

    def __init__(self, rows: Sequence[Row], left: float, right: float) -> None:
        self.rows = rows
        self.left = left
        self.right = right
        self.width = (right - left) / max(len(rows), 1)
        self._opens = [row.open for row in rows]

    def at(self, ts: int) -> float:
        i = bisect_right(self._opens, ts) - 1
        if i < 0:
            return self.left
        row = self.rows[i]
        inside = (ts - row.open) / max(row.close - row.open, 1)
        return self.left + (i + min(max(inside, 0.0), 1.0)) * self.width

    def start(self, i: int) -> float:
        """The left edge of session number i."""
        return self.left + i * self.width
