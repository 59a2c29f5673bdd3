"""What a passed-over event means to the kernel: halted, paged, the source behind it, the broker asked."""

import pytest

from flyball.kernel.effects import Alert, LatchChange
from flyball.kernel.events import Quarantined, Tick
from flyball.kernel.quarantine import HUSH, MONEY, SOON, not_before
from flyball.kernel.units import MINUTE, NS
from tests.kernel.hand import flying


def passed_over(f, event="mark", source="feed", n=900, back=0, digest="00c0ffee"):
    return f.feed(Quarantined(f.now, f.s.seq + 1 - back, event, source, n, digest, "it died twice"))


def set_(effects):
    return [e.latch for e in effects if isinstance(e, LatchChange) and e.action == "set"]


def test_it_halts_and_pages_naming_the_event():
    f = flying()
    effects = passed_over(f)
    assert set_(effects) == ["L5"]
    paged = [(e.severity, e.text) for e in effects if isinstance(e, Alert) and e.alert == "quarantined"]
    assert paged == [("critical", "mark 900 of feed: it died twice; it was not taken")]
    assert f.s.latches["L5 account"].state == "HALTED"


def test_what_is_money():
    told = {"fill", "update", "sent", "not_sent", "timeout", "answer", "account"}
    assert set(MONEY) == told | {"flow", "action"}


@pytest.mark.parametrize("event", MONEY)
def test_what_touches_money_is_reconciled(event):
    f = flying()
    effects = passed_over(f, event, "broker", 7)
    assert set_(effects) == ["L5", "L7"]
    assert f.s.timers["account"] == f.now + (MINUTE if event == "account" else SOON)


@pytest.mark.parametrize("event", ["mark", "intent", "wake", "tick", "session", "command"])
def test_what_was_recorded_has_been_acted_upon_so_it_is_reconciled_too(event):
    f = flying()
    assert set_(passed_over(f, event)) == ["L5"]
    g = flying()
    assert set_(passed_over(g, event, back=3)) == ["L5", "L7"]


@pytest.mark.parametrize(
    ("source", "before", "n", "after"),
    [("feed", 4, 5, 5), ("feed", 9, 5, 9), ("bot:x", None, 1, 1), ("broker", 3, 3, 3), ("", None, 7, None)],
)
def test_a_source_goes_on_behind_it_and_never_back(source, before, n, after):
    f = flying()
    f.s.cursors.pop(source, None)
    if before is not None:
        f.s.cursors[source] = before
    passed_over(f, "mark", source, n)
    assert f.s.cursors.get(source) == after


def test_a_second_one_is_told_although_the_latch_holds():
    f = flying()
    passed_over(f)
    effects = passed_over(f, n=901)
    assert set_(effects) == []
    assert [e.alert for e in effects if isinstance(e, Alert)] == ["quarantined"]


def test_a_timer_that_is_passed_over_is_gone():
    f = flying()
    f.s.timers = {"account": f.now + NS, "ask x": f.now + 9 * NS}
    due = f.g.next_due()
    assert due == f.now + NS
    f.now = due
    passed_over(f, "tick", "timer", due)
    assert f.s.timers == {"ask x": due + 8 * NS}
    assert f.g.next_due() == due + 8 * NS


@pytest.mark.parametrize(
    ("due", "passed", "then"),
    [(0, 5, 0), (4, 5, 5 + HUSH), (5, 5, 5 + HUSH), (6, 5, 6), (6, 0, 6)],
)
def test_what_cannot_be_dropped_comes_again_after_a_while_and_not_at_once(due, passed, then):
    f = flying()
    f.s.cursors["timer"] = passed
    assert not_before(f.s, due) == then


def test_a_step_that_is_due_and_passed_over_is_tried_again():
    f = flying()
    f.s.terms.until = f.now + NS
    f.s.timers = {}
    due = f.g.next_due()
    passed_over(f, "tick", "timer", due)
    assert f.g.next_due() == due + HUSH
    f.now = due + HUSH
    f.feed(Tick(f.now))
    assert f.g.next_due() != due + HUSH
