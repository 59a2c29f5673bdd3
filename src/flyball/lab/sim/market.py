"""Made-up markets: short sessions on successive days, bars with fat tails, gaps, jumps and silence.

Short sessions put opens, closes, ladders and day rolls into few events; nothing in the governor knows how
long a session is.
"""

from typing import Final

from flyball.feeds.series import Bar, Series
from flyball.kernel.units import MINUTE, NS
from flyball.lab.sim.draw import Draw
from flyball.tables.calendar import Session

FIRST_OPEN: Final = 1_772_461_800 * NS  # 2026-03-02 14:30 UTC, a Monday
FIRST_DAY: Final = 20260302
HOURS: Final = (2, 3, 13)  # from open to open
BARS: Final = (300, 240, 180, 120, 90, 60, 45, 30)  # seconds
CENTS: Final = 2
SYMBOLS: Final = ("AAA", "BBB", "CCC")
PPM: Final = 1_000_000


def sessions(draw: Draw, count: int) -> list[Session]:
    """`count` sessions of a little more than an hour, each a risk day of its own."""
    made = []
    begin = FIRST_OPEN
    for i in range(count):
        made.append(Session(FIRST_DAY + i, begin, begin + draw.between(61, 72) * MINUTE, False))
        begin += draw.pick(HOURS) * 60 * MINUTE
    return made


def symbols(draw: Draw) -> tuple[str, ...]:
    """One to three."""
    return SYMBOLS[: draw.between(1, 3)]


def series(draw: Draw, names: tuple[str, ...], schedule: list[Session], prices: int) -> list[Series]:
    """Bars of these symbols over a schedule: about so many prices in all."""
    long = sum(session.close - session.open for session in schedule) * len(names) // NS
    bar = next((bar for bar in BARS if long // bar >= prices), BARS[-1])
    return [_series(draw, name, schedule, bar) for name in names]


def _series(draw: Draw, symbol: str, schedule: list[Session], seconds: int) -> Series:
    price = draw.between(800, 40_000)  # cents
    restless = draw.pick((300, 800, 2_000, 6_000))  # ppm a bar
    jumps = draw.pick((0, 5_000, 30_000))  # ppm of bars that jump
    silent = draw.pick((0, 0, 20_000, 100_000))  # ppm of bars that never come
    bars: list[Bar] = []
    for session in schedule:
        price = _moved(price, draw.between(-20_000, 20_000))  # over night
        mute = 0
        for end in range(session.open + seconds * NS, session.close + 1, seconds * NS):
            before = price
            price = _moved(price, _step(draw, restless, jumps))
            wide = draw.below(restless)
            high, low = _moved(max(price, before), wide), _moved(min(price, before), -wide)
            if mute == 0 and draw.happens(silent):
                mute = draw.between(1, 4)
            mute = max(0, mute - 1)
            if mute == 0 or end == session.close:
                bars.append(Bar(end, before, max(high, price, before), min(low, price, before), price, 1_000))
    return Series(symbol, CENTS, seconds, bars)


def _step(draw: Draw, restless: int, jumps: int) -> int:
    """Parts per million of one bar's way: the sum of three draws, now and then many times that."""
    step = sum(draw.between(-restless, restless) for _ in range(3)) // 2
    return step * draw.between(3, 12) if draw.happens(jumps) else step


def _moved(price: int, ppm: int) -> int:
    """Never below half a dollar."""
    return max(50, price + price * max(-500_000, min(500_000, ppm)) // PPM)
