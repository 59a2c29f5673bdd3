"""The risk day and the rungs of the close, all relative to the scheduled close."""

import pytest

from flyball.kernel.days import Day
from flyball.kernel.units import MINUTE, NS

OPEN, CLOSE = 1_000 * MINUTE, 1_390 * MINUTE


@pytest.mark.parametrize(
    ("ts", "is_open"), [(OPEN - 1, False), (OPEN, True), (CLOSE - 1, True), (CLOSE, False), (0, False)]
)
def test_open(ts, is_open):
    assert Day(1, "X", OPEN, CLOSE).is_open(ts) is is_open


@pytest.mark.parametrize(("stage", "before"), [(0, 10 * MINUTE), (1, 5 * MINUTE), (2, 30 * NS), (3, 0)])
@pytest.mark.parametrize("close", [CLOSE, OPEN + 210 * MINUTE])
def test_rungs(stage, before, close):
    assert Day(1, "X", OPEN, close, stage=stage).rung(True) == close - before


@pytest.mark.parametrize(
    ("day", "flat_by_close"),
    [(Day(), True), (Day(1, "X", OPEN, CLOSE, stage=4), True), (Day(1, "X", OPEN, CLOSE), False)],
)
def test_no_rung(day, flat_by_close):
    assert day.rung(flat_by_close) == 0


@pytest.mark.parametrize(
    ("ts", "closing"), [(CLOSE - 5 * MINUTE - 1, False), (CLOSE - 5 * MINUTE, True), (CLOSE + 1, True)]
)
def test_closing(ts, closing):
    assert Day(1, "X", OPEN, CLOSE).closing(ts) is closing
