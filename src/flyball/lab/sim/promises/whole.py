"""P7, P12 and the export, on a whole journal: replayed it is the same state; every line of its export is JSON
and numbered; a flipped bit, a block that is gone and two that changed places are found, and where."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from flyball.journal import segment
from flyball.journal.chain import Chain
from flyball.journal.codec import Record
from flyball.journal.export import export
from flyball.journal.note import NOTE
from flyball.journal.verify import verify
from flyball.kernel.events import Quarantined
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.copied import Copied, copy_of
from flyball.ports import Disk
from flyball.runtime.recover import Replay, ReplayDiffers

Spot = tuple[str, int, int]  # path, begin, end of one block


def replayed(records: Sequence[Record]) -> str:
    """The state hash behind all of them. Broken when the kernel decides anything else than it did."""
    left = {x.seq: n for n, x in enumerate(records, 1) if isinstance(x, Quarantined) and x.seq < n}
    replay = Replay(left_out=left)
    try:
        for seq, record in enumerate(records, 1):
            replay.take(seq, record)
        replay.end()
    except ReplayDiffers as differs:
        raise Broken("P7", str(differs)) from differs
    return replay.governor.state_hash()


def exported(records: Sequence[Record]) -> None:
    """Every line of the export is one JSON object, numbered without a gap."""
    seq = 0
    for line in export(enumerate(records, 1)):
        seq += 1
        found = json.loads(line)
        if found["v"] != 1 or found["seq"] != seq or not found["kind"] or None in found.values():
            raise Broken("P12", f"line {seq} of the export is {line!r}")
    if seq != len(records):
        raise Broken("P12", f"{seq} lines exported of {len(records)} records")


def tampered(disk: Disk, draw: Draw, times: int) -> None:
    """On copies: `times` damages of each sort are found where they were made, up to the head."""
    copy = copy_of(disk, segment.FOLDER, (NOTE,))
    chain = Chain(copy)
    spots = list(_spots(chain))
    report = verify(copy)
    if not report.ok or not spots:
        raise Broken("P12", f"the journal does not verify: {report.damage}")
    for _ in range(times):
        _found(copy, report.head, *_flipped(copy, draw.pick(spots), draw))
        _found(copy, report.head, *_removed(copy, draw.pick(spots)))
        if len(spots) > 1:
            n = draw.below(len(spots) - 1)
            _found(copy, report.head, *_swapped(copy, spots[n], spots[n + 1]))


def _spots(chain: Chain) -> Iterator[Spot]:
    for block in chain:
        yield segment.name(chain.number), block.offset, block.end


Damaged = tuple[dict[str, bytes], str, int, int]


def _flipped(copy: Copied, spot: Spot, draw: Draw) -> Damaged:
    path, begin, end = spot
    at = draw.between(begin, end - 1)
    data = bytearray(copy.files[path])
    data[at] ^= 1 << draw.below(8)
    return {path: bytes(data)}, path, begin, end


def _removed(copy: Copied, spot: Spot) -> Damaged:
    path, begin, end = spot
    data = copy.files[path]
    return {path: data[:begin] + data[end:] + bytes(end - begin)}, path, begin, end


def _swapped(copy: Copied, one: Spot, other: Spot) -> Damaged:
    """Two neighbours change places."""
    path, begin, end = one
    other_path, other_begin, other_end = other
    if path == other_path:
        data = copy.files[path]
        mixed = data[:begin] + data[other_begin:other_end] + data[begin:end] + data[other_end:]
        return {path: mixed}, path, begin, other_end
    data, others = copy.files[path], copy.files[other_path]
    changed = {
        path: data[:begin] + others[other_begin:other_end] + data[end:],
        other_path: others[:other_begin] + data[begin:end] + others[other_end:],
    }
    return changed, path, begin, end


_HOW: Final = "a damaged journal"


def _found(copy: Copied, head: str, changed: dict[str, bytes], path: str, begin: int, end: int) -> None:
    report = verify(Copied(copy.files | changed), head)
    if report.ok or report.damage is None:
        raise Broken("P12", f"{_HOW} verifies: {path}, bytes {begin} to {end}")
    damage = report.damage
    if not damage.file.endswith(path) or not begin <= damage.offset <= end:
        raise Broken(
            "P12", f"damage in {path} at {begin} to {end} is located in {damage.file} at {damage.offset}"
        )
