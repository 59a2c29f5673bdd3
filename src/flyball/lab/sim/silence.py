"""A feed that falls silent for a while: prices go on at the exchange, and nobody is told."""

from collections.abc import Callable, Sequence
from typing import Final

from flyball.kernel.events import Event
from flyball.kernel.units import MINUTE
from flyball.lab.sim.draw import Draw
from flyball.ports import Source
from flyball.tables.calendar import Session

Span = tuple[int, int]
SHORTEST: Final = 4 * MINUTE


class Silent:
    """`ports.Source`: another one, without what comes in `spans`. `count` is called for each event lost."""

    def __init__(self, source: Source, spans: Sequence[Span], count: Callable[[], None]) -> None:
        self.source = source
        self.spans = spans
        self.count = count

    def next_due(self) -> int | None:
        return self.source.next_due()

    def take(self, now: int) -> list[Event]:
        kept = []
        for event in self.source.take(now):
            if any(begin <= event.ts < end for begin, end in self.spans):
                self.count()
            else:
                kept.append(event)
        return kept


def silences(draw: Draw, schedule: Sequence[Session], until: int) -> list[Span]:
    """One in most sessions, now and then into the close."""
    spans = []
    for session in schedule:
        if session.open >= until or draw.happens(300_000):
            continue
        begin = session.open + draw.below(session.close - session.open)
        if draw.happens(300_000):
            begin = session.close - draw.between(4, 20) * MINUTE
        spans.append((begin, min(until, begin + draw.between(SHORTEST, draw.pick((10, 60)) * MINUTE))))
    return spans
