"""A process of ours that outlives the one that starts it: what pages a person must not die with the governor.

It has a session of its own, an empty environment, nothing of ours but its log, and does not run under the
guard that ends bots.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

_ENTRY: Final = "import sys; from flyball.main import cli; sys.exit(cli(sys.argv[1:], prog_name='flyball'))"


class Standing:
    """One such process, as far as its starter knows it."""

    def __init__(self, words: Sequence[str], *, cwd: str, log: str) -> None:
        """`flyball words...` in `cwd`; what it prints is added to `log` (0600). OSError when it cannot be
        started."""
        fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _ENTRY, *words],
                stdin=subprocess.DEVNULL,
                stdout=fd,
                stderr=fd,
                env={"LC_ALL": "C.UTF-8"},
                cwd=cwd,
                close_fds=True,
                start_new_session=True,
            )
        finally:
            os.close(fd)
        self.pid = self._process.pid

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def ended(self) -> int | None:
        """Its exit code, None while it runs. Reaps it."""
        return self._process.poll()


async def stand(words: Sequence[str], *, cwd: str, log: str) -> Standing:
    """Start one on a thread: a disk that hangs holds up neither the loop nor anything else on it. As
    `Standing`; the log's folder is made."""
    loop = asyncio.get_running_loop()
    made: asyncio.Future[Standing] = loop.create_future()

    def tell(found: Standing | OSError) -> None:
        if made.cancelled():
            return
        if isinstance(found, OSError):
            made.set_exception(found)
        else:
            made.set_result(found)

    def start() -> None:
        try:
            os.makedirs(os.path.dirname(log), mode=0o700, exist_ok=True)
            found: Standing | OSError = Standing(words, cwd=cwd, log=log)
        except OSError as error:
            found = error
        with suppress(RuntimeError):  # the loop is closed: it stands, and ends when nobody flies
            loop.call_soon_threadsafe(tell, found)

    threading.Thread(target=start, name="flyball-stand", daemon=True).start()
    return await made
