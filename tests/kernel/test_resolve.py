"""`resolve` (B21): a named operator's word ends what nobody explains; the broker's later word counts once."""

import pytest

from flyball.kernel.effects import Alert, Booked, Cancel, Divergence, Done, Ended, Query, Refused
from tests.kernel.hand import BUY, CASH, DOLLAR, NS, SELL, of
from tests.kernel.watched import Watched, watched

EVIDENCE = "statement of the day, page 2"


def resolve(f: Watched, order, outcome: str, authority="secret", reason=EVIDENCE, **more: str):
    return f.command(
        "resolve", authority, order=order.client_id, outcome=outcome, reason=reason, **{"fee": "0", **more}
    )


def refused(effects) -> str:
    assert not of(effects, Done)
    return str(of(effects, Refused)[0].why)


def test_never_ends_it_and_says_by_whom():
    f = watched()
    o = f.doubt(BUY, 10, 10_000)
    assert f.s.exposures["AAA"].worst() == 1_000 * DOLLAR
    effects = resolve(f, o, "never")
    (ended,) = of(effects, Ended)
    assert (ended.state, ended.why) == ("REJECTED", f"resolved by anna: {EVIDENCE}")
    assert f.s.orders == {}
    assert f.s.exposures["AAA"].worst() == 0
    assert of(effects, Done)


def test_filled_books_it_once_with_its_fee():
    f = watched()
    o = f.doubt(BUY, 10, 10_000)
    effects = resolve(f, o, "10@99.5", fee="0.35")
    (booked,) = of(effects, Booked)
    assert (booked.qty, booked.price, booked.fee, booked.by) == (10, 9_950, 350_000, "anna")
    assert of(effects, Ended)[0].state == "FILLED"
    assert (f.s.position("AAA"), f.s.cash) == (10, CASH - 995 * DOLLAR - 350_000)
    assert f.s.day.traded == 995 * DOLLAR
    assert f.s.order(o.client_id).state == "FILLED"


def test_a_part_was_filled_and_the_rest_never_will_be():
    f = watched()
    o = f.doubt(BUY, 10)
    effects = resolve(f, o, "4@100")
    assert of(effects, Ended)[0].state == "CANCELED"
    assert (f.s.position("AAA"), f.s.orders) == (4, {})


@pytest.mark.parametrize(
    ("outcome", "more", "says"),
    [
        ("11@100", {}, "may still execute 10, not 11"),
        ("0@100", {}, "may still execute 10, not 0"),
        ("-1@100", {}, "may still execute 10, not -1"),
        ("10@0", {}, "above zero"),
        ("10@100.01", {}, "worse than its limit 100"),
        ("10@49.99", {}, "nowhere near the last price 100"),
        ("1.5@100", {}, "more than 0 decimals"),
        ("10@99.999", {}, "more than 2 decimals"),
        ("10", {}, "not a plain decimal number"),
        ("nan@100", {}, "not a plain decimal number"),
        ("10@99", {"fee": "x"}, "not a plain decimal number"),
        ("", {}, "not a plain decimal number"),
        ("10@99", {"reason": ""}, "evidence"),
        ("10@99", {"authority": "socket"}, "operator secret"),
    ],
)
def test_what_cannot_have_happened_is_refused(outcome, more, says):
    f = watched()
    o = f.doubt(BUY, 10, 10_000)
    assert says in refused(resolve(f, o, outcome, **more))
    assert (f.s.position("AAA"), len(f.s.orders)) == (0, 1)


@pytest.mark.parametrize("outcome", ["10@100", "10@50", "9@100", "1@51"])
def test_what_just_can_have_happened_is_taken(outcome):
    f = watched()
    assert of(resolve(f, f.doubt(BUY, 10, 10_000), outcome), Done)


@pytest.mark.parametrize("price", ["200.01", "49.99"])
def test_a_price_of_a_market_order_is_held_against_the_last_one(price):
    f = watched()
    assert "decimal point" in refused(resolve(f, f.doubt(BUY, 10), f"10@{price}"))


def test_only_what_is_in_doubt_may_be_resolved():
    f = watched()
    o = f.order(BUY, 10, 9_900)
    assert "in no doubt" in refused(resolve(f, o, "never"))
    f.cancelled(o)
    assert "over already" in refused(resolve(f, o, "never"))
    o.client_id = "fbT-9-9-s-1"
    assert "no order" in refused(resolve(f, o, "never"))


def test_what_vanished_may_be_resolved():
    f = watched()
    o = f.order(BUY, 10, 9_900)
    f.timeout(o.client_id, "cancel", 0)
    f.answer(o.client_id, f.questions.pop().ask, False)
    assert of(resolve(f, o, "never"), Ended)[0].state == "CANCELED"


def test_fills_that_are_owed_may_be_resolved():
    f = watched()
    o = f.order(BUY, 10, 9_900)
    f.update(o, "FILLED", 10)
    assert of(resolve(f, o, "10@98.99"), Done)
    assert (f.s.position("AAA"), f.s.orders) == (10, {})


def test_fills_that_are_owed_may_be_denied():
    f = watched()
    o = f.order(BUY, 10, 9_900)
    f.fill(o, 4)
    f.update(o, "CANCELED", 10)
    effects = resolve(f, o, "never")
    assert [e.state for e in of(effects, Ended)] == ["CANCELED"]
    assert (f.s.position("AAA"), f.s.orders) == (4, {})
    assert not f.wait(600 * NS), "and the episode is over"


# -- and then the broker speaks -----------------------------------------------------------------------------


def test_the_same_word_is_no_news():
    f = watched()
    o = f.doubt(BUY, 10, 10_000)
    resolve(f, o, "10@99.5")
    assert not of(f.update(o, "FILLED", 10), Divergence)
    assert not of(f.fill(o, 10, 9_950), Divergence)
    assert (f.s.position("AAA"), f.s.cash, f.latched()) == (10, CASH - 995 * DOLLAR, [])


def test_an_execution_takes_the_place_of_what_was_booked_by_hand():
    f = watched()
    o = f.doubt(BUY, 10, 10_000)
    resolve(f, o, "10@99.5", fee="0.35")
    effects = f.fill(o, 4, 9_940, fee=100_000) + f.fill(o, 6, 9_930, fee=150_000)
    assert len(of(effects, Divergence)) == 2
    assert (f.s.position("AAA"), f.s.order(o.client_id).filled) == (10, 10)
    assert f.s.cash == CASH - (4 * 9_940 + 6 * 9_930) * DOLLAR // 100 - 250_000
    assert (f.s.day.traded, f.s.day.fees) == ((4 * 9_940 + 6 * 9_930) * DOLLAR // 100, 250_000)
    assert f.s.books["AAA"]["s"].fees == 250_000
    assert f.latched() == ["L7 account"]
    f.fill(o, 6, 9_930, fill_id=next(iter(f.s.order(o.client_id).fill_ids[-1:])))
    assert f.s.position("AAA") == 10


def test_in_the_end_cash_is_what_the_brokers_executions_alone_make_of_it():
    """Fractions, whose every product is rounded: three executions at odd prices, the last one larger."""
    f, straight = watched(price=0), watched(price=0)
    for one in (f, straight):
        one.mark("BBB", last=100_003)
    o = f.doubt(BUY, 1_007 * 10**6, 110_001, "BBB")
    resolve(f, o, "0.801@10.0003", fee="0.000007")
    other = straight.order(BUY, 1_007 * 10**6, 110_001, "BBB")
    for qty, price in ((333, 99_999), (334, 99_997), (340, 99_991)):
        f.fill(o, qty * 10**6, price, fee=3)
        straight.fill(other, qty * 10**6, price, fee=3)
    assert (f.s.cash, f.s.position("BBB")) == (straight.s.cash, straight.s.position("BBB"))
    assert f.s.day.traded == straight.s.day.traded


def test_more_than_was_booked_by_hand_is_booked_too_and_the_order_lives_again():
    f = watched()
    o = f.doubt(BUY, 10, 10_000)
    resolve(f, o, "4@99.5")
    effects = f.fill(o, 7, 9_950)
    assert of(effects, Ended)[0].state == "IN_DOUBT"
    assert of(effects, Cancel)
    assert of(effects, Divergence)
    assert (f.s.position("AAA"), f.s.orders[o.client_id].remaining()) == (7, 3)
    f.cancelled(f.s.orders[o.client_id], 7)
    assert (f.s.orders, f.s.cash) == ({}, CASH - 7 * 9_950 * DOLLAR // 100)


@pytest.mark.parametrize("state", ["ACCEPTED", "PARTIALLY_FILLED", "HELD"])
def test_it_works_after_all(state):
    f = watched()
    o = f.doubt(BUY, 10, 9_000)
    resolve(f, o, "never")
    effects = f.update(o, state, 0)
    assert of(effects, Divergence)
    assert of(effects, Cancel)
    assert (f.latched(), f.s.orders[o.client_id].remaining()) == (["L7 account"], 10)


def test_never_and_an_execution_after_all():
    f = watched()
    o = f.doubt(BUY, 10, 9_900)
    resolve(f, o, "never")
    effects = f.fill(o, 10)
    assert of(effects, Divergence)
    assert (f.s.position("AAA"), f.s.orders, f.latched()) == (10, {}, ["L7 account"])


def test_never_and_the_broker_states_it_filled():
    """Stated, not told: it counts as live again."""
    f = watched()
    o = f.doubt(BUY, 10, 9_900)
    resolve(f, o, "never")
    assert of(f.update(o, "FILLED", 10), Divergence)
    assert f.s.orders[o.client_id].remaining() == 10
    f.fill(o, 10)
    assert (f.s.orders, f.s.position("AAA")) == ({}, 10)


def test_an_exit_waiting_for_it_leaves():
    f = watched()
    f.hold(10)
    o = f.doubt(BUY, 5, 10_000)
    f.ask(SELL, 10, 9_950)
    assert not f.outbox
    resolve(f, o, "never")
    assert [x.qty for x in f.outbox] == [10]


# -- fills that are stated and not told ---------------------------------------------------------------------


@pytest.mark.parametrize(("state", "stated"), [("FILLED", -1), ("CANCELED", 4), ("PARTIALLY_FILLED", 4)])
def test_fills_that_never_come_are_asked_for_and_then_told_once(state, stated):
    f = watched()
    o = f.order(BUY, 10, 9_900)
    f.update(o, state, stated)
    assert not f.wait(60 * NS - 1)
    assert [type(e) for e in f.wait(1)] == [Query]
    f.answer(o.client_id, f.questions.pop().ask, True, state, 10 if stated < 0 else stated)
    effects = f.wait(15 * NS)
    assert [a.alert for a in of(effects, Alert) if a.severity == "critical"] == ["fills_missing", "latch_L7"]
    assert f.latched() == ["L7 account"]
    assert not of(f.wait(600 * NS), Alert), "once an episode"
    f.account()
    assert f.latched() == ["L7 account"], "not clean while it is owed"
    f.fill(o, 10 if stated < 0 else stated)
    assert not f.s.orders.get(o.client_id) or not f.s.orders[o.client_id].owing()


def test_fills_that_come_in_time_are_no_episode():
    f = watched()
    o = f.order(BUY, 10, 9_900)
    f.update(o, "FILLED", 10)
    f.wait(59 * NS)
    f.fill(o, 10)
    assert not f.wait(600 * NS)
    assert not f.latched()
