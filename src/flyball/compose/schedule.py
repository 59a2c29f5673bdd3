"""Which sessions a set of prices covers, by the configured calendar."""

from collections.abc import Sequence

from flyball.config.settings import AROUND_THE_CLOCK
from flyball.feeds.series import Series, in_sessions
from flyball.kernel.units import NS
from flyball.tables.calendar import Session, day_of, session_on

UTC_DAY = 86_400 * NS


def cut(series: Sequence[Series], calendar: str) -> tuple[list[Series], list[Session], list[str]]:
    """The bars that lie in sessions, the sessions they cover, and notes on what was left out.

    Raises OutOfTable for days the calendar does not reach.
    """
    if calendar == AROUND_THE_CLOCK:
        return list(series), _utc_days(series), []
    kept: list[Series] = []
    notes: list[str] = []
    days: set[int] = set()
    for one in series:
        inside = in_sessions(one)
        left_out = inside.outside_hours + inside.closed_days
        if left_out:
            notes.append(f"{one.symbol}: {left_out} bars outside regular sessions were left out")
        if inside.series.bars:
            kept.append(inside.series)
            days.update(day_of(bar.end) for bar in inside.series.bars)
    sessions = [found for day in sorted(days) if (found := session_on(day)) is not None]
    return kept, sessions, notes


def first_sessions(
    series: Sequence[Series], schedule: Sequence[Session], n: int
) -> tuple[list[Series], list[Session]]:
    """The first `n` sessions of a schedule and the bars in them."""
    days = list(schedule)[:n]
    if not days:
        return [], []
    end = days[-1].close
    return [
        Series(s.symbol, s.price_exp, s.seconds, [b for b in s.bars if b.end <= end]) for s in series
    ], days


def _utc_days(series: Sequence[Series]) -> list[Session]:
    """Around the clock a risk day is the UTC day; its session never closes early."""
    ends = [bar.end for one in series for bar in one.bars]
    if not ends:
        return []
    days = range((min(ends) - 1) // UTC_DAY, (max(ends) - 1) // UTC_DAY + 1)
    return [Session(_number(d), d * UTC_DAY, (d + 1) * UTC_DAY, False) for d in days]


def _number(day: int) -> int:
    """yyyymmdd of a day counted from 1970-01-01, UTC."""
    from flyball.runtime.view import rfc3339

    return int(rfc3339(day * UTC_DAY)[:10].replace("-", ""))
