"""The paper account and the governor's books come to the same by every action, each on its own."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.broker.paper_account import Accounting
from flyball.broker.paper_actions import happen, price_at
from flyball.broker.paper_life import Unit
from flyball.broker.prices import Point
from flyball.kernel.events import Action, Flow
from tests.broker.world import CASH, DAY, OPEN, Tape, sessions
from tests.kernel.flight import AAA, DOLLAR
from tests.kernel.hand import flying

NEW = replace(AAA, symbol="NEW")
UNITS = {"AAA": Unit(2, 0, 1), "NEW": Unit(2, 0, 1)}
KINDS = ("split", "cash_dividend", "spin_off", "symbol_change")


def action(what: str, num: int = 1, den: int = 1, ts: int = 0, **more: Any) -> Action:
    given: dict[str, Any] = {"symbol": "AAA", "to": "NEW", "cash": DOLLAR, "cost": 100_000, "id": "a", "n": 1}
    return Action(ts, what, num=num, den=den, **{**given, **more})


@settings(max_examples=150, deadline=None)
@given(
    what=st.sampled_from(KINDS),
    held=st.lists(st.integers(-300, 300), min_size=1, max_size=3),
    num=st.integers(1, 12),
    den=st.integers(1, 12),
    cash=st.integers(1, 5 * DOLLAR),
)
def test_they_agree_to_the_micro(what: str, held: list[int], num: int, den: int, cash: int) -> None:
    f = flying(cash=10**12, also=(NEW,))
    for n, qty in enumerate(held):
        book = f.s.book(f"s{n}", "AAA")
        book.qty = 0
        if qty:
            f.strange_fill(f"fbT-1-{n + 9}-s{n}-1", "AAA", 1 if qty > 0 else -1, abs(qty), 10_000)
    before, equity = f.s.cash, f.s.equity()
    positions = {"AAA": f.s.position("AAA")}
    one = action(what, num, den, f.now, cash=cash)
    f.feed(one)
    assert f.s.actions == ["a"]
    moved = happen(one, positions, UNITS)
    assert f.s.cash - before == moved
    for symbol in ("AAA", "NEW"):
        assert f.s.position(symbol) == positions.get(symbol, 0), symbol
    # half a price unit a unit held, before and after, and what a fraction was paid at is not the mark
    units = sum(map(abs, held)) * (num + 1)
    paid = (cash + 10_000 * 10_000 * den) * len(held) if what == "split" else 0
    assert abs(f.s.equity() - equity) <= units * 10_000 + paid


@pytest.mark.parametrize(
    ("qty", "num", "den", "new", "cash"),
    [
        (10, 4, 1, 40, 0),
        (15, 1, 10, 1, 500_000),
        (-15, 1, 10, -1, -500_000),
        (9, 1, 10, 0, 900_000),
        (0, 1, 10, 0, 0),
        (1, 1, 3, 0, 333_333),
        (-1, 1, 3, 0, -333_334),
    ],
)
def test_a_split(qty: int, num: int, den: int, new: int, cash: int) -> None:
    positions = {"AAA": qty}
    assert happen(action("split", num, den), positions, UNITS) == cash
    assert positions["AAA"] == new


def test_the_account_is_told_with_them() -> None:
    """A deposit, a split overnight: figures before and after, and again when they are settled."""
    night = OPEN + DAY - 1
    dated: list[Action | Flow] = [Flow(OPEN + 5, 7 * DOLLAR, "in", 1), action("split", 2, 1, night)]
    books = Accounting(CASH, UNITS, Tape({"AAA": [Point(OPEN, 10_000, 0, 0)]}), sessions, dated)
    assert [books.figures((), at, told=at, ask=1).cash - CASH for at in (OPEN + 4, OPEN + 5, night)] == [
        0,
        7 * DOLLAR,
        7 * DOLLAR,
    ]
    later = books.figures((), OPEN + DAY, told=OPEN + DAY, ask=1)
    assert (later.cash, later.day_equity) == (CASH + 7 * DOLLAR, CASH + 7 * DOLLAR)
    assert books.truth((), OPEN + 5).cash == CASH + 7 * DOLLAR


def test_the_last_price_is_as_the_actions_left_it() -> None:
    tape = Tape({"AAA": [Point(10, 10_000, 0, 0), Point(50, 2_400, 0, 0)]})
    cases = [
        (action("split", 4, 1, 20), "AAA", 2_500),
        (action("cash_dividend", ts=20, cash=3 * DOLLAR), "AAA", 9_700),
        (action("spin_off", 1, 5, 20, cash=40 * DOLLAR), "AAA", 9_200),
        (action("spin_off", 1, 5, 20, cash=40 * DOLLAR), "NEW", 4_000),
        (action("symbol_change", ts=20), "NEW", 10_000),
    ]
    for one, symbol, price in cases:
        assert price_at(symbol, 30, tape, [one], UNITS) == price, one
        assert price_at("AAA", 60, tape, [one], UNITS) == 2_400, "a print knows it already"
