"""More than 150 ms by a source that knows better is bad; nobody saying anything is not ok for ever."""

import pytest

from flyball.kernel.units import MINUTE, MS, NS
from flyball.ports import ClockReading, Vitals
from flyball.sensors.board import BAD, OK, UNKNOWN, WAITING
from flyball.sensors.clock import GRACE, HOUR, ClockOffset, offset_of

LIMIT = 150 * MS
NOTHING = ClockReading("adjtimex", None, 0, None, "this system has no adjtimex")
UNSYNCHRONISED = ClockReading("adjtimex", None, 16 * NS, False, "unsynchronised")
KEPT = ClockReading("adjtimex", None, NS, True)


def off(ns: int, error: int = MS) -> ClockReading:
    return ClockReading("ntp", ns, error, None)


def vitals(*clock: ClockReading, age: int = 0) -> Vitals:
    return Vitals(age, clock, 1 << 40, 1 << 41, ())


@pytest.mark.parametrize(
    ("readings", "state", "value"),
    [
        ((off(0),), OK, 0),
        ((off(LIMIT),), OK, LIMIT),
        ((off(LIMIT + 1),), BAD, LIMIT + 1),
        ((off(-LIMIT),), OK, LIMIT),
        ((off(-LIMIT - 1),), BAD, LIMIT + 1),
        ((UNSYNCHRONISED, off(MS)), OK, MS),
        ((KEPT, off(2 * LIMIT)), BAD, 2 * LIMIT),
        ((KEPT,), OK, -1),
        ((UNSYNCHRONISED,), WAITING, -1),
        ((NOTHING,), WAITING, -1),
        ((), WAITING, -1),
        ((off(3 * NS, error=LIMIT + 1),), WAITING, -1),  # it knows no better than that itself
        ((off(MS), off(2 * MS), off(-9 * NS)), OK, MS),  # one false ticker of three
        ((off(MS), off(-9 * NS)), BAD, 9 * NS),  # of two nobody knows which
    ],
)
def test_the_sources_and_what_they_make_of_the_clock(
    readings: tuple[ClockReading, ...], state: str, value: int
) -> None:
    found = ClockOffset(0).read(vitals(*readings), NS)
    assert (found.what, found.state, found.value, found.limit) == ("clock", state, value, LIMIT)


def test_no_word_from_anybody_is_unknown_a_minute_after_a_start():
    one = ClockOffset(7 * NS)
    assert one.read(vitals(UNSYNCHRONISED), 7 * NS + GRACE).state == WAITING
    assert one.read(vitals(UNSYNCHRONISED), 7 * NS + GRACE + 1).state == UNKNOWN
    assert one.read(None, 7 * NS + GRACE + 2).state == UNKNOWN


def test_and_an_hour_after_somebody_said_something():
    one = ClockOffset(0)
    assert one.read(vitals(off(0)), 5 * MINUTE).state == OK
    assert one.read(vitals(UNSYNCHRONISED), 5 * MINUTE + HOUR).state == WAITING
    assert one.read(vitals(UNSYNCHRONISED), 5 * MINUTE + HOUR + 1).state == UNKNOWN
    assert one.read(vitals(KEPT), 5 * MINUTE + HOUR + 2).state == OK


def test_a_look_that_hangs_says_nothing():
    one = ClockOffset(0)
    assert one.read(vitals(off(0), age=MINUTE + 1), NS).state == WAITING
    assert one.read(vitals(off(0), age=MINUTE), NS).state == OK


def test_the_middle_of_three_or_more():
    assert offset_of((off(5), off(1), off(9), off(NOTHING.error))) == 5
    assert offset_of((NOTHING,)) is None
