"""What sensors say: each word sets its latch on the scopes it may have; only its own ok takes it away."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Cancel, LatchChange
from flyball.kernel.latches import DWELL, TABLE
from flyball.kernel.watching import WATCHED
from flyball.kernel.words import ACTIVE
from tests.kernel.hand import BUY, NS, SELL, Hand, flying, ns, of, ppm, text

SCOPE = {"account": "account", "strategy": "strategy:s", "symbol": "symbol:AAA"}
MINUTE = 60 * NS
# SPEC section 4, written down a second time.
MEANT = {
    ("clock", "account"): "L7",
    ("calendar", "account"): "L7",
    ("overlay", "account"): "L7",
    ("broker", "account"): "L7",
    ("reconcile", "account"): "L7",
    ("feed", "symbol"): "L7",
    ("margin", "account"): "L3m",
    ("disk", "account"): "L8",
    ("latency", "account"): "L8",
    ("journal", "account"): "L9a",
    ("bot", "strategy"): "L10",
    ("model", "strategy"): "L10",
    ("event", "account"): "L11",
    ("halt", "account"): "L12",
    ("halt", "symbol"): "L12",
    ("breaker", "account"): "L12",
    ("performance", "account"): "L6",
    ("performance", "strategy"): "L6",
}
ITSELF = [(what, kind, latch) for (what, kind), latch in MEANT.items() if latch != "L6"]


def fly(**limits: Any) -> Any:
    return flying(flat_by=text("never"), **limits)


def test_the_table_is_the_specifications():
    found = {(w.what, kind): w.latch for w in WATCHED.values() if w.latch for kind in w.scopes}
    assert found == MEANT
    assert all(set(w.scopes) <= set(TABLE[w.latch].scopes) for w in WATCHED.values() if w.latch)


@pytest.mark.parametrize(("what", "kind"), MEANT)
@pytest.mark.parametrize("value", ["bad", "unknown", "OK", ""])
def test_anything_but_ok_trips_at_once_and_cancels_what_adds(what, kind, value):
    f = fly()
    order = f.order(BUY, 1, 9_000)
    out = f.report(what, value, SCOPE[kind])
    latch, key = MEANT[what, kind], f"{MEANT[what, kind]} {SCOPE[kind]}"
    assert f.latched() == [key]
    adds = TABLE[latch].state == ACTIVE
    assert [c.client_id for c in of(out, Cancel)] == ([] if adds else [order.client_id])
    assert [a.alert for a in of(out, Alert)] == [f"latch_{latch}"]
    assert ("LATCH_" in str(f.would(BUY, 1).codes)) is not adds


@pytest.mark.parametrize(("what", "kind", "latch"), ITSELF)
def test_it_clears_by_its_own_ok_and_not_by_time(what, kind, latch):
    f = fly()
    f.report(what, "bad", SCOPE[kind])
    f.wait(24 * 60 * MINUTE)
    assert f.latched() == [f"{latch} {SCOPE[kind]}"], "time alone clears nothing"
    for other in WATCHED.values():
        if other.what != what and kind in other.scopes:
            f.report(other.what, "ok", SCOPE[kind])
    assert f.latched() == [f"{latch} {SCOPE[kind]}"], "another's ok clears nothing"
    f.report(what, "ok", SCOPE[kind])
    f.wait(10 * NS)  # a halt settles
    assert f.latched() == []


@pytest.mark.parametrize(("what", "kind", "latch"), ITSELF)
@pytest.mark.parametrize("after", [0, 1, DWELL - 1, DWELL, DWELL + 1])
def test_an_early_ok_waits_for_the_dwell(what, kind, latch, after):
    f = fly(settle_after_halt=ns(0))
    f.report(what, "bad", SCOPE[kind])
    f.wait(after)
    f.report(what, "ok", SCOPE[kind])
    assert f.latched() == ([] if after >= DWELL else [f"{latch} {SCOPE[kind]}"])
    f.wait(max(0, DWELL - after - 1))
    assert f.latched() == ([] if after >= DWELL else [f"{latch} {SCOPE[kind]}"])
    f.wait(1)
    assert f.latched() == []


@pytest.mark.parametrize(("what", "kind", "latch"), ITSELF)
def test_what_comes_back_before_the_dwell_is_over_keeps_it(what, kind, latch):
    f = fly()
    f.report(what, "bad", SCOPE[kind])
    f.later(NS).report(what, "ok", SCOPE[kind])
    again = f.later(NS).report(what, "bad", SCOPE[kind])
    assert again == [], "one episode is one alert"
    f.wait(60 * MINUTE)
    assert f.latched() == [f"{latch} {SCOPE[kind]}"]
    f.reborn()
    f.report(what, "ok", SCOPE[kind])
    f.wait(10 * NS)
    assert f.latched() == []
    assert len(of(f.later(NS).report(what, "bad", SCOPE[kind]), Alert)) == 1, "a new episode is a new alert"


def test_several_causes_hold_one_latch_until_each_was_answered():
    f = fly()
    f.report("clock", "skewed")
    assert f.report("broker", "unreachable") == []
    f.account(cash=0)
    f.account(cash=0)  # and the books differ
    assert f.latched() == ["L7 account"]
    f.later(DWELL)
    for what in ("clock", "broker", "calendar"):
        f.report(what, "ok")
        assert f.latched() == ["L7 account"]
    f.account()
    assert f.latched() == []


def test_a_clean_comparison_does_not_answer_for_a_sensor():
    f = fly()
    f.report("clock", "skewed")
    f.wait(DWELL)
    f.account()
    assert f.latched() == ["L7 account"]


def test_a_sensors_ok_does_not_answer_for_the_books():
    f = fly()
    f.account(cash=0)
    f.account(cash=0)
    f.later(MINUTE)
    for w in WATCHED.values():
        f.report(w.what, "ok")
    assert f.latched() == ["L7 account"]


@pytest.mark.parametrize("scope", ["", "symbol:AAA", "strategy:s", "account:", "account:x", "x"])
def test_a_scope_the_word_does_not_have_is_told_and_sets_nothing(scope):
    f = fly()
    assert [a.alert for a in of(f.report("clock", "skewed", scope), Alert)] == ["report_scope"]
    assert f.latched() == []


@pytest.mark.parametrize("scope", ["account", "symbol:", "strategy:AAA"])
def test_a_stale_feed_names_its_symbol(scope):
    f = fly()
    f.report("feed", "stale", scope)
    assert f.latched() == []


def test_an_operator_clears_nothing_that_clears_by_itself():
    for what, kind, latch in ITSELF:
        f = fly()
        f.report(what, "bad", SCOPE[kind])
        f.later(MINUTE).command("clear", "secret", latch=latch, scope=SCOPE[kind], reason="r")
        assert f.latched() == [f"{latch} {SCOPE[kind]}"]


# -- a stale symbol, an event, a halt -----------------------------------------------------------------------


def test_stale_data_of_one_symbol_leaves_the_others_alone():
    from tests.kernel.hand import BBB

    f = flying(also=(BBB,), flat_by=text("never"))
    f.mark("BBB", last=100_000)
    f.report("feed", "stale", "symbol:AAA")
    assert f.would(BUY, 1).codes == ("LATCH_L7",)
    assert f.would(BUY, 10**9, symbol="BBB").codes == ()


def test_an_economic_event_scales_what_adds_and_leaves_the_exempt_alone():
    f = fly(max_order_notional=("money_abs", 1_000_000_000, ""), event_exempt=text("maker", "list"))
    f.report("event", "cpi")
    d = f.would(BUY, 10)
    assert (d.verdict, d.qty, d.scale) == ("clip", 2, 250_000)
    d = f.would(BUY, 10, strategy="maker")
    assert (d.verdict, d.qty, d.scale) == ("approve", 10, 1_000_000)
    f.later(DWELL).report("event", "ok")
    assert f.would(BUY, 10).scale == 1_000_000
    f.config(event_scale=ppm(0))
    f.report("event", "fomc")
    assert f.would(BUY, 1).scale == 0


def test_event_scale_multiplies_with_the_others():
    f = fly(drawdown_caution=ppm(1_000), caution_scale=ppm(500_000))
    f.hold(10)
    f.mark(last=9_900)
    f.report("event", "cpi")
    assert f.would(BUY, 1).scale == 125_000


@pytest.mark.parametrize(
    ("what", "scope"), [("halt", "symbol:AAA"), ("halt", "account"), ("breaker", "account")]
)
def test_nothing_is_sent_while_the_market_is_halted(what, scope):
    f = fly()
    f.hold(5)
    exit_ = f.ask(SELL, 2)
    order = f.outbox[-1]
    assert exit_.verdict == "approve"
    f.report(what, "paused", scope)
    assert f.g.may_send(order.client_id, f.now) == "MARKET_HALTED", "at the socket as well"
    adds = f.would(BUY, 1).codes
    assert (adds[0], adds[-1]) == ("LATCH_L12", "MARKET_HALTED")
    assert f.would(SELL, 1).codes == ("MARKET_HALTED",)
    f.later(MINUTE).report(what, "ok", scope)
    assert f.would(SELL, 1).verdict == "approve", "exits leave as soon as trading resumed"
    assert f.would(BUY, 1).codes[0] == "LATCH_L12", "what adds waits until it has settled"
    f.wait(10 * NS - 1)
    assert f.latched() == [f"L12 {scope}"]
    f.wait(1)
    assert f.latched() == []


def test_the_settling_time_is_read():
    f = fly(settle_after_halt=ns(5 * MINUTE))
    f.report("halt", "luld", "symbol:AAA")
    f.later(MINUTE).report("halt", "ok", "symbol:AAA")
    f.wait(5 * MINUTE - 1)
    assert f.latched() == ["L12 symbol:AAA"]
    f.wait(1)
    assert f.latched() == []


def test_a_gap_of_the_loop_is_a_crash():
    f = fly()
    assert f.would(BUY, 1).codes == ()
    out = f.report("loop", "gap")
    assert f.would(BUY, 1).codes == ("ACCOUNT_UNKNOWN",)
    asked = of(out, AskAccount)
    assert len(asked) == 1
    f.account(ask=asked[0].ask)
    assert f.would(BUY, 1).codes == ()


# -- deadman ------------------------------------------------------------------------------------------------


def silent(**limits: Any) -> Any:
    f = fly(**limits)
    f.hold(5)
    f.report("bot", "silent", "strategy:s")
    return f


def test_a_silent_strategy_is_left_to_its_exits_unless_configured():
    f = silent()
    f.wait(60 * MINUTE)
    assert (f.latched(), f.s.flattenings) == (["L10 strategy:s"], {})
    assert f.would(SELL, 5).verdict == "approve"


@pytest.mark.parametrize(("waited", "flat"), [(5 * MINUTE - 1, False), (5 * MINUTE, True)])
def test_a_strategy_silent_for_so_long_is_flattened(waited, flat):
    f = silent(deadman_flatten_after=ns(5 * MINUTE))
    f.wait(waited)
    assert ("L10 strategy:s" in f.s.flattenings) is flat
    changes = [x.positions for _, e in f.journal for x in of(e, LatchChange)]
    assert changes == (["exits", "flatten"] if flat else ["exits"])
    assert bool([o for o in f.outbox if o.author == "L10"]) is flat


def test_a_strategy_that_is_heard_again_in_time_is_not_flattened():
    f = silent(deadman_flatten_after=ns(5 * MINUTE))
    f.report("model", "unhealthy", "strategy:s")
    f.wait(MINUTE)
    f.report("bot", "ok", "strategy:s")
    assert f.latched() == ["L10 strategy:s"]
    f.report("model", "ok", "strategy:s")
    assert f.latched() == []
    f.wait(60 * MINUTE)
    assert f.s.flattenings == {}


def test_a_flattening_of_the_deadman_ends_with_its_latch():
    f = silent(deadman_flatten_after=ns(MINUTE))
    f.wait(MINUTE)
    f.later(DWELL).report("bot", "ok", "strategy:s")
    assert (f.latched(), f.s.flattenings) == ([], {})


def test_an_unknown_strategy_or_symbol_holds_nothing_and_breaks_nothing():
    f = fly()
    for what, scope in (("bot", "strategy:nobody"), ("feed", "symbol:NOPE")):
        f.report(what, "bad", scope)
    assert f.would(BUY, 1).codes == ()
    assert isinstance(f, Hand)
