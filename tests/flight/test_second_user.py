"""Another user of the machine can do nothing to a governor; a bot under the governor's own user can stop
trading, and cannot start it again.

Both are tried on a real desk with a real governor in real time. The other user is a child of this test that
has given up being root: only root can make one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flyball.api.client import GovernorNotReachable, ask
from flyball.api.protocol import SECRET_NEEDED, SECRET_WRONG, Reply, Request
from flyball.compose.places import SECRET_FILE, SOCKET
from flyball.machine.socket import connect

FLYBALL = str(Path(sys.executable).parent / "flyball")
OTHER = 12_002  # a user id that nobody has
DENIED = (PermissionError, GovernorNotReachable)
BOT = """
from flyball.bots import Intent

class Bot:
    def __init__(self):
        self.asked = False

    def on_mark(self, mark):
        if mark.last and not self.asked:
            self.asked = True
            return Intent(mark.symbol, "buy", qty=5)
"""


@dataclass
class Desk:
    folder: Path
    secret: str
    governor: "subprocess.Popen[bytes]"

    def say(self, what: str, *, secret: str = "", **args: str) -> Reply:
        request = Request(what=what, args=args, by="mallory", reason="trying", secret=secret)
        return ask(lambda: connect(str(self.folder / SOCKET)), request)

    def latches(self) -> list[dict[str, Any]]:
        found = self.say("status").data["latches"]
        assert isinstance(found, list)
        return found


def bars() -> str:
    rows = ["time,symbol,open,high,low,close,volume"]
    for n in range(31, 271):
        at = f"2016-04-15T{13 + n // 60:02}:{n % 60:02}:00Z"
        rows.append(f"{at},AAA,100.00,100.05,99.95,100.0{n % 3},1000")
    return "\n".join(rows) + "\n"


def flyball(*args: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [FLYBALL, *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@contextmanager
def flying() -> Iterator[Desk]:
    """A desk where anybody may walk up to the door: only its own modes protect it."""
    place = Path(tempfile.mkdtemp(prefix="fly"))
    place.chmod(0o755)
    before = os.umask(0o022)
    governor = None
    try:
        (place / "bars.csv").write_text(bars(), encoding="utf-8")
        made = flyball("init", "desk", "--profile", "demo", "--data", "bars.csv", cwd=place)
        assert made.returncode == 0, made.stdout + made.stderr
        desk = place / "desk"
        (desk / "bot.py").write_text(BOT, encoding="utf-8")
        (desk / "bars.csv").write_text(bars(), encoding="utf-8")
        config = desk / "flyball.toml"
        config.write_text(config.read_text().replace("[feed]", '[feed]\nstamp = "end"'), encoding="utf-8")
        command = [FLYBALL, "run", "--config", "flyball.toml", "--pace", "60x"]
        governor = subprocess.Popen(command, cwd=desk, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        found = Desk(desk, secret_in(made.stdout + made.stderr), governor)
        _until(lambda: _answers(found), governor)
        yield found
    finally:
        os.umask(before)
        if governor is not None:
            governor.kill()
            governor.communicate()
        shutil.rmtree(place, ignore_errors=True)


def secret_in(told: str) -> str:
    """The operator secret that `init` shows once."""
    words = [w.strip(".,:") for w in told.split()]
    return next(w for w in words if len(w) == 23 and w.count("-") == 3)


def _answers(desk: Desk) -> bool:
    try:
        return bool(desk.say("status").data["positions"])
    except GovernorNotReachable:
        return False


def _until(done: Callable[[], bool], governor: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + 30
    while not done():
        if governor.poll() is not None:
            raise AssertionError(f"the governor has ended: {governor.communicate()}")
        assert time.monotonic() < limit, "not within 30 s"
        time.sleep(0.05)


def as_another(what: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What `what` tells when another user does it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        told: dict[str, Any]
        try:
            os.setgroups([])
            os.setgid(OTHER)
            os.setuid(OTHER)
            told = what()
        except BaseException as fault:
            told = {"the test itself": f"failed: {fault!r}"}
        os.write(write, json.dumps(told).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = json.loads(pipe.read())
    os.waitpid(child, 0)
    return {str(name): str(how) for name, how in told.items()}


def outcome(act: Callable[[], object]) -> str:
    try:
        return f"done: {act()!r}"[:200]
    except DENIED:
        return "denied"


def kept(desk: Path) -> list[Path]:
    """Every file that holds something of the account, of the journal or of a secret."""
    theirs = [p for p in sorted(desk.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    return [p for p in theirs if p.name not in ("flyball.toml", "bot.py", "bars.csv", "README.md")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_reads_nothing_says_nothing_and_stops_nothing() -> None:
    with flying() as desk:
        files = kept(desk.folder)
        names = {p.relative_to(desk.folder).parts[0] for p in files}
        assert {SECRET_FILE, "journal", "paper.broker"} <= names, names
        pid = desk.governor.pid

        def tries() -> dict[str, str]:
            told = {f"read {p}": outcome(p.read_bytes) for p in files}
            for what in ("status", "pause", "panic", "resume"):
                told[f"say {what}"] = outcome(lambda what=what: desk.say(what, secret=desk.secret))  # type: ignore[misc]
            told["say clear"] = outcome(lambda: desk.say("clear", latch="L4", secret=desk.secret))
            told["put a file there"] = outcome(lambda: (desk.folder / "PANIC").write_text("x"))
            told["change the limits"] = outcome(lambda: (desk.folder / "flyball.toml").write_text("x"))
            told["change the bot"] = outcome(lambda: (desk.folder / "bot.py").write_text("x"))
            told["take the secret away"] = outcome((desk.folder / SECRET_FILE).unlink)
            told["stop the process"] = outcome(lambda: os.kill(pid, signal.SIGSTOP))
            told["its environment"] = outcome(Path(f"/proc/{pid}/environ").read_bytes)
            told["its memory"] = outcome(lambda: os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY)))
            return told

        told = as_another(tries)
        assert len(told) > 12
        assert {name: how for name, how in told.items() if how != "denied"} == {}
        status = desk.say("status").data
        assert status["latches"] == []


def test_a_bot_under_the_same_user_can_tighten_and_not_loosen() -> None:
    """It knows the socket, and every file of the desk; what it does not know is the secret, of which only a
    hash is kept."""
    with flying() as desk:
        for path in kept(desk.folder):
            with suppress(FileNotFoundError):
                assert desk.secret.encode() not in path.read_bytes(), path
        assert desk.say("freeze", scope="account").ok
        hashed = (desk.folder / SECRET_FILE).read_text(encoding="utf-8").strip()
        for secret, code in (("", SECRET_NEEDED), (hashed[:64], SECRET_WRONG)):
            reply = desk.say("clear", latch="L5", secret=secret)
            assert reply.error is not None
            assert reply.error.code == code
        assert [x["latch"] for x in desk.latches()] == ["L5"]
        assert desk.say("panic").ok  # the door is shut for the wrong secret, and never for what tightens
        held = {x["latch"] for x in desk.latches()}
        assert held == {"L4", "L5"}
