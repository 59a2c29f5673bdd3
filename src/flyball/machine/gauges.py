"""The machine's gauges, read on a thread of their own: a time server that does not answer, a disk that hangs
or a chronyc that waits hold up nobody.

Every EVERY_S the clock's sources and the disk are looked at; time servers are asked in turn, one a look, and
each not more often than every NTP_EVERY_S (a public server may refuse who asks more). A look that hangs
leaves the last one standing, and its age grows: whoever reads it can tell."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from flyball.machine import adjtimex, chrony, ntp
from flyball.ports import ClockReading, Vitals

EVERY_S: Final = 10.0
NTP_EVERY_S: Final = 64.0
CLOSE_S: Final = 1.0
UNKNOWN: Final = -1


class ThreadGauges:
    """`ports.Gauges` of this machine. `folder`: its disk is watched; `servers`: time servers to ask, none by
    default; `syncs`: the newest sync times of the journal, real ns."""

    def __init__(
        self,
        folder: str,
        servers: Sequence[str] = (),
        syncs: Callable[[], tuple[int, ...]] = tuple,
        every_s: float = EVERY_S,
    ) -> None:
        self._folder = folder
        self._servers = list(servers)
        self._syncs = syncs
        self._every = every_s
        self._chronyc = chrony.found()
        self._asked: dict[str, tuple[float, ClockReading]] = {}
        self._turn = 0
        self._seen: tuple[int, tuple[ClockReading, ...], int, int] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flyball-gauges", daemon=True)
        self._thread.start()

    def latest(self) -> Vitals | None:
        """The newest complete look; None before the first."""
        seen = self._seen
        if seen is None:
            return None
        at, clock, free, size = seen
        return Vitals(time.monotonic_ns() - at, clock, free, size, self._syncs())

    def close(self) -> None:
        """End; a look that hangs is waited for no longer than a second."""
        self._closed.set()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while not self._closed.is_set():
            begun = time.monotonic_ns()
            free, size = room(self._folder)
            self._seen = (begun, tuple(self._clock()), free, size)
            self._closed.wait(self._every)

    def _clock(self) -> list[ClockReading]:
        """One reading a source, of the time servers the newest one each."""
        out = [adjtimex.read()]
        if self._chronyc:
            out.append(chrony.tracking(self._chronyc))
        if self._servers:
            server = self._servers[self._turn % len(self._servers)]
            self._turn += 1
            asked = self._asked.get(server)
            if asked is None or time.monotonic() - asked[0] >= NTP_EVERY_S:
                self._asked[server] = (time.monotonic(), ntp.query(server))
        return [*out, *(said for _, said in self._asked.values())]


def room(folder: str) -> tuple[int, int]:
    """Bytes free to us and in all on the disk of `folder`, be it there or still to be made; -1 when nobody
    can tell."""
    try:
        found = os.statvfs(folder)
    except FileNotFoundError:
        above = os.path.dirname(os.path.abspath(folder))
        return room(above) if above != folder else (UNKNOWN, UNKNOWN)
    except OSError:
        return UNKNOWN, UNKNOWN
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
