"""One file that is written again and again, by a thread of its own: what is newest counts, what it overtakes
is never written, and a disk that hangs holds up nobody but who waits for it, and him not for long.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

PATIENCE_S: Final = 0.5
CLOSE_S: Final = 1.0


class Newest:
    """Keeps what `write` writes up to date. Of the loop it is made in; `close` at the end."""

    def __init__(self, write: Callable[[bytes], None], patience_s: float = PATIENCE_S) -> None:
        self._write = write
        self._patience = patience_s
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._data: bytes | None = None
        self._number = 0  # of the newest contents
        self._waiting: dict[asyncio.Future[str], int] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="flyball-newest", daemon=True)
        self._thread.start()

    async def put(self, data: bytes) -> str:
        """Have it written; "" once it is, or something newer; else why not, or that the disk takes too
        long."""
        done: asyncio.Future[str] = self._loop.create_future()
        with self._changed:
            self._data = data
            self._number += 1
            self._waiting[done] = self._number
            self._changed.notify()
        try:
            async with asyncio.timeout(self._patience):
                return await done
        except TimeoutError:
            return f"the disk has not answered in {self._patience:g} s"
        finally:
            self._waiting.pop(done, None)

    def close(self) -> None:
        """End; what is waiting is written, a disk that hangs is waited for no longer than a second."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._data is None and not self._closed:
                    self._changed.wait()
                if self._data is None:
                    return
                data, self._data, number = self._data, None, self._number
            try:
                self._write(data)
                why = ""
            except Exception as error:  # noqa: BLE001  whatever it was, the next contents may fare better
                why = f"{type(error).__name__}: {error}"
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._tell, number, why)

    def _tell(self, number: int, why: str) -> None:
        for done, wanted in self._waiting.items():
            if wanted <= number and not done.done():
                done.set_result(why)
