"""Weeks and what they hold: the baseline is the week's first session's, whatever comes in between."""

from datetime import date, timedelta
from typing import Any

import pytest

from flyball.kernel.effects import DayStart, Trip
from flyball.kernel.weeks import monday_of
from tests.kernel.hand import BUY, DOLLAR, flying, of, ppm, text, usd


def test_every_day_of_1970_to_2100_has_its_monday():
    day = date(1970, 1, 1)
    while day.year < 2101:
        monday = day - timedelta(days=day.weekday())
        assert monday_of(int(day.strftime("%Y%m%d"))) == int(monday.strftime("%Y%m%d")), day
        day += timedelta(days=3)


def week(limit: float = 50, **limits: Any) -> Any:
    """Friday 2 January 2026 is where `flying` begins."""
    return flying(flat_by=text("never"), stress_floor=ppm(0), max_weekly_loss=usd(limit), **limits)


def test_losses_of_several_days_add_up():
    f = week()
    assert f.s.week.monday == 20251229
    f.next_day(20260105)  # Monday
    f.mark(last=10_000)
    f.hold(10)
    f.mark(last=9_800)
    assert f.latched() == []
    f.next_day(20260106)
    out = f.mark(last=9_500)
    assert f.latched() == ["L2 account"]
    [trip] = of(out, Trip)
    assert (trip.trigger, trip.value, trip.limit, trip.overshoot) == (
        "weekly_loss",
        50 * DOLLAR,
        50 * DOLLAR,
        0,
    ), "equal trips"


def test_a_new_week_begins_at_its_first_session():
    f = week()
    f.hold(10)
    f.mark(last=9_800)
    [start] = of(f.next_day(20260106), DayStart)  # Tuesday: Monday was none
    assert (start.monday, start.week_baseline, start.week_flows) == (20260105, f.s.equity(), 0)
    f.mark(last=9_501)
    assert f.latched() == []
    [start] = of(f.next_day(20260107), DayStart)
    assert start.week_baseline != f.s.equity()


def test_money_in_and_out_is_neither_loss_nor_gain():
    f = week()
    f.flow(-500 * DOLLAR)
    f.hold(10)
    f.mark(last=9_501)
    assert f.latched() == []
    f.flow(500 * DOLLAR)
    f.mark(last=9_500)
    assert f.latched() == ["L2 account"]


def test_a_restart_does_not_move_it():
    f = week()
    f.hold(10)
    f.mark(last=9_800)
    f.reborn()
    f.account()
    assert f.s.week.baseline == 10_000 * DOLLAR
    f.mark(last=9_500)
    assert f.latched() == ["L2 account"]


@pytest.mark.parametrize(("limit", "passes"), [(49.9, False), (50, True)])
def test_what_adds_is_held_to_the_stressed_week(limit, passes):
    """10 shares at 100 and 5%: one bad move costs 50."""
    f = flying(flat_by=text("never"), stress_floor=ppm(25_000), max_weekly_loss=usd(limit))
    assert ("LOSS_WEEK" not in f.would(BUY, 10).codes) is passes


@pytest.mark.parametrize(
    ("floor", "codes"), [(9_999, ()), (10_000, ("EQUITY_FLOOR",)), (10_001, ("EQUITY_FLOOR",))]
)
def test_the_floor(floor, codes):
    f = flying(flat_by=text("never"))
    f.config(min_account_equity=("micros", floor * DOLLAR, ""), flat_by=text("never"))
    assert f.would(BUY, 1).codes == codes
    out = f.mark(last=10_000)
    assert f.latched() == ([] if not codes else ["L2 account"])
    assert [t.trigger for t in of(out, Trip)] == (["equity_floor"] if codes else [])


def test_the_floor_is_not_known_to_hold_where_nothing_can_be_valued():
    f = flying(price=0, min_account_equity=("micros", 1, ""))
    f.strange_fill("m", "AAA", BUY, 1, 10_000)
    f.s.unvalued = 1
    assert "EQUITY_FLOOR" in f.would(BUY, 1, 10_000).codes
    f.s.unvalued = 0
