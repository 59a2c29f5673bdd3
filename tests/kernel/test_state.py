"""The aggregate: its figures, and that `check` notices every cache and identity that is wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from flyball.kernel.ledger import Lot
from flyball.kernel.state import State
from tests.kernel.hand import BBB, BUY, DOLLAR, SELL, flying, ppm, text


def busy() -> Any:
    """Positions, working orders and an owed fill."""
    f = flying(also=(BBB,), flat_by=text("never"), stress_floor=ppm(10_000))
    f.mark("BBB", last=100_000)
    f.hold(10, fee=DOLLAR)
    f.hold(-(10**9), 100_000, "BBB", strategy="other")
    f.order(BUY, 2, 9_900)
    f.cancelled(f.order(SELL, 3, 10_100), filled=1)
    return f


def test_figures():
    f = busy()
    f.mark(last=10_100)
    f.flow(100 * DOLLAR)
    s = f.s
    assert s.equity() == s.cash + s.value == 10_109 * DOLLAR
    assert s.day_profit() == 9 * DOLLAR
    assert s.base() == 10_000 * DOLLAR, "the start of the day; money added today is not in it"
    f.mark(last=9_000)
    assert s.base() == s.equity() == 9_999 * DOLLAR
    assert (s.position("AAA"), s.position("BBB"), s.position("NOPE")) == (10, -(10**9), 0)
    assert (s.book_qty("s", "AAA"), s.book_qty("other", "AAA"), s.book_qty("s", "NOPE")) == (10, 0, 0)
    assert [(b.strategy, b.symbol) for b in s.books_held()] == [("s", "AAA"), ("other", "BBB")]
    assert len(s.live_of("AAA")) == 2
    assert s.live_of("NOPE") == []


def test_what_nobody_asked_for_is_no_strategys():
    f = busy()
    f.strange_fill("by hand", "AAA", BUY, 1, 10_000)
    assert [(b.strategy, b.symbol) for b in f.s.books_held()] == [("s", "AAA"), ("other", "BBB")]


@pytest.mark.parametrize("ended", [0, 1, 2])
def test_an_order_is_found_for_a_day_after_its_own(ended):
    f = flying(flat_by=text("never"))
    order = f.order(BUY, 1, 9_000)
    f.cancelled(order)
    for _ in range(ended):
        f.next_day()
    assert (f.s.order(order.client_id) is not None) is (ended < 2)


def corrupt(change: Callable[[State], object]) -> State:
    f = busy()
    f.s.check()
    change(f.s)
    s: State = f.s
    return s


def first(s: State) -> Any:
    return next(iter(s.orders.values()))


CORRUPTIONS: dict[str, Callable[[State], object]] = {
    "exposure of AAA": lambda s: setattr(s.exposures["AAA"], "buys", 7),
    "totals": lambda s: setattr(s.totals, "gross", s.totals.gross + 1),
    "value of books": lambda s: setattr(s, "value", s.value + 1),
    "lots of s AAA": lambda s: s.books["AAA"]["s"].lots.append(Lot(1, 1)),
    "empty lot of s AAA": lambda s: s.books["AAA"]["s"].lots.append(Lot(0, 0)),
    "stress of strategies": lambda s: s.stressed.update(s=0),
    "day profit of strategies": lambda s: setattr(s.books["AAA"]["s"], "day_base", 1),
    "is not indexed": lambda s: s.live["AAA"].pop(first(s).client_id),
    "live index": lambda s: s.live.update(BBB={"x": first(s)}),
    "high-water mark": lambda s: setattr(s, "high_water", -1),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_check_names_what_is_broken(name):
    s = corrupt(CORRUPTIONS[name])
    with pytest.raises(AssertionError, match="exposure of" if "index" in name else name):
        s.check()


def test_what_is_cached_is_rebuilt():
    s: State = busy().s
    s.totals.gross = s.value = 0
    s.live.clear()
    s.rebuild()
    s.check()
