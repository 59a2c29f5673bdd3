"""What a start finds (P7, P8), and latches on their way to the disk (section 4)."""

from collections.abc import Sequence

import pytest

from flyball.journal.codec import Record
from flyball.kernel import events as ev
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.judge import Judge
from tests.lab.sim.promises.told import NS, OPEN, asked, begun, fill, judged, latch, mark, order, show

STORY = begun(*asked(order("b", 1, 10)), fill(order("b", 1, 10), 10))


def crashed(power: bool, written: int, durable: int) -> Judge:
    judge = judged(*STORY)
    judge.crashed(power=power, written=written, durable=durable)
    return judge


def numbered(records: Sequence[Record]) -> list[tuple[int, Record]]:
    return list(enumerate(records, 1))


def test_a_process_crash_loses_nothing_that_was_written():
    n = len(STORY)
    crashed(False, n, 0).started(numbered(STORY), OPEN)
    with pytest.raises(Broken, match=f"P8: {n - 1} records recovered of {n} acknowledged"):
        crashed(False, n, 0).started(numbered(STORY[:-1]), OPEN)


def test_a_power_loss_loses_nothing_that_was_durable():
    n = len(STORY)
    judge = crashed(True, n, n - 2)
    judge.started(numbered(STORY[: n - 2]), OPEN)
    assert judge.model.seq == n - 2
    assert judge.model.position("AAA") == 0  # the fill is forgotten
    assert judge.goals.reached["torn tail"] == 1
    with pytest.raises(Broken, match="P8"):
        crashed(True, n, n - 2).started(numbered(STORY[: n - 3]), OPEN)


def test_what_is_recovered_is_what_was_written():
    changed = [*STORY[:-1], fill(order("b", 1, 10), 9)]
    with pytest.raises(Broken, match="P8: record 10 was Fill"):
        crashed(False, len(STORY), 0).started(numbered(changed), OPEN)


def test_what_nobody_was_shown_is_judged_at_the_start():
    judge = crashed(False, len(STORY), 0)
    judge.started(numbered([*STORY, mark(9_000)]), OPEN)
    assert judge.model.prices["AAA"].last == 9_000
    more = [*STORY, order("c", 1, 1)]
    with pytest.raises(Broken, match="P1: c: no decision"):
        crashed(False, len(STORY), 0).started(numbered(more), OPEN)


def test_records_follow_one_another():
    judge = judged(*STORY)
    with pytest.raises(Broken, match="P12: record 12 follows 10"):
        judge.taken(12, [mark()], OPEN)


def test_what_the_journal_refused_is_forgotten_with_the_process():
    judge = judged(*STORY)
    judge.taken(-1, [mark(9_000)], OPEN)
    assert judge.model.prices["AAA"].last == 9_000
    judge.crashed(power=False, written=len(STORY), durable=0)
    judge.started(numbered(STORY), OPEN)
    assert judge.model.prices["AAA"].last == 10_000
    show(judge, mark(9_500))


def test_behind_a_record_there_is_one_state():
    judge = judged(*STORY)
    judge.recovered(5, "aa")
    judge.recovered(5, "aa")
    judge.recovered(6, "bb")
    with pytest.raises(Broken, match="P7: state cc behind record 5, was aa"):
        judge.recovered(5, "cc")


def hung(batches: int) -> Judge:
    """A latch is set, and the disk says nothing for so many batches, a second and a half apart."""
    judge = Judge()
    judge.durable = lambda: len(STORY)
    show(judge, *STORY)
    show(judge, latch("L5"))
    for n in range(batches):
        show(judge, mark(ts=OPEN + (n + 1) * 3 * NS // 2))
    judge.crashed(power=True, written=0, durable=len(STORY))
    return judge


def test_a_latch_that_is_late_is_noted_in_a_second_place():
    note = {"kind": "latch", "latch": "L5", "scope": "account"}
    with pytest.raises(Broken, match=r"P6: L5 on account .* lost with the power, noted nowhere"):
        hung(3).started(numbered(STORY), OPEN)
    hung(3).started(numbered(STORY), OPEN, [note])
    hung(3).started(numbered(STORY), OPEN, None)
    hung(3).started(numbered([*STORY, latch("L5")]), OPEN)
    hung(2).started(numbered(STORY), OPEN)


def test_what_was_shown_before_counts_for_no_goal_again():
    judge = judged(*begun(latch("L1", state="HALTED")))
    records = numbered(begun(latch("L1", state="HALTED")))
    assert judge.goals.reached["daily loss"] == 1
    judge.crashed(power=True, written=99, durable=0)
    judge.started(records[:-1], OPEN)
    assert judge.goals.reached["daily loss"] == 1
    show(judge, latch("L1", state="HALTED"))
    assert judge.goals.reached["daily loss"] == 2


def test_an_event_that_is_passed_over_counts_no_more():
    passed = ev.Quarantined(OPEN, 10, "fill", "broker", 1, "d", "died twice")
    judge = judged(*STORY)
    assert judge.model.position("AAA") == 10
    show(judge, passed)
    assert judge.model.position("AAA") == 0
    assert judge.model.seq == len(STORY) + 1
    judge.crashed(power=True, written=0, durable=0)
    judge.started(numbered(STORY), OPEN)
    assert judge.model.position("AAA") == 10
