"""Two persons for an account-wide halt, the clean interval after a panic, and whose name a latch keeps."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, Done, LatchChange, Refused
from flyball.kernel.latches import DWELL, RESTART_STEP, set_latch
from tests.kernel.hand import DOLLAR, NS, flying, of, ppm, text, usd

MINUTE = 60 * NS


def panicked(approvers: int = 2) -> Any:
    f = flying(flat_by=text("never"), clear_approvers=approvers)
    f.command("panic")
    f.agree()
    return f.later(DWELL)


def said(out: Any) -> list[str]:
    return [e.why if isinstance(e, Refused) else "" for e in out if isinstance(e, (Done, Refused))]


def ask(f: Any, by: str = "anna", **more: str) -> Any:
    return f.command("clear", "secret", by=by, **{"latch": "L4", "reason": "over", **more})


def confirm(f: Any, by: str = "ben", authority: str = "approver", **more: str) -> Any:
    return f.command("confirm", authority, by=by, **{"latch": "L4", **more})


def test_one_person_is_enough_by_default():
    f = panicked(1)
    ask(f)
    assert f.latched() == []


def test_two_persons_clear_an_account_wide_halt():
    f = panicked()
    out = ask(f)
    assert (said(out), f.latched()) == ([""], ["L4 account"])
    assert of(out, Done)[0].text == "account, once another person confirms it"
    assert [a.alert for a in of(out, Alert)] == ["clear_waits"]
    [change] = of(confirm(f), LatchChange)
    assert (change.action, change.by, change.reason) == ("cleared", "anna", "over; confirmed by ben")
    assert (f.latched(), f.s.brakes.clearing) == ([], {})
    assert f.s.restart_scale == 250_000


@pytest.mark.parametrize("by", ["anna", "Anna", "ANNA"])
def test_not_the_same_person(by):
    f = panicked()
    ask(f)
    assert said(confirm(f, by)) == ["anna asked for it; another person has to confirm"]
    assert f.latched() == ["L4 account"]


@pytest.mark.parametrize("authority", ["socket", "secret"])
def test_only_with_an_approvers_secret(authority):
    f = panicked()
    ask(f)
    assert said(confirm(f, authority=authority)) == ["confirm needs an approver's secret"]


@pytest.mark.parametrize(("waited", "in_time"), [(10 * MINUTE, True), (10 * MINUTE + 1, False)])
def test_within_ten_minutes(waited, in_time):
    f = panicked()
    ask(f)
    f.later(waited)
    confirm(f)
    assert (f.latched() == []) is in_time


def test_nothing_to_confirm():
    f = panicked()
    why = "nobody asked to clear L4 on account within the last 10 minutes"
    assert said(confirm(f)) == [why]
    ask(f)
    confirm(f)
    assert said(confirm(f)) == [why]


def test_what_stands_against_it_by_then_counts():
    """A new trip of the same latch: the confirmation is for what is not any more."""
    f = flying(flat_by=text("never"), clear_approvers=2, drawdown_halt=ppm(10_000))
    f.hold(10)
    f.mark(last=9_000)
    f.later(DWELL)
    f.mark(last=9_950)
    ask(f, latch="L2")
    f.mark(last=9_000)
    assert said(confirm(f, latch="L2"))[0].startswith("still in the halt zone")
    assert "L2 account" in f.latched()


def test_a_halt_of_one_strategy_and_a_reduction_need_one():
    f = flying(flat_by=text("never"), clear_approvers=2)
    f.command("freeze", scope="strategy:s")
    f.command("pause")
    f.later(DWELL)
    f.command("clear", "secret", latch="L5", scope="strategy:s", reason="r")
    f.command("resume", "secret")
    assert f.latched() == []


def test_a_restart_forgets_nothing_of_it():
    f = panicked()
    ask(f)
    f.reborn()
    confirm(f)
    assert f.latched() == []


# -- the week and the floor hold L2 ----


def test_a_weeks_loss_holds_until_the_next_week():
    f = flying(flat_by=text("never"), max_weekly_loss=usd(100), stress_floor=ppm(0))
    f.hold(10)
    f.mark(last=9_000)
    assert f.latched() == ["L2 account"]
    f.later(DWELL)
    f.s.flattenings.clear()
    why = "the week's loss is still at max_weekly_loss or beyond; it clears from the next week on"
    assert said(ask(f, latch="L2")) == [why]
    assert said(ask(f, latch="L2", rebase="yes")) == [why]


def test_the_floor_holds_while_equity_is_at_it():
    f = flying(flat_by=text("never"), min_account_equity=("micros", 9_900 * DOLLAR, ""))
    f.hold(10)
    f.mark(last=9_000)
    assert f.latched() == ["L2 account"]
    f.later(DWELL)
    assert said(ask(f, latch="L2")) == ["equity is still at or below min_account_equity"]
    f.flow(1_000 * DOLLAR)
    assert said(ask(f, latch="L2")) == [""]


# -- after a panic ---------------------------------------------------------------------------------


def test_what_trips_meanwhile_begins_the_clean_interval_anew():
    f = panicked(1)
    ask(f)
    f.wait(RESTART_STEP - NS)
    f.timeout("", "account")  # an incident, though nothing counts them
    f.wait(RESTART_STEP - 1)
    assert f.s.restart_scale == 250_000
    f.wait(1)
    assert f.s.restart_scale == 500_000


def test_a_latch_that_came_and_went_does_too():
    f = panicked(1)
    ask(f)
    f.wait(RESTART_STEP - 2 * DWELL)
    f.report("clock", "skewed")
    f.wait(DWELL)
    f.report("clock", "ok")
    assert f.latched() == []
    f.wait(RESTART_STEP - 1)
    assert f.s.restart_scale == 250_000
    f.wait(1)
    assert f.s.restart_scale == 500_000


def test_an_economic_event_does_not():
    f = panicked(1)
    ask(f)
    f.wait(RESTART_STEP - NS)
    f.report("event", "cpi")
    f.wait(NS)
    assert f.s.restart_scale == 500_000


# -- whose it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("second", ["governor", "ladder", "ben"])
def test_a_persons_latch_keeps_its_name(second):
    f = flying()
    set_latch(f.s, [], "L5", "account", "anna", "looks odd")
    assert not set_latch(f.s, [], "L5", "account", second, "again")
    assert f.s.latches["L5 account"].by == "anna"


def test_the_stricter_stays_and_so_does_the_name():
    f = flying()
    set_latch(f.s, [], "L4", "account", "anna", "cancel", "cancel_only")
    assert set_latch(f.s, [], "L4", "account", "governor", "flatten")
    held = f.s.latches["L4 account"]
    assert (held.by, held.positions) == ("anna", "flatten")
    assert not set_latch(f.s, [], "L4", "account", "ben", "cancel only", "cancel_only")
    assert f.s.latches["L4 account"].positions == "flatten"
