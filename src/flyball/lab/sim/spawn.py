"""Bots in this process: the one place where that is allowed, since nothing here trades.

Each incarnation of the governor has its own SimSpawn; its children end with it.
"""

from collections.abc import Sequence
from typing import Final

from flyball.lab.sim.child import BotFaults, SimChild
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.loop import Pipes
from flyball.lab.sim.world import World

MODULE: Final = "flyball.bots.child"


class SimSpawn:
    """`ports.Spawn`. Children share `faults`; each draws for itself, by the number of its start in the
    world.
    """

    def __init__(
        self, world: World, doom: Doom, pipes: Pipes | None = None, faults: BotFaults | None = None
    ) -> None:
        self.children: list[SimChild] = []
        self._world = world
        self._doom = doom
        self._pipes = pipes or Pipes()
        self._faults = faults or BotFaults()

    def python(self, module: str, args: Sequence[str], *, cwd: str, log: str | None) -> SimChild:
        """A bot's code, ready to be told which bot it is. `cwd` and `log` are not looked at."""
        self._doom.meet("spawn")
        if module != MODULE or args:
            raise ValueError(f"{module} {args}: only {MODULE} runs here, without arguments")
        number = len(self.children) + 1
        draw = self._world.draw("bot", self._world.now, number)
        child = SimChild(self._world, self._doom, self._pipes, self._faults, draw, number)
        self.children.append(child)
        return child
