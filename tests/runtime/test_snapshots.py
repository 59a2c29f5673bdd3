"""A start from a snapshot ends in the very state that a start from the beginning does; a snapshot that is no
use is passed over, aloud; another version of the rules decides nothing again.
"""

import contextlib
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flyball.compose import scribe
from flyball.journal import snapshots
from flyball.journal.chain import Chain
from flyball.journal.codec import Record
from flyball.journal.log import Journal
from flyball.journal.snapshot import Snapshot, name, pack, unpack
from flyball.kernel.canon import recorded
from flyball.kernel.effects import DayStart, Decision, Order
from flyball.kernel.events import Epoch, Event, Intent
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce
from flyball.runtime.recover import Recovered, ReplayDiffers, recover
from flyball.runtime.sequencer import Taken
from flyball.runtime.snapshots import EVERY, SMALL, Snapshots, size_of, snapshot_of
from tests.journal.faulty import Died, Fault, FaultyDisk, InlineSyncer
from tests.runtime.kept import SEGMENT, Kept, events, opened

ALL = events()
MIDDLE = len(ALL) * 2 // 3


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal whose newest snapshots lie before its end."""
    folder = tmp_path_factory.mktemp("kept") / "dirty"
    kept = Kept.new(folder)
    kept.feed(ALL[:MIDDLE], every=MIDDLE // 4)
    kept.feed(ALL[MIDDLE:])
    kept.crash()
    return folder


@pytest.fixture
def folder(dirty: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(dirty, tmp_path / "journal"))


def recovered(folder: Path, *, from_genesis: bool = False) -> Recovered:
    journal = opened(folder)
    try:
        return recover(journal, from_genesis=from_genesis)
    finally:
        journal.close()


def same(a: Governor, b: Governor) -> bool:
    return (a.state_hash(), a.book_hash(), recorded(a.state)) == (
        b.state_hash(),
        b.book_hash(),
        recorded(b.state),
    )


def test_only_the_tail_is_stepped_and_the_state_is_the_same(folder: Path) -> None:
    whole = recovered(folder, from_genesis=True)
    found = recovered(folder)
    assert whole.events == len(ALL)
    assert (whole.since, whole.kernel) == (0, VERSION)
    assert 0 < found.since < found.records == whole.records
    assert found.events < len(ALL) // 2
    assert found.notes == []
    assert found.kernel == VERSION
    assert not found.checkpoint
    assert same(found.governor, whole.governor)


def test_from_any_point_on_it_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """Stopped behind every event in turn: what is decided from the restored state is what was decided."""
    straight = Governor()
    for n, event in enumerate(ALL):
        if n % 11 == 3:
            kept = Kept.new(tmp_path / str(n)).feed(ALL[:n]).land()
            journal = opened(tmp_path / str(n))
            found = recover(journal)
            assert found.checkpoint
            assert found.events == 0
            assert same(found.governor, kept.governor)
            for later in ALL[n:]:
                assert found.governor.step(later) == kept.governor.step(later)
            found.governor.state.check()
            assert same(found.governor, kept.governor)
            journal.close()
        straight.step(event)
    assert same(straight, Kept.new(tmp_path / "all").feed(ALL).governor)


def newest(folder: Path) -> Path:
    return max((folder / "snapshots").iterdir())


def change(folder: Path, how: Callable[[Snapshot], Snapshot]) -> None:
    """A newest snapshot that is whole, and says something else."""
    file = newest(folder)
    file.write_bytes(pack(how(unpack(file.read_bytes()))))


def other_cash(s: Snapshot) -> Snapshot:
    return replace(s, state=s.state.replace(b"s5:paper", b"s5:Paper", 1))


def a_folder_for(file: Path) -> None:
    file.unlink()
    file.mkdir()


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda f: newest(f).write_bytes(b""), "no snapshot"),
    "cut": (lambda f: newest(f).write_bytes(newest(f).read_bytes()[:-200]), "damaged"),
    "a flipped bit": (
        lambda f: newest(f).write_bytes(newest(f).read_bytes().replace(b"oState;", b"oStatf;")),
        "damaged",
    ),
    "a folder in its place": (lambda f: a_folder_for(newest(f)), "cannot be read"),
    "of another journal": (
        lambda f: change(f, lambda s: replace(s, place=s.place._replace(id=bytes(16)))),
        "of another journal",
    ),
    "of another chain": (
        lambda f: change(f, lambda s: replace(s, place=s.place._replace(hash=bytes(32)))),
        "no such block at record",
    ),
    "too new": (
        lambda f: change(f, lambda s: replace(s, schema=SCHEMA + 1)),
        f"schema {SCHEMA + 1}, which this version is too old to know",
    ),
    "no state": (lambda f: change(f, lambda s: replace(s, state=b"i1;")), "a State expected"),
    "another state": (lambda f: change(f, other_cash), "does not have the hash it says"),
    "of another record": (
        lambda f: change(f, lambda s: replace(s, state=recorded(Governor().state))),
        "its state is of record 0",
    ),
    "beyond the end": (
        lambda f: newest(f).rename(f / name(10**9)),
        "under another name",
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_snapshot_that_is_no_use_is_passed_over_and_said(bad: str, folder: Path) -> None:
    whole = recovered(folder, from_genesis=True)
    before = snapshots.seqs(RealDisk(str(folder)))
    spoil, says = BAD[bad]
    spoil(folder)
    found = recovered(folder)
    assert found.since == before[1]
    assert same(found.governor, whole.governor)
    (note,) = found.notes
    assert says in note
    assert note.startswith(str(folder / "snapshots"))
    assert "an older one, or the whole journal, serves as well" in note


def test_a_start_that_went_on_from_another_state_is_found_by_every_later_replay(folder: Path) -> None:
    """Each epoch says the hash of what its start had recovered."""
    whole = recovered(folder)
    ts = whole.governor.state.ts
    again = Epoch(ts, 2, VERSION, SCHEMA, "demo", "paper", "paper", "paper:demo-2008", "c0ffee", "")
    for state_hash, good in ((whole.governor.state_hash(), True), ("0" * 64, False)):
        copied = Path(shutil.copytree(folder, folder.parent / f"again-{good}"))
        kept = Kept(opened(copied), recovered_from(copied).governor)
        kept.feed([replace(again, state_hash=state_hash)])
        kept.crash()
        if good:
            assert recovered(copied, from_genesis=True).records > whole.records
        else:
            with pytest.raises(ReplayDiffers, match=f"one of hash {'0' * 64}"):
                recovered(copied, from_genesis=True)


def recovered_from(folder: Path) -> Recovered:
    return recovered(Path(shutil.copytree(folder, folder.parent / f"{folder.name}-read")))


def test_dying_at_any_write_of_a_snapshot_leaves_what_was_or_one_more(tmp_path: Path) -> None:
    """Every change of the disk in turn; the next start ends in the state the journal has."""
    some = ALL[:24]
    counted = Fault()
    fly_on(FaultyDisk(str(tmp_path / "count"), counted), some)
    assert counted.seen > 30
    straight = [""]
    governor = Governor()
    for event in some:
        before = governor.state.seq
        governor.step(event)
        straight += [""] * (governor.state.seq - before - 1) + [governor.state_hash()]
    for at in range(8, counted.seen + 1):  # what is before it makes the journal itself
        disk = FaultyDisk(str(tmp_path / str(at)), Fault(at))
        with contextlib.suppress(Died):
            fly_on(disk, some)
        disk.die()
        found = recovered(tmp_path / str(at))
        assert found.governor.state_hash() == straight[found.records]
        assert found.notes == []


def fly_on(disk: FaultyDisk, some: list[Event]) -> None:
    journal = Journal.create(disk, InlineSyncer(), OsRandom(), segment_bytes=SEGMENT)
    Kept(journal, Governor()).feed(some, every=6)


def test_without_any_the_whole_journal_serves(folder: Path) -> None:
    whole = recovered(folder, from_genesis=True)
    for file in (folder / "snapshots").iterdir():
        file.write_bytes(b"rubbish")
    found = recovered(folder)
    assert (found.since, len(found.notes)) == (0, 3)
    shutil.rmtree(folder / "snapshots")
    assert same(recovered(folder).governor, whole.governor)


def test_a_snapshot_of_a_tail_that_power_took_away_is_passed_over(folder: Path) -> None:
    """It may be durable before the block it stands on is."""
    kept = Kept.new(folder.parent / "flying").feed(ALL[:40])
    end = kept.journal.place
    kept.feed(ALL[40:41])
    kept.snapshots.take()
    shutil.copytree(folder.parent / "flying", folder.parent / "cut")
    kept.crash()
    segment = folder.parent / "cut" / f"segments/{end.number:08d}.fbj"
    data = bytearray(segment.read_bytes())
    data[end.offset :] = bytes(len(data) - end.offset)
    segment.write_bytes(data)
    found = recovered(folder.parent / "cut")
    assert found.records == end.seq
    assert "the journal has no such block at record" in found.notes[0]


# -- when they are made -------------------------------------------------------------------------------------


def test_one_at_the_day_s_start_and_one_at_the_end(tmp_path: Path) -> None:
    kept = Kept.new(tmp_path / "j").feed(ALL)
    starts = [n for n, (_, r) in enumerate(kept.journal.records(), 1) if isinstance(r, DayStart)]
    disk = RealDisk(str(tmp_path / "j"))
    assert snapshots.seqs(disk) == starts[::-1]
    kept.land()
    assert snapshots.seqs(disk) == sorted({*starts, kept.journal.head.seq}, reverse=True)
    assert recovered(tmp_path / "j").checkpoint


def test_the_same_run_leaves_the_same_files(tmp_path: Path) -> None:
    class Fixed:
        def token(self, n: int) -> bytes:
            return random.Random(5).randbytes(n)

    for run in ("one", "two"):
        Kept.new(tmp_path / run, Fixed()).feed(ALL, every=50).land()
    one, two = (sorted((tmp_path / run / "snapshots").iterdir()) for run in ("one", "two"))
    assert [file.name for file in one] == [file.name for file in two]
    assert len(one) == 3
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


class Pretended:
    """A scribe that only counts; test_scribe.py has the real one."""

    def __init__(self) -> None:
        self.asked = 0
        self.failed = ""

    def __call__(self) -> None:
        self.asked += 1

    def busy(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is at work."""


def test_in_real_time_the_loop_leaves_a_large_state_to_the_scribe(tmp_path: Path) -> None:
    beside = Pretended()
    said: list[str] = []
    kept = Kept.new(tmp_path / "j").feed(ALL[:30])
    seq = kept.journal.head.seq
    snaps = Snapshots(kept.governor, kept.journal, AtOnce(), False, beside, seq, said.append)
    disk = RealDisk(str(tmp_path / "j"))
    before = snapshots.seqs(disk)
    snaps.watch(Taken(token=seq + EVERY - 1))
    assert (beside.asked, snapshots.seqs(disk)) == (0, before), "none is due"
    for n in range(SMALL):
        kept.governor.state.closed[f"o{n}"] = next(iter(kept.governor.state.closed.values()))
    assert size_of(kept.governor.state) > SMALL
    snaps.watch(Taken(token=seq + EVERY))
    assert (beside.asked, snapshots.seqs(disk)) == (1, before)
    snaps.watch(Taken(token=seq + EVERY + 1))
    assert beside.asked == 1, "the next one is not due yet"
    snaps.watch(Taken(token=-1))
    assert said == []
    beside.failed = "the journal does not replay"
    for _ in range(2):
        snaps.watch(Taken(token=seq + EVERY + 2))
    assert said == ["the journal does not replay"], "told once"
    kept.crash()


def test_none_is_written_of_what_the_journal_does_not_hold(tmp_path: Path) -> None:
    kept = Kept.new(tmp_path / "j").feed(ALL[:30])
    before = snapshots.seqs(RealDisk(str(tmp_path / "j")))
    kept.governor.step(ALL[30])  # decided, and not written
    kept.snapshots.take()
    assert kept.snapshots.checkpoint(0) == "the journal does not hold all that was decided"
    assert snapshots.seqs(RealDisk(str(tmp_path / "j"))) == before
    with pytest.raises(AssertionError, match="not the one at the journal's head"):
        snapshot_of(kept.governor, kept.journal)


# -- the scribe ---------------------------------------------------------------------------------------------


def test_the_scribe_makes_the_same_snapshot_from_the_files_alone(folder: Path) -> None:
    """Also beside a writer, and from a snapshot without what is before it."""
    disk = RealDisk(str(folder))
    writing = opened(folder)  # it holds the lock; the scribe needs none
    at = writing.head.seq
    assert scribe.write(disk, AtOnce()) == ""
    assert snapshots.seqs(disk)[0] == at
    found = unpack(newest(folder).read_bytes())
    whole = recover(writing, from_genesis=True)
    assert found.place == writing.place
    assert found.state == recorded(whole.governor.state)
    assert found.state_hash.hex() == whole.governor.state_hash()
    assert scribe.write(disk, AtOnce()) == "", "there is one at the end already"
    writing.close()
    assert recovered(folder).checkpoint


def test_the_scribe_says_when_the_journal_does_not_replay(folder: Path) -> None:
    (folder / "snapshots").rename(folder / "gone")
    records = [r for _, r in recovered_records(folder)]
    at = next(n for n, r in enumerate(records) if isinstance(r, Decision) and r.qty)
    decision = records[at]
    assert isinstance(decision, Decision)
    records[at] = replace(decision, qty=decision.qty + 1)
    kept = Kept.new(folder.parent / "untrue")
    kept.journal.append(records)
    kept.crash()
    said = scribe.write(RealDisk(str(folder.parent / "untrue")), AtOnce())
    assert f"record {at + 1} of the journal differs" in said
    assert snapshots.seqs(RealDisk(str(folder.parent / "untrue"))) == []


def recovered_records(folder: Path) -> list[tuple[int, Record]]:
    journal = opened(folder)
    try:
        return list(journal.records())
    finally:
        journal.close()


# -- another version of the rules ---------------------------------------------------------------------------


def under(folder: Path, kernel: str) -> list[Record]:
    """The records with every epoch under these rules, in a new journal in `folder`."""
    records = [record for _, record in recovered_records(folder)]
    return [replace(r, kernel=kernel) if isinstance(r, Epoch) else r for r in records]


def test_a_tail_that_other_rules_wrote_and_these_decide_the_same_is_taken(folder: Path) -> None:
    kept = Kept.new(folder.parent / "other")
    kept.journal.append(under(folder, "0.7"))
    kept.crash()
    found = recovered(folder.parent / "other")
    assert found.kernel == "0.7"
    assert found.events == len(ALL)


def test_a_tail_that_other_rules_decided_otherwise_is_refused_by_name(folder: Path) -> None:
    records = under(folder, "0.7")
    at = next(n for n, r in enumerate(records) if isinstance(r, Order))
    order = records[at]
    assert isinstance(order, Order)
    records[at] = replace(order, qty=order.qty + 1)
    kept = Kept.new(folder.parent / "other")
    kept.journal.append(records)
    kept.crash()
    with pytest.raises(ReplayDiffers) as differs:
        recovered(folder.parent / "other")
    assert (differs.value.seq, differs.value.wrote) == (at + 1, "0.7")
    said = str(differs.value)
    assert f"record {at + 1} of the journal differs from what this kernel (rules {VERSION}) decides" in said
    assert "that record was decided by rules 0.7" in said
    assert "start the version that wrote the journal (the Flyball with rules 0.7)" in said
    assert "leaves a checkpoint" in said


def test_a_checkpoint_that_other_rules_left_is_gone_on_from_without_a_replay(folder: Path) -> None:
    """Though not one of the decisions behind it is what these rules decide."""
    records = [record for _, record in recovered_records(folder)]
    changed = [replace(r, qty=r.qty + 7) if isinstance(r, Intent) else r for r in records]
    kept = Kept.new(folder.parent / "other")
    kept.journal.append(changed)
    whole = recovered(folder)
    snapshot = Snapshot(
        SCHEMA,
        "0.7",
        kept.journal.place,
        bytes.fromhex(whole.governor.state_hash()),
        recorded(whole.governor.state),
    )
    snapshots.keep(kept.journal.disk, AtOnce(), snapshot)
    kept.crash()
    found = recovered(folder.parent / "other")
    assert found.checkpoint
    assert (found.events, found.kernel) == (0, "0.7")
    assert same(found.governor, whole.governor)
    (folder.parent / "other" / name(whole.records)).unlink()
    with pytest.raises(ReplayDiffers):
        recovered(folder.parent / "other")


def test_the_chain_s_own_place_is_where_the_journal_goes_on(folder: Path) -> None:
    journal = opened(folder)
    chain = Chain(journal.disk)
    assert [block.last for block in chain][-1] == journal.head.seq
    assert chain.place == journal.place
    journal.close()
