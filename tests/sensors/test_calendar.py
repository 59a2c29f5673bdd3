"""Our session and clock against the broker's: what differs dangerously is bad, what is safe is not."""

import pytest

from flyball.kernel.days import Day
from flyball.kernel.units import MINUTE, NS
from flyball.ports import Hours
from flyball.sensors.board import BAD, OK, UNKNOWN, WAITING
from flyball.sensors.calendar import BOUND, SKEW, Agreement
from flyball.tables.calendar import session_on

FRIDAY, MONDAY = session_on(20160415), session_on(20160418)
assert FRIDAY is not None
assert MONDAY is not None
OPEN, CLOSE, NEXT = FRIDAY.open, FRIDAY.close, MONDAY.open
NOON = OPEN + 150 * MINUTE
NIGHT = CLOSE + 300 * MINUTE
DAY = Day(FRIDAY.day, "XNYS", OPEN, CLOSE)


def hours(at: int, is_open: bool, *, clock: int = 0, opens: int = NEXT, closes: int = CLOSE) -> Hours:
    return Hours(at, at + clock, is_open, opens, closes)


@pytest.mark.parametrize(
    ("said", "state", "part"),
    [
        (hours(NOON, True), OK, ""),
        (hours(NOON, True, clock=SKEW), OK, ""),
        (hours(NOON, True, clock=SKEW + 1), BAD, "+2.000 s"),
        (hours(NOON, True, clock=-SKEW - 1), BAD, "-2.000 s"),
        (hours(NOON, False), BAD, "closed"),
        (hours(NOON, True, closes=CLOSE - 180 * MINUTE), BAD, "closes 180 min before"),  # a half-day missed
        (hours(NOON, True, closes=CLOSE - MINUTE), OK, ""),
        (hours(NOON, True, closes=CLOSE + 180 * MINUTE), OK, ""),  # we end sooner: safe
        (hours(NOON, True, closes=0), OK, ""),  # it does not say
        (hours(NIGHT, False), OK, ""),
        (hours(NIGHT, True, closes=NIGHT + 600 * MINUTE), BAD, "open"),
        (
            hours(CLOSE + 30 * MINUTE, True, closes=CLOSE + 180 * MINUTE),
            OK,
            "",
        ),  # the session we ended sooner
        (hours(NIGHT, False, opens=NEXT + 60 * MINUTE), BAD, "next open"),  # an hour off: DST
        (hours(NIGHT, False, opens=0), OK, ""),
        (hours(OPEN - 30 * NS, True), OK, ""),  # within a minute of an edge nothing is judged
        (hours(CLOSE + 30 * NS, True), OK, ""),
    ],
)
def test_every_difference(said: Hours, state: str, part: str) -> None:
    found = Agreement([OPEN, NEXT], OPEN, closes=True).read(said, DAY, said.asked)
    assert (found.what, found.state) == ("calendar", state)
    assert part in found.detail


def test_before_the_first_session_a_closed_market_agrees_and_an_open_one_does_not():
    one, day = Agreement([OPEN, NEXT], OPEN, closes=True), Day()
    at = OPEN - 600 * MINUTE
    assert one.read(hours(at, False, opens=OPEN), day, at).state == OK
    assert one.read(hours(at, True, opens=NEXT), day, at).state == BAD


def test_around_the_clock_only_the_clock_counts():
    one = Agreement([], OPEN, closes=False)
    assert one.read(hours(NOON, False), DAY, NOON).state == OK
    assert one.read(hours(NOON, False, clock=SKEW + 1), DAY, NOON).state == BAD


def test_a_clock_that_cannot_be_read_is_unknown_after_five_minutes():
    one = Agreement([OPEN], NOON, closes=True)
    assert one.read(None, DAY, NOON + BOUND).state == WAITING
    assert one.read(None, DAY, NOON + BOUND + 1).state == UNKNOWN
    assert one.read(hours(NOON + BOUND, True), DAY, NOON + BOUND + 2).state == OK
    old = hours(NOON + BOUND, True)
    assert one.read(old, DAY, NOON + 2 * BOUND).state == OK
    assert one.read(old, DAY, NOON + 2 * BOUND + 1).state == UNKNOWN
