"""Integers with an exponent, and the only multiplication and division of money. Rounding always says which
way.

Money is 1e-6 of the account's currency ("micros"). A price or quantity carries its instrument's exponent:
12.3456 with exponent 4 is 123456.
"""

from typing import Final

MONEY_EXP: Final = 6
MICRO: Final = 1_000_000
PPM: Final = 1_000_000  # ratios are parts per million: 1 bp = 100 ppm
BP: Final = 100
NS: Final = 1_000_000_000
MS: Final = 1_000_000
MINUTE: Final = 60 * NS
UNKNOWN: Final = -1  # an absent limit or a value that cannot be told
OFF: Final = -2  # a check its feed can never serve
POW10: Final[tuple[int, ...]] = tuple(int("1" + "0" * n) for n in range(31))


def mul_div(a: int, b: int, c: int) -> int:
    """a * b / c rounded down (towards minus infinity). c > 0."""
    return a * b // c


def mul_div_up(a: int, b: int, c: int) -> int:
    """a * b / c rounded up (towards plus infinity). c > 0."""
    return -(-a * b // c)


def notional(price: int, qty: int, scale: int) -> int:
    """Value in micros of `qty` at `price`, rounded up in size (against us). `scale` is `Instrument.scale`.

    `scale` = 10^(price_exp + qty_exp - 6) when positive, or minus that power of ten when the product is
    coarser than a micro. The sign of `qty` is kept.
    """
    product = price * qty
    if scale == 1:
        return product
    if scale < 0:
        return product * -scale
    return mul_div_up(product, 1, scale) if product >= 0 else -mul_div_up(-product, 1, scale)


def both_ways(price: int, qty: int, scale: int) -> tuple[int, int]:
    """A holding's signed value in micros, rounded up and rounded down."""
    product = price * qty
    if scale < 0:
        return product * -scale, product * -scale
    return mul_div_up(product, 1, scale), mul_div(product, 1, scale)


def qty_for(money: int, price: int, scale: int) -> int:
    """The largest quantity whose notional at `price` is at most `money` (micros). Zero when there is none."""
    if money <= 0 or price <= 0:
        return 0
    if scale < 0:
        return money // (price * -scale)
    return money * scale // price


def ratio_ppm_up(a: int, b: int) -> int:
    """a / b in parts per million, rounded up; for evidence shown to people, never for a comparison. b > 0."""
    return mul_div_up(a, PPM, b)


def scale_of(price_exp: int, qty_exp: int) -> int:
    """The divisor (positive) or multiplier (negative) from price x quantity to micros."""
    exp = price_exp + qty_exp - MONEY_EXP
    return POW10[exp] if exp >= 0 else -POW10[-exp]


def parse(text: str, exp: int) -> int:
    """A plain decimal string as an integer of exponent `exp`. ValueError when it is no plain decimal or is
    finer than that."""
    body = text.strip()
    sign = 1
    if body[:1] in ("-", "+"):
        sign = -1 if body[0] == "-" else 1
        body = body[1:]
    whole, _, part = body.partition(".")
    if not (whole or part) or not (whole + part).isdigit() or not (whole + part).isascii():
        raise ValueError(f"{text!r} is not a plain decimal number")
    part = part.rstrip("0")
    if len(part) > exp:
        raise ValueError(f"{text!r} has more than {exp} decimals")
    return sign * (int(whole or "0") * POW10[exp] + int((part + "0" * (exp - len(part))) or "0"))


def show(value: int, exp: int) -> str:
    """The decimal string of an integer with exponent `exp`, without trailing zeros. `parse(show(v, e), e) ==
    v`."""
    if exp == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(exp + 1, "0")
    part = digits[-exp:].rstrip("0")
    return sign + digits[:-exp] + ("." + part if part else "")


def money(micros: int) -> str:
    """Money for a person: whole cents, rounded half away from zero, with thousands commas."""
    cents = (abs(micros) + 5_000) // 10_000
    return f"{'-' if micros < 0 else ''}{cents // 100:,}.{cents % 100:02}"
