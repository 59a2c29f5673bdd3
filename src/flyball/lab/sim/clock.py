"""The governor's clock in the simulated world: it drifts, it is stepped, and the process may stand still.

`Wall` is the machine's clock, which goes on whoever lives; `SimClock` is what one incarnation makes of it,
as machine/clock.RealClock does: never back, and a step noticed within a second of a wait. True time is
World.now; the faults of the clock decide what is shown of it.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.units import NS, PPM
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.world import World
from flyball.ports import Wakeup

SLICE: Final = NS  # the longest wait before the wall clock is looked at again


@dataclass
class ClockFaults:
    """What is wrong with the machine's clock, and when the process stands still. Times are true times."""

    drift: int = 0  # parts per million it runs too fast (below 0: too slow)
    steps: list[tuple[int, int]] = field(default_factory=list)  # at, by how many nanoseconds; in order

    def quiet(self, now: int) -> None:
        """No step after `now`, no further drift is gained or lost by it: see Wall."""
        self.steps = [one for one in self.steps if one[0] <= now]


class Wall:
    """What the machine's clock shows at a true time."""

    def __init__(self, world: World, faults: ClockFaults | None = None) -> None:
        self.world = world
        self.faults = faults or ClockFaults()
        self._origin = world.now
        self._gained = 0  # by a drift that has ended

    def reading(self, at: int) -> int:
        """The clock at a true time, past or to come."""
        shown = at + self._gained + (at - self._origin) * self.faults.drift // PPM
        for when, by in self.faults.steps:
            if when > at:
                break
            shown += by
        return shown

    def quiet(self) -> None:
        """It is right by the second from now on: no more drift, no more steps. What it is off by stays."""
        now = self.world.now
        self._gained += (now - self._origin) * self.faults.drift // PPM
        self._origin, self.faults.drift = now, 0
        self.faults.quiet(now)

    def reach(self, shown: int, since: int) -> int:
        """The true time at which somebody who waits since `since` sees that the clock has come to `shown`."""
        at = since
        for when, _ in (*self.faults.steps, (0, 0)):
            if when and when <= at:
                continue
            steady = at + self._left(shown, at)
            if not when or steady < when:
                return steady
            if self.reading(when) >= shown:  # stepped over: seen when the wall is looked at next
                return since + -(-(when - since) // SLICE) * SLICE
            at = when
        return at

    def _left(self, shown: int, at: int) -> int:
        """True nanoseconds until the clock, going steadily, shows it."""
        left = shown - self.reading(at)
        return max(0, -(-left * PPM // (PPM + self.faults.drift)))


class SimWake:
    """`ports.Wakeup` of the simulated loop, whose one waiter may also be rung by a clock."""

    def __init__(self) -> None:
        self.flag = False
        self._waiting: asyncio.Future[None] | None = None

    def set(self) -> None:
        """End the wait, now or when it begins."""
        self.flag = True
        self.ring()

    def clear(self) -> None:
        """The next wait waits."""
        self.flag = False

    async def wait(self) -> None:
        """Return as soon as the flag is set."""
        while not self.flag:
            await self.rung()

    def ring(self) -> None:
        """Make whoever waits look again."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def rung(self) -> None:
        """Return at the next `set` or `ring`."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None


class SimClock:
    """`ports.Clock` of one incarnation; not virtual: what waits, waits. `wake` in `until` is a SimWake."""

    virtual = False

    def __init__(self, wall: Wall, doom: Doom, start: int = 0) -> None:
        self._wall = wall
        self._world = wall.world
        self._doom = doom
        self._last = start
        self._alarms: list[int] = []  # true times at which the world rings, the earliest last

    def now(self) -> int:
        """UTC nanoseconds as the machine shows them; stepped back, it stands until the wall catches up."""
        self._doom.meet("now")
        self._last = max(self._last, self._wall.reading(self._world.now))
        return self._last

    def stretch(self, ns: int) -> int:
        """Unchanged."""
        return ns

    def steady(self) -> tuple[int, int]:
        """True time: the machine never sleeps here."""
        return self._world.now, self._world.now

    async def until(self, ts: int | None, wake: Wakeup) -> None:
        """Return when the clock shows `ts` (None: never) or as soon as `wake` is set."""
        self._doom.meet("await")
        assert isinstance(wake, SimWake), "the simulated clock waits with a SimWake"
        if ts is None:
            await wake.wait()
            self._doom.check()
            return
        if wake.flag or self._shown() >= ts:
            await asyncio.sleep(0)  # whoever is always behind serves sockets all the same
        since = self._world.now
        while not wake.flag and self._shown() < ts:
            self._alarm(max(self._wall.reach(ts, since), self._world.now + 1), wake)
            await wake.rung()
            self._doom.check()
        self._doom.check()

    def _shown(self) -> int:
        return max(self._last, self._wall.reading(self._world.now))

    def _alarm(self, at: int, wake: SimWake) -> None:
        """Have `wake` rung at a true time; an earlier alarm that is set already serves too, and looks
        again.
        """
        if self._alarms and self._alarms[-1] <= at:
            return
        self._alarms.append(at)

        def ring() -> None:
            self._alarms.remove(at)
            if self._doom.alive:
                wake.ring()

        self._world.at(at, ring)
