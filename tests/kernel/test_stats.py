"""Wilder's ATR as integers, and the stress made of it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel import stats
from flyball.kernel.stats import ATR_BARS, ATR_SHIFT, DAY_BAR, MAX_STRESS, Atr, bar_number

# J. W. Wilder's rule with n = 3, computed by hand: high, low, close; true range; average
BARS = [
    (1_000, 900, 950),
    (1_050, 940, 1_020),
    (1_080, 1_000, 1_010),
    (1_030, 960, 980),
    (1_100, 1_020, 1_090),
    (1_120, 1_050, 1_060),
]
RANGES = [100, 110, 80, 70, 120, 70]
AVERAGES = [
    Fraction("96.6666666666"),
    Fraction("87.7777777777"),
    Fraction("98.5185185185"),
    Fraction("89.0123456790"),
]


def fed(bars):
    """An ATR that has seen these bars whole; each is three marks."""
    atr = Atr()
    for n, (high, low, close) in enumerate(bars):
        atr.add(n, high, high, high)
        atr.add(n, low, low, low)
        atr.add(n, close, close, close)
    atr.add(len(bars), bars[-1][2], bars[-1][2], bars[-1][2])
    return atr


@pytest.mark.parametrize(("count", "average"), list(enumerate(AVERAGES, 3)))
def test_the_published_vector(monkeypatch, count, average):
    monkeypatch.setattr(stats, "ATR_BARS", 3)
    atr = fed(BARS[:count])
    assert atr.bars == count
    assert abs(Fraction(atr.value, 2**ATR_SHIFT) - average) < Fraction(1, 10_000)


def test_the_first_range_is_high_less_low_and_the_others_reach_back_to_the_close_before(monkeypatch):
    monkeypatch.setattr(stats, "ATR_BARS", 99)  # a sum, as long as it warms
    for count in range(1, 7):
        assert fed(BARS[:count]).value == sum(RANGES[:count]) << ATR_SHIFT


def exact(ranges, n):
    """The rule in fractions."""
    value = Fraction(sum(ranges[:n]), n)
    for r in ranges[n:]:
        value = (value * (n - 1) + r) / n
    return value


@given(st.lists(st.integers(0, 5_000), min_size=20, max_size=120))
def test_with_20_bars_it_is_the_rule_rounded_up(ranges):
    atr = Atr()
    for n, r in enumerate(ranges):
        atr.add(n, 10_000, 10_000, 10_000 + r)
        # the close is the low, so the range is high less low, whatever came before
    atr.add(len(ranges), 10_000, 10_000, 10_000)
    true = exact(ranges, ATR_BARS) * 2**ATR_SHIFT
    assert true <= atr.value <= true + ATR_BARS + 1  # rounded up by less than one a bar, fading


@pytest.mark.parametrize("bars", [0, 1, 19, 20, 21])
def test_warm_after_20_whole_bars(bars):
    atr = Atr()
    for n in range(bars):
        atr.add(n, 10_000, 9_990, 10_010)
    assert not atr.warm() or bars > 20  # the running bar is never used
    atr.add(bars, 10_000, 10_000, 10_000)
    assert atr.warm() == (bars >= 20)
    assert atr.bars == bars


@pytest.mark.parametrize(
    ("value", "price", "floor", "stress"),
    [
        (100, 10_000, 10_000, 20_000),  # 2 x 1% of price
        (100, 10_000, 20_000, 20_000),
        (100, 10_000, 20_001, 20_001),
        (1, 3_000_000, 0, 1),  # rounded up
        (2_000, 10_000, 0, MAX_STRESS),
        (0, 10_000, 0, 0),
        (100, 10_000, 500_000, MAX_STRESS),
        (100, 0, 10_000, 20_000),  # no price: as while it warms
    ],
)
def test_stress(value, price, floor, stress):
    assert Atr(bars=20, value=value << ATR_SHIFT).stress(price, floor) == stress


@pytest.mark.parametrize(
    ("floor", "stress"), [(0, 0), (1, 2), (99_999, 199_998), (100_000, MAX_STRESS), (10**6, MAX_STRESS)]
)
def test_stress_while_warming(floor, stress):
    assert Atr(bars=19, value=10**12).stress(10_000, floor) == stress


@pytest.mark.parametrize(
    ("ts", "length", "day", "bar"),
    [
        (1, 60, 9, 0),
        (60, 60, 9, 0),
        (61, 60, 9, 1),
        (120, 60, 9, 1),
        (5, DAY_BAR, 20260102, 20260102),
        (5, DAY_BAR + 1, 7, 7),
    ],
)
def test_a_mark_on_the_boundary_closes_its_bar(ts, length, day, bar):
    assert bar_number(ts, length, day) == bar


def test_restated_it_goes_on_as_if_the_prices_had_always_been_so():
    """Two for one, in the middle of a bar and with the average known."""
    before, after = [(n, 10_000 + 20 * n, 9_800, 10_600) for n in range(25)], (26, 5_100, 5_000, 5_300)
    atr, half = Atr(), Atr()
    for bar, price, low, high in before:
        atr.add(bar, price, low, high)
        half.add(bar, price // 2, low // 2, high // 2)
    atr.restate(1, 2)
    assert (atr.bars, atr.start, atr.high, atr.low) == (half.bars, half.start, half.high, half.low)
    assert (atr.close, atr.last_close) == (half.close, half.last_close)
    for a in (atr, half):
        a.add(*after)
    assert half.value <= atr.value + ATR_BARS  # each rounded up along its own way
    assert abs(atr.value - half.value) <= ATR_BARS


@pytest.mark.parametrize(
    ("price", "num", "den", "after"),
    [
        (100, 1, 2, 50),
        (101, 1, 2, 51),  # to the nearest, halves up
        (100, 1, 3, 33),
        (101, 1, 3, 34),
        (100, 10, 1, 1_000),
        (1, 1, 10, 1),  # never to nothing
        (0, 1, 2, 0),  # no price stays none
    ],
)
def test_a_restated_price(price, num, den, after):
    assert stats.restated(price, num, den) == after


def test_restated_ranges_are_rounded_up():
    atr = Atr(bars=20, value=101, high=101, low=101, close=101, last_close=0)
    atr.restate(1, 2)
    assert (atr.value, atr.high, atr.low, atr.close, atr.last_close) == (51, 51, 50, 51, 0)


def test_add_says_when_a_bar_is_whole():
    atr = Atr()
    assert [atr.add(n, 100, 100, 100) for n in (1, 1, 2, 2, 5)] == [False, False, True, False, True]
