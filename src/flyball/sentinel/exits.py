"""The figures of an exit, exact: what is held, at which limit it goes, in how many parts.

Ticks: two decimals from one dollar on, four below (SEC Rule 612); coins nine significant digits. A limit is
rounded towards filling, a part towards less.
"""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any, Final

SLICE: Final = Decimal(100_000)  # currency in one order, as long as MOST_PARTS are enough
MOST_PARTS: Final = 10
COIN_DIGITS: Final = 9
LONGEST_WAIT: Final = 60.0


def exact(value: object) -> Decimal | None:
    """An exact number; None for what is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def number(value: object) -> Decimal:
    """An exact number; 0 for what is none."""
    return exact(value) or Decimal(0)


def price_of(position: dict[str, Any]) -> Decimal | None:
    """The last price of a position, or what its value or yesterday says; None when nothing does."""
    qty = number(position.get("qty"))
    worth = abs(number(position.get("market_value")) / qty) if qty else Decimal(0)
    last, before = number(position.get("current_price")), number(position.get("lastday_price"))
    return next((price for price in (last, worth, before) if price > 0), None)


def limit_price(price: Decimal, side: str, collar: Decimal, tick: Decimal | None = None) -> Decimal:
    """`collar` (a ratio) worse than `price`, never below one tick. `tick`: of a coin, 0 = not known."""
    raw = price * (1 - collar if side == "sell" else 1 + collar)
    if tick is None:
        tick = Decimal("0.01") if raw >= 1 else Decimal("0.0001")
    elif tick <= 0:
        tick = Decimal(1).scaleb(raw.adjusted() - COIN_DIGITS + 1)
    rounding = ROUND_FLOOR if side == "sell" else ROUND_CEILING
    return max(tick, (raw / tick).to_integral_value(rounding) * tick)


def parts(qty: Decimal, price: Decimal) -> list[Decimal]:
    """`qty` in whole units where it is more than a few, each part worth about `SLICE` or a tenth."""
    wanted = min(MOST_PARTS, int(qty * price / SLICE) + 1, max(1, int(qty)))
    each = (qty / wanted).to_integral_value(ROUND_DOWN) if wanted > 1 else qty
    return [each] * (wanted - 1) + [qty - each * (wanted - 1)]


def remaining(order: dict[str, Any]) -> Decimal:
    """What an order may still fill. One by value counts whole: there is no telling."""
    if order.get("qty") is None:
        return Decimal("Infinity")
    return max(Decimal(0), number(order["qty"]) - number(order.get("filled_qty")))


def seconds(text: str) -> float:
    """A Retry-After in seconds, between one and sixty; ten when it is a date or nothing."""
    value = number(text)
    return min(LONGEST_WAIT, max(1.0, float(value))) if value > 0 else 10.0


def told(body: object) -> str:
    """A broker's reason, in its own words."""
    if isinstance(body, dict) and body.get("message"):
        return str(body["message"])[:200]
    return "refused without a reason"
