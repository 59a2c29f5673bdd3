"""How trading-safety software has failed before, each failure as a test with its lesson in the name.

The list is the twenty recurring patterns and the incidents of smaller projects that generalise; the project
and thread a lesson comes from stands in its docstring. Every event is judged by the oracle besides, so that
each story also keeps P1 to P7.
"""

from typing import Any

import pytest

from flyball.kernel import controls
from flyball.kernel.effects import (
    Alert,
    AskAccount,
    Cancel,
    Divergence,
    Effect,
    Flat,
    LatchChange,
    Order,
    Query,
)
from flyball.kernel.events import Account, Event
from flyball.kernel.limits import KEYS
from tests.kernel.flight import AAA, BBB, COIN, DAY, DOLLAR, NS, START, Flight, ppm, share, text, usd
from tests.kernel.hand import BUY, CASH, SELL, Hand, ns, of

MINUTE = 60 * NS


class Watched(Hand):
    """A governor flown by hand, under the oracle's eyes."""

    def feed(self, event: Event) -> list[Effect]:
        return Flight.feed(self, event)


def watched(price: int = 10_000, mode: str = "paper", **limits: Any) -> Watched:
    """AAA and BBB, 10,000 in cash, an open session, and only the limits given. AAA is at `price` (0 = not
    priced yet).
    """
    f = Watched()
    f.epoch(mode=mode)
    f.config(**{"stress_floor": ppm(5_000), **limits})
    f.instrument(AAA)
    f.instrument(BBB)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=())
    f.session()
    if price:
        f.mark(last=price)
    return f


# -- the twenty patterns -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ("price", "DATA_MISSING"),
        ("account", "ACCOUNT_UNKNOWN"),
        ("fresh price", "DATA_STALE"),
        ("price of a holding", "DATA_UNVALUED"),
        ("session", "MARKET_CLOSED"),
        ("quote", "DATA_SPREAD"),
    ],
)
def test_01_missing_data_refuses_what_adds(lacks: str, code: str):
    """Pattern 1, missing data means allow: TorchTrade#270, PRC MARKET_DATA_UNAVAILABLE."""
    f = Watched()
    f.epoch()
    f.config(max_quote_age=ns(30 * NS), **({"max_spread": ppm(10_000)} if lacks == "quote" else {}))
    f.instrument(AAA)
    f.instrument(BBB)
    if lacks != "account":
        held = (("BBB", 10**9),) if lacks == "price of a holding" else ()
        f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=held)
    if lacks != "session":
        f.session()
    if lacks != "price":
        f.mark(last=10_000)
    if lacks == "fresh price":
        f.later(30 * NS + 1)
    decision = f.ask(BUY, 1)
    assert decision.verdict == "reject"
    assert code in decision.codes


def test_02_no_plausible_default_stands_in_for_a_figure():
    """Pattern 2, 100.0 for a price, 0.0 for an equity, "flat" for a position: ML4T, GT#1444 mark = 0."""
    f = watched(price=0, drawdown_halt=ppm(20_000))
    for nothing in ({}, {"last": 0, "bid": 0}, {"bid": -5, "ask": 10_000}):
        f.mark(**nothing)
        assert not f.s.markets["AAA"].known()
        decision = f.ask(BUY, 1)
        assert (decision.verdict, decision.reference) == ("reject", 0)
        assert {"DATA_MISSING", "PRICE_NO_REFERENCE"} <= set(decision.codes)


def test_03_a_timeout_is_in_doubt_and_counts_as_live():
    """Pattern 3, a timeout taken for a rejection: freqtrade's orphan, barter-rs, NT#4152."""
    f = watched(max_gross=usd(1_000))
    order = f.doubt(BUY, 10)
    assert f.s.order(order.client_id).state == "IN_DOUBT"
    assert f.ask(BUY, 1).codes == ("EXPOSURE_GROSS",)
    f.early(order)
    assert f.s.book_qty("s", "AAA") == 10


def test_04_an_unknown_state_is_not_an_end():
    """Pattern 4, UNKNOWN treated as terminal: LEAN BTH:946, HB#8457."""
    f = watched(max_gross=usd(1_000))
    order = f.order(BUY, 10)
    for state in ("UNKNOWN", "held", "pending_review", ""):
        f.update(order, state)
        assert f.s.order(order.client_id).live()
        assert f.ask(BUY, 1).codes == ("EXPOSURE_GROSS",)


def test_05_an_empty_reply_is_not_flat():
    """Pattern 5 and 2.15: no positions in the reply, so the bot buys again each bar: TorchTrade#270/PR#296,
    five exchanges.
    """
    f = watched(max_position_notional=usd(1_000))
    f.hold(10)
    f.account(positions=())
    assert f.s.book_qty("s", "AAA") == 10  # never healed in silence
    assert f.ask(BUY, 1).codes == ("EXPOSURE_POSITION",)
    effects = f.later(5 * NS).account(positions=())
    assert [d.what for d in of(effects, Divergence)] == ["position AAA"]
    assert f.latched() == ["L7 account"]
    assert f.s.book_qty("s", "AAA") == 10


def test_05_a_read_that_failed_changes_nothing():
    """2.15: API failure encoded as "flat"; AlpacaTradingAgent PR#44."""
    f = watched()
    f.hold(10)
    before = (f.s.cash, f.s.book_qty("s", "AAA"), f.latched())
    effects = f.timeout("", "account")
    assert effects == []
    assert (f.s.cash, f.s.book_qty("s", "AAA"), f.latched()) == before
    assert of(f.wait(10 * NS), AskAccount)  # it asks again


def test_06_panic_acts_at_the_broker_and_ends_with_the_brokers_word():
    """Pattern 6, a kill switch that edits local state only: HB, shobhit727/trade#49, LB sell_all."""
    f = watched()
    f.hold(10)
    working = f.order(BUY, 5, 9_000)
    effects = f.command("panic")
    assert [c.client_id for c in of(effects, Cancel)] == [working.client_id]
    effects = f.cancelled(working)
    assert [(o.side, o.qty, o.author) for o in of(effects, Order)] == [(SELL, 10, "L4")]
    assert not of(f.serve(), Flat)  # our books are flat; that is not enough
    asked = f.account_questions[-1].ask
    flat = of(f.account(ask=asked), Flat)
    assert [(x.why, x.confirmed, x.residue) for x in flat] == [("L4", True, ())]


def test_06_panic_names_the_residue_until_the_broker_agrees():
    """A flat book and a broker that still holds something is not flat."""
    f = watched()
    f.hold(10)
    f.command("panic")
    f.serve()
    asked = f.account_questions[-1].ask
    assert not of(f.account(ask=asked, positions=(("AAA", 10),)), Flat)
    assert "L4 account" in f.latched()


def test_07_panic_needs_no_bot_no_price_and_no_journal():
    """Pattern 7, the kill switch depends on the thing it kills: HB ▲RAN, GT#341-347."""
    f = Watched()
    f.epoch()
    f.config(max_quote_age=ns(NS), price_tolerance=ppm(30_000), max_slippage=ppm(5_000))
    f.instrument(AAA)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=(("AAA", 7),))
    f.session()
    f.bot("s", "down")
    f.report("journal", "failed")
    orders = of(f.command("panic"), Order)
    assert [(o.side, o.qty, o.type, o.limit) for o in orders] == [(SELL, 7, "market", 0)]
    assert f.g.may_send(orders[0].client_id, f.now) == ""


LATCHES = {
    "L1": lambda f: f.mark(last=8_900),
    "L2": lambda f: f.mark(last=7_900),
    "L3": lambda f: f.mark(last=9_400),
    "L4": lambda f: f.command("panic"),
    "L5": lambda f: f.command("freeze"),
    "L14": lambda f: f.command("pause"),
}


@pytest.mark.parametrize("name", sorted(LATCHES))
def test_08_every_latch_holds_through_a_restart_and_has_a_way_back(name: str):
    """Pattern 8, a latch that is missing or has no way back: GT#431, IgorGanapolsky/trading#4018."""
    f = watched(
        max_daily_loss=usd(110) if name == "L1" else usd(5_000),
        drawdown_restrict=ppm(6_000),
        drawdown_halt=ppm(12_000 if name != "L1" else 900_000),
        flat_by=text("never"),
    )
    f.hold(10)
    LATCHES[name](f)
    assert f"{name} account" in f.latched()
    f.serve()
    f.reborn()
    assert f"{name} account" in f.latched()
    assert f.ask(BUY, 1).codes[0] == f"LATCH_{name}"
    what = "resume" if name == "L14" else "clear"
    f.later(31 * NS).command(what, "socket", latch=name)
    assert f"{name} account" in f.latched()
    f.next_day()
    f.mark(last=f.s.markets["AAA"].last)
    for held in list(f.s.latches.values()):
        f.command(
            "resume" if held.id == "L14" else "clear", "secret", latch=held.id, reason="looked", rebase="yes"
        )
    assert f.latched() == []
    assert f.ask(BUY, 1).codes == ()


def test_09_the_high_water_mark_survives_restarts_flows_and_rubbish():
    """Pattern 9, lost on restart, poisoned by NaN or deposits: AlpacaTradingAgent PR#36, Helios-x#23."""
    f = watched(drawdown_halt=ppm(100_000))
    f.hold(50)
    f.mark(last=11_000)
    assert f.s.high_water == 10_500 * DOLLAR
    f.reborn()
    for nonsense in ({}, {"last": 0}, {"bid": 12_000, "ask": 11_000}, {"last": -1}):
        f.mark(**nonsense)
    assert f.s.high_water == 10_500 * DOLLAR
    f.flow(10_500 * DOLLAR)  # twice as much money is no profit
    assert f.s.high_water == 21_000 * DOLLAR
    f.flow(-10_500 * DOLLAR)
    assert f.s.high_water == 10_500 * DOLLAR
    assert f.latched() == []


def test_10_a_tripped_loss_limit_acts_on_the_open_position():
    """Pattern 10, the breaker gates entries while the position bleeds: FT#2968, GT#1269, openalgo#1052."""
    f = watched(max_daily_loss=usd(100))
    f.hold(10)
    effects = f.mark(last=9_000)  # equal to the trigger
    assert [(o.side, o.qty, o.author) for o in of(effects, Order)] == [(SELL, 10, "L1")]


def test_11_no_limit_traps_an_exit():
    """Pattern 11, a limit traps the exit: NT#3256/#4746, FT#11608; 2.15: a PDT rule blocks the closing trade."""
    f = watched()
    f.hold(10)
    f.config(
        max_order_notional=usd(1),
        max_order_qty=1,
        max_position_notional=usd(1),
        max_gross=usd(1),
        max_net=usd(1),
        max_leverage=ppm(1),
        max_at_risk=usd(1),
        max_positions=0,
        max_daily_turnover=usd(1),
        max_daily_cost=usd(0),
        fee_per_unit=("micros", 10**6, ""),
        price_tolerance=ppm(10),
        max_slippage=ppm(10),
        max_quote_age=ns(1),
        max_spread=ppm(1),
        order_rate=0,
        min_spacing=ns(MINUTE),
        message_rate=0,
        reject_rate=0,
        max_orders_per_day=0,
        duplicate_window=ns(MINUTE),
        min_notional=("micros", 10**9, ""),
        restricted=text("AAA", "list"),
        max_daily_loss=usd(10_000),
    )
    f.instrument(AAA, tradable=False)
    f.later(MINUTE)
    decision = f.ask(SELL, 10, 5_000)
    assert (decision.verdict, decision.qty, decision.adds) == ("approve", 10, False)
    assert f.g.may_send(f.outbox[-1].client_id, f.now) == ""


def test_12_flattening_waits_for_the_evidence_of_cancels():
    """Pattern 12, flatten before the cancels are confirmed means sold twice: Alpaca-API#111,
    alpaca-trade-api-csharp#247.
    """
    f = watched()
    f.hold(10)
    leaving = f.order(SELL, 6, 11_000)
    effects = f.command("panic")
    assert [c.client_id for c in of(effects, Cancel)] == [leaving.client_id]
    assert not of(effects, Order)
    f.fill(leaving, 4)
    orders = of(f.cancelled(leaving, 4), Order)
    assert sum(o.qty for o in orders) == 6


def test_12_without_evidence_only_what_is_safe_under_every_outcome_leaves():
    f = watched()
    f.hold(10)
    leaving = f.order(SELL, 6, 11_000)
    f.command("panic")
    orders = of(f.wait(6 * NS), Order)  # the cancel is never answered
    assert sum(o.qty for o in orders) == 4
    f.fill(leaving)
    f.serve()
    assert f.s.book_qty("s", "AAA") == 0


def test_13_flattening_has_its_own_rate_budget():
    """Pattern 13, no rate limit is left for the exit: GT#1454."""
    f = watched(
        order_rate=1, message_rate=1, reduce_rate=1, max_orders_per_day=1, max_order_notional=usd(300)
    )
    f.hold(3)
    f.strange_fill("by hand", "AAA", BUY, 4, 10_000)
    assert f.ask(BUY, 1).verdict == "reject"
    assert f.ask(SELL, 1).verdict == "approve"
    assert f.ask(SELL, 1).codes == ("RATE_REDUCE",)
    f.deliver()
    orders = of(f.command("panic"), Order) + of(f.wait(6 * NS), Order)
    assert sum(o.qty for o in orders) == 6  # all but the one that is already leaving
    assert all(f.g.may_send(o.client_id, f.now) == "" for o in orders)


def test_14_not_found_right_after_a_start_is_not_cancelled():
    """Pattern 14, startup assumes that what it does not find is cancelled: FT, NT#4958."""
    f = watched(max_gross=usd(1_000))
    order_id = f.ask(BUY, 10) and f.outbox[-1].client_id
    f.deliver()
    f.later(20 * NS).reborn()  # too old to be sent again
    assert [q.client_id for q in f.questions] == [order_id]
    f.answer(order_id, 0, False)
    assert f.s.order(order_id).live()
    assert f.ask(BUY, 1).codes == ("EXPOSURE_GROSS",)
    f.early(f.orders[order_id])  # it had been under way
    assert f.s.book_qty("s", "AAA") == 10


def test_14_an_acknowledged_order_does_not_vanish():
    f = watched(max_gross=usd(1_000))
    order = f.order(BUY, 10)
    f.timeout(order.client_id, "cancel")
    for ask in (1, 2, 3):
        f.answer(order.client_id, ask, False)
        assert f.s.order(order.client_id).live()
        f.wait(MINUTE)


def test_15_no_id_is_ever_issued_twice():
    """Pattern 15, the broker's session reuses ids after a gateway restart: LIB, IB nextValidId."""
    f = watched(flat_by=text("never"))
    for epoch in (2, 3, 4):
        f.hold(1)
        f.epoch(epoch)
    f.next_day()
    f.mark(last=10_000)
    f.hold(1)
    ids = [effect.client_id for _, effects in f.journal for effect in effects if isinstance(effect, Order)]
    assert len(ids) == 4
    assert len(set(ids)) == 4


def test_16_the_loss_is_watched_while_the_broker_is_silent():
    """Pattern 16, the monitor runs only while connected: LIB#246."""
    f = watched(max_daily_loss=usd(100))
    f.hold(10)
    for _ in range(3):
        f.later(MINUTE).timeout("", "account")
    assert [(x.latch, x.action) for x in of(f.mark(last=8_900), LatchChange)] == [("L1", "set")]


def test_17_windows_and_counters_survive_a_restart():
    """Pattern 17, counters per process: HB, binary-bot#2193 "run the bot again and bypass your own limits"."""
    f = watched(
        max_orders_per_day=3, order_rate=2, duplicate_window=ns(2 * NS), max_daily_turnover=usd(1_000)
    )
    f.hold(1, intent="first")
    f.reborn()
    assert f.ask(BUY, 1, intent="first").codes[0] == "DUPLICATE_INTENT"
    assert "DUPLICATE_ORDER" in f.ask(BUY, 1).codes
    f.hold(2)
    f.reborn()
    assert f.ask(BUY, 3, limit=10_000).codes == ("BUDGET_TURNOVER", "RATE_ORDERS")
    f.later(NS).hold(-3)
    f.reborn()
    assert f.later(NS).ask(BUY, 1).codes == ("RATE_DAY",)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ({"type": "stop"}, "RULE_UNKNOWN_TYPE"),
        ({"type": "trailing_stop"}, "RULE_UNKNOWN_TYPE"),
        ({"type": "combo"}, "RULE_UNKNOWN_TYPE"),
        ({"type": ""}, "RULE_UNKNOWN_TYPE"),
        ({"tif": "opg"}, "RULE_UNKNOWN_TIF"),
        ({"symbol": "AAA240119C00100000"}, "RULE_UNKNOWN_SYMBOL"),
    ],
)
def test_18_what_nobody_checked_does_not_pass(shape: dict[str, Any], code: str):
    """Pattern 18, the way round: a modify, a combo, an option, another order type: NT's modify hole."""
    decision = watched().ask(BUY, 1, **shape)
    assert decision.verdict == "reject"
    assert code in decision.codes


def test_18_a_market_order_leaves_with_a_collar():
    f = watched(max_slippage=ppm(5_000), price_tolerance=ppm(30_000))
    f.mark(bid=9_990, ask=10_010)
    f.ask(BUY, 1)
    assert (f.outbox[-1].type, f.outbox[-1].limit) == ("limit", 10_060)


def test_19_a_rule_that_fails_refuses_and_latches(monkeypatch: pytest.MonkeyPatch):
    """Pattern 19, an error in a rule means execute: FT bot:912, OA:76."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a rule with a bug")

    f = watched()
    working = f.order(BUY, 1, 9_900)
    monkeypatch.setattr(controls.position, "position", broken)
    f.faulty = True
    effects = f.intent(BUY, 1)
    assert [d.codes for d in effects if d.KIND == "decision"] == [("CONTROL_FAILED",)]  # type: ignore[attr-defined]
    assert not of(effects, Order)
    assert [c.client_id for c in of(effects, Cancel)] == [working.client_id]
    assert f.latched() == ["L5 account"]
    monkeypatch.undo()


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
    "restricted": ({"restricted": text("AAA,ZZZ", "list")}, {}, "MARKET_RESTRICTED"),
    "max_intent_age": ({"max_intent_age": ns(NS)}, {"created_at": START - 1}, "INTENT_EXPIRED"),
}
# keys whose reading shows elsewhere than in one refusal: the test that fails when they are not read
ELSEWHERE = {
    "max_overnight_exposure": "nothing is held overnight with flat_by = close; configuration says so",
    "atr_bar": "tests/oracle: stress",
    "drawdown_caution": "test_20_zones_and_their_scale_are_read",
    "drawdown_restrict": "test_20_zones_and_their_scale_are_read",
    "drawdown_halt": "test_20_zones_and_their_scale_are_read",
    "caution_scale": "test_20_zones_and_their_scale_are_read",
    "max_slippage": "test_18_a_market_order_leaves_with_a_collar",
    "max_tick_move": "test_20_a_wild_print_neither_marks_nor_trades",
    "min_spacing": "test_20_what_came_before_is_read",
    "reject_rate": "test_20_what_came_before_is_read",
    "duplicate_window": "test_17_windows_and_counters_survive_a_restart",
    "reduce_rate": "test_13_flattening_has_its_own_rate_budget",
    "on_excess": "test_20_on_excess_is_read",
    "flat_by": "test_20_flat_by_is_read",
}


def test_20_every_key_has_a_test_that_fails_when_nothing_reads_it():
    """Pattern 20, a decorative config key: ML4T, shobhit727/trade#49, mayankkom-dev/spike#18."""
    assert sorted([*ARMED, *ELSEWHERE]) == sorted(key.name for key in KEYS)


@pytest.mark.parametrize("key", sorted(ARMED))
def test_20_every_key_is_read(key: str):
    limits, wish, code = ARMED[key]
    armed, off = watched(**limits).later(NS), watched().later(NS)
    assert isinstance(armed, Watched)
    assert isinstance(off, Watched)
    assert code in armed.ask(BUY, 5, **wish).codes
    if key != "max_intent_age":  # has a default, like everything that can be too old
        assert off.ask(BUY, 5, **wish).codes == ()


def test_20_zones_and_their_scale_are_read():
    zones = {"drawdown_caution": ppm(5_000), "drawdown_restrict": ppm(10_000), "drawdown_halt": ppm(20_000)}
    f = watched(**zones, caution_scale=ppm(250_000), max_order_notional=usd(1_000))
    f.hold(10)
    f.mark(last=9_500)
    decision = f.ask(BUY, 5, 9_500)
    assert (decision.verdict, decision.qty, decision.scale) == ("clip", 2, 250_000)
    f.mark(last=9_000)
    assert f.latched() == ["L3 account"]
    f.mark(last=8_000)
    assert f.latched() == ["L2 account", "L3 account"]


def test_20_a_wild_print_neither_marks_nor_trades():
    f = watched(max_tick_move=ppm(50_000))
    f.mark(last=5_000)
    assert f.s.markets["AAA"].last == 10_000
    assert "DATA_SUSPECT" in f.ask(BUY, 1).codes


def test_20_what_came_before_is_read():
    f = watched(min_spacing=ns(NS), reject_rate=0)
    f.order(BUY, 1, 9_000)
    assert "RATE_SPACING" in f.ask(BUY, 2, 9_000).codes
    f.later(NS).ask(BUY, 3, 9_000)
    f.update(f.outbox.pop(), "REJECTED")
    assert "RATE_REJECTS" in f.later(NS).ask(BUY, 4, 9_000).codes


def test_20_on_excess_is_read():
    clips = watched(max_gross=usd(300)).ask(BUY, 5)
    refuses = watched(max_gross=usd(300), on_excess=text("refuse")).ask(BUY, 5)
    assert (clips.verdict, clips.qty) == ("clip", 3)
    assert (refuses.verdict, refuses.qty, refuses.would_pass) == ("reject", 0, 3)


def test_20_flat_by_is_read():
    for flat_by, codes in (("close", ("MARKET_FLAT_BY",)), ("never", ())):
        f = watched(flat_by=text(flat_by))
        f.wait(386 * MINUTE)
        f.mark(last=10_000)
        assert f.ask(BUY, 1).codes == codes


# -- incidents of smaller projects that generalise -----------------------------------------------------------


def test_a_halt_is_not_cleared_by_an_empty_list_from_a_failed_fetch():
    """IgorGanapolsky/trading#4018."""
    f = watched()
    f.hold(10)
    for _ in range(2):
        f.later(5 * NS).account(positions=(("AAA", 4),))
    assert f.latched() == ["L7 account"]
    f.later(MINUTE).timeout("", "account")
    f.later(MINUTE).account(positions=())
    assert f.latched() == ["L7 account"]
    f.later(MINUTE).account()
    assert f.latched() == []


def test_what_the_broker_does_not_return_is_missed():
    """HKUDS/Vibe-Trading#667: the reconciler iterates only what the broker returned."""
    f = watched()
    f.hold(10)
    f.mark("BBB", last=10_000)
    f.strange_fill("by hand", "BBB", BUY, 10**9, 10_000)
    for _ in range(2):
        effects = f.later(5 * NS).account(positions=(("BBB", 10**9), ("ZZZ", 3)))
    assert [d.what for d in of(effects, Divergence)] == ["position AAA", "position ZZZ"]


@pytest.mark.parametrize("mode", ["paper", "shadow", "live"])
def test_limits_hold_in_every_mode_alike(mode: str):
    """Breaker on paper only: shobhit727/trade#49, mayankkom-dev/spike#18, ML4T."""
    f = watched(mode=mode, max_gross=usd(300), max_daily_loss=usd(100))
    f.hold(3)
    assert f.ask(BUY, 1).codes == ("EXPOSURE_GROSS",)
    assert of(f.mark(last=6_000), LatchChange)[0].latch == "L1"


def test_a_retry_keeps_its_id_and_ends_after_three_attempts():
    """Retry on any exception, for ever, with a new uuid each: bennycode/trading-signals PR#1178,
    Kalshi-starter#135.
    """
    f = watched(max_intent_age=ns(10 * MINUTE))
    first = f.doubt(BUY, 5)
    sent = [first]
    for _ in range(8):
        open_questions = [q for q in f.questions if q.client_id == first.client_id]
        f.questions.clear()
        for q in open_questions:
            sent += of(f.answer(first.client_id, q.ask, False), Order)
        for again in sent[len(sent) - 1 :]:
            f.timeout(again.client_id, "submit", again.attempt)
        f.wait(21 * NS)
    assert {o.client_id for o in sent} == {first.client_id}
    assert [o.attempt for o in sent] == [1, 2, 3]
    assert f.s.order(first.client_id).state == "REJECTED"


def test_a_fill_is_booked_once_whatever_restarts_and_days_lie_between():
    """QuantDinger PR#232, rqalpha-mod-vnpy#20: booked twice after a restart."""
    f = watched(flat_by=text("never"))
    order = f.hold(10)
    f.early(order, fill_id=(fill := f.s.order(order.client_id).fill_ids[0]))
    f.reborn()
    f.early(order, fill_id=fill)
    f.next_day()
    f.early(order, fill_id=fill)
    assert f.s.book_qty("s", "AAA") == 10


def test_a_late_fill_belongs_to_its_strategy_on_the_next_day_too():
    f = watched(flat_by=text("never"))
    order = f.order(BUY, 10, 9_900, strategy="mean_rev")
    f.update(order, "EXPIRED", 0)
    f.next_day()
    f.early(order, 4)
    assert f.s.book_qty("mean_rev", "AAA") == 4


def test_closing_one_strategys_position_leaves_the_others_alone():
    """Forven#116: closing A closed B."""
    f = watched()
    f.hold(5, strategy="a")
    f.hold(7, strategy="b")
    decision = f.ask(SELL, 12, strategy="a")
    assert (decision.verdict, decision.qty, decision.codes) == ("clip", 5, ("REDUCE_THROUGH_ZERO",))
    f.serve()
    assert (f.s.book_qty("a", "AAA"), f.s.book_qty("b", "AAA")) == (0, 7)
    assert f.ask(SELL, 1, strategy="a").codes == ("ACCOUNT_OPPOSITE_SIDE",)


def test_what_a_bot_wanted_long_ago_is_not_done_now():
    """gekko#1855, zenbot#1014, FT#9404: clocks drift, queues stall."""
    f = watched(max_intent_age=ns(5 * NS))
    f.later(MINUTE)
    assert f.ask(BUY, 1, created_at=f.now - 5 * NS).verdict == "approve"
    assert f.g.may_send(f.outbox[-1].client_id, f.now) == ""
    assert f.g.may_send(f.outbox[-1].client_id, f.now + 1) == "INTENT_EXPIRED"
    assert f.ask(BUY, 1, created_at=f.now - 5 * NS - 1).codes == ("INTENT_EXPIRED",)


def test_the_ladder_counts_from_an_early_close():
    """Nemo_IB#25: the half day's close was missed by the end-of-day job."""
    f = Watched()
    f.epoch()
    f.config()
    f.instrument(AAA)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=())
    f.session(length=210 * MINUTE)
    f.mark(last=10_000)
    f.hold(10)
    assert not of(f.wait(205 * MINUTE - 1), Order)
    orders = of(f.wait(1), Order)
    assert [(o.author, o.side, o.qty) for o in orders] == [("ladder", SELL, 10)]


def test_every_latch_is_told_once_an_episode():
    """bacchus-mm#17, LIB#246: a halt unnoticed for hours. And no storm either."""
    f = watched(max_daily_loss=usd(100))
    f.hold(10)
    told = [a for last in (9_000, 8_990, 8_980, 8_970) for a in of(f.mark(last=last), Alert)]
    assert [a.alert for a in told if a.alert.startswith("latch_")] == ["latch_L1"]


def test_a_heavy_loser_is_not_let_in_again_at_midnight():
    """binance-trading-bot PR#777: the counter resets at midnight UTC, and the loser buys again minutes later."""
    f = watched(flat_by=text("never"), max_daily_loss=usd(100))
    f.hold(10)
    f.mark(last=8_000)
    f.serve()
    f.wait(DAY)
    assert "LATCH_L1" in f.ask(BUY, 1).codes
    f.session(f.s.day.day)  # the same risk day once more starts nothing
    f.mark(last=8_000)
    assert "LATCH_L1" in f.ask(BUY, 1).codes
    f.command("clear", "secret", latch="L1")
    assert "L1 account" in f.latched()


def test_a_deposit_makes_no_room_and_hides_no_loss():
    """Anusambath/trading-bot#14: the wrong baseline. Failure rule 9."""
    f = watched(max_daily_loss=usd(150), max_gross=share(10))
    f.hold(10)
    f.mark(last=9_000)
    f.flow(5_000 * DOLLAR)
    f.mark(last=8_600)
    assert (f.ask(BUY, 2).verdict, f.outbox.pop().qty) == ("clip", 1)  # a tenth of 10,000, not of 14,860
    assert of(f.mark(last=8_500), LatchChange)[0].latch == "L1"


def test_a_flow_before_the_first_session_is_no_profit():
    f = Watched()
    f.epoch()
    f.config(max_daily_loss=usd(100))
    f.instrument(AAA)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=())
    f.flow(5_000 * DOLLAR)
    f.session()
    f.mark(last=10_000)
    f.hold(5)
    assert of(f.mark(last=8_000), LatchChange)[0].latch == "L1"


# -- what the state machine found ----------------------------------------------------------------------------


def test_a_value_of_less_than_one_lot_is_refused_not_a_fault():
    """A bot could stop the whole account with an order for half a share."""
    decision = watched().ask(BUY, notional=50 * DOLLAR)
    assert decision.codes[0] == "FORMAT_LOT"


def test_a_fill_that_contradicts_its_order_is_booked_apart_and_latched():
    f = watched()
    f.mark("BBB", last=100_000)
    order = f.order(BUY, 10, 9_900)
    f.early(order, 10**9, symbol="BBB", price=100_000)
    assert f.s.order(order.client_id).remaining() == 10
    assert f.latched() == ["L7 account"]


def test_what_is_stated_after_the_end_is_owed_again():
    f = watched(max_gross=usd(1_000))
    order = f.order(BUY, 10)
    f.cancelled(order, -1)
    assert f.ask(BUY, 10).verdict == "approve"
    f.update(f.outbox.pop(), "REJECTED")
    f.cancelled(order, 6)  # and now it says that six were executed
    assert f.ask(BUY, 5).qty == 4


def test_one_answer_told_twice_is_one_answer():
    f = watched()
    order = f.doubt(BUY, 10)
    f.later(20 * NS)  # too old to be tried again
    for _ in range(3):
        f.answer(order.client_id, 1, False)
        assert f.s.order(order.client_id).live()


def test_the_gate_at_a_retry_does_not_end_the_first_attempt():
    f = watched()
    order = f.doubt(BUY, 10)
    (again,) = of(f.answer(order.client_id, 1, False), Order)
    f.command("pause")
    f.not_sent(again, f.g.may_send(again.client_id, f.now))
    assert f.s.order(order.client_id).live()
    f.early(order)
    assert f.s.book_qty("s", "AAA") == 10


def test_a_second_panic_never_does_less():
    f = watched()
    f.hold(10)
    f.command("panic")
    f.command("panic", cancel_only="yes")
    assert f.s.latches["L4 account"].positions == "flatten"
    assert f.ask(SELL, 1).codes[0] == "LATCH_L4"


def test_exits_are_cut_into_few_slices_however_small_the_cap():
    """A cap that shrank to nothing with the equity must not turn one exit into a million orders."""
    f = watched(max_order_notional=share(5))
    f.strange_fill("by hand", "AAA", BUY, 5_000, 10_000)
    f.mark(last=1)
    orders = of(f.command("panic"), Order)
    assert 1 <= len(orders) <= 50
    assert sum(o.qty for o in orders) == 5_000
