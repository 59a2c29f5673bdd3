"""EWMA volatility as integers, and the regime: up at once, down a level at a time after the dwell."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel import volatility
from flyball.kernel.limits import Limits
from flyball.kernel.units import PPM, UNKNOWN
from flyball.kernel.volatility import EXTREME, FAST_BARS, HIGH, NORMAL, SLOW_BARS, Volatility, root
from tests.oracle.regime import Regime, Rules

E12 = 10**12


def limits(high=1_500_000, extreme=2_000_000, leave=800_000, dwell=3, **more):
    return Limits(regime_high=high, regime_extreme=extreme, regime_exit=leave, regime_dwell=dwell, **more)


def warm(fast, slow, level=NORMAL, held=0, close=10_000):
    """Past its beginning, with volatilities of a bar in bp."""
    return Volatility(SLOW_BARS, fast * fast * 10_000, slow * slow * 10_000, close, level, held)


def fed(closes, lim=None):
    v = Volatility()
    for close in closes:
        v.take(close, lim or limits())
    return v


# -- the variances ----------------------------------------------------------------------------------------


def test_the_published_vector():
    """s0 = 0.01^2, lambda 0.94, r = 0.01, -0.02, 0.015: 1.2442e-4 and 0.0111544, to the unit."""
    v = Volatility(returns=SLOW_BARS, fast=10**8, slow=10**8, close=1_000_000)
    closes = (1_010_000, 989_800, 1_004_647)
    for close in closes:
        v.take(close, limits())
    assert v.fast == 124_420_000
    assert root(v.fast * E12) == 11_154_371_340  # 1e-12: 0.01115437
    slow = Fraction(10**8)
    for r in (Fraction(1, 100), Fraction(-2, 100), Fraction(15, 1000)):
        slow = slow * Fraction(99, 100) + r * r * E12 * Fraction(1, 100)
    assert 0 <= v.slow - slow < 3


def test_each_begins_with_the_mean_of_its_first_squares():
    closes = [10_000, 10_100]  # 1%: a square of 1e-4
    for n in range(SLOW_BARS - 1):
        closes.append(closes[-1] * (99 if n % 2 else 101) // 100)
    squares = [-(-((b - a) ** 2) * E12 // a**2) for a, b in pairwise(closes)]  # rounded up
    assert len(squares) == SLOW_BARS
    for count in (1, FAST_BARS - 1):
        assert fed(closes[: count + 1]).fast == fed(closes[: count + 1]).slow == sum(squares[:count])
    assert fed(closes[: FAST_BARS + 1]).fast == -(-sum(squares[:FAST_BARS]) // FAST_BARS)
    assert fed(closes).slow == -(-sum(squares) // SLOW_BARS)


@pytest.mark.parametrize("returns", [0, 1, SLOW_BARS - 1, SLOW_BARS, SLOW_BARS + 1])
def test_warm_after_60_returns_and_no_regime_before(returns):
    v = fed([10_000 * (1 + n % 2) for n in range(returns + 1)], limits(high=PPM))
    assert v.returns == returns
    assert v.warm() == (returns >= SLOW_BARS)
    assert (v.ratio() == UNKNOWN) == (returns < SLOW_BARS)
    if not v.warm():
        assert v.level == NORMAL


def test_a_market_that_stands_still_has_no_regime():
    v = fed([10_000] * 300, limits(high=PPM))
    assert (v.fast, v.slow, v.level, v.ratio()) == (0, 0, NORMAL, UNKNOWN)
    restless = [10_000 + n % 2 for n in range(100)] + [10_000] * 3_000
    v = fed(restless)
    assert (v.fast, v.slow) == (16, 99)  # what rounding up leaves; the ratio is that of a calm market
    assert v.level == NORMAL


def test_a_close_that_is_missing_starts_no_return():
    v = Volatility()
    v.take(0, limits())
    v.take(10_000, limits())
    assert (v.returns, v.close) == (0, 10_000)
    v.interrupt()
    v.take(20_000, limits())
    assert (v.returns, v.close) == (0, 20_000)


@given(st.lists(st.integers(1, 400), min_size=SLOW_BARS + 1, max_size=200))
def test_the_ratio_of_the_variances_never_passes_six(closes):
    """So a threshold from 2.45 on could never be met; the configuration refuses it."""
    v = fed(closes)
    assert v.fast <= 6 * v.slow + 100


def test_one_shock_after_a_calm_comes_near_it():
    v = fed([10_000 + n % 2 for n in range(100)] + [20_000])
    assert 2_440_000 < v.ratio() < 2_450_000


@given(st.integers(0, 10**40))
def test_root(n):
    assert root(n) ** 2 <= n < (root(n) + 1) ** 2


# -- the regime -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fast", "slow", "level"),
    [
        (149, 100, NORMAL),
        (150, 100, HIGH),  # equal reaches
        (199, 100, HIGH),
        (200, 100, EXTREME),
        (240, 100, EXTREME),
        (50, 100, NORMAL),
        (0, 0, NORMAL),
    ],
)
def test_where_it_goes_at_once(fast, slow, level):
    v = warm(fast, slow)
    v._judge(limits())
    assert v.level == level


@pytest.mark.parametrize(
    ("level", "fast", "held", "after"),
    [
        (HIGH, 120, 9, HIGH),  # 80% of 1.5 is not below it
        (HIGH, 119, 9, NORMAL),
        (HIGH, 119, 2, NORMAL),  # with this bar it is the third
        (HIGH, 119, 1, HIGH),
        (HIGH, 160, 9, HIGH),
        (HIGH, 200, 0, EXTREME),
        (EXTREME, 160, 9, EXTREME),
        (EXTREME, 159, 9, HIGH),
        (EXTREME, 10, 9, HIGH),  # one level at a time
        (EXTREME, 10, 1, EXTREME),
    ],
)
def test_out_of_it_slowly(level, fast, held, after):
    v = warm(fast, 100, level, held)
    v._judge(limits())
    assert v.level == after
    assert v.held == (0 if after != level else min(held + 1, 3))


def test_without_thresholds_there_is_none_and_the_old_one_ends():
    v = warm(240, 100, EXTREME)
    off = limits(high=UNKNOWN, extreme=UNKNOWN, dwell=0)
    assert v.scale(off) == PPM
    v._judge(off)
    v._judge(off)
    assert v.level == NORMAL


@pytest.mark.parametrize(
    ("level", "lim", "scale"),
    [
        (NORMAL, limits(), PPM),
        (HIGH, limits(), 500_000),
        (EXTREME, limits(), 250_000),
        (HIGH, limits(high=UNKNOWN), PPM),
        (EXTREME, limits(extreme=UNKNOWN), 500_000),
        (HIGH, limits(regime_high_scale=0), 0),
        (HIGH, limits(regime_high_scale=PPM + 1), PPM),  # never above one
        (EXTREME, limits(regime_extreme_scale=2 * PPM), PPM),
    ],
)
def test_its_scale(level, lim, scale):
    assert warm(100, 100, level).scale(lim) == scale


NAMES = {"normal": NORMAL, "high": HIGH, "extreme": EXTREME}
calm = st.lists(st.integers(-20, 20), min_size=SLOW_BARS, max_size=SLOW_BARS + 10)
wild = st.lists(st.integers(-300, 300), max_size=25)


@given(calm, wild, calm, wild, st.sampled_from((0, 3, 12)), st.sampled_from((PPM, 1_500_000, UNKNOWN)))
def test_it_is_the_oracles_bar_for_bar(first, then, after, last, dwell, high):
    """Exact: the oracle rounds as the reference says, and shares nothing else with the kernel."""
    lim = limits(high=high, dwell=dwell)
    share = Fraction(lim.regime_exit, PPM)
    rules = Rules(
        None if high == UNKNOWN else Fraction(high, PPM),
        Fraction(2),
        share,
        dwell,
        (Fraction(1), Fraction(1)),
    )
    v, oracle, close = Volatility(), Regime(), 50_000
    for bp in (*first, *then, *after, *last):
        close = max(1, close * (10_000 + bp) // 10_000)
        v.take(close, lim)
        oracle.bar(Fraction(close), rules)
        assert v.level == NAMES[oracle.name]
    assert oracle.fast.value == Fraction(v.fast, E12)
    assert oracle.slow.value == Fraction(v.slow, E12)


def test_a_split_changes_no_return():
    plain = fed([10_000, 10_100, 10_302])
    v = fed([10_000, 10_100])
    v.restate(1, 2)
    assert v.close == 5_050
    v.take(5_151, limits())
    assert (v.returns, v.fast, v.slow) == (plain.returns, plain.fast, plain.slow)


def test_lambda_and_lengths_are_what_the_docstring_says():
    assert (volatility.FAST, volatility.SLOW, FAST_BARS, SLOW_BARS) == (94, 99, 20, 60)
