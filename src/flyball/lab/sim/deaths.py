"""When the governor dies in a run, how, and when it stands still: drawn for each incarnation anew.

Some deaths are at a pass through a point (doom.Doom names them), so that every write, sync and send has its
turn; some are at a moment, and some soon after a person has pressed panic. With the power what was not synced
may be lost. A few incarnations are doomed before they fly at all: they die while they recover.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from flyball.kernel.units import MINUTE, NS
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.faults import Faults
from flyball.lab.sim.world import World

POINTS: Final = (
    "write",
    "tear",
    "written",
    "request",
    "name",
    "named",
    "sync",
    "synced",
    "await",
    "send",
    "sent",
    "cancel",
    "query",
    "account",
    "lookup",
    "tell",
    "keep",
)
SENDING: Final = ("send", "sent")  # where most depends on what is durable
STARTING: Final = ("write", "tear", "written", "name", "named", "sync", "synced", "read", "lookup", "resume")
PAUSE: Final = 1_000  # millionths of the waits
IN_PANIC: Final = 300_000  # millionths of the panics


class Deaths:
    """Outlives every incarnation."""

    def __init__(self, seed: int, faults: Faults, at: str = "") -> None:
        """`at`: the first incarnation dies there for sure, "point:N" or, with the power, "point:N power"."""
        self._draw = Draw(seed, "deaths")
        self._pause = Draw(seed, "pauses")
        self._faults = faults
        self._hows = [how for how in ("crash.process", "crash.power", "crash.starting") if faults.has(how)]
        self._left = self._draw.pick((1, 2, 4, 8, 16)) if self._hows else 0
        self.power = False  # whether the one to come is with the power
        self._at = at
        self.drawn: Counter[str] = Counter()  # kinds, as they were meant to come
        self.pauses = 0

    def next(self, world: World, calm: bool) -> Doom:
        """The doom of the next incarnation."""
        point, _, how = self._at.partition(" ")
        self._at = ""
        self.power = how == "power"
        if point:
            return Doom(point)
        if calm:
            return Doom()
        doom = self._drawn(world) if self._left else Doom()
        if self._faults.has("clock.pause"):
            doom.stall = self._stall(world)
        return doom

    def _drawn(self, world: World) -> Doom:
        draw = self._draw
        self._left -= 1
        how = draw.pick(self._hows)
        self.drawn[how] += 1
        self.power = how == "crash.power" or (how == "crash.starting" and self._faults.has("crash.power"))
        if how == "crash.starting":
            return Doom(f"{draw.pick(STARTING)}:{draw.between(1, 12)}")
        if draw.happens(300_000):
            doom = Doom()
            at = world.now + draw.between(1, draw.pick((10 * NS, 20 * MINUTE, 26 * 60 * MINUTE)))
            world.at(at, lambda: doom.die("at a moment"))
            return doom
        if draw.happens(400_000):
            return Doom(f"{draw.pick(SENDING)}:{draw.between(1, draw.pick((4, 12, 40)))}")
        return Doom(f"{draw.pick(POINTS)}:{draw.between(1, draw.pick((20, 100, 400)))}")

    def panicked(self, world: World, doom: Doom) -> None:
        """Somebody has pressed panic: perhaps the machine does not live to see the end of it."""
        if self._left and self._draw.happens(IN_PANIC):
            self._left -= 1
            how = self._draw.pick(self._hows)
            power = how == "crash.power" or (how == "crash.starting" and self._faults.has("crash.power"))

            def die() -> None:
                if doom.alive:
                    self.power = power
                    doom.die("in a panic")

            world.at(world.now + self._draw.between(1, self._draw.pick((NS // 2, 3 * NS, 40 * NS))), die)

    def _stall(self, world: World) -> Callable[[str], None]:
        def stall(point: str) -> None:
            if point == "await" and self._faults.has("clock.pause") and self._pause.happens(PAUSE):
                self.pauses += 1
                world.advance(world.now + self._pause.between(1, self._pause.pick((2, 10, 60))) * NS)

        return stall
