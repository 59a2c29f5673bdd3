"""L6: N incidents in a window halt; it re-arms after half an hour of quiet, three times a day, and never
while anything is in doubt."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert
from flyball.kernel.latches import COOLDOWN, DWELL
from tests.kernel.hand import BUY, NS, SELL, flying, ns, of, text

MINUTE = 60 * NS
WINDOW = 5 * MINUTE


def fly(n: int = 3, **limits: Any) -> Any:
    return flying(flat_by=text("never"), **{"incident_errors": n, "incident_window": ns(WINDOW), **limits})


def fail(f: Any, times: int = 1, gap: int = 0, strategy: str = "") -> None:
    for _ in range(times):
        f.wait(gap)
        if strategy:
            f.update(f.order(BUY, 1, 9_000, strategy=strategy), "REJECTED")
        else:
            f.timeout("", "account")


@pytest.mark.parametrize(("n", "held"), [(2, False), (3, True)])
def test_so_many_halt(n, held):
    f = fly()
    fail(f, n)
    assert f.latched() == (["L6 account"] if held else [])


@pytest.mark.parametrize(("gap", "held"), [(WINDOW // 2 - 1, True), (WINDOW // 2, False)])
def test_only_within_the_window(gap, held):
    f = fly()
    fail(f, 3, gap)
    assert f.latched() == (["L6 account"] if held else [])


def test_not_set_is_never():
    f = flying(flat_by=text("never"))
    fail(f, 50)
    assert f.latched() == []


def test_what_counts():
    f = fly(n=4)
    f.update(f.order(BUY, 1, 9_000), "REJECTED")
    fail(f)
    f.account(cash=0)
    f.account(cash=0)  # a difference, journaled once it was seen twice
    assert f.latched() == ["L7 account"]
    fail(f)
    assert f.latched() == ["L6 account", "L7 account"]


def test_a_reject_that_is_told_twice_counts_once():
    f = fly(n=2)
    order = f.order(BUY, 1, 9_000)
    f.update(order, "REJECTED")
    f.update(order, "REJECTED")
    assert f.latched() == []


def test_incidents_of_one_strategy_halt_that_one():
    f = fly()
    fail(f, 3, strategy="s")
    assert f.latched() == ["L6 strategy:s"]
    assert f.would(BUY, 1).codes == ("LATCH_L6",)
    assert f.would(BUY, 1, strategy="other").codes == ()


def test_of_several_the_account():
    f = fly()
    fail(f, 2, strategy="s")
    fail(f, 1)
    assert f.latched() == ["L6 account"]


def test_exits_are_allowed():
    f = fly()
    f.hold(5)
    fail(f, 3)
    assert f.would(SELL, 5).verdict == "approve"


def test_it_rearms_after_half_an_hour_of_quiet():
    f = fly()
    fail(f, 3)
    f.wait(COOLDOWN - 1)
    assert f.latched() == ["L6 account"]
    f.wait(1)
    assert f.latched() == []


def test_an_incident_meanwhile_begins_the_time_anew():
    f = fly()
    fail(f, 3)
    fail(f, 1, 20 * MINUTE)
    f.wait(COOLDOWN - 1)
    assert f.latched() == ["L6 account"]
    f.wait(1)
    assert f.latched() == []


def test_not_while_anything_is_in_doubt():
    f = fly()
    fail(f, 3)
    f.report("clock", "skewed")
    f.wait(10 * COOLDOWN)
    assert f.latched() == ["L6 account", "L7 account"]
    f.report("clock", "ok")
    assert f.latched() == ["L6 account"]
    f.wait(1)
    assert f.latched() == [], "healthy, and quiet for long enough"


def test_three_times_a_day_then_an_operator():
    f = fly()
    for _ in range(3):
        fail(f, 3)
        f.wait(COOLDOWN)
        assert f.latched() == []
    fail(f, 3)
    f.wait(24 * 60 * MINUTE)
    assert f.latched() == ["L6 account"]
    f.command("clear", "secret", latch="L6", reason="the line was cut; repaired")
    assert f.latched() == []


def test_the_third_of_two_at_once_is_left_to_an_operator():
    f = fly()
    f.s.brakes.rearms = 2
    fail(f, 3, strategy="s")
    fail(f, 3)
    assert f.latched() == ["L6 account", "L6 strategy:s"]
    f.wait(COOLDOWN)
    assert len(f.latched()) == 1
    assert [a.alert for _, e in f.journal for a in of(e, Alert) if a.alert == "l6_operator"] == [
        "l6_operator"
    ]
    f.wait(24 * 60 * MINUTE)
    assert len(f.latched()) == 1


def test_a_new_day_counts_anew():
    f = fly()
    f.s.brakes.rearms = 3
    f.next_day()
    fail(f, 3)
    f.wait(COOLDOWN)
    assert f.latched() == []


def test_performance_halts_and_never_rearms():
    f = fly()
    f.report("performance", "sharpe", "strategy:s")
    f.report("performance", "ok", "strategy:s")
    f.wait(24 * 60 * MINUTE)
    assert f.latched() == ["L6 strategy:s"]
    f.command("clear", "secret", latch="L6", scope="strategy:s", reason="reviewed")
    assert f.latched() == []


def test_an_operator_may_clear_it_after_its_dwell():
    f = fly()
    fail(f, 3)
    f.later(DWELL).command("clear", "secret", latch="L6", reason="known")
    assert f.latched() == []
    f.wait(2 * COOLDOWN)
    assert f.latched() == []


def test_a_restart_keeps_count_and_latch():
    f = fly()
    fail(f, 2)
    f.reborn()
    fail(f, 1)
    assert f.latched() == ["L6 account"]
    f.reborn()
    f.wait(COOLDOWN - 1)
    assert f.latched() == ["L6 account"]


def test_a_restart_keeps_how_often_it_rearmed():
    f = fly()
    for _ in range(3):
        fail(f, 3)
        f.wait(COOLDOWN)
    f.reborn()
    fail(f, 3)
    f.wait(24 * 60 * MINUTE)
    assert f.latched() == ["L6 account"]
