"""C5: the day's turnover and costs, with the exit of everything that may be held reserved."""

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

TURNOVER, COST = "BUDGET_TURNOVER", "BUDGET_COST"
PER_SHARE = ("micros", 10_000, "")  # a cent


@pytest.mark.parametrize(
    ("limit", "qty", "said"),
    [
        (usd(2_000), 9, approve(9)),
        (usd(2_000), 10, approve(10)),  # in and out
        (usd(2_000), 11, clip(10, TURNOVER)),
        (("money_abs", 2_000 * DOLLAR - 1, ""), 10, clip(9, TURNOVER)),
        (("money_abs", 2_000 * DOLLAR + 1, ""), 10, approve(10)),
        (usd(199), 1, reject(TURNOVER)),
        (usd(0), 1, reject(TURNOVER)),
        (share(20), 11, clip(10, TURNOVER)),
    ],
)
@pytest.mark.parametrize("side", [BUY, SELL])
def test_turnover(side, limit, qty, said):
    assert answer(flying(max_daily_turnover=limit).would(side, qty)) == said


@pytest.mark.parametrize(
    ("fees", "limit", "qty", "said"),
    [
        ({"fee_per_unit": PER_SHARE}, usd(0.20), 10, approve(10)),
        ({"fee_per_unit": PER_SHARE}, usd(0.20), 11, clip(10, COST)),
        ({"fee_per_unit": PER_SHARE}, ("money_abs", 199_999, ""), 10, clip(9, COST)),
        ({"fee_per_unit": PER_SHARE}, usd(0.01), 1, reject(COST)),
        ({"fee_rate": ppm(1_000)}, usd(2), 10, approve(10)),  # 10 bp of 1,000, twice
        ({"fee_rate": ppm(1_000)}, usd(2), 11, clip(10, COST)),
        ({"fee_per_unit": PER_SHARE, "fee_rate": ppm(1_000)}, usd(2.20), 11, clip(10, COST)),
        ({"fee_per_unit": PER_SHARE}, share(0.002), 11, clip(10, COST)),
        ({"fee_per_unit": PER_SHARE}, usd(0), 1, reject(COST)),
        ({}, usd(0), 10, approve(10)),  # nothing is known of fees, and none were paid
    ],
)
@pytest.mark.parametrize("side", [BUY, SELL])
def test_cost(side, fees, limit, qty, said):
    assert answer(flying(max_daily_cost=limit, **fees).would(side, qty)) == said


def test_what_was_traded_and_paid_today_counts():
    f = flying(fee_per_unit=PER_SHARE)
    f.hold(5, 10_020, fee=70_000)
    f.config(max_daily_turnover=usd(2_000), max_daily_cost=usd(2), fee_per_unit=PER_SHARE)
    seen = evidence(f.would(BUY, 1))
    assert seen["C5.max_daily_turnover"] == (
        501 * DOLLAR + 700 * DOLLAR,
        2_000 * DOLLAR,
    )  # and out of 5, in and out of 1
    assert seen["C5.max_daily_cost"] == (70_000 + 70_000, 2 * DOLLAR)
    assert answer(f.would(BUY, 9)) == clip(4, TURNOVER)  # 501 + 500 + 2 x 499.5


def test_a_spent_budget_never_traps_a_position():
    f = flying(max_daily_turnover=usd(1_000), max_daily_cost=usd(0.10), fee_per_unit=PER_SHARE)
    f.hold(5, fee=50_000)
    f.later(NS)
    assert answer(f.would(BUY, 1)) == reject(TURNOVER, COST)
    assert answer(f.would(SELL, 5)) == approve(5)


def test_working_orders_reserve_their_entry_and_their_exit():
    f = flying(max_daily_turnover=usd(2_000), on_excess=text("refuse"))
    f.order(BUY, 6, 9_900)
    assert answer(f.would(BUY, 5, 9_900)) == reject(TURNOVER, passes=4)


def test_the_other_side_of_a_position_is_its_exit():
    """Selling what is held is already reserved; only what goes further needs more."""
    f = flying()
    f.hold(5)
    f.order(SELL, 5, 10_100)
    f.config(max_daily_turnover=usd(1_010))
    assert answer(f.would(BUY, 1, 9_900)) == reject(TURNOVER)
    assert evidence(f.would(BUY, 1, 9_900))["C5.max_daily_turnover"][0] == 500 * DOLLAR + 700 * DOLLAR


def test_fractions_cost_by_the_whole_unit():
    f = flying(also=(BBB,), fee_per_unit=PER_SHARE, max_daily_cost=usd(0.05))
    f.mark("BBB", last=100_000)
    assert answer(f.would(BUY, 3 * 10**9, symbol="BBB")) == clip(2_500_000_000, COST)


def test_a_new_day_has_a_new_budget():
    f = flying(max_daily_turnover=usd(1_000), flat_by=text("never"))
    f.hold(5)
    assert f.later(NS).would(BUY, 1).codes == (TURNOVER,)
    f.next_day()
    f.mark(last=10_000)
    assert evidence(f.would(BUY, 1))["C5.max_daily_turnover"][0] == 700 * DOLLAR


def test_percentages_follow_the_lower_equity():
    f = flying(max_daily_turnover=share(20), max_daily_cost=share(1))
    f.hold(5)
    f.mark(last=8_000)
    seen = evidence(f.would(BUY, 1))
    assert (seen["C5.max_daily_turnover"][1], seen["C5.max_daily_cost"][1]) == (1_980 * DOLLAR, 99 * DOLLAR)
