"""The processes that J2 measures.

`python -m flyball.lab.bench.recovering write FOLDER EVENTS` writes a day with its snapshots and ends without
a checkpoint, as a crash would; `... genesis FOLDER` and `... snapshot FOLDER` recover it. Each prints one
JSON object.
"""

import gc
import json
import sys
import time
from pathlib import Path

from flyball.journal.log import Journal
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event
from flyball.lab.bench.durable import Bench
from flyball.lab.bench.long_day import BLOCK, SYNC_EVERY, sizes_mb
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce
from flyball.machine.syncer import ThreadSyncer
from flyball.runtime.recover import recover
from flyball.runtime.snapshots import EVERY, Snapshots


def write(folder: str, events: int) -> dict[str, object]:
    """A day of so many events, with a snapshot every 100,000 records, or ten of them in a shorter one."""
    bench = Bench(Path(folder), 50)
    keeper = AtOnce()
    kept = Snapshots(bench.governor, bench.journal, keeper, virtual=True)
    every = min(EVERY, events // 10)
    batch: list[Event] = []
    blocks = 0

    def take(event: Event) -> list[Effect]:
        nonlocal blocks
        batch.append(event)
        if len(batch) < BLOCK and event.KIND != "intent":
            return []
        taken = bench.sequencer.take(batch)
        batch.clear()
        blocks += 1
        if blocks % SYNC_EVERY == 0:
            bench.settle()
        if taken.token - kept.newest >= every:
            kept.take()
        return taken.effects

    bench.day.take = take
    bench.day.fly(events)
    if batch:
        bench.sequencer.take(batch)
    bench.settle()
    out: dict[str, object] = {
        "events": bench.sequencer.events,
        "records": bench.journal.head.seq,
        "state_hash": bench.governor.state_hash(),
    }
    bench.close()
    used = sum(file.stat().st_size for file in Path(folder, "segments").iterdir())
    return {**out, "journal_mb": round(used / (1 << 20), 1)}


def back(folder: str, *, from_genesis: bool) -> dict[str, object]:
    """Recover, as a start does."""
    before, _ = sizes_mb()
    gc.freeze()
    started = time.perf_counter()
    syncer = ThreadSyncer()
    journal = Journal.open(RealDisk(folder), syncer)
    walked = time.perf_counter()
    found = recover(journal, from_genesis=from_genesis)
    done = time.perf_counter()
    _, after = sizes_mb()
    out: dict[str, object] = {
        "records": found.records,
        "stepped": found.events,
        "since": found.since,
        "walk_s": round(walked - started, 3),
        "replay_s": round(done - walked, 3),
        "before_mb": round(before, 1),
        "after_mb": round(after, 1),
        "state_hash": found.governor.state_hash(),
    }
    journal.close()
    syncer.close()
    return out


def main(how: str, folder: str, *more: str) -> None:
    """Do it and tell."""
    told = write(folder, int(more[0])) if how == "write" else back(folder, from_genesis=how == "genesis")
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
