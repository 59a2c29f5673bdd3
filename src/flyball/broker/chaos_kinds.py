"""The ways a broker misbehaves, by name (B9): each a switch of its own, drawn by seed or struck by script.

A kind of a call or of an event of the stream is set in parts per million of those it could hit, a kind of the
clock in strokes an hour. 0 = off. A stroke of a script hits for sure, whatever is switched on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flyball.broker.paper_draws import between, numbers
from flyball.kernel.units import NS, PPM
from flyball.kernel.words import ACCOUNT, CANCEL, QUERY, SUBMIT

LOOKUP: Final = "lookup"  # the questions of a start
EVENT: Final = "event"  # one update or fill of the stream
CLOCK: Final = "clock"  # it happens to the whole broker, at some moment

HOUR: Final = 3_600 * NS


@dataclass(frozen=True)
class Kind:
    """One misbehaviour: what it can hit, and how long it takes, ns (0 = no time is drawn)."""

    name: str
    hits: tuple[str, ...]
    says: str
    low: int = 0
    high: int = 0


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("reject", (SUBMIT,), "rejected with a reason of the broker's"),
        Kind("throttle", (SUBMIT, CANCEL, QUERY, ACCOUNT), "429: refused at once, certainly not done"),
        Kind("server_error", (SUBMIT, CANCEL, QUERY, ACCOUNT), "5xx at once; what was asked may be done"),
        Kind("unanswered_done", (SUBMIT, CANCEL), "done, and never answered"),
        Kind("unanswered", (SUBMIT, CANCEL, QUERY, ACCOUNT), "never arrives and is never answered"),
        Kind("applied_late", (SUBMIT,), "no answer; applied after a while", NS // 2, 20 * NS),
        Kind("slow_cancel", (CANCEL,), "the cancel arrives late: fills overtake it", NS // 2, 20 * NS),
        Kind("duplicate_id", (SUBMIT,), "done; a repetition is told: this id is taken"),
        Kind("forgets", (QUERY, LOOKUP), "an id it has is not found, once"),
        Kind("cannot_look", (LOOKUP,), "a start's question is not answered: Unknown"),
        Kind("stale", (ACCOUNT,), "the account as it was some time ago", 0, 30 * NS),
        Kind("empty", (ACCOUNT,), "an account without positions and orders, whatever there is"),
        Kind("late", (EVENT,), "an event comes late; others overtake it", NS, 30 * NS),
        Kind("shuffled", (EVENT,), "events change places", 1, 2 * NS),
        Kind("twice", (EVENT,), "an event comes a second time", NS // 1_000, 60 * NS),
        Kind("lost", (EVENT,), "an event is never told: only questions find it"),
        Kind("unfinished", (EVENT,), "an update without broker id and filled quantity"),
        Kind("strange_word", (EVENT,), "an update in a state nobody here knows comes before"),
        Kind("garbled", (EVENT,), "a fill with a price or quantity of zero or less comes before"),
        Kind("skewed", (EVENT,), "an event is stamped by a clock that is wrong", 0, 5 * NS),
        Kind("mute", (CLOCK,), "the stream says nothing, then everything in order", NS, 120 * NS),
        Kind("down", (CLOCK,), "nothing is answered and nothing is told", NS, 300 * NS),
        Kind("restart", (CLOCK,), "every call is refused with 503, the stream is silent", 20 * NS, 180 * NS),
        Kind("hand", (CLOCK,), "somebody trades in the account by hand"),
        Kind("hand_order", (CLOCK,), "somebody's own order rests for a while", 60 * NS, 600 * NS),
        Kind("hand_untold", (CLOCK,), "the same, and the stream does not tell"),
    )
}

REJECTS: Final = (
    "insufficient buying power",
    "asset is not tradable",
    "account is restricted to liquidation",
    "order would cross a wash trade",
    "",
)


@dataclass(frozen=True)
class Stroke:
    """One scripted misbehaviour. Of a call or event: the `nth` (1 = first) that this kind can hit, of the
    sort `of` when the kind hits several. Of the clock: `at` ns after the chaos begins, for `lasts` ns.
    """

    kind: str
    nth: int = 0
    at: int = 0
    lasts: int = 0
    of: str = ""


@dataclass(frozen=True)
class Window:
    """A stroke of the clock, [begin, end)."""

    kind: str
    begin: int
    end: int
    number: int


def checked(kinds: Mapping[str, int], script: Sequence[Stroke]) -> dict[str, int]:
    """The switches, every kind named. ValueError for a name or a number that makes no sense."""
    for name in (*kinds, *(stroke.kind for stroke in script)):
        if name not in KINDS:
            raise ValueError(f"{name!r} is no misbehaviour; one of {', '.join(KINDS)}")
    for name, value in kinds.items():
        if value < 0 or (KINDS[name].hits != (CLOCK,) and value > PPM):
            raise ValueError(f"{name} = {value}: from 0 to {PPM} ppm, or strokes an hour")
    for stroke in script:
        if (KINDS[stroke.kind].hits == (CLOCK,)) == (stroke.nth > 0):
            raise ValueError(f"a stroke of {stroke.kind}: `nth` of calls and events, `at` of the clock")
    return {name: kinds.get(name, 0) for name in KINDS}


def length_of(kind: Kind, draws: Iterator[int]) -> int:
    """How long this one takes, mostly short (drawn twice)."""
    if kind.high == 0:
        return 0
    return between(draws, kind.low, between(draws, kind.low, kind.high))


def windows(seed: int, name: str, an_hour: int, hours: Sequence[tuple[int, int]]) -> Iterator[Window]:
    """The strokes of one kind of the clock by seed, each beginning within `hours` ((begin, end), rising);
    none when it is off."""
    if an_hour <= 0:
        return
    draws = numbers(seed, "window", name)
    at = number = 0
    for begin, end in hours:
        at = max(at, begin)
        while (at := at + between(draws, 1, 2 * HOUR // an_hour)) < end:
            number += 1
            over = at + between(draws, KINDS[name].low, KINDS[name].high)
            yield Window(name, at, over, number)
            at = over
