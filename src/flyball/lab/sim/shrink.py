"""A failing seed made small: first faults are dropped as long as the same promise breaks, then the run is cut
off as early as it still does."""

from collections.abc import Callable
from dataclasses import replace

from flyball.lab.sim.outcome import Outcome

Fly = Callable[[int, tuple[str, ...], int], Outcome]
Say = Callable[[str], None]


def shrink(failed: Outcome, fly: Fly, say: Say = lambda _: None) -> Outcome:
    """The smallest outcome found that breaks the same promise; `failed` itself when none does.

    `fly(seed, faults, until)` flies a seed with these faults only, cut off after `until` events (0 = not).
    """
    best = failed
    for fault in failed.faults:
        fewer = tuple(f for f in best.faults if f != fault)
        found = fly(failed.seed, fewer, best.until)
        if found.broken == failed.broken:
            best = replace(found, faults=fewer)
            say(f"  without {fault}: still {found.broken}")
        else:
            say(f"  without {fault}: {found.broken or 'nothing breaks'}")
    low, high = 0, best.until or best.events
    while high - low > 1:
        middle = (low + high) // 2
        found = fly(failed.seed, best.faults, middle)
        if found.broken == failed.broken:
            best, high = replace(found, faults=best.faults, until=middle), middle
        else:
            low = middle
    if best.until:
        say(f"  cut off after {best.until} events")
    return best
