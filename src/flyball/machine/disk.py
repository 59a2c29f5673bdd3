"""Files on a real disk: whole writes, real syncs, durable names, one owner per lock.

Folders are made 0700, private files 0600. A new file's name is durable with its first `sync`; `allocate`,
`replace`, `rename`, `remove` and `mkdir` sync the folder themselves. A failed sync is final for its file:
the kernel may have dropped the pages, so a second one would lie ("fsyncgate").
"""

import errno
import fcntl
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Final

ZEROS: Final = bytes(1 << 20)
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600  # what is written here is the account's: for its owner alone
SHARED_MODE: Final = 0o644


def _flush(fd: int) -> None:
    """The contents of `fd`, and what is needed to read them back, are on the medium."""
    if sys.platform == "darwin":  # there fsync stops at the drive's cache
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(fd)


def _sync_folder(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_all(fd: int, data: bytes, offset: int) -> None:
    if os.pwrite(fd, data, offset) == len(data):  # nearly always; written again if it was only a part
        return
    view = memoryview(data)
    while view:
        n = os.pwrite(fd, view, offset)
        if n == 0:
            raise OSError(errno.EIO, "the disk took no bytes and gave no reason")
        view = view[n:]
        offset += n


def _read_all(fd: int, offset: int, length: int) -> bytes:
    parts: list[bytes] = []
    while length > 0:
        part = os.pread(fd, length, offset)
        if not part:
            break
        parts.append(part)
        offset += len(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class RealFile:
    """`ports.File` on a file descriptor. Used by one writing thread and one syncing thread."""

    def __init__(self, fd: int, path: str) -> None:
        self._fd = fd
        self._path = path
        self._named = False  # its folder has been synced since it was opened
        self._broken: OSError | None = None

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; fewer only at the end of the file."""
        return _read_all(self._fd, offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """All of `data`. OSError when the disk refuses; a part of it may be written then."""
        _write_all(self._fd, data, offset)

    def sync(self) -> None:
        """Durable on return, the first time together with the file's name. OSError is final."""
        if self._broken is not None:
            raise self._broken
        try:
            if self._named:
                _flush(self._fd)
            else:
                _flush(self._fd)
                _sync_folder(os.path.dirname(self._path))
                self._named = True
        except OSError as error:
            self._broken = OSError(error.errno, error.strerror, self._path)
            raise self._broken from error

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def truncate(self, length: int) -> None:
        os.ftruncate(self._fd, length)

    def close(self) -> None:
        """Not a sync. Closing twice is harmless."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class RealLock:
    """An flock, gone with the process that holds it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def release(self) -> None:
        """Let the next one in. Releasing twice is harmless."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class RealDisk:
    """`ports.Disk` below the folder `root`. Reading never makes a folder; the first write makes `root`
    (0700).
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self._rooted = False  # the root is there, and durable as far as we may see to it

    def open(self, path: str, *, create: bool = False) -> RealFile:
        """For reading and writing. FileNotFoundError when it is not there and `create` is not given."""
        full = self._full(path, make=create)
        flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
        return RealFile(os.open(full, flags, FILE_MODE), full)

    def allocate(self, path: str, length: int) -> RealFile:
        """A new file of `length` real zeros (no holes), durable with its name. FileExistsError when it is
        there.

        When the disk refuses half way, nothing is left behind.
        """
        full = self._full(path, make=True)
        fd = os.open(full, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        file = RealFile(fd, full)
        try:
            for offset in range(0, length, len(ZEROS)):
                _write_all(fd, ZEROS[: min(len(ZEROS), length - offset)], offset)
            file.sync()
        except OSError:
            file.close()
            os.unlink(full)
            raise
        return file

    def read(self, path: str) -> bytes:
        """The whole file."""
        fd = os.open(self._full(path), os.O_RDONLY | os.O_CLOEXEC)
        try:
            return _read_all(fd, 0, os.fstat(fd).st_size)
        finally:
            os.close(fd)

    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        """Readers see all of the old or all of the new contents, also after a power loss."""
        full = self._full(path, make=True)
        beside = full + ".new"
        mode = FILE_MODE if private else SHARED_MODE
        with suppress(FileNotFoundError):  # left by a crash, perhaps with another mode
            os.unlink(beside)
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            _write_all(fd, data, 0)
            _flush(fd)
        except OSError:
            os.unlink(beside)
            raise
        finally:
            os.close(fd)
        os.replace(beside, full)
        _sync_folder(os.path.dirname(full))

    def append(self, path: str, data: bytes) -> None:
        """All of `data` at the end, not synced."""
        full = self._full(path, make=True)
        fd = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
        finally:
            os.close(fd)

    def list(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; empty when there is no such folder."""
        try:
            return sorted(os.listdir(self._full(folder)))
        except FileNotFoundError:
            return []

    def exists(self, path: str) -> bool:
        """PermissionError when that may not be known: "no" would be a guess."""
        try:
            os.stat(self._full(path))
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def mkdir(self, folder: str) -> None:
        """The folder and those above it, 0700, durable. Harmless when it is there."""
        parts = PurePosixPath(folder).parts
        for i in range(1, len(parts) + 1):
            full = self._full("/".join(parts[:i]), make=True)
            with suppress(FileExistsError):
                os.mkdir(full, FOLDER_MODE)
            _sync_folder(os.path.dirname(full))  # even if it is there: who made it may have died before this

    def remove(self, path: str) -> None:
        """Durably gone. FileNotFoundError when it is not there."""
        full = self._full(path)
        os.unlink(full)
        _sync_folder(os.path.dirname(full))

    def rename(self, old: str, new: str) -> None:
        """Durable on return; replaces what has the new name."""
        old_full, new_full = self._full(old), self._full(new)
        os.replace(old_full, new_full)
        _sync_folder(os.path.dirname(new_full))
        if os.path.dirname(old_full) != os.path.dirname(new_full):
            _sync_folder(os.path.dirname(old_full))

    def lock(self, path: str) -> RealLock:
        """Exclusive until released or the process dies. BlockingIOError when another holds it.

        The file tells people the holder's process id; it stays when the lock goes.
        """
        fd = os.open(self._full(path, make=True), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise
        with suppress(OSError):  # a full disk must not keep anybody out
            os.ftruncate(fd, 0)
            os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        return RealLock(fd)

    def _full(self, path: str, *, make: bool = False) -> str:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts:
            raise ValueError(f"{path!r}: a path inside {self.root} is relative and has no '..'")
        if make and not self._rooted:
            self._make_root()
            self._rooted = True
        return os.path.join(self.root, *pure.parts)

    def _make_root(self) -> None:
        missing = self.root
        above: list[str] = []
        while not os.path.isdir(missing):
            missing = os.path.dirname(missing)
            above.append(missing)
        os.makedirs(self.root, FOLDER_MODE, exist_ok=True)
        for folder in above:
            _sync_folder(folder)
        if not above:  # made by somebody else, or by us in a start that was cut short
            with suppress(PermissionError):
                _sync_folder(os.path.dirname(self.root))
