"""Stops: they only ever reduce, never past zero under any outcome, and what holds an exit back is named."""

import pytest

from flyball.kernel.effects import Cancel, Decision, Ended, Order
from flyball.kernel.events import Fill
from flyball.kernel.exposure import relief
from flyball.kernel.placing import could_add
from tests.kernel.hand import (
    BBB,
    BUY,
    DOLLAR,
    NS,
    SELL,
    answer,
    approve,
    clip,
    flying,
    of,
    ppm,
    reject,
    text,
    usd,
)

HELD, THROUGH, ADDS = "REDUCE_HELD", "REDUCE_THROUGH_ZERO", "RULE_STOP_ADDS"


def stop(f, side, qty, at, **more):
    return f.order(side, qty, type="stop", stop=at, **more)


def protected(qty=10, at=9_800, **more):
    """A long position (short when negative) with a confirmed stop over all of it."""
    f = flying(**more)
    f.hold(qty)
    return f, stop(f, SELL if qty > 0 else BUY, abs(qty), at)


# -- what is taken


def test_a_stop_leaves_as_one_and_keeps_its_price():
    f, order = protected()
    assert (order.type, order.stop, order.limit, order.tif, order.adds) == ("stop", 9_800, 0, "day", False)
    o = f.s.orders[order.client_id]
    assert (o.stop, o.state, o.protects()) == (9_800, "ACCEPTED", True)


@pytest.mark.parametrize(
    ("held", "side", "qty", "said"),
    [
        (0, SELL, 1, reject(ADDS)),
        (0, BUY, 1, reject(ADDS)),
        (10, BUY, 1, reject(ADDS)),
        (-10, SELL, 1, reject(ADDS)),
        (10, SELL, 9, approve(9)),
        (10, SELL, 10, approve(10)),
        (10, SELL, 11, clip(10, THROUGH)),
        (-10, BUY, 10, approve(10)),
        (-10, BUY, 11, clip(10, THROUGH)),
    ],
)
def test_only_what_reduces_may_be_a_stop(held, side, qty, said):
    f = flying()
    if held:
        f.hold(held)
    at = 9_800 if side == SELL else 10_200
    assert answer(f.would(side, qty, type="stop", stop=at)) == said


def test_whole_or_not_at_all_where_nothing_is_clipped():
    f = flying(on_excess=text("refuse"))
    f.hold(10)
    d = f.would(SELL, 11, type="stop", stop=9_800)
    assert answer(d) == reject(THROUGH, passes=10)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"type": "stop"}, "FORMAT_PRICE"),
        ({"type": "stop", "stop": -1}, "FORMAT_PRICE"),
        ({"type": "stop", "stop": 9_800, "limit": 9_700}, "FORMAT_PRICE"),
        ({"type": "market", "stop": 9_800}, "FORMAT_PRICE"),
        ({"type": "limit", "limit": 9_990, "stop": 9_800}, "FORMAT_PRICE"),
        ({"type": "stop", "stop": 9_800, "tif": "ioc"}, "RULE_UNKNOWN_TIF"),
        ({"type": "trail", "stop": 0}, "RULE_UNKNOWN_TYPE"),
        ({"type": "stop", "stop": 9_800, "qty": 0}, "FORMAT_QTY"),
    ],
)
def test_a_stop_has_a_price_and_nothing_else(more, code):
    f = flying()
    f.hold(10)
    assert code in f.would(SELL, **({"qty": 10} | more)).codes


@pytest.mark.parametrize(
    ("side", "held", "asked", "kept"), [(SELL, 10, 98_004, 98_100), (BUY, -10, 102_096, 102_000)]
)
def test_between_two_ticks_it_triggers_earlier_never_later(side, held, asked, kept):
    f = flying(also=(BBB,))
    f.mark("BBB", last=100_000)
    f.hold(held * 10**9, 100_000, "BBB")
    tick = f.s.markets["BBB"].tick
    assert tick > 1
    d = f.would(side, 10**9, symbol="BBB", type="stop", stop=asked)
    assert d.stop % tick == 0
    assert abs(d.stop - asked) < tick
    assert (d.stop - asked) * side <= 0
    assert d.stop == kept


@pytest.mark.parametrize(
    ("held", "side", "at"), [(10, SELL, 10_000), (10, SELL, 12_000), (-10, BUY, 10_000), (-10, BUY, 50)]
)
def test_where_the_price_is_there_already_it_leaves_as_any_exit_inside_the_collar(held, side, at):
    f = flying(price_tolerance=ppm(50_000))
    f.hold(held)
    d = f.ask(side, 10, type="stop", stop=at)
    assert (d.verdict, d.stop) == ("approve", 0)
    assert d.limit > 0
    assert (f.outbox[-1].type, f.outbox[-1].stop, f.outbox[-1].limit) == ("limit", 0, d.limit)


def test_one_unit_away_it_rests():
    f = flying()
    f.hold(10)
    d = f.would(SELL, 10, type="stop", stop=9_999)
    assert (d.verdict, d.stop, d.limit) == ("approve", 9_999, 0)


# -- while it rests


def test_time_does_not_end_it():
    f, order = protected()
    f.later(3600 * NS)
    f.mark(last=10_000)
    assert f.s.orders[order.client_id].state == "ACCEPTED"
    assert not of(f.journal[-1][1], Cancel)


def test_before_it_has_left_it_ages_like_any_exit():
    f = flying()
    f.hold(10)
    f.ask(SELL, 10, type="stop", stop=9_800)
    name = f.outbox[-1].client_id
    assert f.g.may_send(name, f.now + 10 * NS) == ""
    assert f.g.may_send(name, f.now + 10 * NS + 1) == "INTENT_EXPIRED"


def test_it_uses_up_what_may_reduce_and_is_named():
    f, order = protected()
    d = f.would(SELL, 10)
    assert (answer(d), d.held) == (reject(HELD), (order.client_id,))
    d = f.would(SELL, 1, type="stop", stop=9_000)
    assert (answer(d), d.held) == (reject(HELD), (order.client_id,))


def test_what_it_leaves_may_still_be_sold():
    f = flying()
    f.hold(10)
    order = stop(f, SELL, 6, 9_800)
    d = f.would(SELL, 10)
    assert (answer(d), d.held) == (clip(4, THROUGH), (order.client_id,))
    assert f.would(SELL, 4).held == ()


def test_it_adds_nothing_to_the_worst_case():
    f = flying()
    f.hold(10)
    before = (f.s.totals.gross, f.s.totals.net(), f.s.totals.turnover, f.s.totals.stressed)
    stop(f, SELL, 10, 9_800)
    assert (f.s.totals.gross, f.s.totals.net(), f.s.totals.turnover, f.s.totals.stressed) == before


@pytest.mark.parametrize("latch", ["pause", "freeze"])
def test_a_latch_that_cancels_what_adds_leaves_it_where_it_is(latch):
    f, order = protected()
    entry = f.later(2 * NS).order(BUY, 1, 9_900)
    said = of(f.command(latch), Cancel)
    assert [c.client_id for c in said] == [entry.client_id]
    assert f.s.orders[order.client_id].protects()
    assert not could_add(f.s, f.s.orders[order.client_id])


@pytest.mark.parametrize(("limit", "refused"), [(9_799, True), (9_800, True), (9_801, False), (0, False)])
def test_an_entry_below_it_would_be_sold_to_and_is_a_self_trade(limit, refused):
    f, _ = protected()
    f.later(2 * NS)
    assert ("SELF_TRADE" in f.would(BUY, 1, limit).codes) == refused


def test_a_stop_takes_back_the_entries_it_would_sell_to_and_no_others():
    f = flying()
    f.hold(10)
    below, above = f.later(NS).order(BUY, 1, 9_700), f.later(NS).order(BUY, 1, 9_900)
    effects = f.intent(SELL, 10, type="stop", stop=9_800)
    assert [c.client_id for c in of(effects, Cancel)] == [below.client_id]
    assert not of(effects, Order)  # it waits for the evidence
    assert [o.stop for o in of(f.cancelled(below), Order)] == [9_800]
    assert f.s.orders[above.client_id].cancel_at == 0


# -- the position changes under it


def strange(f, side, qty, price=10_000):
    """An execution that none of our orders asked for, booked to the strategy its id names."""
    name = f"fb{f.s.account}-0-99-s-1"
    return f.feed(Fill(f.now, name, f"x{len(f.journal)}", "AAA", side, qty, price, 0, f.n("broker")))


@pytest.mark.parametrize(("sold", "kept"), [(3, True), (4, False), (10, False), (12, False)])
def test_no_stop_outlives_the_position_it_fits(sold, kept):
    f = flying()
    f.hold(10)
    order = stop(f, SELL, 7, 9_800)
    cancels = of(strange(f, SELL, sold), Cancel)
    assert [c.client_id for c in cancels] == ([] if kept else [order.client_id])


def test_of_several_the_newest_go_until_the_rest_fits():
    f = flying()
    f.hold(10)
    orders = [stop(f, SELL, qty, 9_800) for qty in (4, 4, 2)]
    cancels = of(strange(f, SELL, 3), Cancel)
    assert [c.client_id for c in cancels] == [orders[1].client_id]
    cancels = of(strange(f, SELL, 3), Cancel)
    assert [c.client_id for c in cancels] == [orders[2].client_id]


def test_one_strategy_closing_leaves_anothers_stop_alone():
    f = flying()
    f.hold(10)
    f.hold(5, strategy="t")
    mine, theirs = stop(f, SELL, 10, 9_800), stop(f, SELL, 5, 9_700, strategy="t")
    cancels = of(strange(f, SELL, 10), Cancel)
    assert [c.client_id for c in cancels] == [mine.client_id]
    assert f.s.orders[theirs.client_id].protects()


# -- close


def test_a_close_takes_back_the_stop_and_sells_behind_its_evidence():
    f, order = protected()
    effects = f.intent(SELL, type="close")
    d = of(effects, Decision)[0]
    assert (d.verdict, d.qty, d.adds, d.codes) == ("approve", 10, False, ())
    assert [c.client_id for c in of(effects, Cancel)] == [order.client_id]
    assert not of(effects, Order)
    f.later(60 * NS)
    sent = of(f.cancelled(order), Order)
    assert [(o.side, o.qty, o.type, o.stop) for o in sent] == [(SELL, 10, "market", 0)]
    assert f.g.may_send(sent[0].client_id, f.now + 10 * NS) == ""
    assert f.g.may_send(sent[0].client_id, f.now + 10 * NS + 1) == "INTENT_EXPIRED"


@pytest.mark.parametrize(("filled", "left"), [(0, 10), (4, 6), (9, 1)])
def test_a_close_sells_only_what_the_stop_has_left(filled, left):
    f, order = protected()
    f.intent(SELL, type="close")
    if filled:
        f.fill(order, filled, price=9_790)
    assert [o.qty for o in of(f.cancelled(order, filled), Order)] == [left]


def test_a_close_that_finds_nothing_left_never_leaves():
    f, order = protected()
    f.intent(SELL, type="close")
    effects = f.fill(order, price=9_790)
    assert not of(effects, Order)
    assert [e.why for e in of(effects, Ended)] == ["nothing is left to close"]
    assert not f.s.orders


def test_a_close_without_anything_in_the_way_leaves_at_once():
    f = flying()
    f.hold(-10)
    effects = f.intent(BUY, type="close")
    assert [(o.side, o.qty) for o in of(effects, Order)] == [(BUY, 10)]


def test_a_close_takes_back_limit_exits_too_but_not_the_governors_or_anothers():
    f = flying()
    f.hold(10)
    f.hold(5, strategy="t")
    mine = f.order(SELL, 4, 10_100)
    stop(f, SELL, 5, 9_800, strategy="t")
    effects = f.intent(SELL, type="close")
    assert [c.client_id for c in of(effects, Cancel)] == [mine.client_id]
    assert of(effects, Decision)[0].qty == 10
    assert [o.qty for o in of(f.cancelled(mine), Order)] == [10]


def test_a_close_while_one_waits_is_held_by_it():
    f, _ = protected()
    f.intent(SELL, type="close")
    waiting = next(o for o in f.s.orders.values() if o.close)
    d = f.would(SELL, type="close")
    assert (answer(d), d.held) == (reject(HELD), (waiting.client_id,))


@pytest.mark.parametrize("latch", ["pause", "freeze"])
def test_a_latch_that_allows_exits_lets_a_waiting_close_go_on(latch):
    f, order = protected()
    f.intent(SELL, type="close")
    assert not of(f.command(latch), Cancel)
    assert [o.qty for o in of(f.cancelled(order), Order)] == [10]


@pytest.mark.parametrize(("held", "side"), [(0, SELL), (0, BUY), (10, BUY), (-10, SELL)])
def test_a_close_never_opens(held, side):
    f = flying()
    if held:
        f.hold(held)
    assert answer(f.would(side, type="close"))[:1] == ("reject",)
    assert ADDS in f.would(side, type="close").codes


@pytest.mark.parametrize(
    ("more", "code"),
    [({"qty": 5}, "FORMAT_QTY"), ({"notional": DOLLAR}, "FORMAT_QTY"), ({"limit": 9_990}, "FORMAT_PRICE")],
)
def test_a_close_is_of_all_there_is(more, code):
    f = flying()
    f.hold(10)
    assert code in f.would(SELL, **more, type="close").codes


# -- what is at risk (C3)


def test_only_a_confirmed_stop_takes_off_what_is_at_risk():
    f = flying()
    f.hold(10)
    assert f.s.totals.at_risk == 1_000 * DOLLAR
    f.ask(SELL, 6, type="stop", stop=9_800)
    order = f.outbox.pop()
    assert f.s.totals.at_risk == 1_000 * DOLLAR  # on its way
    f.sent(order)
    assert f.s.totals.at_risk == 1_000 * DOLLAR
    f.update(order, "ACCEPTED", 0)
    assert f.s.totals.at_risk == 400 * DOLLAR + 6 * 2 * DOLLAR
    f.mark(last=11_000)
    assert f.s.totals.at_risk == 440 * DOLLAR + 6 * 12 * DOLLAR
    f.command("cancel", order=order.client_id)
    assert f.s.orders[order.client_id].cancel_at
    assert f.s.totals.at_risk == 1_100 * DOLLAR  # being taken back


def test_a_short_is_at_risk_up_to_its_stop():
    f, _ = protected(-10, 10_300)
    assert f.s.totals.at_risk == 30 * DOLLAR


def test_a_stop_in_doubt_protects_nothing():
    f = flying()
    f.hold(10)
    f.ask(SELL, 10, type="stop", stop=9_800)
    f.timeout(f.outbox.pop().client_id, "submit", 1)
    assert f.s.totals.at_risk == 1_000 * DOLLAR


def test_nor_does_one_that_the_broker_no_longer_knows():
    f, order = protected()
    assert f.s.totals.at_risk == 20 * DOLLAR
    for _ in range(2):  # an account that does not list it, twice: it is asked for by its id
        f.account()
    f.answer(order.client_id, f.s.orders[order.client_id].ask, False)
    assert f.s.totals.at_risk == 1_000 * DOLLAR
    f.update(order, "ACCEPTED", 0)
    assert f.s.totals.at_risk == 20 * DOLLAR


@pytest.mark.parametrize(("qty", "said"), [(4, approve(4)), (5, clip(4, "EXPOSURE_AT_RISK"))])
def test_what_is_protected_makes_room_for_more(qty, said):
    f, _ = protected(max_at_risk=usd(1_000))
    f.later(2 * NS)
    f.config(max_at_risk=usd(420))
    assert answer(f.would(BUY, qty)) == said


def test_the_worst_of_several_stops_counts_first():
    f = flying()
    f.hold(10)
    stop(f, SELL, 5, 9_900)
    stop(f, SELL, 5, 9_000)
    assert f.s.totals.at_risk == (5 * 1 + 5 * 10) * DOLLAR
    live = list(f.s.orders.values())
    assert relief(f.s.markets["AAA"], 5, live) == 5 * 90 * DOLLAR
