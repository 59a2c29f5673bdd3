"""A governor whose paper broker has a process of its own (`flyball paper`): it takes its time from there,
since a market has one clock, and meets the broker on the desk's private socket."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from flyball.broker.paper_line import HELLO, TERMS, decode, encode
from flyball.broker.paper_link import PaperLink
from flyball.compose.assembly import CannotStart, Machine, Plan
from flyball.compose.places import PAPER_SOCKET
from flyball.kernel.units import NS
from flyball.machine.clock import PacedClock
from flyball.machine.lines import Reaching, exchange
from flyball.ports import Broker, Clock

PATIENCE: Final = 10 * NS  # real time: for the broker's process to say what time it is


def meet_outside(machine: Machine, plan: Plan, folder: str, config: Path, pace_ppm: int) -> None:
    """Have the machine take its clock and its broker from the desk's `flyball paper`."""
    machine.clock = _clock(f"{folder}/{PAPER_SOCKET}", config, pace_ppm)
    timeout = plan.config.broker.paper.timeout

    def outside(clock: Clock) -> Broker:
        stream = Reaching(f"{folder}/{PAPER_SOCKET}", machine.wake)
        return PaperLink(stream, timeout=timeout, stretch=clock.stretch, now=clock.now())

    machine.outside = outside


def _clock(path: str, config: Path, pace_ppm: int) -> Callable[[int], Clock]:
    def begin(start: int) -> Clock:
        try:
            word, origin, speed, anchor = decode(exchange(path, encode([HELLO, start]), PATIENCE))
        except (OSError, ValueError) as error:
            raise CannotStart(
                f"{path}: the paper broker of this desk does not answer ({error}), and the configuration says"
                f' that it has a process of its own (broker.paper.process = "own")\n'
                f"remedy: start it and leave it running: flyball paper --config {config}"
            ) from error
        assert word == TERMS, f"it answered {word!r}"
        if round(speed * 1_000_000) != pace_ppm:
            raise CannotStart(
                f"the paper broker plays the data at {speed:g}x, this governor at {pace_ppm / 1_000_000:g}x\n"
                f"remedy: give both the same: flyball run --config {config} --pace {speed:g}x"
            )
        return PacedClock(origin, speed, anchor)

    return begin
