"""The operator's socket on the real system: whom it lets in, and that nobody can hold it up."""

import asyncio
import os
import resource
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flyball.machine.socket import (
    LINE,
    LONGEST,
    Peer,
    SocketServer,
    SocketTaken,
    SocketUnsafe,
    connect,
    serve,
)

TOO_LONG = b"too long\n"
SECOND = 10**9
NOBODY = 65534
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")


@pytest.fixture
def place() -> Iterator[str]:
    """A path for a socket; its folder lies where any user may walk."""
    folder = tempfile.mkdtemp(prefix="fb", dir="/tmp")
    os.chmod(folder, 0o755)
    yield f"{folder}/run/governor.sock"
    shutil.rmtree(folder)


async def echo(line: bytes, peer: Peer) -> bytes:
    return b"%d %d %d " % (peer.pid, peer.uid, peer.gid) + line


def run(path: str, body: Callable[[SocketServer], Awaitable[None]], **how) -> None:
    """Serve `echo` on `path` while `body` runs."""

    async def main() -> None:
        server = await serve(path, how.pop("handler", echo), too_long=TOO_LONG, **how)
        try:
            await asyncio.wait_for(body(server), 20)
        finally:
            await server.close()

    asyncio.run(main())


def ask(path: str, line: bytes = b"hello\n", timeout: int = 5 * SECOND) -> bytes:
    connection = connect(path, timeout)
    try:
        return connection.exchange(line)
    finally:
        connection.close()


def raw(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    sock.connect(path)
    return sock


def everything(sock: socket.socket) -> bytes:
    """What comes until the other end hangs up, softly or not."""
    found = b""
    while True:
        try:
            part = sock.recv(LINE)
        except ConnectionResetError:
            return found
        if not part:
            return found
        found += part


HELLO = b"%d %d %d hello\n" % (os.getpid(), os.geteuid(), os.getegid())


def test_a_line_in_and_a_line_out_with_the_sender_the_system_names(place):
    async def body(server: SocketServer) -> None:
        assert await asyncio.to_thread(ask, place) == HELLO

    run(place, body)


def test_the_place_is_the_owners_alone_and_is_cleared_away(place):
    async def body(server: SocketServer) -> None:
        assert stat.S_IMODE(os.stat(place).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(os.path.dirname(place)).st_mode) == 0o700
        assert os.listdir(os.path.dirname(place)) == ["governor.sock"]

    run(place, body)
    assert os.listdir(os.path.dirname(place)) == []


def test_two_clients_at_once(place):
    both = asyncio.Event()
    inside = 0

    async def meet(line: bytes, peer: Peer) -> bytes:
        nonlocal inside
        inside += 1
        if inside == 2:
            both.set()
        await both.wait()
        return line

    async def body(server: SocketServer) -> None:
        answers = await asyncio.gather(*(asyncio.to_thread(ask, place, b"%d\n" % i) for i in range(2)))
        assert answers == [b"0\n", b"1\n"]

    run(place, body, handler=meet)


def test_a_large_answer_arrives_whole(place):
    async def large(line: bytes, peer: Peer) -> bytes:
        return b"x" * 3_000_000 + b"\n"

    async def body(server: SocketServer) -> None:
        assert len(await asyncio.to_thread(ask, place)) == 3_000_001

    run(place, body, handler=large)


def test_silent_clients_time_out_and_hold_up_nobody(place):
    async def body(server: SocketServer) -> None:
        silent = [raw(place) for _ in range(5)]
        half = raw(place)
        half.sendall(b"half a line")
        begun = time.monotonic()
        assert await asyncio.to_thread(ask, place) == HELLO
        assert time.monotonic() - begun < 1.5
        for sock in (*silent, half):
            assert await asyncio.to_thread(everything, sock) == b""
            sock.close()
        assert 1.9 < time.monotonic() - begun < 6

    run(place, body, patience_ns=2 * SECOND)


def test_more_silent_clients_than_there_is_room_for_do_not_keep_an_operator_out(place):
    async def body(server: SocketServer) -> None:
        silent = [raw(place) for _ in range(50)]
        assert await asyncio.to_thread(ask, place) == HELLO
        assert await asyncio.to_thread(everything, silent[0]) == b""  # the oldest had to go
        silent[-1].sendall(b"hello\n")
        assert await asyncio.to_thread(everything, silent[-1]) == HELLO  # the newest may still speak
        for sock in silent:
            sock.close()

    run(place, body, most=4, patience_ns=60 * SECOND)


def test_a_client_that_takes_no_answer_holds_up_nobody(place):
    async def large(line: bytes, peer: Peer) -> bytes:
        return b"x" * 8_000_000 + b"\n" if line == b"large\n" else line

    async def body(server: SocketServer) -> None:
        deaf = raw(place)
        deaf.sendall(b"large\n")
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        assert await asyncio.to_thread(ask, place) == b"hello\n"
        assert time.monotonic() - begun < 1
        await asyncio.sleep(1.5)
        got = await asyncio.to_thread(everything, deaf)
        assert 0 < len(got) < 8_000_000  # it was given up
        deaf.close()

    run(place, body, handler=large, patience_ns=SECOND)


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff\n", b"\n", b"GET / HTTP/1.1\r\n\r\n", b"a" * (LINE - 1) + b"\n"]
)
def test_any_line_that_fits_goes_to_the_handler_as_it_is(place, garbage):
    async def body(server: SocketServer) -> None:
        def speak() -> bytes:
            with raw(place) as sock:
                sock.sendall(garbage)
                return everything(sock)

        first = garbage[: garbage.index(b"\n") + 1]
        assert (await asyncio.to_thread(speak)).endswith(b" " + first)
        assert await asyncio.to_thread(ask, place) == HELLO

    run(place, body)


@pytest.mark.parametrize("size", [LINE + 1, 2 * LINE, 3_000_000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_too_long_is_told_so_and_never_reaches_the_handler(place, size, end):
    asked: list[int] = []

    async def count(line: bytes, peer: Peer) -> bytes:
        asked.append(len(line))
        return line

    async def body(server: SocketServer) -> None:
        assert await asyncio.to_thread(ask, place, b"a" * size + end) == TOO_LONG
        assert asked == []
        assert await asyncio.to_thread(ask, place) == b"hello\n"

    run(place, body, handler=count)


def test_a_client_that_leaves_in_the_middle_harms_nobody(place):
    async def slow(line: bytes, peer: Peer) -> bytes:
        await asyncio.sleep(0.1)
        return b"x" * 1_000_000 + b"\n" if line == b"bye\n" else line

    async def body(server: SocketServer) -> None:
        for words in (b"", b"half", b"bye\n"):
            sock = raw(place)
            sock.sendall(words)
            sock.close()
        assert await asyncio.to_thread(ask, place) == b"hello\n"

    run(place, body, handler=slow)


def test_closing_ends_every_connection(place):
    async def main() -> None:
        server = await serve(place, echo, too_long=TOO_LONG)
        silent = raw(place)
        await asyncio.sleep(0.05)
        await asyncio.wait_for(server.close(), 5)
        await server.close()  # a second time is no harm
        assert await asyncio.to_thread(everything, silent) == b""
        silent.close()

    asyncio.run(main())


def test_only_one_listens_and_a_socket_left_behind_is_replaced(place):
    os.makedirs(os.path.dirname(place), mode=0o700)
    left = socket.socket(socket.AF_UNIX)
    left.bind(place)
    left.listen()
    left.close()  # as a killed process leaves it

    async def body(server: SocketServer) -> None:
        with pytest.raises(SocketTaken, match="already listens"):
            await serve(place, echo, too_long=TOO_LONG)
        assert await asyncio.to_thread(ask, place) == HELLO  # still the first

    run(place, body)


def test_closing_leaves_a_successors_socket_alone(place):
    async def body(server: SocketServer) -> None:
        os.unlink(place)
        second = await serve(place, echo, too_long=TOO_LONG)
        await server.close()
        assert await asyncio.to_thread(ask, place) == HELLO
        await second.close()

    run(place, body)


def test_what_is_no_socket_is_not_touched(place):
    os.makedirs(os.path.dirname(place), mode=0o700)
    Path(place).write_text("mine")
    with pytest.raises(SocketUnsafe, match="move it away"):
        run(place, lambda _: asyncio.sleep(0))
    assert Path(place).read_text() == "mine"
    with pytest.raises(ConnectionRefusedError):
        connect(place)


def test_an_open_folder_is_refused(place):
    os.makedirs(os.path.dirname(place))
    os.chmod(os.path.dirname(place), 0o750)
    with pytest.raises(SocketUnsafe, match="chmod 700"):
        run(place, lambda _: asyncio.sleep(0))


@root_only
def test_a_strangers_folder_is_refused(place):
    os.makedirs(os.path.dirname(place), mode=0o700)
    os.chown(os.path.dirname(place), NOBODY, NOBODY)
    with pytest.raises(SocketUnsafe):
        run(place, lambda _: asyncio.sleep(0))


AS_NOBODY = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sock = socket.socket(socket.AF_UNIX); sock.settimeout(5)
try:
    sock.connect(sys.argv[1])
    sock.sendall(b"hello\\n")
    print("told", sock.recv(100))
except OSError as error:
    print(type(error).__name__)
"""


def as_nobody(path: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-c", AS_NOBODY, path], check=False, capture_output=True, text=True, timeout=20
    )
    return (done.stdout + done.stderr).strip()


@root_only
def test_another_user_cannot_connect(place):
    asked: list[Peer] = []

    async def note(line: bytes, peer: Peer) -> bytes:
        asked.append(peer)
        return line

    async def body(server: SocketServer) -> None:
        assert await asyncio.to_thread(as_nobody, place) == "PermissionError"
        folder = os.path.dirname(place)
        os.chmod(folder, 0o755)
        assert await asyncio.to_thread(as_nobody, place) == "PermissionError"  # the socket's own mode
        os.chmod(place, 0o666)
        told = await asyncio.to_thread(as_nobody, place)  # and whoever comes through gets nothing
        assert told in ("told b''", "ConnectionResetError", "BrokenPipeError")
        assert asked == []
        assert await asyncio.to_thread(ask, place) == b"hello\n"

    run(place, body, handler=note)


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 200, 1000])
def test_a_long_path_is_no_hindrance(place, length):
    folder = os.path.dirname(place)
    while length - len(folder) - len("/g.sock") > 1:
        folder += "/" + "d" * min(100, length - len(folder) - len("/g.sock") - 1)
    path = f"{folder}/g.sock"
    assert abs(len(path) - length) <= 1
    os.makedirs(os.path.dirname(place), mode=0o700)

    async def body(server: SocketServer) -> None:
        assert await asyncio.to_thread(ask, path) == HELLO
        with pytest.raises(SocketTaken):
            await serve(path, echo, too_long=TOO_LONG)

    before = len(os.listdir("/proc/self/fd"))
    run(path, body)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_name_too_long_for_any_folder_is_told(place):
    path = f"{os.path.dirname(place)}/{'n' * 100}"
    with pytest.raises(OSError, match="at most 107 bytes; choose a shorter name"):
        run(path, lambda _: asyncio.sleep(0))
    with pytest.raises(OSError, match="at most 107 bytes"):
        connect(path)


def test_a_client_without_a_server(place):
    with pytest.raises(FileNotFoundError):
        connect(place)
    os.makedirs(os.path.dirname(place), mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(place)
    with pytest.raises(ConnectionRefusedError):
        connect(place)


def test_a_server_that_is_silent_or_hangs_up_ends_the_clients_wait(place):
    async def never(line: bytes, peer: Peer) -> bytes:
        await asyncio.sleep(30)
        return line

    async def body(server: SocketServer) -> None:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(ask, place, b"hello\n", SECOND // 4)
        assert 0.2 < time.monotonic() - begun < 2

    run(place, body, handler=never)

    async def nothing(line: bytes, peer: Peer) -> bytes:
        return b""

    async def hung_up(server: SocketServer) -> None:
        with pytest.raises(ConnectionResetError):
            await asyncio.to_thread(ask, place)

    run(place, hung_up, handler=nothing)


def test_an_answer_that_trickles_does_not_stretch_the_wait(place):
    os.makedirs(os.path.dirname(place), mode=0o700)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        server.listen()
        connection = connect(place, SECOND // 2)
        other, _ = server.accept()

        async def main() -> float:
            begun = time.monotonic()
            asking = asyncio.create_task(asyncio.to_thread(connection.exchange, b"hello\n"))
            while not asking.done():
                other.send(b".")
                await asyncio.sleep(0.05)
            with pytest.raises(TimeoutError):
                await asking
            return time.monotonic() - begun

        assert asyncio.run(main()) < 2
        connection.close()
        other.close()


def test_a_handler_that_raises_costs_one_answer_and_is_told(place):
    told: list[str] = []

    async def broken(line: bytes, peer: Peer) -> bytes:
        if line == b"break\n":
            raise RuntimeError("planted")
        return line

    async def body(server: SocketServer) -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: told.append(str(context["exception"]))
        )
        with pytest.raises(ConnectionResetError):
            await asyncio.to_thread(ask, place, b"break\n")
        assert await asyncio.to_thread(ask, place) == b"hello\n"
        assert told == ["planted"]

    run(place, body, handler=broken)


def test_without_descriptors_it_waits_and_goes_on(place):
    async def body(server: SocketServer) -> None:
        client = raw(place)
        spare = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(spare) + 1, hard))
        with suppress(OSError):
            while True:
                spare.append(os.open("/dev/null", os.O_RDONLY))
        with pytest.raises(OSError, match="Too many open files"):
            os.dup(0)
        begun = time.process_time()
        client.sendall(b"hello\n")
        await asyncio.sleep(0.3)
        spent = time.process_time() - begun
        for fd in spare:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert spent < 0.2  # it did not spin
        assert await asyncio.to_thread(everything, client) == HELLO
        client.close()

    run(place, body)
