"""The twenty ways in which trading-safety software keeps failing, each as a test with its lesson in the
name; the project and thread a lesson comes from stands in its docstring. Pattern 20 is test_armed.py;
single incidents are test_incidents.py.

Every event is judged by the oracle besides, so that each story also keeps P1 to P7.
"""

from typing import Any

import pytest

from flyball.kernel import controls
from flyball.kernel.effects import (
    Alert,
    AskAccount,
    Cancel,
    Decision,
    Divergence,
    Flat,
    LatchChange,
    Order,
)
from tests.kernel.flight import AAA, BBB, DOLLAR, NS, ppm, text, usd
from tests.kernel.hand import BUY, CASH, SELL, ns, of
from tests.kernel.watched import MINUTE, Watched, watched

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
    rubbish: list[dict[str, Any]] = [{}, {"last": 0, "bid": 0}, {"bid": -5, "ask": 10_000}]
    for nothing in rubbish:
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
    assert not of(f.command("panic"), Order), "a price is waited for, while attempts are left"
    orders = of(f.wait(120 * NS), Order)
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
    rubbish: list[dict[str, Any]] = [{}, {"last": 0}, {"bid": 12_000, "ask": 11_000}, {"last": -1}]
    for nonsense in rubbish:
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
    """Pattern 11, a limit traps the exit: NT#3256/#4746, FT#11608; a PDT rule blocks the close."""
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
    f.ask(BUY, 10)
    order_id = f.outbox[-1].client_id
    f.deliver()
    f.later(20 * NS).reborn()  # too old to be sent again
    assert [q.client_id for q in f.questions] == [order_id]
    f.answer(order_id, 0, False)
    assert f.s.order(order_id).live()
    assert f.ask(BUY, 1).codes == ("EXPOSURE_GROSS",)
    f.early(f.orders[order_id])  # it had been under way
    assert f.s.book_qty("s", "AAA") == 10


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
    """Pattern 17, counters per process: HB, binary-bot#2193: "run the bot again and bypass"."""
    f = watched(
        max_orders_per_day=2, order_rate=2, duplicate_window=ns(2 * NS), max_daily_turnover=usd(1_000)
    )
    f.hold(1, intent="first")
    f.reborn()
    assert f.ask(BUY, 1, intent="first").codes[0] == "DUPLICATE_INTENT"
    assert "DUPLICATE_ORDER" in f.ask(BUY, 1).codes
    f.hold(2)
    f.reborn()
    assert f.ask(BUY, 3, limit=10_000).codes == ("BUDGET_TURNOVER", "RATE_ORDERS", "RATE_DAY")
    f.later(NS).hold(-3)
    f.reborn()
    assert f.later(NS).ask(BUY, 1).codes == ("RATE_DAY",)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ({"type": "trail"}, "RULE_UNKNOWN_TYPE"),
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
    assert [d.codes for d in of(effects, Decision)] == [("CONTROL_FAILED",)]
    assert not of(effects, Order)
    assert [c.client_id for c in of(effects, Cancel)] == [working.client_id]
    assert f.latched() == ["L5 account"]
    monkeypatch.undo()


def test_what_a_sensor_says_is_passed_on():
    f = watched()
    [alert] = of(f.report("fan", "loud"), Alert)
    assert (alert.ts, alert.alert, alert.text) == (f.now, "fan", "loud: ")
    assert not of(f.report("fan", "ok"), Alert)
