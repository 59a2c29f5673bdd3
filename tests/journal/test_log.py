"""The journal in good days: created, appended to, read back, closed, opened again, one writer at a time."""

import subprocess
import sys

import pytest

from flyball.journal import segment
from flyball.journal.errors import (
    JournalAbsent,
    JournalExists,
    JournalLocked,
    JournalWriteFailed,
)
from flyball.journal.log import Appended, Head, Journal
from flyball.journal.replay import read
from flyball.journal.segment import PAGE
from flyball.kernel.events import Config
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.syncer import ThreadSyncer
from tests.journal.faulty import InlineSyncer
from tests.journal.records import batches

SECOND = 1_000_000_000
SMALL = PAGE + 1024


@pytest.fixture
def disk(tmp_path):
    return RealDisk(str(tmp_path / "journal"))


@pytest.fixture
def syncer():
    made = ThreadSyncer()
    yield made
    made.close()


def fill(journal, blocks):
    return [journal.append(block) for block in blocks]


def flat(blocks):
    return [record for block in blocks for record in block]


def test_what_was_appended_is_read_back_numbered(disk, syncer):
    journal = Journal.create(disk, syncer, OsRandom())
    assert journal.head.seq == 0
    assert list(journal.records()) == []
    blocks = batches([1, 3, 1, 7])
    appended = fill(journal, blocks)
    assert [(a.first, a.last) for a in appended] == [(1, 1), (2, 4), (5, 5), (6, 12)]
    assert journal.head == Head(12, appended[-1].hash)
    assert list(journal.records()) == list(enumerate(flat(blocks), 1))
    journal.close()


def test_it_goes_on_where_it_was_closed(disk, syncer):
    blocks = batches([2, 2, 1, 4, 1])
    journal = Journal.create(disk, syncer, OsRandom())
    fill(journal, blocks[:3])
    head = journal.head
    assert journal.close()
    again = ThreadSyncer()
    journal = Journal.open(disk, again)
    assert (journal.recovered.records, journal.recovered.blocks, journal.recovered.notes) == (5, 3, [])
    assert journal.head == head
    assert journal.durable() == 5
    fill(journal, blocks[3:])
    assert list(journal.records()) == list(enumerate(flat(blocks), 1))
    assert journal.close()
    again.close()


def test_it_rolls_from_segment_to_segment(disk, syncer):
    blocks = batches([1, 2, 3] * 40)
    journal = Journal.create(disk, syncer, OsRandom(), segment_bytes=SMALL)
    for block in blocks:
        journal.append(block)
        journal.request_sync()
    names = [file for file in disk.list("segments") if segment.number_of(file)]
    assert len(names) > 10
    assert list(journal.records()) == list(enumerate(flat(blocks), 1))
    assert journal.wait(240, 5 * SECOND)
    assert journal.durable() == 240
    assert journal.close()
    again = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
    assert list(again.records()) == list(enumerate(flat(blocks), 1))
    assert again.recovered.notes == []
    again.close()
    for name in names:  # no block crosses the end
        assert len(disk.read(f"segments/{name}")) <= SMALL


def test_a_block_never_spans_segments_and_a_large_one_has_its_own(disk, syncer):
    small, large = batches([1, 200])
    journal = Journal.create(disk, syncer, OsRandom(), segment_bytes=SMALL)
    journal.append(small)
    journal.append(large)
    journal.append(small)
    sizes = [len(disk.read(f"segments/{file}").rstrip(b"\0")) for file in disk.list("segments")]
    assert sizes[1] > SMALL
    assert list(journal.records()) == list(enumerate([*small, *large, *small], 1))
    journal.close()
    again = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
    again.append(small)
    assert len(list(again.records())) == 203
    again.close()


def test_the_next_segment_is_ready_before_it_is_needed(disk):
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=1 << 20)
    block = batches([400])[0]
    size = 0
    while size < (1 << 19):
        journal.append(block)
        size = len(disk.read("segments/00000001.fbj").rstrip(b"\0"))
    spare = disk.read("segments/00000002.fbj")
    assert len(spare) >= (1 << 20) - (1 << 17)
    assert not any(spare)
    assert journal.warning == ""
    journal.close()
    again = Journal.open(disk, InlineSyncer(), segment_bytes=1 << 20)
    while again.head.seq < 40_000:
        again.append(block)
    assert [seq for seq, _ in again.records()] == list(range(1, 40_001))
    again.close()


def test_the_token_of_a_sync_is_the_last_record(disk, syncer):
    journal = Journal.create(disk, syncer, OsRandom())
    assert journal.request_sync() == 0
    assert journal.wait(0, 0)
    appended = journal.append(batches([3])[0])
    assert appended == Appended(1, 3, journal.head.hash)
    token = journal.request_sync()
    assert token == appended.last
    assert journal.wait(token, 5 * SECOND)
    assert journal.durable() == 3
    journal.close()


def test_append_writes_and_does_not_sync(disk):
    journal = Journal.create(disk, InlineSyncer(), OsRandom())
    journal.append(batches([1])[0])
    assert journal.durable() == 0
    journal.request_sync()
    assert journal.durable() == 1
    journal.close()


def test_another_process_that_dies_leaves_the_journal_to_the_next(disk, tmp_path):
    """Real processes: one holds the lock, is refused to us, is killed, and all it wrote is there."""
    script = (
        "import sys\n"
        "from flyball.journal.log import Journal\n"
        "from flyball.machine.chance import OsRandom\n"
        "from flyball.machine.disk import RealDisk\n"
        "from flyball.machine.syncer import ThreadSyncer\n"
        "from tests.journal.records import batches\n"
        "journal = Journal.create(RealDisk(sys.argv[1]), ThreadSyncer(), OsRandom())\n"
        "for block in batches([1, 5, 2]): journal.append(block)\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, disk.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        with pytest.raises(JournalLocked) as caught:
            Journal.open(disk, InlineSyncer())
        assert f"process {child.pid}" in str(caught.value)
        assert "end that process" in caught.value.remedy
        assert caught.value.file == f"{disk.root}/lock"
        assert len(list(read(disk))) == 8  # reading needs no lock
    finally:
        child.kill()
        child.communicate()
    journal = Journal.open(disk, InlineSyncer())
    assert [record for _, record in journal.records()] == flat(batches([1, 5, 2]))
    assert journal.recovered.notes == []
    journal.close()


def test_there_is_no_journal(disk):
    with pytest.raises(JournalAbsent, match="no journal here"):
        Journal.open(disk, InlineSyncer())
    with pytest.raises(JournalAbsent, match="no journal here"):
        list(read(disk))
    assert disk.list("") == []  # and looking for one has made nothing


def test_there_is_one_already(disk):
    Journal.create(disk, InlineSyncer(), OsRandom()).close()
    before = disk.read("segments/00000001.fbj")
    with pytest.raises(JournalExists, match="there is a journal already"):
        Journal.create(disk, InlineSyncer(), OsRandom())
    assert disk.read("segments/00000001.fbj") == before
    Journal.open(disk, InlineSyncer()).close()  # and it has let go of the lock


def test_two_journals_are_never_the_same(tmp_path):
    heads = []
    for name in ("a", "b"):
        journal = Journal.create(RealDisk(str(tmp_path / name)), InlineSyncer(), OsRandom())
        heads.append(journal.append(batches([1])[0]).hash)
        journal.close()
    assert heads[0] != heads[1]


def test_a_closed_journal_takes_nothing(disk):
    journal = Journal.create(disk, InlineSyncer(), OsRandom())
    assert journal.close()
    assert journal.close()
    with pytest.raises(JournalWriteFailed, match="the journal is closed"):
        journal.append(batches([1])[0])


def test_no_empty_blocks(disk):
    journal = Journal.create(disk, InlineSyncer(), OsRandom())
    with pytest.raises(ValueError, match="at least one record"):
        journal.append([])
    journal.close()


def test_a_record_that_cannot_be_encoded_leaves_the_journal_as_it_was(disk):
    journal = Journal.create(disk, InlineSyncer(), OsRandom())
    first, second = batches([1, 1])
    journal.append(first)
    broken = Config(1, "", "", "", values=((object(),),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        journal.append([broken])
    journal.append(second)
    assert [record for _, record in journal.records()] == [*first, *second]
    journal.close()


@pytest.mark.parametrize("size", [0, PAGE, PAGE + 1023])
def test_a_segment_too_small_for_anything(disk, size):
    with pytest.raises(ValueError, match=f"segment_bytes {size}"):
        Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=size)
