"""Secrets from a file of its owner alone, or from an open descriptor; never from the environment. And a
process that holds some: no other of the same user reads its memory, and no core of it is left on a disk."""

import ctypes
import os
import resource
import stat
from typing import Final

MOST: Final = 64 << 10


PR_SET_DUMPABLE: Final = 4  # prctl(2)


def seal() -> bool:
    """From now on this process cannot be traced, read through /proc or dumped (B11). False where the system
    has no such switch.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        return int(ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) == 0
    except (OSError, ValueError, AttributeError):
        return False


class NotPrivate(OSError):  # noqa: N818 - it says what is the case
    """Others than its owner may read it or put something else there."""


def read_private(path: str) -> bytes:
    """At most `MOST` bytes of a regular file that is the user's (or root's) and has no rights for others.

    Raises NotPrivate with the remedy, FileNotFoundError, OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise NotPrivate(f"{path}: no regular file")
        if found.st_uid not in (os.geteuid(), 0):
            raise NotPrivate(f"{path}: belongs to another user; make a copy of your own with mode 0600")
        if found.st_mode & 0o077:
            raise NotPrivate(f"{path}: others may read it; chmod 600 {path}")
        return os.read(fd, MOST)
    finally:
        os.close(fd)


def read_descriptor(fd: int) -> bytes:
    """Everything up to the end of an inherited descriptor, at most `MOST` bytes."""
    parts = []
    left = MOST
    while left > 0 and (part := os.read(fd, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
