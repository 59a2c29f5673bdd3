"""`verify`: what it counts, which head it checked against, and that it may look while the writer writes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.journal import segment
from flyball.journal.errors import JournalAbsent
from flyball.journal.log import Journal
from flyball.journal.replay import read
from flyball.journal.segment import PAGE
from flyball.journal.verify import verify
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from tests.journal.faulty import Fault, FaultyDisk, InlineSyncer
from tests.journal.records import TS, batches

SMALL = PAGE + 1024


@pytest.fixture
def heads(tmp_path):
    """A journal whose writer died, and the head hash after each of its blocks."""
    disk = FaultyDisk(str(tmp_path / "journal"), Fault())
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=SMALL)
    found = [journal.head.hash.hex()]
    for block in batches([2, 5, 4, 6, 3, 6]):
        journal.append(block)
        found.append(journal.head.hash.hex())
    disk.die()
    return found


@pytest.fixture
def disk(heads, tmp_path):
    return RealDisk(str(tmp_path / "journal"))


def test_what_it_counts(disk, heads):
    report = verify(disk)
    assert report.ok
    assert report.damage is None
    assert (report.segments, report.blocks, report.records) == (3, 6, 26)
    assert (report.first_ts, report.last_ts) == (TS + 1, TS + 26)
    assert report.head == heads[-1]
    assert report.checked_against.startswith(
        "nothing but the journal itself; only a head hash kept elsewhere"
    )


def test_an_empty_journal(tmp_path):
    disk = RealDisk(str(tmp_path))
    journal = Journal.create(disk, InlineSyncer(), OsRandom())
    report = verify(disk, journal.head.hash.hex())
    assert report.ok
    assert (report.segments, report.blocks, report.records, report.first_ts) == (1, 0, 0, 0)
    assert report.checked_against == "the head given, which is record 0 of 0"
    journal.close()


@pytest.mark.parametrize(("n", "record"), [(0, 0), (1, 2), (3, 11), (6, 26)])
def test_the_head_of_any_block_is_met(disk, heads, n, record):
    report = verify(disk, heads[n].upper() + "\n")
    assert report.ok
    assert report.checked_against == f"the head given, which is record {record} of 26"


def test_a_head_kept_elsewhere_shows_a_tail_cut_off(disk, heads):
    """Every checksum and the chain are right: only the head tells."""
    last = Path(disk.root) / segment.name(3)
    data = last.read_bytes()
    header = segment.read_page(data[:PAGE])
    assert header is not None
    *_, block = segment.later_blocks(data, PAGE, 0, segment.seed(header.id))
    last.write_bytes(data[: block.offset] + bytes(len(data) - block.offset))
    assert verify(disk).ok
    assert verify(disk, heads[5]).ok
    report = verify(disk, heads[6])
    assert not report.ok
    assert report.damage is not None
    assert (report.damage.file, report.damage.offset) == (str(last), block.offset)
    assert report.damage.seq == 21
    assert "the tail was cut off, or this is another journal" in report.damage.what
    assert report.checked_against == "the head given, which was not met"
    last.unlink()
    assert verify(disk).ok
    assert not verify(disk, heads[6]).ok


def test_a_head_kept_elsewhere_shows_a_journal_written_anew(disk, heads):
    shutil.rmtree(disk.root)
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=SMALL)
    for block in batches([2, 5, 4, 6, 3, 6]):
        journal.append(block)
    journal.close()
    assert verify(disk).ok
    for head in heads:
        assert not verify(disk, head).ok


def test_the_note_is_what_a_closed_journal_is_checked_against(disk, heads):
    Journal.open(disk, InlineSyncer(), segment_bytes=SMALL).close()
    report = verify(disk)
    assert report.ok
    assert report.checked_against.startswith(
        "the journal's own note 'head' (record 26 of 26); only a head hash"
    )


def test_a_torn_tail_is_told_from_damage(disk):
    """What a crash leaves is not in order either, but opening puts it right: `torn` says which it is."""
    last = Path(disk.root) / segment.name(3)
    last.write_bytes(last.read_bytes().rstrip(b"\0")[:-3])
    report = verify(disk)
    assert not report.ok
    assert report.damage is not None
    assert report.damage.torn
    assert report.damage.seq == report.records + 1 == 21
    assert "starting the governor cuts it off" in report.damage.remedy
    Journal.open(disk, InlineSyncer(), segment_bytes=SMALL).close()
    assert verify(disk).ok


@pytest.mark.parametrize("head", ["", "abc", "zz" * 32, "ab" * 31, "ab" * 33])
def test_a_head_that_is_none(disk, head):
    with pytest.raises(ValueError, match="a head hash has 64 hexadecimal digits"):
        verify(disk, head)


def test_no_journal_and_none_made(tmp_path):
    with pytest.raises(JournalAbsent):
        verify(RealDisk(str(tmp_path / "nothing")))
    assert not (tmp_path / "nothing").exists()


def test_a_block_that_does_not_hold_what_it_says(disk):
    """Checksum and chain right, made by a writer that was wrong."""
    last = Path(disk.root) / segment.name(3)
    data = last.read_bytes()
    header = segment.read_page(data[:PAGE])
    assert header is not None
    seeded = segment.seed(header.id)
    *_, block = segment.later_blocks(data, PAGE, 0, seeded)
    for payload in (b"\x90", b"\xc0", b"\x91\x01", b"\x91\x91\xa4tick", b"junk"):
        wrong = segment.pack_block(payload, 1, block.first, block.ts, 0, block.prev, seeded)
        last.write_bytes(data[: block.offset] + wrong + bytes(100))
        report = verify(disk)
        assert report.damage is not None
        assert (report.damage.offset, report.damage.seq) == (block.offset, block.first)
        assert "does not hold the 1 records" in report.damage.what


class Racing(RealDisk):
    """A disk whose files were read a moment too early: the first readings of each are older than the next."""

    def __init__(self, root: str, early: dict[str, list[bytes]]) -> None:
        super().__init__(root)
        self.early = early

    def read(self, path: str) -> bytes:
        older = self.early.get(path, [])
        return older.pop(0) if older else super().read(path)


def test_a_block_that_was_half_written_when_it_was_read(disk):
    path = segment.name(3)
    whole = disk.read(path)
    used = len(whole.rstrip(b"\0"))
    half = whole[: used - 9] + bytes(len(whole) - used + 9)
    assert not verify(Racing(disk.root, {path: [half, half]})).ok  # nobody was writing: it is torn
    report = verify(Racing(disk.root, {path: [half]}))
    assert report.ok
    assert report.records == 26


def test_a_header_page_that_was_half_written_when_it_was_read(disk):
    path = segment.name(3)
    whole = disk.read(path)
    assert verify(Racing(disk.root, {path: [whole[:40] + bytes(5000)]})).records == 26


def test_a_segment_that_went_on_after_it_was_read(disk):
    """The writer finished the second segment, and began the third, between our readings of the two."""
    path = segment.name(2)
    whole = disk.read(path)
    header = segment.read_page(whole[:PAGE])
    assert header is not None
    *_, block = segment.later_blocks(whole, PAGE, 0, segment.seed(header.id))
    shorter = whole[: block.offset] + bytes(len(whole) - block.offset)
    assert verify(Racing(disk.root, {path: [shorter]})).records == 26
    assert verify(Racing(disk.root, {path: [shorter, shorter, shorter]})).records < 26


def test_it_looks_while_the_writer_writes(tmp_path):
    """A real writer, rolling segments as fast as it can, and a reader that only ever sees a whole journal."""
    script = (
        "import sys, time\n"
        "from flyball.journal.log import Journal\n"
        "from flyball.machine.chance import OsRandom\n"
        "from flyball.machine.disk import RealDisk\n"
        "from flyball.machine.syncer import ThreadSyncer\n"
        "from tests.journal.records import batches\n"
        "journal = Journal.create(RealDisk(sys.argv[1]), ThreadSyncer(), OsRandom(), segment_bytes=100_000)\n"
        "blocks = batches([1, 30, 3, 200, 7])\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 1.5\n"
        "while time.monotonic() < end:\n"
        "    for block in blocks:\n"
        "        journal.append(block); journal.request_sync()\n"
        "    time.sleep(0.0005)\n"
        "journal.close()\n"
    )
    root = str(tmp_path / "journal")
    child = subprocess.Popen([sys.executable, "-c", script, root], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    seen = []
    while child.poll() is None:
        report = verify(RealDisk(root))
        assert report.ok, report
        seen.append((report.segments, report.records))
        assert sum(1 for _ in read(RealDisk(root))) >= report.records
    child.communicate()
    assert child.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert verify(RealDisk(root)).segments > 3
