"""The pager's own file: how far it has read, what is open, what is on the way; written beside and renamed
before anything is sent, so that a pager that dies in the middle sends the same message again, under the
same id.
"""

from typing import Final

import msgspec

from flyball.desk.alerts.page import Line, Page
from flyball.desk.alerts.records import Waiting
from flyball.journal.chain import Place
from flyball.ports import Disk

FILE: Final = "alerts/pager.json"
VERSION: Final = 1


class At(msgspec.Struct):
    """A place in the journal, as text."""

    id: str
    number: int
    offset: int
    seq: int
    hash: str

    def place(self) -> Place:
        """As the journal's reader takes it."""
        return Place(bytes.fromhex(self.id), self.number, self.offset, self.seq, bytes.fromhex(self.hash))


class Kept(msgspec.Struct):
    """All of it. `took`: nanoseconds from event to delivery of the newest deliveries."""

    v: int = VERSION
    at: At | None = None
    account: str = ""
    mode: str = ""
    session: tuple[int, int] = (0, 0)
    ts: int = 0
    own: int = 0
    pages: list[Page] = []
    lines: list[Line] = []
    waiting: Waiting = msgspec.field(default_factory=Waiting)
    took: list[int] = []
    pid: int = 0
    beat: int = 0  # when it was last written, UTC ns


def at(place: Place | None) -> At | None:
    """A place as it is kept."""
    if place is None:
        return None
    return At(place.id.hex(), place.number, place.offset, place.seq, place.hash.hex())


def load(disk: Disk) -> tuple[Kept, str]:
    """What was kept, and why it could not be read ("" when it could, or there was none)."""
    if not disk.exists(FILE):
        return Kept(), ""
    try:
        kept = msgspec.json.decode(disk.read(FILE), type=Kept)
        if kept.at is not None:
            kept.at.place()
    except (OSError, ValueError) as error:
        return Kept(), f"{disk.root}/{FILE}: {error}; begun anew, what still holds is paged again"
    if kept.v != VERSION:
        return Kept(), f"{disk.root}/{FILE}: of version {kept.v}, this is {VERSION}; begun anew"
    return kept, ""


def save(disk: Disk, data: bytes) -> None:
    """Durable on return, readable by its owner alone."""
    disk.mkdir(FILE.rpartition("/")[0])
    disk.replace(FILE, data, private=True)
