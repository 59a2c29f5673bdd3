"""What leaves is counted at the socket, over all processes (P1, P4, P5)."""

from dataclasses import replace
from typing import Any

import pytest

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.judge import Judge
from tests.lab.sim.promises.told import (
    NS,
    OPEN,
    asked,
    begun,
    bought,
    epoch,
    fill,
    judged,
    latch,
    order,
    show,
)

IN = order("fbT-1-1-s-1", 1, 10)
OUT = order("fbT-1-2-s-1", -1, 10, adds=False)


def leaves(judge: Judge, o: fx.Order, durable: int, now: int = OPEN) -> str:
    """What the judge says when an order leaves."""
    try:
        judge.sending(o, durable, now)
    except Broken as said:
        return str(said)
    return ""


def recovered(judge: Judge) -> list[tuple[int, Record]]:
    return list(enumerate(judge._continuity.records, 1))


def test_what_adds_leaves_when_its_record_is_durable():
    seq = judged(*begun(*asked(IN))).model.seq
    assert leaves(judged(*begun(*asked(IN))), IN, seq) == ""
    assert "adds, record 9 left when 8 was durable" in leaves(judged(*begun(*asked(IN))), IN, seq - 1)


def test_what_reduces_leaves_behind_the_write():
    judge = judged(*begun(*bought(IN)))
    judge.sending(OUT, 0, OPEN)  # before the batch is shown
    show(judge, *asked(OUT))
    judge = judged(*begun(*bought(IN)))
    judge.sending(OUT, 0, OPEN)
    with pytest.raises(Broken, match="P1: fbT-1-2-s-1: left without a record"):
        show(judge, epoch(2))


def test_what_adds_never_leaves_from_memory():
    judge = judged(*begun())
    judge.sending(IN, 0, OPEN)
    with pytest.raises(Broken, match="P1: fbT-1-1-s-1: adds"):
        judge.taken(-1, asked(IN), OPEN)


def test_an_exit_leaves_from_memory():
    judge = judged(*begun(*bought(IN)))
    judge.sending(OUT, 0, OPEN)
    judge.taken(-1, asked(OUT), OPEN)
    assert judge.goals.reached["exit from memory"] == 1
    assert judge.goals.reached["journal broken"] == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "attempt 1 left twice"),
        ({"attempt": 2, "qty": 11}, "left as 10, now 11"),
        ({"attempt": 2, "limit": 9}, "left as 0, now 9"),
    ],
)
def test_an_id_never_means_another_order(change: dict[str, Any], says: str):
    judge = judged(*begun(*asked(IN)))
    judge.sending(IN, 99, OPEN)
    assert says in leaves(judge, replace(IN, **change), 99)


def test_an_id_means_the_same_after_a_power_loss():
    judge = judged(*begun(*bought(order("h", 1, 10))))
    judge.sending(OUT, 0, OPEN)
    found = recovered(judge)
    judge.taken(judge.model.seq + 1, asked(OUT), OPEN)
    judge.crashed(power=True, written=99, durable=len(found))
    judge.started(found, OPEN)
    assert "left as 10, now 9" in leaves(judge, replace(OUT, qty=9), 0)


def test_nothing_adds_under_a_latch_at_the_socket():
    judge = judged(*begun(*asked(IN)), latch("L5"), fx.Cancel(OPEN, IN.client_id, "L5", 1))
    assert "P5: fbT-1-1-s-1: adds under L5 on account" in leaves(judge, IN, 99)
    judge = judged(*begun(latch("L5", scope="strategy:t"), *asked(IN)))
    assert leaves(judge, IN, 99) == ""


def test_what_left_a_moment_before_a_latch_is_judged_by_what_was_known():
    judge = judged(*begun(*asked(IN)))
    judge.sending(IN, 99, OPEN)
    show(judge, ev.Sent(OPEN, IN.client_id, 1), latch("L5"), fx.Cancel(OPEN, IN.client_id, "L5", 1))


@pytest.mark.parametrize(("age", "says"), [(5 * NS, ""), (5 * NS + 1, "left 5000000001 ns after its intent")])
def test_what_is_too_old_does_not_leave(age: int, says: str):
    found = leaves(judged(*begun(*asked(IN))), IN, 99, OPEN + age)
    assert found.startswith(f"P5: fbT-1-1-s-1: {says}" if says else "")
    assert bool(found) == bool(says)


def test_an_exit_that_would_pass_zero_by_now_does_not_leave():
    held = judged(*begun(*bought(IN), *asked(OUT)))
    assert leaves(held, OUT, 0) == ""
    late = judged(*begun(*bought(IN), *asked(OUT), fill(order("hand-1", -1, 4), 4)))
    assert "P3: fbT-1-2-s-1: reduces 10 AAA of 6 in the account" in leaves(late, OUT, 0)


def test_of_two_exits_the_first_leaves_when_only_one_still_fits():
    other = order("fbT-1-3-s-1", -1, 4, adds=False)
    six = order("fbT-1-2-s-1", -1, 6, adds=False)
    by_hand = fill(order("hand-1", -1, 4), 4)
    judge = judged(*begun(*bought(IN), *asked(six), *asked(other), by_hand))
    assert leaves(judge, six, 0) == ""
    assert "reduces 4 AAA of 6 in the account, 6 already on the way" in leaves(judge, other, 0)


def test_what_leaves_again_after_a_start_was_asked_for_first():
    def again() -> Judge:
        judge = judged(*begun(*asked(IN)))
        judge.crashed(power=False, written=judge.model.seq, durable=judge.model.seq)
        judge.started(recovered(judge), OPEN)
        show(judge, epoch(2), fx.Query(OPEN, IN.client_id, 0))
        return judge

    answer = ev.Answer(OPEN, IN.client_id, 0, False, "", 0, "")
    repeated = replace(IN, again=True)
    judge = again()
    show(judge, answer, repeated)
    assert "and the broker was not asked" in leaves(judge, repeated, 99)
    judge = again()
    judge.looked_up(IN.client_id, None)
    show(judge, answer, repeated)
    assert "and the broker was not asked" in leaves(judge, repeated, 99)
    judge = again()
    judge.looked_up(IN.client_id, answer)
    show(judge, answer, repeated)
    assert leaves(judge, repeated, 99) == ""


def test_a_cancel_needs_its_record():
    judge = judged(*begun(*asked(IN)))
    cancel = fx.Cancel(OPEN, IN.client_id, "operator", 1)
    judge.cancelling(cancel)
    show(judge, epoch(2), cancel)
    judge = judged(*begun(*asked(IN)))
    judge.cancelling(cancel)
    with pytest.raises(Broken, match="left without a record"):
        show(judge, epoch(2))


def test_after_a_crash_what_left_is_in_the_journal_or_noted():
    def crashed(power: bool = False) -> Judge:
        judge = judged(*begun(*bought(IN)))
        judge.sending(OUT, 0, OPEN)
        judge.crashed(power=power, written=judge.model.seq, durable=0)
        return judge

    judge = crashed()
    with pytest.raises(Broken, match="neither journal nor emergency log"):
        judge.started(recovered(judge), OPEN)
    judge = crashed()
    judge.started(recovered(judge), OPEN, [{"kind": "order", "client_id": OUT.client_id}])
    judge = crashed()
    judge.started([*recovered(judge), *enumerate(asked(OUT), judge.model.seq + 1)], OPEN)
    crashed(power=True).started([], OPEN)


def test_an_exit_that_was_written_leaves_soon():
    late = "P1: fbT-1-2-s-1: reduces, decided 7000000000 ns ago, and has not left"
    for leaves_at, says in ((1, ""), (5, ""), (9, late)):
        judge = judged(*begun(*bought(IN)))
        judge.taken(judge.model.seq + 1, asked(OUT), OPEN)
        said = ""
        for second in (1, 2, 5, 6, 6, 7):
            if second == leaves_at:
                judge.sending(OUT, 0, OPEN)
            try:
                judge.taken(judge.model.seq + 1, [ev.Tick(OPEN)], OPEN + second * NS)
            except Broken as broken:
                said = str(broken)
                break
        assert said == says


def test_an_exit_that_was_stopped_at_the_gate_owes_nothing():
    judge = judged(*begun(*bought(IN)))
    judge.taken(judge.model.seq + 1, asked(OUT), OPEN)
    judge.taken(judge.model.seq + 1, [ev.NotSent(OPEN, OUT.client_id, "INTENT_EXPIRED")], OPEN + NS)
    for second in range(2, 20):
        judge.taken(judge.model.seq + 1, [ev.Tick(OPEN)], OPEN + second * NS)
    assert judge.broken is None


@pytest.mark.parametrize(
    ("noted", "power", "says"),
    [
        ([{"kind": "order", "client_id": OUT.client_id}], False, ""),
        ([], False, "P1: fbT-1-2-s-1: left from memory, and the emergency log does not have it"),
        (None, False, ""),
        ([], True, ""),
    ],
    ids=["noted", "not noted", "nobody can read it", "lost with the power"],
)
def test_what_left_from_memory_is_in_the_emergency_log(noted, power, says):
    judge = judged(*begun(*bought(IN)))
    judge.sending(OUT, 0, OPEN)
    judge.taken(-1, asked(OUT), OPEN)
    known = recovered(judge)
    judge.crashed(power=power, written=len(known), durable=len(known))
    said = ""
    try:
        judge.started(known, OPEN + NS, noted)
    except Broken as broken:
        said = str(broken)
    assert said == says
