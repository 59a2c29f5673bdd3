"""The journal's disk: room for what is to be written, days until there is none, and how quick it is (J2, L8).

Bad: less than LEAST is free, less than a day is left at the pace of the last hours, or one sync in a hundred
of the newest takes longer than SLOW. A single sync that is slower still is the loop's own business (L9a)."""

from collections import deque
from typing import Final

from flyball.kernel.units import MINUTE, MS
from flyball.ports import Vitals
from flyball.sensors.board import BAD, OK, UNKNOWN, WAITING, Reading

LEAST: Final = 256 << 20
SLOW: Final = 100 * MS
ENOUGH: Final = 200  # syncs before their 99th percentile means anything
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
KEPT: Final = 24  # hourly looks
STALE: Final = MINUTE
SETTLE: Final = MINUTE
UNCLEAR: Final = -1


class DiskRoom:
    """Sensor "disk". Times are the machine's steady nanoseconds."""

    def __init__(self) -> None:
        self._free: deque[tuple[int, int]] = deque(maxlen=KEPT)  # steady, free bytes; hourly
        self.days = UNCLEAR
        self.p99 = UNCLEAR

    def read(self, vitals: Vitals | None, steady: int) -> Reading:
        """What the newest look at the machine says of the disk."""
        if vitals is None:
            return _reading(WAITING, -1, "no look at the disk has come yet")
        if vitals.age > STALE or vitals.free < 0:
            why = "the disk does not say how much is free" if vitals.free < 0 else "a look at the disk hangs"
            return _reading(UNKNOWN, -1, why)
        self._note(steady, vitals.free)
        self.p99 = slowest(vitals.syncs)
        days = f", {self.days} days at the present pace" if self.days >= 0 else ""
        room = f"{vitals.free >> 20} MiB free{days}"
        if vitals.free < LEAST:
            return _reading(BAD, vitals.free, room)
        if self.days == 0:
            return _reading(BAD, vitals.free, f"{room}: less than a day")
        if self.p99 > SLOW:
            detail = f"one sync in a hundred takes {self.p99 // MS} ms or more; {room}"
            return Reading("disk", BAD, "disk", detail, value=self.p99, limit=SLOW, settle=SETTLE)
        return _reading(OK, vitals.free, room)

    def _note(self, steady: int, free: int) -> None:
        """Keep an hourly look, and reckon how long the rest lasts."""
        if not self._free or steady - self._free[-1][0] >= HOUR:
            self._free.append((steady, free))
        first, then = self._free[0]
        used, passed = then - free, steady - first
        if passed < HOUR:
            self.days = UNCLEAR
        else:
            self.days = UNCLEAR if used <= 0 else free * passed // used // DAY


def slowest(syncs: tuple[int, ...]) -> int:
    """The 99th percentile of how long syncs took, nanoseconds; -1 while there are too few to tell."""
    if len(syncs) < ENOUGH:
        return UNCLEAR
    return sorted(syncs)[-(-len(syncs) * 99 // 100) - 1]


def _reading(state: str, value: int, detail: str) -> Reading:
    return Reading("disk", state, "disk", detail, value=value, limit=LEAST, unit="bytes", settle=SETTLE)
