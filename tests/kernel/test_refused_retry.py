"""A retry is refused while the attempt before it, which nobody answered, may still arrive under the same
id."""

import pytest

from flyball.kernel.effects import Ended, Order, Query
from flyball.kernel.events import Answer
from tests.kernel.hand import BUY, NS, SELL, Hand, flying, ns, of


def state(f: Hand, order: Order) -> tuple[str, int, int]:
    o = f.s.order(order.client_id)
    return o.state, o.filled, o.remaining()


def refused_retry(f: Hand, side: int = BUY) -> Order:
    """An order whose first attempt nobody has seen again, and whose second the broker refused."""
    order = f.doubt(side, 10, 10_000)
    again: Order = of(f.answer(order.client_id, 1, False), Order)[0]
    f.sent(again)
    f.update(again, "REJECTED", 0)
    return again


def test_a_retry_that_is_refused_ends_nothing_while_the_first_may_still_arrive():
    f = flying()
    f.hold(10)
    retry = refused_retry(f.later(10 * NS), SELL)
    assert state(f, retry) == ("IN_DOUBT", 0, 10)
    assert f.questions[-1].ask == 2, "asked for by its id, at once"
    assert f.ask(SELL, 10, 9_990).codes == ("REDUCE_IN_DOUBT",), "a second exit would go through zero"
    f.fill(retry)
    assert f.s.position("AAA") == 0
    assert state(f, retry) == ("FILLED", 10, 0)


@pytest.mark.parametrize(
    ("word", "filled", "want"),
    [
        ("REJECTED", 0, ("REJECTED", 0, 0)),
        ("ACCEPTED", 0, ("ACCEPTED", 0, 10)),
        ("FILLED", 10, ("FILLED", 0, 10)),
    ],
)
def test_then_the_answer_decides(word, filled, want):
    f = flying()
    retry = refused_retry(f)
    f.answer(retry.client_id, 2, True, word, filled)
    assert state(f, retry) == want


def test_then_it_is_never_sent_again_and_disowned_twice_ends_it():
    f = flying(max_intent_age=ns(3_600 * NS))
    retry = refused_retry(f)
    assert not of(f.answer(retry.client_id, 2, False), Order), "what was refused is not tried a third time"
    assert state(f, retry)[0] == "IN_DOUBT"
    f.wait(20 * NS)
    f.answer(retry.client_id, 3, False)
    assert state(f, retry) == ("REJECTED", 0, 0)


def test_told_twice_a_refusal_counts_once():
    f = flying()
    retry = refused_retry(f)
    f.update(retry, "REJECTED", 0)
    assert state(f, retry)[0] == "IN_DOUBT"
    assert len(f.s.rates.rejects) == 1
    assert f.questions[-1].ask == 2, "asked once"


def test_a_refusal_that_comes_when_the_first_is_known_to_work_ends_nothing_either():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    retry = of(f.answer(order.client_id, 1, False), Order)[0]
    f.timeout(retry.client_id, "submit", 2)
    f.answer(retry.client_id, 2, True, "ACCEPTED")
    asked = of(f.update(retry, "REJECTED", 0), Query)
    assert (state(f, retry), [q.ask for q in asked]) == (("ACCEPTED", 0, 10), [3])
    f.answer(retry.client_id, 3, True, "REJECTED")
    assert state(f, retry) == ("REJECTED", 0, 0)


def test_a_refusal_that_states_executions_is_the_end_of_what_arrived():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    retry = of(f.answer(order.client_id, 1, False), Order)[0]
    f.update(retry, "REJECTED", 4)
    assert state(f, retry) == ("REJECTED", 0, 4)


def test_a_start_asks_on_for_a_refused_retry_and_does_not_send_it():
    f = flying()
    retry = refused_retry(f)
    f.timeout(retry.client_id, "query")
    f.reborn()
    assert [q.ask for q in of(f.feed(Answer(f.now, retry.client_id, 0, False, "", 0, "")), Query)] == [3]
    assert not f.outbox
    assert state(f, retry)[0] == "IN_DOUBT"


def test_an_only_attempt_that_is_refused_is_over():
    f = flying()
    order = f.doubt(BUY, 10, 10_000)
    f.update(order, "REJECTED", 0)
    assert state(f, order) == ("REJECTED", 0, 0)


def test_the_journal_says_each_time_that_it_is_not_over():
    f = flying()
    retry = refused_retry(f)
    for _ in range(2):
        told = of(f.journal[-1][1], Ended)
        assert [(e.client_id, e.state) for e in told] == [(retry.client_id, "IN_DOUBT")]
        f.update(retry, "REJECTED", 0)
