"""Beside every bot: no bot outlives the governor, and no log outgrows its bound, whatever either of them
does.

Run by its path, with nothing but the standard library: `guard.py GROUP LOG_FD LOG`. Descriptor 0 is a
lifeline to the governor. If it ends without a farewell (one byte), the governor was killed, and the guard
kills the bot's whole process group; a bot that spins, ignores signals or has started programs of its own goes
with it. What the bot prints comes in on LOG_FD (-1: none) and goes to LOG, in two files of at most LOG_LIMIT
bytes each, LOG.1 being the older.
"""

import contextlib
import os
import select
import signal
import sys

LOG_LIMIT = 4 * 1024 * 1024
READ = 64 * 1024


class Log:
    """A log file that turns over."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open()

    def _open(self) -> None:
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._fd).st_size

    def write(self, data: bytes) -> None:
        """Append; a disk that refuses loses the bot's words and nothing else."""
        with contextlib.suppress(OSError):
            if self._size + len(data) > LOG_LIMIT:
                os.close(self._fd)
                os.replace(self._path, self._path + ".1")
                self._open()
            self._size += os.write(self._fd, data)


def watch(group: int, log_fd: int, log: Log | None) -> None:
    """Until the lifeline ends: copy what is printed. Then kill the group, unless the governor has taken its
    leave.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    if log_fd >= 0:
        os.set_blocking(log_fd, False)
        poll.register(log_fd, select.POLLIN)
    farewell = False
    while not farewell:
        ready = [fd for fd, _ in poll.poll()]
        if log_fd in ready and not _copy(log_fd, log):
            poll.unregister(log_fd)
            log_fd = -1
        if 0 in ready:
            farewell = _farewell()
            if not farewell:
                break
    if not farewell:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    if log_fd >= 0:
        for _ in range(LOG_LIMIT // READ):  # what was printed last is the most wanted
            if not _copy(log_fd, log):
                break


def _farewell() -> bool:
    try:
        return bool(os.read(0, 1))
    except OSError:
        return False


def _copy(fd: int, log: Log | None) -> bool:
    """One piece from the pipe to the log. False when there is none to come for now."""
    try:
        data = os.read(fd, READ)
    except BlockingIOError:
        return False
    if data and log is not None:
        log.write(data)
    return bool(data)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watch(int(sys.argv[1]), int(sys.argv[2]), Log(sys.argv[3]) if sys.argv[3] else None)
    os._exit(0)
