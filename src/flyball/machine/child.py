"""The first lines that run in a bot's process: limits and a private pipe first, then `module.main(pipe,
args)`.

Run as `python -I -m flyball.machine.child MEMORY NICE MODULE ARGS...` with the pipe on descriptor 0 and the
log on 1 and 2. When MODULE is imported the process has: an empty environment; nothing on stdin; its pipe on a
descriptor that no program it starts inherits; no core dumps; less claim to the processor and, on Linux, the
first place when memory runs out.
"""

import contextlib
import faulthandler
import fcntl
import importlib
import os
import resource
import signal
import socket
import sys

from flyball.machine.frames import Splitter, pack

READ = 64 * 1024


class FramePipe:
    """The bot's end of the pipe: blocking, one whole frame at a time."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._splitter = Splitter()

    def receive(self) -> bytes:
        """The next frame. EOFError when the other end is gone."""
        while not (frames := self._splitter.take(1)):
            data = self._socket.recv(READ)
            if not data:
                raise EOFError("the governor closed the pipe")
            self._splitter.feed(data)
        return frames[0]

    def send(self, frame: bytes) -> None:
        """Send a frame; waits while the pipe is full. OSError when the other end is gone."""
        self._socket.sendall(pack(frame))


def _take_stdin() -> int:
    """The pipe under a private number; stdin becomes empty, so that reading it steals nothing."""
    fd = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return fd


def _limit(memory: int, nice: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    os.nice(nice)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # whatever the governor's thread had blocked
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")


def main(argv: list[str]) -> int:
    """Prepare the process, then hand it to the module. Its exit code."""
    memory, nice, module, *args = argv
    pipe = FramePipe(_take_stdin())
    _limit(int(memory), int(nice))
    faulthandler.enable()
    os.environ.clear()  # the interpreter adds LC_CTYPE to an empty environment
    return int(importlib.import_module(module).main(pipe, args))


if __name__ == "__main__":
    code = 1
    try:
        code = main(sys.argv[1:])
    except (BrokenPipeError, ConnectionResetError):
        code = 0  # the governor went first
    finally:
        if sys.exc_info()[1] is not None:
            sys.excepthook(*sys.exc_info())
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)  # threads a bot left running keep nobody waiting
