"""Wilder's average true range on bars built from prints, and the stressed move made of it, in exact
Fractions.

J. W. Wilder, New Concepts in Technical Trading Systems (1978): TR = max(H - L, |H - C'|, |L - C'|), the
first H - L; the average starts as the mean of the first n and then is (A (n - 1) + TR) / n. The running bar
is never used.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

BARS = 20
MOST = Fraction(20, 100)


@dataclass
class Bar:
    high: Fraction
    low: Fraction
    close: Fraction


@dataclass
class Print:
    """One accepted mark: which bar it falls into, its price and the range since the mark before."""

    bar: int
    price: Fraction
    low: Fraction
    high: Fraction


def bars_of(prints: list[Print]) -> list[Bar]:
    """Whole bars only: the last one is still running."""
    bars: list[Bar] = []
    number: int | None = None
    for p in prints:
        if p.bar == number:
            last = bars[-1]
            bars[-1] = Bar(max(last.high, p.high), min(last.low, p.low), p.price)
        else:
            bars.append(Bar(p.high, p.low, p.price))
            number = p.bar
    return bars[:-1]


def true_ranges(bars: list[Bar]) -> list[Fraction]:
    ranges = [bars[0].high - bars[0].low] if bars else []
    for before, bar in pairwise(bars):
        ranges.append(max(bar.high - bar.low, abs(bar.high - before.close), abs(bar.low - before.close)))
    return ranges


def average(bars: list[Bar], n: int = BARS, step: Fraction = Fraction(0)) -> Fraction | None:
    """The average true range after the last whole bar; None while it warms. With a `step` it is kept in whole
    steps, rounded up after each bar.
    """
    ranges = true_ranges(bars)
    if len(ranges) < n:
        return None
    value = _up(sum(ranges[:n], Fraction(0)) / n, step)
    for r in ranges[n:]:
        value = _up((value * (n - 1) + r) / n, step)
    return value


def _up(x: Fraction, step: Fraction) -> Fraction:
    return -(-x // step) * step if step else x


def stress(prints: list[Print], price: Fraction, floor: Fraction) -> Fraction:
    """max(floor, 2 ATR / price), twice the floor while the ATR warms; at most 20%."""
    atr = average(bars_of(prints))
    if atr is None or price <= 0:
        return min(2 * floor, MOST)
    return min(max(floor, 2 * atr / price), MOST)
