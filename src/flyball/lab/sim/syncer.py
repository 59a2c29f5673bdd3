"""The syncing thread of the simulated world: a request is carried out at a later time, and nobody stands
still for it.

It does what machine/syncer.ThreadSyncer does: requests coalesce while a sync runs, tokens only promise what
was synced, a failure is final. One of them belongs to one incarnation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flyball.kernel.units import NS
from flyball.lab.sim.disk import SimFile
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.world import World
from flyball.ports import File, Wakeup

CLOSE: Final = NS  # how long `close` waits for a disk that hangs
SOON: Final = NS // 10  # a hanging disk is looked at again after this, and ever more rarely
RARELY: Final = 60 * NS


@dataclass(frozen=True)
class _Work:
    """A sync under way."""

    file: SimFile
    mark: int
    token: int
    powered: int


class SimSyncer:
    """`ports.Syncer` for SimFiles. For checkers: `durable_token`, what is durable in truth, known or not."""

    def __init__(self, world: World, doom: Doom) -> None:
        self.durable_token = 0
        self.syncs = 0
        self._world = world
        self._doom = doom
        self._pending: dict[SimFile, tuple[int, int]] = {}  # file -> oldest and newest token not yet synced
        self._running = False
        self._top = 0  # the newest token a sync has covered
        self._done = 0
        self._failed = ""
        self._closed = False
        self._wake: Wakeup | None = None

    def request(self, file: File, token: int) -> None:
        """Ask for one sync covering everything written to `file` so far; tokens rise. Nothing after a
        failure.
        """
        self._doom.meet("request")
        if self._failed or self._closed:
            return
        assert isinstance(file, SimFile), "a file of another disk"
        oldest, _ = self._pending.get(file, (token, token))
        self._pending[file] = (oldest, token)
        if not self._running:
            self._begin()

    def done(self) -> int:
        """The highest token known durable."""
        self._doom.check()
        return self._done

    def failed(self) -> str:
        """Why syncing has ended for good, "" while it works."""
        self._doom.check()
        return self._failed

    @property
    def ended(self) -> str:
        """For checkers, of a dead process too: why syncing has ended, "" when it has not."""
        return self._failed

    def busy(self) -> bool:
        """Whether a sync is under way."""
        return self._running

    def wait(self, token: int, timeout_ns: int) -> bool:
        """True when `token` is durable within the time; the world goes on meanwhile. False at once when
        syncing has failed.
        """
        self._doom.meet("wait")
        self._stand_still(self._world.now + timeout_ns, lambda: self._done >= token)
        return self._done >= token

    def on_done(self, wake: Wakeup | None) -> None:
        """Set `wake` after every sync and after a failure."""
        self._wake = wake

    def close(self) -> None:
        """Carry out what was asked for and end; a disk that hangs is waited for no longer than a second."""
        self._doom.check()
        self._closed = True
        self._stand_still(self._world.now + CLOSE, lambda: not self._running)

    def _stand_still(self, end: int, over: Callable[[], bool]) -> None:
        while not over() and not self._failed and self._world.now < end:
            due = self._world.next()
            self._world.advance(end if due is None else min(due, end))
            self._doom.check()

    def _begin(self) -> None:
        """The thread takes up the next file."""
        file = next(iter(self._pending))
        _, token = self._pending.pop(file)
        self._running = True
        self.syncs += 1
        work = _Work(file, file.begin(), token, file.disk.powered)
        took = file.disk.sync_ns()
        if took is None:
            self._hang(work, SOON)
        else:
            self._world.at(self._world.now + took, lambda: self._end(work))

    def _hang(self, work: _Work, wait: int) -> None:
        disk = work.file.disk
        if disk.faults.sync_hangs and self._doom.alive and disk.powered == work.powered:
            longer = min(2 * wait, RARELY)
            self._world.at(self._world.now + wait, lambda: self._hang(work, longer))
        else:
            self._end(work)

    def _end(self, work: _Work) -> None:
        """The disk is through. What it has, it has, even if nobody lives to hear of it."""
        disk = work.file.disk
        if disk.powered != work.powered:
            return
        error = work.file.end(work.mark, disk.sync_error(work.file.path))
        if error is None:
            self._top = max(self._top, work.token)
            behind = min((oldest for oldest, _ in self._pending.values()), default=self._top + 1)
            self.durable_token = max(self.durable_token, min(self._top, behind - 1))
        if not self._doom.alive:
            return
        self._running = False
        if error is not None:
            self._failed = f"{type(error).__name__}: {error}"
            self._pending.clear()
        else:
            self._done = self.durable_token
            if self._pending:
                self._begin()
        if self._wake is not None:
            self._wake.set()
