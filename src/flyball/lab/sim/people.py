"""The people of a run: at the socket, and at the keyboard when the governor does not run or cannot go on.

They do what the messages say: move an emergency log away once it has been compared with the broker, free a
full disk, start again what has ended.
"""

import asyncio

from flyball.compose.assembly import Cockpit
from flyball.journal.emergency import PATH as EMERGENCY
from flyball.kernel.units import MINUTE, NS
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.faults import Faults
from flyball.lab.sim.operator import Handle, Operator
from flyball.lab.sim.view import SimView

LOOKS_EVERY = MINUTE
MEDDLERS = {
    "people.tighten": ("pause", "freeze", "flatten", "cancel", "status", "limits"),
    "people.loosen": ("resume", "clear", "status"),
    "people.panic": ("panic", "panic", "clear", "status"),
}


class People:
    """Outlive the governor."""

    def __init__(
        self, seed: int, faults: Faults, strategies: tuple[str, ...], symbols: tuple[str, ...]
    ) -> None:
        draw = Draw(seed, "people")
        scopes = (
            "account",
            *(f"strategy:{name}" for name in strategies),
            *(f"symbol:{name}" for name in symbols),
        )
        self.operators = [
            Operator(Draw(seed, kind), draw.pick((2, 6, 15)) * MINUTE, scopes, words)
            for kind, words in MEDDLERS.items()
            if faults.has(kind)
        ]
        self.careful = Operator(Draw(seed, "careful"), draw.pick((10, 40)) * MINUTE, scopes)
        self.careful.diligent = draw.happens(700_000)  # the others leave a latch until the faults are over
        self.calm = False

    def quiet(self) -> None:
        """From now on only the careful one acts."""
        self.calm = True
        self.careful.diligent = True

    def begin(self, cockpit: Cockpit, handle: Handle) -> list[asyncio.Task[None]]:
        """Sit down at one incarnation's socket."""
        at_it = [self._sit(one, handle) for one in (*self.operators, self.careful)]
        return [asyncio.ensure_future(one) for one in (*at_it, self._watch(cockpit))]

    async def _sit(self, who: Operator, handle: Handle) -> None:
        while who is self.careful or not self.calm:
            await asyncio.sleep(who.next_in() / NS)
            if who.diligent or who is not self.careful:
                await who.act(handle)

    async def _watch(self, cockpit: Cockpit) -> None:
        """Somebody looks at the machine now and then: a journal that has failed for good needs a restart."""
        while True:
            await asyncio.sleep(LOOKS_EVERY / NS)
            if cockpit.flight.sequencer.broken:
                cockpit.flight.stop("the journal has failed")


def remedy(disk: SimDisk, emergency: SimDisk) -> str:
    """What a person does after a start that was refused, by its message; "" when there is nothing to do."""
    done = []
    if disk.faults.quota:
        disk.faults.quota = 0
        done.append("freed space")
    if emergency.contents(EMERGENCY):
        SimView(emergency, Doom()).rename(EMERGENCY, f"seen-{emergency.world.now}")
        done.append("moved the emergency log away")
    return ", ".join(done)
