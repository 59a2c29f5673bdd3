"""Death at every write and every send of a three-session scenario: enumerated, not sampled; with the power,
at every send and a fifth of the writes."""

from functools import cache

import pytest

from flyball.lab.sim.every import POWER, SEED, Flown, every, fly, live

PARTS = 12  # shares of the work, so that workers have something to divide


@cache
def uninterrupted() -> Flown:
    return fly(SEED)


@cache
def passes_live() -> dict[str, int]:
    return dict(live(SEED).passes)


def of_the_share(point: str) -> bool:
    """Most writes of a live run are looks at the account, one a minute: every fifth, and every send."""
    return int(point.partition(":")[2]) % 5 == 0


def test_the_scenario_is_rich_enough_to_mean_something():
    flown = uninterrupted()
    assert flown.starts == 1
    assert flown.passes["write"] > 200
    assert flown.passes["send"] > 25
    assert flown.passes["cancel"] > 2


@pytest.mark.parametrize("part", range(PARTS))
def test_after_a_death_of_the_process_the_books_are_those_of_a_run_without(part):
    """To the micro; but where a question to the broker dies with the process, what waits for its answer
    leaves at another moment, at the price of then: there the quantities are the same."""
    for point in list(every(uninterrupted().passes))[part::PARTS]:
        flown = fly(SEED, (point,))
        assert flown.starts == 2, f"{point}: nobody died"
        assert flown.amounts == uninterrupted().amounts, f"P8 at {point}"
        assert flown.asked or flown.book_hash == uninterrupted().book_hash, f"P8 at {point}"


@pytest.mark.parametrize("part", range(PARTS))
def test_after_a_death_with_the_power_every_promise_holds(part):
    points = [
        p for p in every(passes_live(), POWER) if not p.startswith(("write", "tear")) or of_the_share(p)
    ]
    for point in points[part::PARTS]:
        assert live(SEED, f"{point} power").kills == 1, f"{point}: nobody died"
