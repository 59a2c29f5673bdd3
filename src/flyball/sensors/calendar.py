"""Our calendar and clock against the broker's own (M1): a half-day that one of the two has missed shows here
hours before it costs a night.

Bad: the broker's clock is more than SKEW from ours, it calls the market open when our session says closed or
the other way round, closes before our close, or names another next open. A session that we end sooner than
the broker, as an overlay may, is no disagreement: it is flat in time. Within EDGE of our open or close
nothing is judged. Unknown: it has not been readable for BOUND. A market that never closes has only its clock
compared."""

from collections.abc import Sequence
from typing import Final

from flyball.kernel.days import Day
from flyball.kernel.units import MINUTE, NS
from flyball.ports import Hours
from flyball.sensors.board import BAD, OK, UNKNOWN, WAITING, Reading

SKEW: Final = 2 * NS  # the way to a broker and back, and clocks that show whole seconds
EDGE: Final = MINUTE
BOUND: Final = 5 * MINUTE


class Agreement:
    """Sensor "calendar". `opens`: the opens of our schedule, in order; `closes`: whether the market ever
    closes; `begun`: when it was first wanted, UTC ns."""

    def __init__(self, opens: Sequence[int], begun: int, *, closes: bool) -> None:
        self._opens = opens
        self._closes = closes
        self._sure = begun

    def read(self, hours: Hours | None, day: Day, now: int, bound: int = BOUND) -> Reading:
        """What the broker's newest answer makes of our day."""
        if hours is not None:
            self._sure = max(self._sure, hours.asked)
        if hours is None or now - hours.asked > bound:
            silent = now - self._sure
            state = UNKNOWN if silent > bound else WAITING
            return _reading(state, f"the broker's clock was not read for {silent // NS} s", -1)
        wrong = self._differs(hours, day)
        skew = abs(hours.clock - hours.asked)
        return _reading(BAD if wrong else OK, wrong or "the broker's clock and session are ours", skew)

    def _differs(self, hours: Hours, day: Day) -> str:
        """What does, "" when nothing."""
        skew = hours.clock - hours.asked
        if abs(skew) > SKEW:
            return f"the broker's clock is {skew / NS:+.3f} s from ours"
        at = hours.asked
        near = day.day != 0 and min(abs(at - day.open), abs(at - day.close)) <= EDGE
        if not self._closes or near:
            return ""
        ours = day.is_open(at)
        if hours.is_open and not ours and not _sooner(hours, day):
            return "the broker calls the market open, our calendar does not"
        if ours and not hours.is_open:
            return "the broker calls the market closed, our calendar does not"
        if ours and hours.closes and day.close - hours.closes > EDGE:
            return f"the broker closes {(day.close - hours.closes) // MINUTE} min before our close"
        expected = next((x for x in self._opens if x > at), 0)
        if not ours and hours.opens and expected and abs(hours.opens - expected) > EDGE:
            return f"the broker opens {(hours.opens - expected) // MINUTE:+} min from our next open"
        return ""


def _sooner(hours: Hours, day: Day) -> bool:
    """Whether it is the session that we ended sooner."""
    return day.day != 0 and hours.asked >= day.close and hours.closes - day.close < day.close - day.open


def _reading(state: str, detail: str, skew: int) -> Reading:
    return Reading("calendar", state, "broker", detail, value=skew, limit=SKEW)
