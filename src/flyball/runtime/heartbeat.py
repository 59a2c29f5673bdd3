"""The loop's heartbeat as a source that has no events: a loop that no longer goes round no longer beats."""

from typing import Final

from flyball.kernel.events import Event
from flyball.kernel.governor import Governor
from flyball.kernel.latches import ACCOUNT_SCOPE, key_of
from flyball.kernel.units import MS
from flyball.ports import Clock, Pulse

EVERY: Final = 250 * MS  # real time


class Heartbeat:
    """Beats while it is asked. For a clock that waits; a virtual one has no time to be silent in."""

    def __init__(self, pulse: Pulse, clock: Clock, governor: Governor) -> None:
        self.pulse = pulse
        self.clock = clock
        self.governor = governor
        self.due = 0

    def next_due(self) -> int | None:
        return self.due

    def take(self, now: int) -> list[Event]:
        if now >= self.due:
            latches = self.governor.state.latches
            self.pulse.beat(panicked=key_of("L4", ACCOUNT_SCOPE) in latches)
            self.due = now + self.clock.stretch(EVERY)
        return []
