"""The kernel's timers and the exchange's sessions as sources of events."""

from collections.abc import Callable, Sequence
from typing import Final

from flyball.kernel.days import Day
from flyball.kernel.events import Event, Report, Session, Tick
from flyball.kernel.governor import Governor
from flyball.kernel.units import NS
from flyball.tables.calendar import Session as Scheduled
from flyball.tables.overlay import NONE, Overlay, OverlayError, overlaid

LOOK: Final = 5 * NS  # between two looks at the overlay


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
    """A `Session` event at every open of a schedule, from the day after the one the governor knows; and of
    the day it knows, when that closes earlier than it was told.

    `schedule` is the calendar's own; `overlay` is what is taken away from it. With `look` the overlay is
    looked at again every 5 s: what it says of today holds from then on, and one that cannot be read
    (OverlayError) is reported and changes nothing.
    """

    def __init__(
        self,
        venue: str,
        schedule: Sequence[Scheduled],
        known: Day,
        overlay: Overlay = NONE,
        look: Callable[[], Overlay] | None = None,
    ) -> None:
        self.venue = venue
        self.table = list(schedule)
        self.known = (known.day, known.open, known.close)
        self.overlay = overlay
        self.look = look
        self.look_at = 0
        self.unreadable = ""
        self.schedule: list[Scheduled] = []
        self._lay()

    def next_due(self) -> int | None:
        """An open, a look, or a moment past: today is not as it was told."""
        dues = [self.schedule[0].open] if self.schedule else []
        if self.look is not None:
            dues.append(self.look_at)
        if self._today(0) is not None:
            dues.append(0)
        return min(dues, default=None)

    def take(self, now: int) -> list[Event]:
        """What has begun or moved by `now`."""
        out: list[Event] = []
        if self.look is not None and now >= self.look_at:
            self.look_at = now + LOOK
            out.extend(self._look(now, self.look))
        if (moved := self._today(now)) is not None:
            self.known = (moved.day, moved.open, moved.close)
            out.append(Session(now, self.venue, moved.day, moved.open, moved.close))
        while self.schedule and self.schedule[0].open <= now:
            s = self.schedule.pop(0)
            # a session that is over when the governor starts is not begun; one without a close may not be
            if s.close > now or s.close <= s.open:
                self.known = (s.day, s.open, s.close)
                out.append(Session(s.open, self.venue, s.day, s.open, s.close))
        return out

    def _look(self, now: int, look: Callable[[], Overlay]) -> list[Event]:
        try:
            found = look()
        except OverlayError as wrong:
            if str(wrong) == self.unreadable:
                return []
            self.unreadable = str(wrong)
            return [Report(now, "overlay", "unreadable", "overlay", self.unreadable)]
        if found != self.overlay:
            self.overlay = found
            self._lay()
        if not self.unreadable:
            return []
        self.unreadable = ""
        return [Report(now, "overlay", "ok", "overlay", "it can be read again")]

    def _lay(self) -> None:
        self.schedule = [s for s in overlaid(self.table, self.overlay) if s.day > self.known[0]]

    def _today(self, now: int) -> Scheduled | None:
        """The day under way with the hours it has now, when they end earlier than was told. A day that is
        closed altogether ends at once."""
        day, begun, told = self.known
        row = self.overlay.get(day)
        if row is None or now >= told > begun:
            return None
        ends = max(begun + 1, now) if row.session is None else row.session.close
        return Scheduled(day, begun, ends, True) if begun < ends < told else None
