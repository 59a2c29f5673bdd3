"""What one incarnation of the governor has of a simulated disk: a `ports.Disk` that keeps the promises of
machine/disk.RealDisk to the letter, and none beyond.

Every call passes a point of the incarnation's doom. Its locks are free once the disk has been told of the
crash.
"""

import errno
from collections.abc import Iterator, Sequence

from flyball.lab.sim.disk import SimDisk, SimFile, wait_out
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.names import Change, failure, parent
from flyball.lab.sim.sectors import Sectors

CHUNK = 1 << 20  # zeros are allocated in pieces of this many bytes


class SimLock:
    """Free when released, and when its process dies."""

    def __init__(self, disk: SimDisk, doom: Doom, path: str) -> None:
        self._disk = disk
        self._doom = doom
        self._path = path

    def release(self) -> None:
        """Let the next one in. Releasing twice is harmless."""
        self._doom.check()
        if self._path:
            del self._disk.locked[self._path]
            self._path = ""


class SimView:
    """`ports.Disk` of one incarnation."""

    def __init__(self, disk: SimDisk, doom: Doom) -> None:
        self.root = disk.root
        self.disk = disk
        self.waits = True  # a sync takes time; False: in a thread whose time nobody counts
        self._doom = doom
        disk.lives += 1
        self._number = disk.lives

    def open(self, path: str, *, create: bool = False) -> SimFile:
        """For reading and writing. FileNotFoundError when it is not there and `create` is not given."""
        where = self._at("read", path)
        if create and where not in self.disk.names.seen:
            self._make(where)
        return SimFile(self.disk, self._doom, self.disk.names.file(where), where)

    def allocate(self, path: str, length: int) -> SimFile:
        """A new file of `length` zeros, durable with its name. FileExistsError when it is there.

        When the disk refuses half way, nothing is left behind.
        """
        where = self._at("read", path)
        if where in self.disk.names.seen:
            raise failure(errno.EEXIST, path)
        file = self._made(where)
        try:
            for offset in range(0, length, CHUNK):
                file.write(offset, bytes(min(CHUNK, length - offset)))
            file.sync()
        except OSError:
            file.close()
            self._unlink(where)
            raise
        return file

    def read(self, path: str) -> bytes:
        """The whole file."""
        where = self._at("read", path)
        node = self.disk.names.file(where)
        if (error := self.disk.read_error(where)) is not None:
            raise error
        return bytes(node.data)

    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        """Readers see all of the old or all of the new contents, also after a power loss."""
        for _ in self.replacing(path, data):
            self._wait()

    def replacing(self, path: str, data: bytes) -> Iterator[None]:
        """The same in steps, for a thread of its own: whoever takes them lets a sync's time go by at each."""
        where = self._at("read", path)
        beside = where + ".new"
        if beside in self.disk.names.seen:
            self._unlink(beside)
        file = self._made(beside)
        file.nameless()
        try:
            file.write(0, data)
            yield from file.syncing()
        except OSError:
            self._unlink(beside)
            raise
        self._move(beside, where)
        yield from self._syncing(parent(where))

    def append(self, path: str, data: bytes) -> None:
        """All of `data` at the end, not synced."""
        where = self._at("read", path)
        if where not in self.disk.names.seen:
            self._make(where)
        node = self.disk.names.file(where)
        SimFile(self.disk, self._doom, node, where).write(len(node.data), data)

    def list(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; empty when there is no such folder."""
        where = self._at("read", folder)
        try:
            node = self.disk.names.find(where)
        except FileNotFoundError:
            return []
        if node is not None:
            raise failure(errno.ENOTDIR, folder)
        return self.disk.names.listed(where)

    def exists(self, path: str) -> bool:
        """Whether a file or folder is there."""
        where = self._at("read", path)
        return where in self.disk.names.seen

    def mkdir(self, folder: str) -> None:
        """The folder and those above it, durable. Harmless when it is there."""
        for _ in self.making(folder):
            self._wait()

    def making(self, folder: str) -> Iterator[None]:
        """The same in steps, as `replacing`."""
        where = self._at("read", folder)
        parts = where.split("/") if where else []
        for i in range(1, len(parts) + 1):
            path = "/".join(parts[:i])
            if path not in self.disk.names.seen:
                self.disk.names.folder_of(path)
                self._change(Change(path, None))
            yield from self._syncing(parent(path))  # also when it is there: nobody knows if it is durable

    def remove(self, path: str) -> None:
        """Durably gone. FileNotFoundError when it is not there."""
        where = self._at("read", path)
        self.disk.names.file(where)
        self._unlink(where)
        self._sync_folder(parent(where))

    def rename(self, old: str, new: str) -> None:
        """Durable on return; replaces what has the new name."""
        old_where, new_where = self._at("read", old), self._at("read", new)
        self._move(old_where, new_where)
        self._sync_folder(parent(new_where))
        if parent(old_where) != parent(new_where):
            self._sync_folder(parent(old_where))

    def lock(self, path: str) -> SimLock:
        """Exclusive until released or the process dies. BlockingIOError when another holds it."""
        where = self._at("read", path)
        if where not in self.disk.names.seen:
            self._make(where)
        node = self.disk.names.file(where)
        if where in self.disk.locked:
            raise failure(errno.EAGAIN, path)
        self.disk.locked[where] = self._number
        try:
            self.disk.truncate(node, 0)
            self.disk.write(node, 0, b"%d\n" % self._number, where)
        except OSError:  # a full disk must not keep anybody out
            pass
        return SimLock(self.disk, self._doom, where)

    def _at(self, point: str, path: str) -> str:
        self._doom.meet(point)
        return self.disk.path(path)

    def _make(self, where: str) -> Sectors:
        """A new, empty file; its name is not durable."""
        self.disk.names.folder_of(where)
        node = Sectors()
        self._change(Change(where, node))
        return node

    def _made(self, where: str) -> SimFile:
        return SimFile(self.disk, self._doom, self._make(where), where)

    def _change(self, change: Change) -> None:
        self._doom.meet("name")
        self.disk.names.change(change)
        self._doom.meet("named")

    def _unlink(self, where: str) -> None:
        node = self.disk.names.file(where)
        self._change(Change(where, None, gone=True))
        self.disk.unlinked(node)

    def _move(self, old: str, new: str) -> None:
        names = self.disk.names
        names.folder_of(old)
        names.folder_of(new)
        node, over = names.find(old), names.seen.get(new)
        if node is None:
            raise NotImplementedError(f"{old}: nobody renames a folder; simulate it first")
        if over is None and new in names.seen:
            raise failure(errno.EISDIR, new)
        self._change(Change(new, node, old=old))
        self.disk.unlinked(over)

    def _sync_folder(self, folder: str) -> None:
        for _ in self._syncing(folder):
            self._wait()

    def _syncing(self, folder: str) -> Iterator[None]:
        self._doom.meet("sync")
        yield
        if (error := self.disk.sync_error(folder)) is not None:
            raise error
        self.disk.names.sync(folder)
        self._doom.meet("synced")

    def _wait(self) -> None:
        if self.waits:
            wait_out(self.disk, self._doom)
