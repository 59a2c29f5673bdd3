"""From Slack: signed, fresh, once, by somebody who may; a panic gets through even where no governor
answers, and nothing loosens."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from flyball.api.protocol import Reply, Request, done, read_request, reply_line, too_long
from flyball.compose.places import KILL_FILE, SOCKET
from flyball.desk.alerts.slash import SEEN, NotHis, Slash
from flyball.machine.disk import RealDisk
from flyball.machine.socket import Peer, serve
from tests.desk.alerts.world import NS, SIGNING, Place, free_port, place, until

NOW = 1_531_420_618 * NS  # the example of Slack's own page


def signed(body: bytes, at: int, secret: str = SIGNING) -> tuple[str, str]:
    """Timestamp and signature as Slack sends them."""
    stamp = str(at // NS)
    made = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    return stamp, f"v0={made}"


def form(command: str = "/panic", user: str = "U0ANN", text: str = "it buys", answer: str = "") -> bytes:
    return urlencode({"command": command, "user_id": user, "text": text, "response_url": answer}).encode()


async def nobody(_: Request) -> Reply:
    raise AssertionError("nothing is asked here")


def slash(folder: Path, now: Callable[[], int] = lambda: NOW) -> Slash:
    users = {"U0ANN": ("ann", "operator"), "U0VIC": ("vic", "viewer"), "U0APP": ("app", "approver")}
    disk = RealDisk(str(folder))

    async def keep(data: bytes) -> str:
        with suppress(OSError):
            disk.mkdir("alerts")
            disk.replace(SEEN, data, private=True)
        return ""

    return Slash(SIGNING.encode(), users, disk, now, nobody, lambda _: True, keep)


def test_the_example_of_slacks_own_page_is_right(tmp_path):
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    with pytest.raises(NotHis, match="unknown user"):  # so the signature was right
        slash(tmp_path).read(body, "1531420618", signature)


@pytest.mark.parametrize(
    ("user", "command", "allowed"),
    [
        ("U0ANN", "/panic", True),
        ("U0APP", "/panic", True),
        ("U0VIC", "/panic", False),
        ("U0VIC", "/status", True),
        ("U0ANN", "/status", True),
        ("U0NEW", "/status", False),
        ("", "/panic", False),
        *(("U0APP", f"/{what}", False) for what in ("resume", "clear", "approve", "resolve", "", "panic x")),
    ],
)
def test_who_may_say_what_and_nothing_loosens(tmp_path, user, command, allowed):
    body = form(command, user)
    if allowed:
        word = slash(tmp_path).read(body, *signed(body, NOW))
        assert "/" + word.what == command
        assert word.by.startswith("slack:")
    else:
        with pytest.raises(NotHis):
            slash(tmp_path).read(body, *signed(body, NOW))


@pytest.mark.parametrize(
    ("off", "allowed"), [(0, True), (300, True), (-300, True), (301, False), (-301, False), (10**9, False)]
)
def test_a_request_has_five_minutes(tmp_path, off, allowed):
    body = form()
    stamp, signature = signed(body, NOW - off * NS)
    if allowed:
        assert slash(tmp_path).read(body, stamp, signature).text == "it buys"
    else:
        with pytest.raises(NotHis):
            slash(tmp_path).read(body, stamp, signature)


@pytest.mark.parametrize(
    ("stamp", "signature"),
    [
        ("", ""),
        ("1531420618", ""),
        ("1531420618", "v0="),
        ("1531420618", "v0=" + "0" * 64),
        ("1531420618", "v0=ü"),
        ("nan", "v0=" + "0" * 64),
        ("-1", "v0=" + "0" * 64),
        ("9" * 40, "v0=" + "0" * 64),
    ],
)
def test_what_is_not_signed_is_refused(tmp_path, stamp, signature):
    with pytest.raises(NotHis):
        slash(tmp_path).read(form(), stamp, signature)


def test_a_changed_body_or_another_secret_is_refused(tmp_path):
    body = form()
    stamp, signature = signed(body, NOW)
    with pytest.raises(NotHis, match="signature"):
        slash(tmp_path).read(form(user="U0APP"), stamp, signature)
    with pytest.raises(NotHis, match="signature"):
        slash(tmp_path).read(body, *signed(body, NOW, "another"))


def test_the_same_request_is_taken_once_after_a_restart_too(tmp_path):
    body = form()
    stamp, signature = signed(body, NOW)
    first = slash(tmp_path)
    first.read(body, stamp, signature)
    asyncio.run(first.remember())
    with pytest.raises(NotHis, match="before"):
        slash(tmp_path).read(body, stamp, signature)  # made anew, from the file
    assert (tmp_path / SEEN).stat().st_mode & 0o077 == 0


def test_a_disk_that_refuses_keeps_nobody_from_tightening(tmp_path):
    (tmp_path / "alerts").write_text("no folder")
    body = form()
    one = slash(tmp_path)
    assert one.read(body, *signed(body, NOW)).what == "panic"
    asyncio.run(one.remember())


@pytest.mark.parametrize("kept", ["half", "a folder"])
def test_what_was_seen_and_cannot_be_read_keeps_nobody_from_tightening(tmp_path, kept):
    (tmp_path / "alerts").mkdir()
    (tmp_path / SEEN).mkdir() if kept == "a folder" else (tmp_path / SEEN).write_text('{"v0=')
    body = form()
    assert slash(tmp_path).read(body, *signed(body, NOW)).what == "panic"


@asynccontextmanager
async def governor(folder: Path, asked: list[Request]) -> AsyncIterator[None]:
    """Something that listens where a governor does, and says done."""

    async def handle(line: bytes, _: Peer) -> bytes:
        request = read_request(line)
        asked.append(request)
        return reply_line(
            done({"trading_state": "HALTED", "equity": "99000", "latches": [], "positions": []})
        )

    server = await serve(str(folder / SOCKET), handle, too_long=too_long())
    try:
        yield
    finally:
        await server.close()


async def post(port: int, body: bytes, stamp: str, signature: str) -> tuple[int, str, float]:
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    began = time.monotonic()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/slack", data=body, headers=headers) as answer,
    ):
        return answer.status, (await answer.json())["text"], time.monotonic() - began


def opened(tmp_path: Path, story: Callable[[Place, int], object]) -> None:
    async def go() -> None:
        async with place(tmp_path) as desk:
            port = free_port()
            slack = f"""port = {port}
signing_secret_file = "slack.signing"
[alerts.slack.users]
U0ANN = "ann operator"
U0VIC = "vic viewer"
"""
            async with desk.pager('critical = ["webhook"]\nwarning = ["webhook"]', slack):
                await story(desk, port)  # type: ignore[misc]

    asyncio.run(go())


def test_panic_gets_to_the_governor_under_the_name_of_who_said_it(tmp_path):
    async def story(desk: Place, port: int) -> None:
        asked: list[Request] = []
        async with governor(desk.folder, asked):
            body = form(answer=f"http://127.0.0.1:{desk.at.http_port}/answer")
            status, text, took = await post(port, body, *signed(body, time.time_ns()))
            assert (status, took < 3) == (200, True)
            assert "slack:ann" in text
            await until(lambda: desk.at.answers)
        panics = [one for one in asked if one.what == "panic"]
        assert [(one.by, one.reason, one.args["cancel_only"]) for one in panics] == [
            ("slack:ann", "it buys", "no")
        ]
        assert "Panic is set" in desk.at.answers[0]["text"]
        assert not (desk.folder / KILL_FILE).exists()

    opened(tmp_path, story)


def test_panic_without_a_governor_makes_the_kill_file_and_says_so(tmp_path):
    async def story(desk: Place, port: int) -> None:
        body = form(answer=f"http://127.0.0.1:{desk.at.http_port}/answer")
        assert (await post(port, body, *signed(body, time.time_ns())))[0] == 200
        await until(lambda: desk.at.answers)
        assert "kill file" in desk.at.answers[0]["text"]
        assert (desk.folder / KILL_FILE).read_text() == "slack:ann: it buys\n"

    opened(tmp_path, story)


def test_what_is_refused_is_paged_once_and_tells_the_sender_nothing(tmp_path):
    async def story(desk: Place, port: int) -> None:
        good = form("/panic", "U0VIC")
        for body, (stamp, signature) in [
            (form(), ("1", "v0=00")),
            (good, signed(good, time.time_ns())),
            (form(), ("", "")),
        ]:
            status, text, _ = await post(port, body, stamp, signature)
            assert (status, text) == (403, "Not done.")
        await until(lambda: desk.at.hooks)
        await asyncio.sleep(0.3)
        assert json.dumps([hook.body["pages"] for hook in desk.at.hooks]).count("slack_refused") == 1
        assert not (desk.folder / KILL_FILE).exists()

    opened(tmp_path, story)
