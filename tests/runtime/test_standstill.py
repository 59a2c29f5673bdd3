"""The loop notices that it stood still, whatever the wall clock did; and a process that is really stopped
acts on nothing of before.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event as Flag

import pytest

from flyball.journal.replay import read
from flyball.kernel.effects import AskAccount, Order
from flyball.kernel.events import Account, NotSent, Report, Sent
from flyball.kernel.units import NS
from flyball.lab.around import Around
from flyball.machine.clock import PacedClock, VirtualClock
from flyball.machine.disk import RealDisk
from flyball.ports import File
from flyball.runtime.outbox import Outbox
from flyball.runtime.standstill import LONGEST, Standstill
from tests.runtime.live import live

STEADY = {"steady": "Steady"}


class Hands:
    """A clock whose steady time is moved by hand."""

    virtual = False

    def __init__(self, speed: int = 1) -> None:
        self.mono = self.boot = 1_000 * NS
        self.speed = speed

    def now(self) -> int:
        return 0

    def stretch(self, ns: int) -> int:
        return ns * self.speed

    def steady(self) -> tuple[int, int]:
        return self.mono, self.boot

    def moves(self, awake: int, asleep: int = 0) -> None:
        self.mono += awake
        self.boot += awake + asleep


@pytest.mark.parametrize(
    ("awake", "asleep", "allowed", "gap"),
    [
        (0, 0, 0, 0),
        (LONGEST, 0, 0, 0),
        (LONGEST + 1, 0, 0, LONGEST + 1),
        (60 * NS, 0, 60 * NS, 0),  # it was to wait that long
        (60 * NS, 0, 54 * NS, 6 * NS),
        (NS, LONGEST, NS, 0),
        (NS, LONGEST + 1, NS, LONGEST + 1),
        (NS, LONGEST + 1, 60 * NS, LONGEST + 1),  # a sleep counts, however long the wait was to be
        (NS, 0, -5 * NS, 0),  # what was due already is no licence to be late
        (LONGEST + 1, 0, -5 * NS, LONGEST + 1),
    ],
)
def test_what_took_longer_than_it_was_to_is_a_gap(awake: int, asleep: int, allowed: int, gap: int) -> None:
    clock = Hands()
    one = Standstill(clock)  # type: ignore[arg-type]
    assert one.look(0) is None
    clock.moves(awake, asleep)
    found = one.look(7, allowed)
    assert (found.ns if found else 0) == gap
    if found:
        assert (one.last, one.last_at, one.count) == (found, 7, 1)
        assert ("slept" in str(found)) == (asleep > LONGEST)
    assert one.look(8) is None  # every look is the beginning of the next


def test_a_paced_clock_waits_in_the_time_of_its_data():
    clock = Hands(speed=60)
    one = Standstill(clock)  # type: ignore[arg-type]
    one.look(0)
    clock.moves(10 * NS)
    assert one.look(0, 600 * NS) is None  # ten minutes of data
    clock.moves(10 * NS)
    found = one.look(0, 0)
    assert found is not None
    assert found.ns == 600 * NS


def test_in_virtual_time_nothing_stands_still():
    clock = VirtualClock(0)
    one = Standstill(clock)
    one.look(0)
    clock._now = 3_600 * NS
    assert one.look(0) is None


def test_no_step_of_the_wall_clock_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Standstill(PacedClock(0, 1.0))
    one.look(0)
    monkeypatch.setattr(time, "time_ns", lambda: 1 << 62)
    assert one.look(0) is None


def test_what_waits_for_the_disk_when_it_happens_does_not_leave(tmp_path: Path) -> None:
    """Approved, written, not durable yet: stopped there, and durable when it goes on."""
    hangs, stopped, go = Flag(), Flag(), Flag()
    outboxes: list[Outbox] = []

    def sync(file: File) -> None:
        if hangs.is_set() and outboxes[0].waiting:
            stopped.set()
            go.wait(10)
        file.sync()

    async def main() -> None:
        async with live(tmp_path, STEADY, pace=4, around=Around(sync=sync)) as flying:
            await flying.until(lambda: len(flying.of(Sent)) > 2)
            flight = flying.cockpit.flight
            steady, moved = flight.clock.steady, 0

            def moves() -> tuple[int, int]:
                mono, boot = steady()
                return mono + moved, boot + moved

            flight.clock.steady = moves  # type: ignore[method-assign]
            outboxes.append(flight.outbox)
            hangs.set()
            await flying.until(stopped.is_set)
            waited = [order.client_id for order, _ in flight.outbox.waiting]
            assert waited
            moved = 6 * NS  # no await in between: the loop has not looked
            hangs.clear()
            go.set()
            await flying.until(lambda: any(r.what == "loop" for r in flying.of(Report)))
            await flying.until(lambda: len(flying.of(NotSent)) >= len(waited))
            whys = {n.client_id: n.why for n in flying.of(NotSent)}
            assert {whys.get(one) for one in waited} == {"ACCOUNT_UNKNOWN"}
            sent = [one.what.client_id for one in flying.sent if isinstance(one.what, Order)]
            assert not set(waited) & set(sent)
            # and it goes on once the account was compared
            before = len(flying.of(Sent))
            await flying.until(lambda: len(flying.of(Sent)) > before)
            assert not flying.cockpit.governor.state.unsure

    asyncio.run(main())


def test_what_came_meanwhile_is_heard_behind_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, STEADY, pace=4) as flying:
            await flying.until(lambda: flying.of(Sent))
            flight = flying.cockpit.flight
            steady = flight.clock.steady

            def moves() -> tuple[int, int]:
                mono, boot = steady()
                return mono + 6 * NS, boot + 6 * NS

            flight.clock.steady = moves  # type: ignore[method-assign]
            flight.submit(Report(flying.now(), "model", "ok", "test", "came meanwhile", "strategy:steady"))
            await flying.until(lambda: any(r.what == "model" for r in flying.of(Report)))
            heard = [r.what for r in flying.of(Report) if r.what in ("loop", "model")]
            assert heard == ["loop", "model"]

    asyncio.run(main())


FLY = """
import asyncio, sys
from pathlib import Path
from tests.runtime.live import live

async def main():
    async with live(Path(sys.argv[1]), {"steady": "Steady"}, pace=4) as flying:
        await flying.until(lambda: len(flying.of(__import__("flyball.kernel.events").kernel.events.Sent)) > 2)
        print("trades", flush=True)
        await asyncio.sleep(30)

asyncio.run(main())
"""


def test_a_governor_that_is_really_stopped_compares_before_it_adds(tmp_path: Path) -> None:
    """SIGSTOP, longer than five seconds, SIGCONT: the first thing it hears is that it stood still."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FLY, str(tmp_path)]
    governor = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert governor.stdout is not None
        assert governor.stdout.readline() == "trades\n"
        os.kill(governor.pid, signal.SIGSTOP)
        time.sleep(LONGEST / NS + 0.7)
        os.kill(governor.pid, signal.SIGCONT)
        records = _until_trading_again(tmp_path)
    finally:
        governor.kill()
        governor.communicate()
    at = next(i for i, r in enumerate(records) if isinstance(r, Report) and r.what == "loop")
    gap = records[at]
    assert isinstance(gap, Report)
    assert gap.value == "gap"
    assert "stood still for" in gap.detail
    assert gap.ts - records[at - 1].ts > LONGEST, "something came before it"  # type: ignore[attr-defined]
    asked = next(r for r in records[at:] if isinstance(r, AskAccount))
    answered = next(i for i, r in enumerate(records) if isinstance(r, Account) and r.ask == asked.ask)
    between = records[at:answered]
    assert not [r for r in between if isinstance(r, Order) and r.adds], json.dumps([str(r) for r in between])
    adds = {r.client_id for r in records if isinstance(r, Order) and r.adds}
    assert not [r for r in between if isinstance(r, Sent) and r.client_id in adds]


def _until_trading_again(folder: Path) -> list[object]:
    limit = time.monotonic() + 12
    while time.monotonic() < limit:
        time.sleep(0.3)
        records = [record for _, record in read(RealDisk(str(folder / "journal")))]
        at = next((i for i, r in enumerate(records) if isinstance(r, Report) and r.what == "loop"), None)
        if at is not None and any(isinstance(r, Order) and r.adds for r in records[at:]):
            return list(records)
    raise AssertionError("it did not trade again")
