"""Sessions as a source: each once, none that is over, today's close moved by an overlay that comes while it
flies."""

from typing import Any

from flyball.kernel.days import Day
from flyball.kernel.events import Report, Session
from flyball.runtime.timers import LOOK, Sessions
from flyball.tables.calendar import Session as Scheduled
from flyball.tables.calendar import sessions_between
from flyball.tables.overlay import NONE, Overlay, OverlayError, read_overlay

DAYS = sessions_between(20261123, 20261130)
FIRST = DAYS[0]


class File:
    """An overlay file that changes."""

    def __init__(self) -> None:
        self.rows: str | None = ""

    def look(self) -> Overlay:
        if self.rows is None:
            raise OverlayError("o.csv:2: nonsense")
        return read_overlay("o.csv", ("date,hours,reason\n" + self.rows).encode())


def told(events: Any) -> Any:
    return [(e.day, e.ts, e.close) for e in events if isinstance(e, Session)]


def under_way(file: File) -> Any:
    source = Sessions("XNYS", DAYS, Day(), NONE, file.look)
    assert told(source.take(FIRST.open)) == [(FIRST.day, FIRST.open, FIRST.close)]
    return source


def test_every_session_once_and_none_that_is_over():
    source = Sessions("XNYS", DAYS, Day())
    assert source.next_due() == FIRST.open
    found = told(source.take(DAYS[2].close - 1))
    assert found == [(DAYS[2].day, DAYS[2].open, DAYS[2].close)]
    assert source.take(DAYS[2].close) == []
    assert source.next_due() == DAYS[3].open


def test_nothing_is_told_again_after_a_restart():
    source = Sessions("XNYS", DAYS, Day(FIRST.day, "XNYS", FIRST.open, FIRST.close))
    assert source.take(FIRST.open + 1) == []
    assert source.next_due() == DAYS[1].open


def test_a_session_without_a_close_is_told():
    source = Sessions("XNYS", [Scheduled(20290102, 100, 0, False)], Day())
    assert told(source.take(500)) == [(20290102, 100, 0)]


def test_an_early_close_of_today_is_told_at_the_next_look():
    file = File()
    source = under_way(file)
    file.rows = "2026-11-23,09:30-14:00,storm\n"
    now = FIRST.open + LOOK
    assert source.next_due() == now
    assert source.take(now - 1) == []
    assert told(source.take(now)) == [(FIRST.day, now, FIRST.close - 7_200 * 10**9)]
    assert source.take(now + LOOK) == []


def test_a_later_close_of_today_and_a_row_taken_out_wait_for_another_day():
    file = File()
    source = under_way(file)
    file.rows = "2026-11-23,09:30-14:00,storm\n"
    source.take(FIRST.open + LOOK)
    for rows in ("2026-11-23,09:30-15:00,less of a storm\n", ""):
        file.rows = rows
        assert source.take(source.look_at) == []


def test_a_closure_of_today_ends_the_session_at_once():
    file = File()
    source = under_way(file)
    file.rows = "2026-11-23,closed,outage\n2026-11-24,closed,outage\n"
    now = FIRST.open + LOOK
    assert told(source.take(now)) == [(FIRST.day, now, now)]
    assert source.schedule[0].day == DAYS[2].day


def test_a_closure_taken_out_before_its_day_is_no_closure():
    file = File()
    source = under_way(file)
    file.rows = "2026-11-24,closed,outage\n"
    source.take(source.look_at)
    assert source.schedule[0].day == DAYS[2].day
    file.rows = ""
    source.take(source.look_at)
    assert source.schedule[0].day == DAYS[1].day


def test_a_file_that_cannot_be_read_is_reported_once_and_changes_nothing():
    file = File()
    source = under_way(file)
    file.rows = "2026-11-24,closed,outage\n"
    source.take(source.look_at)
    file.rows = None
    found = source.take(source.look_at)
    assert [(type(e), e.what, e.value) for e in found] == [(Report, "overlay", "unreadable")]
    assert "o.csv:2" in found[0].detail
    assert source.take(source.look_at) == []
    assert source.schedule[0].day == DAYS[2].day
    file.rows = "2026-11-24,closed,outage\n"
    assert [(e.what, e.value) for e in source.take(source.look_at)] == [("overlay", "ok")]


def test_an_overlay_found_at_a_start_moves_the_day_under_way():
    overlay = read_overlay("o.csv", b"date,hours,reason\n2026-11-23,09:30-14:00,storm\n")
    source = Sessions("XNYS", DAYS, Day(FIRST.day, "XNYS", FIRST.open, FIRST.close), overlay)
    now = FIRST.open + 1
    assert source.next_due() == 0
    assert told(source.take(now)) == [(FIRST.day, now, FIRST.close - 7_200 * 10**9)]
    assert source.next_due() == DAYS[1].open
