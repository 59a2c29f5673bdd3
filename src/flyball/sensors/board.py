"""What each sensor says now, and when that is worth a `Report`: a change, a bad state now and then, and the
clean check that a latch waits for.

A sensor may look as often as it likes: looking journals nothing. A state that was bad is ok again only when
it has been ok for the reading's `settle`, so that what flickers is one bad episode. "unknown" (nobody can
tell) is a state of its own: in live mode it is reported under the sensor's own word and sets the latch as bad
does; else under the word with "_unknown", which the kernel only tells. After a start nothing is said again
that is as the kernel believes it: an "ok" is reported when a latch holds for this cause, be it since an
earlier start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flyball.kernel.bounds import MAX_TEXT
from flyball.kernel.events import Report
from flyball.kernel.units import MINUTE, NS

OK: Final = "ok"
BAD: Final = "bad"
UNKNOWN: Final = "unknown"
WAITING: Final = "waiting"
AGAIN: Final = MINUTE  # a bad state is said again, after twice as long each time ...
SELDOM: Final = 60  # ... up to this many times as long
OK_AGAIN: Final = 10 * NS  # an ok that has not been heeded is said again


@dataclass(frozen=True)
class Reading:
    """What a sensor sees. `what` and `scope` as kernel.watching has them; `value` and `limit` in `unit`
    ("ns", "bytes", "days", "" = none), value -1 when there is none; `settle` nanoseconds of being ok."""

    what: str
    state: str
    source: str
    detail: str
    scope: str = "account"
    value: int = -1
    limit: int = -1
    unit: str = "ns"
    settle: int = 0


@dataclass
class Row:
    """One sensor's line: the reading it stands by, since when it is so, when it was seen and last said."""

    reading: Reading
    state: str
    since: int
    seen: int
    said: int = 0
    word: str = ""  # it was said under
    ok_since: int = 0  # 0 = it is not ok
    times: int = 1  # how many times `again` it is said again after


class Board:
    """The newest reading of every sensor. `held`: whether the kernel holds a latch for a cause and scope;
    `trips_unknown`: what nobody can tell is reported as the sensor's own word."""

    def __init__(self, held: Callable[[str, str], bool], *, trips_unknown: bool) -> None:
        self.held = held
        self.trips_unknown = trips_unknown
        self.rows: dict[tuple[str, str], Row] = {}

    def see(self, reading: Reading, now: int, again: int = AGAIN) -> Report | None:
        """Take a reading in; the report it is worth. `again` 0: what is said is said once."""
        key = (reading.what, reading.scope)
        row = self.rows.get(key)
        if row is None:
            row = Row(reading, WAITING, now, now)
            self.rows[key] = row
        row.reading, row.seen = reading, now
        if reading.state == WAITING:
            return None
        if reading.state == OK:
            return self._ok(row, now)
        row.ok_since = 0
        if reading.state != row.state:
            row.state, row.since, row.times = reading.state, now, 1
            return self._say(row, now)
        if again == 0 or now - row.said < again * row.times:
            return None
        row.times = min(2 * row.times, SELDOM)
        return self._say(row, now)

    def _ok(self, row: Row, now: int) -> Report | None:
        r = row.reading
        holds = self.held(r.what, r.scope)
        row.ok_since = row.ok_since or now
        if (holds or row.state in (BAD, UNKNOWN)) and now - row.ok_since < r.settle:
            return None  # not believed yet
        told = row.state in (BAD, UNKNOWN)
        if row.state != OK:
            row.state, row.since = OK, now
        again = row.said == 0 or now - row.said >= OK_AGAIN
        return self._say(row, now) if told or (holds and again) else None

    def forget(self, what: str, scope: str) -> None:
        """There is nothing to watch here any more."""
        self.rows.pop((what, scope), None)

    def _say(self, row: Row, now: int) -> Report:
        r = row.reading
        row.said = now
        row.word = r.what if row.state != UNKNOWN or self.trips_unknown else f"{r.what}_unknown"
        return Report(now, row.word, row.state, r.source, r.detail[:MAX_TEXT], r.scope)
