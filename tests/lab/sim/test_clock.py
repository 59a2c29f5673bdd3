"""The simulated clock: what the machine shows of true time, and a governor's clock that never goes back."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel.units import MS, NS
from flyball.lab.sim.clock import ClockFaults, SimClock, SimWake, Wall
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.loop import SimLoop
from flyball.lab.sim.world import World
from flyball.ports import Clock, Wakeup

START = 10**18

T = TypeVar("T")


def run(world: World, main: Coroutine[Any, Any, T], doom: Doom | None = None) -> T:
    return SimLoop(world, doom).run(main)


def wall(drift: int = 0, *steps: tuple[int, int]) -> Wall:
    """Steps as (seconds from the start, by seconds)."""
    faults = ClockFaults(drift, [(START + at * NS, by * NS) for at, by in steps])
    return Wall(World(1, START), faults)


def test_it_is_a_clock() -> None:
    port: Clock = SimClock(wall(), Doom())
    wake: Wakeup = SimWake()
    assert (port.virtual, port.now(), port.stretch(7)) == (False, START, 7)
    wake.set()


@pytest.mark.parametrize(
    ("drift", "steps", "at", "shown"),
    [
        (0, [], 100, 100),
        (100, [], 10_000, 10_001),
        (-100, [], 10_000, 9_999),
        (0, [(50, 5)], 49, 49),
        (0, [(50, 5)], 50, 55),
        (0, [(50, 5), (60, -20)], 70, 55),
        (1000, [(50, 5)], 100, 105.1),
    ],
)
def test_what_it_shows(drift: int, steps: list[tuple[int, int]], at: int, shown: float) -> None:
    assert wall(drift, *steps).reading(START + at * NS) == START + int(shown * NS)


STEPS = st.lists(st.tuples(st.integers(0, 200), st.integers(-60, 60)), max_size=5)


@given(st.integers(-300, 300), STEPS, st.integers(0, 100 * NS), st.integers(0, 300 * NS))
def test_a_time_is_reached_when_it_is_seen_and_not_before(
    drift: int, steps: list[tuple[int, int]], since: int, ahead: int
) -> None:
    """Somebody who looks at the wall at each second, or when it must be time, finds it then."""
    clock = wall(drift, *sorted(steps))
    began = START + since
    shown = clock.reading(began) + ahead
    seen = clock.reach(shown, began)
    assert seen >= began
    assert clock.reading(seen) >= shown
    looks = [began + k * NS for k in range((seen - began) // NS + 1) if began + k * NS < seen]
    assert all(clock.reading(at) < shown for at in looks)
    assert seen - began <= ahead + ahead // 1000 + 60 * NS * len(steps) + NS


def test_a_governors_clock_never_goes_back() -> None:
    clock = wall(0, (10, 30), (20, -100))
    ours = SimClock(clock, Doom())
    seen = []
    for second in (0, 9, 10, 19, 20, 80, 90, 91):
        clock.world.advance(START + second * NS)
        seen.append((ours.now() - START) // NS)
    assert seen == [0, 9, 40, 49, 50, 50, 50, 50] or seen == [0, 9, 40, 49, 49, 49, 49, 49]
    clock.world.advance(START + 120 * NS)
    assert ours.now() == START + 50 * NS
    assert SimClock(clock, Doom(), START + 77 * NS).now() == START + 77 * NS  # not before the journal's end


def test_a_wait_ends_at_its_time_of_the_machines_clock() -> None:
    for drift, true in (
        (0, 100 * NS),
        (200, 100 * NS * 10**6 // 1_000_200 + 1),
        (-200, 100 * NS * 10**6 // 999_800 + 1),
    ):
        clock = wall(drift)
        ours = SimClock(clock, Doom())

        async def main(ours: SimClock = ours) -> int:
            await ours.until(START + 100 * NS, SimWake())
            return ours.now()

        assert 0 <= run(clock.world, main()) - (START + 100 * NS) <= 1
        assert abs(clock.world.now - START - true) <= 2


def test_a_long_wait_notices_a_step_within_a_second() -> None:
    clock = wall(0, (500, 3600))
    ours = SimClock(clock, Doom())

    async def main() -> None:
        await ours.until(START + 1800 * NS, SimWake())

    run(clock.world, main())
    assert START + 500 * NS <= clock.world.now <= START + 501 * NS


def test_a_step_back_prolongs_a_wait() -> None:
    clock = wall(0, (5, -60))
    ours = SimClock(clock, Doom())

    async def main() -> None:
        await ours.until(START + 10 * NS, SimWake())

    run(clock.world, main())
    assert clock.world.now == START + 70 * NS


@pytest.mark.parametrize("ts", [None, START + 10**6 * NS])
def test_a_wait_ends_when_woken(ts: int | None) -> None:
    clock = wall()
    ours, wake = SimClock(clock, Doom()), SimWake()
    clock.world.at(START + 7 * MS, wake.set)

    async def main() -> int:
        await ours.until(ts, wake)
        first = clock.world.now
        await ours.until(ts, wake)  # the flag is still set
        assert clock.world.now == first
        return first

    assert run(clock.world, main()) == START + 7 * MS


def test_a_wait_is_not_ended_by_the_alarm_of_an_earlier_one() -> None:
    clock = wall()
    ours, wake = SimClock(clock, Doom()), SimWake()
    clock.world.at(START + 1 * NS, wake.set)

    async def main() -> list[int]:
        seen = []
        await ours.until(START + 5 * NS, wake)  # woken after one second
        seen.append(clock.world.now - START)
        wake.clear()
        await ours.until(START + 60 * NS, wake)
        seen.append(clock.world.now - START)
        await ours.until(START + 61 * NS, wake)
        seen.append(clock.world.now - START)
        return seen

    assert run(clock.world, main()) == [1 * NS, 60 * NS, 61 * NS]


def test_many_short_waits_leave_few_alarms_behind() -> None:
    clock = wall()
    ours, wake = SimClock(clock, Doom()), SimWake()

    async def main() -> int:
        for k in range(1000):
            clock.world.at(clock.world.now + MS, wake.set)
            await ours.until(START + 10**6 * NS + k, wake)
            wake.clear()
        return len(clock.world._heap)

    assert run(clock.world, main()) <= 2


def test_it_dies_in_a_wait_and_before_one() -> None:
    for points in (("await:1",), ()):
        clock = wall()
        doom = Doom(*points)
        ours = SimClock(clock, doom)
        clock.world.at(START + 3 * NS, doom.die)

        async def main(ours: SimClock = ours) -> None:
            await ours.until(START + 60 * NS, SimWake())

        with pytest.raises(Killed):
            run(clock.world, main(), doom)
        assert clock.world.now <= START + 3 * NS
        with pytest.raises(Killed):
            ours.now()


def test_quiet_keeps_what_it_is_off_by_and_adds_nothing() -> None:
    clock = wall(1000, (10, 5), (2000, 60))
    clock.world.advance(START + 1000 * NS)
    before = clock.reading(clock.world.now)
    clock.quiet()
    assert clock.reading(clock.world.now) == before == START + 1006 * NS
    assert clock.reading(START + 5000 * NS) == START + 5006 * NS


def test_a_pause_of_the_process_lets_the_world_go_on() -> None:
    clock = wall()
    doom = Doom()
    seen: list[int] = []
    clock.world.at(START + 20 * NS, lambda: seen.append(clock.world.now))
    stalls = [60 * NS]

    def stall(point: str) -> None:
        if point == "now" and stalls:
            clock.world.advance(clock.world.now + stalls.pop())

    doom.stall = stall
    ours = SimClock(clock, doom)
    assert ours.now() == START + 60 * NS
    assert seen == [START + 20 * NS]


def test_a_step_is_noticed_when_the_wall_is_looked_at_next() -> None:
    """Once a second, counted from the beginning of the wait."""
    faults = ClockFaults(0, [(START + 500 * NS + NS // 4, 3600 * NS)])
    clock = Wall(World(1, START), faults)
    assert clock.reach(START + 1800 * NS, START + NS // 2) == START + 500 * NS + NS // 2
    assert clock.reach(START + 1800 * NS, START) == START + 501 * NS


def test_a_short_wait_behind_a_long_one_ends_in_time() -> None:
    clock = wall()
    ours, wake = SimClock(clock, Doom()), SimWake()
    clock.world.at(START + NS, wake.set)

    async def main() -> int:
        await ours.until(START + 3600 * NS, wake)  # its alarm stays where it is
        wake.clear()
        await ours.until(START + 2 * NS, wake)
        return clock.world.now

    assert run(clock.world, main()) == START + 2 * NS
