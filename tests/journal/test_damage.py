"""Every changed, missing or misplaced byte is found, and the message names the file, the place and the
remedy.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from flyball.journal import segment
from flyball.journal.errors import (
    JournalDamaged,
    JournalError,
    JournalForbidden,
    JournalForeign,
    JournalMissing,
    JournalUnreadable,
    JournalVersion,
)
from flyball.journal.log import Journal
from flyball.journal.note import NOTE, Note, read_note, write_note
from flyball.journal.segment import PAGE, Block, Header
from flyball.journal.verify import verify
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from tests.journal.faulty import Fault, FaultyDisk, InlineSyncer
from tests.journal.records import batches

SMALL = PAGE + 1024
NOBODY = 65534


def make(root: Path, blocks: list[int], segment_bytes: int = SMALL) -> RealDisk:
    disk = RealDisk(str(root))
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=segment_bytes)
    for block in batches(blocks):
        journal.append(block)
        journal.request_sync()
    journal.close()
    return disk


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> RealDisk:
    """A closed journal of four segments."""
    return make(tmp_path_factory.mktemp("sound") / "journal", [2, 5, 4, 6, 3, 6, 5, 7])


@pytest.fixture
def copy(sound, tmp_path):
    shutil.copytree(sound.root, tmp_path / "journal")
    return RealDisk(str(tmp_path / "journal"))


def file(disk, number):
    return Path(disk.root) / segment.name(number)


def blocks_of(data: bytes) -> list[Block]:
    header = segment.read_page(data[:PAGE])
    assert header is not None
    return segment.later_blocks(data, PAGE, 0, segment.seed(header.id))


def put(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as f:
        f.seek(offset)
        f.write(data)


def refused(disk, error=JournalDamaged):
    with pytest.raises(error) as caught:
        Journal.open(disk, InlineSyncer(), segment_bytes=SMALL)
    assert type(caught.value) is error
    assert caught.value.file in str(caught.value)
    assert caught.value.remedy in str(caught.value)
    return caught.value


def test_the_sound_journal_is_sound(sound):
    assert len([f for f in sound.list("segments") if segment.number_of(f)]) == 4
    assert verify(sound).ok


def offsets_to_flip(data: bytes) -> list[int]:
    """All of the fields, then samples of padding, payloads and the empty rest."""
    blocks = blocks_of(data)
    heads = [at for block in blocks for at in range(block.offset, block.offset + 76)]
    payloads = [at for block in blocks for at in range(block.offset + 76, block.end, 11)]
    return [
        *range(96),
        *range(96, PAGE, 401),
        *heads,
        *payloads,
        *range(blocks[-1].end, len(data), 97),
        len(data) - 1,
    ]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_flipped_byte_anywhere_is_found_and_located(copy, number):
    """In the first, a middle and the last segment: in headers, payloads, padding and what is not used yet."""
    path = file(copy, number)
    data = path.read_bytes()
    blocks = blocks_of(data)
    for at in offsets_to_flip(data):
        put(path, at, bytes([data[at] ^ 0x40]))
        report = verify(copy)
        assert not report.ok
        damage = report.damage
        assert damage is not None
        assert damage.file == str(path), at
        hit = [block for block in blocks if block.offset <= at < block.end]
        if at < PAGE:
            assert (damage.offset, damage.seq) == (0, blocks[0].first)
        elif hit:
            assert (damage.offset, damage.seq) == (hit[0].offset, hit[0].first), at
            assert not damage.torn
        else:
            assert (damage.offset, damage.seq) == (blocks[-1].end, blocks[-1].last + 1), at
        # what was durable is never cut off to make it fit
        if hit or at < PAGE or number < 4:
            error = refused(copy, JournalForeign if at < 8 else JournalDamaged)
            assert error.file == str(path)
        put(path, at, data[at : at + 1])
    assert verify(copy).ok


def test_every_byte_of_the_note_counts(copy):
    path = Path(copy.root) / NOTE
    text = path.read_bytes()
    for at in range(len(text)):
        path.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        report = verify(copy)
        assert report.damage is not None, at
        with pytest.raises(JournalError):
            Journal.open(copy, InlineSyncer())
        path.write_bytes(text[:at])
        assert verify(copy).damage is not None, at
    path.write_bytes(text)
    assert verify(copy).ok


def test_a_note_comes_back(tmp_path):
    disk = RealDisk(str(tmp_path))
    assert read_note(disk) is None
    note = Note(bytes(range(16)), 77, bytes(range(32)))
    write_note(disk, note)
    assert read_note(disk) == note


def test_blocks_that_changed_places(copy):
    path = file(copy, 2)
    data = path.read_bytes()
    one, two = blocks_of(data)[:2]
    swapped = data[two.offset : two.end] + data[one.offset : one.end]
    put(path, one.offset, swapped)
    error = refused(copy)
    assert (error.offset, error.seq) == (one.offset, one.first)
    assert f"out of its place: it holds records {two.first} to {two.last}" in error.what


def test_a_block_written_twice(copy):
    path = file(copy, 4)
    data = path.read_bytes()
    last = blocks_of(data)[-1]
    put(path, last.end, data[last.offset : last.end])
    error = refused(copy)
    assert (error.offset, error.seq) == (last.end, last.last + 1)


def test_a_block_left_out(copy):
    """The rest moved up, every checksum still right."""
    path = file(copy, 3)
    data = path.read_bytes()
    one = blocks_of(data)[0]
    put(path, one.offset, data[one.end :] + bytes(one.end - one.offset))
    error = refused(copy)
    assert (error.offset, error.seq) == (one.offset, one.first)


def test_a_block_forged_with_its_checksum_right(copy):
    """Whoever has the file can make a block with every checksum right; the next block still does not follow
    it.
    """
    path = file(copy, 2)
    data = path.read_bytes()
    blocks = blocks_of(data)
    target = blocks[0]
    header = segment.read_page(data[:PAGE])
    assert header is not None
    payload = bytes(target.payload).replace(b"MSFT", b"AAPL")
    assert payload != bytes(target.payload)
    forged = segment.pack_block(
        payload, target.count, target.first, target.ts, target.durable, target.prev, segment.seed(header.id)
    )
    put(path, target.offset, forged)
    error = refused(copy)
    assert (error.offset, error.seq) == (blocks[1].offset, blocks[1].first)
    assert "another chain" in error.what


def test_the_tail_of_a_closed_journal_cut_off(copy):
    path = file(copy, 4)
    data = path.read_bytes()
    last = blocks_of(data)[-1]
    put(path, last.offset, bytes(last.end - last.offset))
    error = refused(copy)
    assert (error.offset, error.seq) == (last.offset, last.first)
    assert "are gone; it was closed behind the last of them" in error.what


def test_the_last_segment_of_a_closed_journal_gone(copy):
    first = blocks_of(file(copy, 4).read_bytes())[0].first
    file(copy, 4).unlink()
    error = refused(copy)
    assert error.seq == first
    assert "are gone" in error.what


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_segment_missing_before_others(copy, number):
    file(copy, number).unlink()
    error = refused(copy, JournalMissing)
    assert error.file == str(file(copy, number))
    assert f"segment {number} is missing" in error.what
    assert "put it back from a backup" in error.remedy
    damage = verify(copy).damage
    assert damage is not None
    assert damage.file == str(file(copy, number))


def test_segments_that_changed_names(copy):
    a, b = file(copy, 2), file(copy, 3)
    c = a.with_suffix(".x")
    a.rename(c)
    b.rename(a)
    c.rename(b)
    error = refused(copy)
    assert error.file == str(a)
    assert "segment 3, under another name" in error.what


def test_a_file_that_is_no_segment(copy):
    file(copy, 3).write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 40)
    error = refused(copy, JournalForeign)
    assert error.file == str(file(copy, 3))
    assert "not a journal segment (its first bytes are b'%PDF-1.7')" in error.what
    assert "move it elsewhere" in error.remedy


def test_a_foreign_file_behind_the_last_segment(copy):
    file(copy, 5).write_bytes(b"PK\x03\x04" + b"z" * 9000)
    error = refused(copy, JournalForeign)
    assert error.file == str(file(copy, 5))
    file(copy, 5).unlink()
    Journal.open(copy, InlineSyncer()).close()


def test_files_of_other_names_are_left_alone(copy):
    other = Path(copy.root) / "segments" / "notes.txt"
    other.write_text("mine")
    Journal.open(copy, InlineSyncer(), segment_bytes=SMALL).close()
    assert other.read_text() == "mine"


def test_a_segment_of_another_journal(copy, tmp_path):
    other = make(tmp_path / "other", [2, 5, 4, 6, 3, 6, 5, 7])
    shutil.copy(file(other, 3), file(copy, 3))
    error = refused(copy, JournalForeign)
    assert error.file == str(file(copy, 3))
    assert "another journal" in error.what


def test_another_journal_as_a_whole(copy, tmp_path):
    """The note beside it is of the first one; without the note only a head hash kept elsewhere could tell."""
    head = verify(copy).head
    other = make(tmp_path / "other", [2, 5, 4, 6, 3, 6, 5, 7])
    for n in (1, 2, 3, 4):
        shutil.copy(file(other, n), file(copy, n))
    assert "of another journal" in refused(copy, JournalForeign).what
    (Path(copy.root) / NOTE).unlink()
    assert verify(copy).ok
    assert not verify(copy, head).ok


@pytest.mark.parametrize("number", [1, 4])
def test_a_format_of_a_newer_version(copy, number):
    path = file(copy, number)
    header = segment.read_page(path.read_bytes()[:PAGE])
    assert header is not None
    newer = Header(2, header.id, header.number, header.first, header.prev)
    put(path, 0, segment.pack_page(newer))
    error = refused(copy, JournalVersion)
    assert "format version 2; this version reads 1" in error.what
    assert error.remedy == "use the version that wrote it"


def test_two_segments_of_the_same_number_cannot_be(copy):
    """A copy under the next number is not taken for its successor."""
    shutil.copy(file(copy, 4), file(copy, 5))
    assert "segment 4, under another name" in refused(copy).what


def test_a_directory_in_place_of_a_segment(copy):
    file(copy, 3).unlink()
    file(copy, 3).mkdir()
    error = refused(copy, JournalUnreadable)
    assert error.file == str(file(copy, 3))


@pytest.fixture
def elsewhere():
    """A place that another user can reach; tests run as root act as somebody else."""
    folder = tempfile.mkdtemp(prefix="flyball-test-")
    os.chmod(folder, 0o755)
    yield Path(folder)
    shutil.rmtree(folder)


class As:
    """Act as an ordinary user: root may do anything."""

    def __enter__(self) -> None:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)

    def __exit__(self, *_: object) -> None:
        if os.getuid() == 0:
            os.seteuid(0)


def test_no_permission_to_read_a_segment(elsewhere):
    root = elsewhere / "journal"
    make(root, [2, 5, 4, 6, 3, 6, 5, 7])
    for path in [root, *root.rglob("*")]:
        os.chmod(path, 0o777)
    disk = RealDisk(str(root))
    os.chmod(file(disk, 2), 0)
    with As():
        error = refused(disk, JournalForbidden)
        with pytest.raises(JournalForbidden):
            verify(disk)
    assert error.file == str(file(disk, 2))
    assert "give it back to that user" in error.remedy
    os.chmod(file(disk, 2), 0o777)
    os.chmod(file(disk, 4), 0o444)
    with As():
        error = refused(disk, JournalForbidden)
        assert verify(disk).ok  # reading is enough for that
    assert error.file == str(file(disk, 4))


def test_no_permission_for_the_folder(elsewhere):
    root = elsewhere / "journal"
    make(root, [2])
    disk = RealDisk(str(root))
    os.chmod(root / "segments", 0o777)
    os.chmod(root / "lock", 0o444)
    for mode in (0o000, 0o555):
        os.chmod(root, mode)
        try:
            with As():
                error = refused(disk, JournalForbidden)
        finally:
            os.chmod(root, 0o755)
        assert error.file.startswith(str(root))


def test_damage_is_found_while_reading_records_too(tmp_path):
    disk = FaultyDisk(str(tmp_path / "journal"), Fault())
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=SMALL)
    for block in batches([5, 5, 5]):
        journal.append(block)
        journal.request_sync()
    path = file(disk, 1)
    put(path, PAGE + 100, b"\xff\xff")
    records = journal.records()
    with pytest.raises(JournalDamaged) as caught:
        list(records)
    assert (caught.value.offset, caught.value.seq) == (PAGE, 1)
    disk.die()


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs Linux's /proc")
def test_verifying_leaves_no_file_open(sound):
    before = len(os.listdir("/proc/self/fd"))
    assert verify(sound).ok
    assert len(os.listdir("/proc/self/fd")) == before
