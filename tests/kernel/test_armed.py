"""No decorative key (pattern 20 of how such software fails: ML4T, shobhit727/trade#49): every configuration
key is read, shown by a refusal that only it explains.
"""

from typing import Any

import pytest

from flyball.kernel.effects import Order
from flyball.kernel.limits import KEYS
from tests.kernel.flight import DAY, DOLLAR, NS, START, ppm, share, text, usd
from tests.kernel.hand import BUY, ns, of
from tests.kernel.watched import MINUTE, watched

# key: (limits, what is asked for, the code that says the key was read)
ARMED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "max_order_notional": ({"max_order_notional": usd(499)}, {}, "SIZE_ORDER_NOTIONAL"),
    "max_order_qty": ({"max_order_qty": 4}, {}, "SIZE_ORDER_QTY"),
    "max_position_notional": ({"max_position_notional": usd(499)}, {}, "EXPOSURE_POSITION"),
    "max_gross": ({"max_gross": usd(499)}, {}, "EXPOSURE_GROSS"),
    "max_net": ({"max_net": usd(499)}, {}, "EXPOSURE_NET"),
    "max_leverage": ({"max_leverage": ppm(49_999)}, {}, "EXPOSURE_LEVERAGE"),
    "max_at_risk": ({"max_at_risk": share(4.99)}, {}, "EXPOSURE_AT_RISK"),
    "max_positions": ({"max_positions": 0}, {}, "EXPOSURE_COUNT"),
    "max_daily_turnover": ({"max_daily_turnover": usd(999)}, {}, "BUDGET_TURNOVER"),
    "max_daily_cost": (
        {"max_daily_cost": usd(0.9), "fee_per_unit": ("micros", 100_000, "")},
        {},
        "BUDGET_COST",
    ),
    "fee_per_unit": (
        {"max_daily_cost": usd(0.9), "fee_per_unit": ("micros", 100_000, "")},
        {},
        "BUDGET_COST",
    ),
    "fee_rate": ({"max_daily_cost": usd(0.9), "fee_rate": ppm(1_000)}, {}, "BUDGET_COST"),
    "max_daily_loss": ({"max_daily_loss": usd(4.9)}, {}, "LOSS_ACCOUNT"),
    "stress_floor": ({"max_daily_loss": usd(49), "stress_floor": ppm(50_000)}, {}, "LOSS_ACCOUNT"),
    "price_tolerance": ({"price_tolerance": ppm(9_999)}, {"limit": 10_100}, "PRICE_TOLERANCE"),
    "max_quote_age": ({"max_quote_age": ns(NS - 1)}, {}, "DATA_STALE"),
    "max_spread": ({"max_spread": ppm(1)}, {}, "DATA_SPREAD"),
    "order_rate": ({"order_rate": 0}, {}, "RATE_ORDERS"),
    "message_rate": ({"message_rate": 0}, {}, "RATE_MESSAGES"),
    "max_orders_per_day": ({"max_orders_per_day": 0}, {}, "RATE_DAY"),
    "min_notional": ({"min_notional": ("micros", 501 * DOLLAR, "")}, {}, "FORMAT_MIN_NOTIONAL"),
    "max_weekly_loss": ({"max_weekly_loss": usd(2.4)}, {}, "LOSS_WEEK"),
    "min_account_equity": ({"min_account_equity": ("micros", 10_000 * DOLLAR, "")}, {}, "EQUITY_FLOOR"),
    "restricted": ({"restricted": text("AAA,ZZZ", "list")}, {}, "MARKET_RESTRICTED"),
    "risk_per_trade": ({"risk_per_trade": ppm(499)}, {}, "SIZE_ATR"),
    "max_intent_age": ({"max_intent_age": ns(NS)}, {"created_at": START - 1}, "INTENT_EXPIRED"),
}
# keys whose reading shows elsewhere than in one refusal: the test that fails when they are not read
ELSEWHERE = {
    "max_overnight_exposure": "nothing is held overnight with flat_by = close; configuration says so",
    "atr_bar": "test_the_bar_of_the_average_range_is_read",
    "drawdown_caution": "test_zones_and_their_scale_are_read",
    "drawdown_restrict": "test_zones_and_their_scale_are_read",
    "drawdown_halt": "test_zones_and_their_scale_are_read",
    "caution_scale": "test_zones_and_their_scale_are_read",
    "max_slippage": "test_failures: test_18_a_market_order_leaves_with_a_collar",
    "max_tick_move": "test_a_wild_print_neither_marks_nor_trades",
    "min_spacing": "test_what_came_before_is_read",
    "reject_rate": "test_what_came_before_is_read",
    "duplicate_window": "test_failures: test_17_windows_and_counters_survive_a_restart",
    "reduce_rate": "test_failures: test_13_flattening_has_its_own_rate_budget",
    "on_excess": "test_on_excess_is_read",
    "flat_by": "test_flat_by_is_read",
    "on_close": "test_on_close_is_read",
    "atr_stop": "test_the_stop_is_read",
    "regime_high": "test_the_regimes_keys_are_read",
    "regime_extreme": "test_the_regimes_keys_are_read",
    "regime_exit": "test_the_regimes_keys_are_read",
    "regime_dwell": "test_the_regimes_keys_are_read",
    "regime_high_scale": "test_the_regimes_keys_are_read",
    "regime_extreme_scale": "test_the_regimes_keys_are_read",
    "clear_approvers": "test_clearing: two persons",
    "incident_errors": "test_kill_switch",
    "incident_window": "test_kill_switch",
    "latency_limit": "tests/sensors: what a sensor measures, the kernel does not",
    "deadman_flatten_after": "test_deadman",
    "event_scale": "test_watching: an economic event",
    "event_exempt": "test_watching: an economic event",
    "settle_after_halt": "test_watching: a halt",
    "max_executions_unreviewed": "test_runaway",
    "max_child_orders": "test_runaway",
    "reject_streak": "test_runaway",
    "ingress_flood": "test_runaway",
}


def test_every_key_has_a_test_that_fails_when_nothing_reads_it():
    """Pattern 20, a decorative config key: ML4T, shobhit727/trade#49, mayankkom-dev/spike#18."""
    assert sorted([*ARMED, *ELSEWHERE]) == sorted(key.name for key in KEYS)


@pytest.mark.parametrize("key", sorted(ARMED))
def test_every_key_is_read(key: str):
    limits, wish, code = ARMED[key]
    armed, off = watched(**limits).later(NS), watched().later(NS)
    assert code in armed.ask(BUY, 5, **wish).codes
    if key != "max_intent_age":  # has a default, like everything that can be too old
        assert off.ask(BUY, 5, **wish).codes == ()


def test_zones_and_their_scale_are_read():
    zones: dict[str, Any] = {
        "drawdown_caution": ppm(5_000),
        "drawdown_restrict": ppm(10_000),
        "drawdown_halt": ppm(20_000),
    }
    f = watched(**zones, caution_scale=ppm(250_000), max_order_notional=usd(1_000))
    f.hold(10)
    f.mark(last=9_500)
    decision = f.ask(BUY, 5, 9_500)
    assert (decision.verdict, decision.qty, decision.scale) == ("clip", 2, 250_000)
    f.mark(last=9_000)
    assert f.latched() == ["L3 account"]
    f.mark(last=8_000)
    assert f.latched() == ["L2 account", "L3 account"]


def test_the_bar_of_the_average_range_is_read():
    """Twenty whole minutes with a range of 2 dollars in 100: a stress of 4%. In days it is still warming."""
    for bar, stress in ((60 * NS, 40_000), (DAY, 2 * 5_000)):
        f = watched(price=0, atr_bar=ns(bar))
        for _ in range(22):
            f.later(MINUTE).mark(last=10_000, low=9_900, high=10_100)
        assert f.s.exposures["AAA"].stress == stress


def test_a_wild_print_neither_marks_nor_trades():
    f = watched(max_tick_move=ppm(50_000))
    f.mark(last=5_000)
    assert f.s.markets["AAA"].last == 10_000
    assert "DATA_SUSPECT" in f.ask(BUY, 1).codes


def test_what_came_before_is_read():
    f = watched(min_spacing=ns(NS), reject_rate=0)
    f.order(BUY, 1, 9_000)
    assert "RATE_SPACING" in f.ask(BUY, 2, 9_000).codes
    f.later(NS).ask(BUY, 3, 9_000)
    f.update(f.outbox.pop(), "REJECTED")
    assert "RATE_REJECTS" in f.later(NS).ask(BUY, 4, 9_000).codes


def test_on_excess_is_read():
    clips = watched(max_gross=usd(300)).ask(BUY, 5)
    refuses = watched(max_gross=usd(300), on_excess=text("refuse")).ask(BUY, 5)
    assert (clips.verdict, clips.qty) == ("clip", 3)
    assert (refuses.verdict, refuses.qty, refuses.would_pass) == ("reject", 0, 3)


def test_on_close_is_read():
    """With it what is held goes into the closing auction, at close - 15 min."""
    for on_close, tifs in (("yes", ["cls"]), ("no", [])):
        f = watched(flat_by=text("close"), on_close=text(on_close))
        f.hold(1)
        effects = f.wait(f.s.day.close - 15 * MINUTE - f.now)
        assert [o.tif for o in of(effects, Order)] == tifs


def test_flat_by_is_read():
    for flat_by, codes in (("close", ("MARKET_FLAT_BY",)), ("never", ())):
        f = watched(flat_by=text(flat_by))
        f.wait(386 * MINUTE)
        f.mark(last=10_000)
        assert f.ask(BUY, 1).codes == codes


def test_the_stop_is_read():
    """Ranges of 2 dollars: a stop of 5 of them is 10 away, of 50 that one may lose at it."""
    f = watched(price=0, atr_bar=ns(MINUTE), risk_per_trade=ppm(5_000), atr_stop=ppm(5_000_000))
    for _ in range(22):
        f.later(MINUTE).mark(last=10_000, low=9_900, high=10_100)
    d = f.ask(BUY, 6)
    assert (d.verdict, d.qty, d.codes) == ("clip", 5, ("SIZE_ATR",))


def test_the_regimes_keys_are_read():
    """Each of them moves one step of the same course: the scales after 70 calm minutes, as the storm comes
    and goes."""
    given: dict[str, Any] = {
        "regime_high": ppm(1_500_000),
        "regime_extreme": ppm(2_000_000),
        "regime_exit": ppm(800_000),
        "regime_dwell": 3,
        "regime_high_scale": ppm(500_000),
        "regime_extreme_scale": ppm(250_000),
    }

    def course(**changed: Any) -> list[int]:
        f = watched(atr_bar=ns(MINUTE), **(given | changed))
        f.bars_of_a_minute([10, -10] * 35)
        scales = []
        for bp in (40, -40, 40, -40, 100, -100, 100, *[10, -10] * 16):
            f.bars_of_a_minute([bp])
            scales.append(f.would(BUY, 1).scale)
        return scales

    usual = course()
    assert set(usual) == {1_000_000, 500_000, 250_000}
    assert course(regime_high=ppm(1_400_000)).index(500_000) < usual.index(500_000)
    assert course(regime_extreme=ppm(1_900_000)).index(250_000) < usual.index(250_000)
    assert course(regime_exit=ppm(900_000)).count(250_000) < usual.count(250_000)
    assert course(regime_dwell=20).count(250_000) == 20 > usual.count(250_000)
    assert set(course(regime_high_scale=ppm(400_000))) == {1_000_000, 400_000, 250_000}
    assert set(course(regime_extreme_scale=ppm(0))) == {1_000_000, 500_000, 0}
