"""Half of a hundred decisions, and fewer say nothing."""

import pytest

from flyball.kernel.units import MS
from flyball.sensors.board import BAD, OK, WAITING
from flyball.sensors.latency import LIMIT, Latency


@pytest.mark.parametrize(
    ("slow", "quick", "state"),
    [
        (0, 0, WAITING),
        (99, 0, WAITING),
        (100, 0, BAD),
        (0, 100, OK),
        (50, 50, OK),
        (51, 49, BAD),
        (100, 49, BAD),
        (100, 50, OK),  # of the newest hundred
        (1_000, 50, OK),
    ],
)
def test_the_newest_hundred_count(slow: int, quick: int, state: str) -> None:
    one = Latency()
    one.note(slow, LIMIT + 1)
    one.note(quick, LIMIT)
    assert one.read().state == state


def test_the_limit_is_the_configured_one():
    one = Latency()
    one.note(100, 2 * MS)
    assert one.read().state == OK
    assert one.read(limit=MS).state == BAD
