"""The folder of snapshots beside the segments: what is there, newest first; the next one; no more than three.

Written off the loop (`ports.Keeper`): beside, synced, renamed, then the stale ones are removed. A crash
anywhere leaves the old ones, or one more.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from flyball.journal.snapshot import FOLDER, Snapshot, SnapshotBad, name, pack, seq_of, unpack
from flyball.ports import Disk, Keeper

KEPT: Final = 3


def seqs(disk: Disk) -> list[int]:
    """The records at which there are snapshot files, newest first; empty where the folder cannot be read."""
    try:
        found = [seq_of(file) for file in disk.list(FOLDER)]
    except OSError:
        return []
    return sorted((seq for seq in found if seq is not None), reverse=True)


def path_of(disk: Disk, seq: int) -> str:
    """The full path of a snapshot, for messages."""
    return f"{disk.root}/{name(seq)}"


def newest(disk: Disk) -> Iterator[tuple[int, Snapshot | str]]:
    """Every snapshot by its record, newest first; where there is none to be had, why."""
    for seq in seqs(disk):
        try:
            found: Snapshot | str = unpack(disk.read(name(seq)))
        except SnapshotBad as bad:
            found = str(bad)
        except OSError as error:
            found = f"cannot be read ({error.strerror})"
        if isinstance(found, Snapshot) and found.place.seq != seq:
            found = f"it stands on record {found.place.seq}, under another name"
        yield seq, found


def keep(disk: Disk, keeper: Keeper, snapshot: Snapshot) -> None:
    """Have it written, and then the older ones removed but for two."""
    seq = snapshot.place.seq
    keeper.replace(disk, name(seq), pack(snapshot), lambda: tidy(disk, seq))


def tidy(disk: Disk, newest: int) -> None:
    """Remove what is too old once the snapshot at record `newest` is durable. OSError: the disk refuses."""
    _remove(disk, [seq for seq in seqs(disk) if seq < newest][KEPT - 1 :])


def cut(disk: Disk, head: int) -> None:
    """Remove those of a tail that is no more: behind the last record. OSError when the disk refuses."""
    _remove(disk, [seq for seq in seqs(disk) if seq > head])


def _remove(disk: Disk, stale: list[int]) -> None:
    for seq in stale:
        with suppress(FileNotFoundError):
            disk.remove(name(seq))
