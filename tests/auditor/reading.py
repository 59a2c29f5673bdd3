"""Lines of the export as numbers: exact integers, and a complaint where a line is not what the contract says.

Money is in millionths, a ratio too; a price and a quantity are in their symbol's own last place; a time
is nanoseconds since 1970.
"""

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

Line = dict[str, Any]

MICRO = 1_000_000
SECOND = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z")


class UnreadableError(ValueError):
    """A line that breaks the contract of the export, and how."""


def parse(text: str) -> Line:
    """One line of the export."""
    try:
        line = json.loads(text, object_pairs_hook=once)
    except ValueError as error:
        raise UnreadableError(f"no JSON object: {error}") from None
    if not isinstance(line, dict):
        raise UnreadableError("no JSON object")
    return line


def once(pairs: list[tuple[str, Any]]) -> Line:
    """An object whose names come once: of two, a reader would see the one and another reader the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


@lru_cache(maxsize=65536)
def scaled(text: str, places: int) -> int:
    """A decimal string in units of its last allowed place."""
    if type(text) is not str or not DECIMAL.fullmatch(text):
        raise UnreadableError(f"{text!r} is no decimal of the contract")
    whole, _, rest = text.partition(".")
    if len(rest) > places or text == "-0":
        raise UnreadableError(f"{text!r} has more than {places} places")
    return int(whole + rest.ljust(places, "0"))


def money(text: str) -> int:
    """Money, or a ratio, in millionths."""
    return scaled(text, 6)


@lru_cache(maxsize=4096)
def nanos(text: str) -> int:
    """RFC 3339 in UTC with nine digits, in nanoseconds since 1970."""
    match = TIME.fullmatch(str(text))
    if not match:
        raise UnreadableError(f"{text!r} is no time of the contract")
    try:
        since = datetime.fromisoformat(match[1] + "+00:00") - EPOCH
    except ValueError:
        raise UnreadableError(f"{text!r} is no time of the contract") from None
    return (since.days * 86_400 + since.seconds) * SECOND + int(match[2])


def shown(value: int, places: int = 6) -> str:
    """The decimal string of the contract: no exponent, no trailing zeros."""
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 10**places)
    tail = str(rest).rjust(places, "0").rstrip("0") if places else ""
    return f"{sign}{whole}{'.' if tail else ''}{tail}"


def up(number: int, divisor: int) -> int:
    """The quotient rounded up."""
    return -(-number // divisor)
