"""The regime of one symbol from the closes of its bars: fast over slow volatility, with thresholds, a dwell
and a way out.

Written from the rules: RiskMetrics (1996), s2 = lambda s2 + (1 - lambda) r^2 with zero mean, lambda 0.94 and
0.99; each begins with the mean of its first squares, 20 and 60. The reference says that variances are kept in
whole 1e-12, rounded up; so are they here, and then everything is exact.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

STEP = Fraction(1, 10**12)
WARM = 60


def up(x: Fraction, step: Fraction = STEP) -> Fraction:
    return -(-x // step) * step


class Ewma:
    """One volatility: the plain mean of the first `n` squares, the recursion afterwards. `value` is a
    variance, None before.
    """

    def __init__(self, keep: Fraction, n: int) -> None:
        self.keep, self.n = keep, n
        self.first: list[Fraction] = []
        self.value: Fraction | None = None

    def take(self, square: Fraction) -> None:
        if self.value is not None:
            self.value = up(self.keep * self.value + (1 - self.keep) * square)
            return
        self.first.append(square)
        if len(self.first) == self.n:
            self.value = up(sum(self.first, Fraction(0)) / self.n)


@dataclass
class Rules:
    """What the configuration says; None = not set."""

    high: Fraction | None
    extreme: Fraction | None
    leave: Fraction
    dwell: int
    scales: tuple[Fraction, Fraction]

    @classmethod
    def of(cls, limit: Any) -> "Rules":
        """`limit` gives a configured value by its key."""
        leave, dwell = limit("regime_exit"), limit("regime_dwell")
        half, quarter = limit("regime_high_scale"), limit("regime_extreme_scale")
        return cls(
            limit("regime_high"),
            limit("regime_extreme"),
            Fraction(4, 5) if leave is None else leave,
            6 if dwell is None else dwell,
            (Fraction(1, 2) if half is None else half, Fraction(1, 4) if quarter is None else quarter),
        )


class Regime:
    def __init__(self) -> None:
        self.fast, self.slow = Ewma(Fraction(94, 100), 20), Ewma(Fraction(99, 100), WARM)
        self.before: Fraction | None = None  # the close a return may start at
        self.name = "normal"
        self.bars = 0  # whole ones since it is called so

    def night(self) -> None:
        self.before = None

    def restate(self, ratio: Fraction, unit: Fraction) -> None:
        """A split: the close counts `ratio` of itself, on the nearest whole price unit; returns stay."""
        if self.before is not None:
            self.before = max(unit, (self.before * ratio / unit + Fraction(1, 2)) // 1 * unit)

    def bar(self, close: Fraction, rules: Rules) -> None:
        """One more whole bar."""
        start, self.before = self.before, close
        if start is None:
            return
        square = up((close / start - 1) ** 2)
        self.fast.take(square)
        self.slow.take(square)
        if self.slow.value is None:
            return
        self.bars += 1
        if self.name != "extreme" and self.beyond(rules.extreme):
            self.call("extreme")
        elif self.name == "normal" and self.beyond(rules.high):
            self.call("high")
        elif self.name != "normal" and self.bars >= rules.dwell:
            threshold = rules.extreme if self.name == "extreme" else rules.high
            if threshold is None or not self.beyond(threshold * rules.leave):
                self.call("high" if self.name == "extreme" else "normal")

    def call(self, name: str) -> None:
        self.name, self.bars = name, 0

    def beyond(self, ratio: Fraction | None) -> bool:
        """Whether the fast volatility is at least this multiple of the slow one."""
        fast, slow = self.fast.value, self.slow.value
        if ratio is None or fast is None or slow is None:
            return False
        return fast > 0 and fast >= ratio**2 * slow

    def scale(self, rules: Rules) -> Fraction:
        if self.name == "extreme" and rules.extreme is not None:
            return rules.scales[1]
        return rules.scales[0] if self.name != "normal" and rules.high is not None else Fraction(1)
