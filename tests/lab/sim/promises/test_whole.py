"""Whole journals: replayed, exported, damaged (P7, P12)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flyball.journal import segment
from flyball.journal.codec import Record
from flyball.journal.log import Journal
from flyball.journal.note import NOTE
from flyball.journal.verify import VerifyReport, verify
from flyball.kernel import events as ev
from flyball.kernel.governor import Governor
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.promises import whole
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.copied import Copied, copy_of
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.syncer import ThreadSyncer
from flyball.ports import Disk
from tests.lab.sim.promises.told import OPEN, begun, mark


def stepped() -> list[list[Record]]:
    """What a governor makes of a few events, a batch each."""
    governor = Governor()
    batches: list[list[Record]] = []
    for n, event in enumerate([*begun(), *(mark(10_000 + n, ts=OPEN + n) for n in range(12))]):
        assert isinstance(event, ev.Epoch | ev.Config | ev.Instrument | ev.Session | ev.Account | ev.Mark), n
        batches.append([event, *governor.step(event)])
    return batches


@pytest.fixture
def disk(tmp_path: Path) -> RealDisk:
    """A journal of two segments."""
    disk = RealDisk(str(tmp_path))
    journal = Journal.create(disk, ThreadSyncer(), OsRandom(), segment_bytes=6_000)
    for batch in stepped():
        journal.append(batch)
    assert journal.close()
    assert len(disk.list(segment.FOLDER)) > 1
    return disk


RECORDS = [record for batch in stepped() for record in batch]


def test_a_replay_comes_to_the_same_state():
    governor = Governor()
    for batch in stepped():
        governor.step(batch[0])  # type: ignore[arg-type]  # the first of a batch is the event
    assert whole.replayed(RECORDS) == governor.state_hash()
    last = RECORDS[-1]
    assert isinstance(last, ev.Mark)
    assert whole.replayed([*RECORDS[:-1], replace(last, last=1)]) != governor.state_hash()


def test_a_decision_that_the_kernel_would_not_make_is_a_breach():
    without = [record for record in RECORDS if record.KIND != "day_start"]
    with pytest.raises(Broken, match="P7"):
        whole.replayed(without)


def test_every_line_of_the_export_is_read():
    whole.exported(RECORDS)


def test_every_damage_is_located(disk: RealDisk):
    whole.tampered(disk, Draw(1, "damage"), 40)


@pytest.mark.parametrize("blind", ["ok", "elsewhere"])
def test_a_verify_that_does_not_see_it_is_a_breach(
    disk: RealDisk, blind: str, monkeypatch: pytest.MonkeyPatch
):
    """A verify that says all is well, or points to the wrong place."""

    def says(there: Disk, head: str | None = None) -> VerifyReport:
        report = verify(there, head)
        if head is not None and blind == "ok":
            report.ok, report.damage = True, None
        elif report.damage is not None:
            report.damage.offset += 5_000
        return report

    monkeypatch.setattr(whole, "verify", says)
    with pytest.raises(Broken, match=r"P12: (a damaged journal verifies|damage in)"):
        whole.tampered(disk, Draw(1, "damage"), 5)


def test_a_journal_that_does_not_verify_is_a_breach(disk: RealDisk):
    copy = copy_of(disk, segment.FOLDER, (NOTE,))
    name = segment.name(1)
    data = bytearray(copy.files[name])
    data[segment.PAGE + 20] ^= 1
    with pytest.raises(Broken, match="the journal does not verify"):
        whole.tampered(Copied(copy.files | {name: bytes(data)}), Draw(1, "damage"), 1)


def test_a_copy_is_only_read(disk: RealDisk):
    copy = copy_of(disk, segment.FOLDER, (NOTE, "absent"))
    assert verify(copy).ok
    assert copy.exists(segment.FOLDER)
    assert not copy.exists("absent")
    file = copy.open(segment.name(1))
    calls: list[Any] = [
        lambda: file.write(0, b"x"),
        lambda: file.truncate(0),
        file.sync,
        lambda: copy.allocate("x", 1),
        lambda: copy.replace("x", b""),
        lambda: copy.append("x", b""),
        lambda: copy.mkdir("x"),
        lambda: copy.remove("x"),
        lambda: copy.rename("x", "y"),
        lambda: copy.lock("x"),
    ]
    for call in calls:
        with pytest.raises(OSError, match="only read"):
            call()
