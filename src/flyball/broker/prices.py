"""The prices the paper broker trades at: its own look at the tape, not what the governor was told.

A recorded bar becomes four points inside its minute; which extreme came first is drawn by the bar. The tape
is the world's own future, so it may be asked about any time and always answers the same; that nobody learns
of a price before its time is the broker's part.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from flyball.broker.paper_draws import numbers
from flyball.kernel.units import NS, PPM, mul_div, mul_div_up

Sessions = Callable[[int], tuple[int, int] | None]
"""(open, close) of the session whose [open, close] holds a time, None outside sessions."""


class Point(NamedTuple):
    """A price at a moment, and the quote round it where the feed has quotes (0 = it has none)."""

    ts: int
    price: int
    bid: int
    ask: int


class PriceFeed(Protocol):
    """Recorded prices. The same question has the same answer for ever."""

    def points(self, symbol: str, after: int, until: int) -> Iterator[Point]:
        """The points in (after, until], rising in time; none for a symbol it does not have."""
        ...

    def last(self, symbol: str, at: int) -> Point | None:
        """The newest point at or before `at`."""
        ...


class Bar(Protocol):
    """A bar that ends at `end` (UTC ns); prices are integers of its instrument's exponent."""

    @property
    def end(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def high(self) -> int: ...
    @property
    def low(self) -> int: ...
    @property
    def close(self) -> int: ...


class BarSeries(Protocol):
    """Bars of one symbol, rising by `end`, each `seconds` long."""

    @property
    def symbol(self) -> str: ...
    @property
    def seconds(self) -> int: ...
    @property
    def bars(self) -> Sequence[Bar]: ...


def quote(point: Point, half_spread_ppm: int) -> tuple[int, int]:
    """(bid, ask) at a point. Without a quote half the spread on either side, rounded against who trades."""
    if point.bid > 0 and point.ask > 0:
        return point.bid, point.ask
    bid = mul_div(point.price, PPM - half_spread_ppm, PPM)
    return max(1, bid), mul_div_up(point.price, PPM + half_spread_ppm, PPM)


class _Track:
    """One symbol's bars and the points made of them so far."""

    def __init__(self, bars: Sequence[Bar], length: int) -> None:
        self.bars = bars
        self.length = length
        self.ends = [bar.end for bar in bars]
        self.made: list[tuple[Point, ...] | None] = [None] * len(bars)

    def start(self, at: int) -> int:
        """Where bar number `at` begins: its length before its end, but not inside the bar before."""
        start = self.ends[at] - self.length
        return max(start, self.ends[at - 1]) if at > 0 else start


class BarPrices:
    """Points from bars: the open after 1/60 of a bar, the extremes after 1/3 and 2/3, the close at its end.

    A bar that ends at the very open of a session is the opening print, a single point; without `sessions`
    it has four like any other, three of them before the open, where nobody trades.
    """

    def __init__(self, series: Sequence[BarSeries], seed: int, sessions: Sessions | None = None) -> None:
        self._tracks = {one.symbol: _Track(one.bars, one.seconds * NS) for one in series}
        self._seed = seed
        self._sessions = sessions

    def points(self, symbol: str, after: int, until: int) -> Iterator[Point]:
        """The points in (after, until], rising in time."""
        track = self._tracks.get(symbol)
        if track is None:
            return
        for at in range(bisect_right(track.ends, after), len(track.bars)):
            if track.start(at) >= until:
                return
            for point in self._points(symbol, track, at):
                if after < point.ts <= until:
                    yield point

    def last(self, symbol: str, at: int) -> Point | None:
        """The newest point at or before `at`."""
        track = self._tracks.get(symbol)
        if track is None:
            return None
        ended = bisect_right(track.ends, at)
        begun = self._points(symbol, track, ended) if ended < len(track.bars) else ()
        seen = [point for point in begun if point.ts <= at]
        if not seen and ended > 0:
            seen.append(self._points(symbol, track, ended - 1)[-1])
        return seen[-1] if seen else None

    def _points(self, symbol: str, track: _Track, at: int) -> tuple[Point, ...]:
        made = track.made[at]
        if made is None:
            made = track.made[at] = tuple(self._drawn(symbol, track.bars[at], track.start(at)))
        return made

    def _drawn(self, symbol: str, bar: Bar, start: int) -> Iterator[Point]:
        length = bar.end - start
        high_first = next(numbers(self._seed, "bar", symbol, bar.end)) & 1
        extremes = (bar.high, bar.low) if high_first else (bar.low, bar.high)
        path = (
            (start + length // 60, bar.open),
            (start + length // 3, extremes[0]),
            (start + length * 2 // 3, extremes[1]),
            (bar.end, bar.close),
        )
        session = self._sessions(bar.end) if self._sessions else None
        opening_print = session is not None and session[0] == bar.end
        for ts, price in islice(path, 3, 4) if opening_print else path:
            yield Point(ts, price, 0, 0)
