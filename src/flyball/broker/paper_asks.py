"""What a client of the HTTP door asks for, read as an order of the paper broker: every field is understood or
refused by name, in the words of Alpaca's API."""

from collections.abc import Mapping
from typing import Final

from flyball.broker.paper_desk import DOOR, Market
from flyball.broker.paper_life import Unit
from flyball.broker.paper_rules import FORBIDDEN, Refusal
from flyball.kernel.effects import Order
from flyball.kernel.units import parse
from flyball.kernel.words import BUY, DAY, IOC, LIMIT, MARKET, SELL, STOP

PARAMETERS: Final = 42210000
MISSING: Final = 40010001
LONGEST: Final = 128  # characters of a client order id
LARGEST: Final = 1 << 50  # of any number, in the instrument's units
_SIDES: Final = {"buy": BUY, "sell": SELL}
_KNOWN: Final = (
    "symbol",
    "qty",
    "side",
    "type",
    "time_in_force",
    "limit_price",
    "stop_price",
    "client_order_id",
)
_PLAIN: Final = {  # what else may be there, as long as it asks for nothing
    "order_class": ("", "simple"),
    "extended_hours": (False,),
    "position_intent": ("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"),
}
_MAY_BE: Final = {name: (None, *values) for name, values in _PLAIN.items()}


class Wrong(Exception):  # noqa: N818 - it says what is the case
    """This cannot be taken; `refusal` is the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def order_of(given: Mapping[str, object], market: Market, ts: int, fresh: str) -> Order:
    """The order a body asks for. `fresh` is its client id when it brings none. Raises Wrong."""
    symbol = _text(given, "symbol")
    unit = market.units.get(symbol)
    if unit is None:
        raise _wrong(f'asset "{symbol}" not found')
    for name, value in given.items():
        if name not in _KNOWN and value not in _MAY_BE.get(name, (None,)):
            raise _wrong(f"{name} is not supported by this broker")
    side = _SIDES.get(_text(given, "side"))
    if side is None:
        raise _wrong("side must be buy or sell")
    kind = _text(given, "type")
    if kind not in (MARKET, LIMIT, STOP):
        raise _wrong(f'order type "{kind}" is not supported by this broker; it takes market, limit and stop')
    client_id = _text(given, "client_order_id") or fresh
    if len(client_id) > LONGEST or not client_id.isprintable():
        raise _wrong(f"client_order_id must be no more than {LONGEST} printable characters", MISSING)
    limit = _price(given, "limit_price", kind == LIMIT, kind, unit)
    stop = _price(given, "stop_price", kind == STOP, kind, unit)
    qty = _qty(given, symbol, unit)
    tif = _tif(_text(given, "time_in_force"), kind, market.crypto)
    return Order(ts, client_id, "", DOOR, "", symbol, side, qty, kind, limit, tif, False, 1, 1, False, stop)


def _wrong(message: str, code: int = PARAMETERS) -> Wrong:
    return Wrong(Refusal(422, code, message))


def _text(given: Mapping[str, object], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(f"{name} is invalid")
    return value


def _qty(given: Mapping[str, object], symbol: str, unit: Unit) -> int:
    text = _text(given, "qty")
    if not text:
        raise _wrong("qty or notional is required", MISSING)
    try:
        qty = parse(text, unit.qty_exp)
    except ValueError:
        if text.replace(".", "", 1).isdecimal():
            raise Wrong(Refusal(403, FORBIDDEN, f'asset "{symbol}" is not fractionable')) from None
        raise _wrong("qty is invalid") from None
    if not 0 < qty <= LARGEST:
        raise _wrong("qty must be > 0")
    return qty


def _price(given: Mapping[str, object], name: str, needed: bool, kind: str, unit: Unit) -> int:
    """A price field: there when the type needs it, absent when it does not. 0 = absent."""
    text = _text(given, name)
    if not needed:
        if text:
            raise _wrong(f"{kind} orders require no {name.replace('_', ' ')}", MISSING)
        return 0
    if not text:
        raise _wrong(f"{kind} orders require a {name.replace('_', ' ')}", MISSING)
    try:
        price = parse(text, unit.price_exp)
    except ValueError:
        price = -1 if text.replace(".", "", 1).isdecimal() else 0
    if price == 0 or text.startswith("-") or price > LARGEST:
        raise _wrong(f"{name} must be > 0")
    if price < 0 or price % unit.tick:
        why = "sub-penny increment does not fulfill minimum pricing criteria"
        raise _wrong(f"invalid {name} {text}. {why}")
    return price


def _tif(text: str, kind: str, crypto: bool) -> str:
    """`gtc` is what crypto has for `day`: to the end of the UTC day, at this broker."""
    known = {"gtc": DAY, "ioc": IOC} if crypto else {"day": DAY, "ioc": IOC}
    if kind == STOP:
        del known["ioc"]
    if text not in known:
        takes = " and ".join(known)
        raise _wrong(f'time_in_force "{text}" is not supported by this broker; it takes {takes}')
    return known[text]
