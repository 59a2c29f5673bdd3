"""Crashes: whatever a write that was cut short leaves behind, nothing acknowledged is lost and the journal
goes on.
"""

import random
import shutil
from collections.abc import Callable

import pytest

from flyball.journal import segment
from flyball.journal.errors import JournalAbsent, JournalDamaged
from flyball.journal.log import Journal
from flyball.journal.segment import PAGE
from flyball.journal.verify import verify
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from tests.journal.faulty import (
    SECTOR,
    Died,
    Fault,
    FaultyDisk,
    InlineSyncer,
    LateSyncer,
    PowerDisk,
)
from tests.journal.records import batches

SMALL = PAGE + 1024


def flat(blocks):
    return [record for block in blocks for record in block]


def written(root, blocks, segment_bytes=SMALL, syncer=InlineSyncer):
    """A journal of the blocks, each synced, whose process died; and where the last block lies in the last
    segment.
    """
    disk = FaultyDisk(root, Fault())
    journal = Journal.create(disk, syncer(), OsRandom(), segment_bytes=segment_bytes)
    for block in blocks:
        journal.append(block)
        journal.request_sync()
    disk.die()


def ends(data, journal_id):
    """Offsets of the blocks of a segment, and of the end."""
    at, found = PAGE, [PAGE]
    while isinstance(block := segment.read_block(data, at, segment.seed(journal_id)), segment.Block):
        at = block.end
        found.append(at)
    return found


def reopened(root, more=()):
    """The records after opening it, and the notes; then `more` is appended and it is opened again."""
    disk = RealDisk(root)
    journal = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
    notes = journal.recovered.notes
    first = list(journal.records())
    for block in more:
        journal.append(block)
        journal.request_sync()
    journal.close()
    again = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
    assert again.recovered.notes == []
    assert list(again.records()) == first + list(enumerate(flat(more), len(first) + 1))
    again.close()
    assert verify(disk).ok
    return [record for _, record in first], notes


def test_a_tail_torn_at_every_byte(tmp_path):
    """Whatever part of the last block reached the file, the blocks before it stay and the journal goes on."""
    blocks = batches([2, 1, 2])
    whole = tmp_path / "whole"
    written(str(whole), blocks, 1 << 14)
    first = whole / "segments" / "00000001.fbj"
    data = first.read_bytes()
    header = segment.read_page(data[:PAGE])
    assert header is not None
    *_, start, end = ends(data, header.id)
    assert end - start > 100
    for length in range(end - start):
        copy = tmp_path / f"torn{length}"
        shutil.copytree(whole, copy)
        torn = data[: start + length] + bytes(len(data) - start - length)
        (copy / "segments" / "00000001.fbj").write_bytes(torn)
        kept, notes = reopened(str(copy), batches([1]))
        assert kept == flat(blocks[:2])
        if length == 0 or not any(torn[start:]):
            assert notes == []
        else:
            (note,) = notes
            assert f"00000001.fbj: cut off from byte {start} on" in note
            assert "record 4 was never known to be durable" in note
        shutil.rmtree(copy)


def test_a_new_segment_torn_at_every_byte(tmp_path):
    """The first write of a segment is its header page and its first block at once."""
    blocks = batches([9, 9, 9])
    whole = tmp_path / "whole"
    written(str(whole), blocks)
    *before, last = sorted((whole / "segments").iterdir())
    assert before
    data = last.read_bytes()
    used = len(data.rstrip(b"\0"))
    header = segment.read_page(data[:PAGE])
    assert header is not None
    kept_then = flat(blocks)[: header.first - 1]
    assert len(kept_then) >= 9
    for length in [*range(100), *range(100, PAGE, 97), *range(PAGE - 2, used, 7), used - 1]:
        copy = tmp_path / f"torn{length}"
        shutil.copytree(whole, copy)
        torn = data[:length] + bytes(len(data) - length)
        (copy / "segments" / last.name).write_bytes(torn)
        kept, notes = reopened(str(copy), blocks[-1:])
        assert kept == kept_then, length
        page_is_whole = torn[:PAGE] == data[:PAGE]
        assert bool(notes) == (any(torn) and (not page_is_whole or any(torn[PAGE:]))), length
        shutil.rmtree(copy)


def crash_everywhere(tmp_path, part: Callable[[bytes], bytes]):
    """Run the same life of a journal, dying at its first, second, ... change of the disk until it lives to
    its end.
    """
    blocks = batches([1, 2, 1, 3, 2, 1, 4, 5, 5, 1, 4, 2, 6, 1])
    at = 0
    while True:
        at += 1
        root = str(tmp_path / f"at{at}")
        disk = FaultyDisk(root, Fault(at, part))
        acknowledged = 0
        died = False
        appended = 0
        try:
            journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=SMALL)
            for i, block in enumerate(blocks):
                appended += len(block)
                journal.append(block)
                if i % 2:
                    journal.request_sync()
                    acknowledged = journal.durable()
                if i == 3:
                    journal.close()
                    journal = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
            journal.close()
        except Died:
            died = True
        disk.die()
        if not died:
            return at
        try:
            kept, _ = reopened(root, batches([2]))
        except JournalAbsent:
            assert appended == 0
            made = Journal.create(RealDisk(root), InlineSyncer(), OsRandom(), segment_bytes=SMALL)
            made.close()
            kept = []
        assert len(kept) >= acknowledged
        assert kept == flat(blocks)[: len(kept)]
        shutil.rmtree(root)


@pytest.mark.parametrize("sectors", [0, 1, 2, 8, 9])
def test_dying_at_every_write_torn_at_sectors(tmp_path, sectors):
    assert crash_everywhere(tmp_path, lambda data: data[: sectors * SECTOR]) > 20


@pytest.mark.parametrize("most", [1, 4, 71, 72, 73])
def test_dying_at_every_write_torn_at_bytes(tmp_path, most):
    assert crash_everywhere(tmp_path, lambda data: data[:most]) > 20


def test_dying_in_the_repair_itself(tmp_path):
    """A torn tail, and deaths at each change while it is put in order: the next opening finishes it."""
    blocks = batches([1, 2, 3, 3, 2])
    torn = tmp_path / "torn"
    written(str(torn), blocks)
    last = max((torn / "segments").iterdir())
    data = last.read_bytes().rstrip(b"\0")
    last.write_bytes(data[:-5])
    at = 0
    died = True
    while died:
        at += 1
        root = tmp_path / f"at{at}"
        shutil.copytree(torn, root)
        disk = FaultyDisk(str(root), Fault(at, lambda data: data[:100]))
        try:
            Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
            died = False
        except Died:
            pass
        disk.die()
        kept, _ = reopened(str(root), batches([1]))
        assert kept == flat(blocks[:-1])
        shutil.rmtree(root)
    assert at > 2


def lives_of_power(seed):
    """A journal written with syncs now and then; the power goes; of each unsynced sector any version may be
    there.
    """
    draw = random.Random(seed)
    disk = PowerDisk()
    late = LateSyncer()
    journal = Journal.create(disk, late, OsRandom(), segment_bytes=draw.choice([SMALL, 3 * PAGE, 1 << 16]))
    blocks = batches([draw.randint(1, 6) for _ in range(draw.randint(1, 25))])
    durable = 0
    for block in blocks:
        appended = journal.append(block)
        token = journal.request_sync()
        if draw.random() < 0.3:
            late.catch_up(disk, token)
            durable = appended.last
    odds = draw.choice([0.0, 0.2, 0.5, 0.8, 1.0])
    return disk.lose_power(lambda path, sector: draw.random() < odds), flat(blocks), durable


@pytest.mark.parametrize("seed", range(300))
def test_losing_power_loses_nothing_acknowledged(seed):
    disk, records, durable = lives_of_power(seed)
    journal = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
    kept = [record for _, record in journal.records()]
    assert durable <= len(kept)
    assert kept == records[: len(kept)]
    if journal.recovered.notes:
        assert f"record {len(kept) + 1} was never known to be durable" in journal.recovered.notes[0]
    journal.append(records[:1])
    journal.request_sync()
    journal.close()
    assert verify(disk).ok
    again = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
    assert [record for _, record in again.records()] == [*kept, records[0]]
    again.close()


def test_power_loss_really_lost_something():
    """The seeds above cover clean ends, cuts, and whole blocks dropped behind a hole."""
    notes = []
    lost = 0
    for seed in range(300):
        disk, records, _ = lives_of_power(seed)
        journal = Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
        notes += journal.recovered.notes
        lost += journal.head.seq < len(records)
        journal.close()
    assert lost > 100
    assert len(notes) > 50
    assert sum("records behind it that are whole" in note for note in notes) > 10
    assert sum("header page was not completely written" in note for note in notes) > 3
    assert sum("are missing" in note for note in notes) > 0


def test_unsynced_blocks_are_durable_once_the_journal_is_opened():
    """A process died, not the machine: what it wrote is kept, and made durable first of all."""
    disk = PowerDisk()
    journal = Journal.create(disk, LateSyncer(), OsRandom(), segment_bytes=SMALL)
    blocks = batches([2, 3, 2, 3, 4])
    for block in blocks:
        journal.append(block)
    disk._locked.clear()
    opened = Journal.open(disk, LateSyncer(), segment_bytes=SMALL)
    assert opened.durable() == 14
    after = disk.lose_power(lambda path, sector: False)
    assert [record for _, record in Journal.open(after, LateSyncer()).records()] == flat(blocks)


def test_a_hole_before_what_was_known_durable_is_damage_not_a_tail():
    disk = PowerDisk()
    journal = Journal.create(disk, InlineSyncer(), OsRandom())
    for block in batches([1, 1, 1]):
        journal.append(block)
        journal.request_sync()
    data = bytes(disk.files["segments/00000001.fbj"].durable)
    start = ends(data, journal.id)[1]
    disk.files["segments/00000001.fbj"].durable[start : start + 20] = bytes(20)
    disk._locked.clear()
    with pytest.raises(JournalDamaged) as caught:
        Journal.open(disk, InlineSyncer())
    assert (caught.value.offset, caught.value.seq) == (start, 2)


def segments(root):
    return sorted((root / "segments").iterdir())


def test_power_loss_took_the_name_of_a_segment_that_was_never_synced(tmp_path):
    """The one behind it was made in advance, and its name happens to be there: nothing durable is lost."""
    blocks = batches([9, 9, 9, 9, 9, 9])
    written(str(tmp_path), blocks, syncer=LateSyncer)
    first, second, *_ = segments(tmp_path)
    second.unlink()
    data = first.read_bytes()
    header = segment.read_page(data[:PAGE])
    assert header is not None
    whole = len(ends(data, header.id)) - 1
    kept, notes = reopened(str(tmp_path), batches([1, 9, 9]))
    assert kept == flat(blocks[:whole])
    (note,) = notes
    assert f"{second}: cut off from byte 0 on (segment 2 is missing), with" in note
    assert f"record {len(kept) + 1} was never known to be durable" in note


def test_power_loss_left_a_segment_shorter_than_its_page_behind_one_without_its_end(tmp_path):
    blocks = batches([9, 9, 9])
    written(str(tmp_path), blocks, syncer=LateSyncer)
    first, second = segments(tmp_path)[:2]
    data = bytearray(first.read_bytes())
    header = segment.read_page(bytes(data[:PAGE]))
    assert header is not None
    *_, start, end = ends(bytes(data), header.id)
    data[start:end] = bytes(end - start)
    first.write_bytes(data)
    second.write_bytes(second.read_bytes()[:SECTOR])
    for late in segments(tmp_path)[2:]:
        late.unlink()
    kept, notes = reopened(str(tmp_path), batches([1, 9, 9]))
    assert kept == flat(blocks)[: len(kept)]
    assert len(notes) == 1
    assert "are missing" in notes[0]


def test_a_segment_of_which_only_the_first_sector_is_left_is_begun_anew(tmp_path):
    blocks = batches([9, 9, 9])
    written(str(tmp_path), blocks, syncer=LateSyncer)
    _, second, *later = segments(tmp_path)
    second.write_bytes(second.read_bytes()[:SECTOR])
    for late in later:
        late.unlink()
    kept, notes = reopened(str(tmp_path), batches([1, 9, 9]))
    assert kept == flat(blocks)[: len(kept)]
    assert len(kept) >= 9
    assert len(notes) <= 1
