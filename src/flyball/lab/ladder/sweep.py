"""Which closes are flown, on how many cores, and what the whole of it says.

The set: every early close, the week after each change of the clocks with the Friday before, and one session
of
every month, drawn by the seed. The calendar of every single day is held against the exchange's rules all the
same: that costs nothing.
"""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing import get_context
from types import FrameType
from typing import Final

from flyball.lab.ladder import law
from flyball.lab.ladder.close import FAILED, FLAT, LATCHED, Close, fly
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.fan import LONGEST_S, NoEnd
from flyball.tables.calendar import session_on

HELD_AT_LEAST: Final = 70  # percent of the closes: a sweep that holds nothing proves nothing
CHUNK: Final = 4
DAY: Final = timedelta(days=1)


@dataclass
class Swept:
    """The sum of a sweep."""

    sessions: int = 0
    early: int = 0
    flat: int = 0
    latched: int = 0
    held: int = 0  # closes before which something was held
    events: int = 0
    failed: list[Close] = field(default_factory=list)

    def take(self, one: Close) -> None:
        """One more."""
        self.sessions += 1
        self.early += one.early
        self.flat += one.outcome == FLAT
        self.latched += one.outcome == LATCHED
        self.held += one.held > 0
        self.events += one.events
        if one.outcome == FAILED:
            self.failed.append(one)

    def idle(self) -> bool:
        """Whether too few of them had anything to get rid of."""
        return self.held * 100 < self.sessions * HELD_AT_LEAST

    def ok(self) -> bool:
        return not self.failed and not self.idle() and self.sessions > 0


def number(day: date) -> int:
    """yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def every_day(first: int, last: int) -> list[date]:
    """All dates of these years."""
    begin, end = date(first, 1, 1), date(last, 12, 31)
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def traded(first: int, last: int) -> list[date]:
    """The dates on which the table or the exchange has a session."""
    return [
        d for d in every_day(first, last) if law.hours(d) is not None or session_on(number(d)) is not None
    ]


def chosen(first: int, last: int, seed: int) -> list[int]:
    """The set, as yyyymmdd in order."""
    days = traded(first, last)
    picked = {d for d in days if law.closes_early(d) or _table_early(d)}
    for year in range(first, last + 1):
        for sunday in law.changes(year):
            picked |= {d for d in days if sunday - 2 * DAY <= d < sunday + 7 * DAY}
        for month in range(1, 13):
            of_month = [d for d in days if (d.year, d.month) == (year, month)]
            picked.add(Draw(seed, "month", year, month).pick(of_month))
    return [number(d) for d in sorted(picked)]


def _table_early(day: date) -> bool:
    session = session_on(number(day))
    return session is not None and session.early


def misprinted(first: int, last: int) -> Iterator[Close]:
    """The days on which the table is not what the rules say, flown or not."""
    for day in every_day(first, last):
        ours, theirs = session_on(number(day)), law.hours(day)
        table = None if ours is None else (ours.open, ours.close, ours.early)
        rules = None if theirs is None else (theirs.open, theirs.close, theirs.early)
        if table != rules:
            why = f"the table says {table or 'closed'}, the exchange's rules {rules or 'closed'}"
            yield Close(number(day), theirs is not None and theirs.early, 0, FAILED, why)


def guarded(job: tuple[int, int]) -> Close | None:
    """One close, with a longest time."""

    def ring(_: int, __: FrameType | None) -> None:
        raise NoEnd

    day, seed = job
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        return fly(day, seed)
    except NoEnd:
        return Close(day, False, seed, FAILED, f"no end within {LONGEST_S:.0f} s")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def sweep(days: Sequence[int], seed: int, workers: int) -> Iterator[Close]:
    """The closes of these days, in their order."""
    jobs = [(day, seed) for day in days]
    if workers <= 1:
        yield from filter(None, map(guarded, jobs))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from filter(None, pool.map(guarded, jobs, chunksize=CHUNK))
