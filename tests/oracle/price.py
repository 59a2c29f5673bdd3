"""The last price of one symbol that is believed, and what it takes to believe the next one."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.facts import Fact
from tests.oracle.regime import Regime
from tests.oracle.wilder import Print

ZERO = Fraction(0)
AGREE = 2  # prints that have to agree with a suspect one


@dataclass
class Price:
    """The last accepted mark of one symbol and what it took to accept it."""

    bid: Fraction = ZERO
    ask: Fraction = ZERO
    last: Fraction = ZERO
    ts: int = -1
    fresh: bool = True  # the session's first print is exempt from max_tick_move
    crossed: bool = False  # the newest print was
    suspect: Fraction = ZERO
    agreed: int = 0
    prints: list[Print] = field(default_factory=list)
    length: int = 0  # of their bars
    regime: Regime = field(default_factory=Regime)
    acted: bool = False  # a corporate action restated its bars: their rounding is the governor's own

    def highest(self) -> Fraction:
        return max(self.bid, self.ask, self.last)

    def believes(self, f: Fact, most: Fraction | None, unit: Fraction) -> bool:
        """Missing, crossed and unconfirmed prints do not mark. `most` is max_tick_move; None = not set."""
        if min(f["bid"], f["ask"], f["last"], f["low"], f["high"]) < 0:
            return False
        new = middle(f["bid"], f["ask"], f["last"], unit)
        old = middle(self.bid, self.ask, self.last, unit)
        if new <= 0:
            return False
        self.crossed = f["bid"] > f["ask"] > 0
        if self.crossed:
            return False
        if most is None or self.fresh or old <= 0 or abs(new - old) <= most * old:
            return True
        agrees = self.suspect > 0 and abs(new - self.suspect) <= most * self.suspect
        self.agreed = self.agreed + 1 if agrees else 0
        self.suspect = new
        return self.agreed >= AGREE


def middle(bid: Fraction, ask: Fraction, last: Fraction, unit: Fraction) -> Fraction:
    """The reference price: the middle of the quote on whole price units, else the last trade or the side
    there is.
    """
    if bid > 0 and ask > 0:
        return (bid + ask) / 2 // unit * unit
    return last or bid or ask
