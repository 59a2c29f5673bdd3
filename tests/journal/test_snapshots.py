"""A snapshot file is itself or nothing; three are kept; where reading may begin is found on the walk."""

import errno
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from flyball.journal import snapshots
from flyball.journal.chain import Place
from flyball.journal.log import Journal
from flyball.journal.replay import read
from flyball.journal.snapshot import FOLDER, Snapshot, SnapshotBad, name, pack, seq_of, unpack
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce, ThreadKeeper
from tests.journal.faulty import InlineSyncer
from tests.journal.records import batches

ID, HASH = bytes(range(16)), bytes(range(32))
ONE = Snapshot(1, "1", Place(ID, 2, 9_000, 70, HASH), bytes(range(32, 64)), b"oState;i1;e")
NS = 1_000_000_000


def test_what_was_packed_comes_back() -> None:
    assert unpack(pack(ONE)) == ONE
    empty = replace(ONE, state=b"", kernel="2026.11-abcdefgh", place=Place(ID, 1, 2**40, 2**60, HASH))
    assert unpack(pack(empty)) == empty


@pytest.mark.parametrize("kernel", ["", "x" * 17])
def test_a_version_that_does_not_fit_is_not_written(kernel: str) -> None:
    with pytest.raises(ValueError, match="1 to 16 ASCII characters"):
        pack(replace(ONE, kernel=kernel))


def test_no_changed_byte_and_no_cut_goes_unnoticed() -> None:
    whole = pack(ONE)
    for at in range(len(whole)):
        with pytest.raises(SnapshotBad):
            unpack(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(SnapshotBad):
            unpack(whole[:at])
    with pytest.raises(SnapshotBad, match="damaged"):
        unpack(whole + b"\0")


def test_a_format_of_later_days_is_told_apart_from_damage() -> None:
    later = bytearray(pack(ONE))
    later[8:12] = struct.pack("<I", 2)
    with pytest.raises(SnapshotBad, match="format 2; this version reads 1"):
        unpack(bytes(later))


def test_a_state_of_another_length_than_it_says_is_damage() -> None:
    forged = bytearray(pack(ONE)[:-32])
    forged[-len(ONE.state) - 8 : -len(ONE.state)] = struct.pack("<Q", 3)
    with pytest.raises(SnapshotBad, match="11 bytes of state, it says 3"):
        unpack(bytes(forged) + sha256(forged).digest())


@pytest.mark.parametrize(
    ("file", "seq"),
    [
        ("0000000000000070.fbs", 70),
        ("70.fbs", None),
        ("0000000000000070.fbj", None),
        ("000000000000007x.fbs", None),
        ("0000000000000070.fbs.new", None),
    ],
)
def test_only_its_own_names_are_snapshots(file: str, seq: int | None) -> None:
    assert seq_of(file) == seq


def at(seq: int) -> Snapshot:
    return replace(ONE, place=ONE.place._replace(seq=seq))


@pytest.mark.parametrize("make", [AtOnce, ThreadKeeper])
def test_the_newest_three_are_kept(make: Callable[[], AtOnce | ThreadKeeper], tmp_path: Path) -> None:
    disk, keeper = RealDisk(str(tmp_path)), make()
    for seq in (10, 20, 30, 40, 50):
        snapshots.keep(disk, keeper, at(seq))
    assert keeper.settle(10 * NS)
    assert keeper.failed() == ""
    assert snapshots.seqs(disk) == [50, 40, 30]
    snapshots.keep(disk, keeper, at(35))  # of a slower process: it takes no newer one away
    assert keeper.settle(10 * NS)
    assert snapshots.seqs(disk) == [50, 40, 35, 30]
    snapshots.cut(disk, 40)
    assert snapshots.seqs(disk) == [40, 35, 30]
    keeper.close()
    assert [seq for seq, found in snapshots.newest(disk) if isinstance(found, Snapshot)] == [40, 35, 30]


def test_what_is_no_snapshot_says_why_and_hides_no_other(tmp_path: Path) -> None:
    disk = RealDisk(str(tmp_path))
    for seq in (10, 20, 30):
        snapshots.keep(disk, AtOnce(), at(seq))
    disk.rename(name(20), name(25))
    disk.replace(name(30), b"")
    disk.replace(f"{FOLDER}/notes.txt", b"mine")
    found = dict(snapshots.newest(disk))
    assert list(found) == [30, 25, 10]
    assert found[30] == "no snapshot (its first bytes are b'')"
    assert found[25] == "it stands on record 20, under another name"
    assert found[10] == at(10)
    assert list(snapshots.newest(RealDisk(str(tmp_path / "elsewhere")))) == []


class Refusing(RealDisk):
    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("make", [AtOnce, ThreadKeeper])
def test_a_refused_write_is_said_and_the_next_one_tried(
    make: Callable[[], AtOnce | ThreadKeeper], tmp_path: Path
) -> None:
    keeper, disk = make(), RealDisk(str(tmp_path))
    for seq in (1, 2, 3):
        snapshots.keep(disk, keeper, at(seq))
    snapshots.keep(Refusing(str(tmp_path)), keeper, at(10))
    assert keeper.settle(10 * NS)
    assert keeper.failed() == f"{name(10)}: No space left on device"
    assert snapshots.seqs(disk) == [3, 2, 1], "an old one went though no new one came"
    snapshots.keep(disk, keeper, at(20))
    assert keeper.settle(10 * NS)
    assert keeper.failed() == ""
    assert snapshots.seqs(disk) == [20, 3, 2]
    keeper.close()


def test_reading_begins_at_any_block_and_at_any_segment(tmp_path: Path) -> None:
    """From every place the walk notes, the same records follow as when everything is read."""
    disk = RealDisk(str(tmp_path))
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=6_000)
    written = [journal.append(records) for records in batches([1, 3, 2, 40, 5, 1, 60, 2, 2, 30, 1])]
    ends = [appended.last for appended in written]
    tops = [journal.place]
    for seq in ends:
        snapshots.keep(disk, AtOnce(), at(seq))
        disk.replace(name(seq), pack(at(seq)))
    journal.close()
    for seq in ends:  # all at once, though only three are kept
        disk.replace(name(seq), pack(at(seq)))
    everything = list(read(disk))
    opened = Journal.open(disk, InlineSyncer(), segment_bytes=6_000)
    try:
        assert list(opened.places.behind) == ends
        assert opened.places.behind[ends[-1]] == opened.place == tops[-1]
        for appended in written:
            place = opened.places.behind[appended.last]
            assert place.hash == appended.hash
            assert list(opened.records(place)) == everything[appended.last :]
            assert list(read(disk, start=place)) == everything[appended.last :]
        assert len(opened.places.segments) > 3
        for ts, place in opened.places.segments:
            behind = list(opened.records(place))
            assert behind == everything[place.seq :]
            assert behind[0][1].ts == ts
            before = opened.places.before(ts + 1)
            assert before == place
            everything_later = [one for one in everything if one[1].ts >= ts]
            start = opened.places.before(ts)
            assert [one for one in opened.records(start) if one[1].ts >= ts] == everything_later
    finally:
        opened.close()


def test_the_file_is_as_the_page_says(tmp_path: Path) -> None:
    """Read by the byte numbers of docs/reference/journal.md alone."""
    page = (Path(__file__).parents[2] / "docs/reference/journal.md").read_text(encoding="utf-8")
    rows = page.partition("### Snapshot\n")[2].partition("\n## ")[0]
    spans = {
        word: slice(int(first), int(last) + 1)
        for first, last, word in re.findall(r"^\| (\d+)-(\d+) \| (\w[\w ]*) \|", rows, re.MULTILINE)
    }
    data = pack(ONE)

    def number(word: str) -> int:
        return int.from_bytes(data[spans[word]], "little")

    assert data[spans["magic"]] == bytes.fromhex("89 46 42 53 0D 0A 1A 0A")
    assert (number("format"), number("schema")) == (1, ONE.schema)
    assert data[spans["kernel"]].rstrip(b"\0") == b"1"
    assert (data[spans["id"]], number("seq"), data[spans["block"]]) == (ID, 70, HASH)
    assert (number("segment"), number("offset")) == (2, 9_000)
    assert data[spans["state hash"]] == ONE.state_hash
    end = 144 + number("length")
    assert data[144:end] == ONE.state
    assert data[end:] == sha256(data[:end]).digest()
    assert set(spans) == set("magic format schema kernel id seq block segment offset length".split()) | {
        "state hash"
    }
