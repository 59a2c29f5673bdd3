"""Bars as marks: at the end of each bar, and never before, the governor and the bots learn its close, low
and high."""

from collections.abc import Sequence
from heapq import merge

from flyball.feeds.series import Series
from flyball.kernel.events import Event, Mark

CARRIES = ("last", "low", "high")


class BarMarks:
    """A source of `Mark` events, numbered over all symbols by (end of bar, symbol); goes on behind number
    `cursor`."""

    def __init__(self, series: Sequence[Series], source: str, cursor: int = 0) -> None:
        rows = merge(*[[(bar.end, s.symbol, bar) for bar in s.bars] for s in series])
        self.rows = list(rows)
        self.source = source
        self.at = cursor

    def next_due(self) -> int | None:
        return self.rows[self.at][0] if self.at < len(self.rows) else None

    def take(self, now: int) -> list[Event]:
        out: list[Event] = []
        while self.at < len(self.rows) and self.rows[self.at][0] <= now:
            end, symbol, bar = self.rows[self.at]
            self.at += 1
            out.append(Mark(end, symbol, 0, 0, bar.close, bar.low, bar.high, self.source, self.at))
        return out
