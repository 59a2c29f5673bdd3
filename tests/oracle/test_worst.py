"""The enumeration against arithmetic done by hand and against the closed form."""

from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.stories import begun, config, fill, instrument, mark, order, record, told, update
from tests.oracle.world import World, replay
from tests.oracle.worst import outcomes, worst_of


def world(*records: Any) -> World:
    return replay(told(*records))


def held(qty: int, price: int = 10_000) -> list[Any]:
    """A filled order of this many."""
    side = 1 if qty > 0 else -1
    o = order("held", side, abs(qty))
    return [o, fill(o, abs(qty), price)]


def test_nothing_is_nothing():
    worst = worst_of(world(*begun()))
    assert not any((worst.gross, worst.net, worst.count, worst.turnover, worst.cost, worst.stressed))


def test_working_orders_count_on_their_own_side_only():
    w = world(*begun(), *held(10), order("b", 1, 5, 10_100), order("s", -1, 3, 10_200))
    worst = worst_of(w)
    assert worst.gross == 10 * 100 + 5 * 101  # the sell may stay unfilled
    assert min(o.value for o in outcomes(w, "AAA")) == 10 * 100 - 3 * 102
    assert worst.turnover == 1000 + (505 + 1505)  # traded before, bought, and sold again


def test_limits_below_the_mark_are_valued_at_the_mark():
    assert worst_of(world(*begun(), order("b", 1, 5, 9_000))).gross == 500


def test_a_market_order_is_valued_at_the_highest_price_there_is():
    assert worst_of(
        world(*begun(mark(bid=9_990, ask=10_010, last=10_000)), order("s", -1, 5))
    ).gross == 5 * Fraction("100.1")


def test_short_worst_case_counts_sells():
    w = world(*begun(), *held(-4), order("s", -1, 6, 10_500), order("b", 1, 4, 9_000, adds=False))
    assert worst_of(w).gross == 4 * 100 + 6 * 105


def test_partial_extremes_are_enumerated():
    w = world(*begun(), order("b", 1, 5))
    assert sorted(o.units for o in outcomes(w, "AAA")) == [0, 1, 4, 5]


def test_a_partly_filled_order_owes_the_rest_only():
    o = order("b", 1, 5)
    w = world(*begun(), o, fill(o, 2, 10_000))
    assert sorted(x.units for x in outcomes(w, "AAA")) == [2, 3, 4, 5]
    assert worst_of(w).gross == 500


def test_an_ended_order_owes_what_the_broker_stated_and_has_not_shown():
    o = order("b", 1, 5)
    owes = world(*begun(), o, update(o, "CANCELED", 3))
    assert worst_of(owes).gross == 300
    shown = world(*begun(), o, update(o, "CANCELED", 3), fill(o, 3, 10_000))
    assert not shown.live()
    assert worst_of(shown).gross == 300


def test_a_timeout_ends_nothing():
    o = order("b", 1, 5)
    late = record("timeout", client_id="b", call="submit", attempt=1, reason="")
    assert worst_of(world(*begun(), o, late)).gross == 500


def test_filled_without_a_figure_owes_everything_unseen():
    o = order("b", 1, 5)
    assert worst_of(world(*begun(), o, fill(o, 2, 10_000), update(o, "FILLED"))).gross == 500


def test_net_needs_joint_outcomes_and_gross_does_not():
    second = [instrument("BBB"), mark("BBB", last=20_000)]
    w = world(*begun(), *second, *held(10), order("x", -1, 4, symbol="BBB"))
    worst = worst_of(w)
    assert worst.gross == 1000 + 800
    assert worst.net == 1000
    assert worst.count == 2


def test_costs_reserve_the_exit():
    o = order("b", 1, 10)
    w = world(
        *begun(fee_per_unit=("micros", 3_500), fee_rate=("ppm", 100)), o, fill(o, 4, 10_000, fee=20_000)
    )
    # paid 0.02; six more to buy, ten to sell again: 16 x 0.0035 + 0.0001 x 1600
    assert worst_of(w).cost == Fraction("0.02") + 16 * Fraction("0.0035") + Fraction("0.0001") * 1600


def test_one_strategy_alone():
    w = world(*begun(), *held(10), order("t", 1, 3, strategy="t"))
    assert worst_of(w, "t").gross == 300
    assert worst_of(w, "s").gross == 1000
    assert worst_of(w).gross == 1300


quantities = st.integers(1, 9)
orders = st.lists(st.tuples(st.sampled_from((1, -1)), quantities, st.integers(9_000, 11_000)), max_size=4)


@given(st.integers(-9, 9), orders)
def test_the_closed_form_agrees(start: int, live: list[tuple[int, int, int]]):
    """max(P + B, S - P) and max(P + 2B, 2S - P), B and S at the worse of limit and mark."""
    w = world(
        *begun(config()),
        *(held(start) if start else []),
        *(order(f"o{n}", side, qty, limit) for n, (side, qty, limit) in enumerate(live)),
    )
    value = start * Fraction(100)
    buys = sum(
        (max(Fraction(limit, 100), Fraction(100)) * q for side, q, limit in live if side > 0), Fraction(0)
    )
    sells = sum(
        (max(Fraction(limit, 100), Fraction(100)) * q for side, q, limit in live if side < 0), Fraction(0)
    )
    worst = worst_of(w)
    assert worst.symbols["AAA"] == max(value + buys, sells - value)
    assert worst.turnover - w.traded == max(value + 2 * buys, 2 * sells - value)


@given(orders, orders)
def test_sums_of_maxima_are_maxima_over_joint_outcomes(first: list[Any], second: list[Any]):
    w = world(
        *begun(instrument("BBB"), mark("BBB", last=10_000)),
        *(order(f"a{n}", side, qty, limit) for n, (side, qty, limit) in enumerate(first[:2])),
        *(order(f"b{n}", side, qty, limit, symbol="BBB") for n, (side, qty, limit) in enumerate(second[:2])),
    )
    joint = list(product(outcomes(w, "AAA"), outcomes(w, "BBB")))
    worst = worst_of(w)
    assert worst.gross == max(abs(a.value) + abs(b.value) for a, b in joint)
    assert worst.net == max(abs(a.value + b.value) for a, b in joint)
    assert worst.count == max((a.units != 0) + (b.units != 0) for a, b in joint)
    assert worst.turnover == max(a.traded + b.traded + abs(a.value) + abs(b.value) for a, b in joint)
