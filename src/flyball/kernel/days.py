"""The risk day: baselines, counters and the clock of the close. A restart reloads it; only a `Session` event
starts a new one.

The ladder (M2), relative to the scheduled close: warn at close - 10 min, flatten from close - 5 min, hard
cutoff at close - 30 s, verify at the close. Where it is wanted, on-close orders leave at close - 15 min.

A session whose close nobody knows is taken to end at the earliest there is, and nothing adds in it.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.events import Session
from flyball.kernel.units import MINUTE, NS

AUCTION_BEFORE: Final = 15 * MINUTE  # on-close orders leave, where they are wanted
IRREVOCABLE: Final = 10 * MINUTE  # what the auction has then it keeps, and it takes nothing more (NYSE 7.35B)
WARN_BEFORE: Final = 10 * MINUTE
FLATTEN_BEFORE: Final = 5 * MINUTE
CUTOFF_BEFORE: Final = 30 * NS
STAGES: Final = 4  # warned, flattening, cut off, verified
SETTLES: Final = 10 * NS  # behind the close, until the fills of the auction have come
SHORTEST: Final = 210 * MINUTE  # 09:30 to 13:00: the earliest close a calendar has (NYSE Rule 7.2)


@dataclass(slots=True)
class IntentRecord:
    """What became of one intent: all that the book hash keeps of it."""

    verdict: str
    qty: int
    filled: int = 0
    traded: int = 0  # micros


@dataclass
class Day:
    """One risk day. Money in micros."""

    day: int = 0
    venue: str = ""
    open: int = 0
    close: int = 0
    baseline: int = 0
    flows: int = 0
    traded: int = 0  # value of all executions, both sides
    fees: int = 0
    orders: int = 0  # approved orders
    stage: int = 0  # rungs of the ladder taken
    checked: bool = False  # the account was compared with the broker after the close
    intents: dict[str, IntentRecord] = field(default_factory=dict)
    doubtful: bool = False  # nobody knows when it closes
    auctioned: bool = False  # the rung of the on-close orders is behind
    auction: int = 0  # on-close orders sent

    def is_open(self, ts: int) -> bool:
        return self.open <= ts < self.close

    def rung(self, flat_by_close: bool) -> int:
        """When the next rung is due; 0 when there is none."""
        if self.day == 0 or self.stage >= STAGES:
            return 0
        if not flat_by_close:
            return 0
        last = -SETTLES if self.auction else 0
        before = (WARN_BEFORE, FLATTEN_BEFORE, CUTOFF_BEFORE, last)[self.stage]
        return self.close - before

    def auction_at(self, wanted: bool) -> int:
        """When the on-close orders leave; 0 when they do not, or have."""
        if self.day == 0 or self.auctioned or not wanted:
            return 0
        return self.close - AUCTION_BEFORE

    def closing(self, ts: int) -> bool:
        return ts >= self.close - FLATTEN_BEFORE


def hours_of(e: Session) -> tuple[int, int, bool]:
    """(open, close, doubtful) of a session as it is obeyed. One without an open began when it was told."""
    start = e.open if e.open > 0 else e.ts
    if e.close > start:
        return start, e.close, e.open <= 0
    return start, start + SHORTEST, True
