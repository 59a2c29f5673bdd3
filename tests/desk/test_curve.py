"""The curve stays small and loses neither its end nor its deepest point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.desk.curve import Curve
from flyball.desk.report.equity import thinned


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-500, 500)), max_size=300), st.integers(2, 20))
def test_small_and_true(moves, most):
    curve = Curve(most=most)
    ts, equity, high = 0, 10_000, 10_000
    deepest = 0
    for later, move in moves:
        ts += later
        equity += move
        high = max(high, equity)
        deepest = max(deepest, high - equity)
        curve.see(ts, equity, high)
    assert len(curve.points) <= most
    assert [p.ts for p in curve.points] == sorted({p.ts for p in curve.points})
    if moves:
        assert (curve.points[-1].ts, curve.points[-1].equity) == (ts, equity)
        assert max(p.down for p in curve.points) == deepest


def test_every_moment_is_kept_while_there_is_room():
    curve = Curve(most=100)
    for ts in range(1, 101):
        curve.see(ts, 1_000 + ts, 1_000 + ts)
    assert [p.ts for p in curve.points] == list(range(1, 101))
    curve.see(101, 1, 2)
    assert len(curve.points) == 51
    assert thinned(curve.points, 10)[-1] is curve.points[-1]
    assert len(thinned(curve.points, 10)) <= 10


@pytest.mark.parametrize("spike", range(1, 60))
def test_one_bad_moment_is_never_lost(spike):
    curve = Curve(most=4)
    for ts in range(1, 60):
        curve.see(ts, 900 if ts == spike else 1_000, 1_000)
    assert max(p.down for p in curve.points) == 100
    assert sum(p.down > 0 for p in curve.points) == 1
