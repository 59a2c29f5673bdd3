"""When the New York Stock Exchange trades, by its rules written out: a third opinion, apart from the table
and from Python's time zone data, so that a mistake of either is seen.

NYSE Rule 7.2 (holidays and how they are made up for), its customary closes at 13:00, the closings it
announced for days of mourning, and summer time by the Energy Policy Act of 2005 (in force since 2007). 2015
to 2028.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

FIRST_YEAR: Final = 2015
LAST_YEAR: Final = 2028
JUNETEENTH_SINCE: Final = 2022
MOURNING: Final = (date(2018, 12, 5), date(2025, 1, 9))  # Presidents Bush and Carter
NS: Final = 10**9
MON, THU, FRI, SAT, SUN = 0, 3, 4, 5, 6


@dataclass(frozen=True)
class Hours:
    """A session by the rules: UTC nanoseconds."""

    open: int
    close: int
    early: bool


def hours(day: date) -> Hours | None:
    """The session of a New York date; None when the exchange is shut. ValueError outside 2015 to 2028."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day}: the rules are written out for {FIRST_YEAR} to {LAST_YEAR}")
    if day.weekday() >= SAT or day in MOURNING or day in holidays(day.year):
        return None
    early = closes_early(day)
    behind = (
        4 if summer(day) else 5
    )  # hours behind UTC; a session never spans the change, at 02:00 on a Sunday
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=behind)
    start = int(midnight.timestamp())
    return Hours((start + 9 * 3600 + 1800) * NS, (start + (13 if early else 16) * 3600) * NS, early)


def summer(day: date) -> bool:
    """Whether daylight saving time is in force at noon: second Sunday of March to first Sunday of
    November."""
    return nth(day.year, 3, SUN, 2) <= day < nth(day.year, 11, SUN, 1)


def changes(year: int) -> tuple[date, date]:
    """The Sundays on which the clocks change."""
    return nth(year, 3, SUN, 2), nth(year, 11, SUN, 1)


def closes_early(day: date) -> bool:
    """13:00: the day after Thanksgiving; the eves of Independence Day and Christmas, when they and the day
    they come before are both weekdays that are not made up for."""
    if day == nth(day.year, 11, THU, 4) + timedelta(days=1):
        return True
    following = day + timedelta(days=1)
    if (following.month, following.day) in ((7, 4), (12, 25)):
        return day.weekday() < SAT and following.weekday() < SAT
    return False


def holidays(year: int) -> set[date]:
    """The days of a year on which the exchange keeps shut. A Sunday's is made up for on Monday, a Saturday's
    on Friday; New Year's on a Saturday is not: the Friday ends an accounting year."""
    found = {
        nth(year, 1, MON, 3),
        nth(year, 2, MON, 3),
        easter(year) - timedelta(days=2),
        last_monday(year, 5),
        made_up(date(year, 7, 4)),
        nth(year, 9, MON, 1),
        nth(year, 11, THU, 4),
        made_up(date(year, 12, 25)),
    }
    if year >= JUNETEENTH_SINCE:
        found.add(made_up(date(year, 6, 19)))
    if date(year, 1, 1).weekday() != SAT:
        found.add(made_up(date(year, 1, 1)))
    return found


def made_up(day: date) -> date:
    """Where a holiday is kept."""
    if day.weekday() == SAT:
        return day - timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() == SUN else day


def nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def last_monday(year: int, month: int) -> date:
    """The last Monday of a month that is not December."""
    last = date(year, month + 1, 1) - timedelta(days=1)
    return last - timedelta(days=last.weekday())


def easter(year: int) -> date:
    """Easter Sunday (Gregorian; the anonymous algorithm of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month = (h + m - 7 * n + 114) // 31
    return date(year, month, (h + m - 7 * n + 114) % 31 + 1)
