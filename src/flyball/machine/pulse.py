"""The governor's heartbeat: forty bytes in shared memory, written by the loop, read by the sentinel.

In memory (`/dev/shm`) and not in the desk's folder, because a write to a disk that hangs would stop the loop
whose life it proves, and a full disk would end it. Where there is no such memory it lies in the folder, as
run/heartbeat. Nothing but the standard library: the sentinel reads it.
"""

import hashlib
import mmap
import os
import stat
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

MEMORY: Final = "/dev/shm"  # owner and kind of the file are checked
BESIDE: Final = "run/heartbeat"
MAGIC: Final = b"fbhb"
VERSION: Final = 1
FLYING: Final = 1
PANICKED: Final = 2  # it has taken a panic up, and goes on with it
STOPPED: Final = 3  # it has taken its leave
STARTING: Final = 4  # after a crash: it reads its journal and does not fly yet
_LAYOUT: Final = struct.Struct("<4sHHIIQQQ")
SIZE: Final = _LAYOUT.size


@dataclass(frozen=True)
class Beat:
    """One reading. `count` rises with every beat; `born` tells two processes of one number apart."""

    state: int
    pid: int
    born: int
    wall: int  # UTC ns, for people
    count: int


class Pulse:
    """`ports.Pulse` for one desk. Raises OSError when there is no place for it. Made before the journal is
    read: after a crash it says at once that somebody begins; after a clean end nothing, until the loop
    beats."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._map, self._place, self._inode = _mapped(folder)
        self._count = 0
        before = _unpack(self._map[:SIZE])
        if before is not None:
            self._count = before.count
        self._born = _born(os.getpid())
        if before is not None and before.state != STOPPED:
            self._write(STARTING)

    def beat(self, *, panicked: bool) -> None:
        """The loop is alive. Memory only; never blocks."""
        self._write(PANICKED if panicked else FLYING)

    def goodbye(self) -> None:
        """A clean end: silence from now on means nothing."""
        self._write(STOPPED)

    def _write(self, state: int) -> None:
        self._stay()
        self._count += 1
        self._map[:SIZE] = _LAYOUT.pack(
            MAGIC, VERSION, state, os.getpid(), 0, self._born, time.time_ns(), self._count
        )

    def _stay(self) -> None:
        """Somebody may have cleaned up (a system does, when a user logs out: RemoveIPC): begin anew."""
        if not self._place.startswith(MEMORY):
            return
        try:
            there = os.stat(self._place).st_ino == self._inode
        except OSError:
            there = False
        if not there:
            with suppress(OSError):
                self._map, self._place, self._inode = _mapped(self._folder)


def places(folder: str) -> tuple[str, str]:
    """Where the heartbeat of a desk lies: in memory, else in its folder."""
    name = hashlib.sha256(os.path.realpath(folder).encode()).hexdigest()[:24]
    return f"{MEMORY}/flyball-{name}", f"{folder}/{BESIDE}"


class Listener:
    """Reads the heartbeat of one desk. What it has to know of the disk it finds out when it is made."""

    def __init__(self, folder: str) -> None:
        self._places = places(folder)
        self._owners = {os.geteuid(), 0}
        with suppress(OSError):
            self._owners.add(os.stat(folder).st_uid)
        self._last: Beat | None = None

    def read(self) -> Beat | None:
        """The governor's last beat, None when there never was one. The desk's disk is looked at only where
        there is nothing in memory. One that has vanished is a silent one."""
        for path in self._places:
            beat = _read(path, self._owners)
            if beat is not None:
                self._last = beat
                break
        return self._last


def alive(beat: Beat) -> bool:
    """Whether the process that beat is still there, stopped or not."""
    return _born(beat.pid) == beat.born


def _read(path: str, owners: set[int]) -> Beat | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid not in owners:
            return None
        return _unpack(os.pread(fd, SIZE, 0))
    except OSError:
        return None
    finally:
        os.close(fd)


def _unpack(data: bytes) -> Beat | None:
    if len(data) != SIZE:
        return None
    magic, version, state, pid, _, born, wall, count = _LAYOUT.unpack(data)
    return Beat(state, pid, born, wall, count) if (magic, version) == (MAGIC, VERSION) else None


def _mapped(folder: str) -> tuple[mmap.mmap, str, int]:
    error: OSError | None = None
    for path in places(folder):
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as wrong:
            error = wrong
            continue
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                error = PermissionError(f"{path} belongs to somebody else")
                continue
            if found.st_size != SIZE:
                os.ftruncate(fd, 0)
                os.pwrite(fd, bytes(SIZE), 0)  # whole, or OSError: a hole in a full disk would kill later
            return mmap.mmap(fd, SIZE), path, found.st_ino
        except OSError as wrong:
            error = wrong
        finally:
            os.close(fd)
    raise error or OSError("no place for a heartbeat")


def _born(pid: int) -> int:
    """The start of a process in ticks since boot, 0 when there is none (or it is only waited for)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return 0 if words[:1] in ([b"Z"], [b"X"]) else int(words[19])
