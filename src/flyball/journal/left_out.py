"""Which recorded events a journal says are left out of every replay (J9): known from the journal alone.

Looked for on the walk along the chain, before anything is stepped: a block that holds the word is decoded,
all others are only searched for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, get_args

from flyball.journal import codec
from flyball.journal.chain import Chain, Place
from flyball.journal.codec import Record
from flyball.journal.errors import JournalError
from flyball.journal.segment import Block
from flyball.kernel.events import Event, Quarantined
from flyball.ports import Disk

_WORD: Final = Quarantined.KIND.encode()
_EVENTS: Final = get_args(Event)


def note(found: dict[int, int], chain: Chain, block: Block) -> None:
    """Add what `block` says: the number of an event that is left out -> the record that says so."""
    if _WORD not in bytes(block.payload):
        return
    try:
        records = codec.decode(block.payload, chain.path(chain.number))
    except JournalError:
        return  # whoever reads the block will say so
    for seq, record in enumerate(records, block.first):
        if isinstance(record, Quarantined) and 0 < record.seq < seq:
            found[record.seq] = seq


def kept(records: Iterable[tuple[int, Record]], without: Mapping[int, int]) -> Iterator[tuple[int, Record]]:
    """The records without the events left out and their effects."""
    out = False
    for seq, record in records:
        if isinstance(record, _EVENTS):
            out = seq in without
        if not out:
            yield seq, record


def left_out(disk: Disk, start: Place | None = None) -> dict[int, int]:
    """The same of a whole journal, or of what lies behind `start`. Only reads, checks nothing."""
    found: dict[int, int] = {}
    chain = Chain(disk, start)
    for block in chain:
        note(found, chain, block)
    return found
