"""Chance belongs to its key, and stays what it is."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.broker.paper_draws import between, happens, numbers

PPM = 1_000_000


def test_the_numbers_of_a_key_are_these_for_ever():
    """A file written by any version of the broker must come back to the same life."""
    assert list(islice(numbers(7, "bot", "s1", "i-1", 1), 3)) == [
        1_379_103_685_008_940_022,
        6_145_095_196_076_033_273,
        4_737_201_792_979_916_182,
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, "a"), (2, "a")),
        ((1, "a"), (1, "b")),
        ((1, "a", "b"), (1, "ab")),
        ((1, "a", "b"), (1, "a;b")),
        ((1, "1"), (1, 1)),
        ((1, 12, 3), (1, 1, 23)),
        ((1, ""), (1,)),
        ((12, 3), (1, 23)),
        ((1, "s1:a"), (1, "a")),
    ],
)
def test_another_key_has_other_numbers(one, other):
    assert next(numbers(*one)) != next(numbers(*other))


@given(st.integers(-(2**70), 2**70), st.integers(0, 2**60), st.integers(0, 2**40))
def test_between_keeps_its_bounds(seed, low, width):
    assert low <= between(numbers(seed), low, low + width) <= low + width


def test_between_reaches_both_ends():
    draws = numbers(1)
    assert {between(draws, 2, 4) for _ in range(100)} == {2, 3, 4}


def test_never_is_never_and_always_always():
    draws = numbers(2)
    assert not any(happens(draws, 0) for _ in range(2_000))
    assert all(happens(draws, PPM) for _ in range(2_000))


def test_one_in_a_hundred_is_about_that():
    draws = numbers(3)
    assert 800 < sum(happens(draws, 10_000) for _ in range(100_000)) < 1_200
