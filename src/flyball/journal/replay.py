"""Reading a journal back, record by record, checked on the way. Needs no lock and changes nothing."""

from collections.abc import Iterator
from typing import NamedTuple

from flyball.journal import codec, segment
from flyball.journal.chain import Chain, Place
from flyball.journal.codec import Record
from flyball.journal.errors import RESTORE, JournalDamaged
from flyball.ports import Disk


class Head(NamedTuple):
    """The last record's number (0: none yet) and its block's hash."""

    seq: int
    hash: bytes


def begun(disk: Disk) -> bool:
    """Whether there is a journal. One whose making was cut short by a crash is none yet."""
    return any(segment.number_of(file) is not None for file in disk.list(segment.FOLDER))


def read(disk: Disk, head: Head | None = None, start: Place | None = None) -> Iterator[tuple[int, Record]]:
    """Every record with its number; from behind `start`, up to `head` when given, else to the end.

    Raises the JournalError that says so when what is there is not whole. Without `head`, a tail that
    opening would cut off is left out.
    """
    if head is not None and head.seq == (0 if start is None else start.seq):
        return
    chain = Chain(disk, start)
    for block in chain:
        file = chain.path(chain.number)
        records = codec.decode(block.payload, file)
        if len(records) != block.count:
            what = f"a block of {len(records)} records that says it has {block.count}"
            raise JournalDamaged(file, what, RESTORE, block.offset, block.first)
        yield from enumerate(records, block.first)
        if head is not None and block.last >= head.seq:
            return
    if chain.flaw is not None and (head is not None or not chain.flaw.cut):
        raise chain.flaw.error
