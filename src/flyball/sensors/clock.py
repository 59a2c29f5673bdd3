"""The machine's clock (O1): a journal, a session's close and an order's age are only as true as it is.

Bad: it is more than 150 ms off by a source that knows better than that itself. Ok: a source says that it is
less, or whatever keeps it says that it does. Unknown: nobody has said either for GRACE after a start, or for
an hour after somebody did (by then a free-running clock of 50 ppm is off by the limit and more). Of three or
more offsets the middle one counts, so that one false ticker moves nothing; of fewer the worst."""

from typing import Final

from flyball.kernel.units import MINUTE, MS, NS
from flyball.ports import ClockReading, Vitals
from flyball.sensors.board import BAD, OK, UNKNOWN, WAITING, Reading

LIMIT: Final = 150 * MS
GRACE: Final = MINUTE
HOUR: Final = 60 * MINUTE
STALE: Final = MINUTE  # a look older than this says nothing: whoever looks is stuck
MIDDLE: Final = 3
SETTLE: Final = MINUTE


class ClockOffset:
    """Sensor "clock". Times are the machine's steady nanoseconds."""

    def __init__(self, begun: int) -> None:
        self._sure = begun - HOUR + GRACE  # when somebody last said something

    def read(self, vitals: Vitals | None, steady: int) -> Reading:
        """What the newest look at the machine says of its clock."""
        readings = vitals.clock if vitals is not None and vitals.age <= STALE else ()
        offset = offset_of(readings)
        named = "; ".join(_said(r) for r in readings) or "no look at the clock has come"
        if offset is not None:
            self._sure = steady
            state = BAD if abs(offset) > LIMIT else OK
            return _reading(state, abs(offset), named)
        if any(r.synchronised for r in readings):
            self._sure = steady
            return _reading(OK, -1, named)
        state = UNKNOWN if steady - self._sure > HOUR else WAITING
        return _reading(state, -1, named)


def offset_of(readings: tuple[ClockReading, ...]) -> int | None:
    """How far the clock is off by the sources that can tell to the limit, nanoseconds; None when none can."""
    offsets = [r.offset for r in readings if r.offset is not None and r.error <= LIMIT]
    if not offsets:
        return None
    if len(offsets) < MIDDLE:
        return max(offsets, key=abs)
    return sorted(offsets)[len(offsets) // 2]


def _reading(state: str, value: int, detail: str) -> Reading:
    return Reading("clock", state, "clock", detail, value=value, limit=LIMIT, settle=SETTLE)


def _said(r: ClockReading) -> str:
    if r.offset is not None:
        return f"{r.source}: {r.offset / NS:+.6f} s, within {r.error / NS:.6f} s"
    if r.synchronised:
        return f"{r.source}: synchronised"
    return f"{r.source}: {r.detail}"
