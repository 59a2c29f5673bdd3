"""An exit that waited, and is let go before the account was compared after a start: it stays held until the
comparison, so that a close that took its stop back neither vanishes nor shrinks with nothing to protect the
rest."""

from typing import Any

import pytest

from flyball.kernel.effects import Ended, Order
from tests.kernel.hand import BUY, NS, SELL, flying, of, ppm

LOST = "fbT-1-99-s-1"  # an id of ours the journal does not know


def closing(qty: int = 10) -> tuple[Any, Order]:
    """A close that has taken its stop back; the process dies, and the evidence comes before the account."""
    f = flying()
    f.hold(qty)
    stop = f.order(SELL, qty, type="stop", stop=9_500)
    f.intent(SELL, type="close")
    f.epoch(2, compared=False)
    effects = f.cancelled(stop)
    assert not of(effects, Order)
    assert not of(effects, Ended)
    return f, stop


def left(f: Any) -> list[tuple[int, int]]:
    return [(o.side, o.qty) for o in f.outbox]


def test_a_close_waits_for_the_account_and_leaves_whole():
    f, _ = closing()
    f.account()
    assert left(f) == [(SELL, 10)]
    assert f.deliver() == []
    assert f.g.may_send(f.s.live_of("AAA")[0].client_id, f.now) == ""


def test_so_does_an_exit_that_would_have_met_an_entry():
    f = flying(price_tolerance=ppm(30_000))
    f.hold(5)
    working = f.later(NS).order(BUY, 2, 9_950)
    f.intent(SELL, 5, 9_900)
    f.epoch(2, compared=False)
    f.cancelled(working)
    assert f.outbox == []
    f.account()
    assert left(f) == [(SELL, 5)]
    assert f.g.may_send(f.outbox[0].client_id, f.now) == ""


@pytest.mark.parametrize(("theirs", "sold"), [(4, 4), (9, 9), (0, 0), (-3, 0)])
def test_an_account_that_says_otherwise_twice_is_believed(theirs, sold):
    f, _ = closing()
    f.account(positions=(("AAA", theirs),))
    assert left(f) == [], "one look is no proof"
    effects = f.later(5 * NS).account(positions=(("AAA", theirs),))
    assert left(f) == ([(SELL, sold)] if sold else [])
    assert bool(of(effects, Ended)) == (not sold)


def test_more_than_ours_is_no_doubt_about_what_is_ours():
    f, _ = closing()
    f.account(positions=(("AAA", 11),))
    f.account(positions=(("AAA", 11),))
    assert left(f) == [(SELL, 10)]


def test_a_look_that_comes_right_after_one_that_does_not_lets_it_go_whole():
    f, _ = closing()
    f.account(positions=())
    f.later(5 * NS).account()
    assert left(f) == [(SELL, 10)]


def test_a_lost_order_at_the_broker_holds_it_on():
    f, _ = closing()
    for _ in range(4):
        f.later(5 * NS).account(open_ids=(LOST,))
    assert left(f) == []
    f.later(5 * NS).account()
    assert left(f) == [(SELL, 10)]


def test_another_start_holds_it_on():
    f, _ = closing()
    f.epoch(3, compared=False)
    assert left(f) == []
    f.account()
    assert left(f) == [(SELL, 10)]


def test_a_panic_takes_its_place():
    f, _ = closing()
    held = next(o.client_id for o in f.s.orders.values() if o.close)
    f.command("panic")
    assert f.s.order(held).state == "NOT_SENT"
    f.account()
    assert [(o.author, o.side, o.qty) for o in f.outbox] == [("L4", SELL, 10)]


def test_what_only_waits_explains_no_position():
    """It has never left: an account that shows what it would have done is not explained by it."""
    f, _ = closing()
    f.account(positions=())
    assert f.s.unsure
