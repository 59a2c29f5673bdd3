"""The syncing thread: requests coalesce, tokens only promise what was synced, failure is final, nobody is
held up.
"""

import asyncio
import errno
import threading
import time

import pytest

from flyball.machine.clock import AsyncWakeup
from flyball.machine.disk import RealDisk
from flyball.machine.syncer import ThreadSyncer
from flyball.ports import Syncer

MS = 1_000_000
SECOND = 1_000_000_000


class Gated:
    """A file whose sync takes as long as the test says; it notes how much was written when the sync began."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        self.written = 0
        self.synced: list[int] = []
        self.error: BaseException | None = None

    def sync(self) -> None:
        written = self.written
        self.begun.release()
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.synced.append(written)

    def read(self, offset: int, length: int) -> bytes:
        return b""

    def write(self, offset: int, data: bytes) -> None:
        self.written += len(data)

    def size(self) -> int:
        return self.written

    def truncate(self, length: int) -> None:
        return

    def close(self) -> None:
        return


@pytest.fixture
def syncer():
    made = ThreadSyncer()
    yield made
    made.close()


def test_it_is_a_syncer(syncer):
    port: Syncer = syncer
    assert port.done() == 0
    assert port.failed() == ""
    assert port.wait(0, 0)


def test_a_real_file(syncer, tmp_path):
    file = RealDisk(str(tmp_path)).open("f", create=True)
    file.write(0, b"x")
    syncer.request(file, 1)
    assert syncer.wait(1, 5 * SECOND)
    assert syncer.done() == 1
    file.close()


def test_requests_coalesce_and_cover_all_that_was_written_before(syncer):
    file = Gated()
    file.write(0, b"a")
    syncer.request(file, 1)
    assert file.begun.acquire(timeout=5)
    for token in range(2, 200):  # while the first sync runs
        file.write(0, b"a")
        syncer.request(file, token)
    assert syncer.done() == 0
    file.gate.set()
    assert syncer.wait(199, 5 * SECOND)
    assert file.synced == [1, 199]
    assert syncer.done() == 199


def test_what_is_requested_during_a_sync_is_not_covered_by_it(syncer):
    file = Gated()
    syncer.request(file, 1)
    assert file.begun.acquire(timeout=5)
    syncer.request(file, 2)
    file.gate.set()
    assert file.begun.acquire(timeout=5)  # a second sync has begun
    file.gate.clear()
    assert syncer.wait(1, 5 * SECOND)
    file.gate.set()
    assert syncer.wait(2, 5 * SECOND)
    assert len(file.synced) == 2


def test_a_token_of_a_new_file_waits_for_the_old_one(syncer):
    """A segment was rolled: the new one's sync alone makes nothing durable."""
    old, new, busy = Gated(), Gated(), Gated()
    syncer.request(busy, 1)
    assert busy.begun.acquire(timeout=5)
    syncer.request(old, 5)
    syncer.request(new, 7)
    new.gate.set()
    busy.gate.set()
    assert not syncer.wait(5, 50 * MS)
    assert syncer.done() == 1
    old.gate.set()
    assert syncer.wait(7, 5 * SECOND)


def test_waiting_ends_in_time(syncer):
    file = Gated()
    syncer.request(file, 1)
    began = time.monotonic()
    assert not syncer.wait(1, 100 * MS)
    assert 0.09 < time.monotonic() - began < 5
    file.gate.set()
    assert syncer.wait(1, 5 * SECOND)


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "Input/output error"), ValueError("closed"), RuntimeError("x")]
)
def test_a_failure_is_final(syncer, error):
    bad, good = Gated(), Gated()
    bad.error = error
    bad.gate.set()
    good.gate.set()
    syncer.request(good, 1)
    assert syncer.wait(1, 5 * SECOND)
    syncer.request(bad, 2)
    began = time.monotonic()
    assert not syncer.wait(2, 60 * SECOND)
    assert time.monotonic() - began < 30  # at once, not at the end of the time
    assert syncer.failed() == f"{type(error).__name__}: {error}"
    bad.error = None
    syncer.request(bad, 3)
    syncer.request(good, 4)
    assert not syncer.wait(4, 50 * MS)
    assert syncer.done() == 1
    assert bad.synced == []
    assert len(good.synced) == 1


def test_it_wakes_whoever_waits_after_every_sync_and_after_a_failure(syncer):
    async def main() -> list[int]:
        wake = AsyncWakeup()
        syncer.on_done(wake)
        file = Gated()
        file.gate.set()
        seen = []
        for token in (1, 2):
            syncer.request(file, token)
            await asyncio.wait_for(wake.wait(), 5)
            wake.clear()
            seen.append(syncer.done())
        file.error = OSError(errno.EIO, "Input/output error")
        syncer.request(file, 3)
        await asyncio.wait_for(wake.wait(), 5)
        assert syncer.failed()
        return seen

    assert asyncio.run(main()) == [1, 2]


def test_closing_carries_out_what_was_asked_for():
    syncer = ThreadSyncer()
    file = Gated()
    file.gate.set()
    for token in range(1, 50):
        syncer.request(file, token)
    syncer.close()
    assert syncer.done() == 49
    syncer.request(file, 50)
    assert not syncer.wait(50, 10 * MS)
    syncer.close()


def test_closing_does_not_wait_for_a_hanging_disk():
    syncer = ThreadSyncer()
    file = Gated()
    syncer.request(file, 1)
    began = time.monotonic()
    syncer.close()
    assert time.monotonic() - began < 5
    assert syncer.done() == 0
    file.gate.set()
