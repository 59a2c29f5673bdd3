"""A folder tree in memory that can only be read: a copy to be damaged."""

import io
from collections.abc import Sequence

from flyball.ports import Disk, File, Lock


class CopiedFile:
    """`ports.File`, read-only."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def size(self) -> int:
        return len(self._data)

    def write(self, offset: int, data: bytes) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def truncate(self, length: int) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def sync(self) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def close(self) -> None:
        return


class Copied:
    """`ports.Disk` over `files`: path to bytes."""

    root = "copy"

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def open(self, path: str, *, create: bool = False) -> File:
        return CopiedFile(self.read(path))

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def list(self, folder: str) -> Sequence[str]:
        at = f"{folder}/" if folder else ""
        return sorted({path[len(at) :].partition("/")[0] for path in self.files if path.startswith(at)})

    def exists(self, path: str) -> bool:
        return path in self.files or any(name.startswith(f"{path}/") for name in self.files)

    def allocate(self, path: str, length: int) -> File:
        raise io.UnsupportedOperation("a copy is only read")

    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def append(self, path: str, data: bytes) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def mkdir(self, folder: str) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def remove(self, path: str) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def rename(self, old: str, new: str) -> None:
        raise io.UnsupportedOperation("a copy is only read")

    def lock(self, path: str) -> Lock:
        raise io.UnsupportedOperation("a copy is only read")


def copy_of(disk: Disk, folder: str, beside: Sequence[str]) -> Copied:
    """The files of one folder, and those named beside it that are there."""
    files = {f"{folder}/{name}": disk.read(f"{folder}/{name}") for name in disk.list(folder)}
    return Copied(files | {name: disk.read(name) for name in beside if disk.exists(name)})
