"""Bars as integers, and which of them lie inside regular sessions.

A bar is known at its end and not before, so `end` is the only time it carries, whatever its file wrote.
"""

from dataclasses import dataclass
from typing import NamedTuple

from flyball.tables.calendar import Session, day_of, session_on


class Bar(NamedTuple):
    """One bar: `end` in UTC nanoseconds, prices as integers of the series' exponent, `volume` in units."""

    end: int
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass
class Series:
    """The bars of one symbol, rising by `end`, each `seconds` long. 12.3456 with `price_exp` 4 is 123456."""

    symbol: str
    price_exp: int
    seconds: int
    bars: list[Bar]


class InSessions(NamedTuple):
    """A series cut down to regular sessions, and how many bars that took away."""

    series: Series
    outside_hours: int
    closed_days: int


def in_sessions(series: Series) -> InSessions:
    """Keep the bars that end in an XNYS session, after its open and no later than its close.

    A bar that ends at the very open is kept too: it is the opening print. Raises OutOfTable for bars on days
    that the calendar does not cover.
    """
    kept: list[Bar] = []
    outside_hours = closed_days = 0
    session: Session | None = None
    for bar in series.bars:
        if session is None or not session.open <= bar.end <= session.close:
            session = session_on(day_of(bar.end))
        if session is None:
            closed_days += 1
        elif session.open <= bar.end <= session.close:
            kept.append(bar)
        else:
            outside_hours += 1
    cut = Series(series.symbol, series.price_exp, series.seconds, kept)
    return InSessions(cut, outside_hours, closed_days)
