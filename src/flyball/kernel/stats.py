"""Statistics as integers. Wilder's average true range x 2^16, rounded up (a wider stress is the safe side).

Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978); seed = mean of the first n true
ranges, the first of which is high - low; then ATR = (ATR x (n - 1) + TR) / n. The running bar is never used.
"""

from dataclasses import dataclass
from typing import Final

from flyball.kernel.units import NS, PPM, mul_div, mul_div_up

ATR_BARS: Final = 20
ATR_SHIFT: Final = 16
MAX_STRESS: Final = 200_000  # ppm: 20%
DAY_BAR: Final = 86_400 * NS


@dataclass(slots=True)
class Atr:
    """Bars built from marks, and their Wilder ATR in price units x 2^16. Warm after ATR_BARS whole bars."""

    bars: int = 0
    value: int = 0  # the sum of true ranges x 2^16 while warming, the average afterwards
    start: int = -1  # which bar is running
    high: int = 0
    low: int = 0
    close: int = 0
    last_close: int = 0  # of the bar before; 0 = none

    def add(self, bar: int, price: int, low: int, high: int) -> bool:
        """A mark inside bar number `bar`. `low` and `high` cover everything since the mark before. True when
        it is the first of its bar and the bar before is now whole: `last_close` is that one's close."""
        whole = False
        if bar != self.start:
            if self.start >= 0:
                self._finish()
                whole = True
            self.start = bar
            self.high = high
            self.low = low
        else:
            self.high = max(self.high, high)
            self.low = min(self.low, low)
        self.close = price
        return whole

    def _finish(self) -> None:
        true_range = self.high - self.low
        if self.last_close > 0:
            true_range = max(true_range, abs(self.high - self.last_close), abs(self.low - self.last_close))
        wide = true_range << ATR_SHIFT
        self.bars += 1
        if self.bars <= ATR_BARS:
            self.value += wide
            if self.bars == ATR_BARS:
                self.value = mul_div_up(self.value, 1, ATR_BARS)
        else:
            self.value = mul_div_up(self.value * (ATR_BARS - 1) + wide, 1, ATR_BARS)
        self.last_close = self.close

    def warm(self) -> bool:
        return self.bars >= ATR_BARS

    def restate(self, num: int, den: int) -> None:
        """After a split every price so far counts `num / den` of what it was. Ranges are rounded up."""
        self.value = mul_div_up(self.value, num, den)
        self.high = mul_div_up(self.high, num, den)
        self.low = mul_div(self.low, num, den)
        self.close = restated(self.close, num, den)
        self.last_close = restated(self.last_close, num, den)

    def stress(self, price: int, floor: int) -> int:
        """The stressed move of one symbol in ppm: max(floor, 2 ATR / price), at most 20%; twice the floor
        while warming."""
        if not self.warm() or price <= 0:
            return min(2 * floor, MAX_STRESS)
        move = mul_div_up(2 * self.value, PPM, price << ATR_SHIFT)
        return min(max(floor, move), MAX_STRESS)


def bar_number(ts: int, length: int, day: int) -> int:
    """Which bar a mark belongs to. A mark on the boundary closes the bar before it; a bar of one day is the
    session's."""
    if length >= DAY_BAR:
        return day
    return (ts - 1) // length


def restated(price: int, num: int, den: int) -> int:
    """`num / den` of a price, to the nearest unit and never to nothing. 0 = no price stays so."""
    return max(1, mul_div(2 * price * num + den, 1, 2 * den)) if price > 0 else price
