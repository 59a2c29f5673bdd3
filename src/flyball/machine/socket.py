"""A unix socket for its owner alone: one line in, one line out, then closed. Who is slow, silent or mad loses
only his own connection.

The socket has mode 0600 in a folder of mode 0700, and the system says who is at the other end (SO_PEERCRED).
Linux only.
"""

import asyncio
import errno
import os
import socket
import stat
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

NS: Final = 1_000_000_000
LINE: Final = 64 << 10  # bytes of a request, its newline included
REPLY: Final = 16 << 20
PATIENCE: Final = 5 * NS  # for a client to send its line, and again to take the answer
MOST: Final = 32  # connections at once; one more ends the oldest that is not being answered
LONGEST: Final = 107  # bytes of a path the system takes
_CREDENTIALS: Final = struct.Struct("iII")


@dataclass(frozen=True)
class Peer:
    """Who is at the other end, as the system says it."""

    pid: int
    uid: int
    gid: int


class SocketTaken(OSError):  # noqa: N818 - it says what is the case
    """Somebody listens on this path already."""


class SocketUnsafe(OSError):  # noqa: N818 - it says what is the case
    """The place is not the owner's alone, or something else is there."""


Handler = Callable[[bytes, Peer], Awaitable[bytes]]


class SocketServer:
    """A listening socket in the running loop. Made by `serve`."""

    def __init__(
        self, path: str, handler: Handler, too_long: bytes, line: int, patience_s: float, most: int
    ) -> None:
        self.path = path
        self._handler = handler
        self._too_long = too_long
        self._line = line
        self._patience_s = patience_s
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[asyncio.Task[None], socket.socket] = {}
        self._idle: dict[asyncio.Task[None], None] = {}  # those not being answered, oldest first
        self._allowed = (0, os.geteuid())
        self._sock = _bind(path)
        self._inode = os.lstat(path).st_ino
        self._watch()

    async def close(self) -> None:
        """Stop listening, end every connection, remove the socket if it is still this one."""
        if self._sock.fileno() < 0:
            return
        self._loop.remove_reader(self._sock)
        self._sock.close()
        with suppress(FileNotFoundError):
            if os.lstat(self.path).st_ino == self._inode:
                os.unlink(self.path)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _watch(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        try:
            conn, _ = self._sock.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:  # no descriptors left: it would be ready again at once, for ever
            self._loop.remove_reader(self._sock)
            self._loop.call_later(0.1, self._watch)
            return
        conn.setblocking(False)
        if len(self._idle) >= self._most:
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            oldest.cancel()
        task = self._loop.create_task(self._serve(conn))
        self._tasks[task] = conn
        self._idle[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task).close()
        self._idle.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler(
                {"message": "a handler raised", "exception": error, "task": task}
            )

    async def _serve(self, conn: socket.socket) -> None:
        task = asyncio.current_task()
        assert task is not None
        peer = _peer(conn)
        if peer.uid not in self._allowed:
            return
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self._patience_s):
                line = await self._read(conn)
            if not line:
                return
            answer = self._too_long
            if len(line) <= self._line:
                self._idle.pop(task, None)  # from here on nobody ends it
                answer = await self._handler(line, peer)
                self._idle[task] = None
            async with asyncio.timeout(self._patience_s):
                await self._loop.sock_sendall(conn, answer)

    async def _read(self, conn: socket.socket) -> bytes:
        """The first line; b"" when there is none; more than `line` bytes when it is too long."""
        found = bytearray()
        while (end := found.find(b"\n")) < 0 and len(found) <= self._line:
            part = await self._loop.sock_recv(conn, LINE)
            if not part:
                return b""
            found += part
        return bytes(found[: end + 1] if end >= 0 else found)


async def serve(
    path: str,
    handler: Handler,
    *,
    too_long: bytes,
    line: int = LINE,
    patience_ns: int = PATIENCE,
    most: int = MOST,
) -> SocketServer:
    """Listen on `path`: each line goes to `handler` with its sender, and what that returns goes back.

    `too_long` answers a line of more than `line` bytes. A handler that raises costs its client the answer and
    is told to the loop. A socket left behind by a dead process is replaced. Raises SocketTaken, SocketUnsafe,
    or OSError when the place cannot be made or its path is too long.
    """
    return SocketServer(path, handler, too_long, line, patience_ns / NS, most)


class Connection:
    """A blocking connection to a server, good for one exchange."""

    def __init__(self, sock: socket.socket, timeout_ns: int) -> None:
        self._sock = sock
        self._timeout_ns = timeout_ns

    def exchange(self, line: bytes) -> bytes:
        """Send a line, return the answer. TimeoutError: it took too long; OSError: it broke off."""
        until = time.monotonic_ns() + self._timeout_ns
        unsent: OSError | None = None
        try:
            self._wait_until(until)
            self._sock.sendall(line)
        except (BrokenPipeError, ConnectionResetError) as error:
            unsent = error  # a server that has read enough may have answered all the same
        found = bytearray()
        while not found.endswith(b"\n"):
            self._wait_until(until)
            part = self._sock.recv(LINE)
            if not part:
                raise unsent or ConnectionResetError(errno.ECONNRESET, "it hung up without an answer")
            found += part
            if len(found) > REPLY:
                raise OSError(errno.EMSGSIZE, f"the answer is longer than {REPLY} bytes")
        return bytes(found)

    def _wait_until(self, until: int) -> None:
        left = until - time.monotonic_ns()
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, f"no answer within {self._timeout_ns / NS:g} s")
        self._sock.settimeout(left / NS)

    def close(self) -> None:
        self._sock.close()


def connect(path: str, timeout_ns: int = PATIENCE) -> Connection:
    """A connection to the server on `path`. OSError: there is none. PermissionError: it is a stranger's."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_ns / NS)
        with _short(path) as short:
            try:
                sock.connect(short)
            except OSError as error:
                raise type(error)(error.errno, error.strerror or str(error), path) from None
        if _peer(sock).uid not in (0, os.geteuid()) and os.geteuid() != 0:
            raise PermissionError(errno.EACCES, "another user listens there", path)
    except BaseException:
        sock.close()
        raise
    return Connection(sock, timeout_ns)


def _bind(path: str) -> socket.socket:
    """A bound socket of mode 0600 under `path`, put there in one step."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, mode=0o700, exist_ok=True)
    place = os.stat(folder)
    if place.st_uid != os.geteuid() or place.st_mode & 0o077:
        raise SocketUnsafe(errno.EPERM, "others may enter the folder of the socket; `chmod 700` it", folder)
    _refuse_taken(path)
    new = f"{path}.{os.getpid()}"
    with suppress(FileNotFoundError):
        os.unlink(new)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with _short(new) as short:
            sock.bind(short)
        os.chmod(new, 0o600)
        sock.listen(128)  # before it is found under its name: nobody meets it deaf
        os.rename(new, path)
    except BaseException:
        sock.close()
        with suppress(OSError):
            os.unlink(new)
        raise
    return sock


def _refuse_taken(path: str) -> None:
    """Raise unless nothing is at `path`, or a socket nobody listens on."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise SocketUnsafe(errno.EEXIST, "something else has the name of the socket; move it away", path)
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            with _short(path) as short:
                probe.connect(short)
        except ConnectionRefusedError:
            return  # left behind: the process that listened is gone
        except BlockingIOError:
            pass  # somebody listens and is busy
    raise SocketTaken(errno.EADDRINUSE, "a governor already listens there; stop it first", path)


@contextmanager
def _short(path: str) -> Iterator[str]:
    """A name for `path` that the system takes: a long one goes through an open descriptor of its folder."""
    if len(os.fsencode(path)) <= LONGEST:
        yield path
        return
    folder, name = os.path.split(path)
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        short = f"/proc/self/fd/{fd}/{name}"
        if len(os.fsencode(short)) > LONGEST or not os.path.isdir("/proc/self/fd"):
            what = f"a socket's path has at most {LONGEST} bytes; choose a shorter name or folder"
            raise OSError(errno.ENAMETOOLONG, what, path)
        yield short
    finally:
        os.close(fd)


def _peer(sock: socket.socket) -> Peer:
    return Peer(
        *_CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    )
