"""The door: what a bot said, as the kernel's integers. Pure and total: whatever comes in, an Intent or None
comes out.

What is at least a mapping becomes an Intent; what is wrong with it is its `flaw`, a code of kernel.words, and
the kernel refuses it with that code. An unknown field is a flaw too: a bot that sends a trailing distance
must not believe it has a trailing stop. Rounding never asks for more than the bot did: quantities and money
down, a buyer's limit down, a seller's up; a stop the same way, so that it triggers no later than it was to.
"""

import math
import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Final

import msgspec

from flyball.bots.wire import BAD, MAX_INTENT
from flyball.kernel.bounds import MAX_ID, MAX_MONEY, MAX_PRICE, MAX_QTY
from flyball.kernel.events import Instrument, Intent
from flyball.kernel.units import MONEY_EXP
from flyball.kernel.words import BUY, CLOSE, DAY, LIMIT, MARKET, SELL, STOP

FIELDS: Final = frozenset(
    (
        *("id", "created_at", "strategy", "symbol", "side", "qty", "notional", "type", "limit", "stop"),
        *("tif", "parent"),
    )
)
WORDS: Final = {"buy": BUY, "sell": SELL}

FIELD: Final = "FORMAT_FIELD"
QTY: Final = "FORMAT_QTY"
PRICE: Final = "FORMAT_PRICE"
RANGE: Final = "FORMAT_RANGE"

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)
_EXACT: Final = Context(prec=100)
_LARGEST: Final = 20  # digits before the point; far above every bound, far below what is slow


def understand(
    raw: bytes | memoryview, strategy: str, instruments: Mapping[str, Instrument], ts: int, cause: int
) -> Intent | None:
    """The intent in one piece of msgpack, arrived at `ts` in answer to something of time `cause`. None: no
    intent at all.
    """
    if len(raw) > MAX_INTENT:
        return None
    try:
        said = msgspec.msgpack.decode(raw)
    except BAD:
        return None
    return intent_of(said, strategy, instruments, ts, cause)


def intent_of(
    said: object, strategy: str, instruments: Mapping[str, Instrument], ts: int, cause: int
) -> Intent | None:
    """The same from a decoded object. `intent` is "" when the bot gave no id; `n` is the host's to give."""
    if not isinstance(said, Mapping):
        return None
    flaws: list[str] = []
    if not said.keys() <= FIELDS or said.get("strategy", strategy) != strategy:
        flaws.append(FIELD)
    symbol = _text(said, "symbol", flaws, needed=True)
    instrument = instruments.get(symbol)
    if instrument is None:
        flaws.append("RULE_UNKNOWN_SYMBOL")
    side = _side(said, flaws)
    whole = said.get("type") == CLOSE
    qty, notional = _whole(said, flaws) if whole else _size(said, instrument, flaws)
    kind, limit, stop = _price(said, instrument, side, flaws)
    return Intent(
        ts=ts,
        intent=_text(said, "id", flaws),
        created_at=_moment(said, cause, flaws),
        strategy=strategy,
        symbol=symbol,
        side=side,
        qty=qty,
        notional=notional,
        type=kind,
        limit=limit,
        tif=_text(said, "tif", flaws) or DAY,
        parent=_text(said, "parent", flaws),
        flaw=flaws[0] if flaws else "",
        n=0,
        stop=stop,
    )


def _text(said: Mapping[object, object], name: str, flaws: list[str], *, needed: bool = False) -> str:
    value = said.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        flaws.append(FIELD)
        return ""
    if len(value) > MAX_ID or not (value.isascii() and value.isprintable()):
        flaws.append(FIELD)
        return "".join(c if c.isascii() and c.isprintable() else "?" for c in value[:MAX_ID])
    return value


def _side(said: Mapping[object, object], flaws: list[str]) -> int:
    value = said.get("side")
    side = WORDS.get(value, 0) if isinstance(value, str) else 0
    if not side:
        flaws.append(FIELD)
    return side


def _moment(said: Mapping[object, object], cause: int, flaws: list[str]) -> int:
    value = said.get("created_at")
    if value is None:
        return cause
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        flaws.append(FIELD)
        return cause
    return value


def _size(said: Mapping[object, object], instrument: Instrument | None, flaws: list[str]) -> tuple[int, int]:
    """(quantity, notional); one of them is 0."""
    qty, notional = said.get("qty"), said.get("notional")
    if qty is not None and notional is not None:
        flaws.append(FIELD)
        return 0, 0
    if notional is not None:
        return 0, _amount(notional, MONEY_EXP, MAX_MONEY, QTY, "FORMAT_MIN_NOTIONAL", flaws)
    if instrument is None:  # nobody knows in what units
        return 0, 0
    return _amount(qty, instrument.qty_exp, MAX_QTY, QTY, "FORMAT_LOT", flaws), 0


def _whole(said: Mapping[object, object], flaws: list[str]) -> tuple[int, int]:
    """A close is of all there is: a size with it is a contradiction."""
    if said.get("qty") is not None or said.get("notional") is not None:
        flaws.append(FIELD)
    return 0, 0


def _price(
    said: Mapping[object, object], instrument: Instrument | None, side: int, flaws: list[str]
) -> tuple[str, int, int]:
    """(order type, limit, stop). A limit price makes it a limit order, a stop price a stop; a type that has
    no such price and is given one is a contradiction, and so are both.
    """
    given = {name: said.get(name) for name in (LIMIT, STOP) if said.get(name) is not None}
    kind = _text(said, "type", flaws) or (next(iter(given)) if given else MARKET)
    if kind in (LIMIT, STOP) and kind not in given:
        flaws.append(PRICE)
    if (STOP in given and kind != STOP) or (LIMIT in given and kind in (MARKET, STOP, CLOSE)):
        flaws.append(FIELD)
        return kind, 0, 0
    if instrument is None or not given:
        return kind, 0, 0
    (name, value), exp = next(iter(given.items())), instrument.price_exp
    price = _amount(value, exp, MAX_PRICE, PRICE, PRICE, flaws, up=side == SELL)
    return kind, price if name == LIMIT else 0, price if name == STOP else 0


def _amount(
    value: object, exp: int, largest: int, wrong: str, small: str, flaws: list[str], *, up: bool = False
) -> int:
    """A positive number in units of 10^-exp; 0, and a flaw, when it is none (`wrong`), too large, or rounds
    to nothing (`small`).
    """
    number = _number(value)
    if number is None or number <= 0:
        flaws.append(wrong)
        return 0
    if number.adjusted() > _LARGEST:
        flaws.append(RANGE)
        return 0
    if number.adjusted() + exp < 0:  # below one unit; 1e-999999 is not worth writing out
        units = 1 if up else 0
    else:
        units = int(number.scaleb(exp, _EXACT).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))
    if units > largest:
        flaws.append(RANGE)
        return 0
    if not units:
        flaws.append(small)
    return units


def _number(value: object) -> Decimal | None:
    """What a person would read: integers, finite floats as they print, plain decimal text of at most MAX_ID
    characters.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, str) and len(value) <= MAX_ID and _NUMBER.fullmatch(value):
        return Decimal(value)
    return None
