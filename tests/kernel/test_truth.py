"""The broker's figures: adopted at the first look, compared afterwards, believed when seen twice."""

from dataclasses import replace
from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Cancel, Divergence, Ended, LatchChange, Moved, Query
from tests.kernel.hand import AAA, BBB, BUY, DOLLAR, NS, SELL, Hand, answer, approve, flying, ns, of, text
from tests.kernel.watched import watched

CASH = 10_000 * DOLLAR


def first_look(positions=(), session_first=False, price=10_000, **account) -> Any:
    f = Hand()
    f.epoch()
    f.config(flat_by=text("never"))
    f.instrument(BBB)
    if session_first:
        f.session()
    f.account(**({"cash": CASH, "equity": CASH, "day_equity": CASH, "positions": positions} | account))
    if not session_first:
        f.session()
    if price:
        f.mark("BBB", last=price * 10)
    return f


# -- adoption ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session_first", [False, True])
def test_an_empty_account(session_first):
    f = first_look(session_first=session_first)
    s = f.s
    assert (s.known, s.adoption, s.cash, s.day.baseline, s.high_water) == (True, False, CASH, CASH, CASH)
    assert answer(f.would(BUY, 10**9, symbol="BBB")) == approve(10**9)


@pytest.mark.parametrize("session_first", [False, True])
@pytest.mark.parametrize(
    ("equity", "day_equity", "high"), [(9_900, 10_000, 10_000), (10_100, 10_000, 10_100)]
)
def test_the_brokers_own_start_of_day_counts(session_first, equity, day_equity, high):
    f = first_look(
        session_first=session_first,
        cash=equity * DOLLAR,
        equity=equity * DOLLAR,
        day_equity=day_equity * DOLLAR,
    )
    assert f.s.day.baseline == day_equity * DOLLAR
    assert f.s.day_profit() == (equity - day_equity) * DOLLAR
    assert f.s.high_water == high * DOLLAR


@pytest.mark.parametrize("qty", [10**9, -(10**9)])
def test_what_is_found_belongs_to_nobody_and_waits_for_a_person(qty):
    f = first_look((("BBB", qty),), price=0)
    assert {k: b.qty for k, b in f.s.books["BBB"].items()} == {"_outside": qty}
    assert (f.s.adoption, f.s.valued()) == (True, False)
    f.mark("BBB", last=100_000)
    assert f.s.valued()
    book = f.s.books["BBB"]["_outside"]
    assert (book.profit(), f.s.equity()) == (0, CASH + (10 if qty > 0 else -10) * DOLLAR)
    f.mark("BBB", last=110_000)
    assert book.profit() == (1 if qty > 0 else -1) * DOLLAR


def test_everything_that_is_found_is_adopted():
    f = first_look((("BBB", 3), ("ZZZ", 5)))
    assert f.s.position("BBB") == 3
    assert f.s.foreign == {"ZZZ": 5}


def unknown() -> Any:
    """An account with a position in what is no instrument here, and the latch that it sets."""
    f = first_look((("ZZZ", 5),))
    assert [a.alert for _, e in f.journal for a in of(e, Alert)] == ["foreign_position"]
    assert (f.s.adoption, f.s.valued()) == (True, False)
    f.later(NS).account(positions=(("ZZZ", 5),))
    assert f.latched() == ["L7 account"]
    assert "sell it at the broker" in f.s.latches["L7 account"].reason
    f.later(31 * NS)
    return f


def test_what_is_found_and_unknown_never_agrees_while_it_is_there():
    f = unknown()
    for _ in range(3):
        f.later(31 * NS).account(positions=(("ZZZ", 5),))
    assert f.latched() == ["L7 account"]


def test_it_is_sold_at_the_broker():
    """Seen twice, the cash is taken over with it, and said; then everything agrees."""
    f = unknown()
    f.account(cash=CASH + 70 * DOLLAR, positions=())
    effects = f.later(5 * NS).account(cash=CASH + 70 * DOLLAR, positions=())
    found = [(d.what, d.ours, d.theirs, d.healed) for d in of(effects, Divergence)]
    assert found == [("position ZZZ", "5", "0", True)]
    assert [(m.symbol, m.change, m.cash) for m in of(effects, Moved)] == [("ZZZ", -5, 70 * DOLLAR)]
    assert (f.s.cash, f.s.foreign, f.s.valued()) == (CASH + 70 * DOLLAR, {}, True)
    f.later(5 * NS).account(positions=())
    assert f.latched() == []


def test_its_cash_comes_later_than_its_end():
    f = unknown()
    f.account(positions=())
    assert not of(f.later(5 * NS).account(cash=CASH + 70 * DOLLAR, positions=()), Moved)
    assert of(f.later(5 * NS).account(cash=CASH + 70 * DOLLAR, positions=()), Moved)[0].cash == 70 * DOLLAR


def test_a_part_of_it_is_sold_and_something_of_ours_differs_too():
    f = unknown()
    f.account(positions=(("ZZZ", 3), ("BBB", 1)))
    effects = f.later(5 * NS).account(positions=(("ZZZ", 3), ("BBB", 1)))
    assert not [d for d in of(effects, Divergence) if d.healed]
    f.later(5 * NS).account(positions=(("ZZZ", 3),))
    f.later(5 * NS).account(positions=(("ZZZ", 3),))
    assert f.s.foreign == {"ZZZ": 3}
    f.later(5 * NS).account(positions=(("ZZZ", 3),))
    assert f.latched() == ["L7 account"]


def test_its_instrument_is_introduced():
    f = unknown()
    f.instrument(replace(AAA, symbol="ZZZ"))
    f.account(positions=(("ZZZ", 5),))
    assert (f.s.foreign, f.s.book_qty("_outside", "ZZZ"), f.s.valued()) == ({}, 5, False)
    f.mark("ZZZ", last=1_000)
    assert (f.s.valued(), f.latched()) == (True, [])


def test_a_panic_sells_what_was_found_before_it_has_a_price():
    """No mark has come; the last attempt is a market order, and its fill is the first price there is."""
    f = first_look((("BBB", 10**9),), price=0)
    f.command("panic")
    f.wait(120 * NS)
    order = f.outbox.pop()
    assert (order.side, order.qty, order.type, order.limit) == (SELL, 10**9, "market", 0)
    f.sent(order)
    f.fill(order, price=100_000)
    assert (f.s.position("BBB"), f.s.cash, f.s.unvalued) == (0, CASH + 10 * DOLLAR, 0)
    f.mark("BBB", last=100_000)
    assert f.s.valued()
    f.s.check()


def test_half_of_it_sold_before_it_has_a_price():
    f = first_look((("BBB", 10**9),), price=0)
    f.command("panic")
    f.wait(120 * NS)
    order = f.outbox.pop()
    f.fill(order, 4 * 10**8, price=100_000)
    assert not f.s.valued()
    f.mark("BBB", last=110_000)
    assert (f.s.valued(), f.s.equity()) == (True, CASH + 4 * DOLLAR + 6_600_000)
    assert f.s.books["BBB"]["_outside"].profit() == 600_000


def test_it_is_adopted_once():
    f = first_look()
    f.later(NS).account(cash=CASH + 5, positions=(("BBB", 7),))
    assert (f.s.cash, f.s.position("BBB"), f.s.adoption) == (CASH, 0, False)


# -- comparison -------------------------------------------------------------------------------------------

WRONG = [
    ({"cash": CASH + 1}, [("cash", str(CASH), str(CASH + 1))]),
    ({"cash": CASH - 1}, [("cash", str(CASH), str(CASH - 1))]),
    ({"positions": (("AAA", 1),)}, [("position AAA", "0", "1")]),
    ({"positions": (("ZZZ", 1),)}, [("position ZZZ", "0", "1")]),
    ({"positions": (("AAA", 1),), "cash": 0}, [("position AAA", "0", "1"), ("cash", str(CASH), "0")]),
]


@pytest.mark.parametrize(("theirs", "found"), WRONG)
def test_a_difference_is_believed_when_it_is_seen_twice(theirs, found):
    f = flying()
    effects = f.account(**theirs)
    assert (of(effects, Divergence), f.latched(), f.s.mismatches) == ([], [], 1)
    assert of(f.wait(5 * NS), AskAccount)
    effects = f.account(ask=f.account_questions[-1].ask, **theirs)
    assert [(d.what, d.ours, d.theirs, d.healed) for d in of(effects, Divergence)] == [
        (*row, False) for row in found
    ]
    assert f.latched() == ["L7 account"]
    assert f.s.cash == CASH, "nothing is healed in silence"


def test_once_is_no_difference():
    f = flying()
    for _ in range(4):
        f.later(NS).account(cash=1)
        f.account()
    assert f.latched() == []


def test_a_short_is_compared_with_its_sign():
    f = flying()
    f.hold(-5)
    f.account(positions=(("AAA", -5),))
    assert f.s.mismatches == 0
    f.account(positions=(("AAA", 5),))
    assert f.s.mismatches == 1


def test_the_latch_cancels_what_could_add_and_allows_exits():
    f = flying()
    f.hold(5)
    f.s.mismatches = 1
    effects = f.account(cash=0)
    assert f.s.latches["L7 account"].state == "REDUCING"
    order = f.later(NS).ask(SELL, 5)
    assert order.verdict == "approve"
    assert f.would(BUY, 1).codes == ("LATCH_L7", "SELF_TRADE")
    assert not of(effects, Cancel)


def latched() -> Any:
    f = flying()
    f.account(cash=0)
    f.account(cash=0)
    assert f.latched() == ["L7 account"]
    return f


def test_it_clears_by_a_clean_comparison_after_its_dwell_and_nobody_has_to_ask():
    """The figures agree too early: the comparison is made again when the dwell is over."""
    f = latched()
    start = f.now
    for _ in range(20):
        f.wait(max(0, f.g.next_due() - f.now))
        if f.account_questions:
            f.agree()
        if not f.latched():
            break
    assert f.latched() == []
    assert f.now - start == 30 * NS
    changes = [(x.action, x.by) for _, e in f.journal for x in of(e, LatchChange)]
    assert changes == [("set", "governor"), ("cleared", "governor")]


def test_time_alone_clears_nothing():
    f = latched()
    f.wait(3_600 * NS)
    assert f.latched() == ["L7 account"]


@pytest.mark.parametrize("authority", ["socket", "secret"])
def test_nor_does_a_person(authority):
    f = latched()
    f.wait(60 * NS)
    f.command("clear", authority, latch="L7", reason="looked")
    assert f.latched() == ["L7 account"]


def test_a_fill_that_could_not_be_booked_is_compared_soon():
    f = flying()
    f.strange_fill("xyz", "NOPE", BUY, 1, 1)
    assert f.latched() == ["L7 account"]
    assert of(f.wait(5 * NS), AskAccount)


def test_looking_again_backs_off_and_not_for_ever():
    f = flying()
    gaps = []
    for _ in range(40):
        f.account(cash=0)
        gaps.append(f.g.next_due() - f.now)
        f.wait(gaps[-1])
    assert gaps[:4] == [5 * NS, 10 * NS, 20 * NS, 40 * NS]
    assert set(gaps[4:]) == {40 * NS}


def test_figures_are_compared_only_when_nothing_is_under_way():
    f = flying()
    order = f.order(BUY, 1, 9_000)
    f.account(cash=0, ask=1)
    assert f.s.mismatches == 0
    assert f.g.next_due() == f.now + 5 * NS
    f.cancelled(order)
    f.account(cash=0)
    assert f.s.mismatches == 1


def test_a_question_without_an_answer_is_asked_again():
    f = flying(flat_by=text("never"))
    f.account(cash=0)
    f.wait(5 * NS)
    asked = f.account_questions[-1].ask
    f.timeout("", "account", asked)
    assert f.s.account_asked == 0
    assert [q.ask for q in of(f.wait(5 * NS), AskAccount)] == [asked + 1]


def test_after_the_close_the_figures_are_compared():
    f = flying()
    f.wait(f.s.day.close - f.now)
    f.agree()  # with the ladder
    f.wait(10 * NS - 1)
    assert not f.account_questions
    asked = of(f.wait(1), AskAccount)
    assert [q.why for q in asked] == ["after the close"]
    assert not of(f.wait(3_600 * NS), AskAccount)


# -- strangers --------------------------------------------------------------------------------------------


def test_orders_of_ours_that_the_journal_does_not_know():
    f = flying()
    working = f.order(BUY, 1, 9_000)
    f.account(open_ids=(working.client_id, "manual-7", "fbX-1-1-s-1"))
    assert f.latched() == []
    effects = f.account(open_ids=(working.client_id, "fbT-9-9-s-1"))
    assert f.latched() == ["L5 account"]
    assert [c.client_id for c in of(effects, Cancel)] == [working.client_id]
    assert "fbT-9-9-s-1" in f.s.latches["L5 account"].reason


def test_what_has_just_ended_is_no_stranger():
    f = flying(max_intent_age=ns(NS))
    working = f.order(BUY, 1, 9_000)
    f.cancelled(working)
    f.account(open_ids=(working.client_id,))
    assert f.latched() == []


def test_a_configuration_before_the_first_price_counts_what_was_found_once():
    f = first_look((("BBB", 10**9),), price=0)
    f.config(flat_by=text("never"))
    assert f.s.unvalued == 1
    f.mark("BBB", last=100_000)
    assert f.s.valued()


def test_strangers_again_are_the_same_episode():
    f = flying()
    f.account(open_ids=("fbT-9-9-s-1",))
    effects = f.later(NS).account(open_ids=("fbT-9-9-s-1", "fbT-9-10-s-1"))
    assert not [x for x in of(effects, LatchChange) if x.latch == "L5"]
    assert f.latched() == ["L5 account", "L7 account"]


# -- open orders that we hold as over, or know nothing of --------------------------------------------------


@pytest.mark.parametrize("name", ["manual-7", "fbX-1-1-s-1", ""])
def test_an_open_order_that_is_not_ours_is_named_when_seen_twice(name):
    f = flying()
    working = f.order(BUY, 1, 9_000)
    ids = (name, working.client_id)
    assert not of(f.account(open_ids=ids), Divergence)
    effects = f.later(5 * NS).account(open_ids=ids)
    assert [(d.what, d.ours, d.theirs) for d in of(effects, Divergence)] == [
        (f"order {name}", "unknown", "open")
    ]
    assert (f.latched(), [c.client_id for c in of(effects, Cancel)]) == (["L7 account"], [working.client_id])
    assert not of(f.later(5 * NS).account(open_ids=ids), Divergence), "once an episode"
    f.cancelled(working)
    f.later(31 * NS).account(open_ids=(name,))
    assert f.latched() == ["L7 account"], "not clean while it is there"
    f.later(5 * NS).account()
    assert f.latched() == []


def test_an_order_that_we_hold_as_over_works_at_the_broker():
    f = watched()
    o = f.order(BUY, 10, 9_900)
    f.cancelled(o)
    f.account(open_ids=(o.client_id,))
    assert (f.s.orders, f.latched()) == ({}, [])
    effects = f.later(5 * NS).account(open_ids=(o.client_id,))
    assert of(effects, Divergence)[0].what == f"order {o.client_id}"
    assert of(effects, Ended)[0].state == "IN_DOUBT"
    assert of(effects, Cancel)
    assert of(effects, Query)
    assert (f.s.orders[o.client_id].remaining(), f.latched()) == (10, ["L7 account"])
    assert f.s.exposures["AAA"].worst() == 1_000 * DOLLAR
    f.answer(o.client_id, f.questions.pop().ask, True, "ACCEPTED", 0)
    f.cancelled(o)
    f.later(31 * NS).account()
    assert (f.s.orders, f.latched()) == ({}, [])


def test_an_order_filled_whole_is_called_open():
    """Nothing more can come of it, whatever the broker's list says."""
    f = watched()
    f.account(open_ids=(f.hold(10).client_id,) * 2)
    effects = f.account(open_ids=(f.s.closed and next(iter(f.s.closed)),))
    assert of(effects, Divergence)
    assert not of(effects, Cancel)
    assert (f.s.orders, f.latched()) == ({}, ["L7 account"])


# -- day orders in doubt, after their session --------------------------------------------------------------


def after_the_close(qty: int = 10, side: int = BUY) -> Any:
    f = watched(flat_by=text("never"))
    o = f.doubt(side, qty, 10_000)
    f.timeout(o.client_id, "query")
    f.wait(f.s.day.close - f.now)
    return f, o


def test_before_the_close_it_may_still_work():
    f = watched(flat_by=text("never"))
    o = f.doubt(BUY, 10, 10_000)
    for _ in range(5):
        f.later(5 * NS).account()
    assert o.client_id in f.s.orders


def test_after_the_close_a_clean_account_seen_twice_says_that_it_never_arrived():
    f, o = after_the_close()
    assert not of(f.account(), Ended)
    effects = f.later(5 * NS).account()
    assert [(e.client_id, e.state) for e in of(effects, Ended)] == [(o.client_id, "REJECTED")]
    assert f.s.orders == {}


def test_on_the_next_day_too():
    f = watched(flat_by=text("never"))
    o = f.doubt(BUY, 10, 10_000)
    f.next_day()
    f.account()
    assert of(f.later(5 * NS).account(), Ended)[0].client_id == o.client_id


@pytest.mark.parametrize("open_now", [True, False])
def test_not_one_that_is_listed_or_not_seen_in_a_row(open_now):
    f, o = after_the_close()
    ids = (o.client_id,) if open_now else ()
    f.account()
    f.later(5 * NS).account(None if open_now else f.s.cash + 1, open_ids=ids)
    f.later(5 * NS).account()
    assert o.client_id in f.s.orders
    assert of(f.later(5 * NS).account(), Ended)


def test_not_while_another_order_may_explain_anything():
    f, o = after_the_close()
    f.s.orders[o.client_id].absent = 0
    other = f.s.orders[o.client_id]
    other.broker_id = "b9"  # the broker has spoken of it
    for _ in range(4):
        f.later(5 * NS).account()
    assert o.client_id in f.s.orders


@pytest.mark.parametrize(("side", "there"), [(BUY, 10), (SELL, -10)])
def test_positions_that_differ_by_exactly_it_are_for_the_operator(side, there):
    f, o = after_the_close(side=side)
    effects = f.account(positions=(("AAA", there),))
    assert [d.what for d in of(effects, Divergence)] == [f"order {o.client_id}"]
    assert f.latched() == ["L7 account"]
    for _ in range(3):
        assert not of(f.later(5 * NS).account(positions=(("AAA", there),)), Divergence), "once"
    assert o.client_id in f.s.orders
    f.command("resolve", "secret", order=o.client_id, outcome="10@100", fee="0", reason="account page")
    assert (f.s.position("AAA"), f.s.orders) == (there, {})


@pytest.mark.parametrize("there", [9, 11, -10])
def test_positions_that_differ_otherwise_leave_it_in_doubt(there):
    f, o = after_the_close()
    for _ in range(3):
        assert not of(f.later(5 * NS).account(positions=(("AAA", there),)), Ended)
    assert o.client_id in f.s.orders
