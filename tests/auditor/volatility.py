"""What bars say of a symbol: average true range (Wilder) and the regime of its volatility (RiskMetrics).

From controls.md: the range is kept in 1/65536 of a price unit and rounded up, variances are whole 1e-12
and rounded up, lambda is 0.94 and 0.99, begun with the mean of the first 20 and 60 squares. A bar ends
with its last moment: a mark at 13:35:00 belongs to the bar that ends then. A bar is known once a mark
behind it, or a new session, has come.
"""

from dataclasses import dataclass, field
from math import isqrt

from tests.auditor.reading import MICRO, up

FINE = 65_536
WHOLE = 10**12
FAST, SLOW = 20, 60
ATR = 20
NORMAL, HIGH, EXTREME = 0, 1, 2


@dataclass
class Bar:
    """The marks of one stretch of time."""

    number: int
    high: int
    low: int
    close: int
    opening: bool  # a session began in it


@dataclass
class Regime:
    """The limits of C11, as they stand in a `config` line."""

    high: int | None
    extreme: int | None
    leave: int
    dwell: int


@dataclass
class Statistics:
    """One symbol's statistics."""

    bar: Bar | None = None
    close: int | None = None
    ranges: list[int] = field(default_factory=list)
    atr: int | None = None
    returns: int = 0
    squares: int = 0
    fast: int = 0
    slow: int = 0
    level: int = NORMAL
    stayed: int = 0
    opening: bool = True  # the next mark is the first of a session

    def mark(self, ts: int, length: int, prices: tuple[int, int, int], regime: Regime) -> None:
        """Low, high and last, at a time, with bars of a length."""
        number = (ts - 1) // length
        if self.bar and self.bar.number != number:
            self.end(length, regime)
        low, high, last = prices
        if self.bar is None:
            self.bar = Bar(number, max(high, last), min(low, last), last, self.opening)
        else:
            bar = self.bar
            bar.opening = bar.opening or self.opening
            bar.high, bar.low, bar.close = max(bar.high, high, last), min(bar.low, low, last), last
        self.opening = False

    def session(self) -> None:
        """A risk day begins: with the next mark."""
        self.opening = True

    def end(self, length: int, regime: Regime) -> None:
        """The bar is whole."""
        bar, before = self.bar, self.close
        assert bar is not None
        top, bottom = bar.high, bar.low
        if before is not None:
            top, bottom = max(top, before), min(bottom, before)
        self.range((top - bottom) * FINE)
        if before is not None and not (bar.opening and length < 86_400 * 10**9):
            self.square(up((bar.close - before) ** 2 * WHOLE, before**2))
            self.judge(regime)
        self.bar, self.close = None, bar.close

    def range(self, true: int) -> None:
        if self.atr is not None:
            self.atr = up(self.atr * (ATR - 1) + true, ATR)
            return
        self.ranges.append(true)
        if len(self.ranges) == ATR:
            self.atr = up(sum(self.ranges), ATR)

    def square(self, square: int) -> None:
        self.returns += 1
        self.squares += square
        if self.returns == FAST:
            self.fast = up(self.squares, FAST)
        elif self.returns > FAST:
            self.fast = up(self.fast * 94 + square * 6, 100)
        if self.returns == SLOW:
            self.slow = up(self.squares, SLOW)
        elif self.returns > SLOW:
            self.slow = up(self.slow * 99 + square, 100)

    @property
    def ratio(self) -> int | None:
        """Fast over slow volatility in parts per million, rounded down; None while it warms."""
        if self.returns < SLOW or not self.slow:
            return None
        return isqrt(self.fast * WHOLE // self.slow)

    def judge(self, regime: Regime) -> None:
        """A higher level holds at once; one is left a step at a time, after its dwell and below its exit."""
        ratio = self.ratio
        if ratio is None:
            return
        self.stayed += 1
        marks = (None, regime.high, regime.extreme)
        reached = max((n for n in (HIGH, EXTREME) if (at := marks[n]) and ratio >= at), default=NORMAL)
        if reached > self.level:
            self.level, self.stayed = reached, 0
            return
        mark = marks[self.level]
        if mark and self.stayed >= regime.dwell and ratio * MICRO < mark * regime.leave:
            self.level, self.stayed = self.level - 1, 0

    def restate(self, num: int, den: int) -> None:
        """A corporate action makes `num` of what was `den`."""
        self.ranges = [up(one * num, den) for one in self.ranges]
        self.atr = None if self.atr is None else up(self.atr * num, den)
        self.close = None if self.close is None else self.close * num // den
        if bar := self.bar:
            bar.high, bar.low, bar.close = (
                up(bar.high * num, den),
                bar.low * num // den,
                bar.close * num // den,
            )
