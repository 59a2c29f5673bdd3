"""A start is durable before anything leaves: `Flight.begin`, on a real journal, with a disk that is full,
fails or hangs just then (B2, P4).
"""

import asyncio
import errno
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flyball.compose.assembly import CannotStart
from flyball.kernel.effects import Order
from flyball.kernel.events import Epoch
from flyball.lab.around import Around
from flyball.ports import File
from flyball.runtime import flight
from tests.runtime.live import NOON, Live, live
from tests.runtime.test_disk import adds

BOTS = {"steady": "Steady"}


@dataclass
class AtStart:
    """A journal disk whose every write, or every sync, meets this."""

    write: OSError | None = None
    sync: OSError | None = None
    gate: threading.Event = field(default_factory=threading.Event)  # syncs wait for it, if `hangs`
    hangs: bool = False
    synced: list[int] = field(default_factory=list)

    def around(self) -> Around:
        return Around(write=self._write, sync=self._sync)

    def _write(self, file: File, offset: int, data: bytes) -> None:
        if self.write is not None:
            raise self.write
        file.write(offset, data)

    def _sync(self, file: File) -> None:
        if self.hangs:
            self.gate.wait(8)
        if self.sync is not None:
            raise self.sync
        file.sync()
        self.synced.append(time.monotonic_ns())


def flown(folder: Path, disk: AtStart | None, look: Callable[[Live], bool]) -> Live:
    async def main() -> Live:
        async with live(folder, BOTS, around=disk.around() if disk is not None else None) as flying:
            await flying.until(lambda: look(flying))
            return flying

    return asyncio.run(main())


def traded(flying: Live) -> bool:
    return any(map(adds, flying.sent))


def refused(folder: Path, disk: AtStart) -> str:
    with pytest.raises(CannotStart, match="this start could not be written into the journal") as why:
        flown(folder, disk, lambda _: True)
    assert "remedy: check the disk, then start again" in str(why.value)
    return str(why.value)


def ids(flying: Live) -> list[str]:
    return [one.what.client_id for one in flying.sent if isinstance(one.what, Order)]


def epochs(flying: Live) -> list[int]:
    return [record.epoch for record in flying.journal() if isinstance(record, Epoch)]


@pytest.fixture
def begun(tmp_path: Path) -> Live:
    """A folder with a first flight in it."""
    return flown(tmp_path, None, traded)


def test_the_epoch_is_on_the_disk_before_anything_is_sent(begun: Live) -> None:
    disk = AtStart()
    again = flown(begun.folder, disk, traded)
    assert epochs(again) == [1, 2]
    assert disk.synced[0] < again.sent[0].at
    assert not set(ids(begun)) & set(ids(again))


@pytest.mark.parametrize(
    "disk",
    [
        AtStart(write=OSError(errno.ENOSPC, "No space left on device")),
        AtStart(sync=OSError(errno.EIO, "Input/output error")),
    ],
    ids=["full", "a sync that fails"],
)
def test_a_start_that_cannot_be_written_is_none_and_the_next_one_may_be(begun: Live, disk: AtStart) -> None:
    """Nothing left, so nothing has to be compared: once the disk is well it starts."""
    why = refused(begun.folder, disk)
    assert str((disk.write or disk.sync).strerror) in why  # type: ignore[union-attr]
    again = flown(begun.folder, None, traded)
    assert epochs(again)[0] == 1
    assert not set(ids(begun)) & set(ids(again))


def test_a_disk_that_hangs_at_a_start_is_given_up(begun: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flight, "HUNG", 300_000_000)
    disk = AtStart(hangs=True)
    threading.Timer(1.0, disk.gate.set).start()  # so that closing needs not wait for it
    assert "the disk has not answered a sync for 30 s" in refused(begun.folder, disk)
    disk.gate.set()
    assert flown(begun.folder, None, traded).journal()


def test_a_disk_that_is_slow_at_a_start_is_waited_for(begun: Live) -> None:
    disk = AtStart(hangs=True)
    threading.Timer(0.6, disk.gate.set).start()
    asked = time.monotonic_ns()
    again = flown(begun.folder, disk, lambda f: bool(f.records))
    assert again.records[0].at - asked > 500_000_000
    assert isinstance(again.records[0].what, Epoch)
    assert again.records[0].what.ts > NOON
