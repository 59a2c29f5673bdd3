"""The walk along the chain: every block of every segment in order, checked as it goes, and where and why it
ends.

The end is clean (zeros), or there is a flaw. A flaw is *cut* when nothing from it on was known durable:
bytes of a write that a crash cut short, or writes that power loss dropped before their sync. Any other flaw
is damage. What was known durable stands in the blocks themselves (each carries the newest record synced
when it was written) and in the note `head`.

The walk only reads, and may run beside the writer: what looks flawed is read again before it is believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from flyball.journal import segment
from flyball.journal.errors import (
    RESTORE,
    JournalAbsent,
    JournalDamaged,
    JournalError,
    JournalForbidden,
    JournalForeign,
    JournalMissing,
    JournalUnreadable,
    JournalVersion,
)
from flyball.journal.note import NOTE, read_note
from flyball.journal.segment import PAGE, Block, Header
from flyball.ports import Disk

PATIENCE: Final = 5  # times that a flaw is read again while its bytes still change
_ZEROS: Final = bytes(1 << 16)


class Place(NamedTuple):
    """A point between two blocks: in segment `number` at byte `offset` of the journal `id`, behind record
    `seq`, whose block has this hash."""

    id: bytes
    number: int
    offset: int
    seq: int
    hash: bytes


@dataclass
class Flaw:
    """Why the walk ended before the end of what is used."""

    error: JournalError
    number: int  # of the segment
    offset: int
    seq: int  # the first record that cannot be read
    what: str
    cut: bool = False  # it was never known durable: opening cuts it off
    behind: int = 0  # records in whole blocks behind it


class Chain:
    """Iterate for the blocks; afterwards the attributes say where the walk ended. With `start`, a place that
    an earlier walk found good, only what is behind it is read.
    """

    def __init__(self, disk: Disk, start: Place | None = None) -> None:
        self.disk = disk
        self.id = b""
        self.seq = 0
        self.hash = segment.NO_HASH
        self.genesis = b""  # what the first block follows
        self.number = 0  # the segment of the last good position
        self.offset = 0  # and the byte behind the last good block in it
        self.blocks = 0
        self.durable = 0  # the newest record known to have been durable
        self.ends: dict[int, tuple[int, int]] = {}  # segment -> its last record and the byte behind it
        self.flaw: Flaw | None = None
        self.note = read_note(disk)
        self._seed = 0
        self._numbers: list[int] = []
        if self.note is not None:
            self.durable = self.note.seq
        self._start = start

    def __iter__(self) -> Iterator[Block]:
        found = [segment.number_of(file) for file in self._list()]
        self._numbers = sorted(number for number in found if number is not None)
        if not self._numbers:
            raise absent(self.disk)
        i = 0
        if self._start is not None:
            i = self._start.number
            self._resume(self._start)
            yield from self._segment(self._load(self.number))
            self.ends[self.number] = (self.seq, self.offset)
        while self.flaw is None and i < len(self._numbers):
            number = self._numbers[i]
            if number != i + 1:
                self.flaw = self._missing(i + 1)
                return
            data = self._load(number)
            if number > 1 and number == self._numbers[-1] and is_zero(data, 0):
                break  # made in advance, not used yet
            if number > 1 and self._grew(data):
                i -= 1  # the writer was still in the segment before when that was read
                data = self._load(self.number)
            else:
                entered = self._enter(number, data)
                if entered is None:
                    return
                data = entered
            yield from self._segment(data)
            self.ends[self.number] = (self.seq, self.offset)
            i += 1
        if self.flaw is None and self.note is not None and self.seq < self.note.seq:
            gone = (
                f"records {self.seq + 1} to {self.note.seq} are gone; it was closed behind the last of them"
            )
            self.flaw = self._damage(gone)

    @property
    def place(self) -> Place:
        """Behind the last good block."""
        return Place(self.id, self.number, self.offset, self.seq, self.hash)

    def _resume(self, start: Place) -> None:
        self.id, self.number, self.offset, self.seq, self.hash = start
        self._seed = segment.seed(self.id)

    def path(self, number: int) -> str:
        """The full path of a segment, for messages."""
        return f"{self.disk.root}/{segment.name(number)}"

    def _segment(self, data: bytes) -> Iterator[Block]:
        patience = PATIENCE
        while True:
            block = segment.read_block(data, self.offset, self._seed)
            if isinstance(block, Block) and block.first == self.seq + 1 and block.prev == self.hash:
                if not self._as_noted(block):
                    return
                self._accept(block)
                patience = PATIENCE
                yield block
                continue
            if not isinstance(block, Block) and is_zero(data, self.offset):
                return
            fresh = self._load(self.number)
            if fresh != data and patience:
                data = fresh
                patience -= 1
                continue
            if isinstance(block, Block):
                what = f"a block out of its place: it holds records {block.first} to {block.last}"
                self.flaw = self._damage(what if block.first != self.seq + 1 else "a block of another chain")
            else:
                self.flaw = self._judge(block, data)
            return

    def _accept(self, block: Block) -> None:
        self.seq = block.last
        self.hash = block.hash
        self.offset = block.end
        self.blocks += 1
        self.durable = max(self.durable, block.durable)

    def _as_noted(self, block: Block) -> bool:
        """The block agrees with the note about where the journal ended."""
        note = self.note
        if note is None or not block.first <= note.seq <= block.last:
            return True
        if note.seq == block.last and note.hash == block.hash:
            return True
        self.flaw = self._damage(
            f"not what the note {NOTE!r} says stood here: record {note.seq} has another hash"
        )
        return False

    def _grew(self, following: bytes) -> bool:
        """The segment before holds more than when it was read: the writer went on, and then to the next."""
        header = segment.read_page(following[:PAGE])
        if header is None or header.first <= self.seq + 1:
            return False
        return not is_zero(self._load(self.number), self.offset)

    def _enter(self, number: int, data: bytes) -> bytes | None:
        """Step into a segment: its bytes; None, with the flaw set, when it does not belong here."""
        header = _header(data)
        if header is None and data[:8] == segment.MAGIC:
            data = self._load(number)
            header = _header(data)
        error = self._refuse(number, header, data)
        if error is not None:
            self.flaw = error
            return None
        if number == 1 and header is not None:
            self.id = header.id
            self._seed = segment.seed(header.id)
            self.hash = self.genesis = segment.genesis(data[:PAGE])
            if self.note is not None and self.note.id != self.id:
                what = f"the note {NOTE!r} beside it is of another journal"
                self.flaw = Flaw(JournalForeign(self.path(1), what, RESTORE), 1, 0, 1, what)
                return None
            if self.note is not None and self.note.seq == 0 and self.note.hash != self.hash:
                self.flaw = self._damage("its header page is not the one the journal began with", number, 0)
                return None
        self.number = number
        self.offset = PAGE
        return data

    def _refuse(self, number: int, header: Header | None, data: bytes) -> Flaw | None:
        path = self.path(number)
        if header is None:
            if number > 1 and self._torn(number, data[:PAGE]):
                return self._judge("its header page was not completely written", data, number)
            if data[:8] != segment.MAGIC:
                what = f"not a journal segment (its first bytes are {bytes(data[:8])!r})"
                remedy = "move it elsewhere if it was put here by mistake; else " + RESTORE
                return Flaw(JournalForeign(path, what, remedy), number, 0, self.seq + 1, what)
            return self._damage("the header page's checksum does not match", number, 0)
        if header.version != segment.VERSION:
            what = f"format version {header.version}; this version reads {segment.VERSION}"
            remedy = "use the version that wrote it"
            return Flaw(JournalVersion(path, what, remedy), number, 0, self.seq + 1, what)
        if number > 1 and header.id != self.id:
            what = "a segment of another journal"
            remedy = f"move it away and put the right one in its place, or {RESTORE}"
            return Flaw(JournalForeign(path, what, remedy), number, 0, self.seq + 1, what)
        if header.number != number:
            return self._damage(f"it is segment {header.number}, under another name", number, 0)
        if number > 1 and header.first > self.seq + 1:
            gone = f"records {self.seq + 1} to {header.first - 1} are missing"
            return self._judge(gone, b"", self.number, self.offset)
        if number > 1 and (header.first, header.prev) != (self.seq + 1, self.hash):
            return self._damage("it does not follow the segment before it", number, 0)
        return None

    def _torn(self, number: int, page: bytes) -> bool:
        """Nothing but parts of the header page that belongs here, and zeros."""
        whole = segment.pack_page(Header(segment.VERSION, self.id, number, self.seq + 1, self.hash))
        return all(byte in (0, whole[i]) for i, byte in enumerate(page))

    def _judge(self, what: str, data: bytes, number: int = 0, offset: int | None = None) -> Flaw:
        """Cut or damage: was the first record that cannot be read known durable? `data` is the flawed
        segment's.
        """
        number = number or self.number
        at = (self.offset if number == self.number else 0) if offset is None else offset
        flaw = self._damage(what, number, at)
        known = self.durable
        for other in (number, *(n for n in self._numbers if n > number)):
            found = data if other == number else self._load(other)
            for block in segment.later_blocks(found, at + 1 if other == number else 0, self.seq, self._seed):
                known = max(known, block.durable)
                flaw.behind += block.count
        flaw.cut = known <= self.seq
        return flaw

    def _damage(self, what: str, number: int = 0, offset: int | None = None) -> Flaw:
        number = number or max(self.number, 1)
        at = self.offset if offset is None else offset
        error = JournalDamaged(self.path(number), what, RESTORE, at, self.seq + 1)
        return Flaw(error, number, at, self.seq + 1, what)

    def _missing(self, number: int) -> Flaw:
        what = f"segment {number} is missing"
        remedy = f"put it back from a backup, or {RESTORE}"
        error = JournalMissing(self.path(number), what, remedy)
        if number == 1:
            return Flaw(error, number, 0, self.seq + 1, what)
        flaw = self._judge(what, b"", number, 0)  # power loss may take the name of a file never synced
        flaw.error = error
        return flaw

    def _list(self) -> list[str]:
        try:
            return list(self.disk.list(segment.FOLDER))
        except OSError as error:
            raise unreadable(f"{self.disk.root}/{segment.FOLDER}", error) from error

    def _load(self, number: int) -> bytes:
        try:
            return self.disk.read(segment.name(number))
        except OSError as error:
            raise unreadable(self.path(number), error) from error


def _header(data: bytes) -> Header | None:
    """What a segment's header page says. Power loss may leave a file shorter than its first page: what is
    behind its end would read as zeros."""
    return segment.read_page(data[:PAGE].ljust(PAGE, b"\0"))


def is_zero(data: bytes, start: int) -> bool:
    """Nothing but zeros from byte `start` on."""
    whole = start + (len(data) - start) // len(_ZEROS) * len(_ZEROS)
    for at in range(start, whole, len(_ZEROS)):
        if not data.startswith(_ZEROS, at):
            return False
    return not any(data[whole:])


def absent(disk: Disk) -> JournalAbsent:
    """The error of a folder without a journal."""
    return JournalAbsent(disk.root, "there is no journal here", "name the folder of one, or start one")


def unreadable(path: str, error: OSError) -> JournalError:
    """The error of a file that the system does not let us read."""
    if isinstance(error, PermissionError):
        return JournalForbidden(
            path, "no permission to read it", "run as the user it belongs to, or give it back to that user"
        )
    if isinstance(error, FileNotFoundError):
        return JournalMissing(path, "it has gone", RESTORE)
    return JournalUnreadable(path, f"cannot be read ({error.strerror})", f"check the disk; {RESTORE}")
