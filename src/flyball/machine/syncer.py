"""Syncs on one thread of its own, so that a hanging disk holds up nothing but what waits for it.

Requests coalesce: while one sync runs, any number of requests for a file become one. A failed sync is never
tried again: the thread ends, `failed` says why for good, and nothing more becomes durable through it.
"""

import threading
import time
from collections import deque
from typing import Final

from flyball.ports import File, Wakeup

NS: Final = 1_000_000_000
CLOSE_S: Final = 1.0  # how long `close` waits for a thread that may hang
KEPT: Final = 1_000  # durations of syncs


class ThreadSyncer:
    """`ports.Syncer` on a daemon thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pending: dict[File, tuple[int, int]] = {}  # file -> oldest and newest token not yet synced
        self._top = 0  # the newest token a sync has covered
        self._done = 0
        self._failed = ""
        self._closed = False
        self._wake: Wakeup | None = None
        self._took: deque[int] = deque(maxlen=KEPT)
        self._thread = threading.Thread(target=self._run, name="flyball-sync", daemon=True)
        self._thread.start()

    def request(self, file: File, token: int) -> None:
        """Ask for one sync covering everything written to `file` so far; tokens rise. Nothing after a
        failure.
        """
        with self._changed:
            if self._failed or self._closed:
                return
            oldest, _ = self._pending.get(file, (token, token))
            self._pending[file] = (oldest, token)
            self._changed.notify_all()

    def done(self) -> int:
        """The highest token known durable: every request up to it has been carried out. Never blocks."""
        return self._done

    def failed(self) -> str:
        """Why syncing has ended for good, "" while it works. Never blocks."""
        return self._failed

    def wait(self, token: int, timeout_ns: int) -> bool:
        """True when `token` is durable within the time; False at once when syncing has failed."""
        until = time.monotonic_ns() + timeout_ns
        with self._changed:
            while self._done < token and not self._failed:
                left = until - time.monotonic_ns()
                if left <= 0:
                    return False
                self._changed.wait(left / NS)
            return self._done >= token

    def on_done(self, wake: Wakeup | None) -> None:
        """Set `wake` after every sync and after a failure."""
        self._wake = wake

    def took(self) -> tuple[int, ...]:
        """How long the newest syncs took, real nanoseconds, oldest first."""
        with self._changed:
            return tuple(self._took)

    def close(self) -> None:
        """Carry out what was asked for and end; a disk that hangs is waited for no longer than a second."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._pending and not self._closed:
                    self._changed.wait()
                if not self._pending:
                    return
                file = next(iter(self._pending))
                _, token = self._pending.pop(file)
            begun = time.monotonic_ns()
            why = _sync(file)
            with self._changed:
                self._took.append(time.monotonic_ns() - begun)
                if why:
                    self._failed = why
                    self._pending.clear()
                else:
                    self._top = max(self._top, token)
                    behind = min((oldest for oldest, _ in self._pending.values()), default=self._top + 1)
                    self._done = max(self._done, min(self._top, behind - 1))
                self._changed.notify_all()
            if self._wake is not None:
                self._wake.set()
            if why:
                return


def _sync(file: File) -> str:
    """Why the sync failed, "" when it did not."""
    try:
        file.sync()
    except Exception as error:  # noqa: BLE001  whatever it was, nobody may believe the file durable
        return f"{type(error).__name__}: {error}"
    return ""
