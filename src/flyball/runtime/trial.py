"""What the governor was stepping when it died (J9): a mark that outlives the process, and what two deaths at
the same event come to.

Before an event is stepped, MARK bytes beside the journal say which; when the batch is stepped, one byte says
that nothing is under way. Neither is synced: this is about a process that dies, and a death while it waits,
writes or syncs leaves nothing. A start that finds a mark standing counts a death at that event. An event
stepped well is forgotten; at the second death without that it is condemned: passed over when its source
hands it over again, or left out of the recovery, and journaled as `Quarantined`.

A disk that takes no mark only costs the quarantine: nothing here ever stops the governor, but for a recovery
that dies at ever new records, where leaving out one more would not help.
"""

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Final

from flyball.journal.codec import identity
from flyball.kernel.effects import Effect
from flyball.kernel.events import (
    Account,
    Action,
    Answer,
    BotDown,
    Command,
    Config,
    Delivery,
    Epoch,
    Event,
    Fill,
    Flow,
    Ingress,
    Intent,
    Mark,
    Quarantined,
    Report,
    Session,
    Tick,
    Update,
    Wake,
)
from flyball.kernel.governor import Governor
from flyball.kernel.quarantine import TIMER
from flyball.ports import Disk, File

PATH: Final = "stepping"
MARK: Final = 128
LIVE: Final = 1  # stepped for the first time
AGAIN: Final = 2  # stepped again, in a recovery
TWICE: Final = 2
SLOTS: Final = 8  # suspects kept; the first mark is the event under way
WHOLE: Final = (Epoch, Config, Quarantined)  # without these there is no governor: never left out
ALONE: Final = 4  # records a recovery may leave out before it is plain that they are not the cause

_PACK: Final = struct.Struct("<BQQI16s64s26xB")
_IDLE: Final = b"\0"
_MASK: Final = (1 << 64) - 1


class DiesAnywhere(Exception):  # noqa: N818 - it says what is the case
    """Recovery died at one record after the other; the text says what to do."""


@dataclass(frozen=True)
class Stepping:
    """One event, as a mark has it. `seq`: the number it has in the journal, or would have had."""

    mode: int
    seq: int
    n: int
    digest: int
    kind: str
    source: str
    deaths: int = 1

    def pack(self) -> bytes:
        return _pack(self.mode, self.seq, self.n, self.digest, self.kind, self.source, self.deaths)

    def same(self, other: "Stepping") -> bool:
        """Whether both are of one event. What was recorded is known by its record; what a source numbers, by
        that number: a bot that is started anew says the same in other words. All else by what it says."""
        known = self.mode == LIVE and self.source != "" and self.n > 0
        return (
            (self.mode, self.kind, self.source[:64], self.n & _MASK)
            == (other.mode, other.kind, other.source[:64], other.n & _MASK)
            and (known or self.digest == other.digest)
            and (self.mode == LIVE or self.seq == other.seq)
        )

    def __str__(self) -> str:
        named = f"{self.kind} {self.n} of {self.source}" if self.source else f"{self.kind} {self.digest:08x}"
        return f"{named}, record {self.seq}" + ("" if self.mode == LIVE else ", in a recovery")


def _pack(mode: int, seq: int, n: int, digest: int, kind: str, source: str, deaths: int) -> bytes:
    return _PACK.pack(mode, seq, n & _MASK, digest, kind.encode(), source.encode("utf-8", "replace"), deaths)


def read_mark(data: bytes) -> Stepping | None:
    """None for an empty place, or for what is no mark."""
    if len(data) != MARK or not data[-1]:
        return None
    mode, seq, n, digest, kind, source, last = _PACK.unpack(data)
    if mode not in (LIVE, AGAIN) or not kind.strip(b"\0"):
        return None
    words = [text.rstrip(b"\0").decode("utf-8", "replace") for text in (kind, source)]
    return Stepping(mode, seq, n, digest, words[0], words[1], last)


def source_of(e: Event, due: int = 0) -> tuple[str, int]:
    """The source of an event as the kernel's cursors name it, and the source's number for it; ("", 0) when it
    has none. `due`: the timer that is due."""
    if isinstance(e, Mark):
        return "feed", e.n
    if isinstance(e, (Intent, Wake, Ingress, BotDown)):
        return f"bot:{e.strategy}", e.n
    if isinstance(e, (Fill, Update)):
        return "broker", e.n
    if isinstance(e, Tick):
        return TIMER, due
    if isinstance(e, Command):
        return "operator", e.n
    if isinstance(e, Flow):
        return "flow", e.n
    if isinstance(e, Action):
        return "action", e.n
    if isinstance(e, Session):
        return "session", e.day
    if isinstance(e, Delivery):
        return "pager", e.n
    return "", 0


def _digest(e: Event | Effect) -> int:
    """Of what it says, not of when, nor of which question it answers."""
    if isinstance(e, (Account, Answer)):
        e = replace(e, ask=0)
    return zlib.crc32(identity(e))


@dataclass
class Trial:
    """The marks of one process. Made by `at_start`."""

    suspects: list[Stepping] = field(default_factory=list)  # each died at; those of TWICE are condemned
    died: Stepping | None = None  # what the process before this one died at
    failed: str = ""  # why no marks are made, "" while they are
    _file: File | None = None
    _watched: int = -1  # the suspect that is being stepped now

    @classmethod
    def at_start(cls, disk: Disk, head: int) -> "Trial":
        """With what the last process left. `head`: the journal's last record; what it holds has been stepped.
        DiesAnywhere when there is no use in going on."""
        made = cls()
        try:
            made._file = disk.open(PATH, create=True)
            made._read(head)
        except OSError as error:
            made._off(error)
        recorded = [one for one in made.suspects if one.mode == AGAIN and one.deaths >= TWICE]
        if len(recorded) > ALONE:
            raise DiesAnywhere(
                f"{disk.root}: recovery has died at {len(recorded)} records, one after the other:"
                f" {', '.join(str(one.seq) for one in recorded)}; no single record is the cause\n"
                "remedy: start it on a machine with more memory and a sound installation (the journal is as"
                f" it was); remove {disk.root}/{PATH} before"
            )
        return made

    def _read(self, head: int) -> None:
        assert self._file is not None
        data = self._file.read(0, MARK * (SLOTS + 1)).ljust(MARK * (SLOTS + 1), b"\0")
        marks = [read_mark(data[at : at + MARK]) for at in range(0, len(data), MARK)]
        self.suspects = [one for one in marks[1:] if one is not None]
        under_way = marks[0]
        if under_way is None or (under_way.mode == LIVE and under_way.seq <= head):
            return  # nothing, or what is in the journal after all
        self.died = under_way
        known = next((one for one in self.suspects if one.same(under_way)), None)
        if known is None:  # a death elsewhere: what had died only once, did so by chance
            self.suspects = [one for one in self.suspects if one.deaths >= TWICE]
            known = under_way
        else:
            self.suspects.remove(known)
            known = replace(known, seq=under_way.seq, deaths=min(known.deaths + 1, 255))
        self.suspects = [*self.suspects, known][-SLOTS:]
        self._write()
        self._file.sync()

    def _write(self) -> None:
        """All suspects, and that nothing is under way. One write: a death here leaves all of it or none."""
        if self._file is not None:
            slots = b"".join(one.pack() for one in self.suspects)
            self._file.write(0, bytes(MARK) + slots.ljust(MARK * SLOTS, b"\0"))

    def _off(self, error: OSError) -> None:
        """Without marks the governor flies as well."""
        self.failed = f"{error.strerror}"
        self._file = None

    def report(self, ts: int) -> list[Report]:
        """For people: what the process before died at, if it died at anything."""
        if self.died is None:
            return []
        return [Report(ts, "stepping", "died", "governor", f"the last process died at {self.died}")]

    # While it flies.

    def begin(self, e: Event, governor: Governor) -> Event:
        """`e` is about to be stepped: it, or what stands in its place when it is condemned."""
        if self._file is None or isinstance(e, WHOLE):
            return e
        due = governor.next_due() if isinstance(e, Tick) else 0
        source, n = source_of(e, due)
        digest = _digest(e)
        seq = governor.state.seq + 1
        if self.suspects:
            if self._watched >= 0:
                self.end()
            self._watched = self._suspect(Stepping(LIVE, seq, n, digest, e.KIND, source))
            if self._watched >= 0 and self.suspects[self._watched].deaths >= TWICE:
                self._watched = -1
                why = "the governor died twice at it"
                return Quarantined(e.ts, seq, e.KIND, source, n, f"{digest:08x}", why)
        self._mark(_pack(LIVE, seq, n, digest, e.KIND, source, 1))
        return e

    def end(self) -> None:
        """Everything begun has been stepped."""
        if self._file is None:
            return
        try:
            if self._watched >= 0:  # it can be stepped after all
                del self.suspects[self._watched]
                self._watched = -1
                self._write()
            else:
                self._file.write(MARK - 1, _IDLE)
        except OSError as error:
            self._off(error)

    def _suspect(self, under_way: Stepping) -> int:
        return next((i for i, one in enumerate(self.suspects) if one.same(under_way)), -1)

    def _mark(self, under_way: bytes) -> None:
        try:
            if self._file is not None:
                self._file.write(0, under_way)
        except OSError as error:
            self._off(error)

    # While it recovers.

    def condemned(self) -> list[int]:
        """The numbers of the recorded events a recovery has died at twice."""
        return [one.seq for one in self.suspects if one.mode == AGAIN and one.deaths >= TWICE]

    def again(self, seq: int, e: Event) -> None:
        """Record `seq` is about to be stepped again."""
        if self._file is None or isinstance(e, WHOLE):
            return
        source, n = source_of(e)
        digest = _digest(e)
        if self.suspects:
            if self._watched >= 0:
                self.end()
            self._watched = self._suspect(Stepping(AGAIN, seq, n, digest, e.KIND, source))
        self._mark(_pack(AGAIN, seq, n, digest, e.KIND, source, 1))

    def settled(self, governor: Governor, left_out: dict[int, int]) -> None:
        """The recovery is over. What the journal knows of is no suspect any more."""
        self.end()
        cursors = governor.state.cursors
        left = [
            one
            for one in self.suspects
            if (one.seq not in left_out if one.mode == AGAIN else one.n > cursors.get(one.source, -1))
        ]
        if left != self.suspects:
            self.suspects = left
            try:
                self._write()
            except OSError as error:
                self._off(error)

    def sentences(self, ts: int) -> list[Event]:
        """To be journaled for every recorded event that has just been left out."""
        return [
            Quarantined(
                ts,
                one.seq,
                one.kind,
                one.source,
                one.n,
                f"{one.digest:08x}",
                "recovery died twice at it",
            )
            for one in self.suspects
            if one.mode == AGAIN and one.deaths >= TWICE
        ]

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
