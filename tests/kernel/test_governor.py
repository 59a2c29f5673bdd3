"""One event in, its effects out: time never goes back, a failure inside is a latch, a replay is the same."""

from typing import Any

import pytest

from flyball.kernel import apply as applying
from flyball.kernel.events import (
    BotDown,
    Config,
    Flow,
    Ingress,
    Mark,
    Session,
    Tick,
    Wake,
)
from flyball.kernel.governor import Governor
from tests.kernel.hand import (
    AAA,
    BBB,
    BUY,
    DAY,
    DOLLAR,
    NS,
    SELL,
    Hand,
    answer,
    flying,
    ppm,
    reject,
    text,
    usd,
)


def test_time_does_not_go_back():
    f = flying()
    with pytest.raises(AssertionError, match="time went back"):
        f.g.step(Tick(f.now - 1))
    f.g.step(Tick(f.now))


def test_events_and_effects_are_numbered_in_one_row():
    f = flying()
    f.intent(BUY, 1)
    assert f.s.seq == sum(1 + len(effects) for _, effects in f.journal)


def test_an_apply_that_fails_stops_everything_but_a_person(monkeypatch):
    """L9b: an invariant is broken; nothing automatic trades on."""
    f = flying()
    f.hold(5)
    order = f.order(BUY, 1, 9_000)

    def broken(*_):
        raise KeyError("a bug")

    monkeypatch.setattr(applying, "on_account", broken)
    f.faulty = True
    effects = f.account()
    assert [x.KIND for x in effects] == ["latch", "alert", "cancel"]
    assert (f.latched(), f.s.failures) == (["L9b account"], 1)
    assert (effects[2].client_id, effects[2].why) == (order.client_id, "L9b")
    assert f.g.fault == "KeyError: 'a bug' while applying account"
    assert "KeyError" in f.s.latches["L9b account"].reason
    monkeypatch.undo()
    assert answer(f.ask(BUY, 1, 8_000))[3][0] == "LATCH_L9b"
    assert answer(f.ask(SELL, 5)) == reject("LATCH_L9b")
    monkeypatch.setattr(applying, "on_account", broken)
    assert f.account() == [], "one alert an episode"
    assert (f.latched(), f.s.failures) == (["L9b account"], 2)


def test_also_while_an_intent_is_taken_in(monkeypatch):
    f = flying()
    monkeypatch.setattr(applying, "place", lambda *_, **__: 1 // 0)
    f.faulty = True
    effects = f.intent(BUY, 1)
    assert [x.KIND for x in effects] == ["decision", "latch", "alert"]
    assert f.latched() == ["L9b account"]


def test_a_replay_is_the_same_bit_for_bit():
    caps: dict[str, Any] = {
        "max_order_notional": usd(1_000),
        "max_daily_loss": usd(100),
        "max_slippage": ppm(5_000),
    }
    f = flying(**caps, stress_floor=ppm(0), also=(BBB,))
    f.mark("BBB", last=100_000)
    f.hold(9, fee=35_000)
    f.doubt(BUY, 3, 9_900)
    f.order(SELL, 10**9, 101_000, "BBB", strategy="mean_rev")
    f.ask(BUY, 99, type="trail")
    f.wait(30 * NS)
    f.reborn()
    f.mark(last=8_000)
    assert f.latched() == ["L1 account"]
    f.wait(300 * NS)
    f.next_day()
    f.replayed()


def test_another_order_of_events_is_another_state():
    f, g = flying(), flying()
    f.mark(last=10_001)
    f.mark(last=10_002)
    g.mark(last=10_002)
    g.mark(last=10_001)
    assert f.g.state_hash() != g.g.state_hash()


# -- what each source has said last -----------------------------------------------------------------------


def test_cursors_remember_each_sources_own_number():
    f = flying()
    f.feed(Wake(f.now, "s", 4))
    f.feed(Ingress(f.now, "s", 1, 0, 5))
    f.feed(BotDown(f.now, "other", "exit 1", 9))
    f.flow(DOLLAR)
    f.hold(1)
    f.mark(last=0)
    f.mark("NOPE", last=1)
    assert f.s.cursors == {"bot:s": 1, "bot:other": 9, "flow": 1, "broker": 2, "feed": 3}
    f.feed(Mark(f.now, "AAA", 0, 0, 10_000, 0, 0, "test", 0))
    assert f.s.cursors["feed"] == 3, "unnumbered"


def test_a_bot_that_is_down_stops_its_own_strategy():
    f = flying()
    mine, other = f.order(BUY, 1, 9_000), f.order(BUY, 1, 9_001, strategy="other")
    effects = f.feed(BotDown(f.now, "s", "killed", 7))
    assert f.latched() == ["L5 strategy:s"]
    assert [c.client_id for c in effects if c.KIND == "cancel"] == [mine.client_id]
    assert f.would(BUY, 1, 9_000, strategy="other").verdict == "approve"
    assert other.client_id in f.s.orders
    assert f.feed(BotDown(f.now, "s", "killed again", 8)) == []


# -- sessions, instruments, configuration -----------------------------------------------------------------


def test_a_session_takes_its_baselines_from_the_ledger():
    f = flying(flat_by=text("never"))
    f.hold(10, fee=DOLLAR)
    f.mark(last=10_100)
    f.flow(50 * DOLLAR)
    f.wait(DAY)
    start = f.session(20260103)[0]
    assert (start.day, start.baseline, start.high_water) == (20260103, 10_059 * DOLLAR, 10_059 * DOLLAR)
    s = f.s
    assert (s.day.flows, s.day.traded, s.day.fees, s.day.orders, s.day.intents, s.day_profit()) == (
        0,
        0,
        0,
        0,
        {},
        0,
    )
    assert (s.books["AAA"]["s"].day_profit(), s.flows) == (0, 50 * DOLLAR)
    assert s.markets["AAA"].first_of_session


def test_a_restart_does_not_start_the_day_anew():
    limits: dict[str, Any] = {"max_daily_loss": usd(100), "stress_floor": ppm(0), "flat_by": text("never")}
    f = flying(**limits)
    f.hold(10)
    f.mark(last=9_500)
    f.reborn()
    f.config(**limits)
    f.feed(Session(f.now, "XNYS", f.s.day.day, f.now, f.now + 1))
    assert f.s.day_profit() == -50 * DOLLAR
    f.mark(last=9_000)
    assert f.latched() == ["L1 account"]


def test_an_instrument_may_change_its_tick_lot_and_tradability():
    f = flying()
    f.hold(3)
    f.instrument(AAA, tick=5, lot=10, tradable=False)
    m = f.s.markets["AAA"]
    assert (m.tick, m.lot, m.tradable, m.last) == (5, 10, False, 10_000)


@pytest.mark.parametrize("course", ["held", "works"])
def test_but_not_its_units_while_it_is_held(course):
    f = flying()
    if course == "held":
        f.hold(3)
    else:
        f.order(BUY, 3, 9_000)
    effects = f.instrument(AAA, price_exp=4)
    assert [a.alert for a in effects] == ["instrument"]
    assert f.s.markets["AAA"].price_exp == 2


def test_units_may_change_when_it_is_not():
    f = flying()
    f.instrument(AAA, price_exp=4)
    m = f.s.markets["AAA"]
    assert (m.price_exp, m.known()) == (4, False)
    assert f.would(BUY, 1).codes[0] == "DATA_MISSING"


def test_symbols_are_bounded(monkeypatch):
    monkeypatch.setattr(applying, "MAX_SYMBOLS", 1)
    f = flying()
    assert [a.alert for a in f.instrument(BBB)] == ["capacity"]
    assert list(f.s.markets) == ["AAA"]
    f.instrument(AAA)


def test_intents_remembered_are_bounded_whatever_they_are(monkeypatch):
    """A flood of nonsense must not fill the memory; exits that were approved are always remembered."""
    f = flying()
    f.hold(5)
    monkeypatch.setattr(applying, "MAX_INTENTS_A_DAY", 3)
    for n in range(9):
        f.intent(BUY, 1, intent=f"a{n}", flaw="FORMAT_QTY")
        f.intent(BUY, 1, intent=f"b{n}", symbol="NOPE")
    assert len(f.s.day.intents) == 3
    assert f.ask(SELL, 1, intent="out").verdict == "approve"
    assert "s/out" in f.s.day.intents


def test_a_new_configuration_counts_at_once_and_rebuilds_what_is_cached():
    f = flying(fee_per_unit=("micros", 10_000, ""))
    f.order(BUY, 5, 9_000)
    assert f.s.totals.cost == 100_000
    f.config(fee_per_unit=("micros", 20_000, ""), stress_floor=ppm(10_000))
    assert (f.s.totals.cost, f.s.totals.stressed) == (200_000, 10 * DOLLAR)


def test_the_profile_is_kept():
    f = Hand()
    f.feed(Config(f.now, "start", "", "micro", ()))
    assert f.s.profile == "micro"


def test_money_moved_is_kept_apart():
    f = flying()
    f.feed(Flow(f.now, -7, "fee", 0))
    assert (f.s.cash, f.s.flows, f.s.day.flows, f.s.cursors.get("flow")) == (
        10_000 * DOLLAR - 7,
        -7,
        -7,
        None,
    )


def test_the_next_timer_is_the_earliest():
    g = Governor()
    assert g.next_due() == 0
    f = flying()
    assert f.g.next_due() == f.s.day.close - 600 * NS
    f.s.timers["account"] = f.now + 5
    assert f.g.next_due() == f.now + 5
    f.s.restart_step = f.now + 3
    assert f.g.next_due() == f.now + 3


def test_an_intent_may_come_before_everything_else():
    f = Hand()
    assert answer(f.ask(BUY, 1)) == reject("RULE_UNKNOWN_SYMBOL")
    f.instrument(BBB)
    assert f.ask(BUY, 10**9, symbol="BBB").codes[0] == "ACCOUNT_UNKNOWN"
