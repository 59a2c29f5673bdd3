"""Evidence on every path, caps that leave a size, refusals, and who spoke first."""

import pytest

from flyball.kernel.verdict import Verdict


@pytest.mark.parametrize(
    ("adds", "value", "limit", "room", "most"),
    [
        (True, 9, 10, 0, -1),
        (True, 10, 10, 0, -1),
        (True, 11, 10, 4, 4),
        (True, 11, 10, -7, 0),
        (True, 11, -1, 4, -1),  # not set
        (False, 11, 10, 4, -1),  # what reduces
    ],
)
def test_cap(adds, value, limit, room, most):
    v = Verdict(adds)
    v.cap("X", value, limit, room)
    assert (v.evidence, v.most, v.codes()) == ([value, limit], most, ("X",) if most >= 0 else ())


def test_the_smallest_cap_counts():
    v = Verdict(True)
    for room in (7, 3, 5):
        v.cap("X", 11, 10, room)
    assert v.most == 3


@pytest.mark.parametrize(
    ("adds", "bad", "refused"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_refuse(adds, bad, refused):
    v = Verdict(adds)
    v.refuse("X", bad, 1, 2)
    assert (v.evidence, v.refusals) == ([1, 2], ["X"] if refused else [])


@pytest.mark.parametrize("adds", [True, False])
@pytest.mark.parametrize("bad", [True, False])
def test_forbid(adds, bad):
    v = Verdict(adds)
    v.forbid("X", bad)
    assert (v.evidence, v.refusals) == ([-1, -1], ["X"] if bad else [])


def test_codes_in_order_without_repeats_the_first_first():
    v = Verdict(True)
    v.refuse("B", True, 0, 0)
    v.cap("A", 2, 1, 0)
    v.cap("A", 2, 1, 0)
    v.forbid("C", True)
    assert v.codes() == ("B", "A", "C")
    assert Verdict(True).codes() == ()
