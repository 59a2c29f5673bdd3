"""C21: one intent is decided once; the same order within the window once; none trades against ourselves."""

from typing import Any

import pytest

from flyball.kernel.controls import duplicate
from tests.kernel.hand import BUY, DOLLAR, NS, SELL, answer, approve, evidence, flying, ns, reject, usd

WINDOW: dict[str, Any] = {"duplicate_window": ns(2 * NS)}


@pytest.mark.parametrize("first", ["approved", "rejected", "flawed", "unknown symbol"])
def test_an_intent_is_decided_once(first):
    f = flying(max_order_notional=usd(1_000))
    stories: dict[str, Any] = {
        "approved": {},
        "rejected": {"created_at": 0},
        "flawed": {"flaw": "FORMAT_QTY"},
        "unknown symbol": {"symbol": "NOPE"},
    }
    more = stories[first]
    d = f.ask(BUY, 1, intent="mine", **more)
    assert (d.verdict == "approve") is (first == "approved")
    d = f.later(9 * NS).ask(BUY, 2, intent="mine")
    assert (answer(d), evidence(d)["C21.intent_id"]) == (reject("DUPLICATE_INTENT"), (1, 0))
    assert answer(f.ask(BUY, 2, intent="mine", strategy="other")) == approve(2)  # its own name for it


def test_so_is_an_exit():
    f = flying()
    f.hold(9, intent="in")
    assert answer(f.ask(SELL, 1, intent="out")) == approve(1)
    assert answer(f.ask(SELL, 1, intent="out")) == reject("DUPLICATE_INTENT")
    assert answer(f.ask(SELL, 1, intent="in")) == reject("DUPLICATE_INTENT")


def test_ids_are_forgotten_with_the_day():
    f = flying()
    f.cancelled(f.order(BUY, 1, 9_000, intent="mine"))
    f.next_day()
    f.mark(last=10_000)
    assert answer(f.ask(BUY, 1, intent="mine")) == approve(1)


@pytest.mark.parametrize(("after", "ok"), [(0, False), (2 * NS - 1, False), (2 * NS, True)])
def test_the_window(after, ok):
    f = flying(**WINDOW)
    assert evidence(f.ask(BUY, 1, 9_000))["C21.duplicate_window"] == (-1, 2 * NS)
    d = f.later(after).ask(BUY, 1, 9_000)
    assert answer(d) == (approve(1) if ok else reject("DUPLICATE_ORDER"))
    assert evidence(d)["C21.duplicate_window"][0] == after


@pytest.mark.parametrize(
    "other",
    [{"qty": 2}, {"limit": 9_001}, {"limit": 0}, {"side": SELL, "limit": 11_000}, {"strategy": "other"}],
)
def test_another_order_is_no_duplicate(other):
    f = flying(**WINDOW)
    f.ask(BUY, 1, 9_000)
    assert f.ask(**({"side": BUY, "qty": 1, "limit": 9_000} | other)).verdict == "approve"


@pytest.mark.parametrize(("second", "ok"), [(200, False), (300, True)])
def test_a_notional_is_part_of_the_order(second, ok):
    f = flying(**WINDOW)
    f.ask(BUY, notional=200 * DOLLAR)
    assert (f.ask(BUY, notional=second * DOLLAR).verdict == "approve") is ok


def test_only_what_was_approved_is_remembered():
    f = flying(**WINDOW)
    assert f.ask(BUY, 1, 9_000, created_at=0).verdict == "reject"
    assert answer(f.ask(BUY, 1, 9_000)) == approve(1)


def test_a_clipped_order_is_remembered_as_it_was_asked_for():
    f = flying(**WINDOW, max_order_notional=usd(1_000))
    assert f.ask(BUY, 50, 9_000).qty == 10
    assert f.ask(BUY, 50, 9_000).codes == ("DUPLICATE_ORDER", "SIZE_ORDER_NOTIONAL")


def test_the_window_holds_no_exit():
    f = flying(**WINDOW)
    f.hold(9)
    assert answer(f.ask(SELL, 1)) == approve(1)
    assert answer(f.ask(SELL, 1)) == approve(1)


@pytest.mark.parametrize(
    ("working", "side", "limit", "meets"),
    [
        (10_100, BUY, 10_100, True),
        (10_100, BUY, 10_101, True),
        (10_100, BUY, 10_099, False),
        (10_100, BUY, 0, True),
        (9_900, SELL, 9_900, True),
        (9_900, SELL, 9_901, False),
        (9_900, SELL, 0, True),
    ],
)
def test_self_trade(working, side, limit, meets):
    f = flying()
    f.order(-side, 1, working)
    d = f.would(side, 1, limit)
    assert answer(d) == (reject("SELF_TRADE") if meets else approve(1))
    assert evidence(d)["C21.self_trade"] == (int(meets), 0)


def test_one_in_doubt_may_be_met_and_one_that_is_over_not():
    f = flying()
    order = f.doubt(SELL, 1, 10_100)
    assert answer(f.would(BUY, 1, 10_100)) == reject("SELF_TRADE")
    f.cancelled(order)
    assert answer(f.would(BUY, 1, 10_100)) == approve(1)


def test_an_exit_has_what_it_would_meet_cancelled_first():
    f = flying()
    f.hold(5)
    entry = f.order(BUY, 2, 9_950)
    d = f.later(NS).ask(SELL, 5, 9_900)
    assert answer(d) == approve(5)
    assert not f.outbox, "it left before the evidence of the cancel"
    f.cancelled(entry)
    assert [(o.side, o.qty) for o in f.outbox] == [(SELL, 5)]


def test_intents_remembered_are_bounded(monkeypatch):
    f = flying()
    f.hold(5)
    monkeypatch.setattr(duplicate, "MAX_INTENTS_A_DAY", 1)
    d = f.would(BUY, 1)
    assert (answer(d), evidence(d)["C21.intents_remembered"]) == (reject("CAPACITY_INTENTS"), (1, 1))
    assert answer(f.would(SELL, 5)) == approve(5)
