"""Sessions of the New York Stock Exchange (XNYS), early closes included: exact in the table, refused outside.

A session is the *scheduled regular* session, 09:30 to 16:00 New York time, or to 13:00 on an early-close day;
an interruption of the day itself is not in it. Days are plain integers, yyyymmdd; times are UTC nanoseconds.
Nothing is read at run time but Python's time zone data.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from flyball.tables import xnys

NEW_YORK: Final = ZoneInfo("America/New_York")
OPENS: Final = time(9, 30)
CLOSES: Final = time(16, 0)
CLOSES_EARLY: Final = time(13, 0)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS: Final = 1_000_000_000
_SATURDAY: Final = 5


class OutOfTable(LookupError):  # noqa: N818 - it says what is the case, as LookupError does
    """A day the calendar does not cover. Whoever asks must refuse what adds, not assume a session."""


@dataclass(frozen=True, slots=True)
class Session:
    """One regular session: `day` is its New York date (yyyymmdd), `open` and `close` are UTC nanoseconds."""

    day: int
    open: int
    close: int
    early: bool


def session_on(day: int) -> Session | None:
    """The session of a New York date (yyyymmdd), None on a weekend or holiday.

    Raises ValueError when `day` is no date, OutOfTable when the table does not reach it.
    """
    return _session_on(_date_of(day))


def sessions_between(first_day: int, last_day: int) -> list[Session]:
    """The sessions from `first_day` to `last_day`, both included, in order. Raises as `session_on`."""
    day, last = _date_of(first_day), _date_of(last_day)
    found = []
    while day <= last:
        if (session := _session_on(day)) is not None:
            found.append(session)
        day += timedelta(days=1)
    return found


def session_at(ts: int) -> Session | None:
    """The session whose [open, close] holds `ts` (UTC ns), None outside sessions. Raises OutOfTable."""
    session = session_on(day_of(ts))
    return session if session is not None and session.open <= ts <= session.close else None


def day_of(ts: int) -> int:
    """The New York date (yyyymmdd) of `ts` (UTC nanoseconds). Raises OutOfTable when beyond the table."""
    try:
        local = (_EPOCH + timedelta(seconds=ts // _NS)).astimezone(NEW_YORK)
    except OverflowError:
        raise OutOfTable(f"no date for {ts} ns after 1970: not a time in UTC nanoseconds") from None
    day = _number_of(local.date())
    _check_covered(day)
    return day


def _date_of(day: int) -> date:
    try:
        found = date(day // 10_000, day // 100 % 100, day % 100)
    except ValueError:
        raise ValueError(f"{day} is not a date written yyyymmdd") from None
    _check_covered(day)
    return found


def _number_of(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _check_covered(day: int) -> None:
    if not xnys.FIRST_DAY <= day <= xnys.LAST_DAY:
        raise OutOfTable(
            f"the XNYS calendar covers {xnys.FIRST_DAY} to {xnys.LAST_DAY}, not {day}: update flyball "
            "(its tables are made anew every year by tools/make_calendar.py) or stay inside the table"
        )


@lru_cache(maxsize=1024)
def _session_on(day: date) -> Session | None:
    number = _number_of(day)
    if day.weekday() >= _SATURDAY or number in xnys.CLOSED:
        return None
    early = number in xnys.EARLY
    return Session(number, _utc(day, OPENS), _utc(day, CLOSES_EARLY if early else CLOSES), early)


def moment(day: int, at: time) -> int:
    """A time of day in New York on a date of the table, as UTC nanoseconds. Raises as `session_on`."""
    return _utc(_date_of(day), at)


def left(day: int) -> int:
    """How many days the table goes beyond a date (yyyymmdd); below 0 behind its end."""
    end = date(xnys.LAST_DAY // 10_000, xnys.LAST_DAY // 100 % 100, xnys.LAST_DAY % 100)
    return (end - date(day // 10_000, day // 100 % 100, day % 100)).days


def unknown(day: int, open_at: int) -> Session:
    """A session behind the table's end: nobody knows its close, so it has none, and nothing adds in it."""
    return Session(day, open_at, 0, False)


def _utc(day: date, at: time) -> int:
    since = datetime.combine(day, at, tzinfo=NEW_YORK) - _EPOCH
    return (since.days * 86_400 + since.seconds) * _NS
