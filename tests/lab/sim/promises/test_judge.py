"""The judge is judged: journals told by hand, each with one thing wrong, and the same ones with nothing
wrong.
"""

from dataclasses import replace
from typing import Any

import pytest

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.lab.sim.promises.broken import Broken
from tests.lab.sim.promises.told import (
    CLOSE,
    DOLLAR,
    MINUTE,
    NS,
    OPEN,
    account,
    asked,
    begun,
    bought,
    broken,
    command,
    decision,
    epoch,
    fill,
    instrument,
    intent,
    judged,
    latch,
    mark,
    order,
    session,
    update,
)

NO_STRESS: dict[str, Any] = {"stress_floor": ("ppm", 0)}


def test_a_breach_is_kept():
    judge = judged(*begun())
    with pytest.raises(Broken):
        judge.taken(judge.model.seq + 1, [order("b", 1, 10)], OPEN)
    assert judge.broken is not None
    assert judge.broken.promise == "P1"


# -- P1 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ([order("b", 1, 10)], "P1: b: no decision approved"),
        (asked(order("b", 1, 10), verdict="reject"), "P1: b: no decision approved"),
        (asked(order("b", 1, 10), qty=9), "P1: b: qty 10, decided (record 8) 9"),
        (asked(order("b", 1, 10, 10_050), limit=10_000), "P1: b: limit"),
        (asked(order("b", 1, 10), ts=OPEN - 1), "P1: b: adds at"),
        ([order("b", 1, 10, intent="", author="flatten")], "P1: b: adds, and nobody asked"),
    ],
)
def test_an_order_is_what_was_decided(step: list[Record], says: str):
    assert broken(*begun(), *step).startswith(says)


def test_the_governor_flattens_only_under_a_latch_or_by_word():
    held = begun(*bought(order("h", 1, 10)))
    exit_ = order("x", -1, 10, adds=False, intent="", author="L1")
    assert "has no latch that flattens" in broken(*held, exit_)
    assert broken(*held, latch("L1", state="HALTED", positions="flatten"), exit_) == ""
    assert broken(*held, replace(exit_, author="ladder")) == ""


# -- P2 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "most", "says"),
    [
        ({"max_order_notional": ("money_abs", 1_000 * DOLLAR)}, 10, "C1 notional 1100 above 1000"),
        ({"max_order_notional": ("money_ppm", 10_000)}, 10, "C1 notional 1100 above 1000"),
        ({"max_order_notional__symbol__AAA": ("money_abs", 1_000 * DOLLAR)}, 10, "C1 notional"),
        ({"max_order_qty": 10}, 10, "C1 qty 11 above 10"),
        ({"max_position_notional": ("money_abs", 1_000 * DOLLAR)}, 10, "C2 1100 above 1000"),
        ({"max_gross": ("money_abs", 1_000 * DOLLAR)}, 10, "C3 gross"),
        ({"max_net": ("money_abs", 1_000 * DOLLAR)}, 10, "C3 net"),
        ({"max_leverage": ("ppm", 10_000)}, 10, "C3 leverage"),
        ({"max_at_risk": ("money_ppm", 10_000)}, 10, "C3 at risk"),
        ({"max_daily_turnover": ("money_abs", 2_000 * DOLLAR)}, 10, "C5 turnover 2200 above 2000"),
        (
            {"max_daily_cost": ("money_abs", 70_000), "fee_per_unit": ("micros", 3_500)},
            10,
            "C5 cost 0.077 above 0.07",
        ),
        (
            {"max_daily_cost": ("money_abs", 2 * DOLLAR), "fee_rate": ("ppm", 1_000)},
            10,
            "C5 cost 2.2 above 2",
        ),
        (
            {"max_daily_loss": ("money_abs", 100 * DOLLAR), "stress_floor": ("ppm", 50_000)},
            10,
            "C6 account",
        ),
        (
            {"max_daily_loss__strategy__s": ("money_abs", 100 * DOLLAR), "stress_floor": ("ppm", 50_000)},
            10,
            "C6 strategy",
        ),
        (
            {"max_daily_loss__symbol__AAA": ("money_abs", 100 * DOLLAR), "stress_floor": ("ppm", 50_000)},
            10,
            "C6 symbol",
        ),
    ],
)
def test_a_cap_that_is_reached_is_kept_and_one_that_is_passed_is_broken(
    limits: dict[str, Any], most: int, says: str
):
    assert broken(*begun(**limits), *asked(order("b", 1, most))) == ""
    assert broken(*begun(**limits), *asked(order("b", 1, most + 1))).startswith(f"P2: b: {says}")


def test_working_in_doubt_and_owing_orders_count():
    limits = {"max_gross": ("money_abs", 1_000 * DOLLAR)}
    w = order("w", 1, 6)
    doubt = ev.Timeout(OPEN, "w", "submit", 1, "")
    for course in ([], [ev.Sent(OPEN, "w", 1)], [doubt], [update(w, "CANCELED", 6)]):
        before = begun(*asked(w), *course, **limits)
        assert broken(*before, *asked(order("b", 1, 4))) == ""
        assert "C3 gross" in broken(*before, *asked(order("b", 1, 5)))
    for course in ([update(w, "CANCELED", 0)], [update(w, "REJECTED")], [update(w, "EXPIRED", 0)]):
        assert broken(*begun(*asked(w), *course, **limits), *asked(order("b", 1, 10))) == ""


def test_both_sides_of_a_symbol_do_not_net_while_they_work():
    limits = {"max_position_notional": ("money_abs", 1_000 * DOLLAR)}
    held = order("h", 1, 8)
    out = order("x", -1, 8, 10_100, adds=False)
    before = begun(*bought(held), *asked(out), **limits)
    assert broken(*before, *asked(order("b", 1, 2, 9_900))) == ""
    assert "C2" in broken(*before, *asked(order("b", 1, 3, 9_900)))


def test_positions_are_counted():
    two = begun(instrument("BBB"), mark(symbol="BBB"), *asked(order("a", 1, 1)), max_positions=1)
    assert "C4 2 above 1" in broken(*two, *asked(order("b", 1, 1, symbol="BBB")))


@pytest.mark.parametrize(
    ("before", "o", "says"),
    [
        (begun()[:-1], order("b", 1, 10), "no price"),
        (begun(max_quote_age=("ns", NS)), order("b", 1, 10, ts=OPEN + 2 * NS), "C19 a price of"),
        (begun(mark(0, bid=10_000, ask=10_000)), order("b", 1, 10), "C19 locked"),
        (begun(mark(0, bid=10_010, ask=10_000)), order("b", 1, 10), "C19 a suspect or crossed"),
        (begun(mark(0, bid=9_900, ask=10_100), max_spread=("ppm", 10_000)), order("b", 1, 10), "C19 spread"),
        (begun(mark(20_000), max_tick_move=("ppm", 50_000)), order("b", 1, 10), "C19 a suspect"),
        (begun(), order("b", 1, 10, ts=CLOSE), "C24 outside the session"),
        (begun(), order("b", 1, 10, ts=CLOSE - 5 * MINUTE), "M2 adds"),
        (begun(flat_by=("text", "never")), order("b", 1, 10, ts=CLOSE - 5 * MINUTE), ""),
        (begun(restricted=("list", "XXX,AAA")), order("b", 1, 10), "C24 AAA is restricted"),
        (begun(*asked(order("w", -1, 5, 10_100))), order("b", 1, 10), "C21 would trade against own w"),
        (
            begun(*asked(order("w", -1, 5, 10_100, strategy="t"))),
            order("b", 1, 1, 9_000),
            "P3 t holds or may",
        ),
        (begun(min_notional=("micros", 1_001 * DOLLAR)), order("b", 1, 10), "C23 1000 is below"),
        (begun(*asked(order("w", 1, 1)), min_spacing=("ns", NS)), order("b", 1, 1), "C20 min_spacing"),
        (begun(*asked(order("w", 1, 1)), order_rate=1), order("b", 1, 1), "C20 order_rate"),
        (begun(*asked(order("w", 1, 1)), order_rate=1), order("b", 1, 1, ts=OPEN + NS), ""),
        (begun(*asked(order("w", 1, 1)), max_orders_per_day=1), order("b", 1, 1), "C20 max_orders"),
        (
            begun(price_tolerance=("ppm", 10_000), max_slippage=("ppm", 1_000)),
            order("b", 1, 1, 10_102),
            "C18",
        ),
    ],
)
def test_what_a_decision_relied_on_was_there(before: list[Record], o: fx.Order, says: str):
    found = broken(*before, *asked(o))
    assert found.startswith(f"P2: b: {says}" if says else "") if "no price" not in says else says in found
    assert bool(found) == bool(says)


def test_scales_hold_for_the_order_cap_and_are_never_looser_than_the_zone_allows():
    limits = {"max_order_notional": ("money_abs", 1_000 * DOLLAR), "drawdown_caution": ("ppm", 10_000)}
    h = order("h", 1, 1_000)
    deep = begun(*bought(h), mark(8_900), drawdown_caution=("ppm", 10_000))
    assert "C31 scale 1000000 ppm above 500000" in broken(*deep, *asked(order("b", 1, 1)))
    assert broken(*deep, *asked(order("b", 1, 1), scale=500_000)) == ""
    assert broken(*begun(**limits), *asked(order("b", 1, 5), scale=500_000)) == ""
    assert "C1 notional" in broken(*begun(**limits), *asked(order("b", 1, 6), scale=500_000))


def test_after_a_panic_the_scale_rises_in_steps():
    over: list[Record] = [latch("L4", state="HALTED"), command("clear", latch="L4"), latch("L4", "cleared")]
    for wait, most in ((0, 250_000), (30 * MINUTE, 500_000), (60 * MINUTE, 10**6)):
        o = order("b", 1, 1, ts=OPEN + wait)
        before = [*begun(*over), mark(ts=OPEN + wait)]
        assert broken(*before, *asked(o, scale=most)) == ""
        if most < 10**6:
            assert "C31" in broken(*before, *asked(o, scale=most + 1))


@pytest.mark.parametrize("scope", ["", "__strategy__s", "__symbol__AAA"])
def test_a_loss_that_reaches_its_limit_trips(scope: str):
    h = order("h", 1, 100)
    before = begun(*bought(h), **NO_STRESS, **{f"max_daily_loss{scope}": ("money_abs", 500 * DOLLAR)})
    name = scope.strip("_").replace("__", ":") or "account"
    assert broken(*before, mark(9_501)) == ""
    # the governor may be behind by its rounding, so a cent more than the limit
    assert broken(*before, mark(9_499), mark(9_499)).startswith("P2: L1: lost 50")
    assert broken(*before, mark(9_499), latch("L1", scope=name, positions="flatten"), mark(9_499)) == ""


def test_the_halt_zone_trips():
    before = begun(*bought(order("h", 1, 100)), drawdown_halt=("ppm", 5_000))
    assert broken(*before, mark(9_501)) == ""
    assert broken(*before, mark(9_499)).startswith("P2: L2: 500.99")


# -- P3 ------------------------------------------------------------------------------------------------------


def test_reducing_never_passes_zero():
    held = begun(*bought(order("h", 1, 10)))
    assert broken(*held, *asked(order("x", -1, 10, adds=False))) == ""
    assert "reduces 11 AAA of 10" in broken(*held, *asked(order("x", -1, 11, adds=False)))
    working = [*held, *asked(order("x", -1, 6, adds=False))]
    assert broken(*working, *asked(order("y", -1, 4, adds=False))) == ""
    assert "6 already on the way" in broken(*working, *asked(order("y", -1, 5, adds=False)))
    over = [*working, update(order("x", -1, 6), "CANCELED", 6)]
    assert "6 already on the way" in broken(*over, *asked(order("y", -1, 5, adds=False)))


def test_reducing_is_bound_by_the_smaller_of_book_and_account():
    held = begun(*bought(order("h", 1, 10)), fill(order("fbT-1-9-t-1", -1, 4), 4))
    assert broken(*held, *asked(order("x", -1, 6, adds=False))) == ""
    assert "of 6 in the account" in broken(*held, *asked(order("x", -1, 7, adds=False)))


def test_whether_it_reduces_is_found_and_not_said():
    held = begun(*bought(order("h", 1, 10)))
    out = order("x", -1, 1)
    assert "decided as adds" in broken(*held, intent(out), decision(out))
    more = order("x", 1, 1, adds=False)
    assert "decided as reduces" in broken(*held, intent(more), decision(more))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("MARKET_CLOSED", ""),
        ("REDUCE_IN_DOUBT", ""),
        ("RATE_REDUCE", ""),
        ("EXPOSURE_GROSS", "an exit refused for EXPOSURE_GROSS"),
        ("DATA_STALE", "an exit refused for DATA_STALE"),
        ("LATCH_L3", "an exit refused for LATCH_L3"),
        ("LATCH_L1", ""),
    ],
)
def test_few_facts_refuse_an_exit(code: str, says: str):
    latches = [latch("L3"), latch("L1", state="HALTED", positions="flatten")]
    out = order("x", -1, 1, adds=False)
    held = begun(*bought(order("h", 1, 10)), *latches)
    found = broken(*held, intent(out), decision(out, verdict="reject", qty=0, codes=(code,)))
    assert found == (f"P3: s i-x: {says}" if says else "")


# -- P4 ------------------------------------------------------------------------------------------------------


def test_one_live_id_a_decision_leg():
    first, second = order("b", 1, 5, intent="i"), order("c", 1, 5, intent="i")
    assert "b is still live for the same decision" in broken(*begun(*asked(first)), second)
    assert broken(*begun(*asked(first)), update(first, "CANCELED", 0), second) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"attempt": 2}, ""),
        ({"attempt": 1, "again": True}, ""),
        ({"attempt": 3}, "attempt 3 after 1"),
        ({"attempt": 1}, "attempt 1 after 1"),
        ({"attempt": 2, "qty": 6}, "issued again with qty 6, was 5"),
        ({"attempt": 2, "symbol": "BBB"}, "issued again with symbol 'BBB'"),
        ({"attempt": 2, "leg": 2}, "issued again with leg 2"),
    ],
)
def test_a_retry_is_the_same_order_under_the_same_id(change: dict[str, Any], says: str):
    o = order("b", 1, 5)
    again = replace(o, **change)
    assert broken(*begun(*asked(o)), again) == (f"P4: b: {says}" if says else "") or says in broken(
        *begun(*asked(o)), again
    )
    assert bool(broken(*begun(*asked(o)), again)) == bool(says)


def test_what_is_over_is_not_sent_again():
    o = order("b", 1, 5)
    over = begun(*asked(o), update(o, "CANCELED", 0))
    assert "sent again after CANCELED" in broken(*over, replace(o, attempt=2))
    assert "a new id with attempt 2" in broken(*begun(), replace(o, attempt=2))


def test_an_order_ends_by_evidence_only():
    o = order("b", 1, 5)
    ended = fx.Ended(OPEN, "b", "s", "i-b", "REJECTED", "the broker never had it")
    unknown: list[Record] = [fx.Query(OPEN, "b", 1), ev.Answer(OPEN, "b", 1, False, "", 0, "")]
    again: list[Record] = [fx.Query(OPEN, "b", 2), ev.Answer(OPEN, "b", 2, False, "", 0, "")]
    doubt = begun(*asked(o), ev.Timeout(OPEN, "b", "submit", 1, ""))
    assert "held for REJECTED after timeout" in broken(*doubt, ended)
    assert "held for REJECTED after answer" in broken(*doubt, *unknown, ended)
    assert broken(*doubt, *unknown, *again, ended) == ""
    assert "after command" in broken(*doubt, command("resolve", "socket"), ended)
    assert broken(*doubt, command("resolve"), ended) == ""


# -- P5, P6 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "stops"),
    [
        ("account", True),
        ("strategy:s", True),
        ("strategy:t", False),
        ("symbol:AAA", True),
        ("symbol:B", False),
    ],
)
def test_nothing_adds_under_a_latch(scope: str, stops: bool):
    found = broken(*begun(latch("L5", scope=scope)), *asked(order("b", 1, 1)))
    assert found == (f"P5: b: adds under L5 on {scope} (record 7)" if stops else "")


def test_what_rests_is_asked_back_in_the_same_step():
    o = order("b", 1, 1)
    resting = begun(*asked(o))
    assert "left resting" in broken(*resting, command("pause"), latch("L14"), mark())
    asked_back: list[Record] = [command("pause"), latch("L14"), fx.Cancel(OPEN, "b", "L14", 1), mark()]
    assert broken(*resting, *asked_back) == ""
    assert broken(*resting, command("pause"), latch("L14", scope="strategy:t"), mark()) == ""


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (command("clear", latch="L2"), ""),
        (command("clear", "socket", latch="L2"), "P6: L2 on account: cleared by command"),
        (command("clear", by="", latch="L2"), "P6: L2 on account: cleared by command"),
        (ev.Tick(OPEN), "P6: L2 on account: cleared by tick"),
        (epoch(2), "P6: L2 on account: cleared by epoch"),
    ],
)
def test_only_a_person_with_the_secret_clears(event: Record, says: str):
    assert broken(*begun(latch("L2", state="HALTED")), event, latch("L2", "cleared")) == says


def test_some_latches_hold_until_the_next_session():
    before = begun(latch("L1", state="HALTED"))
    assert "on the day it was set" in broken(*before, command("clear"), latch("L1", "cleared"))
    tomorrow = session(20260105, OPEN + 1_440 * MINUTE)
    assert broken(*before, tomorrow, command("clear"), latch("L1", "cleared")) == ""


OK = ev.Report(OPEN, "journal", "ok", "journal", "durable again")


@pytest.mark.parametrize(
    ("name", "event", "since", "says"),
    [
        ("L7", account(), 30, ""),
        ("L7", account(), 29, "P6: L7 on account: cleared 29000000000 ns after it was set"),
        ("L7", account(positions=(("AAA", 1),)), 30, "the account says 1 AAA, the ledger 0"),
        ("L7", account(cash=1), 30, "P6: L7 on account: cleared although the account's cash is 1"),
        ("L7", command("clear", latch="L7"), 30, ""),
        ("L7", command("clear", latch="L7"), 29, "cleared 29000000000 ns after it was set"),
        ("L9a", OK, 30, ""),
        ("L9a", OK, 29, "cleared 29000000000 ns after it was set"),
        ("L9a", ev.Tick(OPEN), 30, "P6: L9a on account: cleared by tick"),
    ],
)
def test_what_heals_by_itself_heals_on_evidence(name: str, event: Record, since: int, says: str):
    before = begun(latch(name, ts=OPEN - since * NS))
    said = broken(*before, event, latch(name, "cleared"))
    assert (says in said) if says else said == ""


def test_time_alone_heals_nothing():
    """The account that was read before it was set is no evidence, however long ago that is."""
    before, later = begun(latch("L7", ts=OPEN + NS)), OPEN + 40 * NS
    said = broken(*before, ev.Tick(later), latch("L7", "cleared", ts=later))
    assert "P6: L7 on account: cleared by tick, and nothing was ok since it was set" in said


def test_a_latch_that_flattens_goes_on_flattening():
    before = begun(latch("L4", positions="flatten"))
    weaker = latch("L4", positions="cancel_only")
    assert "no longer flattens" in broken(*before, command("panic", "socket"), weaker)


# -- P10 -----------------------------------------------------------------------------------------------------


def test_flat_by_the_close_or_latched_and_paged():
    held = begun(*bought(order("h", 1, 10)))
    late: list[Record] = [mark(ts=CLOSE), mark(ts=CLOSE + MINUTE), mark(ts=CLOSE + 2 * MINUTE)]
    page = fx.Alert(CLOSE, "not_flat_at_close", "critical", "")
    assert "P10: s 10 AAA a minute after the close of 20260102" in broken(*held, *late)
    assert "nobody paged" in broken(*held, mark(ts=CLOSE), latch("L5"), *late)
    assert "no latch" in broken(*held, mark(ts=CLOSE), page, *late)
    assert broken(*held, mark(ts=CLOSE), latch("L5"), page, *late) == ""
    assert broken(*begun(*bought(order("h", 1, 10)), flat_by=("text", "never")), *late) == ""
    out = order("x", -1, 10, adds=False)
    assert broken(*held, *asked(out), fill(out, 10), *late) == ""


def test_a_late_report_opens_the_book_again():
    o = order("h", 1, 10)
    late = [*begun(*asked(o)), mark(ts=CLOSE), fill(o, 10, ts=CLOSE + 5 * MINUTE)]
    assert broken(*late, mark(ts=CLOSE + 6 * MINUTE - 1)) == ""
    assert "P10" in broken(*late, mark(ts=CLOSE + 6 * MINUTE), mark(ts=CLOSE + 7 * MINUTE))


def test_a_process_has_its_own_minute():
    open_: list[Record] = [*begun(*bought(order("h", 1, 10))), mark(ts=CLOSE + 1)]
    later: list[Record] = [epoch(2, CLOSE + 9 * MINUTE), mark(ts=CLOSE + 10 * MINUTE - 1)]
    assert broken(*open_, *later) == ""
    assert "P10" in broken(
        *open_,
        *later,
        mark(ts=CLOSE + 10 * MINUTE),
        mark(ts=CLOSE + 11 * MINUTE),
        mark(ts=CLOSE + 11 * MINUTE),
    )
