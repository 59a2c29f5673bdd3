"""Lines between processes: frames whole and in order, nobody waited for, strangers hung up on."""

import asyncio
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from flyball.machine.clock import AsyncWakeup
from flyball.machine.frames import MAX_FRAME
from flyball.machine.lines import OUTGOING, Line, Listening, Reaching, exchange
from flyball.machine.socket import SocketTaken

NS = 1_000_000_000


class Echo:
    """A server that sends back what it hears."""

    def __init__(self, path: str) -> None:
        self.heard: list[bytes] = []
        self.lines: list[Line] = []
        self.ended = 0
        self.listening = Listening(path, self.hear, self.gone)

    def hear(self, line: Line, frames: list[bytes]) -> None:
        self.heard += frames
        self.lines.append(line)
        for frame in frames:
            line.send(frame)

    def gone(self, line: Line) -> None:
        self.ended += 1


def go(tale: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(tale())  # type: ignore[arg-type]


async def frames(stream: Reaching, count: int) -> list[bytes]:
    got: list[bytes] = []
    while len(got) < count:
        assert await stream.arrival(5 * NS)
        got += stream.receive()
    return got


def test_frames_come_whole_and_in_order_and_the_line_opens_again(tmp_path: Path) -> None:
    path = f"{tmp_path}/run/x.sock"

    async def tale() -> None:
        wake = AsyncWakeup()
        stream = Reaching(path, wake)  # before anybody listens
        assert stream.number() == 0
        assert not stream.send(b"lost")
        echo = Echo(path)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        with pytest.raises(SocketTaken):
            Listening(path, echo.hear, echo.gone)
        assert await stream.arrival(5 * NS)
        sent = [bytes([n]) * size for n, size in enumerate((0, 1, 70_000, MAX_FRAME, 3))]
        assert all(stream.send(frame) for frame in sent)
        assert await frames(stream, len(sent)) == sent
        await wake.wait()  # it was set
        echo.listening.close()
        assert await stream.arrival(5 * NS)
        assert (stream.number(), echo.ended) == (0, 2)  # the one that found the place taken, and this
        again = Echo(path)
        while stream.number() == 0:
            assert await stream.arrival(5 * NS)
        assert stream.number() == 2
        assert stream.send(b"again")
        assert await frames(stream, 1) == [b"again"]
        assert not await stream.arrival(NS // 100)
        stream.close()
        again.listening.close()
        assert not os.path.exists(path)

    go(tale)


def test_who_does_not_read_loses_only_his_own_line(tmp_path: Path) -> None:
    path = f"{tmp_path}/run/x.sock"

    async def tale() -> None:
        echo = Echo(path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"\0\0\0\1a")
        while not echo.lines:
            await asyncio.sleep(0.001)
        (deaf,) = echo.lines
        begun = time.monotonic()
        sent = 0
        while deaf.send(b"x" * MAX_FRAME):
            sent += MAX_FRAME
            assert sent < 4 * OUTGOING, "it is held for ever"
        assert time.monotonic() - begun < 2, "it was waited for"
        assert echo.ended == 1
        stream = Reaching(path, AsyncWakeup())
        stream.send(b"b")
        assert await frames(stream, 1) == [b"b"]
        # a length no frame of ours has
        _, liar = await asyncio.open_unix_connection(path)
        liar.write(b"\xff\xff\xff\xff")
        while echo.ended < 2:
            await asyncio.sleep(0.001)
        stream.close()
        for one in (writer, liar):
            one.close()
        echo.listening.close()
        assert reader is not None

    go(tale)


def test_an_exchange_says_why_there_is_none(tmp_path: Path) -> None:
    path = f"{tmp_path}/run/x.sock"
    with pytest.raises(FileNotFoundError):
        exchange(path, b"?", NS)

    async def tale() -> None:
        echo = Echo(path)
        assert await asyncio.to_thread(exchange, path, b"hello", 5 * NS) == b"hello"
        echo.hear = lambda line, frames: None  # type: ignore[method-assign]
        echo.listening.close()
        silent = Listening(path, lambda line, frames: None, lambda line: None)
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(exchange, path, b"hello", NS // 10)
        silent.close()
        rude = Listening(path, lambda line, frames: line.close(), lambda line: None)
        with pytest.raises(ConnectionError):
            await asyncio.to_thread(exchange, path, b"hello", 5 * NS)
        rude.close()

    go(tale)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_hung_up_on() -> None:
    """Even where folder and socket let him in."""
    says = (
        "import os, socket, sys; os.setuid(int(sys.argv[2])); s = socket.socket(socket.AF_UNIX);"
        "s.settimeout(5); s.connect(sys.argv[1]); s.sendall(b'\\0\\0\\0\\1a'); print(s.recv(9))"
    )

    async def tale(folder: str) -> None:
        path = f"{folder}/x.sock"
        echo = Echo(path)
        os.chmod(folder, 0o755)
        os.chmod(path, 0o666)
        for uid, answer in ((0, b"\0\0\0\1a"), (65_534, b"")):
            words = [sys.executable, "-c", says, path, str(uid)]
            done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, timeout=30)
            said = done.stdout.strip()
            if uid == 0:
                assert said == repr(answer), done.stderr
            else:
                assert said == repr(answer) or "Connection" in done.stderr or "Broken pipe" in done.stderr
        assert echo.heard == [b"a"]
        echo.listening.close()

    with tempfile.TemporaryDirectory() as folder:
        go(lambda: tale(folder))
