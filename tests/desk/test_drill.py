"""The drill: nothing without one, everything armed trips under every profile, and a brake that was cut is
found.
"""

import re
from typing import Any

import pytest

from flyball.api.armed import ARMED, OFF, UNREACHABLE, WARMING, armed
from flyball.config.load import load
from flyball.config.profiles import PROFILES
from flyball.desk.drill import NOT_TRIPPED, OK, NothingToDrill, drill, drill_json, drills_of, tripped_all
from flyball.desk.drill_checks import CHECKS, OTHERS
from flyball.desk.drill_latches import TRIGGERS, tripped
from flyball.desk.drill_limits import LIMITS
from flyball.desk.drill_scratch import Scratch
from flyball.desk.drill_try import Drill
from flyball.kernel import latches
from flyball.kernel.controls import METAS
from flyball.kernel.events import Account, Config, Epoch, Event, Feed, Mark, Session
from flyball.kernel.governor import VERSION, Governor
from flyball.kernel.latches import TABLE
from flyball.kernel.limits import KEYS
from flyball.kernel.state import State
from flyball.kernel.verdict import Verdict
from flyball.kernel.words import CODES
from tests.kernel.flight import AAA, BBB, COIN, DOLLAR, NS, START
from tests.kernel.hand import BUY, Hand, flying, ppm, usd

CODE = re.compile(r"[A-Z]+_[A-Za-z0-9_]+")

EVERYTHING = """profile = "standard"
[account]
equity = "$100,000"
[session]
flat_by = "close"
on_close = "yes"
[limits]
max_order_qty = 400
max_at_risk = "40%"
fee_rate = "1 bps"
message_rate = 9
reject_rate = 3
restricted = ["GME"]
[latches]
clear_approvers = 2
deadman_flatten_after = "5 min"
event_exempt = ["maker"]
max_executions_unreviewed = 3
[limits.symbol.AAA]
max_order_notional = "$4,000"
max_daily_loss = "$90"
max_quote_age = "10 s"
[limits.strategy.careful]
max_daily_loss = "$50"
on_excess = "refuse"
[strategy.careful]
bot = "bot.py:Bot"
"""


def state(text: str, *, carries: tuple[str, ...] = ("last",), equity: int = 100_000 * DOLLAR) -> State:
    """A governor's state under a flyball.toml, with three instruments of very different units."""
    config = load(text)
    g = Governor()
    events: list[Event] = [
        Epoch(START, 1, VERSION, 1, "T", "paper", "paper", "paper:test", config.config_hash, ""),
        Config(START, "start", "", config.profile, config.values),
        AAA,
        BBB,
        COIN,
        Feed(START, "test", carries, "test"),
        Account(START, 0, equity, equity, equity, (), ()),
        Session(START, "XNYS", 20260102, START, START + 390 * 60 * NS),
        Mark(START, "AAA", 0, 0, 10_000, 0, 0, "test", 1),
        Mark(START, "BBB", 0, 0, 250_000, 0, 0, "test", 2),
        Mark(START, "COIN", 0, 0, 6_000_000_000_000, 0, 0, "test", 3),
    ]
    for event in events:
        g.step(event)
    assert not g.fault
    return g.state


@pytest.fixture(scope="module")
def everything() -> State:
    """Every key of the kernel set, also for one symbol and one strategy, on a feed with quotes."""
    return state(EVERYTHING, carries=("bid", "ask", "last"))


def every_drill() -> list[Drill]:
    tables = (*LIMITS.values(), *CHECKS.values(), *OTHERS.values())
    return [one for drills in tables for one in drills]


def test_every_key_and_every_check_has_a_drill() -> None:
    keys = {key.name for key in KEYS}
    assert set(LIMITS) == keys
    assert set(CHECKS) == {meta.key.partition(".")[0] for meta in METAS} - keys
    assert all(one.expect for one in every_drill())


def test_every_latch_has_a_drill() -> None:
    assert {t.latch for t in TRIGGERS} == set(TABLE)


def test_every_code_is_expected_by_some_drill() -> None:
    expected = {code for one in every_drill() for code in CODE.findall(one.expect)}
    expected |= {f"LATCH_{t.latch}" for t in TRIGGERS}
    assert set(CODES) - expected == set()


@pytest.mark.parametrize("profile", PROFILES)
def test_everything_armed_trips_under_every_profile(profile: str) -> None:
    s = state(f'profile = "{profile}"\n[account]\nequity = "$100,000"\n')
    before = Governor(s).state_hash()
    rows = drill(s)
    assert [row for row in rows if row.result == NOT_TRIPPED] == []
    assert tripped_all(rows)
    assert Governor(s).state_hash() == before, "the state itself was touched"
    shown = {row.key for row in rows}
    assert {one.key for one in armed(s)} <= shown
    for one in armed(s):
        results = {row.result for row in rows if row.key == one.key}
        assert results == ({OK} if one.state in (ARMED, WARMING) else {one.state}), one


def test_everything_there_is_trips(everything: State) -> None:
    rows = drill(everything)
    assert [row for row in rows if row.result == NOT_TRIPPED] == []
    assert [row for row in rows if row.result == OFF] == []
    unread = {row.key for row in rows if row.result == UNREACHABLE}
    assert unread == {one.key for one in armed(everything) if one.state == UNREACHABLE}
    assert len([row for row in rows if row.result == OK]) > 90
    of_symbol = [row for row in rows if row.key == "limits.symbol.AAA.max_order_notional"]
    assert [row.tried for row in of_symbol] == ["buy 40 AAA, one lot less passes it"]
    assert drill_json(rows)["ok"] is True


def test_a_poor_account_and_a_latched_one_are_drilled_as_well() -> None:
    """What is held, owed, latched or lost now does not keep a brake from being tried."""
    poor = state('profile = "micro"\n[account]\nequity = "$2,000"\n', equity=40 * DOLLAR)
    assert tripped_all(drill(poor))
    f: Hand = flying(max_daily_loss=usd(100), max_order_notional=usd(5_000), stress_floor=ppm(1))
    f.hold(50)
    f.order(BUY, 3, 9_000)
    f.mark(last=9_000)
    f.command("panic")
    assert f.latched() == ["L1 account", "L4 account"]
    rows = drill(f.s)
    assert [row for row in rows if row.result == NOT_TRIPPED] == []


def test_a_control_without_a_drill_did_not_trip(everything: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LIMITS, "max_gross")
    rows = [row for row in drill(everything) if row.key == "limits.max_gross"]
    assert [(row.result, row.came) for row in rows] == [(NOT_TRIPPED, "there is no drill for it")]


def test_nothing_is_drilled_before_there_is_a_configuration() -> None:
    with pytest.raises(NothingToDrill):
        drill(State())


def mute(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Nothing ever says this code."""
    cap, refuse, forbid = Verdict.cap, Verdict.refuse, Verdict.forbid

    def quiet_cap(v: Verdict, said: str, value: int, limit: int, room: int) -> None:
        cap(v, said, value, -1 if said == code else limit, room)

    def quiet_refuse(v: Verdict, said: str, bad: bool, value: int, limit: int) -> None:
        refuse(v, said, bad and said != code, value, limit)

    def quiet_forbid(v: Verdict, said: str, bad: bool, value: int = -1, limit: int = -1) -> None:
        forbid(v, said, bad and said != code, value, limit)

    monkeypatch.setattr(Verdict, "cap", quiet_cap)
    monkeypatch.setattr(Verdict, "refuse", quiet_refuse)
    monkeypatch.setattr(Verdict, "forbid", quiet_forbid)


SPOKEN = sorted({code for meta in METAS for code in meta.codes})


@pytest.mark.parametrize("code", SPOKEN)
def test_a_brake_that_says_nothing_is_found(
    everything: State, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    found = [one for one in every_drill() if code in CODE.findall(one.expect)]
    assert found
    mute(monkeypatch, code)
    for one in found:
        again = Scratch(everything)
        if code in ("LOSS_STRATEGY", "LOSS_SYMBOL"):
            again.aim("strategy:careful" if code == "LOSS_STRATEGY" else "symbol:AAA")
        assert not one.run(again).ok, one


@pytest.mark.parametrize("latch", sorted(TABLE))
def test_a_latch_that_is_never_set_is_found(
    everything: State, monkeypatch: pytest.MonkeyPatch, latch: str
) -> None:
    real = latches.set_latch

    def deaf(s: State, out: Any, which: str, *rest: Any, **more: Any) -> bool:
        return which != latch and real(s, out, which, *rest, **more)

    setting = ("apply", "commands", "governor", "ladder", "lifecycle", "owed", "triggers", "truth")
    for module in (*setting, "incidents", "runaway", "watching"):
        monkeypatch.setattr(f"flyball.kernel.{module}.set_latch", deaf)
    for t in TRIGGERS:
        if t.latch == latch:
            assert not tripped(t, Scratch(everything)).ok, t.what


def test_a_latch_that_lets_adds_through_is_found(everything: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flyball.kernel.controls.latch.forbids_adding", lambda *_: "")
    assert not any(tripped(t, Scratch(everything)).ok for t in TRIGGERS if not TABLE[t.latch].scaled)


def test_the_drills_of_a_key_are_those_of_its_last_part(everything: State) -> None:
    found = {one.key: drills_of(one) for one in armed(everything)}
    assert found["limits.symbol.AAA.max_order_notional"] == LIMITS["max_order_notional"]
    assert found["session.flat_by"] == LIMITS["flat_by"]
