"""The XNYS table against both calendar libraries, the recorded sessions and days that a person can check."""

import csv
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flyball.tables import xnys
from flyball.tables.calendar import OutOfTable, Session, day_of, session_at, session_on, sessions_between
from tools import make_calendar

NS = 1_000_000_000


def ns(text: str) -> int:
    """UTC nanoseconds of an ISO time with an offset or Z."""
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * NS


@pytest.mark.parametrize(
    ("day", "opens", "closes", "early"),
    [
        (20050103, "2005-01-03T14:30:00Z", "2005-01-03T21:00:00Z", False),  # the first of the table
        (20080915, "2008-09-15T13:30:00Z", "2008-09-15T20:00:00Z", False),
        (20081128, "2008-11-28T14:30:00Z", "2008-11-28T18:00:00Z", True),  # the day after Thanksgiving
        (20240308, "2024-03-08T14:30:00Z", "2024-03-08T21:00:00Z", False),  # Friday before summer time
        (20240311, "2024-03-11T13:30:00Z", "2024-03-11T20:00:00Z", False),  # Monday after
        (20061027, "2006-10-27T13:30:00Z", "2006-10-27T20:00:00Z", False),  # the old rule: ends in October
        (20061030, "2006-10-30T14:30:00Z", "2006-10-30T21:00:00Z", False),
        (20050601, "2005-06-01T13:30:00Z", "2005-06-01T20:00:00Z", False),  # as scheduled, not as it went
        (20261127, "2026-11-27T14:30:00Z", "2026-11-27T18:00:00Z", True),
        (20280703, "2028-07-03T13:30:00Z", "2028-07-03T17:00:00Z", True),
        (20281229, "2028-12-29T14:30:00Z", "2028-12-29T21:00:00Z", False),  # the last
    ],
)
def test_a_session_opens_and_closes_when_new_york_does(
    day: int, opens: str, closes: str, early: bool
) -> None:
    assert session_on(day) == Session(day, ns(opens), ns(closes), early)


@pytest.mark.parametrize(
    "day",
    [
        20050101,  # Saturday, New Year
        20070102,  # mourning of President Ford
        20121029,  # hurricane Sandy
        20121030,
        20181205,  # mourning of President Bush
        20250109,  # mourning of President Carter
        20260703,  # Independence Day observed
        20271224,
        20280617,  # a Saturday
        20281231,  # a Sunday, the last day of the table
    ],
)
def test_closed_days_have_no_session(day: int) -> None:
    assert session_on(day) is None


def test_new_year_on_a_saturday_is_not_made_up_for() -> None:
    assert session_on(20271231) is not None
    assert session_on(20280103) is not None


def test_the_instants_of_a_session_belong_to_it_and_no_others() -> None:
    session = session_on(20081128)
    assert session is not None
    assert session_at(session.open) == session
    assert session_at(session.close) == session
    assert session_at(session.open - 1) is None
    assert session_at(session.close + 1) is None
    assert session_at(ns("2008-11-27T16:00:00Z")) is None


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2008-09-15T03:59:59Z", 20080914),
        ("2008-09-15T04:00:00Z", 20080915),
        ("2008-12-15T04:59:59Z", 20081214),
        ("2008-12-15T05:00:00Z", 20081215),
        ("2005-01-01T05:00:00Z", 20050101),
        ("2029-01-01T04:59:59Z", 20281231),
    ],
)
def test_the_date_is_new_yorks(at: str, day: int) -> None:
    assert day_of(ns(at)) == day


def test_the_date_turns_at_the_last_nanosecond() -> None:
    assert day_of(ns("2008-09-15T04:00:00Z") - 1) == 20080914


@pytest.mark.parametrize("day", [20041231, 20290101, 19991231, 99991231])
def test_days_beyond_the_table_are_refused_with_a_remedy(day: int) -> None:
    for ask in (lambda: session_on(day), lambda: sessions_between(20200101, day)):
        with pytest.raises(OutOfTable, match=f"20050101 to 20281231, not {day}: update flyball"):
            ask()


@pytest.mark.parametrize("at", ["2005-01-01T04:59:59Z", "2029-01-01T05:00:00Z"])
def test_times_beyond_the_table_are_refused(at: str) -> None:
    with pytest.raises(OutOfTable, match="update flyball"):
        day_of(ns(at))
    with pytest.raises(OutOfTable, match="update flyball"):
        session_at(ns(at))


@pytest.mark.parametrize("ts", [10**25, -(10**25)])
def test_what_is_no_time_at_all_is_refused(ts: int) -> None:
    with pytest.raises(OutOfTable, match="not a time in UTC nanoseconds"):
        day_of(ts)


@pytest.mark.parametrize("day", [20230229, 20231301, 20230100, 0, -20230101])
def test_what_is_no_date_is_refused(day: int) -> None:
    with pytest.raises(ValueError, match="not a date written yyyymmdd"):
        session_on(day)


def test_sessions_between_includes_both_ends_and_skips_closed_days() -> None:
    days = [session.day for session in sessions_between(20081125, 20081202)]
    assert days == [20081125, 20081126, 20081128, 20081201, 20081202]
    assert sessions_between(20081127, 20081127) == []
    assert sessions_between(20081202, 20081125) == []


def test_the_table_is_what_both_libraries_say() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, about their own future
        ours = make_calendar.from_exchange_calendars()
        theirs = make_calendar.from_pandas_market_calendars()
    assert make_calendar.disagreements(ours, theirs) == []
    sessions = sessions_between(xnys.FIRST_DAY, xnys.LAST_DAY)
    assert [(s.day, s.open, s.close) for s in sessions] == [
        (make_calendar.number(day), ns(first.isoformat()), ns(last.isoformat()))
        for day, (first, last) in sorted(ours.items())
    ]
    assert len(sessions) == 6036


def test_the_tool_sees_every_kind_of_disagreement() -> None:
    new_york = make_calendar.from_exchange_calendars()
    other = dict(new_york)
    for day, (opens, closes, _) in make_calendar.KNOWN_DIFFERENCES.items():
        first, last = new_york[day]
        other[day] = (
            first.replace(hour=int(opens[:2]), minute=int(opens[3:])),
            last.replace(hour=int(closes[:2]), minute=int(closes[3:])),
        )
    assert make_calendar.disagreements(new_york, other) == []
    days = sorted(new_york)
    missing, shorter, gone = days[100], days[200], next(iter(make_calendar.KNOWN_DIFFERENCES))
    del other[missing]
    other[shorter] = (other[shorter][0], other[shorter][1] - timedelta(hours=3))
    other[gone] = new_york[gone]
    found = make_calendar.disagreements(new_york, other)
    assert [line[:10] for line in found] == sorted(map(str, (missing, shorter, gone)))


def test_the_tool_refuses_hours_it_has_no_words_for() -> None:
    hours = make_calendar.from_exchange_calendars()
    day = sorted(hours)[50]
    hours[day] = (hours[day][0], hours[day][1] - timedelta(minutes=30))
    with pytest.raises(SystemExit, match=str(day)):
        make_calendar.table_of(hours)


def test_the_generated_file_is_the_one_in_the_package() -> None:
    table = make_calendar.table_of(make_calendar.from_exchange_calendars())
    ours = make_calendar.source_text(table).partition("from typing")[2]  # below the versions of the libraries
    assert make_calendar.TABLE.read_text(encoding="utf-8").partition("from typing")[2] == ours


def test_the_table_is_what_was_recorded(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("nyse_calendar_2008_2027")
    with (folder / "sessions.csv").open(newline="", encoding="utf-8") as file:
        recorded = [
            Session(
                int(r["date"].replace("-", "")),
                ns(r["open_utc"]),
                ns(r["close_utc"]),
                r["early_close"] == "1",
            )
            for r in csv.DictReader(file)
        ]
    assert len(recorded) == 5031
    assert sessions_between(20080101, 20271231) == recorded
    with (folder / "holidays_weekdays.csv").open(newline="", encoding="utf-8") as file:
        holidays = {int(r["date"].replace("-", "")) for r in csv.DictReader(file)}
    assert {day for day in xnys.CLOSED if 20080101 <= day <= 20271231} == holidays
