"""Disks that fail on purpose: one that refuses or dies at a chosen write, one that loses power.

FaultyDisk works on a real disk and a real journal; only the moment of the failure is ours. PowerDisk keeps,
sector by sector, what a disk may or may not have got before the power went.
"""

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flyball.machine.disk import RealDisk
from flyball.ports import Disk, File, Lock, Syncer, Wakeup

SECTOR = 512


class Died(BaseException):
    """The process ends here: nothing that would catch an error catches this."""


@dataclass
class Fault:
    """What to do at the `at`-th change of the disk (1, 2, ...): write `part` of its bytes, then `error` or
    die.
    """

    at: int = 0
    part: Callable[[bytes], bytes] = lambda data: b""
    error: OSError | None = None
    seen: int = 0
    sizes: list[int] = field(default_factory=list)  # bytes of every change, for enumerating

    def strike(self, size: int) -> bool:
        self.seen += 1
        self.sizes.append(size)
        return self.seen == self.at

    def fail(self) -> None:
        raise self.error if self.error is not None else Died


class FaultyFile:
    def __init__(self, file: File, fault: Fault) -> None:
        self._file = file
        self._fault = fault

    def read(self, offset: int, length: int) -> bytes:
        return self._file.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        if self._fault.strike(len(data)):
            self._file.write(offset, self._fault.part(data))
            self._fault.fail()
        self._file.write(offset, data)

    def sync(self) -> None:
        self._file.sync()

    def size(self) -> int:
        return self._file.size()

    def truncate(self, length: int) -> None:
        self._file.truncate(length)

    def close(self) -> None:
        self._file.close()


class FaultyDisk:
    """A real disk with one fault. `die` lets go of what a dead process would."""

    def __init__(self, root: str, fault: Fault) -> None:
        self.root = root
        self.fault = fault
        self._disk = RealDisk(root)
        self._files: list[File] = []
        self._locks: list[Lock] = []

    def open(self, path: str, *, create: bool = False) -> File:
        if create and not self._disk.exists(path) and self.fault.strike(0):
            self.fault.fail()
        return self._mine(self._disk.open(path, create=create))

    def allocate(self, path: str, length: int) -> File:
        if self.fault.strike(0):
            self.fault.fail()
        return self._mine(self._disk.allocate(path, length))

    def read(self, path: str) -> bytes:
        return self._disk.read(path)

    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        if self.fault.strike(0):
            self.fault.fail()
        self._disk.replace(path, data, private=private)

    def append(self, path: str, data: bytes) -> None:
        if self.fault.strike(len(data)):
            self._disk.append(path, self.fault.part(data))
            self.fault.fail()
        self._disk.append(path, data)

    def list(self, folder: str) -> Sequence[str]:
        return self._disk.list(folder)

    def exists(self, path: str) -> bool:
        return self._disk.exists(path)

    def mkdir(self, folder: str) -> None:
        self._disk.mkdir(folder)

    def remove(self, path: str) -> None:
        if self.fault.strike(0):
            self.fault.fail()
        self._disk.remove(path)

    def rename(self, old: str, new: str) -> None:
        if self.fault.strike(0):
            self.fault.fail()
        self._disk.rename(old, new)

    def lock(self, path: str) -> Lock:
        lock = self._disk.lock(path)
        self._locks.append(lock)
        return lock

    def die(self) -> None:
        for file in self._files:
            file.close()
        for lock in self._locks:
            lock.release()

    def _mine(self, file: File) -> File:
        self._files.append(file)
        return FaultyFile(file, self.fault)


def no_space() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


class InlineSyncer:
    """Syncs in the request itself, so that what is durable does not depend on a thread's pace."""

    def __init__(self) -> None:
        self._done = 0
        self._failed = ""
        self._wake: Wakeup | None = None

    def request(self, file: File, token: int) -> None:
        if self._failed:
            return
        try:
            file.sync()
        except OSError as error:
            self._failed = str(error)
            return
        self._done = max(self._done, token)
        if self._wake is not None:
            self._wake.set()

    def done(self) -> int:
        return self._done

    def failed(self) -> str:
        return self._failed

    def wait(self, token: int, timeout_ns: int) -> bool:
        return self._done >= token

    def on_done(self, wake: Wakeup | None) -> None:
        self._wake = wake

    def close(self) -> None:
        return


class LateSyncer(InlineSyncer):
    """Syncs when told to: until then, whatever was asked for is still under way."""

    def request(self, file: File, token: int) -> None:
        return

    def catch_up(self, disk: "PowerDisk", token: int) -> None:
        """All of the disk is durable, up to record `token`."""
        for platter in disk.files.values():
            platter.durable = platter.now()
            platter.waiting.clear()
        self._done = token


@dataclass
class Platter:
    """What the medium holds of one file, and the writes that are still on their way to it."""

    durable: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes]] = field(default_factory=list)

    def now(self) -> bytearray:
        """What a process reads: everything written."""
        data = bytearray(self.durable)
        for offset, part in self.waiting:
            _put(data, offset, part)
        return data


class PowerDisk:
    """A disk in memory with a volatile cache. Names are durable at once, contents with their sync."""

    def __init__(self, root: str = "/power") -> None:
        self.root = root
        self.files: dict[str, Platter] = {}
        self._locked: set[str] = set()

    def open(self, path: str, *, create: bool = False) -> File:
        if path not in self.files:
            if not create:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
            self.files[path] = Platter()
        return PowerFile(self.files[path])

    def allocate(self, path: str, length: int) -> File:
        if path in self.files:
            raise FileExistsError(errno.EEXIST, "File exists", path)
        self.files[path] = Platter(bytearray(length))
        return PowerFile(self.files[path])

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return bytes(self.files[path].now())

    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        self.files[path] = Platter(bytearray(data))

    def append(self, path: str, data: bytes) -> None:
        platter = self.files.setdefault(path, Platter())
        platter.waiting.append((len(platter.now()), data))

    def list(self, folder: str) -> Sequence[str]:
        return sorted(path.removeprefix(folder + "/") for path in self.files if path.startswith(folder + "/"))

    def exists(self, path: str) -> bool:
        return path in self.files or any(name.startswith(path + "/") for name in self.files)

    def mkdir(self, folder: str) -> None:
        return

    def remove(self, path: str) -> None:
        del self.files[path]

    def rename(self, old: str, new: str) -> None:
        self.files[new] = self.files.pop(old)

    def lock(self, path: str) -> Lock:
        if path in self._locked:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable", path)
        self._locked.add(path)
        return PowerLock(self._locked, path)

    def lose_power(self, survives: Callable[[str, int], bool]) -> "PowerDisk":
        """The disk after the power went: of each unsynced sector, the newest version or what was there
        before.
        """
        after = PowerDisk(self.root)
        for path, platter in self.files.items():
            data = bytearray(platter.durable)
            newest = platter.now()
            data.extend(bytes(len(newest) - len(data)))
            touched = sorted(
                {
                    sector
                    for offset, part in platter.waiting
                    for sector in range(offset // SECTOR, (offset + len(part) - 1) // SECTOR + 1)
                }
            )
            for sector in touched:
                if survives(path, sector):
                    at = sector * SECTOR
                    data[at : at + SECTOR] = newest[at : at + SECTOR]
            after.files[path] = Platter(data)
        return after


class PowerFile:
    def __init__(self, platter: Platter) -> None:
        self._platter = platter

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self._platter.now()[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        self._platter.waiting.append((offset, bytes(data)))

    def sync(self) -> None:
        self._platter.durable = self._platter.now()
        self._platter.waiting.clear()

    def size(self) -> int:
        return len(self._platter.now())

    def truncate(self, length: int) -> None:
        self._platter.durable = self._platter.now()[:length]
        self._platter.waiting.clear()

    def close(self) -> None:
        return


class PowerLock:
    def __init__(self, locked: set[str], path: str) -> None:
        self._locked = locked
        self._path = path

    def release(self) -> None:
        self._locked.discard(self._path)


def _put(data: bytearray, offset: int, part: bytes) -> None:
    if len(data) < offset + len(part):
        data.extend(bytes(offset + len(part) - len(data)))
    data[offset : offset + len(part)] = part


def ports() -> tuple[type[Disk], type[Syncer]]:
    """Checked by mypy: these are what they stand in for."""
    disks: tuple[Disk, ...] = (FaultyDisk("", Fault()), PowerDisk())
    syncers: tuple[Syncer, ...] = (InlineSyncer(), LateSyncer())
    assert disks
    assert syncers
    return Disk, Syncer
