"""`ports.Broker` over a line to the paper broker's process: real time only, and nothing here ever waits.

What gets no answer is a `Timeout`, as at any broker: the process may be gone, hung or slow, and nobody here
can tell which. While it is silent nothing that adds is handed to it (B15), cancels and reductions are; the
governor's sensor word is "broker" (`Report`): "down" when the line ends or falls silent, "ok" when it speaks
again. After every reconnect the stream goes on behind the last number heard, so that nothing is lost and
nothing comes twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flyball.broker.paper_file import PaperFileError
from flyball.broker.paper_line import (
    ACK,
    CALL,
    EVENTS,
    FIGURES,
    FOUND,
    LOOK,
    PING,
    PONG,
    REFUSED,
    RESUME,
    decode,
    encode,
)
from flyball.broker.paper_replies import Asked
from flyball.journal import codec
from flyball.journal.errors import JournalError
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Effect, Order, Query
from flyball.kernel.events import Account, Answer, Event, Fill, Report, Timeout, Update
from flyball.kernel.units import MS, NS
from flyball.kernel.words import ACCOUNT, CANCEL, CANCEL_ALL, FINAL_STATES, QUERY, SUBMIT
from flyball.ports import Hours, Stream

BEAT: Final = 250 * MS  # real time between two pings
SILENT: Final = 1 * NS  # real time without a pong after which it is not there
SHORTEST: Final = 1 * NS  # real time any answer is waited for, however fast the data are played


@dataclass
class Waiting:
    """A call that has no answer yet. `number`: of its frame, 0 = it never left."""

    due: int
    number: int


class PaperLink:
    """The paper broker behind `stream`. `timeout`: how long an answer is waited for, ns of the governor's
    clock, whose `stretch` turns real time into it."""

    def __init__(self, stream: Stream, *, timeout: int, stretch: Callable[[int], int], now: int) -> None:
        self._stream = stream
        self._stretch = stretch
        self._timeout = max(timeout, stretch(SHORTEST))
        self._now = now
        self._cursor = 0
        self._line = 0  # the connection that has the stream
        self._count = 0
        self._open: dict[Asked, Waiting] = {}
        self._told: list[Event] = []
        self._found: dict[int, list[codec.Record]] = {}
        self._pinged = 0  # when the oldest ping without a pong left, 0 = none is out
        self._beat = 0  # when the next one is due
        self._up: bool | None = None  # nothing is known of it yet
        self._refused = ""
        self._hours: Hours | None = None

    # -- a source of events

    def next_due(self) -> int | None:
        """The next ping or overdue answer; what arrives wakes the loop by itself."""
        overdue = min((w.due for w in self._open.values()), default=self._beat)
        return self._now if self._told else min(self._beat, overdue)

    def take(self, now: int) -> list[Event]:
        """What has arrived by now, and a Timeout for what was waited for too long."""
        self._now = now
        self._listen()
        self._keep(now)
        for asked in [a for a, w in self._open.items() if w.due <= now]:
            waiting = self._open.pop(asked)
            why = "no answer" if waiting.number else "not reached"
            reason = f"{why} within {self._timeout // MS} ms"
            self._told.append(Timeout(now, asked.client_id, asked.call, asked.number, reason))
        told, self._told = self._told, []
        for event in told:
            event.ts = min(event.ts, now)
        return told

    def resume(self, cursor: int, now: int) -> None:
        """Go on behind number `cursor`: at once when there is a line, else with the next."""
        self._now = now
        self._cursor = cursor
        self._line = 0
        self._subscribe()

    def hours(self, now: int) -> Hours | None:
        """What it last said of its time and session."""
        return self._hours

    # -- calls

    def submit(self, order: Order) -> None:
        """What adds is not handed to a broker that does not speak."""
        asked = Asked(SUBMIT, order.client_id, order.attempt)
        self._call(asked, order, hold=order.adds and not self._up)

    def cancel(self, cancel: Cancel) -> None:
        self._call(Asked(CANCEL, cancel.client_id, cancel.attempt), cancel)

    def cancel_all(self, cancel: CancelAll) -> None:
        self._call(Asked(CANCEL_ALL, "", cancel.attempt), cancel)

    def query(self, query: Query) -> None:
        self._call(Asked(QUERY, query.client_id, query.ask), query)

    def account(self, ask: AskAccount) -> None:
        self._call(Asked(ACCOUNT, "", ask.ask), ask)

    async def lookup(self, client_id: str, now: int) -> Answer | None:
        """Whether it has an id; None when it does not say in time."""
        found = await self._ask(LOOK, client_id)
        return found if isinstance(found, Answer) else None

    async def read_account(self, now: int) -> Account | None:
        """The account's figures; None when it does not say in time. PaperFileError when the account there is
        not the one of this journal."""
        found = await self._ask(FIGURES)
        if self._refused:
            raise PaperFileError(self._refused)
        return found if isinstance(found, Account) else None

    # -- inside

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _call(self, asked: Asked, effect: Effect, *, hold: bool = False) -> None:
        number = 0 if hold or self._line == 0 else self._number()
        if number and not self._stream.send(encode([CALL, number, codec.encode([effect])])):
            number = 0
        self._open[asked] = Waiting(self._now + self._timeout, number)

    async def _ask(self, word: str, *args: str) -> codec.Record | None:
        """A question of a start. The answer is waited for in real time."""
        number = self._number()
        left = self._timeout * NS // self._stretch(NS)
        sent = False
        while left > 0 and not self._refused:
            if not sent and self._subscribe():
                sent = self._stream.send(encode([word, number, *args]))
            if not await self._stream.arrival(min(left, BEAT)):
                left -= BEAT
            self._listen()
            if number in self._found:
                return next(iter(self._found.pop(number)), None)
        return None

    def _subscribe(self) -> bool:
        """Have the stream of the present connection; False when there is none."""
        number = self._stream.number()
        if number == 0:
            self._line = 0
        elif number != self._line and self._stream.send(encode([RESUME, self._cursor, self._now])):
            self._line = number
            self._pinged = self._beat = 0
            self._refused = ""
        return self._line != 0

    def _keep(self, now: int) -> None:
        """The line's own health: subscribe, ping, say when it went and when it came back."""
        if not self._subscribe() or self._refused:
            self._say(False, self._refused or "there is no connection")
            self._pinged = 0
            self._beat = now + self._stretch(BEAT)
            return
        if self._pinged and now - self._pinged > self._stretch(SILENT):
            self._say(False, f"it has not answered for {SILENT // MS} ms")
        if now >= self._beat:
            self._beat = now + self._stretch(BEAT)
            if self._pinged == 0:
                self._pinged = now
                self._stream.send(encode([PING, self._number()]))

    def _say(self, up: bool, why: str) -> None:
        if up != self._up:
            self._up = up
            value = "ok" if up else "down"
            self._told.append(Report(self._now, "broker", value, "paper", f"the paper broker: {why}"))

    def _listen(self) -> None:
        for frame in self._stream.receive():
            try:
                self._hear(decode(frame))
            except (ValueError, TypeError, IndexError, JournalError) as strange:
                self._refused = f"what it says is not understood ({strange}); is it of another version?"

    def _hear(self, words: list[Any]) -> None:
        word, *rest = words
        if word == EVENTS:
            for event in codec.decode(rest[0], "the line from the paper broker"):
                self._take_in(event)
        elif word == FOUND:
            self._found[int(rest[0])] = codec.decode(rest[1], "the line from the paper broker")
            self._say(True, "it speaks")
        elif word == PONG:
            self._pinged = 0
            self._hours = Hours(self._now, *rest[1:5])
            if not self._refused:
                self._say(True, "it speaks")
        elif word == ACK:
            self._acknowledged(int(rest[0]))
        elif word == REFUSED:
            self._refused = str(rest[0])

    def _take_in(self, event: codec.Record) -> None:
        if isinstance(event, Update | Fill):
            if 0 < event.n <= self._cursor:
                return
            self._cursor = max(self._cursor, event.n)
            self._answered(event)
        elif isinstance(event, Answer):
            self._open.pop(Asked(QUERY, event.client_id, event.ask), None)
            self._answered(event)
        elif isinstance(event, Account):
            self._open.pop(Asked(ACCOUNT, "", event.ask), None)
        elif isinstance(event, Timeout):
            self._open.pop(Asked(event.call, event.client_id, event.attempt), None)
        else:
            return
        self._told.append(event)

    def _acknowledged(self, number: int) -> None:
        """It has the call and will say itself what becomes of it, or that nobody answered."""
        for asked, waiting in list(self._open.items()):
            if waiting.number == number and asked.call == CANCEL_ALL:
                del self._open[asked]  # the orders' own updates are all there is to come
            elif waiting.number == number:
                waiting.due += self._timeout

    def _answered(self, event: Update | Fill | Answer) -> None:
        """It speaks of an order: its submit has an answer, and its cancels once it is over."""
        over = not isinstance(event, Fill) and event.state in FINAL_STATES
        for asked in [a for a in self._open if a.client_id == event.client_id]:
            if asked.call == SUBMIT or (asked.call == CANCEL and over):
                del self._open[asked]
