"""How the desk writes numbers for people: money, ratios, durations, dates and the market's own clock.

Nothing here decides or rounds anything that is stored; a ratio below one never reads as one.
"""

from datetime import UTC, datetime
from typing import Final

from flyball.kernel.units import MINUTE, MS, NS, OFF, PPM, UNKNOWN, money, show
from flyball.kernel.verdict import MONEY, PRICE, QTY
from flyball.kernel.verdict import NS as NS_UNIT
from flyball.kernel.verdict import PPM as PPM_UNIT
from flyball.tables.calendar import NEW_YORK

SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
DASH: Final = "–"
MINUS: Final = "−"
NEW_YORK_VENUES: Final = ("XNYS",)
TIMES_KEYS: Final = ("max_leverage", "volatility_ratio")  # ratios that read as 1.5×
HOUR: Final = 60 * MINUTE
MONTHS: Final = tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
DAYS: Final = tuple("Mon Tue Wed Thu Fri Sat Sun".split())


def cash(micros: int, currency: str = "USD", *, sign: bool = False, cents: bool = True) -> str:
    """$1,234.56; with `sign` also a plus; without `cents` whole units, rounded half away from zero."""
    text = money(abs(micros)) if cents else f"{(abs(micros) + PPM // 2) // PPM:,}"
    nothing = not text.strip("0.,")
    before = MINUS if micros < 0 and not nothing else "+" if sign and micros > 0 and not nothing else ""
    return f"{before}{SIGNS.get(currency, currency + ' ')}{text}"


def percent(part: int, whole: int, digits: int = 2, *, sign: bool = False) -> str:
    """part / whole in percent; – when there is no whole."""
    if whole <= 0:
        return DASH
    text = f"{abs(part) * 100 / whole:.{digits}f}"
    nothing = not text.strip("0.")
    before = MINUS if part < 0 and not nothing else "+" if sign and part > 0 and not nothing else ""
    return f"{before}{text}%"


def ratio(part: int, whole: int) -> float:
    """part / whole cut to six decimals: what is below a limit never shows as 1.000000."""
    return (part * PPM // whole) / PPM


def share(ppm_of_one: float) -> str:
    """A ratio as a percentage with two decimals, cut, so that 99.999% stays below 100%."""
    return f"{int(ppm_of_one * 10_000 + 1e-9) / 100:.2f}%"


def bps(part: int, whole: int) -> float:
    """part / whole in basis points, two decimals, rounded away from zero: an overshoot is never shown
    smaller."""
    if whole <= 0:
        return 0.0
    hundredths = -(-abs(part) * 1_000_000 // whole)
    return (hundredths if part >= 0 else -hundredths) / 100


def span(ns: int) -> str:
    """A duration: 1.25 s, 40 ms, 5 min, 2 h."""
    if ns % HOUR == 0 and ns:
        return f"{ns // HOUR} h"
    if ns % MINUTE == 0 and ns:
        return f"{ns // MINUTE} min"
    if ns >= 100 * NS:
        return f"{ns // NS:,} s"
    if ns >= NS or ns == 0:
        return f"{show(ns // MS, 3)} s"
    return f"{show(ns // 1000, 3)} ms"


def amount(
    unit: str, value: int, currency: str = "USD", price_exp: int = 0, qty_exp: int = 0, key: str = ""
) -> str:
    """One figure of a decision's evidence. UNKNOWN and OFF are words of the evidence, not numbers."""
    if value == UNKNOWN:
        return DASH
    if value == OFF:
        return "off"
    if unit == MONEY:
        return cash(value, currency)
    if unit == PPM_UNIT:
        return f"{value / PPM:.3f}×" if key in TIMES_KEYS else f"{value / 10_000:.2f}%"
    if unit == NS_UNIT:
        return span(value)
    if unit == QTY:
        return show(value, qty_exp)
    if unit == PRICE:
        return show(value, price_exp)
    return f"{value:,}"


def moment(ts: int, venue: str = "") -> datetime:
    """The second of `ts` on the market's own clock: New York's for its exchanges, else UTC."""
    return datetime.fromtimestamp(ts // NS, NEW_YORK if venue in NEW_YORK_VENUES else UTC)


def clock_name(venue: str) -> str:
    return "New York time" if venue in NEW_YORK_VENUES else "UTC"


def clock(ts: int, venue: str = "") -> str:
    """10:31:07"""
    return f"{moment(ts, venue):%H:%M:%S}"


def stamp(ts: int, venue: str = "") -> str:
    """15 Sep, 10:31:07; – for no time at all."""
    if ts <= 0:
        return DASH
    at = moment(ts, venue)
    return f"{at.day} {MONTHS[at.month - 1]}, {at:%H:%M:%S}"


def iso_day(day: int) -> str:
    """20080915 as 2008-09-15."""
    return f"{day // 10_000:04}-{day // 100 % 100:02}-{day % 100:02}"


def day_name(day: int, *, weekday: bool = False, year: bool = False) -> str:
    """15 Sep, with `weekday` Mon 15 Sep, with `year` 15 Sep 2008."""
    at = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC)
    text = f"{at.day} {MONTHS[at.month - 1]}"
    if weekday:
        text = f"{DAYS[at.weekday()]} {text}"
    return f"{text} {at.year}" if year else text


def counted(n: int, what: str) -> str:
    """1 session, 21 sessions"""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
