"""The judge is judged: journals told by hand, each with one thing wrong, and the same ones with nothing
wrong.
"""

from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.promises import judge
from tests.oracle.stories import (
    NS,
    OPEN,
    account,
    begun,
    command,
    config,
    decision,
    fill,
    instrument,
    latch,
    mark,
    order,
    record,
    session,
    told,
    update,
)
from tests.oracle.world import World, replay


def world(*records: Any) -> World:
    return replay(told(*records))


def broken(before: list[Any], *step: Any) -> list[str]:
    """What the newest step breaks: the event, then its effects."""
    return judge(told(*before, *step), len(before))[1]


def wish() -> Any:
    return record("intent", intent="x")


def sent(o: Any, **fields: Any) -> list[Any]:
    """An intent, its approval and its order."""
    return [wish(), decision(o, **fields), o]


# -- the books -----------------------------------------------------------------------------------------------


def test_equity_is_cash_and_positions_on_the_conservative_side():
    o = order("b", 1, 10)
    w = world(*begun(mark(bid=9_900, ask=10_100)), o, fill(o, 10, 10_000, fee=35_000))
    assert w.cash == 100_000 - 1000 - Fraction("0.035")
    assert w.equity() == w.cash + 990
    assert w.loss() == 10 + Fraction("0.035")


def test_shorts_are_valued_at_the_ask_and_at_the_last_without_a_quote():
    o = order("s", -1, 10)
    quoted = world(*begun(mark(bid=9_900, ask=10_100)), o, fill(o, 10, 10_000))
    assert quoted.loss() == 10
    assert world(*begun(), o, fill(o, 10, 10_000), mark(last=10_300)).loss() == 30


def test_an_execution_reported_twice_counts_once():
    o = order("b", 1, 10)
    assert world(*begun(), o, fill(o, 4, 10_000), fill(o, 4, 10_000)).position("AAA") == 4


def test_an_execution_after_the_end_counts():
    o = order("b", 1, 10)
    assert world(*begun(), o, update(o, "CANCELED", 0), fill(o, 4, 10_000)).position("AAA") == 4


def test_a_strangers_execution_is_nobodys():
    w = world(*begun(), fill(order("b", 1, 10), 3, 10_000))
    assert w.position("AAA") == w.position("AAA", "_outside") == 3
    assert w.cash == 99_700


def test_an_execution_that_contradicts_its_order_is_not_the_orders():
    o = order("b", 1, 10)
    w = world(*begun(instrument("BBB")), o, fill(o, 3, 10_000, symbol="BBB"))
    assert w.orders["b"].remaining() == 10
    assert w.position("BBB", "s") == 3


def test_flows_are_neither_profit_nor_drawdown():
    w = world(*begun(), record("flow", amount=-50_000_000_000, why="out", n=1))
    assert w.loss() == 0
    assert w.high_water == 50_000


def test_the_published_drawdown_with_a_flow():
    """100k -> 110k, withdraw 50k, falls to 54k: 10% below the high-water mark, not 51%."""
    o = order("b", 1, 1000)
    gain = [o, fill(o, 1000, 10_000), mark(last=11_000)]
    w = world(
        *begun(), *gain, record("flow", amount=-50_000_000_000, why="out", n=1), mark(last=11_000 - 600)
    )
    assert w.equity() == 54_000
    assert 1 - w.equity() / w.high_water == Fraction("0.1")


def test_a_new_day_takes_its_baseline_from_the_books_and_an_old_one_changes_nothing():
    o = order("b", 1, 10)
    before = [*begun(), o, fill(o, 10, 10_000), mark(last=9_000)]
    assert world(*before).loss() == 100
    assert world(*before, session(20260103)).loss() == 0
    assert world(*before, session(20260102)).loss() == 100


def test_the_first_day_takes_its_baseline_from_the_broker_flows_stripped():
    opened = record(
        "account",
        ask=1,
        cash=99_000_000_000,
        equity=99_000_000_000,
        day_equity=100_000_000_000,
        positions=(),
        open_ids=(),
    )
    assert world(opened, session()).loss() == 1000
    assert world(opened, record("flow", amount=5_000_000, why="in", n=1), session()).loss() == 1000


def test_percentages_are_of_the_lower_equity():
    o = order("b", 1, 10)
    limits = {"max_gross": ("money_ppm", 100_000)}
    assert world(*begun(**limits), o, fill(o, 10, 10_000), mark(last=9_000)).cap("max_gross") == 9_990
    assert world(*begun(**limits), o, fill(o, 10, 10_000), mark(last=11_000)).cap("max_gross") == 10_000


# -- orders --------------------------------------------------------------------------------------------------


def asked(ask: int) -> Any:
    return record("query", client_id="b", ask=ask)


def answer(ask: int, found: bool, state: str = "", filled: int = 0) -> Any:
    return record("answer", client_id="b", ask=ask, found=found, state=state, filled=filled, broker_id="")


def ended(state: str) -> Any:
    return record("ended", client_id="b", strategy="s", intent="i-b", state=state, why="")


LEFT = record("sent", client_id="b", attempt=1)
AGAIN = order("b", 1, 5, attempt=2)
ENDED = ended("REJECTED")
STOPPED = record("not_sent", client_id="b", why="LATCH_L4")


def resolved(order: str = "b", by: str = "ann", authority: str = "secret", reason: str = "looked") -> Any:
    args = (("order", order), ("outcome", "never"))
    return record("command", what="resolve", by=by, authority=authority, reason=reason, args=args)


@pytest.mark.parametrize(
    ("course", "live"),
    [
        ([], True),
        ([LEFT], True),
        ([LEFT, record("timeout", client_id="b", call="submit", attempt=1, reason="")], True),
        ([LEFT, asked(1), answer(1, False)], True),  # one look is no evidence
        ([LEFT, asked(1), answer(1, False), answer(1, False)], True),  # the same look twice is one
        ([LEFT, asked(1), answer(1, False), asked(2), answer(2, False)], True),
        ([LEFT, ENDED], False),
        ([LEFT, ENDED, ended("IN_DOUBT")], True),
        ([LEFT, asked(2), answer(1, False), answer(2, False)], True),
        ([LEFT, asked(1), answer(1, True, "CANCELED")], False),
        ([LEFT, asked(1), answer(2, True, "CANCELED")], True),  # to no question
        ([LEFT, answer(0, True, "CANCELED")], False),  # unasked: the broker has what was sent once more
        ([LEFT, answer(0, False)], True),
        (
            [
                LEFT,
                asked(1),
                answer(1, True, "ACCEPTED"),
                asked(2),
                answer(2, False),
                asked(3),
                answer(3, False),
            ],
            True,
        ),
        ([asked(0), answer(0, False)], True),
        ([LEFT, asked(0), answer(0, False)], True),
        ([record("not_sent", client_id="b", why="LATCH_L4")], True),
        ([LEFT, record("not_sent", client_id="b", why="LATCH_L4")], True),
        ([LEFT, update(order("b", 1, 1), "REJECTED")], False),
        ([LEFT, update(order("b", 1, 1), "PENDING_REVIEW")], True),
        ([LEFT, AGAIN, update(order("b", 1, 1), "REJECTED")], True),  # the first may still arrive
        ([LEFT, AGAIN, update(order("b", 1, 1), "EXPIRED")], False),
        ([LEFT, AGAIN, asked(2), update(order("b", 1, 1), "REJECTED"), answer(2, True, "REJECTED")], False),
        ([LEFT, update(order("b", 1, 1), "EXPIRED"), update(order("b", 1, 1), "ACCEPTED")], False),
    ],
)
def test_only_evidence_ends_an_order(course: list[Any], live: bool):
    assert world(*begun(), order("b", 1, 5), *course).orders["b"].live() == live


@pytest.mark.parametrize(
    ("course", "state", "grounds"),
    [
        ([LEFT, asked(1), answer(1, False), asked(2), answer(2, False)], "REJECTED", True),
        ([LEFT, asked(1), answer(1, False), asked(2), answer(2, False)], "NOT_SENT", False),
        ([LEFT, asked(1), answer(1, False)], "REJECTED", False),
        ([LEFT, asked(1), answer(1, False), answer(1, False)], "REJECTED", False),
        ([asked(0), answer(0, False)], "NOT_SENT", True),  # a look-up at the start, and it had never left
        ([LEFT, asked(0), answer(0, False)], "NOT_SENT", False),
        ([LEFT, AGAIN, update(order("b", 1, 1), "REJECTED")], "REJECTED", False),
        ([STOPPED], "NOT_SENT", True),
        ([LEFT, STOPPED], "NOT_SENT", False),
        ([LEFT], "REJECTED", False),
        ([LEFT, resolved()], "REJECTED", True),
        ([LEFT, resolved(order="c")], "REJECTED", False),
        ([LEFT, resolved(by="")], "REJECTED", False),
        ([LEFT, resolved(authority="socket")], "REJECTED", False),
        ([LEFT, resolved(reason="")], "REJECTED", False),
    ],
)
def test_the_governor_ends_an_order_only_with_grounds(course: list[Any], state: str, grounds: bool):
    found = world(*begun(), order("b", 1, 5), *course, ended(state)).groundless
    assert (found == []) == grounds, found


# -- prices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prints", "taken"),
    [
        ([{"last": 10_500}], 10_500),
        ([{"last": 10_501}], 10_000),  # more than 5% away
        ([{"last": 12_000}, {"last": 12_000}], 10_000),
        ([{"last": 12_000}, {"last": 12_000}, {"last": 12_000}], 12_000),  # two more agree
        ([{"last": 12_000}, {"last": 9_000}, {"last": 12_000}, {"last": 12_000}], 10_000),
        ([{}], 10_000),
        ([{"bid": 10_010, "ask": 10_000}], 10_000),
        ([{"bid": -1, "ask": 10_000}], 10_000),
        ([{"bid": 10_000, "ask": 10_100}], 10_100),
    ],
)
def test_bad_prints_do_not_mark(prints: list[dict[str, Any]], taken: int):
    w = world(*begun(max_tick_move=("ppm", 50_000)), *(mark(**p) for p in prints))
    assert w.prices["AAA"].highest() == Fraction(taken, 100)


def test_a_sessions_first_print_is_exempt():
    before = begun(max_tick_move=("ppm", 50_000))
    assert world(*before, session(20260103), mark(last=5_000)).prices["AAA"].highest() == 50


def test_bars_end_on_whole_multiples_and_a_mark_there_closes_the_bar_before():
    w = world(
        instrument(),
        config(atr_bar=("ns", 60 * NS)),
        mark(last=100, ts=OPEN + 20 * NS),
        mark(last=120, ts=OPEN + 80 * NS, high=130),
    )
    numbers = [(p.bar, p.high) for p in w.prices["AAA"].prints]
    assert OPEN % (60 * NS) == 40 * NS
    assert numbers == [(16, 1), (17, Fraction("1.3"))]
    assert (
        world(instrument(), config(atr_bar=("ns", 60 * NS)), mark(last=100, ts=960 * NS))
        .prices["AAA"]
        .prints[0]
        .bar
        == 15
    )


# -- P1 and P2 -----------------------------------------------------------------------------------------------


def test_a_cap_that_is_reached_is_kept_and_one_that_is_passed_is_broken():
    limits = {"max_gross": ("money_abs", 1_000_000_000)}
    assert broken(begun(**limits), *sent(order("b", 1, 10))) == []
    assert broken(begun(**limits), *sent(order("b", 1, 11))) == ["P2 b: C3 gross 1100.0 above 1000.0"]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"max_order_notional": ("money_abs", 999_999_999)}, "C1 notional"),
        ({"max_order_qty": 9}, "C1 qty"),
        ({"max_position_notional": ("money_abs", 999_000_000)}, "C2"),
        ({"max_position_notional__symbol__AAA": ("money_abs", 999_000_000)}, "C2"),
        ({"max_net": ("money_abs", 999_000_000)}, "C3 net"),
        ({"max_leverage": ("ppm", 9_999)}, "C3 leverage"),
        ({"max_at_risk": ("money_ppm", 9_999)}, "C3 at risk"),
        ({"max_positions": 0}, "C4"),
        ({"max_daily_turnover": ("money_abs", 1_999_000_000)}, "C5 turnover"),
        ({"max_daily_cost": ("money_abs", 69_999), "fee_per_unit": ("micros", 3_500)}, "C5 cost"),
        ({"max_daily_loss": ("money_abs", 99_000_000), "stress_floor": ("ppm", 50_000)}, "C6 account"),
        (
            {"max_daily_loss__strategy__s": ("money_abs", 99_000_000), "stress_floor": ("ppm", 50_000)},
            "C6 strategy",
        ),
        (
            {"max_daily_loss__symbol__AAA": ("money_abs", 99_000_000), "stress_floor": ("ppm", 50_000)},
            "C6 symbol",
        ),
        ({"risk_per_trade": ("ppm", 199), "stress_floor": ("ppm", 10_000)}, "C10"),
        ({"min_notional": ("micros", 1_000_000_001)}, "C23 below"),
        ({"restricted": ("list", "AAA")}, "C24 restricted"),
        ({"order_rate": 0}, "C20 more than"),
        ({"max_orders_per_day": 0}, "C20 max_orders"),
    ],
)
def test_every_cap_is_looked_at(limits: dict[str, Any], says: str):
    found = broken(begun(**limits), *sent(order("b", 1, 10)))
    assert len(found) == 1
    assert found[0].startswith(f"P2 b: {says}")


@pytest.mark.parametrize(
    ("before", "o", "says"),
    [
        (begun()[:-1], order("b", 1, 10), "no price"),
        (begun(max_quote_age=("ns", NS)), order("b", 1, 10, ts=OPEN + 2 * NS), "stale"),
        (begun(mark(bid=10_000, ask=10_000)), order("b", 1, 10), "locked"),
        (begun(mark(bid=10_010, ask=10_000)), order("b", 1, 10), "crossed"),
        (begun(mark(bid=9_900, ask=10_100), max_spread=("ppm", 10_000)), order("b", 1, 10), "spread"),
        (begun(mark(last=20_000), max_tick_move=("ppm", 50_000)), order("b", 1, 10), "suspect"),
        (begun(), order("b", 1, 10, ts=OPEN + 23_400 * NS), "outside the session"),
        (begun(order("w", -1, 5, 10_100)), order("b", 1, 10), "trade against own w"),
        (begun(order("w", -1, 5, 10_100, strategy="t")), order("b", 1, 10, 9_000), "t holds or may hold"),
        (begun(latch("L5", state="HALTED")), order("b", 1, 10), "P5 b: adds under L5"),
        (begun(order("w", 1, 1), min_spacing=("ns", NS)), order("b", 1, 1), "min_spacing"),
    ],
)
def test_what_a_decision_relied_on_was_there(before: list[Any], o: Any, says: str):
    found = broken(before, *sent(o))
    assert any(says in what for what in found), found


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ([wish(), order("b", 1, 10)], "adds without a decision"),
        (sent(order("b", 1, 10), verdict="reject"), "sent although reject"),
        (sent(order("b", 1, 10), qty=9), "qty 10 is not the decision's 9"),
        (sent(order("b", 1, 10, 10_050), limit=10_000), "limit"),
        (sent(order("b", 1, 10), scale=1_000_001), "C31"),
    ],
)
def test_an_order_is_what_was_decided(step: list[Any], says: str):
    found = broken(begun(), *step)
    assert any(says in what for what in found), found


def test_the_caution_zone_scales():
    o = order("h", 1, 100)
    before = begun(o, fill(o, 100, 10_000), mark(last=8_999), drawdown_caution=("ppm", 10_000))
    assert broken(before, *sent(order("b", 1, 1), scale=500_000)) == []
    assert "C31 scale 1.0 above 0.5" in broken(before, *sent(order("b", 1, 1)))[0]


# the published example: a price of 80.00, ranges of 1.60
RANGING = [mark(last=8_000, low=7_920, high=8_080, ts=OPEN + n * NS) for n in range(1, 23)]
RISK = {"risk_per_trade": ("ppm", 5_000), "atr_bar": ("ns", NS), "stress_floor": ("ppm", 1)}


@pytest.mark.parametrize(
    ("limits", "qty", "says"),
    [
        ({}, 156, []),  # 100,000 of equity, 500 at risk, 3.20 a share: 156.25
        ({}, 157, ["P2 b: C10 502.4 above 500.0"]),
        ({"atr_stop": ("ppm", 3_000_000)}, 105, ["P2 b: C10 504.0 above 500.0"]),
        ({"atr_bar": ("ns", 100 * NS)}, 250, []),  # too few bars: the stressed move, twice the floor
        (
            {"atr_bar": ("ns", 100 * NS), "stress_floor": ("ppm", 20_000)},
            157,
            ["P2 b: C10 502.4 above 500.0"],
        ),
    ],
)
def test_what_is_lost_at_the_stop(limits: dict[str, Any], qty: int, says: list[str]):
    before = [instrument(), config(**(RISK | limits)), account(), session(), *RANGING]
    assert broken(before, *sent(order("b", 1, qty))) == says


def test_a_size_cut_for_the_stop_is_cut_no_deeper():
    before = [instrument(), config(**RISK), account(), session(), *RANGING]
    for qty, says in ((156, ""), (155, "although a lot more would pass")):
        d = decision(order("b", 1, qty), verdict="clip", codes=("SIZE_ATR",))
        intent = record("intent", intent="i-b", strategy="s", symbol="AAA", qty=200, notional=0)
        found = broken(before, intent, d)
        assert found == [] if not says else says in found[0]


def minutes(*moves: int) -> list[Any]:
    """A print a minute, each so many bp from the one before."""
    price, out = 1_000_000, [mark(last=1_000_000)]
    for n, bp in enumerate(moves, start=1):
        price = price * (10_000 + bp) // 10_000
        out.append(mark(last=price, ts=OPEN + n * 60 * NS))
    return out


CALM = (10, -10) * 35


@pytest.mark.parametrize(
    ("moves", "limits", "scale"),
    [
        (CALM, {}, 1_000_000),
        ((*CALM, 150, 0), {}, 250_000),  # fifteen times as much as usual, at once
        ((*CALM, 150), {}, 1_000_000),  # the bar is not whole yet
        ((*CALM, 40, -40, 40, -40, 0), {}, 500_000),
        ((*CALM, 150, 0, *CALM), {}, 1_000_000),
        ((*CALM, 150, 0), {"regime_extreme_scale": ("ppm", 100_000)}, 100_000),
        ((*(10, -10) * 25, 150, 0), {}, 1_000_000),  # still warming
    ],
)
def test_a_wild_regime_scales(moves: tuple[int, ...], limits: dict[str, Any], scale: int):
    regime = {"regime_high": ("ppm", 1_500_000), "regime_extreme": ("ppm", 2_000_000)}
    given = config(atr_bar=("ns", 60 * NS), **(regime | limits))
    before = [instrument(), given, account(), session(), *minutes(*moves)]
    last = before[-1].ts
    right = sent(order("b", 1, 1, ts=last), ts=last, scale=scale)
    assert broken(before, *right) == []
    wrong = sent(order("b", 1, 1, ts=last), ts=last, scale=scale - 1_000)
    assert "C31 scale" in broken(before, *wrong)[0]
    if scale < 1_000_000:
        wrong = sent(order("b", 1, 1, ts=last), ts=last, scale=scale + 1)
        assert "C31 scale" in broken(before, *wrong)[0]


@pytest.mark.parametrize(
    ("cap", "asked", "fields", "says"),
    [
        (1_000, 11, {"verdict": "reject", "qty": 0, "would_pass": 10}, ""),
        (1_000, 11, {"verdict": "clip", "qty": 10}, ""),
        (1_000, 11, {"verdict": "clip", "qty": 8}, "8.0 although a lot more would pass"),
        (1_000, 11, {"verdict": "reject", "qty": 0, "would_pass": 7}, "7.0 although a lot more would pass"),
        (1_000, 9, {"verdict": "reject", "qty": 0}, "EXPOSURE_GROSS although C3 gross is kept"),
        (999, 10, {"verdict": "reject", "qty": 0, "would_pass": 9}, ""),
    ],
)
def test_nothing_is_refused_or_cut_without_need(cap: int, asked: int, fields: dict[str, Any], says: str):
    given = {"intent": "i-b", "strategy": "s", "symbol": "AAA", "qty": asked, "notional": 0}
    d = decision(order("b", 1, asked), codes=("EXPOSURE_GROSS",), **fields)
    found = broken(begun(max_gross=("money_abs", cap * 1_000_000)), record("intent", **given), d)
    assert found == ([f"C35 s i-b: {says}"] if says else [])


# -- P3 ------------------------------------------------------------------------------------------------------


def test_reducing_never_passes_zero():
    o = order("h", 1, 10)
    held = begun(o, fill(o, 10, 10_000))
    assert broken(held, wish(), order("x", -1, 10, adds=False)) == []
    assert any("may pass zero" in x for x in broken(held, wish(), order("x", -1, 11, adds=False)))
    working = [*held, order("x", -1, 6, adds=False)]
    assert broken(working, wish(), order("y", -1, 4, adds=False)) == []
    assert any("6.0 already on the way" in x for x in broken(working, wish(), order("y", -1, 5, adds=False)))


def test_reducing_is_bound_by_the_smaller_of_book_and_account():
    mine, theirs = order("h", 1, 10), order("t", -1, 4, strategy="t")
    held = begun(mine, fill(mine, 10, 10_000), theirs, fill(theirs, 4, 10_000, "f2"))
    assert broken(held, wish(), order("x", -1, 6, adds=False)) == []
    assert any("in the account" in x for x in broken(held, wish(), order("x", -1, 7, adds=False)))


def test_an_ended_order_that_owes_executions_still_reduces():
    o, x = order("h", 1, 10), order("x", -1, 6, adds=False)
    before = begun(o, fill(o, 10, 10_000), x, update(x, "CANCELED", 6))
    assert any("may pass zero" in what for what in broken(before, wish(), order("y", -1, 5, adds=False)))


# -- P4 ------------------------------------------------------------------------------------------------------


def test_one_live_id_a_leg():
    first, second = order("b", 1, 5, intent="i"), order("c", 1, 5, intent="i")
    assert any("still live for the same leg" in x for x in broken(begun(first), *sent(second)))
    assert broken(begun(first, update(first, "CANCELED", 0)), *sent(second)) == []


@pytest.mark.parametrize(
    ("again", "says"),
    [
        ({"attempt": 2}, ""),
        ({"attempt": 1, "again": True}, ""),
        ({"attempt": 3}, "attempt 3 after [1]"),
        ({"attempt": 2, "qty": 6}, "issued for something else"),
    ],
)
def test_a_retry_keeps_everything_but_its_number(again: dict[str, Any], says: str):
    found = broken(begun(order("b", 1, 5)), wish(), order("b", 1, again.pop("qty", 5), **again))
    assert any(says in what for what in found) if says else found == []


# -- P5 and P6 -----------------------------------------------------------------------------------------------


def test_working_entries_are_asked_back_when_a_latch_is_set():
    o = order("b", 1, 5)
    cancel = record("cancel", client_id="b", why="L4", attempt=1)
    assert broken(begun(o), command("panic", "socket"), latch("L4")) == [
        "P5 b: left resting under a latch after command"
    ]
    assert broken(begun(o), command("panic", "socket"), latch("L4"), cancel) == []
    assert broken(begun(o), command("pause", "socket"), latch("L14", scope="symbol:BBB")) == []


@pytest.mark.parametrize("name", ["L1", "L2", "L3", "L4", "L5", "L14"])
@pytest.mark.parametrize(
    ("event", "allowed"),
    [
        (command("clear", "secret"), True),
        (command("clear", "socket"), False),
        (command("clear", "secret", by=""), False),
        (mark(last=10_000), False),
        (session(20260105), False),
        (record("epoch", epoch=2), False),
    ],
)
def test_an_operators_latch_is_an_operators_to_clear(name: str, event: Any, allowed: bool):
    found = broken(begun(latch(name), session(20260104)), event, latch(name, "cleared"))
    assert found == ([] if allowed else [f"P6 {name} account: cleared by {event.KIND}"])


@pytest.mark.parametrize(("name", "early"), [("L1", True), ("L3", True), ("L4", False), ("L14", False)])
def test_a_days_latch_holds_for_the_day(name: str, early: bool):
    found = broken(begun(latch(name)), command("clear", "secret"), latch(name, "cleared"))
    assert found == ([f"P6 {name} account: cleared on the day it was set"] if early else [])


def test_setting_a_latch_again_never_makes_it_do_less():
    before = begun(latch("L4", positions="flatten"))
    found = broken(before, command("panic", "socket"), latch("L4", positions="cancel_only"))
    assert found == ["P6 L4 account: no longer flattens, by command"]


# -- triggers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "tripped"), [(9_001, True), (8_999, False)])
def test_a_loss_past_its_trigger_trips(last: int, tripped: bool):
    o = order("h", 1, 10)
    before = begun(o, fill(o, 10, 10_000), max_daily_loss=("money_abs", 100_000_000))
    found = broken(before, mark(last=last))
    assert (found == []) == tripped
    assert broken(before, mark(last=8_999), latch("L1", state="HALTED")) == []


def test_a_drawdown_past_its_halt_zone_trips():
    o = order("h", 1, 100)
    before = begun(o, fill(o, 100, 10_000), drawdown_halt=("ppm", 10_000))
    assert broken(before, mark(last=9_100)) == []
    assert broken(before, mark(last=8_900))[0].startswith("L2: ")
