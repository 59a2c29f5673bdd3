"""Three clocks behind one port: one that jumps, one that waits for the wall, one that plays data time at a
chosen speed.

None of them ever goes back. A wait ends at its time or as soon as its wakeup is set, whichever is first.
"""

import asyncio
import time
from typing import Final

from flyball.ports import Wakeup

NS: Final = 1_000_000_000
BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # where there is no other, they are one
SERVE_EVERY: Final = 64  # jumps between two turns of the event loop
SLICE_S: Final = 1.0  # the longest sleep before the wall clock is looked at again: it may have been stepped


class AsyncWakeup:
    """`ports.Wakeup` for one waiting task; `set` may be called from any thread, before, during or after a
    wait.
    """

    def __init__(self) -> None:
        self._flag = False
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def set(self) -> None:
        """End the wait, now or when it begins."""
        self._flag = True  # before the loop is read: a wait that begins meanwhile sees it
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._event.set)
            except RuntimeError:  # the loop has ended, and with it every wait
                return

    def clear(self) -> None:
        """The next wait waits. A `set` that is under way still ends it: waking once too often is harmless."""
        self._flag = False
        self._event.clear()

    async def wait(self) -> None:
        """Return as soon as the flag is set."""
        self._loop = asyncio.get_running_loop()
        if not self._flag:
            await self._event.wait()


class VirtualClock:
    """Time that jumps to whatever is due next (backtest, demo, lab).

    Every 64th jump lets the event loop take one turn, so that sockets are served.
    """

    virtual = True

    def __init__(self, start: int) -> None:
        self._now = start
        self._jumps = 0

    def now(self) -> int:
        """UTC nanoseconds: where the last jump went."""
        return self._now

    def stretch(self, ns: int) -> int:
        """Unchanged."""
        return ns

    def steady(self) -> tuple[int, int]:
        """Its own time, twice."""
        return self._now, self._now

    async def until(self, ts: int | None, wake: Wakeup) -> None:
        """Jump to `ts` at once; without one nothing is due, so wait for `wake`."""
        if ts is None:
            await wake.wait()
            return
        if ts > self._now:
            self._now = ts
        self._jumps += 1
        if self._jumps % SERVE_EVERY == 0:
            await asyncio.sleep(0)


class RealClock:
    """The wall clock, except that it never goes back: stepped back, it stands until the wall catches up.
    It does not begin before `start` either, UTC nanoseconds.
    """

    virtual = False

    def __init__(self, start: int = 0) -> None:
        self._last = max(start, time.time_ns())

    def now(self) -> int:
        """UTC nanoseconds."""
        self._last = max(self._last, time.time_ns())
        return self._last

    def stretch(self, ns: int) -> int:
        """Unchanged."""
        return ns

    def steady(self) -> tuple[int, int]:
        """The machine's monotonic and boot time."""
        return _steady()

    async def until(self, ts: int | None, wake: Wakeup) -> None:
        """Return at `ts` (None: never) or as soon as `wake` is set."""
        if ts is None:
            await wake.wait()
            return
        await asyncio.sleep(0)  # whoever is always behind serves sockets all the same
        while (left := ts - self.now()) > 0:
            if await _woken(wake, left / NS):
                return


class PacedClock:
    """Data time from `origin_ts` on, running `speed` times as fast as the machine's monotonic clock.
    `speed` > 0. `anchor`: the monotonic moment of `origin_ts`, by default now; two processes of one machine
    with the same three have the same time.
    """

    virtual = False

    def __init__(self, origin_ts: int, speed: float, anchor: int | None = None) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError(f"speed {speed}: must be above 0 and finite, e.g. 60 for one minute a second")
        self._origin = origin_ts
        self._speed = speed
        self._start = time.monotonic_ns() if anchor is None else anchor

    def terms(self) -> tuple[int, float, int]:
        """Origin, speed and anchor, for another process that is to have this very time."""
        return self._origin, self._speed, self._start

    def reach(self, ts: int) -> None:
        """Not before `ts` from now on: if it is behind, it jumps there."""
        self._origin += max(0, ts - self.now())

    def now(self) -> int:
        """UTC nanoseconds of data time."""
        return self._origin + int((time.monotonic_ns() - self._start) * self._speed)

    def stretch(self, ns: int) -> int:
        """Times the speed: a disk takes the same real time however fast the data are played."""
        return int(ns * self._speed)

    def steady(self) -> tuple[int, int]:
        """The machine's monotonic and boot time, whatever the speed."""
        return _steady()

    async def until(self, ts: int | None, wake: Wakeup) -> None:
        """Return when data time reaches `ts` (None: never) or as soon as `wake` is set."""
        if ts is None:
            await wake.wait()
            return
        await asyncio.sleep(0)  # as above
        while (left := ts - self.now()) > 0:
            if await _woken(wake, left / NS / self._speed):
                return


def _steady() -> tuple[int, int]:
    return time.monotonic_ns(), time.clock_gettime_ns(BOOT)


async def _woken(wake: Wakeup, seconds: float) -> bool:
    """Wait at most `seconds`, and at most a slice; True when `wake` ended it."""
    try:
        async with asyncio.timeout(min(seconds, SLICE_S)):
            await wake.wait()
    except TimeoutError:
        return False
    return True
