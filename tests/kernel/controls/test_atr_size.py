"""C10: what one order loses at a stop of some average true ranges is at most a share of equity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel.stats import ATR_BARS, ATR_SHIFT, Atr
from tests.kernel.hand import (
    BBB,
    BUY,
    COIN,
    DOLLAR,
    NS,
    SELL,
    answer,
    approve,
    clip,
    evidence,
    flying,
    ns,
    ppm,
    reject,
    text,
    usd,
)

MINUTE = 60 * NS
CODE, UNKNOWN = "SIZE_ATR", "SIZE_ATR_UNKNOWN"
FLOOR = ppm(10_000)  # twice that while the average warms: 2 dollars in 100


def ranging(f, value, symbol="AAA"):
    """An average range that is known, in price units."""
    f.s.markets[symbol].atr = Atr(bars=ATR_BARS, value=value << ATR_SHIFT)
    f.s.refresh(symbol)
    return f


def test_the_published_vector():
    """Equity 100,000, r 0.5%, k 2, ATR 1.60, price 80: 156 shares, $12,480 before caps."""
    f = ranging(flying(100_000 * DOLLAR, price=8_000, risk_per_trade=ppm(5_000)), 160)
    assert answer(f.would(BUY, 156)) == approve(156)
    d = f.would(BUY, 157)
    assert answer(d) == clip(156, CODE)
    assert evidence(d)["C10.risk_per_trade"] == (156, 156)
    assert evidence(d)["C1.max_order_notional"][0] == 12_480 * DOLLAR


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize(
    ("risk", "stop", "atr", "qty", "said"),
    [  # of 10,000, at 100.00
        (5_000, 2_000_000, 250, 9, approve(9)),  # 50 dollars, 5 a share
        (5_000, 2_000_000, 250, 10, approve(10)),
        (5_000, 2_000_000, 250, 11, clip(10, CODE)),
        (4_999, 2_000_000, 250, 10, clip(9, CODE)),
        (5_000, 2_000_001, 250, 10, clip(9, CODE)),
        (5_000, 3_000_000, 250, 11, clip(6, CODE)),
        (500, 2_000_000, 251, 1, reject(CODE)),  # 5 dollars, 5.02 a share
        (500, 2_000_000, 250, 1, approve(1)),
        (1, 2_000_000, 0, 1, reject(CODE)),  # a cent, 2 a share: a range is a tick
        (2, 2_000_000, 0, 1, approve(1)),
    ],
)
def test_the_stop(side, risk, stop, atr, qty, said):
    f = ranging(flying(risk_per_trade=ppm(risk), atr_stop=ppm(stop)), atr)
    assert answer(f.would(side, qty)) == said


@pytest.mark.parametrize(
    ("bars", "qty", "said"),
    [(0, 25, approve(25)), (19, 26, clip(25, CODE)), (20, 26, approve(26))],
)
def test_while_the_average_warms_a_unit_risks_the_stressed_move(bars, qty, said):
    """50 dollars, 2 a share until 20 bars are whole; then two ranges of 10 cents."""
    f = flying(risk_per_trade=ppm(5_000), stress_floor=FLOOR)
    f.s.markets["AAA"].atr = Atr(bars=bars, value=10 << ATR_SHIFT)
    f.s.refresh("AAA")
    assert answer(f.would(BUY, qty)) == said


def test_the_warming_price_is_the_worse_of_limit_and_mark():
    f = flying(risk_per_trade=ppm(5_000), stress_floor=FLOOR)
    assert answer(f.would(BUY, 25, limit=10_001)) == clip(24, CODE)
    assert answer(f.would(BUY, 26, limit=9_000)) == clip(25, CODE)


def test_without_a_price_nothing_can_be_told():
    d = flying(price=0, risk_per_trade=ppm(5_000)).would(BUY, 1, 10_000)
    assert UNKNOWN in d.codes
    assert evidence(d)["C10.risk_per_trade"] == (1, 0)
    assert UNKNOWN not in flying(price=0).would(BUY, 1, 10_000).codes


def test_down_to_whole_lots_in_every_instrument():
    f = flying(risk_per_trade=ppm(1_000), also=(BBB, COIN))  # 10 dollars
    f.mark("BBB", last=123_400)
    f.mark("COIN", last=2_000)
    ranging(ranging(f, 3_000, "BBB"), 70, "COIN")
    most = 10 * 10**9 * 10_000 // 6_000 // BBB.lot * BBB.lot  # 10 / 0.6 of a share
    assert answer(f.would(BUY, 20 * 10**9, symbol="BBB")) == clip(most, CODE)
    assert evidence(f.would(BUY, 10**9, symbol="BBB"))["C10.risk_per_trade"] == (10**9, most)
    most = 10 * 10**9 * 10**8 // 140 // COIN.lot * COIN.lot  # 10 / 0.0000014
    assert answer(f.would(BUY, most, symbol="COIN")) == approve(most)
    assert answer(f.would(BUY, most + COIN.lot, symbol="COIN")) == clip(most, CODE)


def test_of_the_equity_at_the_start_or_the_present_one_when_lower():
    f = ranging(flying(risk_per_trade=ppm(5_000)), 250)
    f.hold(10)
    f.hold(10)
    for price, limit in ((11_000, 10), (9_000, 9)):  # 10,200, then 9,800 now
        f.mark(last=price)
        ranging(f, 250)
        assert evidence(f.would(BUY, 1))["C10.risk_per_trade"] == (1, limit)


def test_nothing_is_left_of_an_account_that_owes():
    f = flying(risk_per_trade=ppm(5_000))
    f.s.cash = -1
    assert evidence(ranging(f, 1).would(BUY, 1))["C10.risk_per_trade"] == (1, 0)


def test_scales_shrink_it():
    f = ranging(flying(risk_per_trade=ppm(5_000), drawdown_caution=ppm(10_000), max_order_qty=8), 250)
    f.hold(8)
    f.mark(last=8_700)  # 1.04% down: caution, half the size
    d = ranging(f, 250).would(BUY, 8)
    assert answer(d) == clip(4, "SIZE_ORDER_QTY", CODE)
    assert evidence(d)["C10.risk_per_trade"] == (4, 4)


def test_a_refusal_names_the_size_that_would_have_passed():
    f = ranging(flying(risk_per_trade=ppm(5_000), on_excess=text("refuse")), 250)
    assert answer(f.ask(BUY, 25)) == reject(CODE, passes=10)
    assert f.ask(BUY, 10).verdict == "approve"


def test_not_set_is_off():
    d = ranging(flying(), 250).would(BUY, 10**6)
    assert (d.verdict, evidence(d)["C10.risk_per_trade"]) == ("approve", (10**6, -1))


def test_nothing_holds_an_exit():
    f = ranging(flying(risk_per_trade=ppm(1_000)), 10)
    f.hold(1)
    d = ranging(f, 10_000).later(2 * NS).ask(SELL, 1)
    assert answer(d) == approve(1)
    assert evidence(d)["C10.risk_per_trade"] == (1, 0)


def test_bars_of_another_length_begin_anew():
    f = flying(atr_bar=ns(MINUTE), risk_per_trade=ppm(5_000))
    for _ in range(22):
        f.later(MINUTE).mark(last=10_000, low=9_900, high=10_100)
    m = f.s.markets["AAA"]
    assert (m.atr.bars, m.volatility.returns) == (22, 21)  # a return has two closes
    f.config(atr_bar=ns(2 * MINUTE))
    m = f.s.markets["AAA"]
    assert (m.atr.bars, m.atr.warm(), m.volatility.returns) == (0, False, 0)


@given(
    st.integers(1, 100_000),
    st.integers(100_000, 9_000_000),
    st.integers(1, 3_000),
    st.integers(1, 400),
)
def test_the_largest_size_that_passes_is_the_formulas(risk, stop, atr, qty):
    f = ranging(flying(risk_per_trade=ppm(risk), atr_stop=ppm(stop)), atr)
    most = 10_000 * 10**6 * risk * 100 // (stop * atr * 10**6)  # equity r / (k ATR), in cents
    d = f.would(BUY, qty)
    assert d.qty == min(qty, most)
    assert d.verdict == ("approve" if qty <= most else "clip" if most else "reject")


def test_a_symbols_own_money_caps_hold_beside_it():
    f = ranging(flying(risk_per_trade=ppm(5_000), max_order_notional=usd(700)), 250)
    assert answer(f.would(BUY, 20)) == clip(7, "SIZE_ORDER_NOTIONAL", CODE)
