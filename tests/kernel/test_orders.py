"""One order's life: every pair of states is a legal step or is refused, and what may still fill is known."""

from itertools import product

import pytest

from flyball.kernel.orders import LEGAL, OrderState, move, state_of_filled
from flyball.kernel.words import (
    ACCEPTED,
    CANCELED,
    EXPIRED,
    FILLED,
    FINAL_STATES,
    IN_DOUBT,
    LIVE_STATES,
    NOT_SENT,
    PARTIALLY_FILLED,
    PENDING,
    REJECTED,
    SENT,
)

STATES = (*LIVE_STATES, *FINAL_STATES)
# the table once more, in the order a reader would ask: from each row, what may follow
STEPS = """
PENDING           SENT IN_DOUBT ACCEPTED PARTIALLY_FILLED FILLED CANCELED REJECTED EXPIRED NOT_SENT
SENT              IN_DOUBT ACCEPTED PARTIALLY_FILLED FILLED CANCELED REJECTED EXPIRED NOT_SENT
IN_DOUBT          SENT ACCEPTED PARTIALLY_FILLED FILLED CANCELED REJECTED EXPIRED NOT_SENT
ACCEPTED          PARTIALLY_FILLED FILLED CANCELED REJECTED EXPIRED
PARTIALLY_FILLED  FILLED CANCELED REJECTED EXPIRED
FILLED
CANCELED
REJECTED
EXPIRED
NOT_SENT
"""
MAY = {words[0]: words[1:] for words in (line.split() for line in STEPS.strip().splitlines())}


def order(state=PENDING, qty=10, **more) -> OrderState:
    return OrderState(
        "c", "i", "", "s", "AAA", 1, qty, "limit", 100, "day", True, 1, 0, 0, state=state, **more
    )


def test_the_states_are_these():
    assert set(MAY) == set(STATES) == set(LEGAL)
    assert len(STATES) == 10


@pytest.mark.parametrize(("state", "to"), list(product(STATES, STATES)))
def test_every_pair(state, to):
    o = order(state)
    legal = to in MAY[state]
    assert move(o, to) is legal
    assert o.state == (to if legal else state)


def test_an_unknown_state_is_no_step():
    o = order(ACCEPTED)
    assert not move(o, "PENDING_REVIEW")
    assert o.state == ACCEPTED


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("filled", "stated", "open_left", "owed"),
    [
        (0, 0, 10, 0),
        (4, 0, 6, 0),
        (10, 0, 0, 0),
        (11, 0, 0, 0),
        (0, 4, 10, 4),
        (4, 4, 6, 0),
        (4, 10, 6, 6),
        (4, 2, 6, 0),
    ],
)
def test_what_may_still_be_executed(state, filled, stated, open_left, owed):
    """Open: all that was ordered. Over: what the broker states and has not reported."""
    o = order(state, filled=filled, stated=stated)
    left = owed if state in FINAL_STATES else open_left
    assert (o.remaining(), o.live()) == (left, left > 0)
    assert o.final() is (state in FINAL_STATES)


@pytest.mark.parametrize(
    ("state", "stated", "doubt"),
    [
        (IN_DOUBT, 0, True),
        (PENDING, 0, False),
        (SENT, 0, False),
        (ACCEPTED, 0, False),
        (PARTIALLY_FILLED, 0, False),
        (FILLED, 10, True),
        (CANCELED, 3, True),
        (CANCELED, 0, False),
        (REJECTED, 0, False),
        (EXPIRED, 1, True),
        (NOT_SENT, 0, False),
    ],
)
def test_doubt(state, stated, doubt):
    assert order(state, stated=stated).doubtful() is doubt


@pytest.mark.parametrize(
    ("filled", "state"), [(1, PARTIALLY_FILLED), (9, PARTIALLY_FILLED), (10, FILLED), (12, FILLED)]
)
def test_what_fills_alone_say(filled, state):
    assert state_of_filled(order(filled=filled)) == state
