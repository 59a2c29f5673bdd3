"""Getting flat when it does not go smoothly: attempts, pressing twice, starts in the middle, closed hours."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Cancel, Effect, Flat, LatchChange, Order, Query
from tests.kernel.hand import (
    BUY,
    DAY,
    DAY_LENGTH,
    NS,
    SELL,
    flying,
    of,
    ppm,
    text,
)

LIMITS: dict[str, Any] = {
    "max_slippage": ppm(5_000),
    "price_tolerance": ppm(30_000),
    "flat_by": text("never"),
}


def holding(qty=10, **limits) -> Any:
    f = flying(flat_by=text("never"))
    f.hold(qty)
    f.config(**(LIMITS | limits))
    return f.later(NS)


def sizes(effects: list[Effect]) -> list[tuple[int, int, int]]:
    return [(o.side, o.qty, o.limit) for o in of(effects, Order)]


# -- attempts ---------------------------------------------------------------------------------------------


def test_unfilled_exits_are_taken_back_every_60_seconds_and_go_wider():
    """Slippage, twice that, then the whole price tolerance; after three attempts a person is paged."""
    f = holding()
    effects = f.command("panic")
    collars, pages = [], []
    for _ in range(6):
        order = of(effects, Order)[0]
        collars.append(order.limit)
        f.sent(order)
        f.update(order, "ACCEPTED", 0)
        assert not of(f.wait(60 * NS - 1), Cancel)
        effects = f.wait(1)
        assert [c.client_id for c in of(effects, Cancel)] == [order.client_id]
        pages.append([a.alert for a in of(effects, Alert)])
        effects = f.cancelled(order)
    assert collars == [9_950, 9_900, 9_700, 9_700, 9_700, 9_700]
    assert pages == [[], [], ["not_flat"], [], [], []]


def test_what_was_filled_meanwhile_is_not_asked_for_again():
    f = holding()
    order = of(f.command("panic"), Order)[0]
    f.fill(order, 4)
    f.wait(60 * NS)
    f.fill(order, 1)
    assert sizes(f.cancelled(order, 5)) == [(SELL, 5, 9_900)]


def test_the_collar_follows_the_market():
    f = holding()
    order = of(f.command("panic"), Order)[0]
    f.update(order, "ACCEPTED", 0)
    f.mark(bid=8_000, ask=8_100)
    f.wait(60 * NS)
    assert sizes(f.cancelled(order)) == [(SELL, 10, 7_920)]


@pytest.mark.parametrize(
    ("limits", "limit", "kind"),
    [
        ({"max_slippage": ppm(5_000)}, 9_950, "limit"),
        ({"price_tolerance": ppm(30_000)}, 9_700, "limit"),
        ({}, 0, "market"),
        ({"max_slippage": ppm(50_000), "price_tolerance": ppm(30_000)}, 9_700, "limit"),
    ],
)
def test_collars(limits, limit, kind):
    f = flying()
    f.hold(10)
    f.config(**limits)
    order = of(f.command("panic"), Order)[0]
    assert (order.limit, order.type) == (limit, kind)


# -- again and again --------------------------------------------------------------------------------------


def test_pressing_twice_continues():
    f = holding()
    f.command("panic")
    effects = f.command("panic")
    assert not of(effects, Order)
    assert not of(effects, LatchChange)
    assert [(o.side, o.qty) for o in f.outbox] == [(SELL, 10)]


def test_two_reasons_at_once_sell_once():
    f = holding()
    f.command("flatten")
    assert not of(f.command("panic"), Order)
    f.serve()
    flat = of(f.agree(), Flat)
    assert sorted((x.why, x.confirmed) for x in flat) == [("L4", True), ("flatten", True)]


def test_it_wakes_when_something_is_there_again():
    """A late fill while the panic stands."""
    f = holding()
    f.command("panic")
    f.serve()
    f.agree()
    f.wait(300 * NS)
    equity = f.s.equity()
    effects = f.strange_fill("manual", "AAA", BUY, 3, 10_000)
    assert sizes(effects) == [(SELL, 3, 9_950)]
    f.serve()
    flat = of(f.agree(), Flat)
    assert [(x.confirmed, x.pnl, x.attempts) for x in flat] == [(True, f.s.equity() - equity, 1)]


def test_what_is_there_again_pages_again():
    """Three attempts more that do not do it are a new episode, whoever was called about the one before."""
    f = holding()
    effects = f.command("panic")
    for _ in range(3):
        order = of(effects, Order)[0]
        f.sent(order)
        f.update(order, "ACCEPTED", 0)
        f.wait(60 * NS)
        effects = f.cancelled(order)
    f.serve()
    f.agree()
    f.wait(300 * NS)
    effects = f.strange_fill("manual", "AAA", BUY, 3, 10_000)
    pages = []
    for _ in range(4):
        order = of(effects, Order)[0]
        f.sent(order)
        f.update(order, "ACCEPTED", 0)
        pages += [a.alert for a in of(f.wait(60 * NS), Alert)]
        effects = f.cancelled(order)
    assert pages == ["not_flat"]


# -- starts -----------------------------------------------------------------------------------------------


def test_a_start_before_the_exit_left():
    f = holding()
    order = of(f.command("panic"), Order)[0]
    effects = f.reborn()
    assert [(q.client_id, q.ask) for q in of(effects, Query)] == [(order.client_id, 0)]
    effects = f.answer(order.client_id, 0, False)
    assert of(effects, Order) == [Order(**(vars(order) | {"again": True}))]
    f.serve()
    assert of(f.agree(), Flat)


def test_a_start_while_the_exit_works():
    f = holding()
    order = of(f.command("panic"), Order)[0]
    f.sent(order)
    f.reborn()
    f.answer(order.client_id, 0, True, "ACCEPTED")
    assert not of(f.wait(59 * NS), Order)
    f.wait(NS)
    assert sizes(f.cancelled(order)) == [(SELL, 10, 9_900)], "the second attempt goes wider"


def test_a_start_while_a_cancel_is_awaited():
    f = holding()
    entry = f.order(BUY, 2, 9_900)
    f.command("panic")
    assert [c.client_id for c in of(f.reborn(), Cancel)] == [entry.client_id]
    assert sizes(f.cancelled(entry)) == [(SELL, 10, 9_950)]


def test_a_start_while_the_confirmation_is_awaited():
    f = holding()
    f.command("panic")
    f.serve()
    first = f.account_questions[-1].ask
    f.reborn()
    assert [q.ask for q in f.account_questions] == [first + 1]
    assert not of(f.account(ask=first), Flat)
    f.account_questions.append(AskAccount(f.now, first + 1, ""))
    assert of(f.agree(), Flat)


# -- hours ------------------------------------------------------------------------------------------------


def test_what_cannot_leave_now_leaves_at_the_open():
    f = holding()
    f.wait(DAY_LENGTH)
    effects = f.command("panic")
    assert not of(effects, Order)
    assert not of(f.wait(DAY - DAY_LENGTH - 3_600 * NS), Order)
    f.wait(3_600 * NS)
    effects = f.next_day()
    assert sizes(effects) == [(SELL, 10, 9_950)]
    assert not of(f.wait(60 * NS), Alert)


def test_before_an_open_that_is_known_already():
    f = holding()
    f.s.day.open = f.now + 60 * NS
    assert not of(f.command("panic"), Order)
    f.wait(60 * NS)
    assert sizes(f.mark(last=10_000)) == [(SELL, 10, 9_950)]


def test_foreign_positions_are_left_by_the_ladder_and_taken_by_a_panic():
    f = flying(flat_by=text("close"))
    f.hold(5)
    f.strange_fill("manual", "AAA", BUY, 3, 10_000)
    exits = of(f.wait(f.s.day.close - 5 * 60 * NS - f.now), Order)
    assert [(o.strategy, o.qty, o.author) for o in exits] == [("s", 5, "ladder")]
    f.serve()
    flat = of(f.agree(), Flat)
    assert [(x.why, x.confirmed, x.residue) for x in flat] == [("ladder", True, ())]
    exits = of(f.command("panic"), Order)
    assert [(o.strategy, o.qty, o.author) for o in exits] == [("_outside", 3, "L4")]
