"""When the state is put down beside the journal, so that the next start has little to replay.

At the end of a clean flight (a *checkpoint*: exactly at the head), at a start that had something to replay,
at each risk day's start, and after every EVERY records. In virtual time nobody waits, so all of it is done
here and the same run leaves the same files. In real time the loop encodes only what takes it a few ms; a
larger state is put together by the scribe, a process of its own, from the files alone (compose/scribe.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flyball.journal.log import Journal
from flyball.journal.snapshot import Snapshot
from flyball.journal.snapshots import keep
from flyball.kernel.canon import recorded
from flyball.kernel.effects import DayStart
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.kernel.state import State
from flyball.ports import Keeper
from flyball.runtime.sequencer import Taken

EVERY = 100_000  # records between two snapshots of one day: some seconds of replay
SMALL = 150  # things in a state that the loop may encode itself: measured, 2 to 3 ms


def snapshot_of(governor: Governor, journal: Journal) -> Snapshot:
    """The state as it stands at the journal's head."""
    assert governor.state.seq == journal.head.seq, "the state is not the one at the journal's head"
    state_hash = bytes.fromhex(governor.state_hash())
    return Snapshot(SCHEMA, VERSION, journal.place, state_hash, recorded(governor.state))


def size_of(s: State) -> int:
    """How many things the state holds, roughly: what encoding it takes is proportional to that."""
    return (
        len(s.markets)
        + len(s.books)
        + len(s.orders)
        + len(s.closed)
        + len(s.closed_before)
        + len(s.day.intents)
        + len(s.recent)
    )


class Beside(Protocol):
    """Makes a snapshot without the loop (compose/scribe.py)."""

    failed: str  # what the newest one that has ended came to, "" when it is there

    def __call__(self) -> None:
        """Begin, unless one is being made."""
        ...

    def busy(self) -> bool:
        """One is being made."""
        ...

    def close(self) -> None: ...


@dataclass
class Snapshots:
    """The snapshots of one flight. `watch` is one of its observers. `tell` hears what went wrong in real
    time."""

    governor: Governor
    journal: Journal
    keeper: Keeper
    virtual: bool
    scribe: Beside | None = None
    newest: int = 0  # the record the newest one stands on that was made here, or found at the start
    tell: Callable[[str], None] | None = None
    told: str = ""
    asked: int = 0  # where the scribe was asked for one
    waiting: bool = False  # for the scribe

    def watch(self, taken: Taken) -> None:
        """Whatever has just been taken may have made one due."""
        if not self.virtual:
            self._listen()
        if taken.token < 0:
            return  # what was taken is in no journal
        started = any(isinstance(effect, DayStart) for effect in taken.effects)
        if not started and taken.token - max(self.newest, self.asked) < EVERY:
            return
        if self.virtual or self.scribe is None or size_of(self.governor.state) <= SMALL:
            self.take()
        else:
            self.asked = taken.token
            self.waiting = True
            self.scribe()

    def _listen(self) -> None:
        """Hear what the scribe and the disk have to say; a failure once."""
        why = self.keeper.failed()
        if self.scribe is not None and not why:
            self.waiting = self.waiting and self.scribe.busy()
            why = self.scribe.failed
        if why != self.told:
            self.told = why
            if why and self.tell is not None:
                self.tell(why)

    def take(self) -> None:
        """One at the head, unless there is one. What is written, is written elsewhere."""
        head = self.journal.head.seq
        if head != self.newest and self.governor.state.seq == head:
            self.newest = head
            keep(self.journal.disk, self.keeper, snapshot_of(self.governor, self.journal))

    def checkpoint(self, timeout_ns: int) -> str:
        """The one at the end of a clean flight, on the disk on return; else why it is not there."""
        if self.journal.failed or self.governor.state.seq != self.journal.head.seq:
            return "the journal does not hold all that was decided"
        if self.scribe is not None:
            self.scribe.close()
        self.take()
        if not self.keeper.settle(timeout_ns):
            return "the disk has not taken it in time"
        return self.keeper.failed()
