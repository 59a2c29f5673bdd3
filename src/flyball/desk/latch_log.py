"""Each episode of a latch: who set it and why, who cleared it and why, which day it began in."""

from dataclasses import dataclass, field

from flyball.kernel.effects import LatchChange
from flyball.kernel.words import SET


@dataclass
class Episode:
    """One latch from set to cleared. Times in UTC nanoseconds; `cleared_at` 0 while it holds."""

    latch: str
    scope: str
    state: str
    positions: str
    clears: str
    day: int
    set_at: int
    set_by: str
    reason: str
    cleared_at: int = 0
    cleared_by: str = ""
    cleared_reason: str = ""


@dataclass
class LatchLog:
    """Every episode in order, and which hold now."""

    episodes: list[Episode] = field(default_factory=list)
    active: dict[tuple[str, str], Episode] = field(default_factory=dict)

    def take(self, e: LatchChange, day: int) -> Episode:
        """A change; a second `set` of one that holds only changes what happens to positions."""
        key = (e.latch, e.scope)
        held = self.active.get(key)
        if e.action == SET:
            if held is None:
                held = Episode(e.latch, e.scope, e.state, e.positions, e.clears, day, e.ts, e.by, e.reason)
                self.episodes.append(held)
                self.active[key] = held
            else:
                held.positions = e.positions
            return held
        if held is None:  # set before the records begin
            held = Episode(e.latch, e.scope, e.state, e.positions, e.clears, 0, 0, "", "")
            self.episodes.append(held)
        held.cleared_at, held.cleared_by, held.cleared_reason = e.ts, e.by, e.reason
        self.active.pop(key, None)
        return held
