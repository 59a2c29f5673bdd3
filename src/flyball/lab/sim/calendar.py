"""What comes into a market from outside by its date: splits and renamings over night, dividends, money paid
in and out; and last minutes of a day in which a symbol is not traded.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flyball.feeds.actions import Dated
from flyball.feeds.series import Bar, Series
from flyball.kernel.corporate import CASH_DIVIDEND, SPLIT, SYMBOL_CHANGE
from flyball.kernel.events import Action, Flow
from flyball.kernel.units import MICRO, MINUTE, NS
from flyball.lab.sim.draw import Draw
from flyball.tables.calendar import Session

BEFORE_OPEN: Final = 30 * MINUTE  # actions take effect
LAST: Final = 12 * MINUTE  # of a session, in which nothing is traded any more
RATIOS: Final = ((2, 1), (3, 2), (1, 10), (4, 1))
NEW_NAME: Final = "NEW"


def dated(draw: Draw, series: Sequence[Series], schedule: Sequence[Session]) -> list[Dated]:
    """Actions and flows by time, numbered as a file's would be."""
    found: list[Dated] = []
    for day in schedule[1:]:
        at = day.open - BEFORE_OPEN
        symbol = draw.pick(series).symbol
        what = draw.pick((SPLIT, SPLIT, CASH_DIVIDEND, ""))
        if what == SPLIT:
            num, den = draw.pick(RATIOS)
            cash = draw.between(1, 300) * MICRO if den > 1 else 0
            found.append(Action(at, SPLIT, symbol, num, den, "", cash, 0, f"{day.day} split", 0))
        elif what == CASH_DIVIDEND:
            cash = draw.between(1, 50) * MICRO // 100
            found.append(Action(at, CASH_DIVIDEND, symbol, 0, 0, "", cash, 0, f"{day.day} dividend", 0))
    if draw.happens(400_000):
        old, day = draw.pick(series).symbol, draw.pick(schedule[1:])
        at = day.open - BEFORE_OPEN + NS
        found.append(Action(at, SYMBOL_CHANGE, old, 0, 0, NEW_NAME, 0, 0, f"{day.day} name", 0))
    for _ in range(draw.between(0, 3)):
        day = draw.pick(schedule)
        amount = draw.pick((-1, 1, 1)) * draw.between(1, 6_000) * MICRO
        found.append(Flow(day.open + draw.below(day.close - day.open), amount, "the owner", 0))
    found.sort(key=lambda one: one.ts)
    numbers = {Action: 0, Flow: 0}
    for one in found:
        numbers[type(one)] += 1
        one.n = numbers[type(one)]
    return found


def acted(series: Sequence[Series], acts: Sequence[Dated]) -> list[Series]:
    """The prices as they are traded behind splits, and under which name."""
    made = [replace(one, bars=list(one.bars)) for one in series]
    for act in acts:
        for one in made[: len(series)]:
            if not isinstance(act, Action) or act.symbol != one.symbol:
                continue
            if act.what == SPLIT:
                one.bars = [b if b.end <= act.ts else _times(b, act.den, act.num) for b in one.bars]
            elif act.what == SYMBOL_CHANGE:
                later = [b for b in one.bars if b.end > act.ts]
                made.append(replace(one, symbol=act.to, bars=later))
                one.bars = [b for b in one.bars if b.end <= act.ts]
    return made


def halted(draw: Draw, series: Sequence[Series], schedule: Sequence[Session]) -> list[Series]:
    """Prices without those of a few last minutes: of a symbol, or of all, on a drawn day."""
    which = draw.pick((None, draw.pick(series).symbol))
    days = [day for day in schedule if draw.happens(500_000)] or [schedule[0]]
    return [
        one
        if which not in (None, one.symbol)
        else replace(
            one, bars=[b for b in one.bars if not any(d.close - LAST < b.end <= d.close for d in days)]
        )
        for one in series
    ]


def _times(bar: Bar, by: int, of: int) -> Bar:
    prices = [max(1, price * by // of) for price in bar[1:5]]
    return Bar(bar.end, prices[0], prices[1], prices[2], prices[3], bar.volume)
