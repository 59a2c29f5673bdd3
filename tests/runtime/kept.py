"""The story of tests/journal/story.py in a real journal, through the real sequencer, with its snapshots."""

from pathlib import Path

from flyball.journal.log import Journal
from flyball.kernel.events import Epoch, Event
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce
from flyball.ports import Disk, Random
from flyball.runtime.recover import EVENTS
from flyball.runtime.sequencer import Sequencer
from flyball.runtime.snapshots import Snapshots
from tests.journal.faulty import InlineSyncer
from tests.journal.story import day

SEGMENT = 40_000


def events() -> list[Event]:
    """The story's events, the epoch under the versions of this kernel."""
    found = [record for _, record in day().records if isinstance(record, EVENTS)]
    for event in found:
        if isinstance(event, Epoch):
            event.kernel, event.schema = VERSION, SCHEMA
    return found


class Kept:
    """A governor, its journal and its snapshots, fed by hand."""

    def __init__(self, journal: Journal, governor: Governor) -> None:
        self.journal = journal
        self.governor = governor
        self.keeper = AtOnce()
        self.sequencer = Sequencer(governor, journal, InlineSyncer())
        self.snapshots = Snapshots(governor, journal, self.keeper, virtual=True)

    @classmethod
    def new(cls, folder: Path, random: Random | None = None) -> "Kept":
        disk = RealDisk(str(folder))
        return cls(
            Journal.create(disk, InlineSyncer(), random or OsRandom(), segment_bytes=SEGMENT), Governor()
        )

    def feed(self, some: list[Event], every: int = 0) -> "Kept":
        """Each event a block of its own; with `every`, a snapshot behind each so many."""
        for n, event in enumerate(some, 1):
            taken = self.sequencer.take([event])
            self.sequencer.sync()
            self.snapshots.watch(taken)
            if every and n % every == 0:
                self.snapshots.take()
        return self

    def crash(self) -> None:
        """Gone, without a checkpoint; the lock with it."""
        self.journal.close()

    def land(self) -> "Kept":
        assert self.snapshots.checkpoint(0) == ""
        self.journal.close()
        return self


def opened(folder: Path, disk: Disk | None = None) -> Journal:
    """The journal as the next start has it."""
    return Journal.open(disk or RealDisk(str(folder)), InlineSyncer(), segment_bytes=SEGMENT)
