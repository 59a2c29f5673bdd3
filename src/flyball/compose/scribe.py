"""A snapshot made beside a flying governor, in a process of its own: it replays the journal's files behind
the newest snapshot and writes the next. The loop is never held up by it, and every run of it proves once
more that the journal replays to what was decided.
"""

from typing import Protocol

from flyball.journal import snapshots
from flyball.journal.chain import Chain
from flyball.journal.codec import decode
from flyball.journal.errors import JournalError
from flyball.journal.left_out import left_out
from flyball.journal.snapshot import Snapshot
from flyball.kernel.canon import recorded
from flyball.kernel.decode import DecodeError
from flyball.kernel.governor import SCHEMA, VERSION
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce
from flyball.ports import Child, Disk, Keeper, Spawn
from flyball.runtime.recover import Replay, ReplayDiffers, knows, restore

MODULE = "flyball.compose.scribe"
DONE = b"done"


class Scribe:
    """Starts such a process now and then; one at a time. `failed`: what the newest of them ended with."""

    def __init__(self, spawn: Spawn, folder: str) -> None:
        self._spawn = spawn
        self._folder = folder
        self._child: Child | None = None
        self.failed = ""

    def __call__(self) -> None:
        if self.busy():
            return
        try:
            self._child = self._spawn.python(MODULE, (self._folder,), cwd=self._folder, log=None)
        except OSError as error:
            self.failed = f"{error.strerror}"

    def busy(self) -> bool:
        """One is at work."""
        if self._child is None:
            return False
        try:
            frames = self._child.receive()
        except EOFError as error:
            frames = [f"it {error}".encode()]
        if not frames:
            return True
        said = frames[0].decode("utf-8", "replace")
        self.failed = "" if frames[0] == DONE else said
        self.close()
        return False

    def close(self) -> None:
        """End the one at work."""
        if self._child is not None:
            self._child.kill()
        self._child = None


def write(disk: Disk, keeper: Keeper) -> str:
    """Make a snapshot at the present end of a journal that another process may be writing; why there is none,
    "" when it is there. Begins at the newest good snapshot without walking what is before it.
    """
    try:
        replay, chain = Replay(left_out=left_out(disk)), Chain(disk)
    except JournalError as wrong:
        return str(wrong)
    for _, found in snapshots.newest(disk):
        if isinstance(found, Snapshot):
            try:
                left = left_out(disk, found.place)
                if not knows(found.place.seq, left):
                    continue
                governor = restore(found, found.place, found.place.id)
            except (DecodeError, JournalError):
                continue
            replay = Replay(governor, found.place.seq, found.kernel, left)
            chain = Chain(disk, found.place)
            break
    since = replay.records
    try:
        for block in chain:
            for seq, record in enumerate(decode(block.payload, chain.path(chain.number)), block.first):
                replay.take(seq, record)
        replay.end()
    except (JournalError, ReplayDiffers) as wrong:
        return str(wrong)
    if chain.flaw is not None and not chain.flaw.cut:
        return str(chain.flaw.error)
    if replay.records == since:
        return ""
    state = replay.governor.state
    state_hash = bytes.fromhex(replay.governor.state_hash())
    snapshots.keep(disk, keeper, Snapshot(SCHEMA, VERSION, chain.place, state_hash, recorded(state)))
    return keeper.failed()


class Pipe(Protocol):
    """The child's end of its pipe."""

    def send(self, frame: bytes) -> None: ...


def main(pipe: Pipe, args: list[str]) -> int:
    """What the process does: the journal's folder is its one argument."""
    why = write(RealDisk(args[0]), AtOnce())
    pipe.send(why.encode()[:60_000] if why else DONE)
    return 0
