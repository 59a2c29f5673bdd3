"""C1: equal to the cap passes, a unit above it does not; scales shrink it; nothing holds an exit."""

import pytest

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
    ppm,
    reject,
    share,
    text,
    usd,
)

NOTIONAL, QTY = "SIZE_ORDER_NOTIONAL", "SIZE_ORDER_QTY"


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize(
    ("limit", "qty", "said"),
    [
        (("money_abs", 1_000 * DOLLAR, ""), 9, approve(9)),
        (("money_abs", 1_000 * DOLLAR, ""), 10, approve(10)),
        (("money_abs", 1_000 * DOLLAR, ""), 11, clip(10, NOTIONAL)),
        (("money_abs", 1_000 * DOLLAR - 1, ""), 10, clip(9, NOTIONAL)),
        (("money_abs", 1_000 * DOLLAR + 1, ""), 10, approve(10)),
        (("money_abs", 100 * DOLLAR - 1, ""), 1, reject(NOTIONAL)),
        (usd(0), 1, reject(NOTIONAL)),
        (share(10), 10, approve(10)),  # of 10,000
        (share(10), 11, clip(10, NOTIONAL)),
        (share(0), 1, reject(NOTIONAL)),
    ],
)
def test_notional(side, limit, qty, said):
    f = flying(max_order_notional=limit)
    assert answer(f.would(side, qty)) == said
    assert evidence(f.would(side, 1))["C1.max_order_notional"][0] == 100 * DOLLAR


@pytest.mark.parametrize(
    ("most", "qty", "said"),
    [(3, 2, approve(2)), (3, 3, approve(3)), (3, 4, clip(3, QTY)), (0, 1, reject(QTY))],
)
def test_qty(most, qty, said):
    assert answer(flying(max_order_qty=most).would(BUY, qty)) == said


def test_qty_is_in_whole_shares_and_coins():
    f = flying(max_order_qty=3, also=(BBB, COIN))
    f.mark("BBB", last=123_400)
    f.mark("COIN", last=2_000)
    for symbol, lot in (("BBB", BBB.lot), ("COIN", COIN.lot)):
        assert answer(f.would(BUY, 3 * 10**9, symbol=symbol)) == approve(3 * 10**9)
        assert answer(f.would(BUY, 3 * 10**9 + lot, symbol=symbol)) == clip(3 * 10**9, QTY)
    assert evidence(f.would(BUY, 10**9, symbol="BBB"))["C1.max_order_qty"] == (10**9, 3 * 10**9)


def test_a_refusal_names_the_size_that_would_have_passed():
    f = flying(max_order_notional=usd(1_000), on_excess=text("refuse"))
    assert answer(f.ask(BUY, 25)) == reject(NOTIONAL, passes=10)
    assert f.ask(BUY, 10).verdict == "approve"


def test_not_set_is_off():
    d = flying().would(BUY, 10**6)
    assert (d.verdict, evidence(d)["C1.max_order_notional"]) == ("approve", (10**14, -1))


def test_a_percentage_is_of_the_equity_at_the_start_or_the_present_one_when_lower():
    f = flying(max_order_notional=share(10))
    f.hold(10)
    f.hold(10)
    f.mark(last=11_000)  # 10,200 now: the start counts
    assert evidence(f.would(BUY, 1))["C1.max_order_notional"][1] == 1_000 * DOLLAR
    f.mark(last=9_000)  # 9,800 now
    assert evidence(f.would(BUY, 1))["C1.max_order_notional"][1] == 980 * DOLLAR
    f.flow(-4_800 * DOLLAR)  # 5,000 now, 5,200 at the start without what was taken out
    assert evidence(f.would(BUY, 1))["C1.max_order_notional"][1] == 500 * DOLLAR


def test_a_symbol_has_its_own():
    f = flying(max_order_notional=usd(1_000), max_order_notional__symbol__AAA=usd(200), also=(BBB,))
    f.mark("BBB", last=1_000_000)
    assert answer(f.would(BUY, 3)) == clip(2, NOTIONAL)
    assert answer(f.would(BUY, 11 * 10**9, symbol="BBB")) == clip(10 * 10**9, NOTIONAL)


def test_an_order_is_valued_at_the_worse_of_limit_and_mark():
    f = flying(max_order_notional=usd(1_000))
    assert answer(f.would(BUY, 10, limit=10_001)) == clip(9, NOTIONAL)
    assert answer(f.would(BUY, 11, limit=5_000)) == clip(10, NOTIONAL)
    assert answer(f.would(SELL, 10, limit=10_001)) == clip(9, NOTIONAL)


def test_a_notional_intent_is_cut_like_any_other():
    f = flying(max_order_notional=usd(1_000))
    assert answer(f.would(BUY, notional=1_099 * DOLLAR)) == approve(10)
    assert answer(f.would(BUY, notional=1_100 * DOLLAR)) == clip(10, NOTIONAL)


def test_scales_shrink_it_and_no_other_cap():
    f = flying(
        max_order_notional=usd(1_000),
        max_order_qty=8,
        max_position_notional=usd(3_000),
        drawdown_caution=ppm(10_000),
    )
    f.hold(8)
    f.mark(last=8_700)  # 1.04% down: caution, half the size
    d = f.would(BUY, 8)
    assert answer(d) == clip(4, NOTIONAL, QTY)
    seen = evidence(d)
    assert (d.scale, seen["C1.max_order_notional"][1], seen["C1.max_order_qty"][1]) == (
        500_000,
        500 * DOLLAR,
        4,
    )
    assert seen["C2.max_position_notional"][1] == 3_000 * DOLLAR


def test_nothing_holds_an_exit():
    f = flying()
    f.hold(30)
    f.config(max_order_notional=usd(1), max_order_qty=1)
    assert answer(f.later(2 * NS).ask(SELL, 30)) == approve(30)
