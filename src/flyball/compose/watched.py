"""A governor that is watched: its loop beats for the sentinel, and `flyball run --sentinel` starts one."""

from collections.abc import Callable, Sequence
from typing import Final

from flyball.compose.assembly import Cockpit
from flyball.compose.places import SENTINEL_LOG
from flyball.kernel.units import NS
from flyball.machine.clock import AsyncWakeup, RealClock
from flyball.machine.pulse import Pulse
from flyball.machine.standing import stand
from flyball.runtime.heartbeat import Heartbeat

NO_PULSE: Final = "no heartbeat for a sentinel"
WATCHED_ALREADY: Final = "ended with 1"  # another sentinel is here: as good
LOOK: Final = NS
AGAIN: Final = NS  # after it died, and twice as long each time
LONGEST: Final = 300 * NS


def find_pulse(folder: str, note: Callable[[str], None]) -> list[Pulse]:
    """The desk's heartbeat, before anything else is read; none without a place for it. From here on a
    sentinel knows that somebody begins after a crash."""
    try:
        return [Pulse(folder)]
    except OSError as wrong:
        note(f"{NO_PULSE}: {wrong}")
        return []


def take_pulse(cockpit: Cockpit, pulses: Sequence[Pulse]) -> None:
    """Let the loop beat from now on."""
    flight = cockpit.flight
    for pulse in pulses:
        pulse.beat(panicked=False)
        flight.sources = [*flight.sources, Heartbeat(pulse, flight.clock, cockpit.governor)]


async def keep_sentinel(folder: str, note: Callable[[str], None], died: Callable[[str], None]) -> None:
    """Have a sentinel as long as this runs: in a session of its own, until the governor takes its leave or it
    has done its work, and another when it dies. Where one watches already, it ends at once. `died`: told why.
    """
    clock, wake = RealClock(), AsyncWakeup()
    words = ["sentinel", "--dir", folder, "--follow", "--json"]
    pause = AGAIN
    while True:
        began = clock.now()
        try:
            running = await stand(words, cwd="/", log=f"{folder}/{SENTINEL_LOG}")
        except OSError as wrong:
            why = f"could not be started ({wrong.strerror or wrong})"
        else:
            note(f"a sentinel watches (process {running.pid}, {SENTINEL_LOG})")
            while (code := running.ended()) is None:
                await clock.until(clock.now() + LOOK, wake)
            why = f"ended with {code}"
        if why != WATCHED_ALREADY:
            died(f"the sentinel {why}; see {SENTINEL_LOG}")
        pause = AGAIN if clock.now() - began > LONGEST else min(2 * pause, LONGEST)
        await clock.until(clock.now() + pause, wake)
