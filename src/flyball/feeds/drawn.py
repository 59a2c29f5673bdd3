"""Sample sessions: real daily bars with a minute path drawn inside each day, and labelled as drawn.

Deterministic in (seed, symbol, day): the path of one day is the same whatever other days or symbols are
drawn.
"""

from collections.abc import Callable, Sequence
from typing import Final

from flyball.feeds.daily import PRICE_EXP, SPLITS, Daily, daily_bars, read_stocks
from flyball.feeds.draw import draw_day
from flyball.feeds.series import Bar, Series
from flyball.feeds.table import BarsError
from flyball.tables import xnys
from flyball.tables.calendar import Session, sessions_between

__all__ = [
    "DRAWN_LABEL",
    "FIRST_DAY",
    "SESSIONS",
    "SYMBOLS",
    "Daily",
    "daily_bars",
    "drawn_sessions",
    "read_stocks",
]

DRAWN_LABEL: Final = "real daily open, high, low and close; minutes drawn"  # wherever such prices are shown
SYMBOLS: Final = ("MSFT", "AAPL", "IBM")
FIRST_DAY: Final = 20080915  # the Monday of Lehman Brothers; 21 sessions on is 2008-10-13, the rebound
SESSIONS: Final = 21


def drawn_sessions(
    symbols: Sequence[str],
    first_day: int,
    sessions: int,
    seed: int,
    *,
    read_gz: Callable[[], bytes] = read_stocks,
) -> list[Series]:
    """Minute bars of `symbols` (in that order) over `sessions` sessions on from `first_day` (yyyymmdd).

    `seed` counts modulo 2**64. Raises BarsError when a symbol has no bar on one of the days or was split
    among them, and OutOfTable when `first_day` is beyond the calendar.
    """
    daily = daily_bars(read_gz)
    days = sessions_between(first_day, xnys.LAST_DAY)[:sessions]
    return [Series(symbol, PRICE_EXP, 60, _minutes(symbol, daily, days, seed)) for symbol in symbols]


def _minutes(symbol: str, daily: dict[str, list[Daily]], days: Sequence[Session], seed: int) -> list[Bar]:
    if symbol not in daily:
        raise BarsError(f"no daily bars of {symbol}; there are {', '.join(sorted(daily))}")
    by_day = {bar.day: bar for bar in daily[symbol]}
    for split in SPLITS.get(symbol, ()):
        if days and days[0].day < split <= days[-1].day:
            raise BarsError(
                f"{symbol} was split on {split} and its prices are unadjusted; "
                "choose sessions before that day, or from it on"
            )
    bars: list[Bar] = []
    for session in days:
        if session.day not in by_day:
            first, last = daily[symbol][0].day, daily[symbol][-1].day
            raise BarsError(
                f"no daily bar of {symbol} on {session.day}; there are bars from {first} to {last}"
            )
        bars += draw_day(by_day[session.day], session, seed, symbol)
    return bars
