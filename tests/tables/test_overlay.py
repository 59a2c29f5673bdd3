"""The calendar's overlay: takes hours away, never gives any; every error names file and line."""

import pytest

from flyball.tables.calendar import session_on, sessions_between
from flyball.tables.overlay import OverlayError, overlaid, read_overlay

HEAD = "date,hours,reason\n"
MINUTE = 60 * 10**9


def rows(text: str):
    return read_overlay("o.csv", (HEAD + text).encode())


def test_a_closure_and_an_early_close():
    overlay = rows('2026-12-01,closed,"mourning, announced"\n# a remark\n\n2026-12-02,09:30-14:00,storm\n')
    before = sessions_between(20261130, 20261203)
    after = overlaid(before, overlay)
    assert [s.day for s in after] == [20261130, 20261202, 20261203]
    assert (after[0], after[2]) == (before[0], before[3])
    assert (before[2].close - after[1].close, after[1].open, after[1].early) == (
        120 * MINUTE,
        before[2].open,
        True,
    )
    assert overlay[20261201].reason == "mourning, announced"


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-09", "10:00-16:00"), ("2026-11-27", "09:30-13:00"), ("2026-11-02", "09:30-12:59")],
)
def test_hours_are_new_yorks_on_that_day(day, hours):
    row = next(iter(rows(f"{day},{hours},x\n").values()))
    scheduled = session_on(row.day)
    assert scheduled is not None
    assert row.session is not None
    minutes = [int(t[:2]) * 60 + int(t[3:]) for t in hours.split("-")]
    assert (row.session.open - scheduled.open) // MINUTE == minutes[0] - 570
    assert (row.session.close - row.session.open) // MINUTE == minutes[1] - minutes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-12-01,closed\n", "o.csv:2: 2 cells"),
        ("2026-12-01,closed,x\n2026-12-01,closed,y\n", "o.csv:3: 2026-12-01 is there twice"),
        ("1.12.2026,closed,x\n", "o.csv:2: date = '1.12.2026'"),
        ("2026-02-30,closed,x\n", "no such day"),
        ("2029-01-02,closed,x\n", "update flyball"),
        ("2026-12-01,closed,\n", "o.csv:2: reason"),
        (f"2026-12-01,closed,{'x' * 201}\n", "o.csv:2: reason"),
        ("2026-12-01,shut,x\n", "o.csv:2: hours = 'shut'"),
        ("2026-12-01,09:30-25:00,x\n", "o.csv:2: hours"),
        ("2026-12-01,09:30-16:01,x\n", "only takes hours away"),
        ("2026-12-01,09:29-16:00,x\n", "only takes hours away"),
        ("2026-12-01,12:00-12:00,x\n", "only takes hours away"),
        ("2026-11-27,09:30-16:00,x\n", "only takes hours away"),  # an early close is not undone
        ("2026-12-25,09:30-13:00,x\n", "an overlay opens none"),
        ("2026-11-28,closed,a Saturday\n2026-11-28,09:30-13:00,x\n", "an overlay opens none"),
    ],
)
def test_what_is_wrong_is_named_by_line(text, says):
    with pytest.raises(OverlayError) as wrong:
        rows(text)
    assert says in str(wrong.value)


@pytest.mark.parametrize("data", [b"", b"day,hours,reason\n", b"\xff\xfe", b"x" * (1 << 20) + b"y"])
def test_what_is_no_overlay_at_all(data):
    with pytest.raises(OverlayError, match=r"o\.csv"):
        read_overlay("o.csv", data)


def test_an_empty_overlay_changes_nothing():
    schedule = sessions_between(20261101, 20261231)
    assert overlaid(schedule, rows("")) == schedule
