"""The pager: follows the journal, pages people, and never needs the governor to do it.

One round: read what is new; settle where every page goes; write all of it down; begin what may be sent;
hand over records. A channel has one message on the way at a time and takes everything that waits for it in
the next, so a burst becomes a few messages, a dead channel holds up no other, and no critical page is
dropped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from flyball.api import delivered as words
from flyball.api.protocol import Reply, Request
from flyball.desk.alerts import due, kept
from flyball.desk.alerts.channel import Channel, NotDelivered
from flyball.desk.alerts.letter import Desk, letter
from flyball.desk.alerts.page import ESCALATION, FIRST, OVER, REPEAT, Leg, Line, Message, Page
from flyball.desk.alerts.pages import Pages
from flyball.desk.alerts.records import Records
from flyball.desk.alerts.silence import Heartbeat, Silence
from flyball.desk.alerts.tail import Lost, Tail
from flyball.journal.codec import Record
from flyball.kernel.events import Delivery, Epoch
from flyball.kernel.units import MS, NS
from flyball.kernel.words import CRITICAL, INFO, WARNING
from flyball.ports import Clock, Disk, Random, Wakeup

POLL: Final = 100 * MS
HAND_OVER: Final = NS  # between two attempts to reach a governor that did not answer
DOWN_AFTER: Final = 30 * NS  # a channel that fails for so long is an alert of its own
SAME: Final = 3  # attempts of one and the same message: the first ones may have arrived
LINGER: Final = 600 * NS
TOOK: Final = 2_000  # deliveries whose times are kept
STRANGERS: Final = 10_000  # counted a second
NOTES: Final = 100  # of what went wrong beside the rounds
OUTCOME: Final = {
    FIRST: words.DELIVERED,
    REPEAT: words.REPEATED,
    ESCALATION: words.ESCALATED,
    OVER: words.RESOLVED,
}


@dataclass
class World:
    """What a pager runs in. `ask` raises GovernorNotReachable. `keep` writes the pager's file without holding
    up the loop, and answers in half a second: "" or why not."""

    disk: Disk
    journal: Disk
    clock: Clock
    wake: Wakeup
    random: Random
    ask: Callable[[Request], Awaitable[Reply]]
    calendar: Callable[[int], bool | None]
    keep: Callable[[bytes], Awaitable[str]]
    beat: Callable[[int], None]  # told the time of every round
    pid: int = 0


class Pager:
    """One desk's pager. `run` until `stop`."""

    def __init__(
        self,
        world: World,
        policy: due.Policy,
        channels: Sequence[Channel],
        *,
        silent_after: int,
        heartbeat: Callable[[], Awaitable[str]] | None = None,
        heartbeat_every: int = 60 * NS,
    ) -> None:
        self.world = world
        self.policy = policy
        self.channels = {channel.name: channel for channel in channels}
        self.state, note = kept.load(world.disk)
        self.notes = [note] if note else []
        self.pages = Pages(self.state.pages, self.state.own)
        self.pages.account, self.pages.mode = self.state.account, self.state.mode
        self.pages.session, self.pages.ts = self.state.session, self.state.ts
        self.records = Records(self.state.waiting)
        lines = {line.channel: line for line in self.state.lines}
        self.lines = {name: lines.get(name, Line(name)) for name in self.channels}
        for line in self.lines.values():
            line.began = 0
        self.tail = Tail(world.journal, self.state.at.place() if self.state.at is not None else None)
        now = world.clock.now()
        self.silence = Silence(self.pages, world.ask, world.calendar, silent_after, now)
        self.heartbeat = None if heartbeat is None else Heartbeat(self.pages, heartbeat, heartbeat_every)
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.changed = True
        self.hand_over_due = 0
        self.unheard = ""  # why records could not be handed over
        self.ending = False
        self.strangers: list[str] = []  # requests that were refused and are not recorded yet
        self.strangers_due = 0
        self.landed = 0  # when the governor said that it ends cleanly, 0 = it has not, or flies again

    async def run(self, *, with_run: bool = False) -> None:
        """Go round until told to stop. `with_run`: or until the governor has landed and nothing waits;
        what cannot be sent then is tried for ten minutes."""
        clock = self.world.clock
        try:
            while not self.ending:
                now = clock.now()
                self.world.beat(now)
                self.round(now)
                if with_run and self.landed and (not self.busy() or now - self.landed > LINGER):
                    break
                await clock.until(now + POLL, self.world.wake)
                self.world.wake.clear()
        finally:
            for task in self.tasks.values():
                task.cancel()
            await asyncio.gather(*self.tasks.values(), return_exceptions=True)
            for channel in self.channels.values():
                await channel.close()
            await self.save(clock.now())

    def stop(self) -> None:
        """End after the round under way; what is not delivered stays in the file."""
        self.ending = True
        self.world.wake.set()

    def busy(self) -> bool:
        """Whether something is still to be sent, or to be told to the governor."""
        return bool(self.tasks) or any(page.waiting() for page in self.pages.all.values())

    def round(self, now: int) -> None:
        """One look at everything. What is begun goes on by itself."""
        self.read(now)
        self.settle(now)
        self.note(now)
        made = [line for line in self.lines.values() if self.make(line, now)]
        if self.changed and not made:
            self.begin("save", self.save(now))
        for line in made:
            line.began = now
            self.begin(f"send {line.channel}", self.send(line))
        if self.records.waiting.told and now >= self.hand_over_due:
            self.begin("hand over", self.hand_over())
        if not self.landed and self.silence.due(now):
            self.begin("silence", self.silence.look(self.world.clock.now))
        if self.heartbeat is not None and now >= self.heartbeat.due:
            self.begin("heartbeat", self.heartbeat.tell(now))

    # What comes in.

    def read(self, now: int) -> None:
        """The journal's new records; from the newest start on where nothing was read yet, or what was is
        gone."""
        try:
            if self.tail.place is None:
                self.begin_anew(now)
                return
            count = self.tail.read(lambda seq, record: self.take(seq, record, now))
        except (Lost, OSError, ValueError) as error:
            self.pages.again(
                "journal_flaw", "journal", CRITICAL, f"the journal cannot be followed: {error}", now
            )
            self.tail = Tail(self.world.journal)
            self.changed = True
            return
        if count:
            self.changed = True
            self.silence.grew(now)

    def take(self, seq: int, record: Record, now: int) -> None:
        """One record of the journal."""
        if isinstance(record, Epoch):
            self.landed = 0
        self.pages.take(seq, record, now)

    def begin_anew(self, now: int) -> None:
        """Everything from the newest start on, and what still holds of before. Pages known already stay."""
        before = dict(self.pages.all)

        def each(seq: int, record: Record) -> None:
            if isinstance(record, Epoch):
                self.pages.forget()
            if isinstance(record, Delivery):
                self.records.waiting.n = max(self.records.waiting.n, record.n)
            self.take(seq, record, now)

        own = [page for page in before.values() if page.seq == 0]
        if not self.tail.begin(each):
            return
        self.pages.begin(now)
        self.pages.acknowledged.clear()
        self.pages.resolved.clear()
        same = {
            p.id: p for p in before.values() if p.id in self.pages.all and p.ts == self.pages.all[p.id].ts
        }
        self.pages.restore([*own, *same.values()])
        self.changed = True
        self.silence.grew(now)

    def settle(self, now: int) -> None:
        """Where everything goes; what happened to pages becomes records."""
        for line in self.lines.values():
            if (
                line.since
                and now - line.since >= DOWN_AFTER
                and not self.pages.holds("channel_down", line.channel)
            ):
                text = f"{line.channel} has taken nothing for {(now - line.since) // NS} s: {line.failed}"
                self.pages.again("channel_down", line.channel, WARNING, text, now, holds=True)
            elif not line.since:
                self.pages.end("channel_down", line.channel, now)
        down = due.down(self.lines.values(), now)
        for page in self.pages.all.values():
            due.settle(page, self.policy, down, now)
        self.pages.sweep()

    def note(self, now: int) -> None:
        """Records of what came in since the last round."""
        for page, by in self.pages.acknowledged:
            self.records.add(page, words.ACKNOWLEDGED, detail=by)
        for page in self.pages.resolved:
            if not any(leg.why == OVER for leg in page.legs):
                self.records.add(page, words.RESOLVED)
        for page in self.pages.fresh:
            if page.seq == 0:
                self.records.add(page, words.RAISED, detail=page.text)
        if self.strangers and now >= self.strangers_due:
            self.strangers_due = now + NS
            known = self.pages.open_one("slack_refused", "slack")
            if known is not None:
                more = f" ({len(self.strangers)} within a second)" if len(self.strangers) > 1 else ""
                self.records.add(known, words.RAISED, detail=self.strangers[-1] + more)
            self.strangers.clear()
            self.changed = True
        if self.pages.acknowledged or self.pages.resolved or self.pages.fresh:
            self.changed = True
        self.pages.acknowledged.clear()
        self.pages.resolved.clear()
        self.pages.fresh.clear()

    # What goes out.

    def make(self, line: Line, now: int) -> bool:
        """Whether a channel may send now; its message is then made, or the one that failed is taken again."""
        if f"send {line.channel}" in self.tasks or now < line.due:
            return False
        if line.message is not None:
            return True
        found = [
            (page, leg.why)
            for page in self.pages.all.values()
            if (leg := page.leg(line.channel)) is not None and leg.why
        ]
        if not found:
            return False
        line.message = letter(line.channel, found, self.desk(), now)
        self.changed = True
        return True

    def desk(self) -> Desk:
        """Whose pages these are, and the newest head of their journal."""
        place = self.tail.place
        head = place.hash.hex() if place is not None else "none"
        folder = self.world.disk.root
        return Desk(self.pages.account, self.pages.mode, folder, head, place.seq if place is not None else 0)

    async def send(self, line: Line) -> None:
        """One attempt."""
        message = line.message
        assert message is not None
        clock = self.world.clock
        await self.save(clock.now())  # so that a pager that dies now sends the same again, under the same id
        try:
            said = await self.channels[line.channel].send(message)
        except Exception as error:  # noqa: BLE001  what a channel did not foresee is a failure as any other
            now = clock.now()
            line.tries += 1
            line.since = line.since or now
            line.failed = str(error) if isinstance(error, NotDelivered) else f"{type(error).__name__} in it"
            line.due = now + due.backoff(line.tries, self.world.random.token(1)[0])
            self.missed(line, message, now)
            if line.tries >= SAME:
                line.message = None  # made anew of what is due by then
        else:
            now = clock.now()
            line.tries, line.since, line.failed, line.message = 0, 0, "", None
            line.due = now + self.policy.spacing
            line.delivered += 1
            self.arrived(line.channel, message, said, now)
        finally:
            line.began = 0
            self.changed = True

    def arrived(self, channel: str, message: Message, said: str, now: int) -> None:
        """Every page of a delivered message has got there."""
        for page, leg, why in self.of(channel, message):
            first = leg.times == 0
            took = now - page.event if why in (FIRST, ESCALATION) else 0
            if leg.why == why:
                leg.why = ""
            leg.times += 1
            leg.sent = now
            leg.told = leg.told or why == OVER
            self.records.add(page, OUTCOME[why], channel=channel, detail=said, took=took)
            if first and took:
                self.state.took = [*self.state.took[-(TOOK - 1) :], took]

    def missed(self, line: Line, message: Message, now: int) -> None:
        """Recorded once a page and channel, however often it is tried."""
        for page, leg, _ in self.of(line.channel, message):
            if not leg.failed:
                leg.failed = True
                self.records.add(page, words.FAILED, channel=line.channel, detail=line.failed)

    def of(self, channel: str, message: Message) -> list[tuple[Page, Leg, str]]:
        """The pages of a message that are still known."""
        found = []
        for item in message.items:
            page = self.pages.all.get(item.page)
            leg = None if page is None else page.leg(channel)
            if page is not None and leg is not None:
                found.append((page, leg, item.why))
        return found

    async def hand_over(self) -> None:
        """Records to the governor, as many as one request takes."""
        before = self.records.waiting.n, len(self.records.waiting.told)
        self.unheard = await self.records.hand_over(self.world.ask)
        now = self.world.clock.now()
        self.hand_over_due = now + HAND_OVER if self.unheard else now
        self.changed = self.changed or before != (self.records.waiting.n, len(self.records.waiting.told))

    def begin(self, name: str, what: Awaitable[None]) -> None:
        """Do it beside the rounds, one of each name at a time."""
        if name in self.tasks:
            if asyncio.iscoroutine(what):
                what.close()
            return
        task = asyncio.ensure_future(what)
        self.tasks[name] = task

        def ended(done: "asyncio.Future[None]") -> None:
            self.tasks.pop(name, None)
            if not done.cancelled() and (error := done.exception()) is not None and len(self.notes) < NOTES:
                self.notes.append(f"{name}: {type(error).__name__}: {error}")
            self.world.wake.set()

        task.add_done_callback(ended)

    def refused(self, why: str) -> None:
        """Somebody at Slack's door who may not: a page, and a record each, one a second when it is a
        flood."""
        text = f"refused from Slack: {why}"
        if self.pages.again("slack_refused", "slack", WARNING, text, self.world.clock.now()) is not None:
            self.world.wake.set()
        elif len(self.strangers) < STRANGERS:
            self.strangers.append(text)

    def test(self, by: str) -> Page:
        """A marked page for every channel, to prove that each of them works."""
        now = self.world.clock.now()
        self.pages.end("test", "test", now)
        text = f"a test by {by}: nothing has happened"
        self.pages.again("test", "test", INFO, text, now)
        page = next(p for p in self.pages.all.values() if p.alert == "test" and not p.over)
        page.test = True
        self.world.wake.set()
        return page

    def gather(self, now: int) -> kept.Kept:
        """Everything, as it is kept."""
        s = self.state
        s.at = kept.at(self.tail.place)
        s.account, s.mode, s.session, s.ts = (
            self.pages.account,
            self.pages.mode,
            self.pages.session,
            self.pages.ts,
        )
        s.own, s.pages, s.lines = self.pages.own, list(self.pages.all.values()), list(self.lines.values())
        s.waiting, s.pid, s.beat = self.records.waiting, self.world.pid, now
        return s

    async def save(self, now: int) -> None:
        """Write everything down. A disk that refuses or hangs does not keep anybody from being paged."""
        self.changed = False
        why = await self.world.keep(msgspec.json.encode(self.gather(now)))
        if not why:
            self.pages.end("pager_disk", "disk", now)
        elif self.pages.again("pager_disk", "disk", CRITICAL, f"the pager cannot write its file: {why}", now):
            self.world.wake.set()
