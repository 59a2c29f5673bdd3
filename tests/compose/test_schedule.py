"""Which sessions a set of bars has: by the table, by the overlay, behind the table's end, around the
clock."""

from datetime import UTC, datetime

import pytest

from flyball.compose.schedule import cut, ends_soon, laid
from flyball.feeds.series import Bar, Series
from flyball.tables.calendar import Session, session_on
from flyball.tables.overlay import read_overlay

NS = 10**9


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS


def series(*ends: str) -> list[Series]:
    return [Series("AAA", 2, 60, [Bar(at(end), 100, 100, 100, 100, 1) for end in ends])]


def ends_of(made):
    return [bar.end for one in made for bar in one.bars]


def test_bars_in_sessions_and_the_days_they_are_of():
    kept, schedule, notes = cut(series("2026-11-27T17:59", "2026-11-27T18:01", "2026-11-28T17:00"), "XNYS")
    assert ends_of(kept) == [at("2026-11-27T17:59")]
    assert schedule == [session_on(20261127)]
    assert len(notes) == 1


def test_behind_the_tables_end_a_weekday_has_a_session_without_a_close():
    ends = (
        "2028-12-29T20:00",
        "2029-01-02T15:00",
        "2029-01-02T16:00",
        "2029-01-06T15:00",
        "2029-01-08T15:00",
    )
    kept, schedule, _ = cut(series(*ends), "XNYS")
    assert len(ends_of(kept)) == 4  # a Saturday is none
    assert schedule[1:] == [
        Session(20290102, at("2029-01-02T15:00"), 0, False),
        Session(20290108, at("2029-01-08T15:00"), 0, False),
    ]


@pytest.mark.parametrize(
    ("day", "warns"),
    [(20281130, False), (20281201, True), (20281229, True), (20290102, True), (20261127, False)],
)
def test_thirty_days_before_the_table_ends_it_is_said(day, warns):
    schedule = [Session(day, 1, 2, False)]
    assert (ends_soon(schedule, "XNYS") != "") is warns
    assert ends_soon(schedule, "24x7") == ends_soon([], "XNYS") == ""


def test_an_overlay_takes_days_and_bars_away_and_is_named():
    overlay = read_overlay(
        "o", b"date,hours,reason\n2026-11-23,closed,outage\n2026-11-24,09:30-12:00,storm\n"
    )
    bars = series("2026-11-23T15:00", "2026-11-24T16:00", "2026-11-24T17:30", "2026-11-25T15:00")
    kept, schedule, _ = cut(bars, "XNYS")
    kept, schedule, notes = laid(kept, schedule, overlay)
    assert ends_of(kept) == [at("2026-11-24T16:00"), at("2026-11-25T15:00")]
    assert [(s.day, s.close) for s in schedule] == [
        (20261124, at("2026-11-24T17:00")),
        (20261125, at("2026-11-25T21:00")),
    ]
    assert [("outage" in n, "storm" in n) for n in notes] == [(True, False), (False, True)]
    assert laid(kept, schedule, {}) == (kept, schedule, [])


@pytest.mark.parametrize("day", ["2026-03-07", "2026-03-08", "2026-11-01", "2026-12-25"])
def test_around_the_clock_a_risk_day_is_the_utc_day_whatever_new_york_does(day):
    _, schedule, _ = cut(series(f"{day}T00:01", f"{day}T23:59"), "24x7")
    begins = at(f"{day}T00:00")
    assert schedule == [Session(int(day.replace("-", "")), begins, begins + 86_400 * NS, False)]


def test_midnight_ends_the_old_day():
    _, schedule, _ = cut(series("2026-03-08T00:00", "2026-03-08T00:01"), "24x7")
    assert [s.day for s in schedule] == [20260307, 20260308]
