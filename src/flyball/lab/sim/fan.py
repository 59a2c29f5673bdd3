"""Many seeds on several cores: each in a worker process, each with a longest time, results as they come.

A seed that does not end is a failure like any other. Results say nothing of the order in which they came.
"""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from types import FrameType
from typing import Final

from flyball.lab.sim.outcome import NO_END, Outcome

LONGEST_S: Final = 60.0
AHEAD: Final = 4  # seeds waiting for each worker

Job = tuple[int, tuple[str, ...] | None, int]  # seed, faults (None: as drawn), until


class NoEnd(KeyboardInterrupt):
    """A seed took longer than any may. Of the one sort that an event loop lets through from anywhere."""


def fly(job: Job) -> Outcome:
    """One seed, with a longest time."""
    from flyball.lab.sim.run import run

    def ring(_: int, __: FrameType | None) -> None:
        raise NoEnd

    seed, faults, until = job
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        return run(seed, faults=faults, until=until)
    except NoEnd:
        return Outcome(
            seed, faults=faults or (), until=until, broken=NO_END, what=f"no end within {LONGEST_S:.0f} s"
        )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fly_all(jobs: Iterator[Job], workers: int, more: Callable[[], bool]) -> Iterator[Outcome]:
    """Outcomes of jobs, as they end; no further job is begun once `more` says no."""
    if workers <= 1:
        for job in jobs:
            if not more():
                return
            yield fly(job)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        under_way: set[Future[Outcome]] = set()
        exhausted = False
        while under_way or not exhausted:
            while not exhausted and len(under_way) < workers * AHEAD:
                following = next(jobs, None) if more() else None
                if following is None:
                    exhausted = True
                    break
                under_way.add(pool.submit(fly, following))
            if not under_way:
                break
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
