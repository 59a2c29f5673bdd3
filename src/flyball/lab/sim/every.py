"""Death at every write and every send of a small scenario, one after the other, none left out.

The scenario is flown in lock-step, as a backtest is, so that a run which was killed and went on has to come
to the very books of the one that was not (P8); the judge watches all the while. Where the power goes as well,
what was not synced may be lost, and with it the equality: such deaths are flown live (`run.Run`, its `at`),
and the judge alone decides.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from flyball.compose.assembly import Cockpit, Machine, Plan, assemble
from flyball.journal.codec import Record
from flyball.journal.emergency import EmergencyLog
from flyball.journal.errors import JournalError
from flyball.journal.replay import read
from flyball.kernel.canon import digest
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Account, Answer, Event
from flyball.kernel.governor import Governor
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.lab.sim.button import button
from flyball.lab.sim.clock import SimWake
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.faults import swarm
from flyball.lab.sim.keeper import SimKeeper
from flyball.lab.sim.loop import Pipes, SimLoop
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.judge import Judge
from flyball.lab.sim.promises.witness import Witness
from flyball.lab.sim.run import Run
from flyball.lab.sim.scenario import Scenario, scenario
from flyball.lab.sim.spawn import SimSpawn
from flyball.lab.sim.syncer import SimSyncer
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.machine.clock import VirtualClock
from flyball.ports import Broker, Source
from flyball.runtime.sequencer import Taken

POINTS: Final = ("write", "tear", "send", "sent", "cancel", "cancelled")
POWER: Final = ("write", "tear", "send", "sent", "cancel")
SEGMENT: Final = 16 << 10
SHORT: Final = 300  # events: every one of them is a place to die at
SEED: Final = 266  # three sessions, some thirty orders, cancels that win and lose


@dataclass(frozen=True)
class Flown:
    """One run: the books it came to, and how often each point was passed; `before`: until panic was first
    pressed; `amounts`: what of the books does not depend on when an answer came: positions, and of each
    intent the verdict and what was executed."""

    book_hash: str
    passes: dict[str, int]
    starts: int
    events: int
    before: dict[str, int]
    amounts: str
    asked: bool  # it died while the broker was being asked: an exit may leave, and fill, at another moment


def fly(seed: int, points: tuple[str, ...] = (), panics: tuple[int, ...] = ()) -> Flown:
    """The scenario of a seed, its first incarnation dying at `points`; panic is pressed at `panics`, ns from
    the beginning. Broken when a promise breaks."""
    return through(scenario(seed, events=SHORT), points, panics)


def through(s: Scenario, points: tuple[str, ...] = (), panics: tuple[int, ...] = ()) -> Flown:
    """The same for a scenario that is not a seed's own."""
    return _Run(s, panics).fly(points)


def every(
    passes: dict[str, int], points: tuple[str, ...] = POINTS, before: dict[str, int] | None = None
) -> Iterator[str]:
    """The points of a run, by name and number; `before`: only what comes behind these."""
    for point in points:
        for n in range((before or {}).get(point, 0) + 1, passes.get(point, 0) + 1):
            yield f"{point}:{n}"


def live(seed: int, at: str = "", panics: tuple[int, ...] = ()) -> Run:
    """The same scenario flown live and without faults, to its end or `at` first. Broken when a promise
    breaks."""
    return live_through(scenario(seed, events=SHORT), at, panics)


def live_through(s: Scenario, at: str = "", panics: tuple[int, ...] = ()) -> Run:
    """The same for a scenario that is not a seed's own."""
    run = Run(s.seed, swarm(s.seed, ()), at=at, made=s)
    run.plan.operator = _pressed(s, panics, lambda: _note(run.before, run.passes))
    run.fly()
    return run


def _pressed(
    s: Scenario, panics: tuple[int, ...], note: Callable[[], None]
) -> Callable[[Governor, int], Source] | None:
    return button([s.begin + at for at in panics], lambda _: note()) if panics else None


def _amounts(s: State) -> str:
    held = [(b.strategy, b.symbol, b.qty) for of in s.books.values() for b in of.values() if b.qty]
    asked = {key: (one.verdict, one.qty, one.filled) for key, one in s.day.intents.items()}
    return digest([sorted(held), asked])


def _note(before: dict[str, int], passes: Mapping[str, int]) -> None:
    if not before:
        before.update(passes)


class _Run:
    """What outlives an incarnation."""

    def __init__(self, s: Scenario, panics: tuple[int, ...] = ()) -> None:
        self.world = World(s.seed, s.begin)
        self.journal = SimDisk(self.world, "journal")
        self.emergency = SimDisk(self.world, "emergency")
        self.account = SimDisk(self.world, "account")
        self.judge = Judge()
        self.events = self.starts = self.base = self.durable = 0
        self.doom = Doom()
        self.before: dict[str, int] = {}
        self.amounts = ""
        self.asked = False
        self.cockpit: Cockpit | None = None
        self.plan = Plan(
            config=replace(s.config, journal=replace(s.config.journal, segment_size=SEGMENT)),
            series=s.series,
            schedule=s.schedule,
            source="sim",
            label="drawn",
            begin=s.begin,
            seed=s.seed,
            stop_at=s.end,
            bot_folder="bots",
            bot_logs=None,
            watch=self._taken,
            operator=_pressed(s, panics, lambda: _note(self.before, self.doom.seen)),
        )

    def fly(self, points: tuple[str, ...]) -> Flown:
        doom, book_hash = Doom(*points), ""
        self.doom = doom
        while not book_hash:
            self.starts += 1
            syncer = SimSyncer(self.world, doom)
            self.cockpit = None
            try:
                book_hash = SimLoop(self.world, doom).run(self._live(doom, syncer))
            except Killed:
                self._died(syncer)
                doom = Doom()
        self.judge.journal(SimView(self.journal, Doom()), Draw(self.world.seed, "damage"))
        return Flown(
            book_hash, dict(doom.seen), self.starts, self.events, self.before, self.amounts, self.asked
        )

    async def _live(self, doom: Doom, syncer: SimSyncer) -> str:
        machine = Machine(
            disk=SimView(self.account, Doom()),
            journal_disk=SimView(self.journal, doom),
            emergency_disk=SimView(self.emergency, doom),
            syncer=syncer,
            spawn=SimSpawn(self.world, doom, Pipes()),
            random=Draw(self.world.seed, "token"),
            wake=SimWake(),
            clock=VirtualClock,
            wrap_broker=lambda broker: Witness(
                _Meets(broker, doom), self.judge, lambda: max(self.base, syncer.durable_token), self._now
            ),
            keeper=SimKeeper(self.world, doom),
        )
        records = self._found()
        self.judge.started(records, self.world.now, EmergencyLog(SimView(self.emergency, Doom())).entries())
        self.base = len(records)
        cockpit = self.cockpit = await assemble(self.plan, machine)
        self.judge.governor = cockpit.governor
        await cockpit.flight.run()
        if cockpit.flight.stopping:
            raise Broken("P8", f"the flight ended: {cockpit.flight.stopping}")
        self.judge.quiescent(cockpit.paper.truth(), cockpit.governor)
        cockpit.governor.state.check()
        book_hash, self.amounts = cockpit.governor.book_hash(), _amounts(cockpit.governor.state)
        cockpit.close()
        syncer.close()
        return book_hash

    def _now(self) -> int:
        return 0 if self.cockpit is None else self.cockpit.flight.clock.now()

    def _died(self, syncer: SimSyncer) -> None:
        written = self.base if self.cockpit is None else self.cockpit.journal.head.seq
        if self.cockpit is not None:
            s = self.cockpit.governor.state
            just = s.account_since != 0 and s.ts - s.account_since <= NS  # the answer dies as it is written
            self.asked = just or s.account_asked != 0 or any(not f.done for f in s.flattenings.values())
        self.durable = max(self.durable, syncer.durable_token)
        self.judge.crashed(power=False, written=written, durable=self.durable)
        for disk in (self.journal, self.emergency, self.account):
            disk.crash(power=False)

    def _taken(self, taken: Taken) -> None:
        first = taken.token - len(taken.records) + 1 if taken.token >= 0 else -1
        self.judge.taken(first, taken.records, self._now())
        self.events += len(taken.records) - len(taken.effects)

    def _found(self) -> list[tuple[int, Record]]:
        try:
            return list(read(SimView(self.journal, Doom())))
        except JournalError:
            return []


class _Meets:
    """`ports.Broker`: the points round a send and a cancel."""

    def __init__(self, broker: Broker, doom: Doom) -> None:
        self.broker = broker
        self.doom = doom

    def submit(self, order: Order) -> None:
        self.doom.meet("send")
        self.broker.submit(order)
        self.doom.meet("sent")

    def cancel(self, cancel: Cancel) -> None:
        self.doom.meet("cancel")
        self.broker.cancel(cancel)
        self.doom.meet("cancelled")

    def cancel_all(self, cancel: CancelAll) -> None:
        self.doom.meet("cancel")
        self.broker.cancel_all(cancel)
        self.doom.meet("cancelled")

    def query(self, query: Query) -> None:
        self.doom.check()
        self.broker.query(query)

    def account(self, ask: AskAccount) -> None:
        self.doom.check()
        self.broker.account(ask)

    async def lookup(self, client_id: str, now: int) -> Answer | None:
        return await self.broker.lookup(client_id, now)

    async def read_account(self, now: int) -> Account | None:
        return await self.broker.read_account(now)

    def resume(self, cursor: int, now: int) -> None:
        self.broker.resume(cursor, now)

    def next_due(self) -> int | None:
        return self.broker.next_due()

    def take(self, now: int) -> list[Event]:
        self.doom.check()
        return self.broker.take(now)
