"""Books that hold opposite sides are settled against each other where no order may reduce them."""

import pytest

from flyball.kernel.effects import Flat, Moved, Order
from tests.kernel.hand import BUY, CASH, DOLLAR, NS, SELL, flying, of, text
from tests.kernel.watched import watched


def opposed(found: int = 5, ours: int = 5, bid: int = 0):
    """The strategy holds some, somebody sold some by hand."""
    f = watched(flat_by=text("never"))
    f.hold(ours)
    f.strange_fill("by hand", "AAA", SELL, found, 10_000)
    if bid:
        f.mark(bid=bid, ask=bid + 20)
    return f


@pytest.mark.parametrize("command", ["panic", "flatten"])
def test_a_flattening_settles_them_inside_the_ledger(command):
    f = opposed(bid=9_990)
    equity = f.s.equity()
    effects = f.command(command)
    assert not of(effects, Order)
    assert [(m.strategy, m.change, m.cash) for m in of(effects, Moved)] == [
        ("_outside", 5, -500 * DOLLAR),
        ("s", -5, 500 * DOLLAR),
    ]
    assert (f.s.cash, f.s.books_held()) == (CASH, [])
    assert f.s.equity() == equity + 5 * DOLLAR // 5, "the spread that both were valued at"
    f.wait(5 * NS)
    assert of(f.agree(), Flat)[0].confirmed


def test_what_the_account_still_holds_is_sold():
    f = opposed(found=3)
    effects = f.command("panic")
    assert [(m.strategy, m.change) for m in of(effects, Moved)] == [("_outside", 3), ("s", -3)]
    assert [(o.strategy, o.qty) for o in of(effects, Order)] == [("s", 2)]
    f.serve()
    assert f.s.books_held() == []


def test_not_beyond_the_scope():
    f = opposed()
    assert not of(f.command("flatten", scope="strategy:s"), Moved)
    assert of(f.command("flatten", scope="symbol:AAA"), Moved)


def test_not_while_an_order_works():
    f = watched(flat_by=text("never"))
    f.hold(6)
    working = f.order(SELL, 1, 11_000)
    f.strange_fill("by hand", "AAA", SELL, 6, 10_000)
    assert not of(f.command("panic"), Moved)
    assert len(of(f.cancelled(working), Moved)) == 2


def test_not_without_a_price():
    f = flying(price=0)
    f.strange_fill("by hand", "AAA", SELL, 5, 10_000)
    f.strange_fill("fbT-1-77-s-1", "AAA", BUY, 5, 10_000)
    assert not of(f.command("panic"), Moved)


def test_what_one_pays_the_other_gets_to_the_micro():
    f = watched(price=0, flat_by=text("never"))
    f.mark("BBB", last=100_003)
    f.hold(333 * 10**6, 100_003, "BBB")
    f.strange_fill("by hand", "BBB", SELL, 333 * 10**6, 100_003)
    cash = f.s.cash
    moved = of(f.command("panic"), Moved)
    assert (len(moved), sum(m.cash for m in moved), f.s.cash) == (2, 0, cash)
    assert sum(b.cash - b.fees for b in f.s.books["BBB"].values()) == cash - CASH
