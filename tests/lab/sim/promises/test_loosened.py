"""P11: what is in force gets looser only by an approval."""

from dataclasses import replace
from typing import Any

import pytest

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.lab.sim.promises.broken import Broken
from tests.lab.sim.promises.told import DOLLAR, MINUTE, OPEN, begun, config, epoch, judged, mark, session

GROSS: dict[str, Any] = {"max_gross": ("money_abs", 1_000 * DOLLAR), "max_positions": 2}
MORE: dict[str, Any] = {"max_gross": ("money_abs", 2_000 * DOLLAR), "max_positions": 2}
DAY = 24 * 60 * MINUTE
NEXT = OPEN + DAY


def in_force(why: str, ts: int = OPEN, **limits: Any) -> fx.InForce:
    return fx.InForce(ts, why, "anna", "", "test", config(**limits).values)


def approval(what: str, ts: int = OPEN, expires: int = 0, by: str = "anna") -> fx.Approval:
    return fx.Approval(ts, what, 7, by, "", expires, OPEN + DAY // 2, config(**MORE).values[:1])


def approve(**fields: Any) -> ev.Command:
    made = ev.Command(NEXT + MINUTE, "approve", "bert", 1, "approver", "seen", (), 1)
    return replace(made, **fields)


def broken(*records: Record) -> str:
    try:
        judged(*begun(**GROSS), *records, mark(ts=records[-1].ts))
    except Broken as said:
        return str(said)
    return ""


ASKED: list[Record] = [epoch(2), config(**MORE), approval("proposed"), in_force("merged", **GROSS)]
WAITED: list[Record] = [*ASKED, session(20260105, NEXT)]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (GROSS, ""),
        ({"max_gross": ("money_abs", 999 * DOLLAR), "max_positions": 1}, ""),
        ({**GROSS, "max_net": ("money_abs", 5)}, ""),
        (MORE, "P11:  max_gross: ('money_abs', 1000000000, '') became ('money_abs', 2000000000, '')"),
        ({"max_gross": ("money_abs", 1_000 * DOLLAR)}, "P11:  max_positions: ('count', 2, '') became None"),
        ({**GROSS, "max_gross": ("money_ppm", 1)}, "P11:  max_gross"),
        ({**GROSS, "max_order_qty__symbol__AAA": 9}, ""),
        ({**GROSS, "min_spacing": ("ns", 5)}, ""),
        ({**GROSS, "flat_by": ("text", "never")}, "P11:  flat_by"),
    ],
)
def test_a_start_may_only_tighten(limits: dict[str, Any], says: str):
    found = broken(epoch(2), config(**limits))
    assert found.startswith(says)
    assert bool(found) == bool(says)


def test_lists_and_what_is_safer_higher():
    before: dict[str, Any] = {"restricted": ("list", "AMC,GME"), "min_spacing": ("ns", 5)}
    for after, says in (
        ({"restricted": ("list", "AMC,GME,X"), "min_spacing": ("ns", 6)}, ""),
        ({"restricted": ("list", "AMC,X"), "min_spacing": ("ns", 5)}, "restricted"),
        ({"restricted": ("list", "AMC,GME"), "min_spacing": ("ns", 4)}, "min_spacing"),
    ):
        try:
            judged(*begun(**before), epoch(2), config(**after), mark())
            found = ""
        except Broken as said:
            found = str(said)
        assert says in found
        assert bool(found) == bool(says)


def test_what_waits_changes_nothing():
    assert broken(*ASKED) == ""
    assert "P11:  max_gross" in broken(*ASKED[:-1])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, ""),
        ({"authority": "secret"}, "without a named approver"),
        ({"by": ""}, "without a named approver"),
        ({"reason": ""}, "without a named approver"),
        ({"ts": OPEN + DAY // 2 - 1}, "approved 43199999999999 ns after it came"),
    ],
)
def test_an_approval_takes_time_a_name_and_a_reason(fields: dict[str, Any], says: str):
    e = approve(**fields)
    before: list[Record] = WAITED if e.ts > NEXT else ASKED
    after: list[Record] = [e, approval("approved", e.ts, e.ts + DAY), in_force("approved", e.ts, **MORE)]
    found = broken(*before, *after)
    assert says in found
    assert bool(found) == bool(says)


def test_it_waits_for_the_next_session():
    late = approve(ts=OPEN + DAY)
    after: list[Record] = [
        late,
        approval("approved", late.ts, late.ts + DAY),
        in_force("approved", late.ts, **MORE),
    ]
    assert "in risk day 20260102" in broken(*ASKED, *after)


def test_nobody_approves_what_nobody_asked_for_or_without_an_end():
    e = approve()
    assert "nobody asked for it" in broken(session(20260105, NEXT), e, approval("approved", e.ts, e.ts + 1))
    assert "without an expiry" in broken(*WAITED, e, approval("approved", e.ts, e.ts))
    gone: list[Record] = [approval("withdrawn"), e, approval("approved", e.ts, e.ts + 1)]
    assert "nobody asked for it" in broken(*WAITED, *gone)


def test_where_two_were_agreed_another_person_approves():
    first = replace(config(**GROSS), approvers=2)
    before: list[Record] = [*begun()[:1], first, *begun()[2:], *WAITED]
    for who, says in (("anna", "anna asked for it and approved it"), ("bert", "")):
        e = approve(by=who)
        after: list[Record] = [
            e,
            approval("approved", e.ts, e.ts + DAY),
            in_force("approved", e.ts, **MORE),
            mark(ts=e.ts),
        ]
        try:
            judged(*before, *after)
            found = ""
        except Broken as said:
            found = str(said)
        assert says in found
        assert bool(found) == bool(says)


def test_it_ends_when_it_expires():
    e = approve()
    given: list[Record] = [
        *WAITED,
        e,
        approval("approved", e.ts, e.ts + MINUTE),
        in_force("approved", e.ts, **MORE),
    ]
    late = mark(ts=e.ts + MINUTE)
    assert "proposal 7: expired, and still in force" in broken(*given, late)
    over: list[Record] = [
        late,
        approval("expired", late.ts, by="governor"),
        in_force("expired", late.ts, **GROSS),
    ]
    assert broken(*given, *over) == ""
    assert "proposal 7: expired" in broken(*given, late, in_force("expired", late.ts, **GROSS))
