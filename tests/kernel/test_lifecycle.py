"""What the broker says, in any order, once, late or twice: books hold what happened, orders what may."""

import pytest

from flyball.kernel import lifecycle
from flyball.kernel.effects import Alert, Cancel, Order, Query
from flyball.kernel.events import Fill, NotSent, Sent, Update
from tests.kernel.hand import BBB, BUY, DOLLAR, NS, SELL, Hand, flying, of

SHARE = 100 * DOLLAR


def entry(f: Hand, qty: int = 10, side: int = BUY, limit: int = 10_000) -> Order:
    """An order that has left the kernel and nothing more."""
    assert f.intent(side, qty, limit)
    return f.outbox.pop()


def state(f: Hand, order: Order) -> tuple[str, int, int]:
    o = f.s.order(order.client_id)
    return o.state, o.filled, o.remaining()


# -- the usual course -------------------------------------------------------------------------------------


def test_from_pending_to_filled():
    f = flying()
    order = entry(f)
    assert state(f, order) == ("PENDING", 0, 10)
    f.sent(order)
    assert state(f, order) == ("SENT", 0, 10)
    f.update(order, "ACCEPTED", 0)
    assert state(f, order) == ("ACCEPTED", 0, 10)
    f.fill(order, 4, fee=10_000)
    assert state(f, order) == ("PARTIALLY_FILLED", 4, 6)
    assert (f.s.position("AAA"), f.s.cash, f.s.day.traded, f.s.day.fees) == (
        4,
        10_000 * DOLLAR - 4 * SHARE - 10_000,
        4 * SHARE,
        10_000,
    )
    f.fill(order, 6)
    assert state(f, order) == ("FILLED", 10, 0)
    assert not f.s.orders
    assert order.client_id in f.s.closed
    record = f.s.day.intents["s/i1"]
    assert (record.verdict, record.qty, record.filled, record.traded) == ("approve", 10, 10, 10 * SHARE)


@pytest.mark.parametrize("end", ["CANCELED", "REJECTED", "EXPIRED"])
def test_other_ends(end):
    f = flying()
    order = entry(f)
    f.update(order, end, 0)
    assert state(f, order) == (end, 0, 0)
    assert not f.s.orders


def test_a_sent_of_another_attempt_or_of_nobody_means_nothing():
    f = flying()
    order = entry(f)
    f.feed(Sent(f.now, order.client_id, 2))
    f.feed(Sent(f.now, "fbT-9-9-s-1", 1))
    assert state(f, order)[0] == "PENDING"


def test_not_sent_is_the_end_only_of_what_never_arrived():
    f = flying()
    order, other = entry(f), entry(f, limit=9_999)
    f.not_sent(order, "INTENT_EXPIRED")
    assert (state(f, order), f.s.order(order.client_id).reason) == (("NOT_SENT", 0, 0), "INTENT_EXPIRED")
    f.update(other, "ACCEPTED", 0)
    f.feed(NotSent(f.now, other.client_id, "x"))
    assert state(f, other)[0] == "ACCEPTED"


# -- out of order -----------------------------------------------------------------------------------------


def test_fills_before_the_acknowledgement():
    f = flying()
    order = entry(f)
    f.fill(order, 4)
    assert state(f, order) == ("PARTIALLY_FILLED", 4, 6)
    f.update(order, "ACCEPTED", 0)
    assert state(f, order) == ("PARTIALLY_FILLED", 4, 6)
    f.fill(order, 6)
    f.update(order, "ACCEPTED", 0)
    assert state(f, order) == ("FILLED", 10, 0)


@pytest.mark.parametrize("how", ["update", "fill"])
def test_filled_is_believed_and_its_fills_are_still_owed(how):
    f = flying()
    order = entry(f)
    f.update(order, "FILLED", 10 if how == "update" else -1)
    assert state(f, order) == ("FILLED", 0, 10)
    assert order.client_id in f.s.orders, "what is owed still counts"
    f.fill(order, 10)
    assert state(f, order) == ("FILLED", 10, 0)
    assert not f.s.orders


def test_cancelled_with_more_filled_than_was_seen():
    f = flying()
    order = entry(f)
    f.fill(order, 2)
    f.update(order, "CANCELED", 5)
    assert state(f, order) == ("CANCELED", 2, 3)
    assert f.s.exposures["AAA"].worst() == 5 * SHARE
    f.fill(order, 3)
    assert state(f, order) == ("CANCELED", 5, 0)
    assert not f.s.orders


@pytest.mark.parametrize("said", [-1, 0, 2])
def test_cancelled_with_no_more_than_was_seen(said):
    f = flying()
    order = entry(f)
    f.fill(order, 2)
    f.update(order, "CANCELED", said)
    assert state(f, order) == ("CANCELED", 2, 0)


def test_a_fill_after_the_end_is_a_fact():
    f = flying()
    order = entry(f)
    f.update(order, "CANCELED", 0)
    f.fill(order, 3)
    assert state(f, order) == ("CANCELED", 3, 0)
    assert f.s.position("AAA") == 3
    assert f.s.day.intents["s/i1"].filled == 3


def test_more_is_filled_than_was_ordered():
    f = flying()
    order = entry(f)
    f.fill(order, 12)
    assert state(f, order) == ("FILLED", 12, 0)
    assert f.s.position("AAA") == 12


def test_late_news_of_an_order_that_is_over():
    """A query may bring what no event has brought: the order owes it again."""
    f = flying()
    order = entry(f)
    f.update(order, "CANCELED", 0)
    f.update(order, "CANCELED", 4)
    assert state(f, order) == ("CANCELED", 0, 4)
    assert order.client_id in f.s.orders
    f.fill(order, 4)
    assert not f.s.orders


# -- twice ------------------------------------------------------------------------------------------------


def test_the_same_fill_counts_once():
    f = flying()
    order = entry(f)
    f.fill(order, 4, fill_id="x1")
    f.fill(order, 4, fill_id="x1")
    assert (state(f, order), f.s.position("AAA")) == (("PARTIALLY_FILLED", 4, 6), 4)
    f.fill(order, 6, fill_id="x2")
    f.fill(order, 6, fill_id="x2")  # and when it is over
    assert f.s.position("AAA") == 10


def test_also_across_midnight():
    f = flying()
    order = entry(f)
    f.fill(order, 10, fill_id="x1")
    f.next_day()
    f.fill(order, 10, fill_id="x1")
    assert f.s.position("AAA") == 10


@pytest.mark.parametrize("end", ["CANCELED", "REJECTED", "FILLED", "ACCEPTED"])
def test_the_same_update_twice_changes_nothing(end):
    f = flying(reject_rate=1)
    order = entry(f)
    f.update(order, end, 0 if end != "FILLED" else 10)
    before = state(f, order)
    assert not f.update(order, end, 0 if end != "FILLED" else 10)
    assert state(f, order) == before
    assert len(f.s.rates.rejects) == (end == "REJECTED")


def test_nothing_brings_an_order_back():
    f = flying()
    order = entry(f)
    f.update(order, "CANCELED", 0)
    for word in ("ACCEPTED", "FILLED", "PARTIALLY_FILLED", "PENDING_REVIEW", ""):
        f.update(order, word, 0)
        assert state(f, order)[0] == "CANCELED"


# -- strange ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client_id", "owner"),
    [
        ("fbT-1-77-s-1", "s"),
        ("fbT-9-1-mean_rev-3", "mean_rev"),
        ("fbT-1-1-a-b-c-2", "a-b-c"),
        ("fbT-1-1--outside-1", "_outside"),
        ("fbT-1-1-outside-1", "outside"),  # a strategy may be called so
        ("fbX-1-77-s-1", "_outside"),  # another account's
        ("manual-7", "_outside"),
        ("", "_outside"),
        ("fbT-1-77-1", "_outside"),
    ],
)
def test_a_strange_fill_is_booked_to_whom_its_id_names(client_id, owner):
    f = flying()
    effects = f.strange_fill(client_id, "AAA", BUY, 3, 10_000)
    assert {k: b.qty for k, b in f.s.books["AAA"].items()} == {owner: 3}
    assert [a.alert for a in of(effects, Alert)] == ["strange_fill"]
    assert f.s.cash == 10_000 * DOLLAR - 3 * SHARE


def test_strange_fills_are_remembered_up_to_a_bound(monkeypatch):
    f = flying()
    monkeypatch.setattr(lifecycle, "STRANGE_FILLS", 2)
    for n in range(5):
        f.strange_fill(f"manual-{n}", "AAA", BUY, 1, 10_000)
    assert len(f.s.strange_fills) == 2
    assert f.s.position("AAA") == 5


def test_closed_orders_are_remembered_up_to_a_bound(monkeypatch):
    """What is forgotten is booked by its id, late or not."""
    f = flying()
    monkeypatch.setattr(lifecycle, "MAX_CLOSED_ORDERS", 1)
    first, second = entry(f), entry(f, limit=9_999)
    f.update(first, "CANCELED", 0)
    f.update(second, "CANCELED", 0)
    assert list(f.s.closed) == [first.client_id]
    f.fill(second, 1)
    assert f.s.book_qty("s", "AAA") == 1


def test_strange_fills_count_once_too():
    f = flying()
    f.strange_fill("manual", "AAA", BUY, 3, 10_000)
    again = [e for e, _ in f.journal if isinstance(e, Fill)][-1]
    assert not f.feed(again)
    f.next_day()
    again.ts = f.now
    assert not f.feed(again)
    assert f.s.position("AAA") == 3


@pytest.mark.parametrize(
    "odd", [{"symbol": "NOPE"}, {"qty": 0, "price": 100}, {"qty": -1}, {"price": 0}, {"price": -5}]
)
def test_a_fill_that_cannot_be_booked_latches(odd):
    f = flying()
    order = entry(f)
    working = f.order(BUY, 1, 9_000)
    e = Fill(f.now, order.client_id, "x", "AAA", BUY, 1, 10_000, 0, 99)
    effects = f.feed(Fill(**(vars(e) | odd)))
    assert f.latched() == ["L7 account"]
    assert {c.client_id for c in of(effects, Cancel)} == {order.client_id, working.client_id}
    assert (f.s.position("AAA"), state(f, order)) == (0, ("PENDING", 0, 10))


def test_one_that_comes_again_is_the_same_episode():
    f = flying()
    f.strange_fill("x", "NOPE", BUY, 1, 1)
    assert f.strange_fill("y", "NOPE", BUY, 1, 1) == []
    assert f.latched() == ["L7 account"]


@pytest.mark.parametrize("end", ["CANCELED", "REJECTED"])
def test_the_brokers_reason_is_kept(end):
    f = flying()
    order = entry(f)
    f.feed(Update(f.now, order.client_id, end, "b", 0, "because", 1))
    assert f.s.order(order.client_id).reason == "because"


@pytest.mark.parametrize("odd", [{"symbol": "BBB"}, {"side": SELL}])
def test_a_fill_that_contradicts_its_order_is_booked_for_what_it_says(odd):
    f = flying(also=(BBB,))
    order = entry(f)
    f.early(order, 4, **odd)
    assert f.latched() == ["L7 account"]
    assert state(f, order)[1:] == (0, 10)
    assert f.s.position(odd.get("symbol", "AAA")) == 4 * odd.get("side", BUY)


def test_an_update_about_an_unknown_order_is_told():
    f = flying()
    order = entry(f)
    unknown = Order(**(vars(order) | {"client_id": "xyz"}))
    assert [a.alert for a in of(f.update(unknown, "ACCEPTED"), Alert)] == ["strange_order"]
    assert f.s.orders.keys() == {order.client_id}


# -- cancels ----------------------------------------------------------------------------------------------


def test_a_cancel_is_asked_for_once_and_the_order_lives_until_evidence():
    f = flying()
    order = f.order(BUY, 10, 9_000)
    assert [(c.client_id, c.attempt) for c in of(f.command("cancel", order=order.client_id), Cancel)] == [
        (order.client_id, 1)
    ]
    assert not of(f.command("cancel", order=order.client_id), Cancel)
    f.wait(3_600 * NS)
    assert state(f, order) == ("ACCEPTED", 0, 10)
    f.fill(order, 3)
    f.cancelled(order, 3)
    assert state(f, order) == ("CANCELED", 3, 0)


def test_a_cancel_without_an_answer_is_asked_about_and_repeated():
    f = flying()
    order = f.order(BUY, 10, 9_000)
    f.command("cancel", order=order.client_id)
    assert of(f.timeout(order.client_id, "cancel"), Query)
    effects = f.later(NS).answer(order.client_id, 1, True, "ACCEPTED")
    assert [(c.client_id, c.attempt) for c in of(effects, Cancel)] == [(order.client_id, 2)]
    f.answer(order.client_id, 1, True, "CANCELED")
    assert state(f, order) == ("CANCELED", 0, 0)
