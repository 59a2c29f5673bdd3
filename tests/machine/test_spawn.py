"""A child process: nothing of ours in it but its pipe, nothing of it left when it ends, or when we do."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from flyball.bots.wire import Answer, Start, Tell, encode, read_answer
from flyball.machine import guard
from flyball.machine.frames import HEADER, MAX_FRAME, Splitter, pack
from flyball.machine.spawn import FRAMES, OUTGOING, RealChild, RealSpawn

BOTS = Path(__file__).parents[1] / "bots" / "strategies.py"
MARK = Raw(b"\x82\xa4kind\xa4mark\xa2ts\x01")
S = 1_000_000_000


@pytest.fixture
def spawn() -> Iterator[RealSpawn]:
    one = RealSpawn()
    yield one
    one.close()


def start(
    spawn: RealSpawn, bot: str, log: Path | None = None, cwd: str = "/", **settings: object
) -> RealChild:
    """A child that runs one bot of the tests, ready."""
    child = spawn.python("flyball.bots.child", (), cwd=cwd, log=str(log) if log else None)
    assert child.send(encode(Start("s1", f"{BOTS}:{bot}", dict(settings), 0, {})))
    frames = child.receive(20 * S)
    assert frames, "no answer"
    answer = read_answer(frames[0])
    assert answer is not None
    assert (answer.re, answer.fatal) == (0, None)
    return child


def tell(child: RealChild, n: int = 1) -> None:
    assert child.send(encode(Tell(n, [MARK])))


def soon(what: str, check: "object", seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    assert callable(check)
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@given(
    st.lists(st.binary(max_size=50), max_size=20), st.lists(st.integers(1, 40), min_size=1), st.integers(1, 5)
)
def test_frames_survive_any_cut(frames: list[bytes], cuts: list[int], most: int) -> None:
    data = b"".join(pack(frame) for frame in frames)
    splitter = Splitter()
    out: list[bytes] = []
    k = 0
    while data:
        size = cuts[k % len(cuts)]
        splitter.feed(data[:size])
        data = data[size:]
        k += 1
        while got := splitter.take(most):
            assert len(got) <= most
            out += got
    assert out == frames


def test_a_frame_is_bounded_both_ways() -> None:
    assert len(pack(bytes(MAX_FRAME))) == MAX_FRAME + HEADER
    with pytest.raises(ValueError, match="at most 262144"):
        pack(bytes(MAX_FRAME + 1))
    splitter = Splitter()
    splitter.feed(pack(b"fine") + (MAX_FRAME + 1).to_bytes(4, "big"))
    assert splitter.take(10) == [b"fine"]
    with pytest.raises(ValueError, match="announced a frame of 262145 bytes"):
        splitter.take(10)


def test_a_message_is_answered(spawn: RealSpawn) -> None:
    child = start(spawn, "every")
    assert child.alive()
    for n in range(1, 4):
        tell(child, n)
        (frame,) = child.receive(5 * S)
        answer = read_answer(frame)
        assert answer is not None
        assert (answer.re, len(answer.intents)) == (n, 1)
    assert child.receive() == []
    before = time.monotonic()
    assert child.receive(50_000_000) == []
    assert 0.04 < time.monotonic() - before < 2


def test_a_child_finds_nothing_but_its_pipe_and_its_log(
    spawn: RealSpawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPACA_SECRET", "do not read this")
    secret = os.open(tmp_path / "secret", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(secret, True)
    found = tmp_path / "found"
    child = start(spawn, "look", tmp_path / "log", str(tmp_path), path=str(found))
    tell(child)
    assert child.receive(10 * S)
    os.close(secret)
    seen = json.loads(found.read_text())
    assert seen["environ"] == {}
    assert seen["real"] == ""
    assert seen["stdin"] == ""
    assert seen["session"] is True
    assert seen["cwd"] == str(tmp_path)
    assert seen["nice"] == os.nice(0) + 5
    assert len(seen["sockets"]) == 1
    kinds = {int(fd): kind for fd, kind in seen["fds"].items()}
    assert (kinds[0], kinds[1], kinds[2]) == (stat.S_IFCHR, stat.S_IFIFO, stat.S_IFIFO)
    assert len(set(kinds) - {0, 1, 2, *seen["sockets"]}) == 0
    assert seen["grandchild_sockets"] == []


def test_what_it_prints_is_in_the_log_to_the_last_line(spawn: RealSpawn, tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = start(spawn, "fail", log)
    for n in range(1, 11):
        tell(child, n)
        assert child.receive(5 * S)
    with pytest.raises(EOFError, match="exited with 1"):
        child.receive(5 * S)
    child.kill()
    soon("the log", lambda: log.read_text().count("RuntimeError: no luck with mark") == 10)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_crash_in_foreign_code_leaves_its_trace(spawn: RealSpawn, tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = start(spawn, "crash", log)
    tell(child)
    with pytest.raises(EOFError, match="killed by SIGSEGV"):
        child.receive(5 * S)
    assert not child.alive()
    child.kill()
    soon("the trace", lambda: "Segmentation fault" in log.read_text() and "in crash" in log.read_text())


def test_a_log_turns_over(spawn: RealSpawn, tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = start(spawn, "talk", log)
    tell(child)
    older = Path(f"{log}.1")
    soon("two logs", lambda: older.exists() and log.stat().st_size > 1_000_000, 30)
    child.kill()
    assert older.stat().st_size <= guard.LOG_LIMIT
    assert log.stat().st_size <= guard.LOG_LIMIT


def test_a_child_that_does_not_read_fills_its_own_pipe(spawn: RealSpawn) -> None:
    child = start(spawn, "sleep")
    tell(child)
    taken = 0
    slowest = 0.0
    for _ in range(1_000):
        before = time.perf_counter()
        taken += child.send(bytes(64 * 1024))
        slowest = max(slowest, time.perf_counter() - before)
    assert 4 <= taken <= 3 * OUTGOING // (64 * 1024)
    assert slowest < 0.2


def test_a_flood_is_taken_in_bounded_pieces(spawn: RealSpawn) -> None:
    child = start(spawn, "small_flood")
    tell(child)
    soon("the flood", lambda: child.receive())
    for _ in range(200):
        assert len(child.receive()) <= FRAMES
    assert len(child._splitter._held) <= 2 * MAX_FRAME
    before = time.monotonic()
    child.kill()
    assert time.monotonic() - before < 1


@pytest.mark.parametrize("bot", ["spin", "deaf", "sleep", "shut", "talk", "threads"])
def test_kill_takes_whatever_it_is(spawn: RealSpawn, bot: str) -> None:
    child = start(spawn, bot)
    tell(child)
    child.receive(50_000_000) if bot != "shut" else None
    child.kill()
    child.kill()
    soon("gone", child.gone, 2)
    assert not running(child.pid)
    assert not child.alive()
    assert child.fileno() == -1
    assert child.send(b"x") is False
    with pytest.raises(EOFError):
        child.receive()


def test_a_memory_limit_is_the_bots_own_trouble() -> None:
    spawn = RealSpawn(memory=300 * 1024 * 1024)
    try:
        child = start(spawn, "hog")
        tell(child)
        (frame,) = child.receive(30 * S)
        answer = read_answer(frame)
        assert isinstance(answer, Answer)
        assert answer.error.startswith("MemoryError")
        assert child.alive()
    finally:
        spawn.close()


def test_it_says_what_cannot_be_started(spawn: RealSpawn, tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        spawn.python("flyball.bots.child", (), cwd=str(tmp_path / "none"), log=None)
    with pytest.raises(OSError, match="none"):
        spawn.python("flyball.bots.child", (), cwd="/", log=str(tmp_path / "none" / "log"))
    assert len(os.listdir("/proc/self/fd")) == before
    child = spawn.python("no.such.module", (), cwd="/", log=None)
    with pytest.raises(EOFError, match="exited with 1"):
        child.receive(20 * S)


def test_nothing_is_left_open(spawn: RealSpawn) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        start(spawn, "every")
    assert len(os.listdir("/proc/self/fd")) == before + 10
    spawn.close()
    assert len(os.listdir("/proc/self/fd")) == before


GOVERNOR = """
import sys, time
sys.path.insert(0, sys.argv[3])
from tests.bots.drive import host_of, mark
from flyball.machine.spawn import RealSpawn
spawn = RealSpawn()
settings = {"path": sys.argv[2]} if sys.argv[1] == "family" else {}
host = host_of(spawn, sys.argv[1], lockstep=False, **settings)
host.tell([mark(1)], 1)
print(host._child.pid, host._child._watcher.pid, flush=True)
while True:
    host.take(1)
    time.sleep(0.01)
"""


@pytest.mark.parametrize("bot", ["every", "spin", "deaf", "family"])
def test_no_bot_outlives_a_killed_governor(tmp_path: Path, bot: str) -> None:
    path = tmp_path / "pids"
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", GOVERNOR, bot, str(path), root], stdout=subprocess.PIPE, text=True
    ) as governor:
        assert governor.stdout is not None
        pids = [int(word) for word in governor.stdout.readline().split()]
        if bot == "family":
            soon("the family", lambda: path.exists() and path.read_text(), 20)
            pids += json.loads(path.read_text())
        else:
            time.sleep(0.5)
        assert all(running(pid) for pid in pids)
        governor.send_signal(signal.SIGKILL)
        governor.wait()
    soon("gone", lambda: not any(running(pid) for pid in pids), 3)
