"""Which sessions a set of prices covers, by the configured calendar and its overlay."""

from collections.abc import Sequence

from flyball.config.settings import AROUND_THE_CLOCK
from flyball.feeds.series import Bar, Series, in_sessions
from flyball.kernel.units import NS
from flyball.tables.calendar import Session, day_of, left, session_on, unknown
from flyball.tables.overlay import Overlay, overlaid

UTC_DAY = 86_400 * NS
THURSDAY, SATURDAY = 3, 5  # 1970-01-01 was a Thursday
WARN_DAYS = 30  # before the table ends


def cut(series: Sequence[Series], calendar: str) -> tuple[list[Series], list[Session], list[str]]:
    """The bars that lie in sessions, the sessions they cover, and notes on what was left out.

    Days that the calendar does not reach have sessions of which nobody knows the close: nothing adds in
    them, and exits are possible as long as on the shortest day there is.
    """
    if calendar == AROUND_THE_CLOCK:
        return list(series), _utc_days(series), []
    kept: list[Series] = []
    notes: list[str] = []
    days: set[int] = set()
    beyond: list[int] = []
    for one in series:
        inside, behind = in_sessions(_within(one)), _behind(one)
        left_out = inside.outside_hours + inside.closed_days
        if left_out:
            notes.append(f"{one.symbol}: {left_out} bars outside regular sessions were left out")
        if inside.series.bars or behind:
            kept.append(Series(one.symbol, one.price_exp, one.seconds, [*inside.series.bars, *behind]))
            days.update(day_of(bar.end) for bar in inside.series.bars)
            beyond.extend(bar.end for bar in behind)
    sessions = [found for day in sorted(days) if (found := session_on(day)) is not None]
    return kept, [*sessions, *_unknown(beyond)], notes


def laid(
    series: Sequence[Series], schedule: Sequence[Session], overlay: Overlay
) -> tuple[list[Series], list[Session], list[str]]:
    """Bars and sessions as an overlay leaves them, and notes that name its rows."""
    rows = [overlay[s.day] for s in schedule if s.day in overlay]
    if not rows:
        return list(series), list(schedule), []
    shortened = {row.day: row.session for row in rows}
    left_over = overlaid(schedule, overlay)

    def traded(end: int) -> bool:
        day = day_of(end) if left(_number(end // UTC_DAY)) > 1 else 0
        session = shortened.get(day)
        return day not in shortened or (session is not None and session.open <= end <= session.close)

    cut_down = [
        Series(s.symbol, s.price_exp, s.seconds, [bar for bar in s.bars if traded(bar.end)]) for s in series
    ]
    notes = [
        f"calendar overlay: {row.day} {'closed' if row.session is None else 'shortened'} ({row.reason})"
        for row in rows
    ]
    return [s for s in cut_down if s.bars], left_over, notes


def ends_soon(schedule: Sequence[Session], calendar: str) -> str:
    """The warning that the calendar's table ends within 30 days of the last session, "" when it does not."""
    if calendar == AROUND_THE_CLOCK or not schedule or left(schedule[-1].day) > WARN_DAYS:
        return ""
    days = left(schedule[-1].day)
    when = f"ends {days} days after the last session of this run" if days >= 0 else "has ended"
    return f"the calendar's table {when}: nothing adds behind its end; update flyball"


def _within(one: Series) -> Series:
    """The bars on days of the table. One day less than it has: New York is behind UTC."""
    bars = [bar for bar in one.bars if left(_number((bar.end - 1) // UTC_DAY)) >= 0]
    return one if len(bars) == len(one.bars) else Series(one.symbol, one.price_exp, one.seconds, bars)


def _behind(one: Series) -> list[Bar]:
    """The bars behind the table's end, on weekdays."""
    return [
        bar
        for bar in one.bars
        if left(_number((bar.end - 1) // UTC_DAY)) < 0 and (bar.end // UTC_DAY + THURSDAY) % 7 < SATURDAY
    ]


def _unknown(ends: Sequence[int]) -> list[Session]:
    """A session without a close for each UTC day of these times, from the first of them on."""
    first: dict[int, int] = {}
    for end in sorted(ends):
        first.setdefault(end // UTC_DAY, end)
    return [unknown(_number(day), begins) for day, begins in first.items()]


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
