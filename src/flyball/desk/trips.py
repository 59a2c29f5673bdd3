"""Every trigger that was reached, and whether its overshoot is explained: a limit on losses is a trigger, so
what was beyond it must be no more than what one mark's move of the worst-case book, or one fill's own cost,
can do.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from flyball.desk.books import Prices
from flyball.desk.shown import bps
from flyball.kernel.effects import Flat, Trip
from flyball.kernel.limits import Limits
from flyball.kernel.units import PPM

TRIGGERS: Final = ("daily_loss", "caution", "restrict", "halt", "weekly_loss", "equity_floor")
NONE: Final = Fraction(0)


@dataclass
class Tripped:
    """One trip with what explains it. Money in micros."""

    seq: int
    day: int
    baseline: int
    trip: Trip
    at_fill: bool
    move: Fraction  # of the symbol since its mark before, 0 at a fill
    explained: bool

    def overshoot_bps(self) -> float:
        """Of the equity at the risk day's start."""
        return bps(self.trip.overshoot, self.baseline)

    def move_bps(self) -> float:
        return bps(self.move.numerator, self.move.denominator)


@dataclass
class Flattened:
    """One flattening's end; its losses are shown apart."""

    day: int
    flat: Flat


@dataclass
class Trips:
    """What moved last, and every trip so far."""

    all: list[Tripped] = field(default_factory=list)
    flats: list[Flattened] = field(default_factory=list)
    _ts: int = 0
    _moves: dict[str, Fraction] = field(default_factory=dict)  # of this time's marks
    _costs: int = 0  # of fills since the last time with marks
    _bar_costs: int = 0  # of fills between the last two times with marks
    _fill: int = -1  # what the present fill cost; -1 when a mark came last

    def marked(self, ts: int, symbol: str, p: Prices) -> None:
        """A mark that values."""
        if ts != self._ts:
            self._ts = ts
            self._moves.clear()
            self._bar_costs, self._costs = self._costs, 0
        self._fill = -1
        self._moves[symbol] = max(
            _move(p.long_before, p.long_after),
            _move(p.short_before, p.short_after),
        )

    def filled(self, cost: int) -> None:
        """An execution: its fee and its distance from the mark."""
        self._costs += cost
        self._fill = cost

    def take(self, seq: int, e: Trip, day: int, baseline: int, limits: Limits) -> None:
        """A trip, right behind the mark or fill that caused it."""
        at_fill = self._fill >= 0
        if at_fill:
            allowed = Fraction(self._fill)
        else:
            moved = sum(self._moves.values(), start=NONE)
            allowed = moved * e.worst_book + self._bar_costs
        allowed *= 1 + _gearing(e, limits)
        move = NONE if at_fill else self._moves.get(e.symbol, NONE)
        self.all.append(Tripped(seq, day, baseline, e, at_fill, move, e.overshoot <= allowed))

    def flat(self, e: Flat, day: int) -> None:
        self.flats.append(Flattened(day, e))

    def of(self, trigger: str) -> list[Tripped]:
        return [t for t in self.all if t.trip.trigger == trigger]


def _move(before: int, after: int) -> Fraction:
    return Fraction(abs(after - before), before) if before > 0 else NONE


def _gearing(e: Trip, limits: Limits) -> Fraction:
    """A loss limit that is a share of equity gives way as equity falls; the zones' mark does not."""
    if e.trigger != "daily_loss":
        return NONE
    kind, _, name = e.scope.partition(":")
    if kind == "strategy":
        cap = limits.of_strategy(name).max_daily_loss
    else:
        cap = limits.of_symbol(name).max_daily_loss if kind == "symbol" else limits.max_daily_loss
    return Fraction(cap.ppm, PPM) if cap.micros < 0 and cap.ppm > 0 else NONE
