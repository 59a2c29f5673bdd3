"""Which orders are live, by evidence alone."""

import pytest

from flyball.desk.working import Working
from flyball.kernel.effects import Order, Query
from flyball.kernel.events import Answer, Fill, NotSent, Update
from flyball.kernel.words import OUTSIDE

ID = "fbT-1-1-mean-rev-1"


def order(attempt: int = 1) -> Order:
    return Order(1, ID, "i1", "", "mean-rev", "AAPL", 1, 100, "limit", 10, "day", True, attempt, 1, False)


def update(state: str, filled: int = -1) -> Update:
    return Update(1, ID, state, "b", filled, "", 1)


def fill(qty: int) -> Fill:
    return Fill(1, ID, f"f{qty}", "AAPL", 1, qty, 10, 0, 1)


def answer(ask: int, state: str = "", filled: int = 0) -> Answer:
    return Answer(1, ID, ask, state != "", state, filled, "b")


QUERY = Query(1, ID, 1)
NOT_SENT = NotSent(1, ID, "LATCH_L1")

CASES = [
    ("just decided", [], True),
    ("accepted", [update("ACCEPTED")], True),
    ("filled whole", [fill(100)], False),
    ("filled in part", [fill(99)], True),
    ("filled before it was acknowledged", [fill(100), update("ACCEPTED")], False),
    ("canceled", [update("CANCELED", 0)], False),
    ("canceled, owing what the broker states", [update("CANCELED", 40)], True),
    ("canceled, and what it owed has come", [update("CANCELED", 40), fill(40)], False),
    ("stated filled, no fill seen", [update("FILLED")], True),
    ("rejected", [update("REJECTED")], False),
    ("expired", [update("EXPIRED", 0)], False),
    ("stopped at the gate", [NOT_SENT], False),
    ("a second attempt stopped at the gate", [order(2), NOT_SENT], True),
    ("acknowledged, then said not to be sent", [update("ACCEPTED"), NOT_SENT], True),
    ("not there when asked at a start", [answer(0)], False),
    ("not there at a start, sent again", [answer(0), order()], True),
    ("not there once", [QUERY, answer(1)], True),
    ("not there twice", [QUERY, answer(1), Query(2, ID, 2), answer(2)], False),
    ("the same answer twice", [QUERY, answer(1), answer(1)], True),
    ("the broker says what only we can", [update("NOT_SENT")], True),
    ("an answer to an old question", [QUERY, Query(2, ID, 2), answer(1), answer(1)], True),
    ("found working", [QUERY, answer(1, "ACCEPTED")], True),
    ("found canceled", [QUERY, answer(1, "CANCELED", 0)], False),
    ("acknowledged once, then gone", [update("ACCEPTED"), QUERY, answer(1), answer(1)], True),
]


@pytest.mark.parametrize(("what", "then", "live"), CASES, ids=[c[0] for c in CASES])
def test_evidence(what, then, live):
    w = Working("T")
    w.order(order())
    for x in then:
        if isinstance(x, Order):
            w.order(x)
        elif isinstance(x, Query):
            w.query(x)
        elif isinstance(x, Update):
            w.update(x)
        elif isinstance(x, Answer):
            w.answer(x)
        elif isinstance(x, NotSent):
            w.not_sent(x)
        else:
            assert w.execution(x) == "mean-rev"
    assert (ID in w.live) is live, what


def test_owners():
    w = Working("T")
    w.order(order())
    assert w.owner(ID) == "mean-rev"
    assert w.execution(fill(5)) == "mean-rev"
    assert w.execution(fill(5)) is None, "twice is once"
    assert w.owner("fbT-3-77-mean-rev-2") == "mean-rev"
    assert w.owner("fbT-3-77-outside-2") == OUTSIDE
    assert w.owner("fbX-3-77-mean-rev-2") == OUTSIDE
    assert w.owner("somebody's") == OUTSIDE


def test_an_execution_that_contradicts_its_order_is_no_part_of_it():
    w = Working("T")
    w.order(order())
    for symbol, side in (("MSFT", 1), ("AAPL", -1)):
        odd = Fill(1, ID, f"odd{symbol}", symbol, side, 100, 10, 0, 1)
        assert w.execution(odd) == "mean-rev"
        assert w.execution(odd) is None
    assert w.live[ID].filled == 0


def test_what_ended_is_forgotten_after_the_next_day_what_lives_is_not():
    w = Working("T")
    w.order(order())
    w.start_day()
    w.start_day()
    w.start_day()
    assert w.tickets
    w.update(update("CANCELED", 0))
    w.start_day()
    assert w.tickets, "its late reports still find it"
    w.start_day()
    assert not w.tickets
