"""The thread that writes snapshots in the simulated world: each step of a file's replacement at a later time.

As machine/keeper.ThreadKeeper: one file after the other, no exception comes out of it, on a disk that hangs
files wait. What a process does in a thread of its own dies with it, at any step.
"""

from collections import deque
from collections.abc import Callable, Iterator

from flyball.lab.sim.doom import Doom
from flyball.lab.sim.syncer import RARELY, SOON
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.ports import Disk


class SimKeeper:
    """`ports.Keeper` for SimViews, of one incarnation."""

    def __init__(self, world: World, doom: Doom) -> None:
        self._world = world
        self._doom = doom
        self._waiting: deque[tuple[SimView, Iterator[None], Callable[[], None], str]] = deque()
        self._busy = False
        self._closed = False
        self._failed = ""

    def replace(self, disk: Disk, path: str, data: bytes, then: Callable[[], None]) -> None:
        """Returns at once."""
        self._doom.meet("keep")
        if self._closed:
            return
        assert isinstance(disk, SimView), "a disk of another world"
        self._waiting.append((disk, _steps(disk, path, data), then, path))
        if not self._busy:
            self._busy = True
            self._world.at(self._world.now, self._step)

    def failed(self) -> str:
        """Why the newest one that has ended could not be done, "" when it could."""
        self._doom.check()
        return self._failed

    def settle(self, timeout_ns: int) -> bool:
        """True when everything asked for has ended within the time; the world goes on meanwhile."""
        self._doom.meet("wait")
        end = self._world.now + timeout_ns
        while self._busy and self._world.now < end:
            due = self._world.next()
            self._world.advance(end if due is None else min(due, end))
            self._doom.check()
        return not self._busy

    def close(self) -> None:
        """What is not done yet is given up; the step under way ends."""
        self._doom.check()
        self._closed = True

    def _step(self) -> None:
        """As far as the next wait for the disk."""
        if not self._doom.alive:
            return
        if self._closed:
            self._busy = False
            return
        view, steps, then, path = self._waiting[0]
        try:
            next(steps)
        except StopIteration:
            self._end("" if (why := _after(view, then)) is None else f"{path}: {why}")
        except OSError as error:
            self._end(f"{path}: {error.strerror or error}")
        else:
            self._wait(view)

    def _wait(self, view: SimView) -> None:
        took = view.disk.sync_ns()
        if took is not None:
            self._world.at(self._world.now + took, self._step)
        else:
            self._hang(view, SOON)

    def _hang(self, view: SimView, wait: int) -> None:
        if view.disk.faults.sync_hangs and self._doom.alive:
            longer = min(2 * wait, RARELY)
            self._world.at(self._world.now + wait, lambda: self._hang(view, longer))
        else:
            self._step()

    def _end(self, why: str) -> None:
        self._failed = why
        self._waiting.popleft()
        self._busy = bool(self._waiting)
        if self._busy:
            self._world.at(self._world.now, self._step)


def _steps(disk: SimView, path: str, data: bytes) -> Iterator[None]:
    yield from disk.making(path.rpartition("/")[0])
    yield from disk.replacing(path, data)


def _after(disk: SimView, then: Callable[[], None]) -> str | None:
    """Why what follows could not be done; its syncs hold nobody up, so they take no time here."""
    disk.waits = False
    try:
        then()
    except OSError as error:
        return error.strerror or str(error)
    finally:
        disk.waits = True
    return None
