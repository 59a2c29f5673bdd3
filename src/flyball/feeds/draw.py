"""A minute path in one real day: open, high, low and close are exactly the day's, the rest is drawn.

Promised of every day, whatever its prices (R is its range, high less low, in 1e-4):

1. The first bar opens at the day's open, each other at the close before it, and the last closes at the day's
   close.
2. No bar leaves low to high, and at least one touches each. Between the first to touch the high and the first
   to touch the low lie at least 20 minutes; where the day neither opens nor closes at an extreme, one bar
   makes it (two neighbours, when R is too small to tell them apart).
3. No bar's range is more than an eighth of R, and no close further than a twelfth of R from the one before,
   both rounded up.
4. A bar holds nothing of later minutes: no price, no time and no order of extremes. (How lively the early
   minutes are, and how much is traded, does hint at the day's range and volume: they have to fit.)
5. All of it follows from seed, symbol, the day and its length alone, in integers, so on any machine.

Between open, extremes and close runs a random bridge, livelier after the open and before the close; which
extreme comes first, and when, is drawn as well.
"""

from collections.abc import Iterator
from math import isqrt
from typing import Final, NamedTuple

from flyball.feeds.daily import Daily
from flyball.feeds.series import Bar
from flyball.feeds.splitmix import below, keyed
from flyball.tables.calendar import Session

MINUTE: Final = 60 * 1_000_000_000
LEG: Final = 30  # minutes at least from one of open, extremes and close to the next
RANGE_PART: Final = 8
STEP_PART: Final = 12
CENT: Final = 100  # prices are in 1e-4
CENTS_FROM: Final = 20 * CENT  # a day with a smaller range is drawn in 1e-4

_NOISE_SD: Final = 37_837  # of the sum of four numbers below 2**16
_WILD: Final = 12  # one minute in so many moves twice as far


class Frame(NamedTuple):
    """What bounds the minutes of one day."""

    low: int
    high: int
    span: int  # a bar's range at most
    step: int  # from close to close at most
    tick: int

    def inner(self) -> tuple[int, int]:
        """The lowest and highest price that is no extreme of the day; crossed when there is none."""
        return self.low + 1, self.high - 1


class Pivot(NamedTuple):
    """The minute (counted from 1) whose bar makes an extreme of the day."""

    minute: int
    is_high: bool


def draw_day(daily: Daily, session: Session, seed: int, symbol: str) -> list[Bar]:
    """The minutes of one day, 390 or on half days 210, stamped by their end."""
    numbers = keyed(seed, symbol, daily.day)
    minutes = (session.close - session.open) // MINUTE
    frame = _frame(daily)
    pivots = _pivots(daily, minutes, numbers)
    scale = [_scale(minute, minutes, frame) for minute in range(1, minutes + 1)]
    closes = _closes(daily, frame, pivots, scale, numbers)
    volumes = _volumes(daily.volume, minutes, numbers)
    bars = []
    for at in range(minutes):
        high, low = _wicks(closes[at], closes[at + 1], frame, scale[at], numbers)
        if Pivot(at + 1, is_high=True) in pivots:
            high, low = frame.high, max(low, frame.high - frame.span)
        if Pivot(at + 1, is_high=False) in pivots:
            high, low = min(high, frame.low + frame.span), frame.low
        end = session.open + (at + 1) * MINUTE
        bars.append(Bar(end, closes[at], high, low, closes[at + 1], volumes[at]))
    return bars


def _frame(daily: Daily) -> Frame:
    wide = daily.high - daily.low
    return Frame(
        low=daily.low,
        high=daily.high,
        span=-(-wide // RANGE_PART),
        step=-(-wide // STEP_PART),
        tick=CENT if wide >= CENTS_FROM else 1,
    )


def _pivots(daily: Daily, minutes: int, numbers: Iterator[int]) -> list[Pivot]:
    """Where the extremes are made that neither the open nor the close makes."""
    wanted = [
        is_high
        for is_high, extreme in ((True, daily.high), (False, daily.low))
        if extreme not in (daily.open, daily.close)
    ]
    if below(numbers, 2):
        wanted.reverse()
    # As many cuts of the day, each leg LEG minutes and what chance gives it of the rest.
    spare = minutes - LEG * (len(wanted) + 1)
    cuts = sorted(below(numbers, spare + 1) for _ in wanted)
    return [
        Pivot(LEG * place + cut, is_high)
        for place, (cut, is_high) in enumerate(zip(cuts, wanted, strict=True), 1)
    ]


def _scale(minute: int, minutes: int, frame: Frame) -> int:
    """How far one minute goes: a random walk's share of the range, more early and late in the day."""
    percent = 90 + max(0, 90 - 3 * minute) + max(0, 45 - 3 * (minutes - minute)) // 2
    return (frame.high - frame.low) * percent // (160 * isqrt(minutes))


def _closes(
    daily: Daily, frame: Frame, pivots: list[Pivot], scale: list[int], numbers: Iterator[int]
) -> list[int]:
    """The open and every minute's close: bridges from the open over the extremes to the close."""
    path = [daily.open]
    for pivot in pivots:
        # The bar's wick makes the extreme, its close stays off it, where the bounds leave room for that.
        off = 1 + below(numbers, frame.span - frame.step) if frame.span > frame.step else 0
        target = frame.high - off if pivot.is_high else frame.low + off
        _bridge(path, target, pivot.minute, frame, scale, numbers)
    _bridge(path, daily.close, len(scale), frame, scale, numbers)
    return path


def _bridge(
    path: list[int], target: int, until: int, frame: Frame, scale: list[int], numbers: Iterator[int]
) -> None:
    """Go on from the end of `path` so that minute `until` closes at `target`."""
    floor, ceiling = frame.inner()
    if floor > ceiling:
        path += [path[-1]] * (until - len(path))
    while len(path) < until:
        here, left = path[-1], until - len(path)  # `left` steps follow this one
        drift = (target - here + below(numbers, left + 1)) // (left + 1)
        drift += _away(here, frame, scale[len(path) - 1])
        there = here + drift + _noise(numbers, scale[len(path) - 1]) * left // (left + 1)
        if there > ceiling:
            there = 2 * ceiling - there
        elif there < floor:
            there = 2 * floor - there
        lowest = max(floor, here - frame.step, target - left * frame.step)
        highest = min(ceiling, here + frame.step, target + left * frame.step)
        path.append(_snap(there, lowest, highest, frame.tick))
    path.append(target)


def _away(here: int, frame: Frame, scale: int) -> int:
    """The drift of a random walk that is known to stay between low and high (a Bessel process at either end).

    Without it the path would creep along the extremes, and their level could be read off early.
    """
    off_low, off_high = max(1, here - frame.low), max(1, frame.high - here)
    return min(scale * scale // off_low, frame.step) - min(scale * scale // off_high, frame.step)


def _noise(numbers: Iterator[int], scale: int) -> int:
    number = next(numbers)
    bell = sum(number >> shift & 0xFFFF for shift in (0, 16, 32, 48)) - 2 * 0xFFFF
    return bell * scale * (1 if below(numbers, _WILD) else 2) // _NOISE_SD


def _wicks(first: int, last: int, frame: Frame, scale: int, numbers: Iterator[int]) -> tuple[int, int]:
    """High and low of a bar that is no pivot: a little beyond open and close, no wider than allowed."""
    floor, ceiling = frame.inner()
    top, bottom = max(first, last), min(first, last)
    room = frame.span - (top - bottom)
    up = below(numbers, min(room, scale * 3 // 5) + 1)
    down = below(numbers, min(room - up, scale * 3 // 5) + 1)
    high = _snap(top + up, top, max(top, min(top + up, ceiling)), frame.tick)
    low = _snap(bottom - down, min(bottom, max(bottom - down, floor)), bottom, frame.tick)
    return high, low


def _snap(price: int, lowest: int, highest: int, tick: int) -> int:
    """The whole tick nearest to `price` within the bounds, or the price itself where they hold none."""
    price = min(max(price, lowest), highest)
    nearest = (price + tick // 2) // tick * tick
    return next((at for at in (nearest, nearest - tick, nearest + tick) if lowest <= at <= highest), price)


def _volumes(volume: int, minutes: int, numbers: Iterator[int]) -> list[int]:
    """The day's volume shared out: more early and late, exact in sum."""
    weights = [
        (100 + max(0, 200 - 5 * at) + max(0, 150 - 5 * (minutes - at))) * (40 + below(numbers, 121))
        for at in range(minutes)
    ]
    total, done, shared = sum(weights), 0, []
    for weight in weights:
        before = volume * done // total
        done += weight
        shared.append(volume * done // total - before)
    return shared
