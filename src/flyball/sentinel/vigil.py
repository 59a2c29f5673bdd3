"""When the sentinel acts: the rule, over what it has seen. It has a steady clock, in seconds.

It acts once an episode, when
  - the kill file is there, and within `grace` no governor has taken the panic up (or none flies at all); one
    that has is left to it for as long as its heart beats;
  - the heartbeat is silent for `after`, the process being there (stuck, stopped, its machine starved);
  - the process is gone without a farewell and no other has begun within `grace`; one that has begun after a
    crash has `RECOVERY` seconds, counted from the last flight's last beat, until it flies itself.
A process that cannot be seen from here (another namespace) is there as long as it beats. A governor that took
its leave, or that was never there, is silent by right. A pause of the sentinel itself (its machine slept, it
was stopped) proves nothing about the governor: every span begins anew.
"""

from dataclasses import dataclass
from typing import Final

AFTER: Final = 30.0
GRACE: Final = 10.0
SLEPT: Final = 2.0  # between two looks
BEATS: Final = 2.0  # younger than this a heartbeat is fresh
RECOVERY: Final = 120.0  # a crash, with everything that follows until it flies again (SPEC B19)


@dataclass(frozen=True)
class Seen:
    """One look: the kill file, the governor's last beat and its process."""

    kill: bool
    count: int = 0  # of beats; 0 = there never was a governor
    flying: bool = False  # it has not taken its leave
    panicked: bool = False
    alive: bool = False
    starting: bool = False  # it reads its journal after a crash, and does not fly yet


@dataclass
class Vigil:
    """What the sentinel remembers."""

    after: float = AFTER
    grace: float = GRACE
    count: int = -1
    looked: float = 0.0
    beat_at: float = 0.0  # the last beat of a flight
    kill_at: float | None = None
    gone_at: float | None = None
    in_panic: bool = False  # the last flight was getting flat: a crash then is not waited for any longer
    taken_up: bool = False  # a governor that beats has taken a panic up
    done: bool = False  # this episode's panic has been pressed
    kill_before: bool = False  # the kill file was there at the last look, or has been put down since by us
    kill_done: bool = False  # ... and has been acted upon

    def look(self, now: float, seen: Seen) -> str:
        """Why to press now, "" when there is no reason to."""
        if self.count == -1 or now - self.looked > SLEPT:
            self.beat_at = now
            self.gone_at = self.kill_at = None
        self.looked = now
        beats = seen.count != self.count and not seen.starting
        self.count = seen.count
        if beats:
            self.beat_at, self.in_panic = now, seen.panicked
        flying = seen.flying and seen.count > 0
        fresh = flying and not seen.starting and now - self.beat_at <= BEATS
        self.taken_up = fresh and seen.panicked
        self.kill_done = self.kill_done and (self.kill_before or not seen.kill)
        self.kill_before = seen.kill
        self.kill_at = None if not seen.kill else now if self.kill_at is None else self.kill_at
        there = not flying or seen.alive or beats
        self.gone_at = None if there else now if self.gone_at is None else self.gone_at
        if fresh and not seen.kill:
            self.done = self.kill_done = False
        why = "" if self.kill_done else self._killed(now, seen, flying)
        why = why or ("" if self.done else self._reason(now, seen, flying))
        if why:
            self.done = self.kill_done = True
        return why

    def _killed(self, now: float, seen: Seen, flying: bool) -> str:
        silent = now - self.beat_at
        if self.kill_at is None:
            return ""
        if not flying:
            return "the kill file is there and no governor flies"
        if silent >= max(self.grace, BEATS):
            return f"the kill file is there and the governor is silent for {silent:.0f} s"
        if now - self.kill_at >= self.grace and not seen.panicked:
            return f"the kill file is there and the governor has not taken it up in {self.grace:g} s"
        return ""

    def _reason(self, now: float, seen: Seen, flying: bool) -> str:
        silent = now - self.beat_at
        if self.gone_at is not None and now - self.gone_at >= self.grace:
            return "the governor is gone without a farewell"
        patience = max(self.after, RECOVERY) if seen.starting and not self.in_panic else self.after
        if flying and silent >= patience:
            return f"the governor is silent for {silent:.0f} s"
        return ""
