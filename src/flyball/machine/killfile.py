"""The kill file: whether it is there. Its existence alone counts, whatever it is and whatever is in it.

A thread of its own looks five times a second, so that a disk that hangs holds up no loop and a loop that is
busy misses no file. What cannot be told (an error other than absence) changes nothing.
"""

import fcntl
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the sentinel uses this module too, and nothing of the kernel
    from flyball.ports import Wakeup

EVERY_S: Final = 0.2


def lies_at(path: str, before: bool = False) -> bool:
    """Whether anything has this name, a dangling link too; `before` when that cannot be told."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return before
    return True


def lay(path: str, why: str = "") -> bool:
    """Put a kill file down, with a reason for people if the disk takes it; False when the disk refuses."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    except OSError:
        return lies_at(path)
    try:
        if why:
            with suppress(OSError):
                os.write(fd, why.encode() + b"\n")
    finally:
        os.close(fd)
    return True


def put_note(path: str, text: str) -> bool:
    """Replace a small file of its owner's alone, whole or not at all, without waiting for the disk; False
    when it refuses."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            os.unlink(f"{path}.new")  # perhaps left with another mode
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(f"{path}.new", flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(f"{path}.new", path)
    except OSError:
        return False
    return True


def only_one(path: str) -> bool:
    """Hold a lock until this process ends; False when another process holds it. True when it cannot be had at
    all: who watches may not fail for want of a disk.
    """
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return False
    except OSError:
        return True
    return True


class KillFileWatch:
    """`ports.KillFile` on a daemon thread. It has looked once when it is made."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._there = lies_at(path)
        self._wake: Wakeup | None = None
        self._over = threading.Event()
        threading.Thread(target=self._run, name="flyball-kill-file", daemon=True).start()

    def there(self) -> bool:
        """As of the last look. Never blocks."""
        return self._there

    def on_seen(self, wake: "Wakeup | None") -> None:
        """Set `wake` when it appears."""
        self._wake = wake

    def close(self) -> None:
        """Look no more. A look that hangs is not waited for."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            before, self._there = self._there, lies_at(self.path, self._there)
            if self._there and not before and self._wake is not None:
                with suppress(Exception):  # the loop may be gone
                    self._wake.set()
