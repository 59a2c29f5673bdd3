"""T1: what a seed of the simulator costs, in processor time, and against the kernel in it.

Ours flies the seed: runtime, journal, broker, bots, faults, and every promise checked. The other side steps
the events that are in the journal at its end, and nothing else. One process, the collector out of the way on
both sides; each seed is followed by its own events at once.
"""

import gc
import time
from collections.abc import Callable
from statistics import median
from typing import Final

from flyball.journal.left_out import kept, left_out
from flyball.journal.replay import read
from flyball.kernel.governor import Governor
from flyball.lab.bench.figure import AT_MOST, Figure, judged, shown
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.faults import swarm
from flyball.lab.sim.outcome import Outcome
from flyball.lab.sim.run import Run
from flyball.lab.sim.tally import Tally
from flyball.lab.sim.view import SimView
from flyball.runtime.recover import EVENTS

AIM_S: Final = 0.3  # p95 of one seed


def t1(rounds: int, seeds: int) -> list[Figure]:
    """So many rounds of so many seeds of the default swarm, from seed 1 on."""
    _flown(1)  # what is imported and filled once belongs to no seed
    tally = Tally(())
    ratios: list[float] = []
    ours: list[float] = []  # seconds per 1,000 events, a round each
    theirs: list[float] = []
    for r in range(rounds):
        sides = [_flown(seed) for seed in range(1 + r * seeds, 1 + (r + 1) * seeds)]
        tally.times += [flown for flown, _, _, _ in sides]
        tally.events += sum(events for _, events, _, _ in sides)
        ours.append(1_000 * sum(s[0] for s in sides) / sum(s[1] for s in sides))
        theirs.append(1_000 * sum(s[2] for s in sides) / sum(s[3] for s in sides))
        ratios.append(ours[-1] / theirs[-1])
    detail: dict[str, object] = {
        "seeds": len(tally.times),
        "events": tally.events,
        "median_s": round(median(tally.times), 3),
        "longest_s": round(max(tally.times), 3),
    }
    both: dict[str, object] = {
        "rounds": [round(x, 3) for x in ratios],
        "ours_s": round(median(ours), 4),
        "kernel_s": round(median(theirs), 4),
    }
    return [
        judged(
            "T1", "one seed of the simulator, p95, processor seconds", tally.p95(), AT_MOST, AIM_S, detail
        ),
        shown("T1", "1,000 events in the simulator / the same, bare kernel", median(ratios), both),
    ]


def _flown(seed: int) -> tuple[float, int, float, int]:
    """One seed: its processor seconds and events, then those of its journal's events in a bare kernel."""
    made: list[Run] = []

    def fly() -> None:
        made.append(Run(seed, swarm(seed, None)))
        made[0].fly()

    try:
        flown = _processor(fly)
    except Exception as why:
        raise RuntimeError(
            f"seed {seed} breaks a promise, see `{Outcome(seed).command()}`: {type(why).__name__} {why}"
        ) from why
    one = made[0]
    disk = SimView(one.journal, Doom())
    events = [e for _, e in kept(read(disk), left_out(disk)) if isinstance(e, EVENTS)]
    governor = Governor()

    def step() -> None:
        for event in events:
            governor.step(event)

    stepped = _processor(step)
    assert one.judge.governor is not None, "it started"
    assert governor.state_hash() == one.judge.governor.state_hash(), "the kernel ended elsewhere"
    return flown, one.events, stepped, len(events)


def _processor(measured: Callable[[], None]) -> float:
    """Seconds of this process's processor time."""
    gc.collect()
    collecting = gc.isenabled()
    gc.disable()  # as `lab sim` flies a seed
    started = time.process_time()
    try:
        measured()
        return time.process_time() - started
    finally:
        if collecting:
            gc.enable()
