"""Room, days left and quick syncs; a look that hangs is no room."""

import pytest

from flyball.kernel.units import MINUTE, MS, NS
from flyball.ports import Vitals
from flyball.sensors.board import BAD, OK, UNKNOWN, WAITING
from flyball.sensors.disk import DAY, ENOUGH, HOUR, LEAST, SLOW, DiskRoom, slowest


def vitals(free: int, syncs: tuple[int, ...] = (), age: int = 0) -> Vitals:
    return Vitals(age, (), free, 1 << 40, syncs)


@pytest.mark.parametrize(
    ("seen", "state", "value"),
    [
        (None, WAITING, -1),
        (vitals(LEAST), OK, LEAST),
        (vitals(LEAST - 1), BAD, LEAST - 1),
        (vitals(0), BAD, 0),
        (vitals(-1), UNKNOWN, -1),
        (vitals(1 << 40, age=MINUTE + 1), UNKNOWN, -1),
        (vitals(1 << 40, (SLOW,) * ENOUGH), OK, 1 << 40),
        (vitals(1 << 40, (SLOW + 1,) * (ENOUGH - 1)), OK, 1 << 40),  # too few to tell
        (vitals(1 << 40, (SLOW + 1,) * ENOUGH), BAD, SLOW + 1),
    ],
)
def test_what_a_look_says(seen: Vitals | None, state: str, value: int) -> None:
    found = DiskRoom().read(seen, NS)
    assert (found.what, found.state, found.value) == ("disk", state, value)


def test_one_slow_sync_in_a_hundred_is_the_limit():
    quick, slow = (MS,) * 198, (SLOW + 1,)
    assert slowest(quick + slow * 2) == MS
    assert slowest(quick[1:] + slow * 3) == SLOW + 1
    assert slowest(quick) == -1


def test_the_days_that_are_left_follow_from_what_was_used():
    one, gib = DiskRoom(), 1 << 30
    assert one.read(vitals(100 * gib), 0).state == OK
    assert one.days == -1  # nothing is known of the pace yet
    one.read(vitals(99 * gib), HOUR)
    assert one.days == 99 * HOUR // DAY == 4
    low = one.read(vitals(20 * gib), 2 * HOUR)
    assert (one.days, low.state) == (0, BAD)
    assert "less than a day" in low.detail


def test_what_grows_free_again_has_no_end():
    one, gib = DiskRoom(), 1 << 30
    one.read(vitals(10 * gib), 0)
    assert one.read(vitals(11 * gib), HOUR).state == OK
    assert one.days == -1
