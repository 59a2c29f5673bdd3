"""C11: the regime of one symbol from the closes of its bars.

J.P. Morgan/Reuters, RiskMetrics Technical Document (1996): s2 = lambda s2 + (1 - lambda) r^2 with zero mean,
lambda 0.94 and 0.99; each begins with the mean of its first squares, 20 and 60. The reference keeps variances
in whole 1e-12, rounded up; so are they here. Up at once, down one level at a time, after the dwell and well
below the threshold.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.lab.sim.promises.amounts import PPM
from flyball.lab.sim.promises.limits import Limits

WARM: Final = 60
EXIT: Final = 800_000  # ppm of a threshold, unless configured
DWELL: Final = 6
SCALES: Final = (PPM, 500_000, 250_000)  # normal, high, extreme
KEYS: Final = ("", "regime_high", "regime_extreme")


def up(top: int, bottom: int) -> int:
    return -(-top // bottom)


@dataclass(slots=True)
class Ewma:
    """One variance in 1e-12: `keep` of a hundred stays; begun with the mean of the first `begin` squares."""

    keep: int
    begin: int
    count: int = 0
    value: int = 0

    def take(self, square: int) -> None:
        self.count += 1
        if self.count <= self.begin:
            self.value += square
            if self.count == self.begin:
                self.value = up(self.value, self.begin)
        else:
            self.value = up(self.keep * self.value + (100 - self.keep) * square, 100)


@dataclass(slots=True)
class Regime:
    """Level 0 normal, 1 high, 2 extreme."""

    fast: Ewma = field(default_factory=lambda: Ewma(94, 20))
    slow: Ewma = field(default_factory=lambda: Ewma(99, WARM))
    before: int = 0  # the close a return may start at; 0 = none
    level: int = 0
    bars: int = 0  # whole ones in this level

    def night(self) -> None:
        """No return from one session to the next."""
        self.before = 0

    def bar(self, close: int, limits: Limits) -> None:
        """One more whole bar."""
        start, self.before = self.before, close
        if start <= 0:
            return
        square = up((close - start) ** 2 * 10**12, start * start)
        self.fast.take(square)
        self.slow.take(square)
        if self.slow.count < WARM:
            return
        self.bars += 1
        for level in (2, 1):
            if level > self.level and self._beyond(limits.number(KEYS[level]), PPM):
                self.level, self.bars = level, 0
                return
        leave, dwell = limits.number("regime_exit"), limits.number("regime_dwell")
        if self.level and self.bars >= (DWELL if dwell is None else dwell):
            threshold = limits.number(KEYS[self.level])
            if not self._beyond(threshold, EXIT if leave is None else leave):
                self.level, self.bars = self.level - 1, 0

    def _beyond(self, ratio: int | None, share: int) -> bool:
        """Whether the fast volatility is at least `share` of `ratio` times the slow one; ppm."""
        if ratio is None or self.fast.value <= 0:
            return False
        return self.fast.value * PPM**4 >= (ratio * share) ** 2 * self.slow.value

    def scale(self, limits: Limits) -> int:
        """ppm."""
        if self.level == 2 and limits.number("regime_extreme") is not None:
            found = limits.number("regime_extreme_scale")
            return SCALES[2] if found is None else min(found, PPM)
        if self.level and limits.number("regime_high") is not None:
            found = limits.number("regime_high_scale")
            return SCALES[1] if found is None else min(found, PPM)
        return PPM
