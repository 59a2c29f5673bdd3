"""C6: the day's loss plus what one bad move of the worst-case book would cost."""

import pytest

from tests.kernel.hand import (
    AAA,
    BBB,
    BUY,
    DOLLAR,
    NS,
    SELL,
    answer,
    approve,
    clip,
    evidence,
    flying,
    ppm,
    reject,
    share,
    text,
    usd,
)

ACCOUNT, STRATEGY, SYMBOL = "LOSS_ACCOUNT", "LOSS_STRATEGY", "LOSS_SYMBOL"
FIVE = ppm(25_000)  # a floor of 2.5%; twice that while the ATR warms: 5 dollars a share


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("max_daily_loss", ACCOUNT),
        ("max_daily_loss__strategy__s", STRATEGY),
        ("max_daily_loss__symbol__AAA", SYMBOL),
    ],
)
@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize(
    ("limit", "qty", "passes"),
    [
        (usd(50), 9, 9),
        (usd(50), 10, 10),
        (usd(50), 11, 10),
        (("money_abs", 50 * DOLLAR - 1, ""), 10, 9),
        (("money_abs", 50 * DOLLAR + 1, ""), 10, 10),
        (usd(4.99), 1, 0),
        (share(0.5), 11, 10),
    ],
)
def test_the_stressed_book(key, code, side, limit, qty, passes):
    d = flying(stress_floor=FIVE, **{key: limit}).would(side, qty)
    assert answer(d) == (approve(qty) if passes == qty else clip(passes, code) if passes else reject(code))


def test_the_loss_so_far_counts_in_each_scope():
    f = flying(stress_floor=FIVE, also=(BBB,))
    f.mark("BBB", last=100_000)
    f.hold(2)
    f.hold(10 * 10**9, 100_000, "BBB", strategy="other")
    f.mark(last=9_000)  # 20 lost in AAA by s
    f.mark("BBB", last=99_000)  # 1 lost in BBB by other
    limit = usd(100)
    f.config(
        stress_floor=FIVE,
        max_daily_loss=limit,
        max_daily_loss__strategy__s=limit,
        max_daily_loss__symbol__AAA=limit,
    )
    seen = evidence(f.would(BUY, 1))  # AAA: 3 x 90 x 5% = 13.50; BBB: 99 x 5% = 4.95
    assert seen["C6.max_daily_loss"][0] == 21_000_000 + 13_500_000 + 4_950_000
    assert seen["C6.max_daily_loss.strategy"][0] == 20_000_000 + 13_500_000
    assert seen["C6.max_daily_loss.symbol"][0] == 20_000_000 + 13_500_000
    assert answer(f.would(BUY, 20)) == clip(14, ACCOUNT, STRATEGY, SYMBOL)


def test_a_profit_makes_room():
    f = flying(stress_floor=FIVE)
    f.hold(10)
    f.mark(last=11_000)  # 100 won
    f.config(stress_floor=FIVE, max_daily_loss=usd(10))
    assert answer(f.would(BUY, 11)) == clip(10, ACCOUNT)  # 110 dollars of stress on 20 shares


def test_every_other_symbol_of_the_strategy_counts():
    f = flying(stress_floor=FIVE, also=(BBB,))
    f.mark("BBB", last=100_000)
    f.order(BUY, 10 * 10**9, 99_000, "BBB")
    f.config(stress_floor=FIVE, max_daily_loss__strategy__s=usd(50))
    assert answer(f.would(BUY, 10)) == clip(9, STRATEGY)
    assert f.would(BUY, 10, strategy="another").verdict == "approve"  # which has no limit of its own


@pytest.mark.parametrize(
    ("floor", "stress"),
    [(0, 0), (1, 2), (25_000, 50_000), (99_999, 199_998), (100_000, 200_000), (150_000, 200_000)],
)
def test_stress_while_the_atr_warms_is_twice_the_floor_and_20_percent_at_most(floor, stress):
    f = flying(stress_floor=ppm(floor), max_daily_loss=usd(10**6))
    assert evidence(f.would(BUY, 10))["C6.max_daily_loss"][0] == 1_000 * stress


def test_stress_when_the_atr_is_warm_is_two_of_it_or_the_floor():
    f = flying(stress_floor=ppm(10_000), atr_bar=("ns", NS, ""), max_daily_loss=usd(10**6))
    for n in range(21):
        f.later(NS).mark(last=10_000, low=9_950, high=10_050)  # a true range of 1 dollar
        assert f.s.markets["AAA"].atr.warm() == (n >= 19)  # the flight's own mark was the first bar
    # the first bar has no range, then nineteen of 1.00 and one more: (19 x 0.95 + 1.00) / 20 = 0.9525, twice
    assert evidence(f.would(BUY, 10))["C6.max_daily_loss"][0] == 1_000 * 19_050
    f.config(stress_floor=ppm(30_000), atr_bar=("ns", NS, ""), max_daily_loss=usd(10**6))
    assert evidence(f.would(BUY, 10))["C6.max_daily_loss"][0] == 1_000 * 30_000


def test_a_loss_limit_of_nothing_trips_at_once():
    f = flying(stress_floor=FIVE, max_daily_loss=usd(0))
    assert answer(f.would(BUY, 1)) == reject("LATCH_L1", ACCOUNT)


def test_refused_with_the_size_named():
    f = flying(stress_floor=FIVE, max_daily_loss=usd(50), on_excess=text("refuse"))
    assert answer(f.ask(BUY, 99)) == reject(ACCOUNT, passes=10)


def test_not_set_is_off():
    seen = evidence(flying(stress_floor=FIVE).would(BUY, 10))
    assert seen["C6.max_daily_loss"] == (50 * DOLLAR, -1)
    assert seen["C6.max_daily_loss.strategy"] == seen["C6.max_daily_loss.symbol"] == (-1, -1)


def test_nothing_holds_an_exit():
    f = flying(stress_floor=FIVE)
    f.hold(10)
    f.config(stress_floor=FIVE, max_daily_loss=usd(1), max_daily_loss__symbol__AAA=usd(1))
    assert answer(f.would(BUY, 1)) == reject(ACCOUNT, SYMBOL)
    assert answer(f.later(NS).would(SELL, 10)) == approve(10)
    assert AAA.symbol in f.s.limits.symbols
