"""C3: gross, net, leverage and what is at risk, over the worst-case book of the whole account."""

import pytest

from tests.kernel.hand import (
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

ONE = 10**9  # of BBB, at 10.00


def book(long=0, short=0, **limits):
    """AAA bought, BBB sold short, in dollars."""
    f = flying(also=(BBB,))
    f.mark("BBB", last=100_000)
    if long:
        f.hold(long // 100)
    if short:
        f.hold(-short // 10 * ONE, 100_000, "BBB")
    f.config(**limits)
    return f.later(2 * NS)


GROSS, NET, LEVERAGE, RISK = "EXPOSURE_GROSS", "EXPOSURE_NET", "EXPOSURE_LEVERAGE", "EXPOSURE_AT_RISK"
MICRO_LESS = ("money_abs", 1_000 * DOLLAR - 1, "")


@pytest.mark.parametrize(
    ("limits", "long", "short", "side", "qty", "said"),
    [
        ({"max_gross": usd(1_000)}, 400, 300, BUY, 3, approve(3)),
        ({"max_gross": usd(1_000)}, 400, 300, BUY, 4, clip(3, GROSS)),
        ({"max_gross": MICRO_LESS}, 400, 300, BUY, 3, clip(2, GROSS)),
        ({"max_gross": usd(700)}, 400, 300, BUY, 1, reject(GROSS)),
        ({"max_gross": usd(0)}, 0, 0, BUY, 1, reject(GROSS)),
        ({"max_gross": share(10)}, 400, 300, BUY, 4, clip(3, GROSS)),
        ({"max_net": usd(1_000)}, 400, 300, BUY, 9, approve(9)),
        ({"max_net": usd(1_000)}, 400, 300, BUY, 10, clip(9, NET)),
        ({"max_net": MICRO_LESS}, 400, 300, BUY, 9, clip(8, NET)),
        ({"max_net": usd(1_000)}, 0, 300, SELL, 8, clip(7, NET)),
        ({"max_net": usd(0)}, 0, 300, BUY, 3, reject(NET)),  # a buy lowers this net, but it is above the cap
        ({"max_leverage": ppm(100_000)}, 400, 300, BUY, 3, approve(3)),
        ({"max_leverage": ppm(100_000)}, 400, 300, BUY, 4, clip(3, LEVERAGE)),
        ({"max_leverage": ppm(99_999)}, 400, 300, BUY, 3, clip(2, LEVERAGE)),
        ({"max_leverage": ppm(0)}, 0, 0, BUY, 1, reject(LEVERAGE)),
        ({"max_at_risk": usd(1_000)}, 400, 300, BUY, 4, clip(3, RISK)),
        ({"max_at_risk": usd(0)}, 0, 0, BUY, 1, reject(RISK)),
        ({"max_at_risk": share(10)}, 400, 300, BUY, 4, clip(3, RISK)),
    ],
)
def test_limits_of_the_whole_book(limits, long, short, side, qty, said):
    assert answer(book(long, short, **limits).would(side, qty)) == said


def test_working_orders_count_in_every_symbol():
    f = book()
    f.order(SELL, 30 * ONE, 110_000, "BBB")  # worth 330
    f.order(BUY, 2, 9_900, intent="x")
    f.config(max_gross=usd(1_000), on_excess=text("refuse"))
    assert answer(f.would(BUY, 5, 9_900)) == reject(GROSS, passes=4)


def test_the_smallest_cap_clips_and_all_that_spoke_are_named():
    f = book(max_gross=usd(500), max_net=usd(300), max_leverage=ppm(40_000))
    assert answer(f.would(BUY, 9)) == clip(3, GROSS, NET, LEVERAGE)


def test_leverage_is_shown_as_a_ratio_rounded_up():
    f = book(400, max_leverage=ppm(100_000))
    f.mark(last=9_999)  # equity 9,999.96
    assert evidence(f.would(BUY, 1))["C3.max_leverage"] == (49_996, 100_000)  # 499.95 / 9,999.96


def test_percentages_and_leverage_follow_the_lower_equity():
    f = book(400, max_gross=share(10), max_leverage=ppm(100_000))
    f.mark(last=5_000)  # 200 lost: 9,800 left, 200 held
    seen = evidence(f.would(BUY, 1))
    assert seen["C3.max_gross"] == (250 * DOLLAR, 980 * DOLLAR)
    assert answer(f.would(BUY, 16)) == clip(15, GROSS, LEVERAGE)  # 780 of 50 each
    f.mark(last=20_000)  # 10,400: the start counts
    assert evidence(f.would(BUY, 1))["C3.max_gross"][1] == 1_000 * DOLLAR


def test_no_equity_no_leverage():
    f = book(400, max_leverage=ppm(1_000_000))
    f.flow(-9_999 * DOLLAR)
    f.mark(last=1)  # 1 dollar and 4 cents less 400: nothing left
    assert f.s.equity() < 0
    d = f.would(BUY, 1)
    assert answer(d) == reject(LEVERAGE)
    assert evidence(d)["C3.max_leverage"] == (-1, 1_000_000)


def test_nothing_holds_an_exit():
    f = book(400, 300, max_gross=usd(0), max_net=usd(0), max_leverage=ppm(0), max_at_risk=usd(0))
    assert answer(f.would(SELL, 4)) == approve(4)
    assert answer(f.would(BUY, 30 * ONE, symbol="BBB")) == approve(30 * ONE)
