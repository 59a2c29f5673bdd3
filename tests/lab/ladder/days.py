"""Days that the tests of the ladder fly."""

from datetime import date

SUMMER, WINTER, EARLY = 20250716, 20250114, 20241129


def when(day: int) -> date:
    """A date written yyyymmdd."""
    return date(day // 10_000, day // 100 % 100, day % 100)
