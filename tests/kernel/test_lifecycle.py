"""What the broker says, in any order, once, late or twice: the books hold what happened, the order what may."""

import pytest

from flyball.kernel.effects import Alert, Cancel, LatchChange, Order, Query
from flyball.kernel.events import Answer, Fill, NotSent, Sent, Timeout
from tests.kernel.hand import BBB, BUY, DOLLAR, NS, SELL, Hand, flying, ns, of, ppm

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
        ("fbT-1-1-outside-1", "_outside"),
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


# -- no answer --------------------------------------------------------------------------------------------


def test_a_timeout_is_doubt_and_is_asked_about():
    f = flying()
    order = entry(f)
    f.sent(order)
    effects = f.timeout(order.client_id, "submit")
    assert state(f, order) == ("IN_DOUBT", 0, 10)
    assert [(q.client_id, q.ask) for q in of(effects, Query)] == [(order.client_id, 1)]
    assert not f.timeout(order.client_id, "submit"), "asked about once"


@pytest.mark.parametrize("answer", ["ACCEPTED", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED", "EXPIRED"])
def test_found(answer):
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    filled = {"PARTIALLY_FILLED": 3, "FILLED": 10}.get(answer, 0)
    f.answer(order.client_id, 1, True, answer, filled)
    want = "ACCEPTED" if answer == "PARTIALLY_FILLED" else answer
    assert state(f, order) == (want, 0, 10 if filled or answer == "ACCEPTED" else 0)
    f.fill(order, filled or 1)
    assert f.s.position("AAA") == (filled or 1)


def test_found_in_a_state_nobody_knows_is_asked_about_again():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    f.answer(order.client_id, 1, True, "PENDING_REVIEW")
    assert state(f, order) == ("IN_DOUBT", 0, 10)
    assert [q.ask for q in of(f.wait(5 * NS), Query)] == [2]
    f.answer(order.client_id, 2, True, "ACCEPTED")
    assert state(f, order)[0] == "ACCEPTED"


def test_not_found_is_sent_again_under_its_id():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    again = of(f.answer(order.client_id, 1, False), Order)
    assert [(o.client_id, o.attempt, o.again, o.qty, o.ts) for o in again] == [(order.client_id, 2, False, 10, f.now)]
    f.sent(again[0])
    assert state(f, order) == ("SENT", 0, 10)


def test_three_attempts_and_no_more():
    f = flying(max_intent_age=ns(3_600 * NS))
    order = f.doubt(BUY, 10, 10_000)
    for attempt in (2, 3):
        ask = f.questions[-1].ask
        assert of(f.later(NS).answer(order.client_id, ask, False), Order)[0].attempt == attempt
        f.timeout(order.client_id, "submit", attempt)
    assert not of(f.answer(order.client_id, f.questions[-1].ask, False), Order)
    assert state(f, order)[0] == "IN_DOUBT", "one disowning is no proof"
    assert of(f.wait(60 * NS), Query)
    f.answer(order.client_id, f.questions[-1].ask, False)
    assert (state(f, order), f.s.order(order.client_id).reason) == (("REJECTED", 0, 0), "the broker never had it")


def test_the_same_answer_once_more_is_no_second_evidence():
    f = flying(max_intent_age=ns(0))
    order = f.doubt(BUY, 10, 10_000)
    f.later(NS)
    for _ in range(5):
        f.answer(order.client_id, 1, False)
    assert state(f, order)[0] == "IN_DOUBT"
    f.wait(5 * NS)
    f.answer(order.client_id, 1, False)  # a late one, to the question before
    assert state(f, order)[0] == "IN_DOUBT"
    f.answer(order.client_id, 2, False)
    assert state(f, order)[0] == "REJECTED"


def too_old(f, order):
    f.wait(6 * NS)


def latched(f, order):
    f.command("pause")


def cancelled(f, order):
    f.command("cancel", order=order.client_id)


@pytest.mark.parametrize("why", [too_old, latched, cancelled])
def test_what_may_no_longer_leave_is_not_sent_again(why):
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    why(f, order)
    assert not of(f.answer(order.client_id, 1, False), Order)
    assert of(f.wait(5 * NS), Query)
    f.answer(order.client_id, f.questions[-1].ask, False)
    assert state(f, order) == ("REJECTED", 0, 0)


def test_one_that_was_acknowledged_and_then_vanished_stays_live():
    f = flying()
    order = f.order(BUY, 10, 10_000)
    f.command("cancel", order=order.client_id)
    f.timeout(order.client_id, "cancel")
    for n in range(1, 6):
        effects = f.answer(order.client_id, n, False)
        assert [a.alert for a in of(effects, Alert)] == ["order_vanished"]
        assert state(f, order) == ("ACCEPTED", 0, 10)
        assert [q.ask for q in of(f.wait(60 * NS), Query)] == [n + 1]


def test_questions_back_off_5_10_20_20_seconds():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    waits = []
    for _ in range(5):
        f.timeout(order.client_id, "query")
        waits.append(f.g.next_due() - f.now)
        f.wait(waits[-1])
    assert waits == [5 * NS, 10 * NS, 20 * NS, 20 * NS, 20 * NS]


def test_a_late_fill_ends_the_doubt():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    f.fill(order, 4)
    assert state(f, order) == ("PARTIALLY_FILLED", 4, 6)
    assert not of(f.answer(order.client_id, 1, False), Order), "it arrived: never sent again"
    assert state(f, order) == ("PARTIALLY_FILLED", 4, 6)


@pytest.mark.parametrize("call", ["submit", "cancel", "query"])
def test_timeouts_of_what_is_over_or_of_nobody(call):
    f = flying()
    order = f.order(BUY, 1, 9_000)
    f.cancelled(order)
    assert not f.timeout(order.client_id, call)
    assert not f.timeout("fbT-9-9-s-1", call)


def test_a_submit_timeout_of_an_earlier_attempt_means_nothing():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    again = of(f.answer(order.client_id, 1, False), Order)[0]
    f.sent(again)
    assert not f.feed(Timeout(f.now, order.client_id, "submit", 1, ""))
    assert state(f, order)[0] == "SENT"


# -- cancels ----------------------------------------------------------------------------------------------


def test_a_cancel_is_asked_for_once_and_the_order_lives_until_evidence():
    f = flying()
    order = f.order(BUY, 10, 9_000)
    assert [(c.client_id, c.attempt) for c in of(f.command("cancel", order=order.client_id), Cancel)] == [(order.client_id, 1)]
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


# -- starts -----------------------------------------------------------------------------------------------


def looked_up(f, order, found, word="ACCEPTED", filled=0):
    return f.feed(Answer(f.now, order.client_id, 0, found, word if found else "", filled, "b" if found else ""))


@pytest.mark.parametrize("course", ["queued", "sent"])
def test_a_start_asks_the_broker_first(course):
    f = flying()
    order = entry(f)
    if course == "sent":
        f.sent(order)
    effects = f.reborn()
    assert [(q.client_id, q.ask) for q in of(effects, Query)] == [(order.client_id, 0)]
    assert not of(effects, Order)
    assert not of(looked_up(f, order, True), Order)
    assert state(f, order) == ("ACCEPTED", 0, 10)


@pytest.mark.parametrize("course", ["queued", "sent"])
def test_what_the_broker_does_not_have_is_sent_under_its_old_id_and_time(course):
    f = flying()
    order = entry(f)
    if course == "sent":
        f.sent(order)
    f.reborn()
    again = of(looked_up(f.later(NS), order, False), Order)
    assert again == [Order(**(vars(order) | {"again": True}))]


@pytest.mark.parametrize(("why", "reason"), [(too_old, "INTENT_EXPIRED"), (latched, "LATCH_L14"), (cancelled, "cancelled before it was sent")])
def test_or_is_journaled_as_not_sent(why, reason):
    f = flying()
    order = entry(f)
    why(f, order)
    f.reborn()
    assert not of(looked_up(f, order, False), Order)
    assert (state(f, order), f.s.order(order.client_id).reason) == (("NOT_SENT", 0, 0), reason)


def test_one_in_doubt_is_asked_about_again_with_the_same_question():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    asked = f.questions[-1]
    assert of(f.later(NS).reborn(), Query) == [asked]
    assert of(f.answer(order.client_id, 1, False), Order)[0].attempt == 2


def test_a_retry_that_was_lost_with_the_process_goes_under_its_attempt():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    second = of(f.answer(order.client_id, 1, False), Order)[0]
    f.reborn()
    assert of(looked_up(f, order, False), Order) == [Order(**(vars(second) | {"again": True}))]


def test_an_open_cancel_is_repeated_as_it_was():
    f = flying()
    order = f.order(BUY, 10, 9_000)
    first = of(f.command("cancel", order=order.client_id), Cancel)[0]
    again = of(f.later(NS).reborn(), Cancel)
    assert [(c.ts, c.client_id, c.attempt) for c in again] == [(first.ts, order.client_id, 1)]


def test_acknowledged_orders_are_left_in_peace():
    f = flying()
    f.order(BUY, 10, 9_000)
    assert not f.reborn()


# -- an exit that waits -----------------------------------------------------------------------------------


def waiting() -> tuple[Hand, Order, str]:
    """A position of 5, an entry at work, and an exit that would meet it."""
    f = flying(price_tolerance=ppm(30_000))
    f.hold(5)
    working = f.later(NS).order(BUY, 2, 9_950)
    f.intent(SELL, 5, 9_900)
    return f, working, list(f.s.orders)[-1]


@pytest.mark.parametrize("end", ["CANCELED", "REJECTED", "EXPIRED", "FILLED"])
def test_an_exit_waits_for_the_evidence_of_the_cancel(end):
    f, working, exit_ = waiting()
    assert f.s.orders[exit_].waits == [working.client_id]
    assert (f.outbox, f.s.orders[exit_].state) == ([], "PENDING")
    if end == "FILLED":
        f.fill(working)
    else:
        f.update(working, end, 0)
    assert [(o.client_id, o.side, o.qty) for o in f.outbox] == [(exit_, SELL, 5)]


def test_it_waits_on_through_a_start():
    f, working, exit_ = waiting()
    effects = f.reborn()
    assert not of(effects, Query)
    assert not of(effects, Order)
    f.cancelled(working)
    assert [o.client_id for o in f.outbox] == [exit_]


def test_it_waits_for_a_partial_fill_that_is_owed():
    f, working, exit_ = waiting()
    f.cancelled(working, 1)
    assert not f.outbox
    f.fill(working, 1)
    assert [o.client_id for o in f.outbox] == [exit_]


def test_rejects_are_remembered_for_a_minute():
    f = flying()
    for n in range(3):
        f.update(entry(f.later(NS), limit=9_000 + n), "REJECTED")
    assert len(f.s.rates.rejects) == 3
    f.later(60 * NS).update(entry(f, limit=8_000), "REJECTED")
    assert len(f.s.rates.rejects) == 1


def test_nothing_of_this_latches():
    f = flying()
    f.fill(entry(f), 10)
    assert not of([e for _, effects in f.journal for e in effects], LatchChange)
