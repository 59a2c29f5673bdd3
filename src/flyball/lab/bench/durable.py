"""F6 and F7: what it costs to decide and be durable, against a bare write and against SQLite, on one disk.

The governor's side is the real one: kernel, journal with checksums and chain, and the sync on its own
thread. Both sides write to the same folder, in turn.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flyball.journal import codec, segment
from flyball.journal.codec import Record
from flyball.journal.log import Journal
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event
from flyball.kernel.governor import Governor
from flyball.lab.bench.day import Day, orders_of
from flyball.lab.bench.figure import AT_LEAST, AT_MOST, Figure, interleaved, judged
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.syncer import ThreadSyncer
from flyball.runtime.sequencer import Sequencer, Taken

WAIT: Final = 30_000_000_000
BARE_BYTES: Final = 16 << 20
BATCHES: Final = (1, 10, 100)
NS: Final = 1_000_000_000


class NotInstalled(Exception):  # noqa: N818 - it says what is the case
    """A comparison needs a package that only the development environment has."""


class Bench:
    """A governor with its journal on a real disk."""

    def __init__(self, folder: Path, symbols: int) -> None:
        self.syncer = ThreadSyncer()
        self.journal = Journal.create(RealDisk(str(folder)), self.syncer, OsRandom())
        self.governor = Governor()
        self.sequencer = Sequencer(self.governor, self.journal, self.syncer)
        self.last = Taken()
        self.day = Day(self.take, symbols).begin()
        self.settle()

    def take(self, event: Event) -> list[Effect]:
        self.last = self.sequencer.take([event])
        return self.last.effects

    def settle(self) -> None:
        """Everything so far is durable."""
        if not self.journal.wait(self.journal.request_sync(), WAIT):
            raise OSError("the disk has not answered a sync for 30 s")

    def close(self) -> None:
        self.journal.close()
        self.syncer.close()


class Bare:
    """A file of zeros that bytes are written to and synced, inline: the least any durable write costs."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        os.write(self.fd, bytes(BARE_BYTES))
        os.fsync(self.fd)
        self.at = 0

    def write(self, data: bytes) -> float:
        """The seconds until `data` is durable."""
        if self.at + len(data) > BARE_BYTES:
            self.at = 0
        started = time.perf_counter()
        os.pwrite(self.fd, data, self.at)
        os.fdatasync(self.fd)
        took = time.perf_counter() - started
        self.at += len(data)
        return took

    def close(self) -> None:
        os.close(self.fd)


def block_like(records: list[Record]) -> bytes:
    """Bytes as many as the block that these records make in the journal."""
    return segment.pack_block(codec.encode(records), len(records), 1, records[0].ts, 0, segment.NO_HASH, 0)


def f6(folder: Path, rounds: int, samples: int) -> list[Figure]:
    """An intent arrives; how long until its decision is durable."""
    bench, bare = Bench(folder / "journal", 50), Bare(folder / "bare")
    wrote: list[bytes] = []

    def decide() -> float:
        intent = bench.day.intent()
        started = time.perf_counter()
        taken = bench.sequencer.take([intent])
        bench.settle()
        took = time.perf_counter() - started
        wrote.append(block_like(taken.records))
        for order in orders_of(taken.effects):
            bench.day.accepted(order)
            bench.day.filled(order)
        bench.take(bench.day.quote())
        bench.settle()
        return took

    def write() -> float:
        return bare.write(wrote[-1] if wrote else bytes(1_000))

    try:
        decide()
        found = interleaved(rounds, decide, write, samples)
    finally:
        bench.close()
        bare.close()
    detail = {
        "rounds": found.ratios,
        "samples": samples,
        "bytes": len(wrote[-1]),
        "ours_us": round(found.ours * 1e6, 1),
        "bare_us": round(found.theirs * 1e6, 1),
    }
    name = "intent -> decision -> durable p50 / a bare write + fdatasync of the same bytes"
    return [judged("F6", name, found.ratio, AT_MOST, 2.2, detail)]


def f7(folder: Path, rounds: int, samples: int) -> list[Figure]:
    """Events made durable, a block or a transaction at a time."""
    found = []
    for batch in BATCHES:
        place = folder / f"batch-{batch}"
        place.mkdir()
        found.append(_against_sqlite(place, rounds, max(2, samples // (2 if batch > 1 else 1)), batch))
    return found


def _against_sqlite(folder: Path, rounds: int, samples: int, batch: int) -> Figure:
    syncer = ThreadSyncer()
    journal = Journal.create(RealDisk(str(folder / "journal")), syncer, OsRandom())
    governor = Governor()
    day = Day(governor.step, 50).begin()
    commit, close = _sqlite(folder / "events.sqlite")

    def events() -> list[Record]:
        return [day.quote() for _ in range(batch)]

    def ours() -> float:
        records = events()
        started = time.perf_counter()
        journal.append(records)
        if not journal.wait(journal.request_sync(), WAIT):
            raise OSError("the disk has not answered a sync for 30 s")
        return batch / (time.perf_counter() - started)

    def theirs() -> float:
        records = events()
        started = time.perf_counter()
        commit(records)
        return batch / (time.perf_counter() - started)

    try:
        ours()
        theirs()
        found = interleaved(rounds, ours, theirs, samples)
    finally:
        journal.close()
        syncer.close()
        close()
    detail = {
        "batch": batch,
        "rounds": found.ratios,
        "samples": samples,
        "ours_per_s": round(found.ours),
        "sqlite_per_s": round(found.theirs),
    }
    name = f"durable events per second / SQLite WAL FULL, batch {batch}"
    return judged("F7", name, found.ratio, AT_LEAST, 1.0, detail)


def _sqlite(path: Path) -> tuple[Callable[[list[Record]], None], Callable[[], None]]:
    """A commit of rows with the same MessagePack bodies, each its own row, and how to close it."""
    try:
        import apsw
    except ImportError as missing:
        raise NotInstalled(
            "F7 compares with SQLite and needs apsw, which is not installed\n"
            "remedy: run it in a checkout after `make setup`"
        ) from missing
    base = apsw.Connection(str(path))
    cursor = base.cursor()
    for word in (
        "pragma journal_mode=wal",
        "pragma synchronous=full",
        "create table journal (seq integer primary key, body blob not null) strict",
    ):
        cursor.execute(word)
    seq = 0

    def commit(records: list[Record]) -> None:
        nonlocal seq
        rows = []
        for record in records:
            seq += 1
            rows.append((seq, codec.encode([record])))
        cursor.execute("begin immediate")
        cursor.executemany("insert into journal values (?, ?)", rows)
        cursor.execute("commit")

    return commit, base.close
