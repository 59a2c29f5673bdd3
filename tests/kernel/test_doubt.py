"""No answer is no answer: the order may or may not be there. What is asked, when it is sent again, and what a
start does."""

import pytest

from flyball.kernel.effects import Alert, Cancel, LatchChange, Order, Query
from flyball.kernel.events import Answer, Timeout
from tests.kernel.hand import BUY, DOLLAR, NS, SELL, Hand, flying, ns, of, ppm

SHARE = 100 * DOLLAR


def entry(f: Hand, qty: int = 10, side: int = BUY, limit: int = 10_000) -> Order:
    """An order that has left the kernel and nothing more."""
    assert f.intent(side, qty, limit)
    return f.outbox.pop()


def state(f: Hand, order: Order) -> tuple[str, int, int]:
    o = f.s.order(order.client_id)
    return o.state, o.filled, o.remaining()


# -- no answer --------------------------------------------------------------------------------------------


def test_a_timeout_is_doubt_and_is_asked_about():
    f = flying()
    order = entry(f)
    f.sent(order)
    effects = f.timeout(order.client_id, "submit")
    assert state(f, order) == ("IN_DOUBT", 0, 10)
    assert [(q.client_id, q.ask) for q in of(effects, Query)] == [(order.client_id, 1)]
    assert not f.timeout(order.client_id, "submit"), "asked about once"


@pytest.mark.parametrize(
    "answer", ["ACCEPTED", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED", "EXPIRED"]
)
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
    assert [(o.client_id, o.attempt, o.again, o.qty, o.ts) for o in again] == [
        (order.client_id, 2, False, 10, f.now)
    ]
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
    assert (state(f, order), f.s.order(order.client_id).reason) == (
        ("REJECTED", 0, 0),
        "the broker never had it",
    )


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


# -- starts -----------------------------------------------------------------------------------------------


def looked_up(f, order, found, word="ACCEPTED", filled=0):
    return f.feed(
        Answer(f.now, order.client_id, 0, found, word if found else "", filled, "b" if found else "")
    )


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


@pytest.mark.parametrize(
    ("why", "reason"),
    [(too_old, "INTENT_EXPIRED"), (latched, "LATCH_L14"), (cancelled, "cancelled before it was sent")],
)
def test_or_is_journaled_as_not_sent(why, reason):
    f = flying()
    order = entry(f)
    why(f, order)
    f.reborn()
    assert not of(looked_up(f, order, False), Order)
    assert state(f, order) == ("IN_DOUBT", 0, 10), "it may have left in the last moment"
    for _ in range(2):
        assert not of(f.answer(order.client_id, f.s.order(order.client_id).ask, False), Order)
        f.wait(10 * NS)
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


def test_one_question_at_a_time():
    f = flying()
    order = f.order(BUY, 1, 9_000)
    f.command("cancel", order=order.client_id)
    assert len(of(f.timeout(order.client_id, "cancel"), Query)) == 1
    assert f.timeout(order.client_id, "cancel") == []


def test_a_start_that_does_not_find_one_in_doubt_asks_on():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    f.timeout(order.client_id, "query")
    f.reborn()
    assert [q.ask for q in of(looked_up(f, order, False), Query)] == [2]
    assert state(f, order)[0] == "IN_DOUBT"


def test_an_exit_waits_for_all_that_it_would_meet():
    f = flying(price_tolerance=ppm(30_000))
    f.hold(5)
    one, two = f.later(NS).order(BUY, 2, 9_950), f.order(BUY, 1, 9_940)
    f.intent(SELL, 5, 9_900)
    f.cancelled(one)
    assert f.outbox == []
    f.cancelled(two)
    assert [(o.side, o.qty) for o in f.outbox] == [(SELL, 5)]


def test_a_panic_does_not_wait_with_it_for_a_cancel_that_is_never_answered():
    f, _, exit_ = waiting()
    f.command("panic")
    assert f.s.order(exit_).state == "NOT_SENT"
    f.later(6 * NS).tick()
    assert [(o.author, o.side, o.qty) for o in f.outbox] == [("L4", SELL, 5)]


def test_an_exit_that_waits_takes_none_of_the_orders_of_a_day():
    f, _, _ = waiting()
    assert f.s.day.orders == 2, "the entry that is held and the one that works"


def test_timers_that_are_due_together_and_one_does_what_the_other_was_for():
    """The clock stood still for a while: the question about executions that are owed is the one that was due
    as well."""
    f = flying()
    order = f.order(BUY, 10, 10_000)
    f.update(order, "PARTIALLY_FILLED", 4)
    f.command("cancel", order=order.client_id)
    f.timeout(order.client_id, "cancel")
    f.timeout(order.client_id, "query")
    due = [key for key in f.s.timers if key.endswith(order.client_id)]
    assert due == [f"owed {order.client_id}", f"ask {order.client_id}"]
    effects = f.later(120 * NS).tick()
    assert [q.ask for q in of(effects, Query)] == [2]
    assert list(f.s.timers) == [f"owed {order.client_id}"]
