"""The loop's own sensor: it stood still, so whatever it believed of the world is from before (B19).

A process may be stopped (SIGSTOP, a debugger), its machine may sleep (a lid, a migration), or one round may
take for ever. Every wait and every round is measured by clocks that no step of the wall clock moves. What
took more than LONGEST longer than it was to take is a gap, and so is a sleep of the machine that long: boot
time went on, monotonic time did not. A gap counts as a crash: its report is the first event of the next
round, and until the broker's account has been compared nothing adds."""

from dataclasses import dataclass
from typing import Final

from flyball.kernel.units import MS, NS
from flyball.ports import Clock

LONGEST: Final = 5 * NS


@dataclass
class Gap:
    """The loop stood still for `ns`, by its clock; `asleep`: the machine slept."""

    ns: int
    asleep: bool

    def __str__(self) -> str:
        what = "the machine slept" if self.asleep else "the process stood still"
        return f"{what} for {self.ns // NS}.{self.ns % NS // (100 * MS)} s"


class Standstill:
    """Looks at the clock before and after every wait. In virtual time there is nothing to see."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: tuple[int, int] | None = None
        self.last: Gap | None = None  # the newest, for people
        self.last_at = 0  # ... and when it was noticed
        self.count = 0

    def look(self, now: int, allowed: int = 0) -> Gap | None:
        """Since the last look no more than `allowed` nanoseconds of the clock should have passed, and
        LONGEST: the gap when they have. Every look is the beginning of the next."""
        if self._clock.virtual:
            return None
        seen, before = self._clock.steady(), self._seen
        self._seen = seen
        if before is None:
            return None
        awake, passed = seen[0] - before[0], seen[1] - before[1]
        slept = passed - awake
        late = self._clock.stretch(passed) - max(allowed, 0)
        if slept <= LONGEST and late <= self._clock.stretch(LONGEST):
            return None
        self.last = Gap(slept if slept > LONGEST else late, slept > LONGEST)
        self.last_at = now
        self.count += 1
        return self.last
