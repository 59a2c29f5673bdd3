"""Full, failing and hanging disks: the journal says so for good, loses nothing, and holds nobody up."""

import errno
import os
import resource
import subprocess
import threading
import time
from pathlib import Path

import pytest

from flyball.journal.errors import JournalFull, JournalWriteFailed
from flyball.journal.log import Journal
from flyball.journal.segment import PAGE
from flyball.journal.verify import verify
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk, RealFile
from flyball.machine.syncer import ThreadSyncer
from flyball.ports import File
from tests.journal.faulty import Fault, FaultyDisk, InlineSyncer, LateSyncer, no_space
from tests.journal.records import batches

SMALL = PAGE + 1024
MS = 1_000_000
SECOND = 1_000_000_000


def flat(blocks):
    return [record for block in blocks for record in block]


def fill(journal, blocks):
    for block in blocks:
        journal.append(block)
        journal.request_sync()


def reopened(root):
    journal = Journal.open(RealDisk(root), InlineSyncer(), segment_bytes=SMALL)
    records = [record for _, record in journal.records()]
    notes = journal.recovered.notes
    journal.close()
    return records, notes


@pytest.mark.parametrize("part", [0, 1, 71, 72, 100])
@pytest.mark.parametrize("at", [5, 6, 7, 8, 9, 10, 11, 12])
def test_a_disk_that_fills_at_any_write(tmp_path, at, part):
    """Part of the block reached it. The journal refuses for good, and has everything before it when opened
    again.
    """
    disk = FaultyDisk(str(tmp_path), Fault(at, lambda data: data[:part], no_space()))
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=SMALL)
    blocks = batches([4] * 12)
    with pytest.raises(JournalFull) as caught:
        fill(journal, blocks)
    assert caught.value.file.startswith(f"{tmp_path}/segments/0000000")
    assert "the disk takes no more (No space left on device)" in str(caught.value)
    assert "free space" in caught.value.remedy
    assert "takes no more" in journal.failed
    head = journal.head
    for block in blocks:  # the fault is gone, the refusal stays
        with pytest.raises(JournalWriteFailed, match="takes no more"):
            journal.append(block)
    assert journal.head == head
    written = head.seq // 4
    assert [record for _, record in journal.records()] == flat(blocks[:written])
    journal.close()
    disk.die()
    records, notes = reopened(str(tmp_path))
    assert records == flat(blocks[:written])
    assert len(notes) == (part > 0 and disk.fault.sizes[at - 1] > 0)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.ENOSPC, JournalFull),
        (errno.EDQUOT, JournalFull),
        (errno.EFBIG, JournalFull),
        (errno.EIO, JournalWriteFailed),
        (errno.EROFS, JournalWriteFailed),
    ],
)
def test_each_refusal_has_its_name(tmp_path, code, error):
    disk = FaultyDisk(str(tmp_path), Fault(5, lambda data: b"", OSError(code, os.strerror(code))))
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=SMALL)
    with pytest.raises(JournalWriteFailed) as caught:
        fill(journal, batches([3] * 10))
    assert type(caught.value) is error
    assert os.strerror(code) in str(caught.value)
    disk.die()


def test_a_real_limit_on_file_size(tmp_path):
    """The kernel itself stops the write half way (EFBIG), with part of the block in the file."""
    journal = Journal.create(RealDisk(str(tmp_path)), InlineSyncer(), OsRandom(), segment_bytes=1 << 14)
    blocks = batches([9, 9, 9, 9])
    journal.append(blocks[0])
    used = len(Path(tmp_path, "segments/00000001.fbj").read_bytes().rstrip(b"\0"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (used + 100, before[1]))
    try:
        with pytest.raises(JournalFull):
            fill(journal, blocks[1:])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    head = journal.head
    journal.close()
    records, notes = reopened(str(tmp_path))
    assert records == flat(blocks)[: head.seq]
    assert len(notes) == 1


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 1 MiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "flyball-test", str(mount)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("mounting a small file system needs root")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_a_real_full_disk(small_disk):
    """It fills while segments are written; everything up to the refusal is there."""
    root = str(small_disk / "journal")
    syncer = ThreadSyncer()
    journal = Journal.create(RealDisk(root), syncer, OsRandom(), segment_bytes=200_000)
    block = batches([50])[0]
    with pytest.raises(JournalFull) as caught:
        fill(journal, [block] * 10_000)
    assert "No space left on device" in str(caught.value)
    assert "No space left on device" in journal.warning  # said before it came to that
    head = journal.head
    assert head.seq > 5_000
    assert journal.close()
    syncer.close()
    again = Journal.open(RealDisk(root), InlineSyncer(), segment_bytes=200_000)
    assert [record for _, record in again.records()] == block * (head.seq // 50)
    again.close()
    assert verify(RealDisk(root)).ok


def test_a_disk_too_small_for_the_first_segment(small_disk):
    disk = RealDisk(str(small_disk / "journal"))
    with pytest.raises(JournalFull, match="No space left"):
        Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=2 << 20)
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=200_000)
    journal.append(batches([1])[0])
    journal.close()


class SlowFile:
    """A real file whose sync waits until it is let go, or fails."""

    def __init__(self, file: File, gate: threading.Event, error: OSError | None = None) -> None:
        self._file = file
        self._gate = gate
        self._error = error
        self.syncs = 0

    def sync(self) -> None:
        self.syncs += 1
        self._gate.wait()
        if self._error is not None:
            raise self._error
        self._file.sync()

    def read(self, offset: int, length: int) -> bytes:
        return self._file.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        self._file.write(offset, data)

    def size(self) -> int:
        return self._file.size()

    def truncate(self, length: int) -> None:
        self._file.truncate(length)

    def close(self) -> None:
        self._file.close()


class SlowDisk(RealDisk):
    """A real disk, every file of which syncs when the gate opens."""

    def __init__(self, root: str, gate: threading.Event, error: OSError | None = None) -> None:
        super().__init__(root)
        self.gate = gate
        self.error = error
        self.files: list[SlowFile] = []

    def open(self, path: str, *, create: bool = False) -> RealFile:
        file = SlowFile(super().open(path, create=create), self.gate, self.error)
        self.files.append(file)
        return file  # type: ignore[return-value]


def test_a_hanging_sync_holds_up_nothing_else(tmp_path):
    """Appends go on, also into new segments; waiting ends in time; and once the disk comes back, all is
    durable.
    """
    gate = threading.Event()
    syncer = ThreadSyncer()
    journal = Journal.create(SlowDisk(str(tmp_path), gate), syncer, OsRandom(), segment_bytes=SMALL)
    blocks = batches([5] * 40)
    journal.append(blocks[0])
    token = journal.request_sync()
    began = time.monotonic()
    assert not journal.wait(token, 50 * MS)
    assert 0.04 < time.monotonic() - began < 5
    for block in blocks[1:]:
        journal.append(block)
        journal.request_sync()
    assert time.monotonic() - began < 5
    assert journal.durable() == 0
    assert [record for _, record in journal.records()] == flat(blocks)
    gate.set()
    assert journal.wait(200, 10 * SECOND)
    assert journal.durable() == 200
    assert journal.close()
    syncer.close()


def test_closing_does_not_wait_for_a_dead_disk(tmp_path):
    gate = threading.Event()
    syncer = ThreadSyncer()
    journal = Journal.create(SlowDisk(str(tmp_path), gate), syncer, OsRandom())
    journal.append(batches([3])[0])
    began = time.monotonic()
    assert not journal.close(50 * MS)
    assert time.monotonic() - began < 5
    again = Journal.open(RealDisk(str(tmp_path)), InlineSyncer())  # the lock is free
    assert again.head.seq == 3
    again.close()
    gate.set()
    syncer.close()


def test_a_failed_sync_is_never_tried_again(tmp_path):
    """After it, "durable" would be a guess. Appending goes on: what is written survives the process."""
    gate = threading.Event()
    gate.set()
    disk = SlowDisk(str(tmp_path), gate, OSError(errno.EIO, "Input/output error"))
    syncer = ThreadSyncer()
    journal = Journal.create(disk, syncer, OsRandom())
    blocks = batches([2, 2, 2])
    journal.append(blocks[0])
    assert not journal.wait(journal.request_sync(), 5 * SECOND)
    assert "Input/output error" in syncer.failed()
    disk.error = None
    for file in disk.files:
        file._error = None  # the disk would say yes now
    for block in blocks[1:]:
        journal.append(block)
        assert not journal.wait(journal.request_sync(), 50 * MS)
    assert journal.durable() == 0
    assert sum(file.syncs for file in disk.files) == 1
    assert not journal.close()
    syncer.close()
    again = Journal.open(RealDisk(str(tmp_path)), InlineSyncer())
    assert [record for _, record in again.records()] == flat(blocks)
    assert again.durable() == 6
    again.close()


def test_what_a_failed_sync_left_behind_is_written_once_more(tmp_path):
    """The kernel may call pages clean that the disk never got: only a new write makes them durable."""
    disk = FaultyDisk(str(tmp_path), Fault())
    journal = Journal.create(disk, LateSyncer(), OsRandom(), segment_bytes=SMALL)
    for block in batches([9, 9, 9]):
        journal.append(block)
    disk.die()
    used = [
        len(Path(tmp_path, "segments", name).read_bytes().rstrip(b"\0")) for name in disk.list("segments")
    ]
    again = FaultyDisk(str(tmp_path), Fault())
    Journal.open(again, InlineSyncer(), segment_bytes=SMALL)
    again.die()
    rewritten = [size for size in again.fault.sizes if size > PAGE]
    assert len(rewritten) == len(used)
    assert all(new >= old for new, old in zip(rewritten, used, strict=True))


def test_a_note_that_cannot_be_written_costs_only_its_check(tmp_path):
    """A full disk at the start: what is there can still be read, and the segment made in advance still be
    filled.
    """
    journal = Journal.create(RealDisk(str(tmp_path)), InlineSyncer(), OsRandom())
    journal.append(batches([3])[0])
    journal.close()
    full = FaultyDisk(str(tmp_path), Fault(1, lambda data: b"", no_space()))
    again = Journal.open(full, InlineSyncer())
    (note,) = again.recovered.notes
    assert note.startswith(f"{tmp_path}/head: not written (No space left on device)")
    again.append(batches([1])[0])
    full.fault.at = full.fault.seen + 1  # and when it is closed
    assert again.close()
    full.die()
    assert len(reopened(str(tmp_path))[0]) == 4


def test_a_disk_that_fails_while_the_end_is_put_in_order(tmp_path):
    disk = FaultyDisk(str(tmp_path), Fault())
    journal = Journal.create(disk, LateSyncer(), OsRandom())
    journal.append(batches([3])[0])
    disk.die()
    broken = FaultyDisk(str(tmp_path), Fault(1, lambda data: b"", OSError(errno.EIO, "Input/output error")))
    with pytest.raises(JournalWriteFailed, match="Input/output error"):
        Journal.open(broken, InlineSyncer())
    assert len(reopened(str(tmp_path))[0]) == 3  # the lock is free, nothing is lost


def test_a_disk_that_fails_while_it_is_closed(tmp_path):
    disk = FaultyDisk(str(tmp_path), Fault())
    journal = Journal.create(disk, InlineSyncer(), OsRandom())
    journal.append(batches([3])[0])
    disk.fault.at = disk.fault.seen + 1
    disk.fault.error = OSError(errno.EIO, "Input/output error")
    assert journal.close()  # all of it is durable; only the note is missing
    assert journal.failed == "Input/output error"
    disk.die()
    assert len(reopened(str(tmp_path))[0]) == 3


def test_no_room_for_the_lock(small_disk):
    (small_disk / "filler").write_bytes(bytes((1 << 20) - 4096))
    with pytest.raises(JournalFull, match="No space left"):
        Journal.create(RealDisk(str(small_disk / "journal")), InlineSyncer(), OsRandom(), segment_bytes=SMALL)
