"""The sensors put together: what one look at a real machine says, and what a kernel makes of it."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flyball.kernel.effects import LatchChange
from flyball.kernel.events import Event, Report
from flyball.kernel.governor import Governor
from flyball.kernel.state import State
from flyball.kernel.units import MINUTE, NS
from flyball.machine.clock import RealClock, VirtualClock
from flyball.machine.gauges import ThreadGauges
from flyball.ports import Hours
from flyball.sensors import watch as put_together
from flyball.sensors.board import BAD, OK, Board
from flyball.sensors.calendar import EDGE, Agreement
from flyball.sensors.feed import FeedAge
from flyball.sensors.latency import Latency
from flyball.sensors.watch import Live, Scheduled, held
from tests.kernel.hand import flying, of
from tests.machine.test_ntp import server
from tests.runtime.live import live

FLYBALL = str(Path(sys.executable).with_name("flyball"))


def board_of(state: State, *, is_live: bool = True) -> Board:
    return Board(lambda what, scope: held(state, what, scope), trips_unknown=is_live)


def until(take: Callable[[], list[Event]], wanted: Callable[[Report], bool]) -> Report:
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        for one in take():
            if isinstance(one, Report) and wanted(one):
                return one
        time.sleep(0.02)
    raise AssertionError("nothing was said")


def test_a_clock_that_a_time_server_calls_wrong_latches_and_a_good_word_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    f: Any = flying()
    g: Governor = f.g
    monkeypatch.setattr(put_together, "LOOK", 0)
    clock = RealClock()
    with server(400_000_000) as where:
        gauges = ThreadGauges(str(tmp_path), (where,), every_s=0.05)
        try:
            one = Live(g.state, clock, board_of(g.state), gauges=gauges, latency=None, bots=())
            bad = until(lambda: one.take(clock.now()), lambda r: r.what == "clock")
        finally:
            gauges.close()
    assert (bad.value, bad.scope) == (BAD, "account")
    assert "s, within" in bad.detail
    f.now += NS
    effects = f.feed(Report(f.now, bad.what, bad.value, bad.source, bad.detail, bad.scope))
    assert [(c.latch, c.action) for c in of(effects, LatchChange)] == [("L7", "set")]
    assert f.ask(1, 1).codes[0] == "LATCH_L7"
    assert held(g.state, "clock", "account")
    assert not held(g.state, "calendar", "account")


def test_whoever_cannot_tell_latches_in_live_mode_alone():
    for is_live, latched in ((True, ["L7 account"]), (False, [])):
        f: Any = flying()
        clock = RealClock()
        one = Live(f.s, clock, board_of(f.s, is_live=is_live), gauges=_Mute(), latency=None, bots=())
        one._offset._sure -= 2 * 60 * MINUTE  # it has been silent since long before
        for said in one.take(clock.now()):
            assert isinstance(said, Report)
            f.feed(Report(f.now, said.what, said.value, said.source, said.detail, said.scope))
        assert f.latched() == latched


class _Mute:
    """Gauges that have never finished a look."""

    def latest(self) -> None:
        return None

    def close(self) -> None: ...


class _Broker:
    """A broker that closes when it says."""

    def __init__(self, closes: int) -> None:
        self.closes = closes
        self.asked: list[int] = []

    def hours(self, now: int) -> Hours:
        self.asked.append(now)
        return Hours(now, now, True, 0, self.closes)


def scheduled(f: Any, broker: object) -> Scheduled:
    clock = VirtualClock(f.now)
    board = board_of(f.s)
    agreement = Agreement([f.s.day.open], f.now, closes=True)
    return Scheduled(f.s, clock, board, FeedAge(f.s, board, {}), broker, agreement)


def test_in_virtual_time_the_calendar_is_compared_once_a_session():
    f: Any = flying()
    broker = _Broker(f.s.day.close)
    one = scheduled(f, broker)
    at = f.s.day.open + EDGE + 1
    due = one.next_due()
    assert due is not None
    assert due <= at
    assert one.take(at) == []
    assert broker.asked == [at]
    one.take(at + MINUTE)
    assert broker.asked == [at]


def test_a_half_day_that_our_table_has_missed_stops_what_adds():
    f: Any = flying()
    one = scheduled(f, _Broker(f.s.day.close - 180 * MINUTE))
    f.now = f.s.day.open + EDGE + 1
    said = [e for e in one.take(f.now) if isinstance(e, Report)]
    assert [(r.what, r.value) for r in said] == [("calendar", BAD)]
    f.feed(said[0])
    f.mark(last=10_000)
    assert f.ask(1, 1).codes[0] == "LATCH_L7"


def test_a_broker_that_tells_no_time_is_not_asked():
    f: Any = flying()
    one = scheduled(f, object())
    assert one._calendar_due() is None


def test_slow_decisions_are_said_with_the_configured_limit():
    f: Any = flying()
    latency, clock = Latency(), RealClock()
    latency.note(100, f.s.limits.latency_limit + 1)
    one = Live(f.s, clock, board_of(f.s), gauges=_Mute(), latency=latency, bots=())
    said = [e for e in one.take(clock.now()) if isinstance(e, Report)]
    assert [(r.what, r.value) for r in said] == [("latency", BAD)]
    f.feed(Report(f.now, *[getattr(said[0], x) for x in ("what", "value", "source", "detail", "scope")]))
    assert f.latched() == ["L8 account"]


class _Owing:
    """A host whose bot has owed an answer for a minute."""

    strategy = "mine"
    started = True
    ended = ""

    def __init__(self, since: int) -> None:
        self.since = since

    def waits_since(self) -> int:
        return self.since


def test_a_look_after_a_standstill_waits_until_the_bots_were_read():
    f: Any = flying()
    clock = RealClock()
    begun = clock.now()
    one = Live(f.s, clock, board_of(f.s), gauges=_Mute(), latency=None, bots=[_Owing(begun)])
    one.take(begun)
    back = begun + 60 * NS
    assert one.take(back) == []
    later = [e for e in one.take(back + NS) if isinstance(e, Report) and e.what == "bot"]
    assert [r.value for r in later] == [BAD]  # it owes it still


def test_a_spinning_bot_is_found_and_the_command_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alive, at work, and silent: a real process that never answers again."""
    monkeypatch.setattr(put_together, "LONGEST", NS)

    async def main() -> None:
        bots = {"steady": "Steady", "spins": 'Misbehaves?how = "spins"'}
        async with live(tmp_path, bots, pace=20) as flying:
            reports = await flying.until(lambda: [r for r in flying.of(Report) if r.what == "bot"])
            assert {(r.scope, r.value) for r in reports} == {("strategy:spins", BAD)}
            assert "L10 strategy:spins" in flying.cockpit.governor.state.latches
            done = await asyncio.to_thread(_sensors, tmp_path, "--json")
            rows = {(r["sensor"], r["scope"]): r for r in json.loads(done.stdout)["data"]["sensors"]}
            assert done.returncode == 1
            assert rows[("bot", "strategy:spins")]["state"] == BAD
            assert rows[("bot", "strategy:steady")]["state"] == OK
            assert {"clock", "disk", "latency", "reconcile", "calendar", "loop"} <= {s for s, _ in rows}
            assert rows[("calendar", "account")]["state"] == OK
            text = (await asyncio.to_thread(_sensors, tmp_path)).stdout
            assert "bot spins" in text.splitlines()[2]  # what is not ok comes first
            assert "alive, and has not answered" in text

    asyncio.run(main())
    assert _sensors(tmp_path).returncode == 3  # nobody is there any more


def _sensors(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    command = [FLYBALL, "sensors", "--dir", str(folder), *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
