"""The line between a governor and the paper broker's process: the words of both sides, and the broker's end.

A frame is a MessagePack array, its word first; events and effects travel as the journal writes them. A call
is acknowledged once it is in the broker's file and synced, or known not to be; what comes of it arrives as
events. The newest governor that resumes has the stream; a call of an older one is not taken any more.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from flyball.broker.paper_desk import PaperDesk
from flyball.broker.paper_file import PaperFileError
from flyball.journal import codec
from flyball.journal.errors import JournalError
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Event

# governor to broker
HELLO: Final = "hello"  # at: not before this time -> TERMS
RESUME: Final = "resume"  # cursor, at: as of HELLO
CALL: Final = "call"  # number, [effect] -> ACK
LOOK: Final = "look"  # number, client id -> FOUND
FIGURES: Final = "figures"  # number -> FOUND
PING: Final = "ping"  # number -> PONG
# broker to governor
TERMS: Final = "terms"  # origin, speed, anchor of its clock
ACK: Final = "ack"  # number
EVENTS: Final = "events"  # [event, ...]
FOUND: Final = "found"  # number, [] (Unknown) or [event]
PONG: Final = "pong"  # number, its time, whether the market is open, next open, next close (0 = cannot tell)
REFUSED: Final = "refused"  # why this line has no stream

CHUNK: Final = 200  # events in one frame

Terms = tuple[int, float, int]

encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Any]).decode


def decode(frame: bytes) -> list[Any]:
    """The words of a frame. ValueError when it is none of ours."""
    words = _decode(frame)
    if not words or not isinstance(words[0], str):
        raise ValueError("a frame without a word")
    return words


class Sender(Protocol):
    """The broker's end of one line."""

    def send(self, frame: bytes) -> bool: ...
    def close(self) -> None: ...


class PaperLine:
    """All lines of one paper broker. `terms(at)`: its clock, moved on to `at` where it is behind."""

    def __init__(self, desk: PaperDesk, terms: Callable[[int], Terms]) -> None:
        self.desk = desk
        self._terms = terms
        self._governor: Sender | None = None
        desk.tell = self._tell

    def hear(self, line: Sender, frames: list[bytes]) -> None:
        """What came by a line. One that says what is no word of ours is ended."""
        acks: list[bytes] = []
        try:
            for frame in frames:
                self._frame(line, decode(frame), acks)
        except (ValueError, TypeError, IndexError, JournalError):
            line.close()
            return
        if acks:
            self.desk.advance()  # durable first
            for ack in acks:
                line.send(ack)

    def gone(self, line: Sender) -> None:
        """A line has ended. What is told meanwhile is told again behind the cursor of the next."""
        if line is self._governor:
            self._governor = None

    def _frame(self, line: Sender, words: list[Any], acks: list[bytes]) -> None:
        word, *rest = words
        if word == HELLO:
            line.send(encode([TERMS, *self._terms(int(rest[0]))]))
        elif word == RESUME:
            self._terms(int(rest[1]))  # one that was started anew is behind
            self._resume(line, int(rest[0]))
        elif word == PING:
            hours = self.desk.paper.hours(self.desk.now())
            line.send(encode([PONG, rest[0], hours.clock, hours.is_open, hours.opens, hours.closes]))
        elif line is not self._governor:
            line.close()
        elif word == CALL:
            for effect in codec.decode(rest[1], "the line to the paper broker"):
                self._call(effect)
            acks.append(encode([ACK, rest[0]]))
        elif word in (LOOK, FIGURES):
            self._look(line, word, rest)
        else:
            raise ValueError(f"no word of ours: {word!r}")

    def _resume(self, line: Sender, cursor: int) -> None:
        if self._governor is not None and self._governor is not line:
            self._governor.close()
        self._governor = None
        self.desk.advance()
        try:
            self.desk.paper.resume(cursor, self.desk.now())
        except PaperFileError as wrong:
            line.send(encode([REFUSED, str(wrong)]))
            return
        self._governor = line
        self.desk.wake()

    def _call(self, effect: codec.Record) -> None:
        paper = self.desk.paper
        if isinstance(effect, Order):
            self.desk.submit(effect)
        elif isinstance(effect, Cancel):
            paper.cancel(effect)
        elif isinstance(effect, CancelAll):
            paper.cancel_all(effect)
        elif isinstance(effect, Query):
            paper.query(effect)
        elif isinstance(effect, AskAccount):
            paper.account(effect)
        else:
            raise ValueError(f"no call: {effect.KIND}")
        self.desk.wake()

    def _look(self, line: Sender, word: str, rest: list[Any]) -> None:
        now = self.desk.advance()
        paper = self.desk.paper
        found = paper.looked_up(str(rest[1]), now) if word == LOOK else paper.figures_now(now)
        line.send(encode([FOUND, rest[0], codec.encode([found] if found is not None else [])]))

    def _tell(self, events: list[Event]) -> None:
        line = self._governor
        for at in range(0, len(events) if line is not None else 0, CHUNK):
            if line is not None:
                line.send(encode([EVENTS, codec.encode(events[at : at + CHUNK])]))
