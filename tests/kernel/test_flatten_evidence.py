"""What a flattening takes as evidence: lists newer than the cancel, never empty ones at first sight, never a
response."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Cancel, CancelAll, Flat, Order, Query
from tests.kernel.hand import BUY, NS, SELL, flying, of, ppm, text

LIMITS: dict[str, Any] = {
    "max_slippage": ppm(5_000),
    "price_tolerance": ppm(30_000),
    "flat_by": text("never"),
}
STRANGE = ("hand-1", "b77", "AAA", BUY, 3, "limit", 9_000, 0)


def holding(qty=10, **limits) -> Any:
    f = flying(flat_by=text("never"))
    if qty:
        f.hold(qty)
    f.config(**(LIMITS | limits))
    return f.later(NS)


def sizes(effects) -> list[tuple[int, int]]:
    return [(o.side, o.qty) for o in of(effects, Order)]


def listed(order, broker_id="b1") -> tuple[str, str, str, int, int, str, int, int]:
    """One of our orders in the broker's list."""
    return order.client_id, broker_id, order.symbol, order.side, order.qty, order.type, order.limit, 0


def figures(f: Any, *, as_of=None, orders=(), **more) -> Any:
    """The broker's list, read now unless it says otherwise."""
    given = {"open_ids": tuple(sorted(o[0] for o in orders)), "open_orders": orders, **more}
    return f.account(ask=f.s.account_ask, as_of=f.now if as_of is None else as_of, **given)


# -- a list in place of the stream's word -----------------------------------------------------------------


def test_a_newer_list_that_no_longer_shows_the_order_lets_the_exit_go():
    """The stream is silent about the cancel."""
    f = holding()
    f.order(BUY, 2, 9_900)
    assert of(f.command("panic"), AskAccount), "asked at once, behind the cancels"
    f.later(NS // 2)
    assert sizes(figures(f)) == [(SELL, 10)]


@pytest.mark.parametrize("late", [0, 1])
def test_a_list_from_before_the_cancel_is_no_evidence(late):
    f = holding()
    f.order(BUY, 2, 9_900)
    f.command("panic")
    cancelled = f.now
    f.later(NS // 2)
    assert sizes(figures(f, as_of=cancelled + late)) == [(SELL, 10)] * late


def test_an_order_never_heard_of_may_still_arrive():
    f = holding()
    f.ask(BUY, 2, 9_900)
    f.sent(f.outbox.pop())
    f.command("panic")
    assert not sizes(figures(f.later(NS // 2)))
    assert sizes(f.wait(5 * NS)) == [(SELL, 10)], "in the end what is safe anyway"


def test_how_it_ended_is_asked_for():
    f = holding()
    entry = f.order(BUY, 2, 9_900)
    f.command("panic")
    assert [q.client_id for q in of(figures(f.later(NS + 1)), Query)] == [entry.client_id]


def test_a_cancel_that_a_newer_list_ignores_is_sent_again():
    f = holding()
    entry = f.order(BUY, 2, 9_900)
    f.command("panic")
    assert not of(figures(f.later(3 * NS // 2 - 1), orders=(listed(entry),)), Cancel)
    effects = figures(f.later(1), orders=(listed(entry),))
    assert [(c.client_id, c.attempt) for c in of(effects, Cancel)] == [(entry.client_id, 2)]


@pytest.mark.parametrize(("count", "calls"), [(3, (3, 0)), (4, (0, 1))])
def test_many_are_cancelled_in_one_call(count, calls):
    f = holding()
    orders = [f.order(BUY, 1, 9_900 - k) for k in range(count)]
    effects = f.command("panic")
    assert (len(of(effects, Cancel)), len(of(effects, CancelAll))) == calls
    for order in orders[:-1]:
        assert not sizes(f.cancelled(order))
    assert sizes(f.cancelled(orders[-1])) == [(SELL, 10)]


def test_a_cancel_of_everything_that_a_newer_list_ignores_is_sent_again():
    f = holding()
    orders = [f.order(BUY, 1, 9_900 - k) for k in range(5)]
    f.command("panic")
    f.timeout("", "cancel_all")
    effects = figures(f.later(2 * NS), orders=tuple(sorted(listed(o, f"b{k}") for k, o in enumerate(orders))))
    assert [c.attempt for c in of(effects, CancelAll)] == [2]


def test_one_strategys_orders_are_cancelled_one_by_one():
    f = holding()
    for k in range(5):
        f.order(BUY, 1, 9_900 - k)
    effects = f.command("flatten", scope="strategy:s")
    assert (len(of(effects, Cancel)), of(effects, CancelAll)) == (5, [])


def test_those_on_their_way_have_a_cancel_of_their_own():
    """They may reach the broker behind the cancel of everything."""
    f = holding()
    for k in range(4):
        f.order(BUY, 1, 9_900 - k)
    f.ask(BUY, 1, 9_800)
    waiting = f.outbox.pop()
    f.sent(waiting)
    effects = f.command("panic")
    assert len(of(effects, CancelAll)) == 1
    assert [c.client_id for c in of(effects, Cancel)] == [waiting.client_id]


def test_a_start_says_the_cancel_of_everything_once_more():
    f = holding()
    for k in range(5):
        f.order(BUY, 1, 9_900 - k)
    first = of(f.command("panic"), CancelAll)[0]
    again = of(f.reborn(), CancelAll)
    assert [(c.ts, c.attempt) for c in again] == [(first.ts, 1)]


def test_it_is_not_said_again_once_exits_work():
    """It would take them too."""
    f = holding()
    orders = [f.order(BUY, 1, 9_900 - k) for k in range(5)]
    f.command("panic")
    f.sent(of(f.wait(5 * NS), Order)[0])
    effects = f.reborn()
    assert not of(effects, CancelAll)
    assert {c.client_id for c in of(effects, Cancel)} == {o.client_id for o in orders}


# -- at most the broker's position ------------------------------------------------------------------------


@pytest.mark.parametrize(("theirs", "most"), [(10, 10), (11, 10), (4, 4), (1, 1), (0, 0), (-3, 0)])
def test_an_exit_is_no_larger_than_the_brokers_position(theirs, most):
    f = holding()
    figures(f, positions=(("AAA", theirs),) if theirs else ())
    exits = of(f.later(NS).command("panic"), Order)
    assert sum(o.qty for o in exits) == most


def test_a_list_from_before_the_last_fill_says_nothing_but_what_was_lacking_then():
    f = holding()
    figures(f, positions=(("AAA", 4),))
    f.later(NS).strange_fill("manual", "AAA", BUY, 1, 10_000)
    assert sizes(f.command("panic", scope="strategy:s")) == [(SELL, 5)]


def test_an_empty_list_is_doubt_and_never_flat():
    """Nothing is sent, it is asked again, and the true list lets the exit go."""
    f = holding()
    figures(f, positions=())
    effects = f.later(NS).command("panic")
    assert not sizes(effects)
    assert of(effects, AskAccount)
    effects = figures(f.later(NS // 2), positions=())
    assert not of(effects, Flat)
    assert not sizes(effects)
    assert of(f.wait(NS), AskAccount)
    assert sizes(figures(f.later(NS // 2), positions=(("AAA", 10),))) == [(SELL, 10)]


def test_an_empty_list_does_not_let_an_exit_go_at_first_sight():
    f = holding()
    f.order(BUY, 2, 9_900)
    f.command("panic")
    assert not sizes(figures(f.later(NS), positions=()))
    figures(f.later(NS), positions=())
    assert all(o.listed < 0 for o in f.s.orders.values()), "a newer one says so too: believed"


# -- orders of others -------------------------------------------------------------------------------------


def test_an_order_of_others_is_cancelled_by_its_broker_id_and_waited_for():
    f = holding()
    f.command("panic")
    effects = figures(f.later(NS), orders=(STRANGE,))
    assert [(c.client_id, c.broker_id, c.attempt) for c in of(effects, Cancel)] == [("hand-1", "b77", 1)]
    f.serve()
    assert not of(figures(f.later(NS), orders=(STRANGE,)), Flat)
    f.wait(2 * NS)
    assert not of(figures(f.later(NS)), Flat), "nothing at all is not believed at first sight"
    assert not of(figures(f.later(NS)), Flat), "now it is asked for once more, with nothing left here"
    assert of(figures(f.later(NS)), Flat)[0].confirmed


def test_the_ladder_leaves_orders_of_others_alone():
    f = holding(flat_by=text("close"))
    figures(f, orders=(STRANGE,))
    f.wait(f.s.day.close - 5 * 60 * NS - f.now)
    f.later(NS // 2).serve()
    effects = figures(f.later(NS // 2), orders=(STRANGE,))
    assert not of(effects, Cancel)
    assert [x.confirmed for x in of(effects, Flat)] == [True]


# -- a broker that does not answer ------------------------------------------------------------------------


def test_when_it_is_back_it_is_asked_at_once():
    f = holding(4)
    doubt = f.doubt(SELL, 4, 9_900)
    f.command("panic")
    f.timeout(doubt.client_id, "query", f.questions[-1].ask)
    f.wait(NS)
    f.timeout("", "account", f.s.account_ask)
    assert [q.client_id for q in of(figures(f.later(NS)), Query)] == [doubt.client_id]


def test_exits_that_are_refused_are_tried_later_each_time():
    f = holding()
    effects, gaps, last = f.command("panic"), [], f.now
    for _ in range(5):
        order = of(effects, Order)[0]
        gaps.append((f.now - last) // NS)
        last = f.now
        f.sent(order)
        assert not of(f.update(order, "REJECTED", 0), Order)
        while not of(effects := f.tick(), Order):
            pass
    assert gaps == [0, 1, 2, 4, 8]


# -- what is left -----------------------------------------------------------------------------------------


def left(f) -> list[tuple[tuple[tuple[str, str, int], ...], tuple[str, ...]]]:
    """Residue and reasons of every report so far that was not flat."""
    return [(x.residue, x.reasons) for _, out in f.journal for x in of(out, Flat) if not x.confirmed]


def test_a_halted_symbol_is_left_alone_named_and_tried_on_resume():
    f = holding()
    f.s.markets["AAA"].tradable = False
    effects = f.command("panic")
    assert not sizes(effects)
    assert [a.text for a in of(effects, Alert) if a.alert == "not_flat"] == [
        "L4: account is not flat yet; still trying: s AAA 10 (halted)"
    ]
    assert left(f) == [((("s", "AAA", 10),), ("halted",))]
    assert not sizes(f.wait(120 * NS))
    f.s.markets["AAA"].tradable = True
    assert sizes(f.mark(last=10_000)) == [(SELL, 10)]


def test_without_a_price_only_the_last_attempt_goes():
    f = holding()
    m = f.s.markets["AAA"]
    m.bid = m.ask = m.last = 0
    m.seen_at = -1
    f.s.rebuild()
    f.command("panic")
    assert left(f) == [((("s", "AAA", 10),), ("no price",))]
    assert not sizes(f.wait(120 * NS - 1))
    assert [(o.type, o.qty) for o in of(f.wait(1), Order)] == [("market", 10)]


# -- protection -------------------------------------------------------------------------------------------


def protected(qty=10) -> Any:
    f = holding(qty)
    f.ask(SELL, qty, 0, type="stop", stop=9_000)
    stop = f.outbox.pop()
    f.sent(stop)
    f.update(stop, "ACCEPTED", 0)
    return f, stop


def test_a_stop_is_taken_out_of_the_way_with_the_rest():
    f, stop = protected()
    effects = f.command("panic")
    assert [c.client_id for c in of(effects, Cancel)] == [stop.client_id]
    assert not sizes(effects)
    assert sizes(f.cancelled(stop)) == [(SELL, 10)]


@pytest.mark.parametrize("why", ["halted", "cancel_only", "closed"])
def test_a_stop_is_spared_while_its_symbol_is_not_being_flattened(why):
    f, _ = protected()
    entry = f.order(BUY, 2, 9_900)
    f.s.markets["AAA"].tradable = why != "halted"
    if why == "closed":
        f.wait(f.s.day.close - f.now)
    effects = f.command("panic", cancel_only="yes" if why == "cancel_only" else "no")
    assert [c.client_id for c in of(effects, Cancel)] == [entry.client_id]


def test_a_stop_is_put_back_when_exits_are_refused_and_goes_again_with_the_next_try():
    f, stop = protected()
    f.command("panic")
    exit_ = of(f.cancelled(stop), Order)[0]
    f.sent(exit_)
    back = of(f.update(exit_, "REJECTED", 0), Order)
    assert [(o.type, o.stop, o.side, o.qty, o.adds) for o in back] == [("stop", 9_000, SELL, 10, False)]
    f.sent(back[0])
    assert not of(f.update(back[0], "ACCEPTED", 0), Order), "never twice"
    effects = f.wait(NS)
    assert [c.client_id for c in of(effects, Cancel)] == [back[0].client_id]
    assert sizes(f.cancelled(back[0])) == [(SELL, 10)]


def test_it_is_put_back_no_larger_than_what_is_left():
    f, stop = protected()
    f.command("panic")
    exit_ = of(f.cancelled(stop), Order)[0]
    f.fill(exit_, 4)
    f.cancelled(exit_, 4)
    second = f.outbox[-1]
    assert (second.qty, second.type) == (6, "limit")
    back = of(f.update(second, "REJECTED", 0), Order)
    assert [(o.type, o.qty) for o in back] == [("stop", 6)]


@pytest.mark.parametrize(("price", "back"), [(9_001, [(SELL, 10)]), (9_000, []), (8_900, [])])
def test_it_is_not_put_back_where_the_market_has_passed_it(price, back):
    f, stop = protected()
    f.command("panic")
    exit_ = of(f.cancelled(stop), Order)[0]
    f.sent(exit_)
    f.mark(last=price)
    assert sizes(f.update(exit_, "REJECTED", 0)) == back


def test_it_is_not_put_back_before_the_old_one_is_gone_and_then_it_is():
    f, stop = protected()
    f.command("panic")
    m = f.s.markets["AAA"]
    m.bid = m.ask = m.last = 0
    m.seen_at = -1
    f.s.rebuild()
    assert not sizes(f.wait(10 * NS))
    back = of(f.cancelled(stop), Order)
    assert [(o.type, o.stop, o.qty) for o in back] == [("stop", 9_000, 10)]


def test_what_a_list_shows_less_stays_out_of_reach_until_a_newer_one_shows_it():
    """Somebody sold 6 of 10 by hand: with the 4 that are left sold and told, nothing is there to sell."""
    f = holding()
    figures(f, positions=(("AAA", 4),))
    (order,) = of(f.later(NS).command("panic"), Order)
    f.sent(order)
    f.update(order, "ACCEPTED", 0)
    assert not sizes(f.fill(order, 3))
    assert not sizes(f.fill(order, 1))
    assert not sizes(f.wait(NS)), "asked for anew"
    assert not sizes(figures(f, positions=()))
    assert sizes(figures(f.later(NS), positions=(("AAA", 2),))) == [(SELL, 2)]


def test_after_a_list_that_agrees_executions_alone_say_what_is_there():
    f = holding()
    figures(f, positions=(("AAA", 10),))
    f.later(NS).strange_fill("manual", "AAA", BUY, 1, 10_000)
    assert sum(qty for _, qty in sizes(f.command("panic"))) == 11
