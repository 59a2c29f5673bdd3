"""Section 3: a value equal to a cap passes, and nothing is refused or cut without need."""

from typing import Any

import pytest

from tests.lab.sim.promises.told import DOLLAR, begun, broken, decision, intent, order


@pytest.mark.parametrize(
    ("asked_for", "fields", "says"),
    [
        (11, {"verdict": "reject", "qty": 0, "would_pass": 10}, ""),
        (11, {"verdict": "clip", "qty": 10}, ""),
        (11, {"verdict": "clip", "qty": 8}, "8, although 9 would pass"),
        (11, {"verdict": "reject", "qty": 0, "would_pass": 7}, "7, although 8 would pass"),
        (9, {"verdict": "reject", "qty": 0}, "EXPOSURE_GROSS although C3 gross is kept at 9"),
        (10, {"verdict": "reject", "qty": 0}, ""),  # nearer than the governor's rounding can tell
    ],
)
def test_nothing_is_refused_or_cut_without_need(asked_for: int, fields: dict[str, Any], says: str):
    o = order("b", 1, asked_for)
    before = begun(max_gross=("money_abs", 1_000 * DOLLAR))
    found = broken(*before, intent(o), decision(o, codes=("EXPOSURE_GROSS",), **fields))
    assert found == (f"P2: s i-b: {says}" if says else "")
