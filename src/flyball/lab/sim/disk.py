"""A disk of the simulated world: contents and names in a cache and on a medium, faults, crashes.

`SimDisk` is the disk itself and lives as long as the world; view.SimView is what one incarnation of the
governor has of it, and SimFile an open file of it.
Every change first asks the faults, and the incarnation's doom. A process that dies leaves everything it has
written, and its locks are free; when the power goes, what was not synced may be lost, see sectors and names.
"""

import errno
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from flyball.kernel.units import NS
from flyball.lab.sim.disk_faults import DiskFaults
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.names import Names, failure, parent
from flyball.lab.sim.sectors import Sectors
from flyball.lab.sim.world import World
from flyball.runtime.trial import PATH as STEPPING

LONGEST = 300 * NS  # somebody who waits for a sync that hangs stands still no longer than this
STEP = NS


class SimDisk:
    """The disk called `name` of a world. Its chance is its own."""

    def __init__(self, world: World, name: str = "disk", faults: DiskFaults | None = None) -> None:
        self.world = world
        self.root = f"/sim/{name}"
        self.faults = faults or DiskFaults()
        self.names = Names()
        self.locked: dict[str, int] = {}
        self.lives = 0  # views so far
        self.stood = 0  # syncs somebody stood still for
        self.powered = 0  # power losses so far: what was under way before one never arrives
        self.draw: Draw = world.draw("disk", name)
        self.refused: list[OSError] = []  # the faults that struck
        self.struck: Counter[str] = Counter()  # and how often each did
        self.poison: Callable[[bytes], bool] | None = None  # whoever is about to step this dies
        self._used = 0
        self._paths: dict[str, str] = {}

    def crash(self, *, power: bool) -> None:
        """The process has ended, by itself or with the power. Locks are free; see the module for the rest."""
        self.locked.clear()
        if power:
            self.powered += 1
            self.names.lose_power(self.draw)
        for node in self.names.seen.values():
            if node is not None:
                if power:
                    node.lose_power(self.draw)
                else:
                    node.evict(self.draw)
        self._used = sum(len(node.data) for node in self.names.seen.values() if node is not None)

    def contents(self, path: str) -> bytes | None:
        """What a process reads now; None when there is no such file."""
        node = self.names.seen.get(path)
        return None if node is None else bytes(node.data)

    def durable_bytes(self, path: str) -> bytes | None:
        """What is found after a power loss that keeps nothing on its way; None when the name is not even
        there.
        """
        node = self.names.medium.get(path)
        return None if node is None else bytes(node.durable)

    def files(self, folder: str = "") -> list[str]:
        """The paths of all files below a folder, as a process sees them."""
        front = f"{folder}/" if folder else ""
        return sorted(p for p, node in self.names.seen.items() if node is not None and p.startswith(front))

    def rot(self, path: str) -> int | None:
        """Flip one bit of what the medium holds of a file, not in the zeros at its end: the byte's offset.
        None when there is nothing.
        """
        node = self.names.seen.get(path)
        used = 0 if node is None else len(node.durable.rstrip(b"\0"))
        if node is None or not used:
            return None
        at = self.draw.below(used)
        node.flip(at, self.draw.below(8))
        return at

    # What views and syncers ask.

    def sync_ns(self) -> int | None:
        """How long the next sync takes; None when it hangs."""
        faults = self.faults
        if faults.sync_hangs and self.draw.happens(faults.sync_hangs):
            self.struck["sync_hangs"] += 1
            return None
        if faults.sync_slow and self.draw.happens(faults.sync_slow):
            self.struck["sync_slow"] += 1
            return self.draw.between(faults.quick_ns, faults.slow_ns)
        return self.draw.between(faults.quick_ns // 20, faults.quick_ns)

    def sync_error(self, path: str) -> OSError | None:
        """Why the next sync fails, None when it does not."""
        if self.faults.sync_fails and self.draw.happens(self.faults.sync_fails):
            self.struck["sync_fails"] += 1
            return self._refuse(errno.EIO, path)
        return None

    def read_error(self, path: str) -> OSError | None:
        """Why the next read fails, None when it does not."""
        if self.faults.read_fails and self.draw.happens(self.faults.read_fails):
            return self._refuse(errno.EIO, path)
        return None

    def write(self, node: Sectors, offset: int, data: bytes, path: str) -> None:
        """All of it, or the part that fits and an OSError."""
        size = len(data)
        grows = max(0, offset + size - len(node.data))
        error: OSError | None = None
        if self.faults.write_fails and self.draw.happens(self.faults.write_fails):
            self.struck["write_fails"] += 1
            error = self._refuse((errno.EIO, errno.ENOSPC)[self.draw.below(2)], path)
            size = self.draw.below(size + 1)
        elif self.faults.quota and grows and self._used + grows > self.faults.quota:
            self.struck["full"] += 1
            error = self._refuse(errno.ENOSPC, path)
            size = max(0, size - (self._used + grows - self.faults.quota))
        before = len(node.data)
        node.write(offset, data if error is None else data[:size])
        self._used += len(node.data) - before
        if error is not None:
            raise error

    def truncate(self, node: Sectors, length: int) -> None:
        """Cut or grow a file."""
        self._used += length - len(node.data)
        node.truncate(length)

    def unlinked(self, node: Sectors | None) -> None:
        """A file's name has gone, and with it its space."""
        if node is not None:
            self._used -= len(node.data)

    def path(self, path: str) -> str:
        """A path as the names have it. ValueError when it leads out."""
        known = self._paths.get(path)
        if known is None:
            pure = PurePosixPath(path)
            if pure.is_absolute() or ".." in pure.parts:
                raise ValueError(f"{path!r}: a path inside {self.root} is relative and has no '..'")
            known = self._paths[path] = "/".join(pure.parts)
        return known

    def _refuse(self, number: int, path: str) -> OSError:
        error = failure(number, f"{self.root}/{path}")
        self.refused.append(error)
        return error


class SimFile:
    """`ports.File`. A syncing thread uses `begin` and `end` in place of `sync`."""

    def __init__(self, disk: SimDisk, doom: Doom, node: Sectors, path: str) -> None:
        self.disk = disk
        self._doom = doom
        self._node = node
        self.path = path
        self._open = True
        self._named = False  # its folder has been synced since it was opened
        self._broken: OSError | None = None

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; fewer only at the end of the file."""
        self._use("read")
        if (error := self.disk.read_error(self.path)) is not None:
            raise error
        return bytes(self._node.data[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        """All of `data`. OSError when the disk refuses; a part of it may be written then."""
        if self.path == STEPPING:
            self._mark(offset, data)
            return
        self._use("write")
        if self._doom.due("tear"):
            self.disk.write(self._node, offset, data[: self.disk.draw.below(len(data) + 1)], self.path)
            self._doom.die(f"tear:{self._doom.seen['tear']}")
            self._doom.check()
        self.disk.write(self._node, offset, data, self.path)
        self._doom.meet("written")

    def _mark(self, offset: int, data: bytes) -> None:
        """The mark of what is being stepped (runtime/trial.py) has points of its own: behind `marked` the
        process dies while it steps. It is never synced, and no fault strikes it.
        """
        self._use("mark")
        self._node.write(offset, data)
        if self.disk.poison is not None and self.disk.poison(data):
            self.disk.struck["poison"] += 1
            self._doom.die("poison")
        self._doom.meet("marked")

    def sync(self) -> None:
        """Durable on return, the first time together with the file's name. OSError is final. Time goes on."""
        for _ in self.syncing():
            wait_out(self.disk, self._doom)

    def syncing(self) -> Iterator[None]:
        """The same in steps: whoever takes them lets the sync's time go by at each."""
        self._use("sync")
        mark = self.begin()
        yield
        error = self.end(mark, self.disk.sync_error(self.path))
        if error is not None:
            raise error
        self._doom.meet("synced")

    def begin(self) -> int:
        """A sync has begun; for `end`."""
        return self._node.mark()

    def nameless(self) -> None:
        """Its syncs are of its contents alone (fdatasync)."""
        self._named = True

    def end(self, mark: int, error: OSError | None = None) -> OSError | None:
        """The sync that began at `mark` is over, well or with `error`. What it comes to: an earlier failure
        is final.
        """
        if self._broken is None and error is not None:
            self._broken = error
            self._node.drop(mark, self.disk.draw)
        elif self._broken is None:
            self._node.settle(mark)
            if not self._named:
                self.disk.names.sync(parent(self.path))
                self._named = True
        return self._broken

    def size(self) -> int:
        self._use("read")
        return len(self._node.data)

    def truncate(self, length: int) -> None:
        self._use("write")
        self.disk.truncate(self._node, length)
        self._doom.meet("written")

    def close(self) -> None:
        """Not a sync. Closing twice is harmless."""
        self._doom.check()
        self._open = False

    def _use(self, point: str) -> None:
        self._doom.meet(point)
        if not self._open:
            raise failure(errno.EBADF, self.path)


def wait_out(disk: SimDisk, doom: Doom) -> None:
    """Stand still for as long as a sync takes, while the world goes on. Killed when that ends the process."""
    world = disk.world
    disk.stood += 1
    took = disk.sync_ns()
    if took is not None:
        world.advance(world.now + took)
    else:
        end = world.now + LONGEST
        while doom.alive and disk.faults.sync_hangs and world.now < end:
            world.advance(world.now + STEP)
    doom.check()
