"""F8: a replay that checks everything against a loop that checks nothing.

Ours reads the journal (checksums, chain, note), decodes it, steps every event and compares every effect with
the recorded one. The plain loop reads length-prefixed MessagePack frames of the events alone, decodes them
and steps the same kernel.
"""

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flyball.journal import codec
from flyball.journal.codec import Record
from flyball.journal.log import Journal
from flyball.journal.replay import read
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event
from flyball.kernel.governor import Governor
from flyball.lab.bench.day import Day
from flyball.lab.bench.figure import AT_LEAST, Figure, interleaved, judged
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.syncer import ThreadSyncer
from flyball.runtime.recover import EVENTS, Replay

BLOCK: Final = 100  # events in a block
_LENGTH: Final = struct.Struct("<I")


def f8(folder: Path, rounds: int, events: int) -> list[Figure]:
    """Replay one day, both ways, in turn."""
    root, frames = folder / "journal", folder / "frames"
    total, head = _write(root, frames, events)

    def ours() -> float:
        started = time.perf_counter()
        replay = Replay()
        for seq, record in read(RealDisk(str(root))):
            replay.take(seq, record)
        replay.end()
        took = time.perf_counter() - started
        assert replay.governor.state_hash() == head, "the replay ended elsewhere"
        return total / took

    def theirs() -> float:
        started = time.perf_counter()
        governor = Governor()
        for event in _frames(frames):
            governor.step(event)
        took = time.perf_counter() - started
        assert governor.state_hash() == head, "the plain loop ended elsewhere"
        return total / took

    found = interleaved(rounds, ours, theirs)
    detail = {
        "events": total,
        "rounds": found.ratios,
        "ours_per_s": round(found.ours),
        "plain_per_s": round(found.theirs),
        "symbols": 50,
    }
    name = "replay, checksums and chain verified, every effect compared / plain loop over MessagePack frames"
    return [judged("F8", name, found.ratio, AT_LEAST, 0.8, detail)]


def _write(root: Path, frames: Path, events: int) -> tuple[int, str]:
    """One day into a journal, and its events into frames; how many events, and the state hash at its
    end.
    """
    syncer = ThreadSyncer()
    journal = Journal.create(RealDisk(str(root)), syncer, OsRandom())
    governor = Governor()
    pending: list[Record] = []
    waiting = 0
    total = 0
    with frames.open("wb") as out:

        def flush() -> None:
            journal.append(pending)
            payload = codec.encode([record for record in pending if isinstance(record, EVENTS)])
            out.write(_LENGTH.pack(len(payload)) + payload)
            pending.clear()

        def take(event: Event) -> list[Effect]:
            nonlocal waiting, total
            effects = governor.step(event)
            pending.append(event)
            pending.extend(effects)
            waiting += 1
            total += 1
            if waiting == BLOCK:
                waiting = 0
                flush()
            return effects

        Day(take, 50).begin().fly(events)
        if pending:
            flush()
    journal.close()
    syncer.close()
    return total, governor.state_hash()


def _frames(path: Path) -> Iterator[Event]:
    data = path.read_bytes()
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        for record in codec.decode(data[at : at + length], str(path)):
            assert isinstance(record, EVENTS)
            yield record
        at += length
