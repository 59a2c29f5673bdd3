"""How the export writes what the kernel counts in integers: decimals as strings, times as RFC 3339, absence
as absence.
"""

from datetime import UTC, datetime

from flyball.kernel.controls import EVIDENCE, EVIDENCE_UNITS
from flyball.kernel.units import MONEY_EXP, NS, OFF, UNKNOWN, show
from flyball.kernel.verdict import MONEY, PPM, PRICE, QTY
from flyball.kernel.words import SIDES

PPM_EXP = 6
Line = dict[str, object]


class Units:
    """What the lines so far have said of instruments and orders, and how numbers are written with it."""

    def __init__(self) -> None:
        self.exponents: dict[str, tuple[int, int]] = {}  # symbol -> of its prices, of its quantities
        self.symbols: dict[str, str] = {}  # client order id -> symbol
        self.decisions: dict[tuple[str, str], int] = {}  # (strategy, intent) -> seq of what was approved

    def price(self, symbol: str, value: int) -> str | int:
        """A decimal string; the bare integer when nobody has said what the symbol is."""
        exponents = self.exponents.get(symbol)
        return value if exponents is None else show(value, exponents[0])

    def qty(self, symbol: str, value: int) -> str | int:
        """A decimal string; the bare integer when nobody has said what the symbol is."""
        exponents = self.exponents.get(symbol)
        return value if exponents is None else show(value, exponents[1])

    def some_price(self, symbol: str, value: int) -> str | int | None:
        """None for 0, which in a record is no price."""
        return self.price(symbol, value) if value else None

    def some_qty(self, symbol: str, value: int) -> str | int | None:
        """None for 0, which in a record is no quantity."""
        return self.qty(symbol, value) if value else None

    def controls(self, symbol: str, evidence: tuple[int, ...]) -> dict[str, list[object]]:
        """The evidence of a decision by name: [value, limit]; null cannot be told or is not set."""
        pairs = zip(EVIDENCE, EVIDENCE_UNITS, evidence[::2], evidence[1::2], strict=False)
        return {
            name: [self._evidence(symbol, unit, value), self._evidence(symbol, unit, limit)]
            for name, unit, value, limit in pairs
        }

    def _evidence(self, symbol: str, unit: str, value: int) -> object:
        if value == UNKNOWN:
            return None
        if value == OFF:
            return "off"
        if unit == MONEY:
            return money(value)
        if unit == PPM:
            return ratio(value)
        if unit == PRICE:
            return self.price(symbol, value)
        if unit == QTY:
            return self.qty(symbol, value)
        return value


def money(micros: int) -> str:
    return show(micros, MONEY_EXP)


def ratio(ppm: int) -> str:
    """Parts per million as a plain ratio: 1 is the whole."""
    return show(ppm, PPM_EXP)


def side(sign: int) -> str | None:
    return SIDES.get(sign)


def when(ts: int) -> str | int:
    """RFC 3339, UTC, nanoseconds; the bare integer when no calendar has that day."""
    seconds, nanos = divmod(ts, NS)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return ts
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z" if moment.year >= 1000 else ts


def date(day: int) -> str:
    """A trade date, yyyymmdd, as RFC 3339 writes it."""
    digits = f"{day:08d}"
    return f"{digits[:-4]}-{digits[-4:-2]}-{digits[-2:]}"
