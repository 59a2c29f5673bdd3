"""The scribe as a process: started by a governor in real time, working beside it, ended with it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flyball.compose import scribe
from flyball.compose.scribe import Scribe
from flyball.journal import snapshots
from flyball.journal.snapshot import unpack
from flyball.kernel.canon import recorded
from flyball.kernel.effects import Alert
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce
from flyball.machine.spawn import RealSpawn
from flyball.runtime import snapshots as when
from flyball.runtime.recover import recover
from tests.runtime.kept import Kept, events, opened
from tests.runtime.live import live


def until(done: Callable[[], object], seconds: float = 30.0) -> None:
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_a_process_of_its_own_makes_it_while_the_journal_is_open(tmp_path: Path) -> None:
    kept = Kept.new(tmp_path / "journal").feed(events())
    spawn = RealSpawn()
    make = Scribe(spawn, str(tmp_path / "journal"))
    assert not make.busy()
    make()
    make()  # one is at work
    assert len(spawn._children) == 1
    until(lambda: not make.busy())
    assert make.failed == ""
    disk = RealDisk(str(tmp_path / "journal"))
    assert snapshots.seqs(disk)[0] == kept.journal.head.seq
    kept.crash()
    journal = opened(tmp_path / "journal")
    found = recover(journal)
    assert found.checkpoint
    assert recorded(found.governor.state) == recorded(kept.governor.state)
    journal.close()
    spawn.close()


def test_what_goes_wrong_in_it_is_told_and_the_next_one_is_tried(tmp_path: Path) -> None:
    spawn = RealSpawn()
    make = Scribe(spawn, str(tmp_path))
    make()
    until(lambda: not make.busy())
    assert "there is no journal here" in make.failed
    nowhere = Scribe(spawn, str(tmp_path / "nowhere"))
    nowhere()
    assert nowhere.failed == "No such file or directory"
    make()
    make.close()
    assert not make.busy()
    spawn.close()


def test_a_flight_in_real_time_leaves_a_large_state_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every twenty records here, and nothing is small."""
    monkeypatch.setattr(when, "EVERY", 20)
    monkeypatch.setattr(when, "SMALL", 0)
    disk = RealDisk(str(tmp_path / "journal"))

    async def fly() -> None:
        async with live(tmp_path, {"steady": "Steady"}) as flying:
            await flying.until(lambda: len(snapshots.seqs(disk)) >= 2, 30)
            newest = snapshots.seqs(disk)[0]
            assert newest <= flying.cockpit.journal.head.seq
            assert unpack(disk.read(f"snapshots/{newest:016d}.fbs")).place.seq == newest
            landed = await flying.land()
            assert landed.notes[-1:] == flying.cockpit.notes[-1:]
            assert not any("no checkpoint" in note for note in landed.notes)

    asyncio.run(fly())
    journal = opened(tmp_path / "journal")
    assert recover(journal).checkpoint
    assert recover(journal).governor.state_hash() == recover(journal, from_genesis=True).governor.state_hash()
    journal.close()
    assert scribe.write(disk, AtOnce()) == ""


def test_a_snapshot_that_cannot_be_written_is_an_alert_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "snapshots").write_text("somebody's file")

    async def fly() -> None:
        async with live(tmp_path, {"steady": "Steady"}) as flying:
            alerts = await flying.until(lambda: [a for a in flying.of(Alert) if a.alert == "snapshot"])
            assert "snapshots" in alerts[0].text
            assert not flying.cockpit.governor.state.latches
            landed = await flying.land()
            assert "no checkpoint was left" in landed.notes[-1]
            assert len([a for a in flying.of(Alert) if a.alert == "snapshot"]) == 1

    asyncio.run(fly())
    journal = opened(tmp_path / "journal")
    assert recover(journal).since == 0
    journal.close()
