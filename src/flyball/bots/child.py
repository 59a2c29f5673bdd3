"""What runs in the bot's process: read a message, call the bot with each item, answer. One message, one
answer, nothing unasked.

A handler that raises is reported (its traceback goes to the log) and the bot goes on; STORM of them in a row
end it.
"""

import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from itertools import islice
from typing import Final

import msgspec
from msgspec import Raw

from flyball.bots.asks import Event, Intent, Wake, wake_in
from flyball.bots.load import Handler, load
from flyball.bots.wire import (
    MAX_INTENT,
    NOTHING,
    PART,
    PER_EVENT,
    Answer,
    Pipe,
    Start,
    Told,
    encode,
    read_message,
)

STORM: Final = 10  # exceptions in a row
RAISED: Final = (Exception, SystemExit)  # what a bot's code may end in; all of it is the bot's affair


def main(pipe: Pipe, _: Sequence[str]) -> int:
    """Serve until the governor closes the pipe (0) or the bot is beyond help (1). Its settings come by it."""
    try:
        conversation = begin(pipe, pipe.receive())
        while conversation is not None and conversation.going:
            conversation.hear(pipe.receive())
    except EOFError:
        return 0
    return 1


def begin(pipe: Pipe, frame: bytes) -> "Conversation | None":
    """Load the bot the first message names and say that it is ready, or why not: then None."""
    start = read_message(frame)
    assert isinstance(start, Start)
    try:
        handle, on_start = load(start.target, start.settings)
        on_start(Event({"kind": "start", **msgspec.structs.asdict(start)}))
    except RAISED as error:
        traceback.print_exc()
        why = f"cannot start {start.target}: {_words(error)}"
        pipe.send(encode(Answer(re=0, fatal=(0, why))))
        return None
    pipe.send(encode(Answer(re=0)))
    return Conversation(pipe, handle)


class Conversation:
    """The bot's side of it: what is collected for one answer, and how many failures stand in a row."""

    def __init__(self, pipe: Pipe, handle: Handler) -> None:
        self.going = True
        self._pipe = pipe
        self._handle = handle
        self._row = 0
        self._size = 0
        self._answer = Answer(re=0)

    def hear(self, frame: bytes) -> None:
        """The next message from the governor."""
        message = read_message(frame)
        assert isinstance(message, Told)
        self.answer(message)

    def answer(self, message: Told) -> None:
        """Call the bot with every item and send what it said, in parts when it is long."""
        self._answer, self._size = Answer(re=message.n), 0
        for index, item in enumerate(message.items):
            event = Event(item)
            try:
                self._collect(index, event, self._handle(event))
                self._row = 0
            except RAISED as error:
                self._raised(index, error)
            if not self.going:
                break
        self._pipe.send(encode(self._answer))
        sys.stdout.flush()
        sys.stderr.flush()

    def _collect(self, index: int, event: Event, result: object) -> None:
        said = _each(result)
        for thing in islice(said, PER_EVENT):
            if isinstance(thing, Wake | wake_in):
                self._wake(index, event, thing)
            else:
                self._add(index, _intent(thing))
        if isinstance(result, Sized) and not isinstance(result, Mapping | str | bytes):
            left = max(0, len(result) - PER_EVENT)
        else:
            left = sum(1 for _ in islice(said, 1))  # a generator may go on for ever; that it did is enough
        if left:
            self._add(index, _encoder.encode(left))

    def _add(self, index: int, raw: bytes) -> None:
        self._answer.intents.append((index, Raw(raw)))
        self._size += len(raw) + 8
        if self._size > PART:
            self._answer.more = True
            self._pipe.send(encode(self._answer))
            self._answer, self._size = Answer(re=self._answer.re), 0

    def _wake(self, index: int, event: Event, ask: Wake | wake_in) -> None:
        at: object = ask.at if isinstance(ask, Wake) else ask.at(event.ts)
        if at is None:
            at = -1
        elif not isinstance(at, int) or not 0 <= at < 2**63:
            raise ValueError(f"Wake({at!r}): give UTC nanoseconds as an integer, or None")
        self._answer.wake = (index, at)

    def _raised(self, index: int, error: BaseException) -> None:
        traceback.print_exception(error)
        self._row += 1
        self._answer.errors += 1
        self._answer.error = _words(error)
        if isinstance(error, SystemExit):
            self._end(index, f"left by itself ({_words(error)})")
        elif self._row >= STORM:
            self._end(index, f"{STORM} exceptions in a row, the last {_words(error)}")

    def _end(self, index: int, why: str) -> None:
        self.going = False
        self._answer.fatal = (index, why)


def _each(result: object) -> Iterator[object]:
    if result is None:
        return iter(())
    if isinstance(result, Iterable) and not isinstance(result, Mapping | str | bytes):
        return iter(result)
    return iter((result,))


def _intent(thing: object) -> bytes:
    """One intent as msgpack; what cannot be one is sent as nothing, which the host counts."""
    fields = thing.fields() if isinstance(thing, Intent) else thing
    if not isinstance(fields, Mapping):
        print(f"no intent: {thing!r:.200}", file=sys.stderr)
        return NOTHING
    try:
        raw = _encoder.encode({name: _plain(value) for name, value in fields.items()})
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        print(f"intent not sent: {error}: {thing!r:.200}", file=sys.stderr)
        return NOTHING
    if len(raw) > MAX_INTENT:
        print(f"intent not sent: {len(raw)} bytes, at most {MAX_INTENT}", file=sys.stderr)
        return NOTHING
    return raw


def _plain(value: object) -> object:
    """Numbers msgpack does not know: integers beyond 64 bits, and other libraries' scalars (`item`)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if -(2**63) <= value < 2**63 else str(int(value))
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1_000]


_encoder = msgspec.msgpack.Encoder()
