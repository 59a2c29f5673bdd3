"""The week: a baseline taken from the ledger at its first session, and kept until the next week's (C7).

Weeks are ISO weeks, named by the date of their Monday. A restart, a holiday or a late start moves
nothing: the baseline is an event's consequence, never reckoned again.
"""

from dataclasses import dataclass


@dataclass
class Week:
    """The present week. Money in micros."""

    monday: int = 0  # yyyymmdd; 0 = none began yet
    baseline: int = 0
    flows: int = 0  # since the baseline


def monday_of(day: int) -> int:
    """The Monday of a date's week, both as yyyymmdd. Proleptic Gregorian, by whole numbers alone (Hinnant,
    "chrono-Compatible Low-Level Date Algorithms")."""
    n = _days(day // 10_000, day // 100 % 100, day % 100)
    return _date(n - (n + 3) % 7)  # day 0, 1970-01-01, was a Thursday


def _days(y: int, m: int, d: int) -> int:
    y -= m <= 2
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (m + (-3 if m > 2 else 9)) + 2) // 5 + d - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468


def _date(n: int) -> int:
    n += 719_468
    era = n // 146_097
    doe = n - era * 146_097
    yoe = (doe - doe // 1_460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    d = doy - (153 * mp + 2) // 5 + 1
    m = mp + (3 if mp < 10 else -9)
    return (yoe + era * 400 + (m <= 2)) * 10_000 + m * 100 + d
