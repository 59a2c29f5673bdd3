"""The governor's figures against the judge's own (P2, P6, P7, P9), and those a person is shown (P13)."""

from collections.abc import Callable
from typing import Any

import pytest

from flyball.kernel import effects as fx
from flyball.kernel.governor import Governor
from flyball.kernel.units import show
from flyball.lab.sim.promises.broken import Broken
from flyball.runtime.view import status
from tests.kernel.flight import AAA, NS, usd
from tests.lab.sim.promises.judged import JudgedFlight


def flown() -> JudgedFlight:
    """A book of ten, a working order and a latch."""
    f = JudgedFlight()
    f.epoch()
    f.config(max_daily_loss=usd(5_000))
    f.instrument(AAA)
    f.session()
    f.account()
    f.mark(bid=9_990, ask=10_010)
    f.intent(1, 10)
    bought = f.outbox.pop()
    f.sent(bought)
    f.fill(bought, 10, 10_010, fee=35_000)
    f.later(NS).intent(1, 5, 9_900)
    f.sent(f.outbox.pop())
    f.command("pause", scope="strategy:t")
    return f


def says(f: JudgedFlight) -> str:
    try:
        f.judge.state(f.g)
    except Broken as said:
        return str(said)
    return ""


def qty(g: Governor) -> None:
    g.state.books["AAA"]["s"].qty += 1


def latch(g: Governor) -> None:
    g.state.latches.clear()


def cash(g: Governor) -> None:
    g.state.cash += 3


def fees(g: Governor) -> None:
    g.state.day.fees += 1


def high_water(g: Governor) -> None:
    g.state.high_water += 5


def order(g: Governor) -> None:
    next(iter(g.state.orders.values())).filled += 1


def price(g: Governor) -> None:
    g.state.markets["AAA"].last = 1


def seq(g: Governor) -> None:
    g.state.seq += 1


def test_two_books_of_one_journal_are_the_same():
    assert says(flown()) == ""


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (qty, "P9: books"),
        (latch, "P6: latches"),
        (cash, "P9: cash"),
        (fees, "P9: day's fees"),
        (high_water, "P9: high-water mark"),
        (order, "P2: fbT-1-2-s-1: 5 may come, the governor counts 4"),
        (price, "P7: AAA: valued at"),
        (seq, "P7: the governor is at record"),
    ],
)
def test_a_figure_that_is_wrong_is_seen(
    wrong: Callable[[Governor], None], what: str, monkeypatch: pytest.MonkeyPatch
):
    f = flown()
    wrong(f.g)
    monkeypatch.setattr(f.g.state, "check", lambda: None)  # its own identities are another matter
    assert says(f).startswith(what)


def test_an_identity_of_the_state_is_looked_at():
    f = flown()
    f.g.state.value += 1
    assert says(f).startswith("P7: an identity of the state does not hold")


def shown(f: JudgedFlight, **changes: Any) -> str:
    try:
        f.judge.shown({**status(f.g, ""), **changes})
    except Broken as said:
        return str(said)
    return ""


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, ""),
        ({"cash": show(1, 6)}, "P13: status shows cash 0.000001"),
        ({"equity": "100000"}, "P13: status shows equity"),
        ({"high_water": "1"}, "P13: status shows high_water"),
        ({"positions": []}, "P13: status shows {}"),
        ({"latches": []}, "P13: status shows latches []"),
        ({"orders": []}, "P13: status does not show fbT-1-2-s-1"),
        ({"seq": 1}, "P13: status shows record 1"),
    ],
)
def test_what_a_person_is_shown_is_what_the_journal_says(changes: dict[str, Any], what: str):
    found = shown(flown(), **changes)
    assert found.startswith(what)
    assert bool(found) == bool(what)


def test_flow_and_a_new_day_keep_both_books_the_same():
    f = flown()
    f.flow(1_000_000_000)
    f.later(NS * 86_400).session(20260103)
    f.mark(bid=9_000, ask=9_001)
    assert isinstance(f.journal[-1][0].ts, int)
    assert says(f) == ""
    assert [x for x in f.journal[-1][1] if isinstance(x, fx.Alert)] == []
