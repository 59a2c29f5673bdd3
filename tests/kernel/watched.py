"""A governor flown by hand under the oracle's eyes: for stories that have to keep every promise besides their
own point.
"""

from typing import Any

from flyball.kernel.effects import (
    Effect,
)
from flyball.kernel.events import Event, Mark
from tests.kernel.flight import AAA, BBB, NS, Flight, ppm
from tests.kernel.hand import CASH, Hand

MINUTE = 60 * NS


class Watched(Hand):
    """A governor flown by hand, under the oracle's eyes."""

    def feed(self, event: Event) -> list[Effect]:
        return Flight.feed(self, event)

    def bars_of_a_minute(self, steps: list[int], symbol: str = "AAA") -> None:
        """A print a minute, each so many bp from the one before, judged together."""
        start, price = len(self.facts), self.g.state.markets[symbol].mid()
        for bp in steps:
            self.now += MINUTE
            price = price * (10_000 + bp) // 10_000
            self.take(Mark(self.now, symbol, 0, 0, price, 0, 0, "test", self.n("feed")))
        self.judged(start)


def watched(price: int = 10_000, mode: str = "paper", **limits: Any) -> Watched:
    """AAA and BBB, 10,000 in cash, an open session, and only the limits given. AAA is at `price` (0 = not
    priced yet).
    """
    f = Watched()
    f.epoch(mode=mode)
    f.config(**{"stress_floor": ppm(5_000), **limits})
    f.instrument(AAA)
    f.instrument(BBB)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=())
    f.session()
    if price:
        f.mark(last=price)
    return f
