"""The fault `crash.poison`, and death in the middle of any step: an event is passed over where it must be,
and only there.
"""

import pytest

from flyball.lab.sim import every
from flyball.lab.sim.poison import KINDS, poison
from flyball.lab.sim.run import run
from flyball.runtime.trial import AGAIN, LIVE, Stepping


def test_only_the_drawn_event_kills_and_only_when_it_is_new() -> None:
    deadly = {
        (kind, n)
        for kind, most in KINDS.items()
        for n in range(1, most + 1)
        if poison(3)(Stepping(LIVE, 9, n, 1, kind, "x").pack())
    }
    assert len(deadly) == 1
    ((kind, n),) = deadly
    assert not poison(3)(Stepping(AGAIN, 9, n, 1, kind, "x").pack())
    assert not poison(3)(b"")


@pytest.mark.parametrize("seed", [5, 7])
def test_a_poisoned_seed_is_flown_to_its_end_without_the_event(seed: int) -> None:
    outcome = run(seed, faults=("crash.poison",))
    assert not outcome.broken, outcome.what
    assert outcome.kills == 2
    assert outcome.goals["quarantine"] == 1


def test_one_death_in_the_middle_of_a_step_changes_nothing() -> None:
    whole = every.fly(every.SEED)
    assert whole.passes["marked"] > 300
    for n in range(1, whole.passes["marked"], whole.passes["marked"] // 5):
        again = every.fly(every.SEED, (f"marked:{n}",))
        assert (again.starts, again.amounts) == (2, whole.amounts)
        assert again.asked or again.book_hash == whole.book_hash
