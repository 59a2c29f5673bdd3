"""The host of one bot: tells it what it may know, hands out what it says as numbered events, and never waits
for it in real time.

In virtual time (`lockstep`) the bot answers before time goes on: every `tell` waits for the answer, and what
comes out is a function of what went in, however it was grouped. In real time nothing waits: what the bot has
not taken is conflated or kept within bounds, what it has said is read within a budget a second, and both are
cut off when it is no use. A bot's death, by whatever cause, is one BotDown.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Raw

from flyball.bots.arrivals import Arrivals
from flyball.bots.door import understand
from flyball.bots.mailbox import Mailbox
from flyball.bots.told import Item, Recorded
from flyball.bots.wire import BAD, MAX_START, PARTS, Answer, Start, Tell, encode, moment, read_answer, tells
from flyball.kernel.bounds import MAX_TEXT
from flyball.kernel.events import BotDown, Event, Instrument, Quarantined
from flyball.kernel.units import NS
from flyball.ports import Spawn

MODULE: Final = "flyball.bots.child"
AHEAD: Final = 4  # messages sent and not answered, in real time
READ_BYTES: Final = 1024 * 1024  # a second, in real time
READ_FRAMES: Final = 2_000
UNCOUNTED: Final = 1_000_000  # the most one message may claim to have left out


@dataclass(frozen=True)
class Patience:
    """How long, in real nanoseconds, a lock-step bot is waited for."""

    start: int = 30 * NS
    answer: int = 5 * NS


class Host:
    """`ports.Bot` for one strategy, whose process it starts.

    `target` is "package.module:attr" or "path/file.py:attr"; `settings` are handed to it, as are `seed` and
    `symbols` (`on_start`). `instruments` is read whenever an intent arrives: keep it up to date
    (`Teller.instruments`). `cwd` and `log` as in ports.Spawn. OSError when the process cannot be started,
    ValueError when the settings are too large; a bot that cannot be loaded is a BotDown.

    For people: `ended` (why it is down, "" while it runs), `errors` and `last_error` (handlers that raised),
    `conflated`.
    """

    def __init__(
        self,
        strategy: str,
        spawn: Spawn,
        target: str,
        *,
        instruments: Mapping[str, Instrument],
        lockstep: bool,
        settings: Mapping[str, object] | None = None,
        seed: int = 0,
        cwd: str = ".",
        log: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.strategy = strategy
        self.ended = ""
        self.errors = 0
        self.last_error = ""
        self._instruments = instruments
        self._lockstep = lockstep
        self._patience = patience or Patience()
        self._arrivals = Arrivals(strategy, virtual=lockstep)
        self._mailbox = Mailbox()
        self._asked: deque[tuple[int, list[int], bool]] = deque()  # (message, times of its items, fresh)
        self._sent = 0  # number of the last message
        self.started = False
        self._now = 0  # the newest time this host was called at; 0 = not yet
        self._waits_since = 0  # when its oldest message was sent, or the one before it answered
        self._second = 0  # of the reading budget
        self._read_bytes = 0
        symbols = {one.symbol: one.asset_class for one in instruments.values()}
        start = encode(Start(strategy, target, dict(settings or {}), seed, symbols))
        if len(start) > MAX_START:
            raise ValueError(
                f"strategy {strategy}: its settings and symbols are {len(start)} bytes, at most {MAX_START}; "
                "name a file in the settings and let the bot read it"
            )
        self._child = spawn.python(MODULE, (), cwd=cwd, log=log)
        self._asked.append((0, [], True))
        self._child.send(start)  # an empty pipe takes it; a child that is gone says so when it is read

    # What ports.Bot promises.

    def tell(self, items: Sequence[Item], now: int) -> None:
        """Items in journal order, each with `kind` and `ts`. In lock-step this returns when the bot has
        answered.
        """
        if self.ended:
            return
        if self._lockstep:
            self._converse(items)
            return
        for item in items:
            if not self._mailbox.put(item):
                self._end(now, now, "does not read: too many decisions and fills wait for it")
                return
        self._called(now)
        self._deliver()

    def next_due(self) -> int | None:
        """When the next event is due, or the bot may be read again. In real time watch the pipe too
        (`watch`).
        """
        due = self._arrivals.next_due()
        if self._spent() and not self.ended:
            again = (self._second + 1) * NS
            return again if due is None else min(due, again)
        return due

    def take(self, now: int) -> list[Event]:
        """The bot's events due at or before `now`, numbered on from the last."""
        self._called(now)
        if not self._lockstep and not self.ended:
            self._listen(now)
            self._deliver()
        events: list[Event] = []
        while (event := self._arrivals.next(now)) is not None:
            events.append(event)
        return events

    def close(self) -> None:
        """End the bot's process and everything it started in its group. No event comes of it."""
        self.ended = self.ended or "closed"
        self._child.kill()

    # Beyond it.

    def watch(self) -> int | None:
        """A descriptor that is readable when the bot has said something; None: do not listen now."""
        return None if self.ended or self._lockstep or self._spent() else self._child.fileno()

    def waits_since(self) -> int | None:
        """Since when its oldest message waits for an answer, UTC ns; None when none does or it has ended."""
        return self._waits_since if self._asked and self._now and not self.ended else None

    @property
    def conflated(self) -> int:
        """Prices a slow bot never saw because a newer one came first."""
        return self._mailbox.conflated

    def replay(self, stream: Iterable[Item | Recorded], n: int = 0) -> None:
        """Bring a new child to where the journal ends. Before the first `tell`.

        `stream` is, in journal order, what the bot was told and what this host had handed out
        (`Teller.retell`). In lock-step the child's answers must be what is journaled, and are dropped; what
        comes after is pending as ever; a difference is a BotDown. In real time answers cannot be the same:
        the child is told, what it says to it is dropped, and only its alarm counts; `n` is then the last
        number this host had handed out before the stream begins, and the stream may come in several pieces.
        """
        self._arrivals.n = max(self._arrivals.n, n)
        batch: list[Item] = []
        head = 0
        compare = self._lockstep
        differs = ""
        for entry in stream:
            if isinstance(entry, dict):
                head = max(head, moment(entry))
                batch.append(entry)
                if len(batch) < 256:
                    continue
            self._retell(batch)
            batch = []
            if not isinstance(entry, dict):
                if isinstance(entry, Quarantined) and entry.n <= self._arrivals.n:
                    continue  # a recorded event is left out: this host had handed it out then as well
                head = max(head, entry.ts)
                said = self._arrivals.next(entry.ts) if self._lockstep else None
                self._arrivals.n = entry.n
                if compare and isinstance(entry, BotDown):  # it ended then, whatever a new one would do
                    self._stop(entry.why)
                    self._arrivals.end()
                    compare = False
                elif compare and isinstance(entry, Quarantined):
                    pass  # whatever it was, it is not in the journal
                elif compare and said != entry:
                    died = f" (the new one {self.ended})" if self.ended else ""
                    differs = f"answers differ after restart at n={entry.n}{died}"
                    self._stop(differs)
                    compare = False
        self._retell(batch)
        if differs:
            self._arrivals.forget()
            self._arrivals.down(head, head, self.ended)
        if not self._lockstep:
            self._deliver()

    def _retell(self, batch: list[Item]) -> None:
        if self.ended:
            return
        if self._lockstep:
            self._converse(batch)
            return
        for item in batch:
            self._mailbox.put(item, fresh=False)

    # Lock-step.

    def _converse(self, items: Sequence[Item]) -> None:
        for raws, times in tells(items):
            if not self.started and not self.ended:
                self._await(times, self._patience.start)
            if self.ended:
                return
            self._sent += 1
            self._child.send(encode(Tell(self._sent, raws)))  # the pipe is empty; waiting says if it is gone
            self._asked.append((self._sent, times, True))
            self._await(times, self._patience.answer)

    def _await(self, times: list[int], patience: int) -> None:
        """Wait for the whole answer to the message asked; anything else on the pipe ends the bot."""
        message, _, _ = self._asked[0]
        for _ in range(PARTS):
            try:
                frames = self._child.receive(patience)
            except EOFError as error:
                self._end(times[-1], 0, str(error))
                return
            if not frames:
                self._end(times[-1], 0, f"no answer within {patience / NS:g} s")
                return
            for at, frame in enumerate(frames):
                answer = read_answer(frame)
                if answer is None or answer.re != message or (not answer.more and at + 1 < len(frames)):
                    self._end(times[-1], 0, "speaks out of turn")
                    return
                self._hear(answer, times, 0, fresh=True)
                if self.ended:
                    return
                if not answer.more:
                    self._asked.popleft()
                    self.started = True
                    return
        self._end(times[-1], 0, "does not come to an end")

    # Real time.

    def _called(self, now: int) -> None:
        if self._now == 0:
            self._waits_since = now  # for an answer to the message it was started with
        self._now = now

    def _deliver(self) -> None:
        """Send what waits, as far as the bot keeps up."""
        while not self.ended and len(self._asked) < (AHEAD if self.started else 1):
            if (portion := self._mailbox.take()) is None:
                return
            raws, times, fresh = portion
            self._sent += 1
            if not self._child.send(encode(Tell(self._sent, raws))):
                return  # AHEAD messages always fit the pipe: it is gone, and reading will say why
            if not self._asked:
                self._waits_since = self._now
            self._asked.append((self._sent, times, fresh))

    def _listen(self, now: int) -> None:
        """Read what the bot has said, within this second's budget."""
        if now // NS > self._second:
            self._second, self._read_bytes = now // NS, 0
        while not self._spent() and not self.ended:
            try:
                frames = self._child.receive()
            except EOFError as error:
                self._end(now, now, str(error))
                return
            if not frames:
                return
            for frame in frames:
                self._read_bytes += max(len(frame), READ_BYTES // READ_FRAMES)
                self._answered(frame, now)
                if not self._running():
                    return

    def _running(self) -> bool:
        return not self.ended

    def _spent(self) -> bool:
        return self._read_bytes >= READ_BYTES

    def _answered(self, frame: bytes, now: int) -> None:
        answer = read_answer(frame)
        if answer is None or not self._asked or answer.re != self._asked[0][0]:
            self._arrivals.arrive(now, now)
            self._rubbish(now, now)
            return
        _, times, fresh = self._asked[0]
        self._hear(answer, times, now, fresh=fresh)
        if not answer.more and self._running():
            self._asked.popleft()
            self.started = True
            self._waits_since = now

    # Both.

    def _hear(self, answer: Answer, times: list[int], now: int, *, fresh: bool) -> None:
        """Everything one answer, or part of it, says. `times` are those of the items it answers."""
        self.errors += answer.errors
        self.last_error = answer.error or self.last_error
        arrivals = self._arrivals
        last = len(times) - 1
        for index, raw in answer.intents if fresh else ():
            cause = times[min(index, last)] if times else now
            first = memoryview(raw)[0]
            if 0x80 <= first <= 0x8F or first in (0xDE, 0xDF):  # a map
                ts = arrivals.arrive(cause, now)
                if not arrivals.admit(ts):
                    continue
                intent = understand(bytes(raw), self.strategy, self._instruments, ts, cause)
                if intent is not None:
                    arrivals.intent(intent)
                    continue
            elif count := _count(raw):
                arrivals.dropped(cause, now, count)
                continue
            else:
                arrivals.arrive(cause, now)
            if self._rubbish(cause, now):
                return
        if answer.wake is not None:
            index, at = answer.wake
            arrivals.wake(at, times[min(index, last)] if times else now, now)
        if answer.fatal is not None:
            index, why = answer.fatal
            self._end(times[min(index, last)] if times else now, now, why)

    def _rubbish(self, cause: int, now: int) -> bool:
        if self._arrivals.rubbish():
            self._end(cause, now, "sends rubbish")
            return True
        return False

    def _end(self, cause: int, now: int, why: str) -> None:
        """The bot is no more."""
        if not self.ended:
            self._stop(why)
            self._arrivals.down(cause, now, self.ended)

    def _stop(self, why: str) -> None:
        text = why[:MAX_TEXT]
        self.ended = "".join(c if c.isprintable() else " " for c in text) or "ended"
        self._mailbox.clear()
        self._asked.clear()
        self._child.kill()


def _count(raw: Raw) -> int:
    """How many intents the bot's side left out; 0 when that is not what it says."""
    try:
        return min(max(msgspec.msgpack.decode(raw, type=int), 0), UNCOUNTED)
    except BAD:
        return 0
