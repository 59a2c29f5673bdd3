"""One row for each risk day: what was asked and allowed, what it earned and cost, how deep it went, whether
the book was flat at the close.
"""

from dataclasses import dataclass, field

from flyball.desk.shown import bps, iso_day
from flyball.kernel.units import MONEY_EXP, show


@dataclass
class Row:
    """One risk day. Money in micros, times in UTC nanoseconds."""

    day: int
    venue: str
    open: int
    close: int
    baseline: int
    high_water: int  # at its start
    pnl: int = 0  # flows stripped
    flows: int = 0  # money in (+) and out that is no trade
    fees: int = 0
    turnover: int = 0
    intents: int = 0
    approved: int = 0
    clipped: int = 0
    refused: int = 0
    fills: int = 0
    drawdown: int = 0  # the deepest below the high-water mark
    drawdown_of: int = 0  # the high-water mark it is below
    latches: list[str] = field(default_factory=list)  # set in this day
    flat: bool | None = None  # at the close; None before it

    def below(self, equity: int, high_water: int) -> None:
        """Equity was valued: how far below the high-water mark?"""
        down = high_water - equity
        if down > 0 and down * max(self.drawdown_of, 1) > self.drawdown * high_water:
            self.drawdown, self.drawdown_of = down, high_water

    def drawdown_bps(self) -> float:
        return bps(self.drawdown, self.drawdown_of)

    def to_dict(self) -> dict[str, object]:
        return {
            "day": iso_day(self.day),
            "baseline": show(self.baseline, MONEY_EXP),
            "pnl": show(self.pnl, MONEY_EXP),
            "fees": show(self.fees, MONEY_EXP),
            "turnover": show(self.turnover, MONEY_EXP),
            "intents": self.intents,
            "approved": self.approved,
            "clipped": self.clipped,
            "refused": self.refused,
            "fills": self.fills,
            "worst_drawdown_bps": self.drawdown_bps(),
            "latches": list(self.latches),
            "flat_at_close": self.flat,
        }
