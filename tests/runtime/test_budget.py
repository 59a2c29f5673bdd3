"""The allowance of calls: what adds can never use up what it takes to get flat (B5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel.units import MINUTE, NS
from flyball.runtime.budget import ADDS, CANCELS, EXITS, LANES, READS, Budget

T = 1_700_000_000 * NS


def spent(published: int, calls: int) -> Budget:
    budget = Budget(published)
    for _ in range(calls):
        budget.spend(T)
    return budget


@pytest.mark.parametrize(
    ("lane", "calls", "waits"),
    [
        # of 200 a minute 190 are used: adds up to 143, questions up to 181, cancels and exits all of it
        (ADDS, 142, False),
        (ADDS, 143, True),
        (READS, 180, False),
        (READS, 181, True),
        (EXITS, 189, False),
        (EXITS, 190, True),
        (CANCELS, 189, False),
        (CANCELS, 190, True),
    ],
)
def test_each_lane_has_its_share(lane: int, calls: int, waits: bool) -> None:
    due = spent(200, calls).due(lane, T)
    assert due == (T + MINUTE if waits else T)


def test_forty_calls_are_left_for_getting_flat_when_adds_have_used_all_of_theirs() -> None:
    budget = Budget(200)
    while budget.due(ADDS, T) <= T:
        budget.spend(T)
    for _ in range(40):
        assert budget.due(EXITS, T) == T
        budget.spend(T)


def test_without_a_published_limit_nothing_waits_but_for_the_brokers_own_word() -> None:
    budget = spent(0, 100_000)
    assert [budget.due(lane, T) for lane in LANES] == [T] * 4
    budget.shut(T + 7)
    assert [budget.due(lane, T) for lane in LANES] == [T + 7] * 4
    budget.shut(T + 3)  # an earlier word does not open it
    assert budget.due(CANCELS, T + 6) == T + 7
    assert budget.due(CANCELS, T + 7) == T + 7


def test_even_the_smallest_limit_lets_a_call_out_again() -> None:
    budget = Budget(1)
    for lane in LANES:
        assert budget.due(lane, T) == T
    budget.spend(T)
    for lane in LANES:
        assert budget.due(lane, T + NS) == T + MINUTE


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 20 * NS), st.sampled_from(LANES)), max_size=200),
)
def test_no_minute_however_it_lies_holds_more_calls_than_published(
    published: int, steps: list[tuple[int, int]]
) -> None:
    budget, now, left = Budget(published), T, []
    for later, lane in steps:
        now += later
        if budget.due(lane, now) <= now:
            budget.spend(now)
            left.append(now)
    for first in left:
        assert sum(first <= at < first + MINUTE for at in left) <= published
