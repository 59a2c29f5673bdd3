"""Getting flat: cancel, evidence, exits in slices, evidence, confirmed by the broker's own figures; any start
continues it."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Cancel, Effect, Flat, Order
from tests.kernel.hand import (
    BBB,
    BUY,
    DOLLAR,
    NS,
    SELL,
    flying,
    of,
    ppm,
    share,
    text,
    usd,
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


# -- the usual course -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("qty", "side", "limit"), [(10, SELL, 9_950), (-10, BUY, 10_050)])
def test_from_the_word_to_flat_confirmed(qty, side, limit):
    f = holding(qty)
    effects = f.command("flatten", reason="enough")
    exits = of(effects, Order)
    assert sizes(effects) == [(side, 10, limit)]
    assert [(o.author, o.adds, o.type, o.tif, o.strategy, o.intent) for o in exits] == [
        ("flatten", False, "limit", "day", "s", "")
    ]
    assert f.latched() == ["L14 account"]
    f.sent(f.outbox.pop())
    effects = f.later(NS // 2).fill(exits[0])
    assert [q.why for q in of(effects, AskAccount)] == ["flatten account"]
    assert not of(effects, Flat), "flat is what the broker's own positions say"
    effects = f.agree()
    flat = of(effects, Flat)
    loss = -10 * DOLLAR * 50 // 100
    assert [(x.scope, x.why, x.confirmed, x.residue, x.pnl, x.attempts) for x in flat] == [
        ("account", "flatten", True, (), loss, 1)
    ]
    assert f.s.flattenings["flatten account"].done
    assert not f.wait(200 * NS)


def test_nothing_held_is_confirmed_too():
    f = flying(**LIMITS)
    assert of(f.command("flatten"), AskAccount)
    assert [x.confirmed for x in of(f.agree(), Flat)] == [True]


def test_an_answer_asked_for_before_confirms_nothing():
    f = holding()
    f.account(ask=f.s.account_ask)
    f.command("flatten")
    f.serve()
    assert not of(f.account(ask=f.account_questions[-1].ask - 1), Flat)
    assert of(f.agree(), Flat)


def test_an_answer_that_disagrees_confirms_nothing():
    f = holding()
    f.command("flatten")
    f.serve()
    effects = f.account(positions=(("AAA", 3),), ask=f.account_questions[-1].ask)
    assert not of(effects, Flat)
    f.wait(5 * NS)
    assert of(f.agree(), Flat)


@pytest.mark.parametrize("answers", [True, False])
def test_looking_again_is_paced(answers):
    """The broker's positions differ, or nothing is answered: the next look is a second later, one more, then
    two, four and so on; not in the same breath."""
    f = holding()
    f.command("flatten")
    f.later(NS // 2).serve()
    for gap in (1, 1, 2, 4, 8, 16):
        if answers:
            effects = f.account(positions=(("AAA", 10),), ask=f.s.account_ask)
            assert not of(effects, AskAccount)
        assert not of(f.wait(gap * NS - 1), AskAccount)
        assert len(of(f.wait(1), AskAccount)) == 1


def test_one_strategys_flatness_is_confirmed_while_anothers_orders_work():
    """As far as these reach, the position may have moved; what is beyond is not explained."""
    f = holding()
    f.order(BUY, 1, 9_900, strategy="other")
    f.command("flatten", scope="strategy:s")
    f.later(NS // 2).serve()
    assert not of(f.account(ask=f.s.account_ask, positions=(("AAA", 2),)), Flat)
    f.wait(NS)
    assert of(f.account(ask=f.s.account_ask, positions=(("AAA", 1),)), Flat)[0].confirmed


# -- cancels and their evidence ---------------------------------------------------------------------------


def test_working_orders_are_cancelled_and_waited_for():
    f = holding()
    entry = f.order(BUY, 2, 9_900)
    effects = f.command("flatten")
    assert [c.client_id for c in of(effects, Cancel)] == [entry.client_id]
    assert not of(effects, Order)
    f.later(NS)
    assert sizes(f.cancelled(entry)) == [(SELL, 10, 9_950)]


def test_a_fill_after_the_cancel_is_flattened_with_the_rest():
    f = holding()
    entry = f.order(BUY, 2, 9_900)
    f.command("flatten")
    effects = f.fill(entry)
    assert sizes(effects) == [(SELL, 12, 9_950)]


def test_a_cancel_without_evidence_holds_up_for_5_seconds_only():
    f = holding()
    f.order(BUY, 2, 9_900)
    f.command("flatten")
    assert not sizes(f.wait(5 * NS - 1))
    assert sizes(f.wait(1)) == [(SELL, 10, 9_950)]


def test_an_exit_in_doubt_is_not_sent_twice():
    f = holding()
    f.doubt(SELL, 4, 9_900)
    f.command("flatten")
    assert sizes(f.wait(5 * NS)) == [(SELL, 6, 9_950)], "what is safe under every outcome"
    assert f.s.position("AAA") == 10


def test_it_goes_on_when_the_doubt_ends():
    f = holding(4)
    doubt = f.doubt(SELL, 4, 9_900)
    f.command("flatten")
    assert not sizes(f.wait(20 * NS))
    effects = f.answer(doubt.client_id, f.questions[-1].ask, True, "CANCELED")
    assert sizes(effects) == [(SELL, 4, 9_950)]


def test_a_person_is_paged_when_nothing_can_be_sent():
    f = holding(4)
    f.doubt(SELL, 4, 9_900)
    f.command("flatten")
    effects = f.wait(180 * NS)
    assert not of(effects, Order)
    assert "not_flat" not in [a.alert for a in of(effects, Alert)]
    assert [a.alert for a in of(f.wait(120 * NS), Alert)] == ["not_flat"], "once"


def test_an_exit_that_waits_for_a_cancel_never_leaves():
    """The bot's own exit waited for its entry's end when the panic came."""
    f = holding()
    entry = f.order(BUY, 2, 9_950)
    assert f.ask(SELL, 10, 9_900).verdict == "approve"
    waiting = list(f.s.orders)[-1]
    f.command("panic")
    f.cancelled(entry)
    f.deliver()
    assert f.s.order(waiting).state == "NOT_SENT"
    exits = [o for o in f.orders.values() if o.author]
    assert [(o.side, o.qty) for o in exits] == [(SELL, 10)]


# -- slices -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cap", "parts"),
    [
        (usd(1_000), [10]),
        (usd(999), [9, 1]),
        (usd(300), [3, 3, 3, 1]),
        (usd(100), [1] * 10),
        (usd(50), [1] * 10),  # at least a lot
        (share(3), [3, 3, 3, 1]),
    ],
)
def test_slices_of_at_most_max_order_notional(cap, parts):
    effects = holding(max_order_notional=cap).command("panic")
    assert [o.qty for o in of(effects, Order)] == parts
    assert len({o.client_id for o in of(effects, Order)}) == len(parts)


def test_a_slice_is_valued_at_the_worse_of_limit_and_mark():
    f = holding(100, max_order_notional=usd(1_000))
    assert {o.qty for o in of(f.command("panic"), Order)} == {10}


@pytest.mark.parametrize("cap", [usd(0.01), share(5)])
def test_no_equity_does_not_make_a_million_slices(cap):
    """The cap is a share of what is no longer there, or nearly nothing: getting flat has to stay possible."""
    f = flying(flat_by=text("never"), also=(BBB,))
    f.mark("BBB", last=100_000)
    f.hold(100 * 10**9, 100_000, "BBB")
    f.config(**(LIMITS | {"max_order_notional": cap}))
    if cap == share(5):
        f.flow(-10_000 * DOLLAR)
        f.mark("BBB", last=1)
        assert f.s.equity() <= 0
    exits = of(f.command("panic"), Order)
    assert sum(o.qty for o in exits) == 100 * 10**9
    assert len(exits) <= 100


def test_odd_lots_go_with_the_last_slice():
    f = flying(flat_by=text("never"), also=(BBB,))
    f.mark("BBB", last=100_000)
    f.hold(10 * 10**9, 100_000, "BBB")
    f.strange_fill("fbT-1-99-s-1", "BBB", BUY, 7, 100_000)
    f.config(max_order_notional=usd(40))
    assert [o.qty for o in of(f.command("panic"), Order)] == [4 * 10**9, 4 * 10**9, 2 * 10**9 + 7]


# -- scopes -----------------------------------------------------------------------------------------------


def two() -> Any:
    f = flying(flat_by=text("never"), also=(BBB,))
    f.mark("BBB", last=100_000)
    f.hold(5)
    f.hold(10**9, 100_000, "BBB", strategy="other")
    f.strange_fill("manual", "AAA", BUY, 3, 10_000)
    return f.later(NS)


@pytest.mark.parametrize(
    ("scope", "want"),
    [
        ("account", [("_outside", "AAA", 3), ("s", "AAA", 5), ("other", "BBB", 10**9)]),
        ("strategy:s", [("s", "AAA", 5)]),
        ("strategy:other", [("other", "BBB", 10**9)]),
        ("symbol:AAA", [("_outside", "AAA", 3), ("s", "AAA", 5)]),
        ("strategy:nobody", []),
    ],
)
def test_scope(scope, want):
    f = two()
    exits = of(f.command("flatten", scope=scope), Order)
    assert [(o.strategy, o.symbol, o.qty) for o in exits] == want
    f.serve()
    flat = of(f.agree(), Flat)
    assert [(x.scope, x.confirmed) for x in flat] == [(scope, True)]


def test_only_cancels_where_that_was_asked():
    f = holding()
    entry = f.order(BUY, 2, 9_900)
    effects = f.command("panic", cancel_only="yes")
    assert ([c.client_id for c in of(effects, Cancel)], of(effects, Order)) == ([entry.client_id], [])
    assert of(f.later(NS).cancelled(entry), AskAccount)
    flat = of(f.agree(), Flat)
    assert [(x.confirmed, x.residue) for x in flat] == [(True, (("s", "AAA", 10),))]
    assert f.s.position("AAA") == 10


def test_a_panic_that_only_cancels_may_become_one_that_flattens_and_not_back():
    f = holding()
    f.command("panic", cancel_only="yes")
    assert sizes(f.command("panic")) == [(SELL, 10, 9_950)]
    assert f.s.latches["L4 account"].positions == "flatten"
    f.command("panic", cancel_only="yes")
    assert f.s.latches["L4 account"].positions == "flatten"
    assert f.s.flattenings["L4 account"].positions
