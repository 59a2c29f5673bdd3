"""The layout of a segment file: one header page, then blocks, then zeros. Bytes only; nothing here touches
a disk.

A block is one group commit: a header with its length, its first record's number and time, a checksum, the
hash of the block before it, and what was known durable when it was written; then its rows. The checksum
starts from the journal's id, so bytes that merely look like a block (a bot may write anything into its
intents) are none. docs/reference/journal.md has every byte.
"""

import struct
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

VERSION: Final = 1
PAGE: Final = 4096  # the header page of a segment; blocks start behind it
MAGIC: Final = b"\x89FBJ\r\n\x1a\n"
BLOCK_MAGIC: Final = b"FBJB"
MAX_PAYLOAD: Final = 1 << 30
FOLDER: Final = "segments"
SUFFIX: Final = ".fbj"
NO_HASH: Final = bytes(32)

# magic, version, crc32 of the page without these four bytes | id, number, first seq, hash of the block before
_PAGE: Final = struct.Struct("<8sII16sQQ32s")
# magic, crc32 of all that follows | payload length, records, first seq, ts, durable seq, hash before
_BLOCK: Final = struct.Struct("<4sIIIQqQ32s")
BLOCK_HEADER: Final = _BLOCK.size
_CRC_FROM: Final = 8  # the block's checksum covers everything behind it
_REST: Final = struct.Struct("<IIQqQ32s")
_FRONT: Final = struct.Struct("<4sI")


@dataclass
class Header:
    """What a segment's header page says."""

    version: int
    id: bytes
    number: int
    first: int  # the number of its first record
    prev: bytes  # hash of the block before it, zeros in the first segment


@dataclass
class Block:
    """One block as it stands in a segment."""

    offset: int
    end: int
    first: int
    count: int
    ts: int
    durable: int  # every record up to this one was known durable when it was written
    prev: bytes
    hash: bytes
    payload: memoryview

    @property
    def last(self) -> int:
        return self.first + self.count - 1


def name(number: int) -> str:
    """The path of a segment below the journal's root."""
    return f"{FOLDER}/{number:08d}{SUFFIX}"


def number_of(file: str) -> int | None:
    """The number in a segment's file name, None when it is no such name."""
    stem = file.removesuffix(SUFFIX)
    return int(stem) if file != stem and len(stem) == 8 and stem.isascii() and stem.isdigit() else None


def pack_page(header: Header) -> bytes:
    """The header page, zeros behind the fields."""
    fields = (header.id, header.number, header.first, header.prev)
    bare = _PAGE.pack(MAGIC, header.version, 0, *fields).ljust(PAGE, b"\0")
    return bare[:12] + struct.pack("<I", _page_crc(bare)) + bare[16:]


def read_page(page: bytes) -> Header | None:
    """What the page says; None when its checksum, its length or its magic is wrong."""
    if len(page) != PAGE or page[:8] != MAGIC:
        return None
    _, version, crc, journal, number, first, prev = _PAGE.unpack_from(page)
    return Header(version, journal, number, first, prev) if crc == _page_crc(page) else None


def _page_crc(page: bytes) -> int:
    return zlib.crc32(page[16:], zlib.crc32(page[:12]))


def genesis(page: bytes) -> bytes:
    """What the first block of a journal follows: the hash of the first header page, and with it the
    journal's id.
    """
    return sha256(page).digest()


def seed(journal: bytes) -> int:
    """Where the checksums of a journal's blocks start."""
    return zlib.crc32(journal)


def pack_block(
    payload: bytes, count: int, first: int, ts: int, durable: int, prev: bytes, seeded: int
) -> bytes:
    """Header and payload of a block. ValueError when the payload is larger than any block may be."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a block of {len(payload)} bytes is larger than {MAX_PAYLOAD}: commit less at once")
    rest = _REST.pack(len(payload), count, first, ts, durable, prev) + payload
    return _FRONT.pack(BLOCK_MAGIC, zlib.crc32(rest, seeded)) + rest


def block_hash(block: bytes) -> bytes:
    """What the next block follows."""
    return sha256(block).digest()


def read_block(data: bytes, offset: int, seeded: int) -> Block | str:
    """The block at `offset`, or why there is none. Its place in the chain is not looked at."""
    if len(data) - offset < BLOCK_HEADER:
        return "a block's header is cut short by the end of the file"
    magic, crc, length, count, first, ts, durable, prev = _BLOCK.unpack_from(data, offset)
    if magic != BLOCK_MAGIC:
        return f"no block begins here (its first bytes are {bytes(magic)!r})"
    end = offset + BLOCK_HEADER + length
    if length > MAX_PAYLOAD or end > len(data):
        return f"a block of {length} bytes is longer than what is left of the file"
    view = memoryview(data)
    if zlib.crc32(view[offset + _CRC_FROM : end], seeded) != crc:
        return "the block's checksum does not match its contents"
    if count == 0:
        return "a block without records"
    digest = sha256(view[offset:end]).digest()
    return Block(offset, end, first, count, ts, durable, prev, digest, view[offset + BLOCK_HEADER : end])


def later_blocks(data: bytes, start: int, after: int, seeded: int) -> list[Block]:
    """Every whole block at or behind byte `start` with records behind number `after`, wherever it lies."""
    found: list[Block] = []
    at = data.find(BLOCK_MAGIC, start)
    while at >= 0:
        block = read_block(data, at, seeded)
        if isinstance(block, Block) and block.first > after:
            found.append(block)
            at = block.end - 1
        at = data.find(BLOCK_MAGIC, at + 1)
    return found
