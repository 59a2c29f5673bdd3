"""One governor flown for a while in a simulated world where nothing fails but what a test asks for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from flyball.broker.chaos import Chaos
from flyball.compose.assembly import Cockpit, Machine, Plan, assemble
from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.kernel.units import MINUTE
from flyball.lab.sim import operator
from flyball.lab.sim.clock import SimClock, SimWake, Wall
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.keeper import SimKeeper
from flyball.lab.sim.loop import Pipes, SimLoop
from flyball.lab.sim.operator import Handle
from flyball.lab.sim.scenario import Scenario, scenario
from flyball.lab.sim.spawn import SimSpawn
from flyball.lab.sim.syncer import SimSyncer
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.machine.clock import VirtualClock
from flyball.ports import Clock
from flyball.runtime.control import Control

BOTS = "flyball.lab.sim.bots"
Main = Callable[["Small", Handle], Awaitable[None]]


@dataclass
class Small:
    """A world with one governor. `kinds` are the broker's misbehaviours."""

    seed: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    lockstep: bool = False  # in virtual time, as the demo flies; the broker's time is then the governor's
    cockpit: Cockpit = field(init=False)

    def __post_init__(self) -> None:
        self.scenario: Scenario = scenario(self.seed)
        self.world = World(self.seed, self.scenario.begin)
        self.disks = {name: SimDisk(self.world, name) for name in ("journal", "emergency", "account")}
        self.chaos = Chaos(
            self.seed,
            self.kinds,
            begin=self.scenario.begin,
            hours=[(x.open, x.close) for x in self.scenario.schedule],
            by_hand={x.symbol: 20 for x in self.scenario.series},
            timeout=self.scenario.config.broker.paper.timeout,
            now=None if self.lockstep else lambda: self.world.now,
        )

    def fly(self, minutes: int, main: Main | None = None, bots: tuple[str, ...] = ()) -> list[Record]:
        """Fly from a minute before the first open; `main` acts at the socket meanwhile. The journal's
        records, in order. `bots`: other bots than the seed's."""
        doom, pipes = Doom(), Pipes()
        loop = SimLoop(self.world, doom, pipes=pipes, shuffle=Draw(self.seed, "loop"))
        loop.run(self._live(doom, pipes, self.scenario.begin + minutes * MINUTE, main, bots))
        return [record for _, record in read(SimView(self.disks["journal"], Doom()))]

    async def _live(
        self, doom: Doom, pipes: Pipes, until: int, main: Main | None, bots: tuple[str, ...]
    ) -> None:
        s = self.scenario
        config = s.config
        if bots:
            one = config.strategies[0]
            config = replace(
                config,
                strategies=tuple(
                    replace(
                        one, name=f"s{k}", bot=f"flyball.lab.sim.bots:{bot}", settings={"seed": self.seed + k}
                    )
                    for k, bot in enumerate(bots, 1)
                ),
            )
        plan = Plan(
            config=config,
            series=s.series,
            schedule=s.schedule,
            source="sim",
            label="drawn",
            begin=s.begin,
            seed=self.seed,
            stop_at=until,
            bot_folder="bots",
            bot_logs=None,
        )
        clock: Clock = SimClock(Wall(self.world), doom, s.begin)
        if self.lockstep:
            clock = VirtualClock(s.begin)
        machine = Machine(
            disk=SimView(self.disks["account"], Doom()),
            journal_disk=SimView(self.disks["journal"], doom),
            emergency_disk=SimView(self.disks["emergency"], doom),
            syncer=SimSyncer(self.world, doom),
            spawn=SimSpawn(self.world, doom, pipes),
            random=Draw(self.seed, "token"),
            wake=SimWake(),
            clock=lambda _: clock,
            wrap_broker=lambda broker: self.chaos.wrap(broker, now=clock.now, meet=doom.meet),
            keeper=SimKeeper(self.world, doom),
        )
        self.cockpit = await assemble(plan, machine)
        control = Control(
            self.cockpit.flight,
            operator.stored(),
            lambda: self.world.now,
            lambda _: None,
            compare=operator.verify,
        )
        acting = None if main is None else asyncio.ensure_future(main(self, control.handle))
        await self.cockpit.flight.run()
        if acting is not None:
            assert acting.done(), "the operator had not finished"
            acting.result()
        self.cockpit.close()
        machine.syncer.close()
        machine.keeper.close()
        assert self.cockpit.governor.fault == ""
