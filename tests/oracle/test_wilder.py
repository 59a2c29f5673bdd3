"""Wilder's own arithmetic: facts with known answers."""

from fractions import Fraction

import pytest

from tests.oracle.wilder import MOST, Bar, Print, average, bars_of, stress, true_ranges

F = Fraction
BARS = [
    Bar(F(h), F(low), F(c))
    for h, low, c in (
        ("10", "9", "9.5"),
        ("10.5", "9.4", "10.2"),
        ("10.8", "10", "10.1"),
        ("10.3", "9.6", "9.8"),
        ("11", "10.2", "10.9"),
        ("11.2", "10.5", "10.6"),
    )
]


def test_the_published_vector():
    assert [str(float(r)) for r in true_ranges(BARS)] == ["1.0", "1.1", "0.8", "0.7", "1.2", "0.7"]
    expected = [None, None, "0.966667", "0.877778", "0.985185", "0.890123"]
    for n, want in enumerate(expected, start=1):
        got = average(BARS[:n], 3)
        assert (got if got is None else f"{float(got):.6f}") == want


def test_no_bars_no_average():
    assert true_ranges([]) == []
    assert average([], 3) is None


def test_the_running_bar_is_never_used():
    prints = [Print(1, F(10), F(9), F(11)), Print(1, F(10), F(8), F(10)), Print(2, F(90), F(90), F(90))]
    assert bars_of(prints) == [Bar(F(11), F(8), F(10))]
    assert bars_of([]) == []


@pytest.mark.parametrize(
    ("spread", "floor", "want"),
    [
        (F(0), F(1, 100), F(1, 100)),  # a quiet market: the floor
        (F(1), F(1, 100), F(2, 100)),  # 2 x 1 / 100
        (F(9), F(1, 100), F(18, 100)),
        (F(11), F(1, 100), MOST),  # 22% is cut to 20%
        (F(0), F(30, 100), MOST),
    ],
)
def test_stress_is_the_wider_of_floor_and_two_ranges(spread: Fraction, floor: Fraction, want: Fraction):
    prints = [Print(n, F(100), F(100) - spread / 2, F(100) + spread / 2) for n in range(21)]
    assert stress(prints, F(100), floor) == want


@pytest.mark.parametrize(("floor", "want"), [(F(1, 100), F(2, 100)), (F(15, 100), MOST), (F(0), F(0))])
def test_while_it_warms_twice_the_floor(floor: Fraction, want: Fraction):
    prints = [Print(n, F(100), F(50), F(150)) for n in range(20)]  # the twentieth is still running
    assert stress(prints, F(100), floor) == want
