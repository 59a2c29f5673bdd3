"""Clocks never go back, waits end at their time or when woken, and a wakeup comes through from any thread."""

import asyncio
import threading
import time

import pytest

from flyball.machine import clock as machine
from flyball.machine.chance import OsRandom
from flyball.machine.clock import AsyncWakeup, PacedClock, RealClock, VirtualClock
from flyball.ports import Clock, Random, Wakeup

MS = 1_000_000
NS = 1_000_000_000


def test_they_are_what_they_stand_for():
    clocks: tuple[Clock, ...] = (VirtualClock(5), RealClock(), PacedClock(0, 1))
    wakeup: Wakeup = AsyncWakeup()
    random: Random = OsRandom()
    assert [c.virtual for c in clocks] == [True, False, False]
    wakeup.set()
    assert len(random.token(16)) == 16


def test_tokens_are_not_repeated():
    assert len({OsRandom().token(16) for _ in range(1000)}) == 1000
    assert OsRandom().token(0) == b""


def test_virtual_time_jumps_and_never_back():
    async def main() -> list[int]:
        clock = VirtualClock(100)
        wake = AsyncWakeup()
        seen = [clock.now()]
        for ts in (150, 150, 120, 3600 * NS):
            await clock.until(ts, wake)
            seen.append(clock.now())
        return seen

    began = time.monotonic()
    assert asyncio.run(main()) == [100, 150, 150, 150, 3600 * NS]
    assert time.monotonic() - began < 60


def test_virtual_time_lets_others_have_a_turn_now_and_then():
    async def main() -> tuple[int, int]:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        clock = VirtualClock(0)
        for ts in range(6400):
            await clock.until(ts, AsyncWakeup())
        task.cancel()
        return turns, clock.now()

    turns, now = asyncio.run(main())
    assert now == 6399
    assert 90 <= turns <= 110


def test_with_nothing_due_virtual_time_waits_for_the_wakeup():
    async def main() -> int:
        clock = VirtualClock(7)
        wake = AsyncWakeup()
        threading.Timer(0.05, wake.set).start()
        await asyncio.wait_for(clock.until(None, wake), 5)
        return clock.now()

    assert asyncio.run(main()) == 7


def test_real_time_is_the_wall_clock():
    before = time.time_ns()
    now = RealClock().now()
    assert before <= now <= time.time_ns()


def test_real_time_stands_while_the_wall_clock_is_behind(monkeypatch):
    clock = RealClock()
    first = clock.now()
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3600 * NS)
    assert clock.now() >= first
    assert clock.now() == clock.now()
    monkeypatch.undo()
    assert clock.now() > first


def test_real_time_does_not_begin_before_the_journals_head():
    """The wall clock was stepped back while the governor was away."""
    ahead = time.time_ns() + 3600 * NS
    assert RealClock(ahead).now() == ahead


@pytest.mark.parametrize("make", [RealClock, lambda: PacedClock(0, 1)])
def test_a_wait_ends_at_its_time(make):
    async def main() -> tuple[float, int, int]:
        clock = make()
        due = clock.now() + 60 * MS
        began = time.monotonic()
        await clock.until(due, AsyncWakeup())
        took = time.monotonic() - began
        await clock.until(due - NS, AsyncWakeup())  # long past: at once
        return took, clock.now(), due

    took, now, due = asyncio.run(main())
    assert 0.05 < took < 5
    assert now >= due


@pytest.mark.parametrize("ts", [None, 10**19])
@pytest.mark.parametrize("make", [RealClock, lambda: PacedClock(0, 1)])
def test_a_wait_ends_when_woken_from_another_thread(make, ts):
    async def main() -> float:
        wake = AsyncWakeup()
        threading.Timer(0.05, wake.set).start()
        began = time.monotonic()
        await make().until(ts, wake)
        return time.monotonic() - began

    assert 0.04 < asyncio.run(main()) < 5


def test_a_long_wait_looks_at_the_wall_again(monkeypatch):
    """The wall clock is stepped forward an hour during the wait: the wait notices within a slice."""

    async def main() -> float:
        monkeypatch.setattr(machine, "SLICE_S", 0.05)
        clock = RealClock()
        due = clock.now() + 1800 * NS
        real = time.time_ns
        began = time.monotonic()
        waiting = asyncio.create_task(clock.until(due, AsyncWakeup()))
        await asyncio.sleep(0.02)
        monkeypatch.setattr(time, "time_ns", lambda: real() + 3600 * NS)
        await asyncio.wait_for(waiting, 5)
        return time.monotonic() - began

    assert asyncio.run(main()) < 5


def test_paced_time_runs_at_its_speed():
    async def main() -> tuple[int, int]:
        clock = PacedClock(1000 * NS, 600)
        assert 1000 * NS <= clock.now() < 1000 * NS + 600 * NS
        real = time.monotonic_ns()
        start = clock.now()
        await clock.until(start + 60 * NS, AsyncWakeup())  # a tenth of a second
        return time.monotonic_ns() - real, clock.now() - start

    real, paced = asyncio.run(main())
    assert 90 * MS < real < 5 * NS
    assert paced >= 60 * NS
    assert abs(paced / real - 600) < 60


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_that_is_none(speed):
    with pytest.raises(ValueError, match="must be above 0 and finite"):
        PacedClock(0, speed)


def test_a_wakeup_set_before_the_wait_and_after_the_loop():
    wake = AsyncWakeup()
    wake.set()

    async def main() -> None:
        await asyncio.wait_for(wake.wait(), 5)
        await asyncio.wait_for(wake.wait(), 5)  # it stays set
        wake.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wake.wait(), 0.02)
        wake.set()
        await asyncio.wait_for(wake.wait(), 5)

    asyncio.run(main())
    wake.set()  # nobody is there any more: no error


def test_no_wakeup_is_ever_lost():
    """A thread sets it after each thing it has made; the loop clears, looks, and waits again: it sees all
    of them.
    """
    made = 0

    async def main() -> int:
        nonlocal made
        wake = AsyncWakeup()

        def work() -> None:
            nonlocal made
            for _ in range(2000):
                made += 1
                wake.set()

        thread = threading.Thread(target=work)
        thread.start()
        seen = 0
        while seen < 2000:
            await asyncio.wait_for(wake.wait(), 10)
            wake.clear()
            seen = made
        thread.join()
        return seen

    assert asyncio.run(main()) == 2000
