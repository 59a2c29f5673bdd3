"""The whole runtime on simulated ports: in lock-step as on real ones, in real time to its end."""

from pathlib import Path

import pytest

from flyball.compose.assembly import Machine, Plan, assemble
from flyball.compose.fly import Landed, fly, run_to_end
from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.kernel.units import MINUTE, MS
from flyball.lab.sim.child import BotFaults
from flyball.lab.sim.clock import SimClock, SimWake, Wall
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.keeper import SimKeeper
from flyball.lab.sim.loop import Pipes, SimLoop
from flyball.lab.sim.scenario import Scenario, scenario
from flyball.lab.sim.spawn import SimSpawn
from flyball.lab.sim.syncer import SimSyncer
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.machine.clock import AsyncWakeup, VirtualClock
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce
from flyball.machine.spawn import RealSpawn
from flyball.machine.syncer import ThreadSyncer
from flyball.ports import Disk


def plan(s: Scenario, stop_at: int | None) -> Plan:
    return Plan(s.config, s.series, s.schedule, "sim", "drawn", s.begin, s.seed, stop_at, "/", None)


def simulated(world: World, disk: SimDisk, *, live: bool) -> tuple[Machine, SimLoop]:
    doom, pipes = Doom(), Pipes()
    wall = Wall(world)
    machine = Machine(
        disk=SimView(SimDisk(world, "account"), doom),
        journal_disk=SimView(disk, doom),
        emergency_disk=SimView(disk, doom),
        syncer=SimSyncer(world, doom),
        spawn=SimSpawn(world, doom, pipes, BotFaults(quick_ns=5 * MS)),
        random=world.draw("token"),
        wake=SimWake() if live else AsyncWakeup(),
        clock=lambda start: SimClock(wall, doom, start) if live else VirtualClock(start),
        keeper=SimKeeper(world, doom),
    )
    return machine, SimLoop(world, doom, pipes=pipes)


def records(disk: Disk) -> list[tuple[int, Record]]:
    return list(read(disk))


@pytest.mark.parametrize("seed", [3, 4])
def test_a_flight_in_lock_step_is_the_same_on_real_and_on_simulated_ports(seed: int, tmp_path: Path) -> None:
    s = scenario(seed)
    stop = s.begin + 40 * MINUTE
    spawn = RealSpawn()
    root = RealDisk(str(tmp_path))
    real = Machine(
        disk=root,
        journal_disk=root,
        emergency_disk=root,
        syncer=ThreadSyncer(),
        spawn=spawn,
        random=World(seed, s.begin).draw("token"),
        wake=AsyncWakeup(),
        clock=VirtualClock,
        keeper=AtOnce(),
    )
    try:
        theirs: Landed = run_to_end(fly(plan(s, stop), real, lambda _: None, None))
    finally:
        spawn.close()
    world = World(seed, s.begin)
    disk = SimDisk(world)
    machine, loop = simulated(world, disk, live=False)
    ours: Landed = loop.run(fly(plan(s, stop), machine, lambda _: None, None))
    assert ours.records == theirs.records > 100
    assert (ours.state_hash, ours.book_hash) == (theirs.state_hash, theirs.book_hash)
    assert records(SimView(disk, Doom())) == records(root)


def test_a_flight_in_real_time_ends_at_its_time_even_when_nothing_is_due_any_more() -> None:
    s = scenario(1)
    world = World(1, s.begin)
    machine, loop = simulated(world, SimDisk(world), live=True)
    stop = s.schedule[-1].close + 600 * MINUTE
    landed = loop.run(fly(plan(s, stop), machine, lambda _: None, None))
    assert landed.stopped == ""
    assert stop <= world.now < stop + MINUTE


def test_no_sync_runs_on_the_loops_thread() -> None:
    s = scenario(2)
    world = World(2, s.begin)
    disk = SimDisk(world)
    machine, loop = simulated(world, disk, live=True)
    flying: list[int] = []

    async def main() -> None:
        cockpit = await assemble(plan(s, s.end), machine)
        flying.append(disk.stood)
        await cockpit.flight.run()
        flying.append(disk.stood)
        assert cockpit.journal.head.seq > 200
        cockpit.close()

    loop.run(main())
    assert flying[0] == flying[1] < disk.stood
