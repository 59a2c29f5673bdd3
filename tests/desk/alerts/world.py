"""A desk with a real journal, real channels to real servers on loopback, and the pager as it is put
together for a user. Nothing here stands in for anything but the people.
"""

import asyncio
import email
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from flyball.compose.pager import Desk, page
from flyball.config.load import load
from flyball.desk.alerts.pager import Pager
from flyball.desk.alerts.webhook import ID, SIGNATURE, TIMESTAMP
from flyball.journal.codec import Record
from flyball.journal.log import Journal
from flyball.kernel.effects import Alert, DayStart, LatchChange
from flyball.kernel.events import Epoch
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.syncer import ThreadSyncer

NS = 1_000_000_000
SECRET = b"a secret of the hook"
TOKEN = "xoxb-not-a-real-token"
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Arrived:
    """One message as a server took it."""

    at: int
    id: str
    text: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass
class Servers:
    """An SMTP server, a webhook and a Slack, each of which can be told to fail."""

    mails: list[Arrived] = field(default_factory=list)
    hooks: list[Arrived] = field(default_factory=list)
    slacks: list[Arrived] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)  # what came to Slack's response_url
    asked: list[str] = field(default_factory=list)  # ids that came to the webhook, taken or not
    beats: list[int] = field(default_factory=list)
    hook_status: int = 200
    hook_hangs: float = 0.0
    slack_error: str = ""
    mail_port: int = 0
    http_port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content or b""
        found = email.message_from_bytes(content if isinstance(content, bytes) else content.encode())
        text = f"{found['Subject']}\n{found.get_payload()}"
        self.mails.append(Arrived(time.time_ns(), found["Message-ID"], text))
        return "250 taken"

    async def hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append(request.headers[ID])
        if self.hook_hangs:
            await asyncio.sleep(self.hook_hangs)
        if self.hook_status == 200:
            said = {name: request.headers[name] for name in (ID, TIMESTAMP, SIGNATURE)}
            told = {**json.loads(body), "headers": said, "raw": body}
            self.hooks.append(Arrived(time.time_ns(), said[ID], told["text"], told))
        return web.Response(status=self.hook_status)

    async def post_message(self, request: web.Request) -> web.Response:
        in_json = request.content_type == "application/json"
        form: dict[str, Any] = await request.json() if in_json else dict(await request.post())
        if self.slack_error:
            return web.json_response({"ok": False, "error": self.slack_error})
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        meta = form["metadata"]
        told = json.loads(meta) if isinstance(meta, str) else meta
        self.slacks.append(Arrived(time.time_ns(), told["event_payload"]["id"], str(form["text"])))
        return web.json_response({"ok": True, "ts": f"{len(self.slacks)}.0", "channel": "C1"})

    async def answer(self, request: web.Request) -> web.Response:
        self.answers.append(await request.json())
        return web.Response()

    async def beat(self, request: web.Request) -> web.Response:
        self.beats.append(time.time_ns())
        return web.Response()


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    """All three, listening."""
    all_of_them = Servers()
    smtp = await asyncio.get_running_loop().create_server(
        lambda: SMTP(all_of_them, hostname="localhost"), "127.0.0.1", 0
    )
    all_of_them.mail_port = smtp.sockets[0].getsockname()[1]
    app = web.Application()
    app.router.add_post("/hook", all_of_them.hook)
    app.router.add_post("/api/chat.postMessage", all_of_them.post_message)
    app.router.add_post("/answer", all_of_them.answer)
    app.router.add_get("/beat", all_of_them.beat)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    all_of_them.http_port = runner.addresses[0][1]
    try:
        yield all_of_them
    finally:
        smtp.close()
        await runner.cleanup()


def config_text(at: Servers, alerts: str, slack: str = "") -> str:
    """A desk's file: every channel is set up, `alerts` says which are used."""
    http = f"http://127.0.0.1:{at.http_port}"
    return f"""profile = "demo"
[account]
equity = "$100,000"
[journal]
segment_size = "1 MiB"
[feed]
file = "bars.csv"
[alerts]
{alerts}
[alerts.email]
host = "127.0.0.1"
port = {at.mail_port}
tls = "none"
sender = "flyball@example.com"
to = ["ann@example.com", "bob@example.com"]
[alerts.webhook]
url = "{http}/hook"
secret_file = "webhook.secret"
[alerts.slack]
token_file = "slack.token"
channel = "C1"
base_url = "{http}/api/"
{slack}
[strategy.one]
bot = "bot.py:Bot"
"""


def private(path: Path, text: bytes) -> None:
    path.write_bytes(text + b"\n")
    path.chmod(0o600)


@dataclass
class Book:
    """The journal of a desk, written as a governor would."""

    journal: Journal
    syncer: ThreadSyncer
    seq: int = 0

    def write(self, *records: Record) -> int:
        """The number of the last of them."""
        self.journal.append(records)
        self.seq += len(records)
        return self.seq

    def alert(self, name: str, severity: str = "critical", text: str = "", ts: int = 0) -> int:
        return self.write(Alert(ts or time.time_ns(), name, severity, text or f"{name} happened"))

    def latch(self, latch: str, action: str, scope: str = "account", severity: str = "critical") -> int:
        now = time.time_ns()
        change = LatchChange(now, latch, action, scope, "HALTED", "exits", "governor", "because", "operator")
        if action != "set":
            return self.write(change)
        return self.write(change, Alert(now, f"latch_{latch}", severity, f"{latch} set on {scope}: because"))

    def close(self) -> None:
        self.journal.close()
        self.syncer.close()


def epoch(number: int = 1, ts: int = 0) -> Epoch:
    return Epoch(ts or time.time_ns(), number, "1", 2, "main", "paper", "paper", "paper:x", "c0ffee", "")


def session(opens: int, closes: int) -> DayStart:
    return DayStart(time.time_ns(), 20260101, 0, 0, opens, closes, "XNYS")


@dataclass
class Place:
    """A desk's folder with a journal in it."""

    folder: Path
    at: Servers
    book: Book

    def config(self, alerts: str, slack: str = "") -> None:
        (self.folder / "flyball.toml").write_text(config_text(self.at, alerts, slack))

    @asynccontextmanager
    async def pager(self, alerts: str, slack: str = "") -> AsyncIterator[Pager]:
        """The desk's pager, running in this loop."""
        self.config(alerts, slack)
        loaded = load((self.folder / "flyball.toml").read_text())
        ready: asyncio.Future[Pager] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(page(Desk(str(self.folder), loaded), ready.set_result))
        both: set[asyncio.Future[Any]] = {task, ready}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        pager = ready.result()
        pager.policy = replace(pager.policy, spacing=NS // 10)
        try:
            yield pager
        finally:
            pager.stop()
            await task


@asynccontextmanager
async def place(folder: Path, first: Sequence[Record] | None = None) -> AsyncIterator[Place]:
    """A folder with secrets and a journal that has begun, and servers."""
    private(folder / "webhook.secret", SECRET)
    private(folder / "slack.token", TOKEN.encode())
    private(folder / "slack.signing", SIGNING.encode())
    syncer = ThreadSyncer()
    journal = Journal.create(RealDisk(str(folder / "journal")), syncer, OsRandom(), segment_bytes=1 << 20)
    book = Book(journal, syncer)
    book.write(*(first if first is not None else [epoch()]))
    try:
        async with servers() as at:
            yield Place(folder, at, book)
    finally:
        book.close()


async def until(what: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something to be so; fail when it is not."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(0.01)
