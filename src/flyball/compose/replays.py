"""A journal gone through again, from its files alone: as it was, every effect compared, or under another
configuration.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flyball.desk.what_if import Configured, WhatIf
from flyball.desk.what_if_habits import Habits
from flyball.journal.chain import Place
from flyball.journal.errors import JournalError
from flyball.journal.left_out import kept, left_out
from flyball.journal.replay import read
from flyball.journal.snapshots import newest
from flyball.journal.verify import VerifyReport, verify
from flyball.kernel.decode import DecodeError
from flyball.kernel.events import Epoch, Instrument
from flyball.kernel.governor import VERSION, Governor
from flyball.machine.disk import RealDisk
from flyball.runtime.recover import Replay, ReplayDiffers, knows, restore

Advance = Callable[[int], None]
EVERY = 2_000  # records between two words about the progress


@dataclass
class EpochSeen:
    """One start of the governor in the journal, and whether the state it began with is the one found here."""

    seq: int
    ts: int
    epoch: int
    kernel: str
    recorded: str  # "" at the first start
    agreed: bool


@dataclass
class Replayed:
    """What a replay found. `differs_at` is the record at which something differs, 0 = nothing does."""

    records: int = 0
    events: int = 0
    kernel: str = VERSION
    head: str = ""
    checked_against: str = ""
    state_hash: str = ""
    book_hash: str = ""
    epochs: list[EpochSeen] = field(default_factory=list)
    differs_at: int = 0
    difference: str = ""

    @property
    def ok(self) -> bool:
        return self.differs_at == 0


def checked(journal: Path) -> VerifyReport:
    """The journal's chain, walked. The caller looks at `ok` before anything else."""
    return verify(RealDisk(str(journal)))


def currency_of(journal: Path) -> str:
    """What the account's money is counted in, by the journal's first instrument."""
    records = read(RealDisk(str(journal)))
    return next((record.currency for _, record in records if isinstance(record, Instrument)), "USD")


def present(journal: Path, advance: Advance) -> Governor:
    """The governor as the journal leaves it: from the newest snapshot that leads to its end, else from the
    beginning. Reads only, so it may run beside the governor. ReplayDiffers, JournalError."""
    disk = RealDisk(str(journal))
    for _, found in newest(disk):
        if isinstance(found, str):
            continue
        try:
            left = left_out(disk, found.place)
            if not knows(found.place.seq, left):
                continue
            start = restore(found, found.place, found.place.id)
            return _behind(disk, Replay(start, found.place.seq, found.kernel, left), found.place, advance)
        except (DecodeError, JournalError):
            continue  # no use: an older one, or the whole journal, says the same or what is wrong
    return _behind(disk, Replay(left_out=left_out(disk)), None, advance)


def _behind(disk: RealDisk, replay: Replay, start: Place | None, advance: Advance) -> Governor:
    for seq, record in read(disk, start=start):
        replay.take(seq, record)
        if seq % EVERY == 0:
            advance(seq)
    replay.end()
    return replay.governor


def replay_of(journal: Path, report: VerifyReport, advance: Advance) -> Replayed:
    """Every event of a verified journal stepped again from its beginning, every effect and every recorded
    state hash compared. Snapshots are not used: this is what they are checked against.
    """
    found = Replayed(head=report.head, checked_against=report.checked_against)
    replay = Replay(left_out=left_out(RealDisk(str(journal))))
    try:
        for seq, record in read(RealDisk(str(journal))):
            if isinstance(record, Epoch):
                _epoch(found, replay, seq, record)
            replay.take(seq, record)
            if seq % EVERY == 0:
                advance(seq)
        replay.end()
    except ReplayDiffers as differs:
        found.differs_at, found.difference = differs.seq, str(differs)
    found.records, found.events = replay.records, replay.events
    found.state_hash = replay.governor.state_hash()
    found.book_hash = replay.governor.book_hash()
    return found


def _epoch(found: Replayed, replay: Replay, seq: int, record: Epoch) -> None:
    untold = replay.incomplete or (replay.records == 0 and not record.state_hash)
    agreed = untold or record.state_hash == replay.governor.state_hash()
    found.epochs.append(EpochSeen(seq, record.ts, record.epoch, record.kernel, record.state_hash, agreed))


def what_if_of(journal: Path, configured: Configured, advance: Advance) -> WhatIf:
    """The journal under another configuration. Read twice: how the outside behaved comes first."""
    disk = RealDisk(str(journal))
    habits = Habits()
    without = left_out(disk)
    for _, record in kept(read(disk), without):
        habits.take(record)
    made = WhatIf(configured, habits)
    for seq, record in kept(read(disk), without):
        made.take(seq, record)
        if seq % EVERY == 0:
            advance(seq)
    made.finish()
    return made
