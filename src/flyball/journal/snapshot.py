"""The bytes of a snapshot: one state of the kernel, and the place in the journal it stands on.

A snapshot only saves time: everything in it follows from the journal. So it is believed only when it is whole
(sha256), of this journal, and names a block that the walked chain has; and its state must hash to what it
says. What is too new for this version is told apart from what is damaged. docs/reference/journal.md has
every byte.
"""

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from flyball.journal.chain import Place

FORMAT: Final = 1
MAGIC: Final = b"\x89FBS\r\n\x1a\n"
FOLDER: Final = "snapshots"
SUFFIX: Final = ".fbs"
KERNEL_BYTES: Final = 16

# magic, format, schema, kernel version | journal id, seq, hash of its block, segment, byte behind the block
# | state hash, bytes of the state
_HEAD: Final = struct.Struct("<8sII16s16sQ32sQQ32sQ")
_FRONT: Final = struct.Struct("<8sI")
_SUM: Final = 32


class SnapshotBad(Exception):  # noqa: N818  a name says what happened
    """This file is no snapshot to begin with: why."""


@dataclass
class Snapshot:
    """What a snapshot file says. `state` is the kernel's state in the bytes of `kernel.canon.recorded`."""

    schema: int  # of the state in it
    kernel: str  # version of the rules that made it
    place: Place
    state_hash: bytes
    state: bytes


def name(seq: int) -> str:
    """The path of a snapshot below the journal's root."""
    return f"{FOLDER}/{seq:016d}{SUFFIX}"


def seq_of(file: str) -> int | None:
    """The record in a snapshot's file name, None when it is no such name."""
    stem = file.removesuffix(SUFFIX)
    return int(stem) if file != stem and len(stem) == 16 and stem.isascii() and stem.isdigit() else None


def pack(s: Snapshot) -> bytes:
    """The whole file. ValueError when the kernel's version is longer than 16 bytes."""
    kernel = s.kernel.encode("ascii")
    if not 0 < len(kernel) <= KERNEL_BYTES:
        raise ValueError(f"kernel version {s.kernel!r}: 1 to {KERNEL_BYTES} ASCII characters")
    p = s.place
    head = _HEAD.pack(
        MAGIC,
        FORMAT,
        s.schema,
        kernel,
        p.id,
        p.seq,
        p.hash,
        p.number,
        p.offset,
        s.state_hash,
        len(s.state),
    )
    return b"".join((head, s.state, sha256(head + s.state).digest()))


def unpack(data: bytes) -> Snapshot:
    """What the file says; SnapshotBad when it is not whole, or of a format this version does not know."""
    if len(data) < _FRONT.size or data[:8] != MAGIC:
        raise SnapshotBad(f"no snapshot (its first bytes are {data[:8]!r})")
    _, form = _FRONT.unpack_from(data)
    if form != FORMAT:
        raise SnapshotBad(f"format {form}; this version reads {FORMAT}")
    if len(data) < _HEAD.size + _SUM:
        raise SnapshotBad(f"damaged: only {len(data)} bytes are there")
    if sha256(memoryview(data)[:-_SUM]).digest() != data[-_SUM:]:
        raise SnapshotBad("damaged: its contents do not have the hash it ends with")
    _, _, schema, kernel, journal, seq, digest, number, offset, state_hash, length = _HEAD.unpack_from(data)
    state = data[_HEAD.size : -_SUM]
    if len(state) != length:
        raise SnapshotBad(f"damaged: {len(state)} bytes of state, it says {length}")
    version = kernel.rstrip(b"\0").decode("ascii", "replace")
    return Snapshot(schema, version, Place(journal, number, offset, seq, digest), state_hash, state)
