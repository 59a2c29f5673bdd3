"""Asking over a real socket, and what each failure says about what has happened."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from flyball.api.client import BadReply, GovernorNotReachable, GovernorSilent, ask
from flyball.api.protocol import (
    BadRequest,
    Reply,
    Request,
    command_event,
    done,
    is_command,
    needs_secret,
    read_request,
    refuse,
    reply_line,
    too_long,
)
from flyball.api.secret import hashed, verify
from flyball.kernel.events import Command
from flyball.machine.chance import OsRandom
from flyball.machine.socket import Peer, connect, serve

SECRET = "K7QFM-2ZD8T-RX0VA-9GHJN"
SECOND = 10**9


class Governor:
    """The least that stands behind a socket: it checks the secret and notes the commands it was given."""

    def __init__(self) -> None:
        self.kept = hashed(SECRET, OsRandom())
        self.commands: list[Command] = []

    async def answer(self, line: bytes, peer: Peer) -> bytes:
        try:
            request = read_request(line)
        except BadRequest as error:
            return reply_line(error.reply())
        if needs_secret(request) and not request.secret:
            return reply_line(refuse("SECRET_NEEDED", "resume needs the operator secret; give --secret"))
        if needs_secret(request) and not verify(self.kept, request.secret):
            return reply_line(refuse("SECRET_WRONG", "not the operator secret set by `flyball init`"))
        if is_command(request):
            self.commands.append(command_event(request, ts=1, n=len(self.commands) + 1, uid=peer.uid))
            return reply_line(done())
        return reply_line(done({"state": "ACTIVE", "latches": []}))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "run" / "governor.sock")


def serving(
    path: str, answer: Callable[[bytes, Peer], Awaitable[bytes]], questions: Callable[[], None]
) -> None:
    async def main() -> None:
        server = await serve(path, answer, too_long=too_long())
        try:
            await asyncio.to_thread(questions)
        finally:
            await server.close()

    asyncio.run(main())


def test_tightening_needs_the_socket_loosening_the_secret_and_views_neither(path):
    governor = Governor()
    here = partial(connect, path)

    def code(request: Request) -> str:
        reply = ask(here, request)
        return reply.error.code if reply.error else "done"

    def questions() -> None:
        assert ask(here, Request(what="status")) == Reply(ok=True, data={"state": "ACTIVE", "latches": []})
        assert code(Request(what="panic")) == "done"
        assert code(Request(what="resume", by="ann")) == "SECRET_NEEDED"
        assert code(Request(what="resume", by="ann", secret="0" * 20)) == "SECRET_WRONG"
        assert code(Request(what="resume", secret=SECRET)) == "BAD_REQUEST"  # nobody named
        assert code(Request(what="resume", by="ann", secret=SECRET.lower())) == "done"
        assert code(Request(what="resumee")) == "UNKNOWN_WORD"

    serving(path, governor.answer, questions)
    said = [(c.what, c.by, c.uid, c.authority, c.n) for c in governor.commands]
    uid = os.geteuid()
    assert said == [("panic", f"uid {uid}", uid, "socket", 1), ("resume", "ann", uid, "secret", 2)]


def test_a_request_too_long_is_not_even_sent():
    with pytest.raises(ValueError, match="at most 65536 bytes"):
        ask(lambda: pytest.fail("connected"), Request(what="pause", reason="x" * 70_000))


def test_no_governor_here(path):
    with pytest.raises(GovernorNotReachable, match=r"no governor is running here .*flyball run") as error:
        ask(partial(connect, path), Request(what="panic"))
    assert error.value.exit_code == 3
    assert not isinstance(error.value, GovernorSilent)


def test_a_governor_that_died(path):
    os.makedirs(os.path.dirname(path), mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    with pytest.raises(GovernorNotReachable, match="is gone"):
        ask(partial(connect, path), Request(what="panic"))


def test_another_users_governor():
    def refused() -> object:
        raise PermissionError(13, "Permission denied", "/run/x")

    with pytest.raises(GovernorNotReachable, match="belongs to another user"):
        ask(refused, Request(what="panic"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "says"), [("panic", "panic may or may not have been done"), ("status", "try again")]
)
def test_a_governor_that_does_not_answer_leaves_the_doubt_said(path, what, says):
    async def silent(line: bytes, peer: Peer) -> bytes:
        await asyncio.sleep(30)
        return line

    def questions() -> None:
        with pytest.raises(GovernorSilent, match=says) as error:
            ask(partial(connect, path, SECOND // 5), Request(what=what))
        assert error.value.exit_code == 3

    serving(path, silent, questions)


@pytest.mark.parametrize("answer", [b"\n", b"hello\n", b'{"ok":true,"v":2}\n', b"\xff\n"])
def test_an_answer_of_something_else_is_no_answer(path: str, answer: bytes) -> None:
    async def stranger(line: bytes, peer: Peer) -> bytes:
        return answer

    def questions() -> None:
        with pytest.raises(BadReply, match="none of this version"):
            ask(partial(connect, path), Request(what="status"))

    serving(path, stranger, questions)
