"""The messages between host and bot: msgpack in frames, every number and length checked on arrival.

Host to bot: one `Start`, then `Tell`s, numbered. Bot to host: for each of them one `Answer`, in parts when it
is long.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Protocol

import msgspec
from msgspec import Meta, Raw, Struct

TELL: Final = 64 * 1024  # bytes of items in one Tell
PART: Final = 64 * 1024  # bytes of intents after which an answer goes on in another part
PARTS: Final = 1_024  # parts of one answer
MAX_START: Final = 192 * 1024  # bytes of settings and symbols
MAX_INTENT: Final = 16 * 1024  # bytes of one intent (S1)
PER_EVENT: Final = 1_000  # intents looked at of what one event caused; the rest are counted
NOTHING: Final = b"\xc0"

Natural = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Index = Annotated[int, Meta(ge=0, lt=TELL)]
Text = Annotated[str, Meta(max_length=4_096)]

# What decoding unknown bytes may raise: RecursionError is for nesting, ValueError for what is not UTF-8.
BAD: Final = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError)


class Pipe(Protocol):
    """The bot's end of its pipe, blocking."""

    def receive(self) -> bytes: ...
    def send(self, frame: bytes) -> None: ...


class Start(Struct, tag="start"):
    """The first message, number 0: which bot, and what it is told of itself."""

    strategy: str
    target: str
    settings: dict[str, object]
    seed: int
    symbols: dict[str, str]  # symbol: asset class


class Tell(Struct, tag="tell"):
    """Items in journal order."""

    n: int
    items: list[Raw]


class Told(Struct, tag="tell"):
    """`Tell` as the bot reads it."""

    n: int
    items: list[dict[str, object]]


class Answer(Struct, omit_defaults=True):
    """What the bot says to message `re`. Each thing names the item, by index, that caused it."""

    re: Natural
    intents: list[tuple[Index, Raw]] = []  # a map; or the count of intents that were left out; else rubbish
    wake: tuple[Index, Annotated[int, Meta(ge=-1, le=2**63 - 1)]] | None = None  # the alarm; -1 = none
    errors: Natural = 0  # handlers that raised
    error: Text = ""  # the last of them
    fatal: tuple[Index, Text] | None = None  # the bot ends itself, and why
    more: bool = False  # another part follows


_to_bot: msgspec.msgpack.Decoder[Start | Told] = msgspec.msgpack.Decoder(Start | Told)
_to_host = msgspec.msgpack.Decoder(Answer)
_encoder = msgspec.msgpack.Encoder()


def encode(message: Start | Tell | Answer) -> bytes:
    """One frame."""
    return _encoder.encode(message)


def read_message(frame: bytes) -> Start | Told:
    """What the host sent."""
    return _to_bot.decode(frame)


def read_answer(frame: bytes) -> Answer | None:
    """What the bot sent; None when it is none of our words."""
    try:
        return _to_host.decode(frame)
    except BAD:
        return None


def tells(items: Sequence[dict[str, object]]) -> Iterator[tuple[list[Raw], list[int]]]:
    """Items in portions of at most TELL bytes (or one item), each with the items' times."""
    portion: list[Raw] = []
    times: list[int] = []
    size = 0
    for item in items:
        raw = _encoder.encode(item)
        if portion and size + len(raw) > TELL:
            yield portion, times
            portion, times, size = [], [], 0
        portion.append(Raw(raw))
        times.append(moment(item))
        size += len(raw)
    if portion:
        yield portion, times


def moment(item: dict[str, object]) -> int:
    """The time of an item."""
    ts = item["ts"]
    assert isinstance(ts, int)
    return ts
