"""The end of a growing journal, followed cheaply: a look costs a few bytes, and only what is new is read.

A torn end is no more than not yet there. What was read and is gone again (a power loss cut off what was never
durable) is answered with `Lost`: whoever follows goes back to the newest start and reads on from there.
"""

from collections.abc import Callable
from typing import Final

from flyball.journal import segment
from flyball.journal.chain import Chain, Place
from flyball.journal.codec import Record, decode
from flyball.journal.errors import JournalError
from flyball.kernel.events import Epoch
from flyball.ports import Disk

LOOKS: Final = 5  # a flaw that is still there after as many looks in a row is told


class Lost(Exception):  # noqa: N818 - it says what is the case
    """What was read before is not what the journal holds: follow it anew, from `begin`."""


class Tail:
    """Follows one journal from a place on. `place` is behind the last record handed over; None = nothing was
    read yet."""

    def __init__(self, disk: Disk, place: Place | None = None) -> None:
        self.disk = disk
        self.place = place
        self.flawed = 0  # looks in a row that met a flaw
        self.flaw = ""

    def begin(self, each: Callable[[int, Record], None]) -> bool:
        """Read everything, and call `each` with the records of the newest start and after; a first call with
        those before it is made too, so that what still holds is known. False when there is no journal yet."""
        if not any(segment.number_of(file) is not None for file in self.disk.list(segment.FOLDER)):
            return False
        chain = Chain(self.disk)
        for block in chain:
            for seq, record in enumerate(decode(block.payload, chain.path(chain.number)), block.first):
                each(seq, record)
        self.place = chain.place if chain.number else None
        return self.place is not None

    def read(self, each: Callable[[int, Record], None]) -> int:
        """Hand over what is new; how many records. Lost when the journal is another one behind `place`."""
        if self.place is None or not self._more(self.place):
            return 0
        chain = Chain(self.disk, self.place)
        count = 0
        try:
            for block in chain:
                for seq, record in enumerate(decode(block.payload, chain.path(chain.number)), block.first):
                    each(seq, record)
                    count += 1
                self.place = chain.place
        except JournalError as error:
            return self._met(str(error), count)
        if chain.flaw is not None and not chain.flaw.cut:
            return self._met(str(chain.flaw.error), count)
        self.flawed, self.flaw = 0, ""
        return count

    def _met(self, flaw: str, count: int) -> int:
        """The writer may be in the middle of it; what stays is damage, or another journal than before."""
        self.flawed += 1
        if self.flawed >= LOOKS:
            self.flaw = flaw
            raise Lost(flaw)
        return count

    def _more(self, place: Place) -> bool:
        """Whether anything was written behind a place: a block's magic there, or a next segment in use."""
        try:
            file = self.disk.open(segment.name(place.number))
            try:
                if any(file.read(place.offset, len(segment.BLOCK_MAGIC))):
                    return True
                if file.size() < place.offset:
                    raise Lost(f"segment {place.number} ends before what was read of it")
            finally:
                file.close()
            following = self.disk.open(segment.name(place.number + 1))
        except FileNotFoundError:
            return False
        try:
            return any(following.read(0, len(segment.MAGIC)))
        finally:
            following.close()


def is_start(record: Record) -> bool:
    """Whether a record begins a start of the governor."""
    return isinstance(record, Epoch)
