"""The people of a run: at the socket, and at the keyboard when the governor does not run or cannot go on.

They do what the messages say: move an emergency log away once it has been compared with the broker, free a
full disk, start again what has ended. At night they sleep; some stop the governor after the day and start it
in the morning, some a little too late.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from flyball.compose.assembly import Cockpit
from flyball.journal.emergency import PATH as EMERGENCY
from flyball.kernel.units import MINUTE, MS, NS
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.faults import Faults
from flyball.lab.sim.operator import Handle, Operator
from flyball.lab.sim.view import SimView
from flyball.tables.calendar import Session

LOOKS_EVERY: Final = 3 * MINUTE
EARLY: Final = 15 * MINUTE  # before the open people are there
LATE: Final = 30 * MINUTE  # and so long after the close
AT_THE_START: Final = 400_000  # millionths of the starts at which somebody panics at once
MEDDLERS: Final = {
    "people.tighten": ("pause", "freeze", "flatten", "cancel", "status", "limits", "reject"),
    "people.loosen": ("resume", "clear", "status", "approve"),
    "people.panic": ("panic", "panic", "clear", "status"),
    "people.edit": ("approve", "approve", "approve", "reject"),
}


class People:
    """Outlive the governor."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        strategies: tuple[str, ...],
        symbols: tuple[str, ...],
        schedule: Sequence[Session] = (),
    ) -> None:
        draw = Draw(seed, "people")
        scopes = (
            "account",
            *(f"strategy:{name}" for name in strategies),
            *(f"symbol:{name}" for name in symbols),
        )
        self.operators = {
            kind: Operator(Draw(seed, kind), draw.pick((2, 6, 15)) * MINUTE, scopes, words)
            for kind, words in MEDDLERS.items()
            if faults.has(kind)
        }
        self.careful = Operator(Draw(seed, "careful"), draw.pick((10, 40)) * MINUTE, scopes)
        self.careful.diligent = draw.happens(700_000)  # the others leave a latch until the faults are over
        self.calm = False
        self.nights = 0  # that it was stopped for
        self._schedule = schedule
        self._night = Draw(seed, "night")
        self._nights = set(range(len(schedule) - 1)) if faults.has("people.night") else set()

    def quiet(self) -> None:
        """From now on only the careful one acts."""
        self.calm = True
        self.careful.diligent = True

    def begin(
        self, cockpit: Cockpit, handle: Handle, now: Callable[[], int], pressed: Callable[[], None]
    ) -> list[asyncio.Task[None]]:
        """Sit down at one incarnation's socket. `now` is true time, `pressed` hears of every panic."""
        at_it = [self._sit(one, handle, now) for one in (*self.operators.values(), self.careful)]
        for one in self.operators.values():
            one.pressed = pressed
        at_it.append(self._watch(cockpit))
        if (who := self.operators.get("people.panic")) is not None and not self.calm:
            at_it.append(self._at_once(who, handle))
        if (at := self._evening(now())) is not None:
            at_it.append(self._stop(cockpit, at - now()))
        return [asyncio.ensure_future(one) for one in at_it]

    def morning(self, now: int) -> int:
        """How long after the governor was stopped for the night until it is started; 0 when it was not."""
        for n in sorted(self._nights):
            day, following = self._schedule[n], self._schedule[n + 1]
            if not day.open < now < following.open:
                continue
            self._nights.discard(n)
            self.nights += 1
            if now < day.close:
                return day.close - now + self._night.between(1, 5 * MINUTE)
            late = self._night.pick((False, False, False, True))
            at = following.open + (self._night.below(15) if late else -self._night.between(1, 10)) * MINUTE
            return max(NS, at - now)
        return 0

    async def _sit(self, who: Operator, handle: Handle, now: Callable[[], int]) -> None:
        while who is self.careful or not self.calm:
            await asyncio.sleep((who.next_in() + self._asleep(now())) / NS)
            if who.diligent or who is not self.careful:
                await who.act(handle)

    async def _at_once(self, who: Operator, handle: Handle) -> None:
        """Whoever has seen it start badly does not wait."""
        if who.draw.happens(AT_THE_START):
            await asyncio.sleep(who.draw.between(1, 9_000) * MS / NS)
            await who.panic(handle)

    async def _watch(self, cockpit: Cockpit) -> None:
        """Somebody looks at the machine now and then: a journal that has failed for good needs a restart."""
        while True:
            await asyncio.sleep(LOOKS_EVERY / NS)
            if cockpit.flight.sequencer.broken:
                cockpit.flight.stop("the journal has failed")

    def _asleep(self, now: int) -> int:
        """How long until the next day's work begins; 0 while it goes on."""
        for session in self._schedule:
            if now <= session.close + LATE:
                return max(0, session.open - EARLY - now)
        return 0

    def _evening(self, now: int) -> int | None:
        """When this incarnation is stopped for the night, None when it is not."""
        for n in sorted(self._nights):
            day = self._schedule[n]
            if now < day.close:
                early = self._night.pick((False, False, False, True))
                after = -self._night.between(1, 15) if early else self._night.between(2, 40)
                return max(now + NS, day.close + after * MINUTE)
        return None

    async def _stop(self, cockpit: Cockpit, after: int) -> None:
        await asyncio.sleep(after / NS)
        cockpit.flight.stop("the day is over")


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
