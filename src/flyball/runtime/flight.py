"""One flight: collect what is due, step and write it, act, tell the bots; until told to stop.

The same loop serves backtest, demo and live. With a virtual clock time jumps to whatever is due next and the
bots answer in lock-step; with a real one everything waits for the wall. Order among events of one time: the
broker's, the feed's, timers', operators', bots'.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from flyball.kernel.effects import Effect
from flyball.kernel.events import Epoch, Event, Intent, Report, Timeout
from flyball.kernel.latches import ACCOUNT_SCOPE, key_of
from flyball.kernel.units import MS, NS
from flyball.kernel.words import QUERY
from flyball.ports import Bot, Broker, Clock, Source, Wakeup
from flyball.runtime.outbox import Outbox
from flyball.runtime.second import SecondPlace
from flyball.runtime.sequencer import Sequencer, Taken
from flyball.runtime.slow_disk import SlowDisk
from flyball.runtime.standstill import Standstill

BURST = 20 * MS  # intents of one bot this close together share a block; shorter than any broker's answer
LATE = 250 * MS  # a block not durable by then stops adding (P1)
HUNG = 30 * NS  # in virtual time nothing can be decided without the disk: give up after this, real time
OK_EVERY = 5 * NS  # an ok that cleared nothing is said again
STUCK = 10_000  # batches without time moving
FOR_EVER = 1 << 62  # what a wait for nothing in particular may take


class Tells(Protocol):
    """What one bot is told of a record: an item, or nothing."""

    def item(self, record: Event | Effect) -> dict[str, object] | None: ...


class Stuck(RuntimeError):  # noqa: N818 - it says what is the case
    """The loop goes round without time moving: a fault of ours, never of a bot."""


@dataclass
class Flight:
    """Everything one governor flies with."""

    clock: Clock
    wake: Wakeup
    sequencer: Sequencer
    outbox: Outbox
    broker: Broker
    sources: Sequence[Source]  # feed, timers, sessions, operators: in the order of equal times
    bots: Sequence[tuple[Bot, Tells]]
    observers: list[Callable[[Taken], None]] = field(default_factory=list)
    stop_at: int | None = None
    stopping: str = ""
    watched: int = 0  # a record that is not durable ...
    behind_since: int = 0  # ... since then
    ok_due: int = 0
    listening: set[int] = field(default_factory=set)
    pending: list[Event] = field(default_factory=list)  # events from the operator plane
    second: SecondPlace = field(init=False)
    disk: SlowDisk = field(default_factory=SlowDisk)
    timed: Callable[[int, int], None] | None = None  # how many intents took how long, arrival to written
    still: Standstill = field(init=False)

    def __post_init__(self) -> None:
        self.still = Standstill(self.clock)
        self.second = SecondPlace(self.sequencer.emergency)

    async def run(self) -> None:
        """Fly until stopped or until nothing is due any more."""
        rounds, last = 0, -1
        await self._look_up()
        while not self.stopping:
            begun = self.clock.now()
            self._look(begun, 0)
            due = self._next_due()
            if due is None and self.clock.virtual:
                break
            if self.stop_at is not None and (due is None or due > self.stop_at):
                if self.clock.virtual or self.clock.now() >= self.stop_at:
                    break
                due = self.stop_at
            self._listen()
            await self.clock.until(due, self.wake)
            self.wake.clear()
            now = self.clock.now()
            self._look(now, FOR_EVER if due is None else due - begun)
            if self.stop_at is not None and now > self.stop_at and not self.clock.virtual:
                break
            self.turn(now)
            rounds = rounds + 1 if now == last else 0
            last = now
            if rounds > STUCK and self.clock.virtual:
                raise Stuck(f"no progress at {now}")
        self._settle_disk()

    def _listen(self) -> None:
        """Live: a bot that says something ends the wait. One that may not be read now is not listened to."""
        if self.clock.virtual:
            return
        loop = asyncio.get_running_loop()
        wanted = {fd for bot, _ in self.bots if (fd := bot.watch()) is not None}
        for fd in sorted(self.listening - wanted):
            loop.remove_reader(fd)
        for fd in sorted(wanted - self.listening):
            loop.add_reader(fd, self.wake.set)
        self.listening = wanted

    def _look(self, now: int, allowed: int) -> None:
        """Whether the loop stood still. If so, that is the first thing the governor hears: what came
        meanwhile, and what was to leave, is judged behind it (B19)."""
        gap = self.still.look(now, allowed)
        if gap is not None:
            self._fly([Report(now, "loop", "gap", "loop", str(gap))], now)

    def turn(self, now: int) -> None:
        """One round at a time: what is due, decided, written, acted upon, told."""
        self.outbox.pump(now)
        batch = self._collect(now)
        if batch:
            self._fly(batch, now)
        self._release(now)

    def stop(self, why: str) -> None:
        """End the flight after the round under way."""
        self.stopping = why
        self.wake.set()

    def submit(self, event: Event) -> None:
        """An operator's event, for the next round."""
        self.pending.append(event)
        self.wake.set()

    def begin(self, epoch: Epoch, now: int, left_out: Sequence[Event] = ()) -> str:
        """The first event of a start, durable before anything leaves: its number is part of every order id,
        and an id that was out may never be issued again (B2). Why not, "" when it is. `left_out`: what this
        start's state is without (J9), in the same block."""
        taken = self.sequencer.take([epoch, *left_out], starting=True)
        self.sequencer.sync()
        if not self.sequencer.broken and not self.sequencer.journal.wait(taken.token, HUNG):
            return self.sequencer.syncer.failed() or "the disk has not answered a sync for 30 s"
        if not self.sequencer.broken:
            self._act(taken, now)
        return self.sequencer.broken

    def _fly(self, batch: list[Event], now: int) -> Taken:
        taken = self._timed(batch) if self.timed is not None else self.sequencer.take(batch)
        self._act(taken, now)
        return taken

    def _timed(self, batch: list[Event]) -> Taken:
        """Taken, and the time that took told when intents were among it: a round hears of them at its
        beginning."""
        begun = self.clock.steady()[0]
        taken = self.sequencer.take(batch)
        intents = sum(1 for event in batch if isinstance(event, Intent))
        if intents and self.timed is not None:
            self.timed(intents, self.clock.steady()[0] - begun)
        return taken

    def _act(self, taken: Taken, now: int) -> None:
        """What follows from a batch."""
        self.second.take(taken, now)
        self.outbox.put(taken.effects, taken.token, now)
        if not self.clock.virtual or self.outbox.waiting:
            self.sequencer.sync()
        if self.outbox.waiting and self.clock.virtual:
            self._wait_for_disk()
            self.outbox.release(self.sequencer.durable(), now)
        self._tell(taken, now)
        for observe in self.observers:
            observe(taken)

    def _next_due(self) -> int | None:
        if self.outbox.inbox or self.pending:
            return self.clock.now()
        due = self.outbox.next_due(self.clock.now())
        for source in self._sources():
            at = source.next_due()
            if at is not None and (due is None or at < due):
                due = at
        judge = None if self.clock.virtual else self._disk_due()
        return judge if due is None or (judge is not None and judge < due) else due

    def _collect(self, now: int) -> list[Event]:
        batch: list[Event] = [*self.outbox.inbox, *self.pending]
        self.outbox.inbox.clear()
        self.pending.clear()
        if batch and self.clock.virtual:
            return batch
        due: list[tuple[int, int, Event]] = []
        for rank, source in enumerate(self._sources()):
            due.extend((e.ts, rank, e) for e in source.take(now))
        due.sort(key=lambda x: (x[0], x[1]))
        batch.extend(e for _, _, e in due)
        if len(batch) == 1 and self.clock.virtual and isinstance(batch[0], Intent):
            batch.extend(self._burst(batch[0], now))
        return batch

    def _burst(self, first: Intent, now: int) -> list[Event]:
        """More intents of the same bot, as far as nothing else can happen in between."""
        horizon = first.ts + BURST
        bot = next(b for b, _ in self.bots if b.strategy == first.strategy)
        for source in self._sources():
            at = source.next_due()
            if source is not bot and at is not None:
                horizon = min(horizon, at - 1)
        if self.stop_at is not None:
            horizon = min(horizon, self.stop_at)
        out: list[Event] = []
        at = bot.next_due()
        while at is not None and at <= horizon:
            more = bot.take(at)
            out.extend(more)
            if any(not isinstance(e, Intent) for e in more):
                break
            at = bot.next_due()
        return out

    def _tell(self, taken: Taken, now: int) -> None:
        for bot, tells in self.bots:
            items = [item for item in map(tells.item, taken.records) if item is not None]
            if items:
                bot.tell(items, now)

    def _sources(self) -> tuple[Source, ...]:
        """Everything that has events, in the order of equal times."""
        return (self.broker, *self.sources, *(bot for bot, _ in self.bots))

    # The disk.

    def _release(self, now: int) -> None:
        durable = self.sequencer.durable()
        why = self.sequencer.broken or self.sequencer.syncer.failed()
        if why:
            self.outbox.void("LATCH_L9a", now)
            self.second.look(
                self.sequencer.journal.durable(), now, -1
            )  # what waits has no other place any more
            if not self.sequencer.broken:
                self.sequencer.broken = why
                self.pending.append(self.sequencer.report("failed", why))
                self.wake.set()
            return
        if self.outbox.waiting and not self.clock.virtual:
            self._look(self.clock.now(), 0)  # it may have been stopped in the middle of this round
        self.outbox.release(durable, now)
        if not self.clock.virtual:
            self._judge_disk(durable, now)

    def _judge_disk(self, durable: int, now: int) -> None:
        """Live only: a sync that takes longer than 250 ms stops adding until they are quick for a while.

        One record is watched until it is durable, then the newest: writing without a pause is no hang.
        """
        ended = self._late(now)  # or the loop was held up: no reason to latch, one to wait a little longer
        written = self.sequencer.written()
        if written <= durable:
            self.behind_since = 0
        elif self.behind_since == 0 or durable >= self.watched:
            self.watched, self.behind_since = written, now
        late = self._late(now)
        if late and not self._slow():
            self._too_slow(now)
        elif self._slow() and (late or ended or self.disk.last == 0):
            self.disk.late(now)
        self.second.look(durable, now, self.clock.stretch(LATE))
        if not late and self._slow() and now >= self._ok_due():
            self.pending.append(self.sequencer.report("ok", "durable again"))
            self.ok_due = now + OK_EVERY

    def _late(self, now: int) -> bool:
        return self.behind_since != 0 and now - self.behind_since > self.clock.stretch(LATE)

    def _slow(self) -> bool:
        """Whether the governor holds the journal for unwritable, be it since an earlier start."""
        return key_of("L9a", ACCOUNT_SCOPE) in self.sequencer.governor.state.latches

    def _ok_due(self) -> int:
        return max(self.ok_due, self.disk.believed())

    def _too_slow(self, now: int) -> None:
        """Latch, and write every latch that waits into the second place at once."""
        self.disk.latch(now)
        self.outbox.void("LATCH_L9a", now)
        self._fly([self.sequencer.report("late", "a sync takes longer than 250 ms")], now)
        self.second.look(-1, now, -1)  # this one is known to be late already

    def _disk_due(self) -> int | None:
        """When the disk has to be judged again; None when it is quick, or when only a sync's end matters."""
        if self.sequencer.broken:
            return None  # for good
        second = self.second.due(self.clock.stretch(LATE))
        if not self._slow():
            judge = self.behind_since + self.clock.stretch(LATE) + 1 if self.behind_since else None
        else:
            judge = None if self._late(self.clock.now()) else self._ok_due()
        return second if judge is None or (second is not None and second < judge) else judge

    def _wait_for_disk(self) -> None:
        """Virtual time stands still while the disk works; a failure or a hang ends the flight with a clear
        word."""
        token = self.outbox.newest()
        if not self.sequencer.journal.wait(token, HUNG) and not self.sequencer.syncer.failed():
            self.stop("the disk has not answered a sync for 30 s; nothing more was sent; check it")

    def _settle_disk(self) -> None:
        token = self.sequencer.written()
        self.sequencer.sync()
        if not self.sequencer.broken:
            self.sequencer.journal.wait(token, HUNG)

    # A start.

    async def _look_up(self) -> None:
        """Before anything else: ask the broker for every id that may or may not have left (P5)."""
        ids, self.outbox.lookups = self.outbox.lookups, []
        now = self.clock.now()
        for client_id in ids:
            answer = await self.broker.lookup(client_id, now)
            if answer is None:
                self._fly([Timeout(now, client_id, QUERY, 0, "could not look at the start")], now)
            else:
                self._fly([answer], now)
