"""Bars of believed prints, and what is known of how far a symbol moves.

The range is Wilder's average true range (J. W. Wilder, New Concepts in Technical Trading Systems, 1978), the
running bar never used: TR = max(H - L, |H - C'|, |L - C'|), the first H - L; the mean of the first 20, then
(A x 19 + TR) / 20. It is kept as a lower bound of the exact figure, at most 2^-64 of a price step below it
for every bar.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.lab.sim.promises.amounts import PPM
from flyball.lab.sim.promises.limits import Limits
from flyball.lab.sim.promises.regime import Regime

BARS: Final = 20
FINE: Final = 64  # bits behind the point of an average
MOST: Final = 200_000  # ppm: the widest stress


@dataclass(slots=True)
class Bars:
    """Whole bars of one length, their average true range, and the regime."""

    length: int = 0  # ns; another one begins anew
    bars: int = 0
    value: int = 0  # x 2^FINE: the sum while warming, the average afterwards
    number: int | None = None  # of the bar that runs
    high: int = 0
    low: int = 0
    close: int = 0
    before: int = 0  # the close of the bar before; 0 = none
    regime: Regime = field(default_factory=Regime)

    def begin(self, length: int) -> None:
        """Bars of another length begin anew."""
        if length != self.length:
            self.length, self.bars, self.value, self.number, self.before = length, 0, 0, None, 0
            self.regime = Regime()

    def add(self, length: int, number: int, price: int, low: int, high: int, limits: Limits) -> None:
        """One believed print in bar `number`; low and high since the print before."""
        self.begin(length)
        if number == self.number:
            self.high, self.low = max(self.high, high), min(self.low, low)
        else:
            if self.number is not None:
                self._end()
                self.regime.bar(self.close, limits)
            self.number, self.high, self.low = number, high, low
        self.close = price

    def _end(self) -> None:
        tops = [self.high - self.low]
        if self.bars:
            tops += [abs(self.high - self.before), abs(self.low - self.before)]
        wide = max(tops) << FINE
        self.bars += 1
        if self.bars < BARS:
            self.value += wide
        elif self.bars == BARS:
            self.value = (self.value + wide) // BARS
        else:
            self.value = (self.value * (BARS - 1) + wide) // BARS
        self.before = self.close

    def stress(self, price: int, floor: int) -> tuple[int, int]:
        """max(floor, 2 ATR / price), twice the floor while it warms, at most 20%: as a fraction. `floor` in
        ppm.
        """
        if self.bars < BARS or price <= 0:
            return min(2 * floor, MOST), PPM
        top, bottom = 2 * self.value, price << FINE
        if top * PPM <= floor * bottom:
            return min(floor, MOST), PPM
        return (MOST, PPM) if top * PPM >= MOST * bottom else (top, bottom)

    def at_stop(self, price: int, tick: int, stop: int, floor: int) -> tuple[int, int]:
        """C10: what one unit at `price` loses at its stop, in price steps, as a fraction: `stop` (ppm)
        ranges, a range being at least a tick; while they warm, the stressed move.
        """
        if self.bars < BARS:
            return price * min(2 * floor, MOST), PPM
        return stop * max(self.value, tick << FINE), PPM << FINE

    def restate(self, num: int, den: int) -> None:
        """Every print so far counts num / den of itself; a step less, since the governor rounds its own."""
        self.value = max(0, self.value * num // den - (2 << FINE))
        self.high, self.low, self.close, self.before = (
            (2 * x * num + den) // (2 * den) for x in (self.high, self.low, self.close, self.before)
        )
        if self.regime.before:
            self.regime.before = max(1, (2 * self.regime.before * num + den) // (2 * den))
