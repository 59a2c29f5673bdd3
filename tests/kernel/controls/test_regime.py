"""C11: a market that moves far more than it used to scales what adds, and nothing else."""

from typing import Any

import pytest

from flyball.kernel.volatility import EXTREME, HIGH, NORMAL, SLOW_BARS, Volatility
from tests.kernel.hand import (
    BBB,
    BUY,
    NS,
    SELL,
    answer,
    approve,
    clip,
    evidence,
    flying,
    ns,
    ppm,
    share,
    usd,
)
from tests.kernel.watched import watched

MINUTE = 60 * NS
REGIME: dict[str, Any] = {
    "atr_bar": ns(MINUTE),
    "regime_high": ppm(1_500_000),
    "regime_extreme": ppm(2_000_000),
    "regime_dwell": 3,
}


def wild(f, level, symbol="AAA"):
    f.s.markets[symbol].volatility = Volatility(SLOW_BARS, 10**6, 10**6, 10_000, level)
    return f


def scaled(**limits):
    return flying(max_order_notional=usd(1_000), **REGIME, **limits)


@pytest.mark.parametrize(
    ("level", "qty", "scale"), [(NORMAL, 10, 1_000_000), (HIGH, 5, 500_000), (EXTREME, 2, 250_000)]
)
def test_the_levels(level, qty, scale):
    d = wild(scaled(), level).would(BUY, 10)
    assert (d.qty, d.scale) == (qty, scale)
    assert answer(d) == (approve(10) if qty == 10 else clip(qty, "SIZE_ORDER_NOTIONAL"))
    seen = evidence(d)
    assert seen["C11.volatility_ratio"] == (1_000_000, 1_500_000)
    assert seen["C11.regime_scale"] == (scale, 1_000_000)
    assert seen["C11.regime_bars"] == (60, 60)


def test_it_is_the_symbols_own():
    f = wild(scaled(also=(BBB,)), HIGH)
    f.mark("BBB", last=1_000_000)
    assert f.would(BUY, 10**9, symbol="BBB").scale == 1_000_000


def test_it_multiplies_with_the_other_scales():
    f = wild(scaled(drawdown_caution=ppm(10_000), max_position_notional=usd(9_000)), NORMAL)
    f.hold(10)
    f.mark(last=8_900)
    d = wild(f, HIGH).would(BUY, 10)
    assert d.scale == 250_000
    seen = evidence(d)
    assert seen["C1.max_order_notional"][1] == 250 * 10**6
    assert seen["C2.max_position_notional"][1] == 9_000 * 10**6


def test_nothing_holds_an_exit():
    f = scaled()
    f.hold(10)
    assert answer(wild(f, EXTREME).later(2 * NS).ask(SELL, 10)) == approve(10)


def test_off_without_thresholds():
    f = wild(flying(max_order_notional=usd(1_000)), EXTREME)
    assert answer(f.would(BUY, 10)) == approve(10)
    assert evidence(f.would(BUY, 10))["C11.volatility_ratio"] == (1_000_000, -1)


def test_a_storm_and_the_calm_after_it():
    """From the journal alone: warming, high, extreme, and back a level at a time; each decision is judged by
    the oracle, whose scale is its own."""
    f = watched(max_order_notional=usd(1_000), max_gross=share(1000), **REGIME)
    calm = [10, -10]

    def then(steps):
        f.bars_of_a_minute(steps)
        d = f.ask(BUY, 1)
        return d.scale, evidence(d)["C11.regime_bars"][0]

    assert then(calm * 20) == (1_000_000, 39)
    assert then(calm * 15) == (1_000_000, 60)
    assert then([40, -40, 40]) == (1_000_000, 60)
    assert then([-40]) == (500_000, 60)
    assert then([100, -100, 100]) == (250_000, 60)
    scales = []
    for bp in calm * 20:
        f.bars_of_a_minute([bp])
        scales.append(f.would(BUY, 1).scale)
        assert scales[-1] == f.world.prices["AAA"].regime.scale(f.world.regimes()) * 10**6
    assert sorted(scales) == scales  # rising only, a level at a time
    assert [scales.count(x) for x in (250_000, 500_000, 1_000_000)] == [12, 13, 15]
    assert then(calm) == (1_000_000, 60)


def test_what_happened_overnight_is_no_bars_return():
    f = watched(max_order_notional=usd(1_000), **REGIME)
    f.bars_of_a_minute([10, -10] * 40)
    f.next_day()
    f.mark(last=13_000)
    f.bars_of_a_minute([10, -10])
    d = f.ask(BUY, 1)
    assert d.scale == 1_000_000
    f.bars_of_a_minute([3_000])
    f.bars_of_a_minute([10])
    assert f.ask(BUY, 1).scale == 250_000


def test_with_daily_bars_it_is():
    f = flying(**{**REGIME, "atr_bar": ns(86_400 * NS)})
    for n in range(SLOW_BARS + 2):
        f.next_day()
        f.mark(last=10_000 + n % 2)
    assert f.s.markets["AAA"].volatility.returns == SLOW_BARS + 1
    f.next_day()
    f.mark(last=13_000)
    f.next_day()
    f.mark(last=13_000)
    assert f.would(BUY, 1).scale == 250_000
