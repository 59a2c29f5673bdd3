"""The kernel's timers and the exchange's sessions as sources of events."""

from collections.abc import Sequence

from flyball.kernel.events import Event, Session, Tick
from flyball.kernel.governor import Governor
from flyball.tables.calendar import Session as Scheduled


class Timers:
    """A `Tick` whenever the kernel has something due."""

    def __init__(self, governor: Governor) -> None:
        self.governor = governor

    def next_due(self) -> int | None:
        return self.governor.next_due() or None

    def take(self, now: int) -> list[Event]:
        due = self.governor.next_due()
        if due == 0 or due > now:
            return []
        return [Tick(max(due, self.governor.state.ts))]


class Sessions:
    """A `Session` event at every open of a schedule, from the day after the one the governor knows."""

    def __init__(self, venue: str, schedule: Sequence[Scheduled], known_day: int) -> None:
        self.venue = venue
        self.schedule = [s for s in schedule if s.day > known_day]

    def next_due(self) -> int | None:
        return self.schedule[0].open if self.schedule else None

    def take(self, now: int) -> list[Event]:
        out: list[Event] = []
        while self.schedule and self.schedule[0].open <= now:
            s = self.schedule.pop(0)
            if s.close > now:  # a session that is over when the governor starts is not begun
                out.append(Session(s.open, self.venue, s.day, s.open, s.close))
        return out
