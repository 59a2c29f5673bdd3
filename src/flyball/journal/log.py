"""The journal as its one writer has it: open or create, append blocks, ask for syncs, read back.

`append` is one write and never syncs. Syncs go to the `Syncer`; `durable` says how far they have come.
After a refused write the journal takes nothing more: what was half written is cut off when it is opened
anew. Opening checks everything, repairs nothing but a tail that was never durable, and makes durable what
it read before anybody relies on it.
"""

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from flyball.journal import codec, segment, snapshots
from flyball.journal.chain import Chain, Place, absent, unreadable
from flyball.journal.codec import Record
from flyball.journal.errors import (
    JournalExists,
    JournalForbidden,
    JournalFull,
    JournalLocked,
    JournalWriteFailed,
)
from flyball.journal.note import NOTE, Note, write_note
from flyball.journal.places import Places
from flyball.journal.recovery import make_durable, repair
from flyball.journal.replay import Head as Head
from flyball.journal.replay import begun, read
from flyball.journal.segment import PAGE, Header
from flyball.journal.spare import Spare
from flyball.ports import Disk, File, Lock, Random, Syncer

SEGMENT_BYTES: Final = 16 << 20
LEAST_SEGMENT: Final = PAGE + 1024
LOCK: Final = "lock"
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLOSE_WAIT: Final = 5_000_000_000
OWNER: Final = "run as the user it belongs to, or give it back to that user"
OTHER: Final = "end that process (`flyball status` shows it), or name another journal"


class Appended(NamedTuple):
    """One block in the journal: records `first` to `last`. `last` is also the token its sync is known by."""

    first: int
    last: int
    hash: bytes


@dataclass
class Recovered:
    """What opening found: records kept, and in `notes`, one sentence each, whatever was not in order."""

    records: int = 0
    blocks: int = 0
    notes: list[str] = field(default_factory=list)


class Journal:
    """The one writer of a journal. Make it with `create` or `open`; `close` when done.

    The syncer is its alone: tokens are record numbers. A new start takes a new one.
    """

    def __init__(
        self, disk: Disk, syncer: Syncer, lock: Lock, journal: bytes, head: Head, segment_bytes: int
    ) -> None:
        self.disk = disk
        self.id = journal
        self.recovered = Recovered()
        self.places = Places()  # of what was there when it was opened
        self.failed = ""  # why nothing more is taken, "" while it works
        self._syncer = syncer
        self._lock = lock
        self._seed = segment.seed(journal)
        self._seq = head.seq
        self._hash = head.hash
        self._base = head.seq  # durable before the syncer's first sync
        self._asked = head.seq
        self._bytes = segment_bytes
        self._number = 1
        self._offset = PAGE
        self._size = 0
        self._file: File | None = None
        self._spare = Spare(disk, segment.name(2), segment_bytes)
        self._retired: list[tuple[int, File]] = []  # earlier segments until their last record is durable

    @classmethod
    def create(
        cls, disk: Disk, syncer: Syncer, random: Random, *, segment_bytes: int = SEGMENT_BYTES
    ) -> "Journal":
        """A new, empty journal, durable on return. JournalExists when there is one."""
        _check_size(segment_bytes)
        first = segment.name(1)
        path = f"{disk.root}/{first}"
        with _Taken(disk) as taken:
            if begun(disk):
                raise JournalExists(path, "there is a journal already", "open it, or name an empty folder")
            journal = random.token(16)
            page = segment.pack_page(Header(segment.VERSION, journal, 1, 1, segment.NO_HASH))
            beside = first + ".new"
            try:
                if disk.exists(beside):  # left by a crash in this very place
                    disk.remove(beside)
                file = disk.allocate(beside, segment_bytes)
                try:
                    file.write(0, page)
                    file.sync()
                finally:
                    file.close()
                disk.rename(beside, first)
            except OSError as error:
                raise _write_failed(path, error) from error
            made = cls(disk, syncer, taken.keep(), journal, Head(0, segment.genesis(page)), segment_bytes)
            made._continue(1, PAGE)
        return made

    @classmethod
    def open(cls, disk: Disk, syncer: Syncer, *, segment_bytes: int = SEGMENT_BYTES) -> "Journal":
        """The journal that is there, all of it checked, its tail in order and durable on return.

        JournalLocked when another process has it; else the JournalError that says what is wrong.
        `recovered` tells what was cut off.
        """
        _check_size(segment_bytes)
        try:
            if not disk.exists(segment.FOLDER):
                raise absent(disk)
        except OSError as error:
            raise unreadable(disk.root, error) from error
        with _Taken(disk) as taken:
            chain = Chain(disk)
            places = Places(snapshots.seqs(disk))
            for block in chain:
                places.note(chain, block)
            if chain.flaw is not None and not chain.flaw.cut:
                raise chain.flaw.error
            head = Head(chain.seq, chain.hash)
            try:
                notes = repair(disk, chain, chain.flaw)
                make_durable(disk, chain)
                notes += _note(disk, Note(chain.id, chain.seq, chain.hash))
            except OSError as error:
                raise _write_failed(chain.path(chain.number), error) from error
            made = cls(disk, syncer, taken.keep(), chain.id, head, segment_bytes)
            made.recovered = Recovered(chain.seq, chain.blocks, notes)
            made.places = places
            made._continue(chain.number, chain.offset)
        return made

    @property
    def head(self) -> Head:
        """The last record and its block's hash: the whole journal up to here stands or falls with it."""
        return Head(self._seq, self._hash)

    @property
    def place(self) -> Place:
        """Behind the last record."""
        return Place(self.id, self._number, self._offset, self._seq, self._hash)

    @property
    def warning(self) -> str:
        """Why the next segment could not be made in advance (a disk that fills), "" when it could."""
        return self._spare.failed

    def append(self, records: Sequence[Record]) -> Appended:
        """Write the records as one block: all of them or, after a crash, none. Not durable before its sync.

        JournalFull or JournalWriteFailed when the disk refuses, then and for ever after.
        """
        if self._file is None or self.failed:
            raise JournalWriteFailed(
                self._path(), self.failed or "the journal is closed", "open it anew once the cause is gone"
            )
        if not records:
            raise ValueError("a block holds at least one record")
        block = segment.pack_block(
            codec.encode(records),
            len(records),
            self._seq + 1,
            records[0].ts,
            self.durable(),
            self._hash,
            self._seed,
        )
        try:
            if self._offset + len(block) > self._size and self._offset > PAGE:
                self._roll(block)
            else:
                self._file.write(self._offset, block)
        except OSError as error:
            failure = _write_failed(self._path(), error)
            self.failed = failure.what
            raise failure from error
        self._offset += len(block)
        self._seq += len(records)
        self._hash = segment.block_hash(block)
        self._spare.fill(len(block))
        return Appended(self._seq - len(records) + 1, self._seq, self._hash)

    def request_sync(self) -> int:
        """Ask the syncer to make everything appended so far durable; the token it will be known by (the
        last record).
        """
        if self._file is not None and self._asked < self._seq:
            self._syncer.request(self._file, self._seq)
            self._asked = self._seq
            self._let_go()
        return self._seq

    def durable(self) -> int:
        """Every record up to this one is durable. Never blocks."""
        return max(self._base, min(self._syncer.done(), self._asked))

    def wait(self, token: int, timeout_ns: int) -> bool:
        """True when record `token` is durable within the time."""
        return token <= self._base or self._syncer.wait(token, timeout_ns)

    def records(self, start: Place | None = None) -> Iterator[tuple[int, Record]]:
        """Every record up to the present head with its number, read from the disk and checked on the way;
        with `start` (`places`) those behind it.
        """
        return read(self.disk, self.head, start)

    def close(self, timeout_ns: int = CLOSE_WAIT) -> bool:
        """Sync, note where it ended, give up the lock. False when that could not be made durable in time."""
        if self._file is None:
            return True
        durable = self.wait(self.request_sync(), timeout_ns)
        if durable:
            try:
                _note(self.disk, Note(self.id, self._seq, self._hash))
            except OSError as error:
                self.failed = self.failed or f"{error.strerror}"
        if durable or self._syncer.failed():  # else the syncing thread may still be using them
            for _, file in self._retired:
                file.close()
            self._file.close()
        self._spare.close()
        self._file = None
        self._lock.release()
        return durable

    def _continue(self, number: int, offset: int) -> None:
        """Go on behind byte `offset` of a segment."""
        self._number = number
        self._offset = offset
        try:
            self._file = self.disk.open(segment.name(number))
        except PermissionError as error:
            raise JournalForbidden(self._path(), "no permission to write it", OWNER) from error
        except OSError as error:
            raise unreadable(self._path(), error) from error
        self._size = max(self._file.size(), self._bytes)
        self._spare = Spare(self.disk, segment.name(number + 1), self._bytes)

    def _roll(self, block: bytes) -> None:
        """Begin the next segment, with `block` as its first: header page and block are one write."""
        assert self._file is not None
        page = segment.pack_page(
            Header(segment.VERSION, self.id, self._number + 1, self._seq + 1, self._hash)
        )
        self.request_sync()
        self._retired.append((self._seq, self._file))
        self._file = self._spare.take()
        self._number += 1
        self._offset = PAGE
        self._size = max(self._bytes, PAGE + len(block))
        self._file.write(0, page + block)
        self._spare = Spare(self.disk, segment.name(self._number + 1), self._bytes)

    def _let_go(self) -> None:
        """Close the earlier segments that nobody will sync any more."""
        while self._retired and self._retired[0][0] <= self.durable():
            self._retired.pop(0)[1].close()

    def _path(self) -> str:
        return f"{self.disk.root}/{segment.name(self._number)}"


def _note(disk: Disk, note: Note) -> list[str]:
    """Write the note. A full disk only costs the check that it serves, and is said."""
    try:
        write_note(disk, note)
    except OSError as error:
        if error.errno not in FULL:
            raise
        return [f"{disk.root}/{NOTE}: not written ({error.strerror}); free space on this disk"]
    return []


def _write_failed(path: str, error: OSError) -> JournalWriteFailed:
    if isinstance(error, PermissionError):
        raise JournalForbidden(path, "no permission to write here", OWNER) from error
    if error.errno in FULL:
        return JournalFull(path, f"the disk takes no more ({error.strerror})", "free space, then start again")
    return JournalWriteFailed(
        path,
        f"a write failed ({error.strerror})",
        "check the disk, then start again: what is there is verified",
    )


def _check_size(segment_bytes: int) -> None:
    if segment_bytes < LEAST_SEGMENT:
        raise ValueError(f"segment_bytes {segment_bytes}: a segment has at least {LEAST_SEGMENT} bytes")


class _Taken:
    """The lock while a journal is being opened: released on the way out unless it was kept."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._lock: Lock | None = None

    def __enter__(self) -> "_Taken":
        path = f"{self._disk.root}/{LOCK}"
        try:
            self._disk.mkdir(segment.FOLDER)
            self._lock = self._disk.lock(LOCK)
        except BlockingIOError as error:
            raise JournalLocked(
                path, f"another process has the journal open{self._holder()}", OTHER
            ) from error
        except PermissionError as error:
            raise JournalForbidden(path, "no permission to write here", OWNER) from error
        except OSError as error:
            raise _write_failed(path, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()

    def keep(self) -> Lock:
        lock, self._lock = self._lock, None
        assert lock is not None
        return lock

    def _holder(self) -> str:
        try:
            return f" (process {int(self._disk.read(LOCK))})"
        except (OSError, ValueError):
            return ""
