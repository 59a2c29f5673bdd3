"""Ids that are never issued twice and name their owner; the last gate at the socket."""

import pytest

from flyball.kernel.bounds import MAX_CLIENT_ID
from flyball.kernel.effects import Order
from flyball.kernel.latches import set_latch
from flyball.kernel.placing import client_id, could_add, owner_of
from flyball.kernel.words import OUTSIDE
from tests.kernel.hand import BUY, NS, SELL, flying, ns, of, text


@pytest.mark.parametrize("strategy", ["s", "mean_rev", "a-b", "x" * 20, OUTSIDE, "_governor"])
def test_an_id_names_its_owner(strategy):
    f = flying()
    made = client_id(f.s, strategy, 3)
    assert owner_of(f.s, made) == (OUTSIDE if strategy == OUTSIDE else strategy.strip("_"))
    assert len(made) <= MAX_CLIENT_ID
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_no_id_is_issued_twice_over_starts_and_days():
    f = flying(flat_by=text("never"))
    for n in range(6):
        order = f.order(BUY, 1, 9_000)
        f.cancelled(order)
        if n % 2:
            f.reborn()
        else:
            f.next_day()
        f.mark(last=10_000)
    ids = [o.client_id for _, e in f.journal for o in of(e, Order)]
    assert len(ids) == len(set(ids)) == 6
    assert {i.split("-")[1] for i in ids} == {"1", "2", "3"}


def test_a_retry_keeps_the_id():
    f = flying()
    order = f.doubt(BUY, 1, 9_000)
    f.answer(order.client_id, 1, False)
    assert [(o.client_id, o.attempt) for o in f.outbox] == [(order.client_id, 2)]


def nothing(f):
    pass


def late(f):
    f.later(5 * NS + 1)


def paused(f):
    f.command("pause")


def elsewhere(f):
    f.command("pause", scope="strategy:other")


def closing(f):
    f.s.day.close = f.now + 5 * 60 * NS


def cancelled(f):
    f.command("cancel", order=f.outbox[-1].client_id)


def over(f):
    f.update(f.outbox[-1], "REJECTED")


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (nothing, ""),
        (elsewhere, ""),
        (late, "INTENT_EXPIRED"),
        (paused, "LATCH_L14"),
        (closing, "MARKET_FLAT_BY"),
        (cancelled, "cancelled before it was sent"),
        (over, "it is over"),
    ],
)
def test_the_last_gate_for_what_adds(what, why):
    f = flying()
    f.intent(BUY, 1, 9_000)
    order = f.outbox[-1]
    what(f)
    if what is paused:
        why = "cancelled before it was sent"  # the latch has cancelled it already
    assert f.g.may_send(order.client_id, f.now) == why


def test_a_latch_set_between_cancel_and_socket_is_seen_for_a_retry():
    f = flying()
    order = f.doubt(BUY, 1, 9_000)
    f.answer(order.client_id, 1, False)
    f.command("pause")
    assert f.g.may_send(order.client_id, f.now) == "LATCH_L14"


def test_it_knows_nobody_else():
    assert flying().g.may_send("fbT-1-1-s-1", 0) == "it is over"


@pytest.mark.parametrize(
    ("what", "why"),
    [("pause", ""), ("freeze", ""), ("panic", "cancelled before it was sent")],
)
def test_the_last_gate_for_a_bots_exit(what, why):
    f = flying(max_intent_age=ns(NS))
    f.hold(5)
    f.intent(SELL, 5, 10_000)
    order = f.outbox[-1]
    f.command(what)
    assert f.g.may_send(order.client_id, f.now) == why


def test_an_invariant_holds_the_bots_exits_at_the_socket_too():
    f = flying()
    f.hold(5)
    f.intent(SELL, 5, 10_000)
    set_latch(f.s, [], "L9b", "account", "governor", "test")
    assert f.g.may_send(f.outbox[-1].client_id, f.now) == "LATCH_L9b"


def test_anothers_exit_counts_in_the_account_and_not_in_the_book():
    f = flying()
    f.hold(5)
    f.hold(5, strategy="other")
    order = f.order(SELL, 5, 10_100)
    f.order(SELL, 5, 10_100, strategy="other")
    assert not could_add(f.s, f.s.orders[order.client_id])
    f.strange_fill("by hand", "AAA", SELL, 1, 10_000)
    assert could_add(f.s, f.s.orders[order.client_id])


def test_the_governors_exits_pass_every_latch():
    f = flying()
    f.hold(5)
    f.command("panic")
    order = f.outbox[-1]
    f.command("freeze")
    f.later(600 * NS)
    assert f.g.may_send(order.client_id, f.now) == ""


@pytest.mark.parametrize(
    ("held", "outside", "selling", "more", "adds"),
    [(10, 0, 10, 0, False), (10, 0, 6, 4, False), (10, -3, 10, 0, True), (10, 0, 6, 5, True)],
)
def test_what_could_carry_past_zero_with_the_others_of_its_side(held, outside, selling, more, adds):
    f = flying()
    f.hold(held + 1)
    order = f.order(SELL, selling, 10_100)
    if more:
        f.order(SELL, more, 10_100)
    f.strange_fill("fbT-1-99-s-1", "AAA", SELL, 1, 10_000)
    if outside:
        f.strange_fill("by hand", "AAA", SELL, -outside, 10_000)
    assert could_add(f.s, f.s.orders[order.client_id]) is adds


@pytest.mark.parametrize("strategy", ["outside", "_outside", "s", "a-b"])
def test_a_lost_order_is_its_own_books_again(strategy):
    """A strategy may be called `outside`: its orders are no strangers'."""
    s = flying().s
    assert owner_of(s, client_id(s, strategy, 1)) == strategy
