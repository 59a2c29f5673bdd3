"""The last price of one symbol that is believed (C19): missing and crossed prints never mark; one further
away than `max_tick_move` does not until two more agree with it; a session's first print is exempt."""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.events import Mark
from flyball.lab.sim.promises.amounts import PPM
from flyball.lab.sim.promises.bars import Bars

AGREE: Final = 2  # prints that have to agree with a suspect one


@dataclass(slots=True)
class Price:
    """The last believed print. 0 = absent."""

    bid: int = 0
    ask: int = 0
    last: int = 0
    ts: int = -1
    fresh: bool = True  # the session has not had a print yet
    crossed: bool = False  # the newest print was
    suspect: int = 0
    agreed: int = 0
    bars: Bars = field(default_factory=Bars)

    def known(self) -> bool:
        return self.ts >= 0

    def highest(self) -> int:
        return max(self.bid, self.ask, self.last)

    def lowest(self) -> int:
        return min((price for price in (self.bid, self.ask, self.last) if price > 0), default=0)

    def middle(self) -> int:
        return middle(self.bid, self.ask, self.last)

    def conservative(self, qty: int) -> int:
        """What a holding of this sign is worth a unit: the bid for longs, the ask for shorts."""
        return (self.bid or self.last or self.ask) if qty > 0 else (self.ask or self.last or self.bid)

    def take(self, m: Mark, most: int | None) -> bool:
        """Believe a print, or not. `most` is max_tick_move in ppm; None = not set."""
        if min(m.bid, m.ask, m.last, m.low, m.high) < 0:
            return False
        new, old = middle(m.bid, m.ask, m.last), self.middle()
        if new <= 0:
            return False
        self.crossed = m.bid > m.ask > 0
        if self.crossed:
            return False
        if most is not None and not self.fresh and old > 0 and _far(new, old, most):
            agrees = self.suspect > 0 and not _far(new, self.suspect, most)
            self.agreed = self.agreed + 1 if agrees else 0
            self.suspect = new
            if self.agreed < AGREE:
                return False
        self.bid, self.ask, self.last, self.ts = m.bid, m.ask, m.last, m.ts
        self.fresh, self.suspect, self.agreed = False, 0, 0
        return True


def middle(bid: int, ask: int, last: int) -> int:
    """The reference: the middle of the quote on whole steps, else the last trade or the side there is."""
    return (bid + ask) // 2 if bid > 0 and ask > 0 else last or bid or ask


def _far(new: int, old: int, most: int) -> bool:
    return abs(new - old) * PPM > most * old
