"""What the judge keeps of a record for later: a latch that is set, an intent with the answer to it."""

from dataclasses import dataclass

from flyball.kernel.effects import Decision, LatchChange
from flyball.kernel.events import Intent


@dataclass(slots=True)
class Latch:
    """One that is set."""

    record: LatchChange
    seq: int
    day: int  # risk day it was set in

    def covers(self, strategy: str, symbol: str) -> bool:
        return self.record.scope in ("account", f"strategy:{strategy}", f"symbol:{symbol}")


@dataclass(slots=True)
class Decided:
    """An intent and the answer to it."""

    intent: Intent
    decision: Decision
    seq: int  # of the decision
