"""Triggers: a value equal to one trips it, once an episode, and says how far beyond it was."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, Cancel, Drift, LatchChange, Order, Trip
from tests.kernel.hand import BBB, BUY, DOLLAR, NS, Hand, flying, of, ppm, share, text, usd

NEVER = text("never")


def holding(qty=10, **limits) -> Any:
    f = flying(flat_by=NEVER, also=(BBB,))
    f.hold(qty)
    f.config(**({"flat_by": NEVER, "stress_floor": ppm(0)} | limits))
    return f


def trips(effects) -> list[tuple[str, str, int, int, int]]:
    return [(t.trigger, t.scope, t.value, t.limit, t.overshoot) for t in of(effects, Trip)]


# -- the day's loss ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "scope"),
    [
        ("max_daily_loss", "account"),
        ("max_daily_loss__strategy__s", "strategy:s"),
        ("max_daily_loss__symbol__AAA", "symbol:AAA"),
    ],
)
@pytest.mark.parametrize("qty", [10, -10])
def test_a_loss_equal_to_the_limit_trips(key, scope, qty):
    f = holding(qty, **{key: usd(100)})
    step = 1 if qty < 0 else -1
    assert trips(f.mark(last=10_000 + step * 999)) == []
    effects = f.mark(last=10_000 + step * 1_000)
    assert trips(effects) == [("daily_loss", scope, 100 * DOLLAR, 100 * DOLLAR, 0)]
    assert f.latched() == [f"L1 {scope}"]
    assert [(o.author, o.qty) for o in of(effects, Order)] == [("L1", 10)]


def test_a_gap_overshoots_and_says_by_how_much():
    f = holding(max_daily_loss=usd(100))
    trip = of(f.mark(last=7_000), Trip)[0]
    assert (trip.value, trip.limit, trip.overshoot) == (300 * DOLLAR, 100 * DOLLAR, 200 * DOLLAR)
    assert (trip.symbol, trip.worst_book) == ("AAA", 1_000 * DOLLAR), "what was at stake at the mark before"


def test_it_trips_once_an_episode():
    f = holding(max_daily_loss=usd(100))
    assert len(trips(f.mark(last=9_000))) == 1
    assert trips(f.mark(last=8_000)) == trips(f.mark(last=10_000)) == trips(f.mark(last=7_000)) == []


def test_fees_count():
    f = holding(max_daily_loss=usd(100))
    f.mark(last=9_100)  # 90 lost
    order = f.order(BUY, 2, 9_100)
    assert trips(f.fill(order, 1, fee=10 * DOLLAR - 1)) == []
    effects = f.fill(order, 1, fee=1)
    assert trips(effects) == [("daily_loss", "account", 100 * DOLLAR, 100 * DOLLAR, 0)]
    assert of(effects, Trip)[0].worst_book == 12 * 91 * DOLLAR


def test_a_fill_can_trip():
    f = holding(max_daily_loss=usd(100))
    effects = f.strange_fill("x", "AAA", BUY, 10, 11_000)
    assert trips(effects) == [("daily_loss", "account", 100 * DOLLAR, 100 * DOLLAR, 0)]


def test_a_percentage_is_of_the_start_of_the_day_or_of_now_when_lower():
    f = holding(max_daily_loss=share(1))
    f.mark(last=9_010)  # 99 lost, and 1% of 9,901 is 99.01
    assert f.latched() == []
    effects = f.mark(last=9_009)
    assert trips(effects) == [("daily_loss", "account", 99_100_000, 99_009_000, 91_000)]


def test_a_strategy_loses_with_all_its_symbols_and_no_other_does():
    f = holding(max_daily_loss__strategy__s=usd(100), max_daily_loss__strategy__other=usd(1))
    f.mark("BBB", last=100_000)
    f.hold(10 * 10**9, 100_000, "BBB")
    f.mark(last=9_500)
    assert f.latched() == []
    assert trips(f.mark("BBB", last=50_000)) == [("daily_loss", "strategy:s", 100 * DOLLAR, 100 * DOLLAR, 0)]


def test_a_symbol_is_judged_by_its_own_marks():
    f = holding(max_daily_loss__symbol__BBB=usd(10))
    f.mark("BBB", last=100_000)
    f.hold(10 * 10**9, 100_000, "BBB")
    assert trips(f.mark(last=5_000)) == []
    assert trips(f.mark("BBB", last=90_000)) == [("daily_loss", "symbol:BBB", 10 * DOLLAR, 10 * DOLLAR, 0)]


def test_the_loss_of_yesterday_is_yesterdays():
    f = holding(max_daily_loss=usd(100))
    f.mark(last=9_001)
    f.next_day()
    assert trips(f.mark(last=8_002)) == []
    assert trips(f.mark(last=8_001)) == [("daily_loss", "account", 100 * DOLLAR, 100 * DOLLAR, 0)]


def test_money_moved_is_no_loss():
    f = holding(max_daily_loss=usd(100))
    f.flow(-5_000 * DOLLAR)
    assert trips(f.mark(last=9_001)) == []
    f.flow(5_000 * DOLLAR)
    assert len(trips(f.mark(last=9_000))) == 1


def test_nothing_is_judged_while_something_held_has_no_price():
    f = holding(max_daily_loss=usd(100), drawdown_halt=ppm(10_000))
    f.strange_fill("x", "BBB", BUY, 10**9, 100_000)
    assert trips(f.mark(last=5_000)) == []
    assert len(trips(f.mark("BBB", last=100_000))) == 3 - 1  # the loss and the halt
    assert f.latched() == ["L1 account", "L2 account"]


def test_nor_before_the_first_session():
    f = Hand()
    f.epoch()
    f.config(max_daily_loss=usd(1))
    f.instrument(BBB)
    f.account(cash=10**9, equity=10**9, day_equity=2 * 10**9, positions=())
    assert trips(f.mark("BBB", last=100_000)) == []
    f.session()
    assert trips(f.mark("BBB", last=100_000)) == [("daily_loss", "account", 10**9, DOLLAR, 10**9 - DOLLAR)]


# -- drawdown zones ---------------------------------------------------------------------------------------

ZONES: dict[str, Any] = {
    "drawdown_caution": ppm(5_000),
    "drawdown_restrict": ppm(7_500),
    "drawdown_halt": ppm(10_000),
}


def test_every_zone_at_its_edge():
    """0.5, 0.75 and 1% of 10,000."""
    f = holding(**ZONES)
    assert trips(f.mark(last=9_501)) == []
    assert trips(f.mark(last=9_500)) == [("caution", "account", 50 * DOLLAR, 50 * DOLLAR, 0)]
    assert (f.s.caution, f.latched()) == (True, [])
    assert trips(f.mark(last=9_251)) == []
    assert trips(f.mark(last=9_250)) == [("restrict", "account", 75 * DOLLAR, 75 * DOLLAR, 0)]
    assert f.latched() == ["L3 account"]
    assert trips(f.mark(last=9_001)) == []
    effects = f.mark(last=9_000)
    assert trips(effects) == [("halt", "account", 100 * DOLLAR, 100 * DOLLAR, 0)]
    assert f.latched() == ["L2 account", "L3 account"]
    assert [(o.author, o.qty) for o in of(effects, Order)] == [("L2", 10)]


def test_a_gap_into_the_halt_zone():
    f = holding(**ZONES)
    assert trips(f.mark(last=8_000)) == [
        ("halt", "account", 200 * DOLLAR, 100 * DOLLAR, 100 * DOLLAR),
        ("caution", "account", 200 * DOLLAR, 50 * DOLLAR, 150 * DOLLAR),
    ]
    assert f.latched() == ["L2 account"]


def test_zones_are_of_the_high_water_mark():
    f = holding(**ZONES)
    f.mark(last=20_000)  # 11,000
    assert f.s.high_water == 11_000 * DOLLAR
    assert trips(f.mark(last=19_451)) == []
    assert trips(f.mark(last=19_450)) == [("caution", "account", 55 * DOLLAR, 55 * DOLLAR, 0)]


def test_caution_halves_what_adds_and_ends_by_itself():
    f = holding(**ZONES)
    f.mark(last=9_500)
    assert f.would(BUY, 1).scale == 500_000
    effects = f.mark(last=9_501)
    assert [a.alert for a in of(effects, Alert)] == ["caution_over"]
    assert f.would(BUY, 1).scale == 1_000_000
    assert len(trips(f.mark(last=9_500))) == 1


@pytest.mark.parametrize(
    ("scale", "want"), [(250_000, 250_000), (0, 0), (1_000_000, 1_000_000), (1_500_000, 1_000_000)]
)
def test_the_scale_in_caution_never_above_one(scale, want):
    f = holding(**ZONES, caution_scale=ppm(scale))
    f.mark(last=9_500)
    assert f.would(BUY, 1).scale == want


def test_restrict_cancels_what_could_add():
    f = holding(**ZONES)
    order = f.order(BUY, 1, 9_000)
    f.later(NS)
    assert [c.client_id for c in of(f.mark(last=9_250), Cancel)] == [order.client_id]


def acknowledged() -> Any:
    f = holding(**ZONES)
    f.mark(last=9_250)
    f.next_day()
    f.mark(last=9_250)
    f.command("clear", "secret", latch="L3", reason="seen")
    assert f.latched() == []
    return f


def test_once_acknowledged_no_new_trip_before_the_halt_zone():
    f = acknowledged()
    assert trips(f.mark(last=9_240)) == trips(f.mark(last=9_400)) == trips(f.mark(last=9_001)) == []
    assert [t[0] for t in trips(f.mark(last=9_000))] == ["halt"]


def test_or_a_recovery_above_caution():
    f = acknowledged()
    f.mark(last=9_501)
    assert [t[0] for t in trips(f.mark(last=9_250))] == ["restrict", "caution"]


def test_a_recovery_while_it_held_leaves_nothing_acknowledged():
    """It went back above caution before anybody cleared it: the next fall into the zone is news."""
    f = holding(**ZONES)
    f.mark(last=9_250)
    f.mark(last=9_900)
    f.next_day()
    f.mark(last=9_900)
    f.command("clear", "secret", latch="L3", reason="recovered")
    assert [t[0] for t in trips(f.mark(last=9_250))] == ["restrict", "caution"]
    assert f.latched() == ["L3 account"]


def test_without_a_caution_zone_a_new_high_ends_the_acknowledgement():
    f = holding(drawdown_restrict=ppm(7_500))
    f.mark(last=9_250)
    f.next_day()
    f.command("clear", "secret", latch="L3", reason="seen")
    assert trips(f.mark(last=9_300)) == trips(f.mark(last=9_200)) == trips(f.mark(last=10_000)) == []
    assert trips(f.mark(last=9_200)) == []
    f.mark(last=10_001)
    assert [t[0] for t in trips(f.mark(last=9_200))] == ["restrict"]


def test_zones_that_are_not_set_never_trip():
    f = holding()
    assert trips(f.mark(last=1)) == []


def test_the_drawdown_vector_with_a_withdrawal():
    """100k to 110k, 50k withdrawn, down to 54k: 10% of units, not the 50.9% of raw equity."""
    f = flying(
        cash=100_000 * DOLLAR, flat_by=NEVER, drawdown_halt=ppm(100_000), drawdown_restrict=ppm(99_999)
    )
    f.hold(500, 10_000)
    f.mark(last=12_000)
    assert (f.s.equity(), f.s.high_water) == (110_000 * DOLLAR, 110_000 * DOLLAR)
    f.flow(-50_000 * DOLLAR)
    assert (f.s.equity(), f.s.high_water) == (60_000 * DOLLAR, 60_000 * DOLLAR)
    assert trips(f.mark(last=10_801)) == []
    effects = f.mark(last=10_800)
    assert f.s.equity() == 54_000 * DOLLAR
    assert trips(effects) == [("halt", "account", 6_000 * DOLLAR, 6_000 * DOLLAR, 0)]


@pytest.mark.parametrize(
    ("high", "equity", "flow", "after"),
    [
        (110, 110, -50, 60),
        (110, 99, -49, Hand),  # 110 x 50 / 99, rounded up
        (100, 100, 100, 200),
        (100, 50, 50, 200),
        (100, 50, -50, 50),  # nothing is left: by the amount
        (100, 50, -150, 0),
        (100, 0, 10, 110),
        (100, -10, 30, 130),
    ],
)
def test_flows_move_the_mark_in_proportion(high, equity, flow, after):
    f = flying(cash=equity * DOLLAR, flat_by=NEVER)
    f.s.high_water = high * DOLLAR
    f.flow(flow * DOLLAR)
    want = -(-110 * 50 * DOLLAR // 99) if after is Hand else after * DOLLAR
    assert f.s.high_water == want
    assert f.s.day.flows == f.s.flows == flow * DOLLAR
    assert f.s.day_profit() == 0


def test_a_deposit_lifts_no_latch_and_a_withdrawal_trips_none():
    f = holding(**ZONES, max_daily_loss=usd(1_000))
    assert f.flow(-9_000 * DOLLAR) == []
    f.mark(last=9_000)
    assert f.latched() == ["L2 account"]
    f.flow(10**6 * DOLLAR)
    f.mark(last=9_000)
    assert f.latched() == ["L2 account"]


# -- drift ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "control", "symbol"),
    [
        ({"max_position_notional": usd(1_000)}, "C2", "AAA"),
        ({"max_gross": usd(1_000)}, "C3.max_gross", ""),
        ({"max_net": usd(1_000)}, "C3.max_net", ""),
    ],
)
def test_a_mark_that_carries_the_book_past_a_cap_is_told_once(limits, control, symbol):
    f = holding(**limits)
    assert of(f.mark(last=10_000), Drift) == []
    drift = of(f.mark(last=10_001), Drift)
    assert [(d.control, d.symbol, d.value, d.limit) for d in drift] == [
        (control, symbol, 1_000_100_000, 1_000 * DOLLAR)
    ]
    assert of(f.mark(last=10_002), Drift) == []
    assert of(f.mark(last=10_000), Drift) == []
    assert len(of(f.mark(last=10_001), Drift)) == 1, "another episode"
    assert f.latched() == []


def test_latches_follow_trips_in_the_same_step():
    f = holding(**ZONES, max_daily_loss=usd(100))
    effects = f.mark(last=9_000)
    assert [x.KIND for x in effects if x.KIND in ("trip", "latch")] == [
        "trip",
        "latch",
        "trip",
        "latch",
        "trip",
    ]
    assert [x.latch for x in of(effects, LatchChange)] == ["L1", "L2"]
