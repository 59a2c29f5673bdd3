"""From the button to flat: in seconds, within the calls the broker takes, and with exactly nothing left."""

import pytest

from flyball.lab.panic.drill import Pressed, press
from flyball.lab.panic.many import drills, percentile, sum_of

SEEDS = 12


@pytest.mark.parametrize("spent", [False, True])
def test_a_hundred_orders_and_ten_positions_are_flat_within_the_line_and_forty_calls(spent: bool) -> None:
    pressed = list(drills(1, SEEDS, spent=spent, faults=False))
    assert all(one.held == 10 and one.working >= 90 for one in pressed), pressed
    made = sum_of(pressed, spent=spent, faults=False)
    assert not made.failed
    assert made.ok(), made
    assert (made.refused > 0) == spent


def test_with_a_broker_that_loses_answers_it_is_flat_all_the_same() -> None:
    for seed in range(1, 4):
        one = press(seed, faults=True)
        assert one.ok(), one


@pytest.mark.parametrize(("share", "found"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_a_percentile_is_one_of_the_times(share: int, found: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == found


def test_one_that_never_got_flat_fails_the_series_however_quick_the_others_were() -> None:
    pressed = [Pressed(1, False, took=10**9, calls=20), Pressed(2, False, why="never confirmed flat")]
    assert not sum_of(pressed, spent=False, faults=False).ok()
    assert sum_of(pressed[:1], spent=False, faults=False).ok()
    assert not sum_of([], spent=False, faults=False).ok()
