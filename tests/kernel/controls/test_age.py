"""C27: an intent is judged on what the bot knew; too old is refused, at the door and again at the socket."""

import pytest

from tests.kernel.hand import BUY, NS, SELL, answer, approve, evidence, flying, ns, reject

CODE = "INTENT_EXPIRED"


@pytest.mark.parametrize(
    ("limits", "side", "age", "ok"),
    [
        ({}, BUY, 0, True),
        ({}, BUY, 5 * NS, True),  # the default
        ({}, BUY, 5 * NS + 1, False),
        ({"max_intent_age": ns(NS)}, BUY, NS, True),
        ({"max_intent_age": ns(NS)}, BUY, NS + 1, False),
        ({"max_intent_age": ns(0)}, BUY, 0, True),
        ({"max_intent_age": ns(0)}, BUY, 1, False),
        ({}, BUY, -NS, True),  # a clock that runs ahead
        ({"max_intent_age": ns(NS)}, SELL, 10 * NS, True),  # exits have 10 s of their own
        ({"max_intent_age": ns(NS)}, SELL, 10 * NS + 1, False),
        ({"max_intent_age": ns(20 * NS)}, SELL, 20 * NS, True),
        ({"max_intent_age": ns(20 * NS)}, SELL, 20 * NS + 1, False),
    ],
)
def test_at_the_door(limits, side, age, ok):
    f = flying()
    f.hold(5)
    f.config(**limits)
    f.later(60 * NS)
    d = f.would(side, 5, created_at=f.now - age)
    assert answer(d) == (approve(5) if ok else reject(CODE))
    assert evidence(d)["C27.max_intent_age"][0] == age


@pytest.mark.parametrize(
    ("side", "at_the_door", "later", "ok"),
    [
        (BUY, 0, 5 * NS, True),
        (BUY, 0, 5 * NS + 1, False),
        (BUY, 3 * NS, 2 * NS, True),
        (BUY, 3 * NS, 2 * NS + 1, False),  # its age is the intent's, not the decision's
        (SELL, 0, 10 * NS, True),
        (SELL, 0, 10 * NS + 1, False),
        (SELL, 9 * NS, NS, True),
        (SELL, 9 * NS, NS + 1, False),
    ],
)
def test_at_the_socket(side, at_the_door, later, ok):
    f = flying()
    f.hold(5)
    f.later(60 * NS)
    assert f.ask(side, 5, created_at=f.now - at_the_door).verdict == "approve"
    order = f.outbox.pop()
    assert f.g.may_send(order.client_id, f.now + later) == ("" if ok else CODE)
    f.later(later).not_sent(order, CODE)
    assert f.s.order(order.client_id).state == "NOT_SENT"


def test_the_governors_own_exits_do_not_age():
    f = flying()
    f.hold(5)
    f.command("flatten")
    order = f.outbox.pop()
    assert f.g.may_send(order.client_id, f.now + 3_600 * NS) == ""
