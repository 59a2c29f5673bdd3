"""The layout: each byte of a header page and of a block is covered by its checksum."""

import struct
import zlib
from hashlib import sha256

import pytest

from flyball.journal import segment
from flyball.journal.segment import BLOCK_HEADER, PAGE, Block, Header

ID = bytes(range(16))
SEED = segment.seed(ID)
PREV = bytes(range(32))
HEADER = Header(segment.VERSION, ID, 7, 1234, PREV)


def block(payload: bytes = b"\x91\x92\xa4tick\x05", first: int = 10, count: int = 1) -> bytes:
    return segment.pack_block(payload, count, first, 99, first - 1, PREV, SEED)


def test_a_header_page_comes_back():
    page = segment.pack_page(HEADER)
    assert len(page) == PAGE
    assert segment.read_page(page) == HEADER


def test_every_byte_of_a_header_page_counts():
    page = segment.pack_page(HEADER)
    for at in range(PAGE):
        flipped = page[:at] + bytes([page[at] ^ 1]) + page[at + 1 :]
        assert segment.read_page(flipped) is None, at


@pytest.mark.parametrize(
    "page", [b"", bytes(PAGE), segment.pack_page(HEADER)[:-1], segment.pack_page(HEADER) + b"\0"]
)
def test_what_is_no_header_page(page):
    assert segment.read_page(page) is None


def test_a_block_comes_back():
    data = b"before" + block() + bytes(50)
    read = segment.read_block(data, 6, SEED)
    assert isinstance(read, Block)
    assert (read.offset, read.end) == (6, 6 + len(block()))
    assert (read.first, read.count, read.last, read.ts, read.durable) == (10, 1, 10, 99, 9)
    assert read.prev == PREV
    assert bytes(read.payload) == b"\x91\x92\xa4tick\x05"
    assert read.hash == segment.block_hash(block()) == sha256(block()).digest()


def test_every_byte_of_a_block_counts():
    whole = block()
    for at in range(len(whole)):
        for bit in range(8):
            flipped = whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :]
            assert isinstance(segment.read_block(flipped, 0, SEED), str), (at, bit)


def test_a_block_cut_short_is_none():
    whole = block()
    for length in range(len(whole)):
        assert isinstance(segment.read_block(whole[:length], 0, SEED), str)
        assert isinstance(segment.read_block(whole[:length] + bytes(200), 0, SEED), str), length


def test_a_block_of_another_journal_is_none():
    assert segment.read_block(block(), 0, segment.seed(bytes(16))) == (
        "the block's checksum does not match its contents"
    )


def test_a_block_that_a_bot_wrote_into_its_intent_is_none():
    """It knows the format and not the journal's id, from which the checksum starts."""
    rest = struct.pack("<IIQqQ32s", 1, 1, 50, 0, 49, bytes(32)) + b"x"
    forged = b"FBJB" + struct.pack("<I", zlib.crc32(rest)) + rest
    data = block(b"some text " + forged + b" some more")
    assert segment.later_blocks(data, 1, 9, SEED) == []


def test_blocks_behind_a_flaw_are_found_wherever_they_lie():
    one, two = block(first=11), block(first=12)
    data = block() + b"FBJB\0" + one + b"rubbishFBJ" + two + bytes(10)
    assert [b.first for b in segment.later_blocks(data, 1, 10, SEED)] == [11, 12]
    assert [b.first for b in segment.later_blocks(data, 1, 11, SEED)] == [12]


def test_a_block_larger_than_any_may_be(monkeypatch):
    monkeypatch.setattr(segment, "MAX_PAYLOAD", 100)
    assert len(block(bytes(100))) == BLOCK_HEADER + 100
    with pytest.raises(ValueError, match="101 bytes is larger than 100"):
        block(bytes(101))


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("00000001.fbj", 1),
        ("12345678.fbj", 12345678),
        ("00000001.fbj.new", None),
        ("1.fbj", None),
        ("00000001", None),
        ("0000000a.fbj", None),
        ("０0000001.fbj", None),
    ],
)
def test_segments_are_known_by_their_names(file, number):
    assert segment.number_of(file) == number
    if number is not None:
        assert segment.name(number) == f"segments/{file}"
