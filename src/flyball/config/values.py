"""How a value is written and what integer it becomes: exact or refused, never rounded, never guessed.

    money     "$10,000", "10000.50", 10000          micros of the account's currency; "5%" = a share of equity
    ratio     "300 bps", "0.5%"                     parts per million
    times     1.5, "1.5"                            parts per million, without a unit (max_leverage, atr_stop)
    duration  "90 s", "100 ms", "5m", "2 h", "1d"   nanoseconds
    size      "16 MiB", 65536                       bytes
    count     5                                     itself

Every function takes what the TOML reader gave and raises `Unreadable` with the reason and the remedy.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from flyball.kernel.limits import COUNT, DURATION, LIST, MICROS, MONEY, PPM_KIND, TEXT
from flyball.kernel.units import MINUTE, MS, NS, parse, show

MONEY_ABS: Final = "money_abs"
MONEY_PPM: Final = "money_ppm"
UNREAD: Final = "unread"
TIMES: Final = "times"
SIZE: Final = "size"
PACE: Final = "pace"
IN_ORDER: Final = "names in order"

EXAMPLES: Final = {
    MONEY: 'an amount like "$10,000" or a share of equity like "5%"',
    MICROS: 'an amount like "$0.0035" or 15.50',
    PPM_KIND: 'a ratio with its unit, like "300 bps" or "0.5%"',
    TIMES: "a number without a unit, like 1.5",
    DURATION: 'a duration with its unit, like "90 s", "100 ms", "5m" or "1d"',
    SIZE: 'a size like "16 MiB"',
    COUNT: "a whole number like 5, without quotes",
    TEXT: "text in quotes",
    LIST: 'a list of names like ["AAPL", "MSFT"]',
    PACE: '"max" or a multiple of real time like "60x"',
    IN_ORDER: 'a list in the order that is meant, like ["slack", "email"]',
}

LONGEST: Final = 200  # characters of a text; a number has at most _DIGITS
_DIGITS: Final = 40
_DAY: Final = 1440 * MINUTE
_DURATIONS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": MS,
    "s": NS,
    "m": MINUTE,
    "min": MINUTE,
    "h": 60 * MINUTE,
    "d": _DAY,
}
_SIZES: Final = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_RATIO_EXP: Final = {"%": 4, "bps": 2, "bp": 2}  # 1% = 10^4 ppm, 1 bp = 10^2 ppm
_WITH_UNIT: Final = re.compile(r"([-+]?[0-9.,_eE]+)\s*([A-Za-z%]+)")
_GROUPED: Final = re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@+_-]{0,99}")
SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:_-]{0,31}")


class Unreadable(ValueError):  # noqa: N818 - it says what is the case
    """A value that is not what its key wants."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True)
class Reading:
    """A value read: its kind as in a row of the `Config` event, and its integer or (text, list) its text."""

    kind: str
    amount: int
    text: str


def decimal(text: str) -> Decimal:
    """The number of what TOML calls a float; one too large for a Decimal becomes NaN, which no key takes."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


def written(raw: object) -> str:
    """A value as a person wrote it, shortened, for messages."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, str):
        text = '"' + raw.replace("\n", "\\n") + '"'
    elif isinstance(raw, int) and abs(raw) >= 10**_DIGITS:
        text = "a number of more than 40 digits"  # Python refuses to print the largest
    else:
        text = str(raw)
    return text if len(text) <= 60 else text[:57] + "..."


def _refuse(kind: str, what: str) -> Unreadable:
    return Unreadable(what, f"write {EXAMPLES[kind]}")


def _plain(raw: object, kind: str) -> str:
    """The plain decimal text of a number, whether written as a TOML number or as text without a unit."""
    if isinstance(raw, bool):
        raise _refuse(kind, "is true or false, not a number")
    if isinstance(raw, int):
        if abs(raw) >= 10**_DIGITS:
            raise _refuse(kind, "is larger than any limit")
        return str(raw)
    if isinstance(raw, Decimal):
        if not raw.is_finite():
            raise _refuse(kind, "is no finite number")
        if abs(raw.adjusted()) > _DIGITS or len(raw.as_tuple().digits) > _DIGITS:
            raise _refuse(kind, "has more digits than any limit")
        return format(raw, "f")
    if not isinstance(raw, str):
        raise _refuse(kind, f"is {_type(raw)}")
    text = raw.strip()
    if not text:
        raise _refuse(kind, "is empty")
    if len(text) > _DIGITS:
        raise _refuse(kind, "has more digits than any limit")
    if "," in text:
        if not _GROUPED.fullmatch(text):
            raise _refuse(kind, "has its commas in the wrong places")
        text = text.replace(",", "")
    return text


def _type(raw: object) -> str:
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list):
        return "a list"
    return "a date or time" if not isinstance(raw, str | int | Decimal) else "a value of another type"


def _number(text: str, exp: int, kind: str) -> int:
    try:
        return parse(text, exp)
    except ValueError as error:
        if "more than" in str(error):
            raise _refuse(kind, "has more decimals than can be kept exactly") from None
        raise _refuse(kind, "is no plain decimal number") from None


def _split(raw: object, kind: str) -> tuple[str, str]:
    """(number, unit) of a text like "90 s"."""
    if not isinstance(raw, str):
        _plain(raw, kind)  # a worse fault than the missing unit is named first
        raise _refuse(kind, "has no unit")
    text = raw.strip()
    if not text:
        raise _refuse(kind, "is empty")
    found = _WITH_UNIT.fullmatch(text)
    if found is None:
        bare = not re.search(r"[A-Za-z%]", text)
        raise _refuse(kind, "has no unit" if bare else "cannot be read")
    return _plain(found[1], kind), found[2]


def money(raw: object, currency: str) -> Reading:
    """An amount, or a share of equity. "$" only where the account is kept in USD."""
    if isinstance(raw, str) and raw.strip().endswith("%"):
        return Reading(MONEY_PPM, ratio(raw, currency).amount, "")
    return Reading(MONEY_ABS, amount(raw, currency, MONEY).amount, "")


def amount(raw: object, currency: str, kind: str = MICROS) -> Reading:
    """Plain money."""
    if isinstance(raw, str):
        text = raw.strip()
        if "$" in text:
            if not text.removeprefix("-").startswith("$"):
                raise _refuse(kind, "cannot be read")
            if currency != "USD":
                raise Unreadable(f"is in dollars, but the account is kept in {currency}", "leave the $ out")
            text = text.replace("$", "", 1)
        if re.search(r"[A-Za-z%]", text):
            raise _refuse(kind, "has a unit that is no money")
        raw = text
    return Reading(MICROS, _number(_plain(raw, kind), 6, kind), "")


def ratio(raw: object, currency: str) -> Reading:
    """Percent or basis points, in parts per million."""
    number, unit = _split(raw, PPM_KIND)
    if unit not in _RATIO_EXP:
        raise _refuse(PPM_KIND, f"has the unit {unit!r}")
    return Reading(PPM_KIND, _number(number, _RATIO_EXP[unit], PPM_KIND), "")


def times(raw: object, currency: str) -> Reading:
    """A multiple, in parts per million."""
    if isinstance(raw, str) and re.search(r"[A-Za-z%]", raw):
        raise _refuse(TIMES, "has a unit")
    return Reading(PPM_KIND, _number(_plain(raw, TIMES), 6, TIMES), "")


def duration(raw: object, currency: str) -> Reading:
    """Nanoseconds; "1d" is one session day, 86,400 s."""
    number, unit = _split(raw, DURATION)
    if unit not in _DURATIONS:
        raise _refuse(DURATION, f"has the unit {unit!r}")
    fine = _number(number, 9, DURATION) * _DURATIONS[unit]
    if fine % NS:
        raise _refuse(DURATION, "is finer than a nanosecond")
    return Reading(DURATION, fine // NS, "")


def size(raw: object, currency: str) -> Reading:
    """Bytes."""
    if isinstance(raw, str):
        number, unit = _split(raw, SIZE)
        if unit not in _SIZES:
            raise _refuse(SIZE, f"has the unit {unit!r}")
        return Reading(SIZE, _number(number, 0, SIZE) * _SIZES[unit], "")
    return Reading(SIZE, _number(_plain(raw, SIZE), 0, SIZE), "")


def count(raw: object, currency: str) -> Reading:
    """A whole number, written as one."""
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise _refuse(COUNT, "is true or false" if isinstance(raw, bool) else "is no whole number")
    return Reading(COUNT, _number(_plain(raw, COUNT), 0, COUNT), "")


def text(raw: object, currency: str) -> Reading:
    """Text on one line, not empty."""
    if not isinstance(raw, str):
        raise _refuse(TEXT, "is no text")
    if not raw.strip():
        raise _refuse(TEXT, "is empty")
    if len(raw) > LONGEST:
        raise Unreadable(f"is longer than {LONGEST} characters", "shorten it")
    if not raw.isprintable():
        raise Unreadable(
            "holds characters that cannot be shown", "write it on one line, without control characters"
        )
    return Reading(TEXT, 0, raw)


def names(raw: object, currency: str) -> Reading:
    """A list of symbols, in alphabetical order, joined by commas."""
    if not isinstance(raw, list):
        raise _refuse(LIST, "is no list")
    if not raw:
        raise Unreadable("is empty", "remove the line, or name at least one")
    for item in raw:
        if not isinstance(item, str) or not SYMBOL.fullmatch(item):
            raise _refuse(LIST, f"holds {written(item)}, which is no symbol")
    if len(set(raw)) != len(raw):
        twice = sorted({item for item in raw if raw.count(item) > 1})
        raise Unreadable(f"names {', '.join(twice)} twice", "name it once")
    return Reading(LIST, 0, ",".join(sorted(raw)))


def in_order(raw: object, currency: str) -> Reading:
    """A list of words in the order they are written, joined by commas."""
    if not isinstance(raw, list):
        raise _refuse(IN_ORDER, "is no list")
    for item in raw:
        if not isinstance(item, str) or not WORD.fullmatch(item):
            raise _refuse(IN_ORDER, f"holds {written(item)}, which does not belong there")
    if len(set(raw)) != len(raw):
        raise Unreadable("names one of them twice", "name it once")
    if sum(len(item) + 1 for item in raw) > LONGEST:
        raise Unreadable(f"is longer than {LONGEST} characters", "shorten it")
    return Reading(IN_ORDER, 0, ",".join(raw))


def pace(raw: object, currency: str) -> Reading:
    """How fast recorded prices are played, in ppm of real time; 0 = as fast as they are decided."""
    if not isinstance(raw, str):
        raise _refuse(PACE, "is no text")
    if raw.strip() == "max":
        return Reading(PACE, 0, "")
    if not raw.strip().endswith("x"):
        raise _refuse(PACE, "is empty" if not raw.strip() else "cannot be read")
    fine = _number(_plain(raw.strip()[:-1], PACE), 6, PACE)
    if fine <= 0:
        raise _refuse(PACE, "is not above zero")
    return Reading(PACE, fine, "")


READERS: Final[dict[str, Callable[[object, str], Reading]]] = {
    MONEY: money,
    MICROS: amount,
    PPM_KIND: ratio,
    TIMES: times,
    DURATION: duration,
    SIZE: size,
    COUNT: count,
    TEXT: text,
    LIST: names,
    PACE: pace,
    IN_ORDER: in_order,
}


def read(kind: str, raw: object, currency: str = "USD") -> Reading:
    """The value of a key of this kind. Raises Unreadable."""
    return READERS[kind](raw, currency)


def outside(kind: str, amount: int, lowest: int, highest: int, currency: str = "USD") -> str:
    """What is wrong with an amount that must lie between two others, "" when nothing is."""
    if kind in (TEXT, LIST, IN_ORDER) or lowest <= amount <= highest:
        return ""
    if amount < 0:
        return "is negative"
    if amount > highest:
        return f"is above {shown(kind, highest, '', currency)}"
    return "is zero" if amount == 0 else f"is below {shown(kind, lowest, '', currency)}"


def shown(kind: str, amount: int, text: str = "", currency: str = "USD") -> str:
    """A value as a person would write it. `read` takes it back, but for lists, which show their names."""
    if kind in (TEXT, LIST, IN_ORDER, UNREAD):
        return text
    if kind in (MONEY_ABS, MICROS, MONEY):
        return _shown_money(amount, currency)
    if kind in (PPM_KIND, MONEY_PPM):
        return f"{show(amount, 2)} bps" if 0 < amount < 1_000 else f"{show(amount, 4)}%"
    if kind == TIMES:
        return show(amount, 6)
    if kind == PACE:
        return f"{show(amount, 6)}x" if amount else "max"
    if kind in (DURATION, SIZE):
        units = _DURATIONS if kind == DURATION else _SIZES
        unit = (
            max((u for u in units if u != "m" and amount % units[u] == 0), key=lambda u: units[u])
            if amount
            else "s"
        )
        return f"{amount // units[unit]} {unit}" if amount or kind == DURATION else "0 B"
    return str(amount)


def _shown_money(micros: int, currency: str) -> str:
    whole, _, part = show(abs(micros), 6).partition(".")
    sign = "-" if micros < 0 else ""
    mark = "$" if currency == "USD" else ""
    cents = "." + part.ljust(2, "0") if part else ""
    return f"{sign}{mark}{int(whole):,}{cents}"
