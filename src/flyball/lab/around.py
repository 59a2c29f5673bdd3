"""A disk with something around its writes and syncs: what a proving ground puts between a governor and the
real one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flyball.ports import Disk, File, Lock

Write = Callable[[File, int, bytes], None]
Sync = Callable[[File], None]


def _write(file: File, offset: int, data: bytes) -> None:
    file.write(offset, data)


def _sync(file: File) -> None:
    file.sync()


@dataclass
class Around:
    """What happens instead of a write, a sync or an append; each gets the real one to call, or not to."""

    write: Write = _write
    sync: Sync = _sync
    append: Callable[[Disk, str, bytes], None] = lambda disk, path, data: disk.append(path, data)


class AroundFile:
    """`ports.File` with `around` in the way."""

    def __init__(self, file: File, around: Around) -> None:
        self.file = file
        self.around = around

    def read(self, offset: int, length: int) -> bytes:
        return self.file.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        self.around.write(self.file, offset, data)

    def sync(self) -> None:
        self.around.sync(self.file)

    def size(self) -> int:
        return self.file.size()

    def truncate(self, length: int) -> None:
        self.file.truncate(length)

    def close(self) -> None:
        self.file.close()


class AroundDisk:
    """`ports.Disk` whose files have `around` in the way."""

    def __init__(self, disk: Disk, around: Around) -> None:
        self.root = disk.root
        self.disk = disk
        self.around = around

    def open(self, path: str, *, create: bool = False) -> File:
        return AroundFile(self.disk.open(path, create=create), self.around)

    def allocate(self, path: str, length: int) -> File:
        return AroundFile(self.disk.allocate(path, length), self.around)

    def append(self, path: str, data: bytes) -> None:
        self.around.append(self.disk, path, data)

    def read(self, path: str) -> bytes:
        return self.disk.read(path)

    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        self.disk.replace(path, data, private=private)

    def list(self, folder: str) -> Sequence[str]:
        return self.disk.list(folder)

    def exists(self, path: str) -> bool:
        return self.disk.exists(path)

    def mkdir(self, folder: str) -> None:
        self.disk.mkdir(folder)

    def remove(self, path: str) -> None:
        self.disk.remove(path)

    def rename(self, old: str, new: str) -> None:
        self.disk.rename(old, new)

    def lock(self, path: str) -> Lock:
        return self.disk.lock(path)
