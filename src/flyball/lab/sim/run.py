"""One seed from beginning to end: the real runtime flown in the world the seed draws, killed and started anew
as the seed says, every promise judged after every event.

First the faults have their way (safety). Then nothing fails any more (liveness): by the end every order is
resolved, the account agrees with the broker, every book is flat or latched and a person paged, and no latch
has gone that had to stay.
"""

import gc
import hashlib
import time
import traceback
from dataclasses import dataclass, replace
from typing import Final

from flyball.broker.chaos import Chaos
from flyball.broker.chaos_kinds import Stroke
from flyball.broker.chaos_truth import Outside
from flyball.compose.assembly import CannotStart, Cockpit, Machine, Plan, assemble
from flyball.journal.codec import Record
from flyball.journal.emergency import EmergencyLog
from flyball.journal.errors import JournalError
from flyball.journal.replay import read
from flyball.kernel.units import MINUTE, MS, NS
from flyball.lab.sim import operator
from flyball.lab.sim.child import BotFaults
from flyball.lab.sim.clock import ClockFaults, SimClock, SimWake, Wall
from flyball.lab.sim.deaths import Deaths
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.editor import Editor
from flyball.lab.sim.faults import Faults, swarm
from flyball.lab.sim.keeper import SimKeeper
from flyball.lab.sim.killfile import SimKillFile, kill_spans
from flyball.lab.sim.loop import Pipes, SimLoop
from flyball.lab.sim.outcome import Outcome
from flyball.lab.sim.people import People, remedy
from flyball.lab.sim.poison import poison
from flyball.lab.sim.promises.judge import Broken, Judge
from flyball.lab.sim.promises.witness import Witness
from flyball.lab.sim.scenario import ENOUGH, Scenario, scenario
from flyball.lab.sim.silence import Silent, silences
from flyball.lab.sim.spawn import SimSpawn
from flyball.lab.sim.struck import struck
from flyball.lab.sim.syncer import SimSyncer
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.ports import Broker
from flyball.runtime.control import Control
from flyball.runtime.sequencer import Taken

SEGMENT: Final = (16 << 10, 64 << 10, 256 << 10)  # small, so that segments end
AGAIN: Final = MINUTE  # between a refused start and the next try, at first
BOOT: Final = 30 * NS  # a machine that lost power; what had left it has arrived by then or never will
SELDOM: Final = 16  # times as long, when it goes on being refused
TRUTH_EVERY: Final = 16  # batches
STATE_EVERY: Final = 8


class CutOff(BaseException):
    """The run is to end after so many events."""


def run(seed: int, *, faults: tuple[str, ...] | None = None, until: int = 0) -> Outcome:
    """Fly a seed; `faults`: only these kinds (None: those the seed draws); `until`: cut it off after so many
    events, without the liveness phase (0 = not)."""
    begun = time.perf_counter()
    collecting = gc.isenabled()
    gc.disable()  # a seed leaves a few megabytes, and it is over soon
    one = Run(seed, swarm(seed, faults), until)
    outcome = Outcome(seed, one.faults.kinds, until)
    try:
        one.fly()
    except CutOff:
        pass
    except Broken as broken:
        outcome.broken, outcome.what = broken.promise, broken.what
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is what the simulator looks for
        outcome.broken = f"{type(fault).__name__}"
        outcome.what = f"{fault}\n{''.join(traceback.format_tb(fault.__traceback__)[-6:])}"
    finally:
        if collecting:
            gc.enable()
    if outcome.broken:
        outcome.where = (
            f"event {one.events}, start {one.starts}, {(one.world.now - one.scenario.begin) / NS:.3f} s"
        )
    outcome.events, outcome.records = one.events, one.records
    outcome.days, outcome.starts = one.days(), one.starts
    outcome.kills, outcome.refused = one.kills, one.refused
    outcome.goals = {goal: n for goal, n in one.judge.goals.reached.items() if n}
    outcome.struck = struck(one)
    outcome.digest = one.digest()
    outcome.seconds = round(time.perf_counter() - begun, 3)
    return outcome


@dataclass
class Under:
    """One incarnation under way, as far as it came. `base`: the records it found and made durable."""

    doom: Doom
    syncer: SimSyncer
    errors: int = 0  # of the journal's disk before it began
    base: int = 0
    cockpit: Cockpit | None = None
    clock: SimClock | None = None


class Run:
    """One seed under way: what outlives the governor."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        until: int = 0,
        at: str = "",
        length: int = ENOUGH,
        made: Scenario | None = None,
    ) -> None:
        """`at`: where the first incarnation dies for sure (`Deaths`); `length`: of the scenario, events;
        `made`: this scenario, not the seed's."""
        self.scenario: Scenario = made or scenario(
            seed, acts=faults.has("market.acts"), halts=faults.has("market.halts"), events=length
        )
        self.faults = faults
        self.until = until
        self.events = self.records = self.starts = self.kills = self.refused = self.batches = 0
        self.edits = 0  # of the configuration
        self.in_vain = 0  # starts refused, one after the other
        s = self.scenario
        self.world = World(seed, s.begin)
        self.journal = SimDisk(self.world, "journal", faults.disk)
        self.journal.poison = poison(seed) if faults.has("crash.poison") else None
        self.emergency = SimDisk(self.world, "emergency")
        self.account = SimDisk(self.world, "account")
        self.clock = _clock(seed, faults, s)
        self.wall = Wall(self.world, replace(self.clock))
        self.bots = _bots(seed, faults)
        hours = [(max(x.open, s.begin), x.close) for x in s.schedule if x.open < s.calm]
        self.silences = (
            silences(Draw(seed, "silence"), s.schedule, s.calm) if faults.has("feed.silent") else []
        )
        self.unheard = 0  # prices that nobody was told
        kill = kill_spans(Draw(seed, "kill file"), s.begin, s.calm) if faults.has("people.kill_file") else []
        self.kill_file = SimKillFile(self.world, kill)
        self.chaos = Chaos(
            seed,
            faults.broker,
            script=(*s.script, *(at_close(s) if faults.has("broker.at_close") else ())),
            begin=s.begin,
            hours=hours,
            by_hand={x.symbol: 200 for x in s.series},
            timeout=s.config.broker.paper.timeout,
            now=lambda: self.world.now,
        )
        names = tuple(x.name for x in s.config.strategies)
        self.people = People(seed, faults, names, tuple(x.symbol for x in s.series), s.schedule)
        self.editor = Editor(seed, s.text) if faults.has("people.edit") else None
        self.people.careful.page = self._page
        self.people.careful.units = {x.symbol: (x.price_exp, 0) for x in s.series}
        self.deaths = Deaths(seed, faults, at)
        self.judge = Judge()
        self.now: Under | None = None
        self.passes: dict[str, int] = {}  # of the first incarnation's doom, for enumerating
        self.before: dict[str, int] = {}  # the same when panic was first pressed
        self.durable = 0
        self.calm = False
        self.plan = Plan(
            config=replace(
                s.config, journal=replace(s.config.journal, segment_size=Draw(seed, "segment").pick(SEGMENT))
            ),
            series=s.series,
            schedule=s.schedule,
            source="sim",
            label="drawn",
            begin=s.begin,
            seed=seed % (1 << 62),
            stop_at=s.end,
            bot_folder="bots",
            bot_logs=None,
            watch=self._taken,
            dated=s.dated,
        )
        self.world.at(s.calm, self._quiet)

    def fly(self) -> None:
        """All of it. Broken when a promise breaks; any other exception is a fault of ours as well."""
        while True:
            self.starts += 1
            doom = self.deaths.next(self.world, self.calm)
            if self.starts == 1:
                self.passes = doom.seen
            loop = SimLoop(
                self.world, doom, pipes=Pipes(), shuffle=Draw(self.world.seed, "loop", self.starts)
            )
            self.now = Under(doom, SimSyncer(self.world, doom), len(self.journal.refused))
            try:
                over = loop.run(self._live(self.now, loop.pipes))
                self._ended(self.now, power=False)
                if over:
                    break
                wait = self.people.morning(self.world.now)
                wait = wait or Draw(self.world.seed, "restart", self.starts).between(1, 60) * NS
            except Killed:
                wait = self._died()
            except (JournalError, CannotStart) as why:
                wait = self._refused(why)
            self.world.advance(self.world.now + wait)
            if self.editor is not None and not self.calm and (edited := self.editor.edit()) is not None:
                self.plan.config = replace(edited, journal=self.plan.config.journal)
                self.edits += 1
        self.judge.journal(SimView(self.journal, Doom()), Draw(self.world.seed, "damage"))

    async def _live(self, under: Under, pipes: Pipes) -> bool:
        """One incarnation. True when the run is over, False when it ended before that and is to be started
        again."""
        doom = under.doom
        machine = Machine(
            disk=SimView(self.account, Doom()),
            journal_disk=SimView(self.journal, doom),
            emergency_disk=SimView(self.emergency, doom),
            syncer=under.syncer,
            second=SimSyncer(self.world, doom),
            spawn=SimSpawn(self.world, doom, pipes, self.bots),
            random=Draw(self.world.seed, "token"),
            wake=SimWake(),
            clock=lambda start: self._clock(under, start),
            wrap_broker=lambda broker: self._outside(broker, under),
            keeper=SimKeeper(self.world, doom),
            kill_file=self.kill_file,
            wrap_feed=lambda feed: Silent(feed, self.silences, self._unheard),
        )
        records = self._found()
        self.judge.started(records, self.world.now, self._noted())
        self.judge.durable = lambda: max(under.base, under.syncer.durable_token)
        under.base = len(records)
        cockpit = under.cockpit = await assemble(self.plan, machine)
        self.in_vain = 0
        self.judge.governor = cockpit.governor
        self.judge.state(cockpit.governor)
        control = Control(
            cockpit.flight,
            operator.stored(),
            lambda: self.world.now,
            lambda _: None,
            approver=lambda _: operator.stored(),
            compare=operator.verify,
        )
        people = self.people.begin(
            cockpit,
            control.handle,
            lambda: self.world.now,
            lambda: self.deaths.panicked(self.world, doom),
        )
        await cockpit.flight.run()
        for one in people:
            one.cancel()
        control.give_up()
        over = not cockpit.flight.stopping
        if over:
            self.judge.quiescent(self.chaos.truth(), cockpit.governor)
        cockpit.checkpoint(NS)
        cockpit.close()
        machine.syncer.close()
        machine.keeper.close()
        return over

    def _page(self) -> Outside | None:
        """The broker's page, where a person sees what nobody told; nothing while it has more to tell."""
        return self.chaos.truth() if self.chaos.opens(self.world.now) == self.world.now else None

    def _unheard(self) -> None:
        self.unheard += 1

    def _clock(self, under: Under, start: int) -> SimClock:
        under.clock = SimClock(self.wall, under.doom, start)
        return under.clock

    def _outside(self, broker: Broker, under: Under) -> Broker:
        """The paper broker with everything between it and the governor."""
        assert under.clock is not None, "the clock is made before the broker"
        chaotic = self.chaos.wrap(broker, now=under.clock.now, meet=under.doom.meet)
        return Witness(
            chaotic, self.judge, lambda: max(under.base, under.syncer.durable_token), under.clock.now
        )

    # What ends an incarnation.

    def _died(self) -> int:
        """It was killed; how long until somebody starts it again."""
        assert self.now is not None
        self.kills += 1
        self._ended(self.now, power=self.deaths.power)
        draw = Draw(self.world.seed, "restart", self.starts)
        wait = draw.between(MS, draw.pick((2, 5, 60, 600)) * NS)
        return wait + BOOT if self.deaths.power else wait

    def _refused(self, why: Exception) -> int:
        """It would not start, and said why."""
        assert self.now is not None
        self.refused += 1
        self._ended(self.now, power=False)
        if not remedy(self.journal, self.emergency) and self.calm:
            raise Broken("P8", f"does not start although nothing fails any more: {why}") from why
        self.in_vain += 1
        return AGAIN * min(self.in_vain, SELDOM)

    def _ended(self, under: Under, *, power: bool) -> None:
        written = under.base if under.cockpit is None else under.cockpit.journal.head.seq
        self.durable = max(self.durable, under.syncer.durable_token)
        starting = under.cockpit is None and len(self.journal.refused) > under.errors
        if under.syncer.ended or starting:  # a failed sync has dropped what it was to keep (fsyncgate)
            written = self.durable
        self.judge.crashed(power=power, written=max(written, 0), durable=self.durable)
        under.doom.die("over")
        for disk in (self.journal, self.emergency):
            disk.crash(power=power)
        self.account.crash(power=False)

    def _quiet(self) -> None:
        """Nothing fails from now on."""
        self.calm = True
        self.faults.disk.quiet()
        self.chaos.quiet()
        self.wall.quiet()
        self.bots.quiet()
        self.people.quiet()
        if self.now is not None:
            self.now.doom.stall = None

    # What is looked at.

    def _taken(self, taken: Taken) -> None:
        assert self.now is not None
        first = taken.token - len(taken.records) + 1 if taken.token >= 0 else -1
        self.judge.taken(first, taken.records, self.world.now)
        self.records += len(taken.records)
        self.events += len(taken.records) - len(taken.effects)
        self.batches += 1
        if self.batches % TRUTH_EVERY == 0:
            self.judge.truth(self.chaos.truth())
        cockpit = self.now.cockpit
        if cockpit is not None and self.batches % STATE_EVERY == 0:
            self.judge.state(cockpit.governor)
            cockpit.governor.state.check()
        if self.until and self.events >= self.until:
            raise CutOff

    def _found(self) -> list[tuple[int, Record]]:
        """The records on the disk as a start will find them."""
        try:
            return list(read(SimView(self.journal, Doom())))
        except JournalError:
            return []

    def _noted(self) -> list[dict[str, object]]:
        return EmergencyLog(SimView(self.emergency, Doom())).entries()

    def days(self) -> int:
        """Risk days begun."""
        return sum(1 for x in self.scenario.schedule if x.open <= self.world.now)

    def digest(self) -> str:
        """Of every file of the journal."""
        out = hashlib.sha256()
        for path in self.journal.files():
            out.update(path.encode() + (self.journal.contents(path) or b""))
        return out.hexdigest()


def _clock(seed: int, faults: Faults, s: Scenario) -> ClockFaults:
    draw = Draw(seed, "strength", "clock")
    drift = draw.between(-200, 200)
    hours = s.schedule[-1].close - s.begin
    steps = sorted((s.begin + draw.below(hours), draw.between(-5, 5) * NS) for _ in range(draw.between(1, 6)))
    return ClockFaults(drift if faults.has("clock.drift") else 0, steps if faults.has("clock.step") else [])


def at_close(s: Scenario) -> tuple[Stroke, ...]:
    """The broker is away from six to two minutes before every close while faults have their way."""
    ends = [x.close for x in s.schedule if x.close < s.calm]
    return tuple(Stroke("down", at=end - 6 * MINUTE - s.begin, lasts=4 * MINUTE) for end in ends)


def _bots(seed: int, faults: Faults) -> BotFaults:
    draw = Draw(seed, "strength", "bots")
    made = BotFaults(quick_ns=draw.pick((0, 5 * MS, 100 * MS)))
    rare = draw.pick((1_000, 5_000))
    for name, strength in (("dies", rare), ("hangs", rare), ("garbage", rare), ("slow", 100_000)):
        if faults.has(f"bot.{name}"):
            setattr(made, name, strength)
    return made
