"""Facts with a beginning and an end, looked up by trade date. A date without a row is refused, never
guessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")
WARN_DAYS = 30  # before the newest row ends


class NoRow(LookupError):  # noqa: N818 - it says what is the case
    """A trade date that a table does not cover. Whoever asks must refuse what adds, not assume a value."""


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """What holds from `first` to `last`, both included and written yyyymmdd, and who says so."""

    first: int
    last: int
    value: T
    source: str


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A table: rows in order, not overlapping, gaps allowed. `name` is shown to people."""

    name: str
    rows: Sequence[Row[T]]

    def on(self, day: int) -> T:
        """The value on a trade date (yyyymmdd). NoRow when there is none."""
        for row in self.rows:
            if row.first <= day <= row.last:
                return row.value
        begins, ends = self.rows[0].first, self.rows[-1].last
        raise NoRow(f"{self.name}: no row for {day}; there are some from {begins} to {ends}: update flyball")

    def ends_soon(self, day: int) -> str:
        """The warning that the newest row ends within 30 days of a date, or has ended; "" when it does
        not."""
        ends = self.rows[-1].last
        if (_date(ends) - _date(day)).days > WARN_DAYS:
            return ""
        return f"{self.name}: the newest row ends on {ends}: update flyball"


def _date(day: int) -> date:
    return date(day // 10_000, day // 100 % 100, day % 100)
