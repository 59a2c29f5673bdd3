"""Bots for the tests, run in real processes: a lively, deterministic one, and a gallery of bad ones."""

import ctypes
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flyball.bots import Event, Intent, Wake, wake_in


class Lively:
    """Deterministic in (seed, items): bursts, rubbish, alarms, exceptions, answers to decisions."""

    def __init__(self, wakes: bool = True, generation: int = 0) -> None:
        self.state = 1
        self.wakes = wakes
        self.generation = generation  # a bot changed between two lives says other things

    def on_start(self, info: Event) -> None:
        self.state = info.seed * 2 + 1

    def draw(self, n: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def on_session(self, session: Event) -> object:
        return wake_in(30) if self.wakes else None

    def on_wake(self, ts: int) -> object:
        return [wake_in(5 + self.draw(60)), self.intent()]

    def on_mark(self, mark: Event) -> object:
        kind = self.draw(24)
        if kind == 0:
            return (self.intent() for _ in range(self.draw(250)))
        if kind == 1:
            return [self.intent(), 42, "rubbish", {"symbol": "AAPL"}]
        if kind == 2:
            raise RuntimeError("now and then")
        if kind == 3:
            return self.many()
        if kind == 4 and self.wakes:
            return Wake(mark.ts + self.draw(10**10))
        return self.intent() if kind < 12 else None

    def many(self) -> Iterator[object]:
        yield self.intent()
        yield b"bytes"
        raise ValueError("in the middle")

    def on_decision(self, decision: Event) -> object:
        return self.intent() if self.draw(16) == 0 else None

    def intent(self) -> Intent:
        return Intent("AAPL", "buy" if self.draw(2) else "sell", qty=self.draw(100) + self.generation)


class Replies:
    """Answers every mark with what its settings say."""

    def __init__(self, says: object = None) -> None:
        self.says = says

    def on_mark(self, mark: Event) -> object:
        return self.says


class Diary:
    """Writes what it is told to a file; may be slow over prices."""

    def __init__(self, path: str, slow: float = 0.0) -> None:
        self.path = Path(path)
        self.slow = slow

    def __call__(self, event: Event) -> None:
        if event.kind == "mark":
            time.sleep(self.slow)
        with self.path.open("a") as file:
            file.write(json.dumps(dict(event)) + "\n")


def every(event: Event, symbol: str = "AAPL") -> Intent | None:
    """A plain function."""
    return Intent(symbol, "buy", qty=1, id=f"i{event.ts}") if event.kind == "mark" else None


SOCKETS = """
import os
held = [fd for fd in range(3, 64) if os.path.exists(f"/proc/self/fd/{fd}")]
print([fd for fd in held if os.readlink(f"/proc/self/fd/{fd}").startswith("socket")])
"""


def look(event: Event, path: str) -> None:
    """What a bot finds around it."""
    kinds = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            kinds[int(name)] = stat.S_IFMT(os.fstat(int(name)).st_mode)
        except OSError:
            continue  # the listing's own
    started = subprocess.run(
        [sys.executable, "-I", "-c", SOCKETS],
        stdout=subprocess.PIPE,
        check=True,
    )
    found = {
        "environ": dict(os.environ),
        "real": Path("/proc/self/environ").read_bytes().decode(),
        "fds": kinds,
        "sockets": sorted(fd for fd, kind in kinds.items() if kind == stat.S_IFSOCK),
        "grandchild_sockets": json.loads(started.stdout),
        "stdin": sys.stdin.read(),
        "session": os.getsid(0) == os.getpid(),
        "nice": os.nice(0),
        "cwd": os.getcwd(),
    }
    Path(path).write_text(json.dumps(found))


def _pipe() -> socket.socket:
    """The pipe to the governor, found the way a nosy bot would."""
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
    raise LookupError("no pipe")


def _frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


# The gallery. Each is called with every item and turns bad at the first price.


def spin(event: Event) -> None:
    while event.kind == "mark":
        pass


def deaf(event: Event) -> None:
    """Ignores whatever can be ignored, then spins."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    spin(event)


def sleep(event: Event) -> None:
    if event.kind == "mark":
        time.sleep(60)


def endless(event: Event) -> Iterator[Intent]:
    while event.kind == "mark":
        yield Intent("AAPL", "buy", qty=1)


def thousands(event: Event) -> list[Intent]:
    return [Intent("AAPL", "buy", qty=1)] * 5_000


def flood(event: Event) -> None:
    """Writes well-formed answers for ever and never reads again."""
    intent = b"\x83\xa6symbol\xa4AAPL\xa4side\xa3buy\xa3qty\x01"
    body = b"\x82\xa2re\x01\xa7intents\xdc\x01\x00" + (b"\x92\x00" + intent) * 256
    pipe = _pipe()
    while event.kind == "mark":
        pipe.sendall(_frame(body))


def parts(event: Event) -> None:
    """An answer in parts that has no last one."""
    pipe = _pipe()
    while event.kind == "mark":
        pipe.sendall(_frame(b"\x82\xa2re\x01\xa4more\xc3"))


def small_flood(event: Event) -> None:
    """The same with frames of one byte."""
    pipe = _pipe()
    while event.kind == "mark":
        pipe.sendall(_frame(b"\xc0") * 1_000)


def noise(event: Event) -> None:
    """Bytes that are no frames."""
    if event.kind == "mark":
        _pipe().sendall(b"\xff\xfe\xfd" * 10_000)
        time.sleep(60)


def leave(event: Event) -> None:
    if event.kind == "mark":
        os._exit(3)


def crash(event: Event) -> None:
    if event.kind == "mark":
        ctypes.string_at(0)


def orphan(event: Event) -> None:
    """Forks something that keeps the pipe, and dies."""
    if event.kind == "mark":
        if os.fork():
            os._exit(4)
        time.sleep(600)


def shut(event: Event) -> None:
    """Closes its pipe and lives on."""
    if event.kind == "mark":
        os.closerange(3, 64)
        time.sleep(60)


def fail(event: Event) -> None:
    raise RuntimeError(f"no luck with {event.kind}")


def quit_politely(event: Event) -> None:
    sys.exit("enough")


def talk(event: Event) -> None:
    """Prints for ever."""
    while event.kind == "mark":
        print("x" * 1_000)


def hog(event: Event) -> None:
    """Takes memory until it is stopped."""
    held: list[bytearray] = []
    while event.kind == "mark":
        held.append(bytearray(b"x" * 1_000_000))
        time.sleep(0.002)


def family(event: Event, path: str = "") -> None:
    """Starts programs that ignore signals, then spins."""
    if event.kind != "mark":
        return
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    pids = [subprocess.Popen([sys.executable, "-c", code]).pid for _ in range(2)]
    fork = os.fork()
    if not fork:
        time.sleep(600)
    if path:
        Path(path).write_text(json.dumps([os.getpid(), *pids, fork]))
    spin(event)


def threads(event: Event) -> None:
    """Leaves threads behind that never end, and asks to exit."""
    if event.kind == "mark":
        for _ in range(4):
            threading.Thread(target=time.sleep, args=(600,)).start()
        sys.exit(5)


class Unbuildable:
    def __init__(self) -> None:
        raise OSError("no model file")


class Mute:
    """Has no handler at all."""


class Frames:
    """Sends the given bytes as frames of its own before each answer."""

    def __init__(self, frames: list[str]) -> None:
        self.frames = [bytes.fromhex(frame) for frame in frames]

    def on_mark(self, mark: Event) -> Any:
        pipe = _pipe()
        for frame in self.frames:
            pipe.sendall(_frame(frame))
        return Intent("AAPL", "buy", qty=1, id="after")
