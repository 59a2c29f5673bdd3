"""The risk day: baselines, counters and the clock of the close. A restart reloads it; only a `Session` event
starts a new one.

The ladder (M2), relative to the scheduled close: warn at close - 10 min, flatten from close - 5 min, hard
cutoff at close - 30 s, verify at the close.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.units import MINUTE, NS

WARN_BEFORE: Final = 10 * MINUTE
FLATTEN_BEFORE: Final = 5 * MINUTE
CUTOFF_BEFORE: Final = 30 * NS
STAGES: Final = 4  # warned, flattening, cut off, verified


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

    def is_open(self, ts: int) -> bool:
        return self.open <= ts < self.close

    def rung(self, flat_by_close: bool) -> int:
        """When the next rung is due; 0 when there is none."""
        if self.day == 0 or self.stage >= STAGES:
            return 0
        if not flat_by_close:
            return 0
        before = (WARN_BEFORE, FLATTEN_BEFORE, CUTOFF_BEFORE, 0)[self.stage]
        return self.close - before

    def closing(self, ts: int) -> bool:
        return ts >= self.close - FLATTEN_BEFORE
