"""One desk's pager put together: channels from `[alerts]` with their secrets from files, the journal's end,
the governor's socket, its own socket for `flyball alerts`, and Slack's door.

It is a process of its own that outlives the governor. A newer pager of the same desk takes over from an
older one.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from flyball.api.client import BadReply, GovernorNotReachable, GovernorSilent
from flyball.api.protocol import Reply, Request, read_reply, request_line
from flyball.compose.pager_socket import Asked, tell
from flyball.compose.places import KILL_FILE, PAGER_LOCK, PAGER_PULSE, PAGER_SOCKET, SOCKET
from flyball.config.effective import Effective
from flyball.config.settings import AROUND_THE_CLOCK, AlertSettings
from flyball.desk.alerts import kept
from flyball.desk.alerts.channel import Channel
from flyball.desk.alerts.door import Door
from flyball.desk.alerts.due import Policy
from flyball.desk.alerts.email import Email, MailBox
from flyball.desk.alerts.monitor import beat_to
from flyball.desk.alerts.page import Page
from flyball.desk.alerts.pager import Pager, World
from flyball.desk.alerts.silence import SILENT
from flyball.desk.alerts.slack import Slack
from flyball.desk.alerts.slash import SEEN, Slash
from flyball.desk.alerts.view import page_view, view
from flyball.desk.alerts.webhook import Webhook
from flyball.kernel.units import NS
from flyball.kernel.words import CRITICAL, INFO, WARNING
from flyball.machine.asking import exchange
from flyball.machine.chance import OsRandom
from flyball.machine.clock import AsyncWakeup, RealClock
from flyball.machine.disk import RealDisk, RealLock
from flyball.machine.hook import aside
from flyball.machine.killfile import lay, lies_at
from flyball.machine.newest import Newest
from flyball.machine.private import read_private
from flyball.machine.pulse import Pulse
from flyball.machine.socket import Peer, serve
from flyball.tables.calendar import OutOfTable, session_at

ANSWER_S: Final = 5.0
DISK_S: Final = 0.5  # for a kill file


class CannotPage(Exception):  # noqa: N818 - it says what is the case
    """The pager cannot start; the text says why and what to do."""


def policy_of(alerts: AlertSettings) -> Policy:
    """`[alerts]` as the pager obeys it."""
    return Policy(
        {CRITICAL: alerts.critical, WARNING: alerts.warning, INFO: alerts.info},
        alerts.channels(),
        alerts.escalate_after,
        alerts.repeat_every,
        alerts.resolve_after,
    )


def channels_of(
    folder: str, alerts: AlertSettings, now: Callable[[], int], find: Callable[[str], Page | None]
) -> list[Channel]:
    """The channels that are named, with their secrets. OSError (NotPrivate) when a secret's file is not
    there or not private."""
    made: list[Channel] = []
    for name in alerts.channels():
        if name == "email":
            mail = alerts.email
            password = secret(folder, mail.password_file).decode() if mail.password_file else ""
            made.append(
                Email(MailBox(mail.host, mail.port, mail.tls, mail.sender, mail.to, mail.user, password))
            )
        elif name == "webhook":
            made.append(Webhook(alerts.webhook.url, secret(folder, alerts.webhook.secret_file), now, find))
        else:
            token = secret(folder, alerts.slack.token_file).decode()
            made.append(Slack(token, alerts.slack.channel, alerts.slack.base_url))
    return made


def secret(folder: str, path: str) -> bytes:
    """A secret from its file, without the white space around it. OSError when it is not private; ValueError
    when it is empty."""
    found = read_private(str(Path(folder) / path)).strip()
    if not found:
        raise ValueError(f"{path}: is empty; write the secret into it")
    return found


def asker(
    folder: str, socket: str = SOCKET, seconds: float = ANSWER_S
) -> Callable[[Request], Awaitable[Reply]]:
    """What asks a governor and waits for its answer without holding up anything else."""

    async def ask(request: Request) -> Reply:
        try:
            return read_reply(await exchange(f"{folder}/{socket}", request_line(request), seconds))
        except (FileNotFoundError, ConnectionRefusedError, PermissionError) as error:
            raise GovernorNotReachable(f"no governor answers ({error.strerror})") from error
        except OSError as error:
            raise GovernorSilent(f"the governor does not answer ({error.strerror or error})") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadReply(f"the answer is none of this version: {error}") from error

    return ask


def calendar_of(config: Effective) -> Callable[[int], bool | None]:
    """Whether the market is open at a time; None where the tables do not reach."""
    if config.session.calendar == AROUND_THE_CLOCK:
        return lambda _: True

    def is_open(now: int) -> bool | None:
        try:
            return session_at(now) is not None
        except OutOfTable:
            return None

    return is_open


@dataclass
class Desk:
    """Where a pager works. `with_run`: it was started by `flyball run` and ends when that has ended
    cleanly."""

    folder: str
    config: Effective
    with_run: bool = False


async def page(desk: Desk, ready: Callable[[Pager], None] = lambda _: None) -> list[str]:
    """Run the desk's pager until SIGTERM, until another takes over or (with_run) until the governor has
    ended. What a person should know of it. CannotPage when it cannot start."""
    folder, alerts = str(Path(desk.folder).resolve()), desk.config.alerts
    disk = RealDisk(folder)
    disk.mkdir("run")
    lock = await _lock(disk, folder)
    clock, wake = RealClock(), AsyncWakeup()

    def find(name: str) -> Page | None:
        return pager.pages.all.get(name)

    try:
        channels = channels_of(folder, alerts, clock.now, find)
    except (OSError, ValueError) as error:
        lock.release()
        raise CannotPage(str(error)) from error
    pulse = pulse_of(folder)

    def sweep(now: int) -> None:
        """There is no door yet."""

    def went_round(now: int) -> None:
        if pulse is not None:
            pulse.beat(panicked=False)
        sweep(now)

    newest = Newest(lambda data: kept.save(disk, data))
    seen = Newest(lambda data: _write_seen(disk, data))
    world = World(
        disk,
        RealDisk(f"{folder}/{desk.config.journal.dir}"),
        clock,
        wake,
        OsRandom(),
        asker(folder),
        calendar_of(desk.config),
        newest.put,
        went_round,
        os.getpid(),
    )
    beat = beat_to(alerts.heartbeat_url) if alerts.heartbeat_url else None
    pager = Pager(
        world,
        policy_of(alerts),
        channels,
        silent_after=alerts.silent_after,
        heartbeat=beat,
        heartbeat_every=alerts.heartbeat_every,
    )
    server = await serve(f"{folder}/{PAGER_SOCKET}", _handler(pager), too_long=b'{"error":"too long"}\n')
    door = None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, pager.stop)
    try:
        door = await _door(folder, alerts, pager, disk, seen.put)
        sweep = door.sweep if door is not None else sweep
        ready(pager)
        await pager.run(with_run=desk.with_run)
    finally:
        if door is not None:
            await door.close()
        await server.close()
        newest.close()
        seen.close()
        lock.release()
    return pager.notes


def pulse_of(folder: str) -> Pulse | None:
    """The pager's own heartbeat, for who keeps it alive; None without a place for it."""
    try:
        return Pulse(f"{folder}/{PAGER_PULSE}")
    except OSError:
        return None


async def _lock(disk: RealDisk, folder: str) -> RealLock:
    """The desk's one pager: an older one is asked to leave first."""
    clock, wake = RealClock(), AsyncWakeup()
    until = clock.now() + 10 * NS
    while True:
        try:
            return disk.lock(PAGER_LOCK)
        except BlockingIOError:
            if clock.now() > until:
                raise CannotPage(
                    f"{folder}: another pager runs here and does not leave; end it first"
                ) from None
        with suppress(OSError, ValueError):
            await tell(folder, Asked("leave"))
        await clock.until(clock.now() + NS // 4, wake)


def _handler(pager: Pager) -> Callable[[bytes, Peer], Awaitable[bytes]]:
    async def handle(line: bytes, peer: Peer) -> bytes:
        try:
            asked = msgspec.json.decode(line, type=Asked)
            found = _answer(pager, asked, peer)
        except (msgspec.DecodeError, LookupError) as error:
            found = {"error": str(error)}
        return msgspec.json.encode(found) + b"\n"

    return handle


def _answer(pager: Pager, asked: Asked, peer: Peer) -> dict[str, object]:
    by = asked.by.strip()[:64] or f"uid {peer.uid}"
    if asked.what == "pages":
        return view(pager.gather(pager.world.clock.now()), running=True, unheard=pager.unheard)
    if asked.what == "page":
        return page_view(pager.pages.all[asked.page])
    if asked.what == "test":
        return page_view(pager.test(by))
    if asked.what == "ack":
        count = pager.pages.acknowledge(asked.page, by, pager.world.clock.now())
        pager.world.wake.set()
        return {"acknowledged": count}
    if asked.what == "landed":
        pager.landed = pager.world.clock.now()
        pager.pages.end(SILENT, "governor", pager.landed)
        pager.world.wake.set()
        return {"landed": True}
    if asked.what == "leave":
        pager.notes.append("a newer pager takes over")
        pager.stop()
        return {"leaving": True}
    raise LookupError(f"{asked.what!r} is nothing a pager understands")


def _write_seen(disk: RealDisk, data: bytes) -> None:
    disk.mkdir(SEEN.rpartition("/")[0])
    disk.replace(SEEN, data, private=True)


async def _door(
    folder: str, alerts: AlertSettings, pager: Pager, disk: RealDisk, keep: Callable[[bytes], Awaitable[str]]
) -> Door | None:
    """Slack's door, where a port is named."""
    if not alerts.slack.port:
        return None

    try:
        signing = secret(folder, alerts.slack.signing_secret_file)
    except (OSError, ValueError) as error:
        raise CannotPage(str(error)) from error
    slash = Slash(
        signing,
        {one: (name, role) for one, name, role in alerts.slack.users},
        disk,
        pager.world.clock.now,
        asker(folder, seconds=2.0),
        lambda why: (
            aside(lambda: lay(f"{folder}/{KILL_FILE}", why), DISK_S) and lies_at(f"{folder}/{KILL_FILE}")
        ),
        keep,
    )
    door = Door(slash, pager.refused)
    try:
        await door.open(alerts.slack.port)
    except OSError as error:
        raise CannotPage(
            f"alerts.slack.port = {alerts.slack.port}: {error.strerror}; choose another"
        ) from error
    return door
