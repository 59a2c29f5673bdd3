"""The worst case in closed form is the largest over every outcome, enumerated here."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel.exposure import Exposure, Totals
from flyball.kernel.units import UNKNOWN

PRICE = 7


def exposure(position, buys, sells, **more):
    value = position * PRICE
    return Exposure(
        position=position,
        value=value,
        floor=value,
        buys=sum(buys) * PRICE,
        sells=sum(sells) * PRICE,
        buy_qty=sum(buys),
        sell_qty=sum(sells),
        **more,
    )


@given(
    st.integers(-20, 20),
    st.lists(st.integers(0, 9), max_size=3),
    st.lists(st.integers(0, 9), max_size=3),
)
def test_every_outcome(position, buys, sells):
    """Each order fills not at all, in part or whole."""
    x = exposure(position, buys, sells)
    ends, traded = [], []
    for parts in product((0, 1, 2), repeat=len(buys) + len(sells)):
        bought = [b * p for b, p in zip(buys, parts, strict=False)]
        sold = [q * p for q, p in zip(sells, parts[len(buys) :], strict=True)]
        end2 = 2 * position + sum(bought) - sum(sold)  # halves, to stay whole
        ends.append(end2 * PRICE)
        traded.append((sum(bought) + sum(sold) + abs(end2)) * PRICE)
    assert 2 * x.worst() == max(abs(e) for e in ends)
    assert 2 * x.high() == max(ends)
    assert 2 * x.low() == min(ends)
    assert 2 * x.turnover() == max(traded)
    assert 2 * x.turnover_qty() * PRICE == max(traded)


@pytest.mark.parametrize(
    ("x", "held"),
    [
        (Exposure(), False),
        (Exposure(position=1), True),
        (Exposure(position=-1), True),
        (Exposure(buy_qty=1), True),
        (Exposure(sell_qty=1), True),
    ],
)
def test_held(x, held):
    assert x.held() is held


@pytest.mark.parametrize(
    ("stress", "stressed"), [(UNKNOWN, 0), (0, 0), (1, 1), (50_000, 50), (200_000, 200), (50_001, 51)]
)
def test_stressed_is_rounded_up(stress, stressed):
    assert Exposure(value=1_000, floor=1_000, stress=stress).stressed() == stressed


@pytest.mark.parametrize(
    ("qty_exp", "per_unit", "rate", "cost"),
    [
        (0, 0, 0, 0),
        (0, 10, 0, 100),
        (0, 10, 1_000, 101),
        (1, 1, 0, 1),
        (1, 11, 0, 11),
        (9, 1, 0, 1),
        (0, 0, 1, 1),
    ],
)
def test_costs_are_rounded_up(qty_exp, per_unit, rate, cost):
    x = Exposure(position=10, value=70, floor=70)
    assert x.cost(qty_exp, per_unit, rate) == cost


rows = st.lists(
    st.tuples(
        st.integers(-50, 50), st.integers(0, 50), st.integers(0, 50), st.booleans(), st.integers(0, 10**6)
    ),
    max_size=5,
)


@given(rows)
def test_totals_are_sums_and_come_back_to_nothing(rows):
    t = Totals()
    taken = []
    for position, buys, sells, unpriced, stress in rows:
        x = exposure(position, [buys], [sells], unpriced=unpriced, stress=stress)
        t.take(x, buys, 1)
        taken.append((x, buys))
    assert t.gross == sum(x.worst() for x, _ in taken)
    assert t.net() == max(sum(x.high() for x, _ in taken), -sum(x.low() for x, _ in taken))
    assert (t.turnover, t.cost) == (sum(x.turnover() for x, _ in taken), sum(c for _, c in taken))
    assert t.stressed == sum(x.stressed() for x, _ in taken)
    assert (t.count, t.unpriced) == (sum(x.held() for x, _ in taken), sum(x.unpriced for x, _ in taken))
    for x, cost in taken:
        t.take(x, cost, -1)
    assert t == Totals()
