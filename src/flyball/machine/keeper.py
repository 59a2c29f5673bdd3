"""Whole files replaced on a thread of their own: a large snapshot holds up neither the loop nor the journal's
syncs.

A file that could not be written is given up, not tried again: a newer one comes anyway. On a disk that hangs
files wait, nobody else does.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from flyball.ports import Disk

NS: Final = 1_000_000_000

_Wanted = tuple[Disk, str, bytes, Callable[[], None]]


class ThreadKeeper:
    """`ports.Keeper` on a daemon thread, started with the first file."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Wanted] = deque()
        self._busy = False
        self._closed = False
        self._failed = ""
        self._thread: threading.Thread | None = None

    def replace(self, disk: Disk, path: str, data: bytes, then: Callable[[], None]) -> None:
        """Returns at once."""
        with self._changed:
            if self._closed:
                return
            self._waiting.append((disk, path, data, then))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="flyball-keep", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def failed(self) -> str:
        return self._failed

    def settle(self, timeout_ns: int) -> bool:
        until = time.monotonic_ns() + timeout_ns
        with self._changed:
            while self._waiting or self._busy:
                left = until - time.monotonic_ns()
                if left <= 0:
                    return False
                self._changed.wait(left / NS)
        return True

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                wanted = self._waiting.popleft()
                self._busy = True
            try:
                why = carry_out(*wanted)
            except Exception as error:  # noqa: BLE001  whatever it was, the thread lives on for the next file
                why = f"{type(error).__name__}: {error}"
            with self._changed:
                self._failed = why
                self._busy = False
                self._changed.notify_all()


class AtOnce:
    """`ports.Keeper` without a thread: for a disk that nobody waits for, and for tools."""

    def __init__(self) -> None:
        self._failed = ""

    def replace(self, disk: Disk, path: str, data: bytes, then: Callable[[], None]) -> None:
        self._failed = carry_out(disk, path, data, then)

    def failed(self) -> str:
        return self._failed

    def settle(self, timeout_ns: int) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""


def carry_out(disk: Disk, path: str, data: bytes, then: Callable[[], None]) -> str:
    """Write the file, then do what follows; why the disk refused, "" when it did not."""
    try:
        disk.mkdir(path.rpartition("/")[0])
        disk.replace(path, data)
        then()
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return ""
