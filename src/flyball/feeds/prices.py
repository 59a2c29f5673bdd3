"""Numbers as integers, exactly as written: a float counts as its shortest decimal, never as its bits."""

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

from flyball.feeds.table import Cell
from flyball.kernel.units import POW10

MAX_EXP: Final = (
    8  # prices are read with this exponent; a series is then written with the least that is exact
)
EXPONENTS: Final = (2, 4, 5, 6, 7, MAX_EXP)  # US prices come in cents or with four decimals; three are four
REMEMBERED: Final = 200_000
_LARGEST: Final = Decimal(10) ** 15
_ONE: Final = Decimal(1)


class Numbers(dict[Cell, int]):
    """`numbers[cell]` is the cell's number as an integer with exponent `exp`; the last many are remembered.

    What has more decimals is rounded and counted in `rounded`, each time one is met. Raises ValueError with a
    reason for a person when the cell is no number or is 1e15 or more.
    """

    def __init__(self, exp: int, rounding: str) -> None:
        super().__init__()
        self.exp = exp
        self.rounding = rounding
        self.rounded = 0

    def __missing__(self, cell: Cell) -> int:
        number = decimal_of(cell).scaleb(self.exp)
        whole = number.quantize(_ONE, rounding=self.rounding)
        if whole != number:
            self.rounded += 1
            return int(whole)
        if len(self) >= REMEMBERED:
            self.clear()
        self[cell] = int(whole)
        return int(whole)


def price_reader() -> Numbers:
    """Reads prices in 1e-8; the ninth decimal is rounded half to even."""
    return Numbers(MAX_EXP, ROUND_HALF_EVEN)


def volume_reader() -> Numbers:
    """Reads volumes in whole units; parts of one are cut off."""
    return Numbers(0, ROUND_FLOOR)


def decimal_of(cell: Cell) -> Decimal:
    """The number in a cell. Raises ValueError with a reason for a person."""
    text = ("" if cell is None else cell if isinstance(cell, str) else repr(cell)).strip()
    if not text:
        raise ValueError("missing")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not number.is_finite() or "_" in text:
        raise ValueError(f"{text!r} is no number")
    if abs(number) >= _LARGEST:
        raise ValueError(f"{text} is too large")
    return number


def exponent_for(common: int) -> int:
    """The exponent to write prices with, given the greatest common divisor of all of them in 1e-8."""
    return next(exp for exp in EXPONENTS if common % POW10[MAX_EXP - exp] == 0)
