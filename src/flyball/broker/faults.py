"""What goes wrong between a client and the paper broker: calls nobody answers, events that come late or
twice.

Every fault is drawn from numbers that belong to the call or the event alone (see `paper_draws`), so it meets
entries and exits alike and does not change when the process was killed in between.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from flyball.broker.paper_draws import between, happens
from flyball.broker.paper_settings import PaperSettings
from flyball.kernel.units import MS, NS

TWICE_MIN: Final = 1 * MS  # how long after an event its copy comes
TWICE_MAX: Final = 2 * NS


class Call(NamedTuple):
    """What becomes of one call to the broker."""

    there: int  # ns until it arrives
    back: int  # ns of the answer's way
    answered: bool
    applied: bool  # the broker acted on it; always when answered


def call_of(draws: Iterator[int], settings: PaperSettings) -> Call:
    """Draw a call's fate."""
    there = latency(draws, settings)
    back = latency(draws, settings)
    answered = not happens(draws, settings.timeout_ppm)
    applied = happens(draws, settings.timeout_applied_ppm)
    return Call(there, back, answered, answered or applied)


def latency(draws: Iterator[int], settings: PaperSettings) -> int:
    """One way between client and broker, in ns."""
    return between(draws, settings.latency_min, settings.latency_max)


def deliveries(happened: int, draws: Iterator[int], settings: PaperSettings) -> tuple[int, ...]:
    """When the event of something that happened reaches the client: once or twice, rising, always later than
    it happened."""
    at = happened + latency(draws, settings)
    if happens(draws, settings.late_ppm):
        at += between(draws, settings.late_min, settings.late_max)
    if happens(draws, settings.duplicate_ppm):
        return at, at + between(draws, TWICE_MIN, TWICE_MAX)
    return (at,)
