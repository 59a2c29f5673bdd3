"""Every row of the table: set, obeyed, cleared by whom it says and by nobody else."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, Cancel, LatchChange, Refused
from flyball.kernel.events import Report
from flyball.kernel.latches import DWELL, TABLE, dwelt, forbids_adding, forbids_exits, in_scope, set_latch
from flyball.kernel.state import Latch
from flyball.kernel.words import ACTIVE, EXITS, FLATTEN, HALTED, PAGE, REDUCING
from tests.kernel.hand import BUY, DOLLAR, NS, SELL, Hand, flying, of, ppm, text, usd


def test_the_table():
    """SPEC section 4, every row."""
    assert {row.id: (row.state, row.positions, row.operator) for row in TABLE.values()} == {
        "L1": (HALTED, FLATTEN, True),
        "L2": (HALTED, FLATTEN, True),
        "L3": (REDUCING, EXITS, True),
        "L3m": (REDUCING, EXITS, False),
        "L4": (HALTED, FLATTEN, True),
        "L5": (HALTED, EXITS, True),
        "L6": (HALTED, EXITS, True),
        "L7": (REDUCING, EXITS, False),
        "L8": (REDUCING, EXITS, False),
        "L9a": (REDUCING, EXITS, False),
        "L9b": (HALTED, PAGE, True),
        "L10": (REDUCING, EXITS, False),
        "L11": (ACTIVE, EXITS, False),
        "L12": (HALTED, EXITS, False),
        "L13": (HALTED, EXITS, True),
        "L14": (REDUCING, EXITS, True),
    }
    assert list(TABLE) == [row.id for row in TABLE.values()]


@pytest.mark.parametrize(
    ("scope", "strategy", "symbol", "inside"),
    [
        ("account", "s", "AAA", True),
        ("account", "", "", True),
        ("strategy:s", "s", "AAA", True),
        ("strategy:s", "ss", "AAA", False),
        ("strategy:s", "AAA", "s", False),
        ("symbol:AAA", "s", "AAA", True),
        ("symbol:AAA", "AAA", "BBB", False),
        ("symbol:AA", "s", "AAA", False),
        ("", "s", "AAA", False),
    ],
)
def test_scopes(scope, strategy, symbol, inside):
    assert in_scope(scope, strategy, symbol) is inside


@pytest.mark.parametrize(("age", "over"), [(0, False), (DWELL - 1, False), (DWELL, True)])
def test_dwell(age, over):
    assert dwelt(Latch("L5", "account", HALTED, EXITS, "a", "", 100, 1), 100 + age) is over


def test_any_latch_in_scope_counts():
    f = flying()
    set_latch(f.s, [], "L14", "symbol:AAA", "anna", "")
    set_latch(f.s, [], "L1", "strategy:s", "governor", "")
    assert forbids_adding(f.s, "s", "AAA") == "LATCH_L14"
    assert forbids_adding(f.s, "s", "BBB") == "LATCH_L1"
    assert forbids_adding(f.s, "other", "BBB") == ""
    assert forbids_exits(f.s, "s", "AAA") == "LATCH_L1"
    assert forbids_exits(f.s, "other", "AAA") == ""


def test_setting_again_is_one_episode():
    f = flying()
    out: list[Any] = []
    assert set_latch(f.s, out, "L5", "account", "anna", "first")
    f.later(NS)
    assert not set_latch(f.s, out, "L5", "account", "ben", "second")
    assert [x.KIND for x in out] == ["latch", "alert"]
    held = f.s.latches["L5 account"]
    assert (held.by, held.reason, held.since, held.day) == ("anna", "first", f.now - NS, f.s.day.day)
    assert set_latch(f.s, out, "L5", "symbol:AAA", "ben", "another scope")


# -- one story a row: how it is set -----------------------------------------------------------------------


def daily_loss() -> Any:
    f = flying(max_daily_loss=usd(100), stress_floor=ppm(0), flat_by=text("never"))
    f.hold(10)
    f.mark(last=9_000)
    return f


def halt() -> Any:
    f = flying(drawdown_halt=ppm(10_000), flat_by=text("never"))
    f.hold(10)
    f.mark(last=9_000)
    return f


def restrict() -> Any:
    f = flying(drawdown_caution=ppm(5_000), drawdown_restrict=ppm(10_000), flat_by=text("never"))
    f.hold(10)
    f.mark(last=9_000)
    return f


def panic() -> Any:
    f = flying(flat_by=text("never"))
    f.hold(10)
    f.command("panic")
    return f


def freeze() -> Any:
    f = flying(flat_by=text("never"))
    f.hold(10)
    f.command("freeze")
    return f


def mismatch() -> Any:
    f = flying(flat_by=text("never"))
    f.hold(10)
    f.account(cash=0)
    f.account(cash=0)
    return f


def journal() -> Any:
    f = flying(flat_by=text("never"))
    f.hold(10)
    f.report("journal", "failed")
    return f


def invariant() -> Any:
    f = flying(flat_by=text("never"))
    f.hold(10)
    f.faulty = True
    f.feed(Report(f.now, "journal", "late", "test", None))  # type: ignore[arg-type]
    return f


def pause() -> Any:
    f = flying(flat_by=text("never"))
    f.hold(10)
    f.command("pause")
    return f


STORIES = {
    "L1": daily_loss,
    "L2": halt,
    "L3": restrict,
    "L4": panic,
    "L5": freeze,
    "L7": mismatch,
    "L9a": journal,
    "L14": pause,
}


@pytest.mark.parametrize("name", STORIES)
def test_set_and_obeyed(name):
    f = STORIES[name]()
    row = TABLE[name]
    assert f.latched() == [f"{name} account"]
    changes = [
        (x.latch, x.action, x.scope, x.state, x.positions, x.clears)
        for _, e in f.journal
        for x in of(e, LatchChange)
    ]
    assert changes == [(name, "set", "account", row.state, row.positions, row.clears)]
    assert [a.severity for _, e in f.journal for a in of(e, Alert) if a.alert == f"latch_{name}"] == [
        row.severity
    ]
    f.serve()
    assert f.would(BUY, 1).codes[0] == f"LATCH_{name}"
    if f.s.position("AAA"):
        assert (f.would(SELL, 10).verdict == "approve") is (row.positions == EXITS)
    f.reborn()
    assert f.latched() == [f"{name} account"], "a start clears nothing"


@pytest.mark.parametrize("name", STORIES)
def test_what_works_and_could_add_is_cancelled_when_it_is_set(name):
    """P5: in the same step; the order counts as live until evidence."""
    f = STORIES[name]()
    fresh = flying(flat_by=text("never"))
    order = fresh.order(BUY, 1, 9_000)
    fresh.s.limits = f.s.limits
    fresh.s.rebuild()
    n = len(fresh.journal)
    {
        "L1": lambda: fresh.strange_fill("m", "AAA", BUY, 10, 20_001),
        "L2": lambda: fresh.strange_fill("m", "AAA", BUY, 10, 30_000),
        "L3": lambda: fresh.strange_fill("m", "AAA", BUY, 10, 20_001),
        "L4": lambda: fresh.command("panic"),
        "L5": lambda: fresh.command("freeze"),
        "L7": lambda: fresh.strange_fill("m", "NOPE", BUY, 1, 1),
        "L9a": lambda: fresh.report("journal", "failed"),
        "L14": lambda: fresh.command("pause"),
    }[name]()
    assert f"{name} account" in fresh.latched()
    cancels = [c.client_id for _, e in fresh.journal[n:] for c in of(e, Cancel)]
    assert cancels[0] == order.client_id
    assert order.client_id in fresh.s.orders


def test_a_reduction_at_work_is_left_in_peace():
    f = flying()
    f.hold(10)
    exit_ = f.order(SELL, 10, 10_100)
    assert not of(f.command("pause"), Cancel)
    assert exit_.client_id in f.s.orders


def test_but_not_when_together_they_could_pass_zero():
    f = flying()
    f.hold(10)
    f.order(SELL, 10, 10_100)
    f.strange_fill("fbT-1-99-s-1", "AAA", SELL, 4, 10_000)
    assert len(of(f.command("pause"), Cancel)) == 1


# -- how it clears ----------------------------------------------------------------------------------------


def refusals(effects: Any) -> list[str]:
    return [e.why for e in of(effects, Refused)]


def cleared(f: Hand, name: str, authority: str = "secret", **args: str) -> str:
    """Why not, "" when it was cleared."""
    refused = refusals(f.command("clear", authority, latch=name, **args))
    assert (f"{name} account" in f.s.latches) is bool(refused)
    return refused[0] if refused else ""


OPERATOR = [name for name in STORIES if TABLE[name].operator]


def calm(f: Hand) -> Any:
    """Flat, confirmed, and the next session begun."""
    f.serve()
    if f.account_questions:
        f.agree()
    f.next_day()
    f.mark(last=10_000)
    return f


@pytest.mark.parametrize("name", OPERATOR)
def test_an_operator_with_the_secret_and_a_reason_clears_it_in_the_next_session(name):
    f = calm(STORIES[name]())
    more = {"rebase": "yes"} if name == "L2" else {}
    assert cleared(f, name, reason="looked into it", **more) == ""
    assert f.latched() == []
    last = [x for _, e in f.journal for x in of(e, LatchChange)][-1]
    assert (last.latch, last.action, last.by, last.reason) == (name, "cleared", "anna", "looked into it")
    assert f.s.flattenings == {}
    assert "LATCH" not in str(f.would(BUY, 1).codes)


@pytest.mark.parametrize("name", OPERATOR)
def test_not_without_the_secret(name):
    f = calm(STORIES[name]())
    assert cleared(f, name, "socket", reason="please", rebase="yes") == "clear needs the operator secret"


@pytest.mark.parametrize("name", OPERATOR)
def test_not_within_30_seconds(name):
    f = STORIES[name]()
    why = cleared(f.later(DWELL - 1), name, reason="r", rebase="yes")
    assert why in (
        f"{name} has held for less than 30 s",
        f"{name} was set today; it clears from the next session on",
    )


@pytest.mark.parametrize("name", ["L1", "L3"])
def test_not_before_the_next_session(name):
    f = STORIES[name]()
    f.later(3_600 * NS)
    assert cleared(f, name, reason="r") == f"{name} was set today; it clears from the next session on"


def test_l2_needs_a_reason():
    f = calm(halt())
    assert cleared(f, "L2", rebase="yes") == "L2 needs a reason"


def test_l2_stays_in_the_halt_zone_unless_the_mark_is_moved():
    f = calm(halt())
    assert cleared(f, "L2", reason="r").startswith("still in the halt zone")
    assert cleared(f, "L2", reason="r", rebase="yes") == ""
    assert (f.s.high_water, f.s.caution, f.s.acknowledged) == (f.s.equity(), False, False)


def test_l2_out_of_the_halt_zone_keeps_the_mark():
    f = halt()
    f.outbox.clear()
    f.mark(last=9_950)
    f.later(DWELL)
    assert cleared(f, "L2", reason="a spike") == ""
    assert f.s.high_water == 10_000 * DOLLAR


@pytest.mark.parametrize("name", ["L7", "L9a"])
def test_no_operator_clears_what_clears_by_evidence(name):
    f = STORIES[name]()
    f.later(3_600 * NS)
    assert cleared(f, name, reason="r") == f"{name} clears by itself: {TABLE[name].clears}"


def test_l9a_clears_when_the_journal_is_durable_again_after_its_dwell():
    f = journal()
    f.later(DWELL - 1).report("journal", "ok")
    assert f.latched() == ["L9a account"]
    f.later(1).report("journal", "ok")
    assert f.latched() == []


@pytest.mark.parametrize("value", ["failed", "late", "anything"])
def test_l9a_is_set_by_anything_but_ok(value):
    f = flying()
    f.report("journal", value)
    assert f.latched() == ["L9a account"]
    assert not f.report("journal", value)


def test_l9b_ends_only_with_a_restart_through_the_restore_procedure():
    f = flying()
    set_latch(f.s, [], "L9b", "account", "governor", "test")
    f.later(3_600 * NS)
    assert cleared(f, "L9b", reason="r") == "L9b ends only with a restart through the restore procedure"


def test_what_is_not_set_cannot_be_cleared():
    f = flying()
    assert refusals(f.command("clear", "secret", latch="L5")) == ["L5 is not set on account"]
    assert refusals(f.command("clear", "secret", latch="L99")) == ["L99 is not set on account"]
    f.command("freeze", scope="symbol:AAA")
    assert refusals(f.later(DWELL).command("clear", "secret", latch="L5")) == ["L5 is not set on account"]
    assert f.latched() == ["L5 symbol:AAA"]


def test_a_sensors_other_word_is_only_told():
    f = flying()
    assert [a.alert for a in of(f.report("fan", "loud"), Alert)] == ["fan"]
    assert f.report("fan", "ok") == []
    assert f.latched() == []
