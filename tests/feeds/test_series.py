"""Which bars belong to regular sessions."""

import pytest

from flyball.feeds.series import Bar, Series, in_sessions
from flyball.tables.calendar import OutOfTable, session_on

NS = 1_000_000_000


def test_only_bars_of_regular_sessions_are_kept() -> None:
    session = session_on(20081128)  # closes at 13:00
    assert session is not None
    thanksgiving = session.open - 24 * 3600 * NS
    ends = [thanksgiving, session.open - 1, session.open, session.open + 1, session.close, session.close + 1]
    series = Series("IBM", 2, 60, [Bar(end, 1, 1, 1, 1, 0) for end in ends])
    kept = in_sessions(series)
    assert [bar.end for bar in kept.series.bars] == ends[2:5]
    assert (kept.outside_hours, kept.closed_days) == (2, 1)
    assert (kept.series.symbol, kept.series.price_exp, kept.series.seconds) == ("IBM", 2, 60)
    assert len(series.bars) == 6


def test_bars_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(OutOfTable, match="update flyball"):
        in_sessions(Series("IBM", 2, 60, [Bar(4_000_000_000 * NS, 1, 1, 1, 1, 0)]))
