"""A line between two processes of one owner: frames both ways on a private unix socket, kept open.

Nothing here ever waits on the loop: what the other side does not take is held up to a bound, and beyond it
the line is given up. `Reaching` opens its line again whenever it breaks, backing off. The socket has mode
0600 in a folder of mode 0700, and the system says who is at the other end (SO_PEERCRED).
"""

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from flyball.machine.frames import HEADER, Splitter, pack
from flyball.machine.socket import NS, _bind, _peer, _short
from flyball.ports import Wakeup

OUTGOING: Final = 4 << 20  # bytes held for a side that does not read
READ: Final = 256 << 10
FRAMES: Final = 1 << 20  # in one read: all there are
FIRST_WAIT: Final = 0.05  # seconds before a line is opened again ...
LONGEST_WAIT: Final = 2.0  # ... doubling up to this

Frames = list[bytes]


class Line:
    """One end of an open line, on the running loop. `hear` gets what arrives, `gone` is called once at its
    end."""

    def __init__(
        self, sock: socket.socket, hear: "Callable[[Line, Frames], None]", gone: "Callable[[Line], None]"
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._hear, self._gone = hear, gone
        self._splitter = Splitter()
        self._out = bytearray()
        self._loop = asyncio.get_running_loop()
        self.open = True
        self._loop.add_reader(sock, self._read)

    def send(self, frame: bytes) -> bool:
        """Hand over one frame without blocking; False when the line is over, or ends by this."""
        if not self.open:
            return False
        self._out += pack(frame)
        self._write()
        if len(self._out) > OUTGOING:
            self.close()
        return self.open

    def close(self) -> None:
        """The end of it. Harmless when it is over."""
        if not self.open:
            return
        self.open = False
        with suppress(RuntimeError):  # a loop that is closed listens to nothing any more
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
        self._sock.close()
        self._gone(self)

    def _read(self) -> None:
        try:
            data = self._sock.recv(READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._splitter.feed(data)
        try:
            frames = self._splitter.take(FRAMES)
        except ValueError:
            self.close()
            return
        if frames:
            self._hear(self, frames)

    def _write(self) -> None:
        try:
            while self._out:
                sent = self._sock.send(self._out)
                del self._out[:sent]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self.close()
            return
        if self._out:
            self._loop.add_writer(self._sock, self._write)
        else:
            self._loop.remove_writer(self._sock)


class Listening:
    """A server of lines on `path`. Every new line of the same owner is handed to `made`, which says who hears
    it and who learns of its end. Raises as `machine.socket.serve`."""

    def __init__(
        self,
        path: str,
        hear: Callable[[Line, Frames], None],
        gone: Callable[[Line], None],
    ) -> None:
        self._path = path
        self._hear, self._tell_gone = hear, gone
        self._lines: set[Line] = set()
        self._loop = asyncio.get_running_loop()
        self._sock = _bind(path)
        self._inode = os.lstat(path).st_ino
        self._loop.add_reader(self._sock, self._accept)

    def close(self) -> None:
        """Stop listening, end every line, remove the socket if it is still this one."""
        self._loop.remove_reader(self._sock)
        self._sock.close()
        with suppress(FileNotFoundError):
            if os.lstat(self._path).st_ino == self._inode:
                os.unlink(self._path)
        for line in list(self._lines):
            line.close()

    def _accept(self) -> None:
        try:
            conn, _ = self._sock.accept()
        except OSError:
            return
        if _peer(conn).uid not in (0, os.geteuid()):
            conn.close()
            return
        self._lines.add(Line(conn, self._hear, self._gone))

    def _gone(self, line: Line) -> None:
        self._lines.discard(line)
        self._tell_gone(line)


class Reaching:
    """`ports.Stream`: a line to the server on `path`, opened again whenever it breaks. `wake` is set whenever
    something arrives, the line opens or ends."""

    def __init__(self, path: str, wake: Wakeup) -> None:
        self._path = path
        self._wake = wake
        self._line: Line | None = None
        self._number = 0
        self._inbox: Frames = []
        self._arrived = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._wait = FIRST_WAIT
        self._later: asyncio.TimerHandle | None = None
        self._closed = False
        self._open()

    def number(self) -> int:
        """Which connection this is, 1, 2, ...; 0 while there is none."""
        return self._number if self._line is not None else 0

    def send(self, frame: bytes) -> bool:
        """Hand over one frame without blocking; False when there is no line."""
        return self._line is not None and self._line.send(frame)

    def receive(self) -> Frames:
        """What has arrived since the last time."""
        found, self._inbox = self._inbox, []
        return found

    async def arrival(self, timeout_ns: int) -> bool:
        """True as soon as something has arrived or the line has opened or ended; False after the time, real
        ns."""
        if self._inbox:
            return True
        self._arrived.clear()
        try:
            async with asyncio.timeout(max(timeout_ns, 0) / NS):
                await self._arrived.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self._closed = True
        if self._later is not None:
            self._later.cancel()
        if self._line is not None:
            self._line.close()

    def _open(self) -> None:
        self._later = None
        if self._closed:
            return
        try:
            self._line = Line(_reach(self._path, 0), self._hear, self._gone)
        except OSError:
            self._again()
            return
        self._number += 1
        self._wait = FIRST_WAIT
        self._news()

    def _hear(self, line: Line, frames: Frames) -> None:
        self._inbox += frames
        self._news()

    def _gone(self, line: Line) -> None:
        self._line = None
        self._news()
        self._again()

    def _again(self) -> None:
        if not self._closed and self._later is None:
            with suppress(RuntimeError):
                self._later = self._loop.call_later(self._wait, self._open)
            self._wait = min(2 * self._wait, LONGEST_WAIT)

    def _news(self) -> None:
        self._arrived.set()
        self._wake.set()


def exchange(path: str, frame: bytes, timeout_ns: int) -> bytes:
    """One frame there, the next one back, on a line of its own; waits. OSError (TimeoutError, too) when there
    is nobody, a stranger, or no answer in the time."""
    until = time.monotonic_ns() + timeout_ns
    with _reach(path, timeout_ns) as sock:
        sock.sendall(pack(frame))
        splitter = Splitter()
        while not (frames := splitter.take(1)):
            left = until - time.monotonic_ns()
            if left <= 0:
                raise TimeoutError(errno.ETIMEDOUT, f"no answer within {timeout_ns / NS:g} s", path)
            sock.settimeout(left / NS)
            data = sock.recv(HEADER + READ)
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "it hung up without an answer", path)
            splitter.feed(data)
        return frames[0]


def _reach(path: str, timeout_ns: int) -> socket.socket:
    """A connected socket; `timeout_ns` 0 = never wait."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_ns / NS)
        with _short(path) as short:
            sock.connect(short)
        if _peer(sock).uid not in (0, os.geteuid()) and os.geteuid() != 0:
            raise PermissionError(errno.EACCES, "another user listens there", path)
    except BaseException:
        sock.close()
        raise
    return sock
