"""Fly a plan on the real machine: from the state folder to the landed governor, the operator's socket open
all the while."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from flyball.compose.assembly import Cockpit, Machine, Plan, assemble
from flyball.compose.places import KILL_FILE
from flyball.compose.scribe import Scribe
from flyball.kernel.units import NS
from flyball.machine.chance import OsRandom
from flyball.machine.clock import AsyncWakeup, PacedClock, RealClock, VirtualClock
from flyball.machine.disk import RealDisk
from flyball.machine.gauges import ThreadGauges
from flyball.machine.keeper import ThreadKeeper
from flyball.machine.killfile import KillFileWatch
from flyball.machine.spawn import RealSpawn
from flyball.machine.syncer import ThreadSyncer
from flyball.ports import Clock

MAX_PACE = 0  # as fast as it is decided
LANDING = 5 * NS  # real time: how long the checkpoint of a clean end is waited for


@dataclass
class Landed:
    """What a finished flight leaves to be told."""

    stopped: str
    records: int
    events: int
    recovered: int
    head: str
    state_hash: str
    book_hash: str
    notes: list[str]
    broken: str


def real_machine(
    folder: str, journal: str, emergency: str, pace_ppm: int, spawn: RealSpawn, servers: Sequence[str] = ()
) -> Machine:
    """The ports of this machine. `pace_ppm`: data time per real time in millionths, 0 = virtual time.
    `servers`: time servers to check its clock against."""
    syncer = ThreadSyncer()

    def clock(start: int) -> Clock:
        if pace_ppm == MAX_PACE:
            return VirtualClock(start)
        return PacedClock(start, pace_ppm / 1_000_000)

    return Machine(
        disk=RealDisk(folder),
        journal_disk=RealDisk(journal),
        emergency_disk=RealDisk(emergency),
        syncer=syncer,
        second=ThreadSyncer(),
        spawn=spawn,
        random=OsRandom(),
        wake=AsyncWakeup(),
        clock=clock,
        keeper=ThreadKeeper(),
        scribe=Scribe(spawn, journal),
        kill_file=KillFileWatch(f"{folder}/{KILL_FILE}"),
        gauges=None if pace_ppm == MAX_PACE else ThreadGauges(journal, servers, syncer.took),
    )


def live_clock(start: int) -> Clock:
    """The wall clock, for prices that come now."""
    return RealClock(start)


Plane = Callable[[Cockpit], Awaitable[Callable[[], Awaitable[None]]]]


async def fly(plan: Plan, machine: Machine, ready: Callable[[Cockpit], None], plane: Plane | None) -> Landed:
    """Assemble, open the operator plane, fly, land. Whatever happens, bots end and the journal is closed."""
    cockpit = await assemble(plan, machine)
    shut: Callable[[], Awaitable[None]] | None = None
    try:
        ready(cockpit)
        if plane is not None:
            shut = await plane(cockpit)
        await cockpit.flight.run()
        sequencer = cockpit.flight.sequencer
        missing = cockpit.checkpoint(LANDING)
        if missing:
            cockpit.notes.append(f"no checkpoint was left ({missing}): the next start replays a little")
        return Landed(
            cockpit.flight.stopping,
            cockpit.journal.head.seq,
            sequencer.events,
            cockpit.recovered,
            cockpit.head,
            cockpit.governor.state_hash(),
            cockpit.governor.book_hash(),
            cockpit.notes,
            sequencer.broken,
        )
    finally:
        if shut is not None:
            await shut()
        cockpit.close()
        machine.syncer.close()
        machine.keeper.close()
        if machine.gauges is not None:
            machine.gauges.close()
        if machine.kill_file is not None:
            machine.kill_file.close()
        if machine.second is not None:
            machine.second.close()


def run_to_end(main: Awaitable[Landed]) -> Landed:
    """Run a flight in an event loop of its own."""

    async def go() -> Landed:
        return await main

    return asyncio.run(go())
