"""Seeds without end until one fails, or enough have been flown; the ones that ever failed first."""

import itertools
import time
from collections.abc import Callable, Iterator

from flyball.lab.sim.fan import Job, fly, fly_all
from flyball.lab.sim.outcome import Outcome
from flyball.lab.sim.promises.goals import GOALS
from flyball.lab.sim.regressions import regressions
from flyball.lab.sim.shrink import shrink
from flyball.lab.sim.tally import Tally

SHOW_EVERY = 5.0  # seconds
Say = Callable[[str], None]


def fly_many(seeds: int, minutes: float, first: int, workers: int, say: Say) -> Tally:
    """At least `seeds` seeds that count and at least so many minutes, unless one fails."""
    tally = Tally(tuple(GOALS))
    begun = shown = time.monotonic()

    def more() -> bool:
        return not tally.failed and (tally.counted < seeds or time.monotonic() - begun < minutes * 60)

    def jobs() -> Iterator[Job]:
        for job, _ in regressions():
            yield job
        for number in itertools.count(first):
            yield number, None, 0

    for outcome in fly_all(jobs(), workers, more):
        tally.take(outcome)
        if time.monotonic() - shown > SHOW_EVERY or outcome.broken:
            shown = time.monotonic()
            say(
                f"{tally.seeds} seeds, {tally.events} events, {tally.days} days, {tally.kills} kills,"
                f" {len(tally.failed)} failed"
            )
    return tally


def smaller(failed: Outcome, say: Say) -> Outcome:
    """What failed, made small."""
    say(f"{failed.broken} broke at seed {failed.seed}: making it small")
    return shrink(failed, lambda seed, faults, until: fly((seed, faults, until)), say)
