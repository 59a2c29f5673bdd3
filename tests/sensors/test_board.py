"""Looking journals nothing; a change, a bad state now and then and the check a latch waits for do."""

import pytest

from flyball.kernel.units import MINUTE, NS
from flyball.sensors.board import BAD, OK, UNKNOWN, WAITING, Board, Reading


def reading(state: str, settle: int = 0) -> Reading:
    return Reading("clock", state, "clock", "as seen", settle=settle)


def said(board: Board, states: list[tuple[int, str]], settle: int = 0) -> list[tuple[int, str, str]]:
    """(second, word, value) of what a sequence of (second, state) makes it say."""
    out = []
    for at, state in states:
        report = board.see(reading(state, settle), at * NS)
        if report is not None:
            assert (report.source, report.scope, report.detail) == ("clock", "account", "as seen")
            out.append((at, report.what, report.value))
    return out


def board(*, holds: bool = False, live: bool = True) -> Board:
    return Board(lambda what, scope: holds, trips_unknown=live)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([(1, OK), (2, OK)], []),
        ([(1, OK), (2, BAD), (3, OK)], [(2, "clock", "bad"), (3, "clock", "ok")]),
        ([(1, BAD)], [(1, "clock", "bad")]),
        (
            [(1, BAD), (60, BAD), (61, BAD), (62, BAD), (180, BAD), (181, BAD)],
            [(1, "clock", "bad"), (61, "clock", "bad"), (181, "clock", "bad")],
        ),
        ([(1, WAITING), (2, OK)], []),
        ([(1, BAD), (2, WAITING), (3, OK)], [(1, "clock", "bad"), (3, "clock", "ok")]),
        ([(1, BAD), (2, WAITING)], [(1, "clock", "bad")]),
        ([(1, UNKNOWN), (2, BAD)], [(1, "clock", "unknown"), (2, "clock", "bad")]),
    ],
)
def test_only_a_change_is_said_and_a_bad_state_now_and_then(
    states: list[tuple[int, str]], expected: list[tuple[int, str, str]]
) -> None:
    assert said(board(), states) == expected


def test_what_flickers_is_one_bad_episode():
    states = [(1, BAD), (2, OK), (3, BAD), (4, OK), (13, OK), (14, OK)]
    assert said(board(), states, settle=10 * NS) == [(1, "clock", "bad"), (14, "clock", "ok")]


def test_what_nobody_can_tell_trips_only_in_live_mode():
    assert said(board(live=True), [(1, UNKNOWN)]) == [(1, "clock", "unknown")]
    assert said(board(live=False), [(1, UNKNOWN)]) == [(1, "clock_unknown", "unknown")]


def test_an_ok_is_said_when_a_latch_of_an_earlier_start_waits_for_it():
    one = board(holds=True)
    assert said(one, [(1, WAITING), (2, OK), (11, OK), (12, OK)]) == [(2, "clock", "ok"), (12, "clock", "ok")]


def test_and_not_before_it_has_been_ok_for_long_enough():
    states = [(1, OK), (9, OK), (11, OK)]
    assert said(board(holds=True), states, settle=10 * NS) == [(11, "clock", "ok")]


def test_a_scope_has_a_row_of_its_own_and_knows_since_when():
    one = board()
    for at, scope, state in ((1, "symbol:A", BAD), (2, "symbol:B", OK), (3, "symbol:A", BAD)):
        one.see(Reading("feed", state, "feed", "", scope), at * NS)
    rows = {scope: (row.state, row.since, row.seen) for (_, scope), row in one.rows.items()}
    assert rows == {"symbol:A": (BAD, NS, 3 * NS), "symbol:B": (OK, 2 * NS, 2 * NS)}


def test_with_no_repeating_a_bad_state_is_said_once():
    one = board()
    assert one.see(reading(BAD), NS, again=0) is not None
    assert one.see(reading(BAD), NS + 10 * MINUTE, again=0) is None
