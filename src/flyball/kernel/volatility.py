"""The volatility of bar returns, fast and slow, as integers, and the regime their ratio stands for. A regime
only ever lowers the size of what adds (C11).

Source: J.P. Morgan/Reuters, RiskMetrics Technical Document (1996): s2 = lambda x s2 + (1 - lambda) x r^2 with
zero mean; lambda 0.94 (fast) and 0.99 (slow). r is a bar's simple return, close to close. Each begins with
the mean of its first squares: 20 for the fast one, 60 for the slow one. Variances are whole 1e-12, rounded up
at every step; that adds less than 17 to the fast one and less than 100 to the slow one, which is nothing
beside the 10,000 of a bar that moves one basis point. By construction fast / slow never passes 6, so the
ratio of the volatilities stays below 2.45.
"""

from dataclasses import dataclass
from typing import Final

from flyball.kernel.limits import Limits
from flyball.kernel.stats import restated
from flyball.kernel.units import PPM, UNKNOWN, mul_div_up

FAST: Final = 94  # lambda in hundredths
SLOW: Final = 99
FAST_BARS: Final = 20  # returns whose mean square it begins with
SLOW_BARS: Final = 60
VARIANCE: Final = 10**12
NORMAL: Final = 0
HIGH: Final = 1
EXTREME: Final = 2


@dataclass(slots=True)
class Volatility:
    """Of one symbol. Warm after SLOW_BARS returns; until then the regime is normal."""

    returns: int = 0
    fast: int = 0  # variance of a bar in 1e-12; the sum of the squares while it begins
    slow: int = 0
    close: int = 0  # of the newest whole bar; 0 = no return starts there
    level: int = NORMAL
    held: int = 0  # whole bars in this level, counted up to the dwell

    def take(self, close: int, limits: Limits) -> None:
        """A bar is whole: its return, when one started at the bar before, and the regime after it."""
        before = self.close
        self.close = close
        if before <= 0:
            return
        move = close - before
        square = mul_div_up(move * move, VARIANCE, before * before)
        self.returns += 1
        self.fast = _ewma(self.fast, square, self.returns, FAST_BARS, FAST)
        self.slow = _ewma(self.slow, square, self.returns, SLOW_BARS, SLOW)
        if self.warm():
            self._judge(limits)

    def warm(self) -> bool:
        return self.returns >= SLOW_BARS

    def _judge(self, lim: Limits) -> None:
        """Up at once, to where the ratio reaches; down one level at a time, after the dwell, and only when
        the ratio is below `regime_exit` of the level's own threshold."""
        self.held = min(self.held + 1, lim.regime_dwell)
        reached = NORMAL
        if self._reaches(lim.regime_extreme, PPM):
            reached = EXTREME
        elif self._reaches(lim.regime_high, PPM):
            reached = HIGH
        threshold = lim.regime_extreme if self.level == EXTREME else lim.regime_high
        if reached > self.level:
            self.level = reached
            self.held = 0
        elif (
            self.level > NORMAL
            and self.held >= lim.regime_dwell
            and not self._reaches(threshold, lim.regime_exit)
        ):
            self.level -= 1
            self.held = 0

    def _reaches(self, threshold: int, share: int) -> bool:
        """fast / slow >= (threshold x share)^2, multiplied out; never when the threshold is not set."""
        edge = threshold * share
        return threshold != UNKNOWN and self.fast * PPM**4 >= edge * edge * self.slow and self.fast > 0

    def ratio(self) -> int:
        """Fast over slow volatility in ppm, rounded down, for people; UNKNOWN while it warms or nothing
        moved."""
        if not self.warm() or self.slow == 0:
            return UNKNOWN
        return root(self.fast * PPM**2 // self.slow)

    def scale(self, lim: Limits) -> int:
        """What the regime leaves of the size of what adds, ppm. Whole when no threshold is set."""
        if self.level == EXTREME and lim.regime_extreme != UNKNOWN:
            return min(lim.regime_extreme_scale, PPM)
        if self.level != NORMAL and lim.regime_high != UNKNOWN:
            return min(lim.regime_high_scale, PPM)
        return PPM

    def interrupt(self) -> None:
        """No return starts at the newest close: what happened overnight is no move of a bar."""
        self.close = 0

    def restate(self, num: int, den: int) -> None:
        """After a split every price so far counts `num / den` of what it was; returns stay what they were."""
        self.close = restated(self.close, num, den)


def _ewma(value: int, square: int, count: int, begin: int, keep: int) -> int:
    """The next variance; the sum while it begins, its mean with the last of those."""
    if count < begin:
        return value + square
    if count == begin:
        return mul_div_up(value + square, 1, begin)
    return mul_div_up(value * keep + square * (100 - keep), 1, 100)


def root(n: int) -> int:
    """The largest integer whose square is at most n >= 0 (Newton, from above)."""
    x = 1 << (n.bit_length() + 1) // 2
    while x * x > n:
        x = (x + n // x) // 2
    return x
