"""Which orders are live, by evidence alone."""

import pytest

from flyball.desk.working import Working
from flyball.kernel.effects import Booked, Ended, Order, Query
from flyball.kernel.events import Answer, Fill, Update
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


def ended(state: str = "REJECTED") -> Ended:
    return Ended(1, ID, "mean-rev", "i1", state, "why")


def booked(qty: int, price: int = 10, fee: int = 0) -> Booked:
    return Booked(1, ID, "by-hand-1", "mean-rev", "AAPL", 1, qty, price, fee, "ann")


QUERY = Query(1, ID, 1)

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
    ("ended by the governor", [ended("NOT_SENT")], False),
    ("ended by the governor, and the broker works it", [ended(), ended("IN_DOUBT")], True),
    ("ended by the governor, owing what the broker stated", [update("CANCELED", 40), ended()], False),
    ("ended by the governor, and the broker states more", [ended(), update("FILLED")], True),
    ("not there twice, and not ended yet", [QUERY, answer(1), Query(2, ID, 2), answer(2)], True),
    ("booked by hand in part", [booked(40)], True),
    ("booked by hand in part, and ended", [booked(40), ended("CANCELED")], False),
    ("booked by hand, and the same is told", [booked(40), ended(), fill(40)], False),
    (
        "booked by hand, and the broker works the rest",
        [booked(40), ended(), ended("IN_DOUBT"), fill(40)],
        True,
    ),
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
        elif isinstance(x, Ended):
            w.ended(x)
        elif isinstance(x, Booked):
            w.booked(x)
        else:
            assert w.execution(x) == "mean-rev"
            w.replaced(x)
    assert (ID in w.live) is live, what


def test_owners():
    w = Working("T")
    w.order(order())
    assert w.owner(ID) == "mean-rev"
    assert w.execution(fill(5)) == "mean-rev"
    assert w.execution(fill(5)) is None, "twice is once"
    assert w.owner("fbT-3-77-mean-rev-2") == "mean-rev"
    assert w.owner("fbT-3-77--outside-2") == OUTSIDE
    assert w.owner("fbT-3-77-outside-2") == "outside"
    assert w.owner("fbX-3-77-mean-rev-2") == OUTSIDE
    assert w.owner("somebody's") == OUTSIDE


def figures(hand: tuple[Fill, Fill] | None) -> list[tuple[int, int, int]]:
    assert hand is not None
    return [(f.qty, f.price, f.fee) for f in hand]


def test_an_execution_takes_the_place_of_what_was_booked_by_hand():
    w = Working("T")
    w.order(order())
    w.booked(booked(40, 9, 8))
    w.ended(ended("CANCELED"))
    first = fill(30)
    assert (w.replaced(first), w.execution(first)) == (None, "mean-rev"), "only what is new and counted"
    assert figures(w.replaced(first)) == [(40, 9, 8), (10, 9, 2)]
    assert w.execution(first) is None
    second = fill(20)
    w.execution(second)
    assert figures(w.replaced(second)) == [(10, 9, 2), (0, 9, 0)]
    assert w.replaced(second) is None
    assert w.tickets[ID].filled == 50


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
