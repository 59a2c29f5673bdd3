"""A bot's process: its own session, an empty environment, one pipe and nothing else of ours. Nothing here
ever waits for it long.

The pipe is a socket pair, non-blocking at our end, with a bound on what is held in either direction. A child
that does not read fills its own pipe; one that floods is read as far as we ask and then blocks itself. `kill`
takes the whole process group. A guard (guard.py) stands beside each child: should the governor die, the group
dies.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from flyball.machine import guard
from flyball.machine.frames import Splitter, pack

OUTGOING = 256 * 1024  # bytes held for a child whose pipe is full
READ = 256 * 1024  # bytes read in one call
FRAMES = 64  # frames handed over in one call
LINGER_NS = 20_000_000  # the longest a dying process is waited for


class RealSpawn:
    """Starts child processes. `memory` (bytes of address space, 0 = no limit) and `nice` hold for each of
    them.

    Start and kill children from one thread. `close` when done: it kills and reaps whatever is left.
    """

    def __init__(self, *, memory: int = 0, nice: int = 5) -> None:
        self._memory = memory
        self._nice = nice
        self._children: list[RealChild] = []

    def python(self, module: str, args: Sequence[str], *, cwd: str, log: str | None) -> "RealChild":
        """`module.main(pipe, args)` in a new Python (`-I`, empty environment, nothing inherited but its
        pipe).

        What it prints goes to `log` (at most twice guard.LOG_LIMIT bytes, then the oldest goes) or nowhere.
        OSError when it cannot be started: `cwd` is missing, `log` cannot be written, no more processes.
        """
        self._children = [child for child in self._children if not child.gone()]
        path = os.path.abspath(log) if log else ""
        if path:
            with open(path, "ab"):
                os.chmod(path, 0o600)
        with contextlib.ExitStack() as ends:
            ours, theirs = socket.socketpair()
            lifeline, its_end = socket.socketpair()
            for end in (theirs, its_end):
                ends.callback(end.close)
            out_r, out_w = os.pipe() if path else (-1, os.open(os.devnull, os.O_WRONLY))
            ends.callback(os.close, out_w)
            if path:
                ends.callback(os.close, out_r)
            bot: subprocess.Popen[bytes] | None = None
            try:
                entry = ["flyball.machine.child", str(self._memory), str(self._nice), module, *args]
                bot = self._start(["-m", *entry], theirs.fileno(), out_w, cwd, ())
                words = [str(bot.pid), str(out_r), path]
                fds = (out_r,) if path else ()
                watcher = self._start(["-S", guard.__file__, *words], its_end.fileno(), None, "/", fds)
            except BaseException:
                ours.close()
                lifeline.close()
                if bot is not None:
                    _kill_group(bot.pid)
                    bot.wait()
                raise
        child = RealChild(bot, watcher, ours, lifeline)
        self._children.append(child)
        return child

    def _start(
        self, args: list[str], stdin: int, out: int | None, cwd: str, fds: tuple[int, ...]
    ) -> subprocess.Popen[bytes]:
        into = subprocess.DEVNULL if out is None else out
        return subprocess.Popen(
            [sys.executable, "-I", *args],
            stdin=stdin,
            stdout=into,
            stderr=into,
            env={},
            cwd=cwd,
            close_fds=True,
            pass_fds=fds,
            start_new_session=True,
        )

    def close(self, timeout_ns: int = 2_000_000_000) -> None:
        """Kill every child still there and wait, at most `timeout_ns` in all, until they are gone."""
        for child in self._children:
            child.kill()
        until = time.monotonic_ns() + timeout_ns
        while self._children and time.monotonic_ns() < until:
            self._children = [child for child in self._children if not child.gone()]
            time.sleep(0.001)


class RealChild:
    """One child: see `ports.Child`. `receive` raises EOFError, with the reason, once there is nothing more to
    come.
    """

    def __init__(
        self,
        bot: "subprocess.Popen[bytes]",
        watcher: "subprocess.Popen[bytes]",
        pipe: socket.socket,
        lifeline: socket.socket,
    ) -> None:
        pipe.setblocking(False)
        self.pid = bot.pid
        self._bot = bot
        self._watcher = watcher
        self._pipe = pipe
        self._lifeline = lifeline
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        self._out = bytearray()
        self._splitter = Splitter()
        self._over = ""  # why nothing more will come
        self._killed = False

    def send(self, frame: bytes) -> bool:
        """Hand over one frame without blocking. False when the child does not take it. ValueError: larger
        than a frame may be.
        """
        data = pack(frame)
        self._flush()
        if self._over or self._killed or len(self._out) + len(data) > OUTGOING:
            return False
        self._out += data
        self._flush()
        return True

    def receive(self, wait_ns: int = 0) -> list[bytes]:
        """Up to FRAMES whole frames; waits up to `wait_ns` for the first. EOFError (why) when none will come
        any more.
        """
        if frames := self._whole():
            return frames
        until = time.monotonic_ns() + wait_ns if wait_ns > 0 else 0
        while not self._over and not self._killed:
            self._flush()
            if until:
                left = max(0, until - time.monotonic_ns())
                self._poll.poll(-(-left // 1_000_000))
            self._read()
            if frames := self._whole():
                return frames
            if not until or time.monotonic_ns() >= until:
                break
        if self._over or self._killed:
            raise EOFError(self._over or "was ended")
        return []

    def fileno(self) -> int:
        """Readable when there may be something to receive; -1 once closed."""
        return self._pipe.fileno()

    def alive(self) -> bool:
        """True while the process runs and its pipe is whole."""
        return not self._over and not self._killed and not _exited(self.pid)

    def kill(self) -> None:
        """End the child and everything in its process group. Waits at most some 20 ms for it to be gone."""
        if not self._killed:
            self._killed = True
            self._pipe.close()
            _kill_group(self.pid)  # before reaping: until then the number is surely ours
        until = time.monotonic_ns() + LINGER_NS
        while not self.gone() and time.monotonic_ns() < until:
            time.sleep(0.0005)

    def gone(self) -> bool:
        """True once killed and reaped, guard and all. Never waits."""
        if not self._killed:
            return False
        if self._bot.returncode is None:
            if self._bot.poll() is None:
                return False
            with contextlib.suppress(OSError):
                self._lifeline.send(b"q")  # farewell: the guard writes the rest of the log and goes
            self._lifeline.close()
        return self._watcher.poll() is not None

    def _flush(self) -> None:
        if not self._out or self._over or self._killed:
            return
        try:
            sent = self._pipe.send(self._out)
            del self._out[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._out.clear()  # the reading side finds out why

    def _read(self) -> None:
        data = self._piece()
        if data is None and (how := _exited(self.pid)):
            data = self._piece()  # said before it went
            if data is None:  # something it forked still holds the pipe
                self._over = how
        if data:
            self._splitter.feed(data)
        elif data is not None:
            self._over = self._ending()

    def _piece(self) -> bytes | None:
        """What the pipe holds, b"" at its end, None when there is nothing now."""
        try:
            return self._pipe.recv(READ)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _whole(self) -> list[bytes]:
        try:
            return self._splitter.take(FRAMES)
        except ValueError as error:
            self._over = str(error)
            return []

    def _ending(self) -> str:
        """How the process ended; it may take a moment between closing its pipe and being gone."""
        until = time.monotonic_ns() + LINGER_NS
        while not (how := _exited(self.pid)) and time.monotonic_ns() < until:
            time.sleep(0.0005)
        return how or "closed its pipe"


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _exited(pid: int) -> str:
    """How a child of ours ended, "" while it runs. Leaves it to be reaped, so that its number stays taken."""
    try:
        info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return "was ended"
    if info is None:
        return ""
    if info.si_code == os.CLD_EXITED:
        return f"exited with {info.si_status}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(info.si_status).name}"
    return f"killed by signal {info.si_status}"
