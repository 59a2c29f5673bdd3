"""Exact money: whole attos, 1e-18 of the account's currency.

Price x quantity of any instrument (at most 9 places each) is then a whole number, so the judge's books know
no rounding at all. The governor keeps whole micros and rounds against itself, so its figures are worse than
these by less than a micro for each fill and each book, and never better.
"""

from typing import Final

EXP: Final = 18
MICRO: Final = 10**12  # attos
PPM: Final = 10**6
NS: Final = 10**9
MINUTE: Final = 60 * NS


def unit_of(price_exp: int, qty_exp: int) -> int:
    """Attos that one step of price times one step of quantity is worth."""
    return int(10 ** (EXP - price_exp - qty_exp))


def shown(attos: int) -> str:
    """For a sentence: the currency with all the digits there are."""
    whole, part = divmod(abs(attos), 10**EXP)
    digits = str(part).rjust(EXP, "0").rstrip("0")
    return f"{'-' if attos < 0 else ''}{whole}{'.' if digits else ''}{digits}"
