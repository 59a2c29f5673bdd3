"""What a broker with an account model refuses at its door, in the words of Alpaca's API: shares that open
orders hold, shorting, wash trades, buying power, a locked account.

The judgement is the broker's own, made from its own truth, and shares nothing with the governor's. Every rule
looks at what is open by then, orders on their way included.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from flyball.broker.paper_account import Standing, Truth
from flyball.broker.paper_life import Unit
from flyball.kernel.units import mul_div, mul_div_up, notional, scale_of, show
from flyball.kernel.words import ACCEPTED, BUY, LIMIT, PARTIALLY_FILLED, PENDING, SELL

OPEN: Final = (PENDING, ACCEPTED, PARTIALLY_FILLED)
FORBIDDEN: Final = 40310000
MULTIPLIER: Final = 2  # of equity: buying power over night (Reg T)
SHORT_PPM: Final = 1_030_000  # a short sale is valued at 1.03 times the price


@dataclass(frozen=True)
class Refusal:
    """An error as the API says it: HTTP status, code (0 = the body has none), message, further fields."""

    status: int
    code: int
    message: str
    more: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """An order somebody wants to place. Prices and quantities in the instrument's units."""

    symbol: str
    side: int
    qty: int
    type: str
    limit: int


@dataclass
class Switches:
    """What the account's owner can turn: PATCH /v2/account/configurations."""

    suspend_trade: bool = False
    no_shorting: bool = False


def open_of(truth: Truth, symbol: str) -> list[Standing]:
    """The open orders of a symbol, oldest first."""
    found = [o for o in truth.orders.values() if o.placed.symbol == symbol and o.state in OPEN]
    return sorted(found, key=lambda o: (o.placed.ts, o.placed.client_id))


def held_for_orders(truth: Truth, symbol: str) -> tuple[int, list[Standing]]:
    """How much of a position the open orders that could close it hold, and which those are."""
    position = truth.positions.get(symbol, 0)
    closing = SELL if position > 0 else BUY
    orders = [o for o in open_of(truth, symbol) if position != 0 and o.placed.side == closing]
    return sum(o.placed.qty - o.filled for o in orders), orders


def reduces(asked: Asked, truth: Truth) -> bool:
    """Whether it brings the position nearer to zero whatever becomes of the open orders."""
    position = truth.positions.get(asked.symbol, 0)
    free = abs(position) - held_for_orders(truth, asked.symbol)[0]
    return position * asked.side < 0 and asked.qty <= free


def held_back(asked: Asked, truth: Truth, switches: Switches, unit: Unit, crypto: bool) -> Refusal | None:
    """The rules that hold for everybody, the governor included: held shares, shorts, the account's lock."""
    position = truth.positions.get(asked.symbol, 0)
    if position * asked.side < 0:
        held, orders = held_for_orders(truth, asked.symbol)
        free = max(abs(position) - held, 0)
        if asked.qty > free:
            return _insufficient(asked, unit, position, held, free, orders)
    elif switches.suspend_trade:
        return Refusal(403, FORBIDDEN, "new orders are rejected by user request")
    elif asked.side == SELL and position == 0 and crypto:
        return _insufficient(asked, unit, 0, 0, 0, [])
    elif asked.side == SELL and switches.no_shorting:
        return Refusal(403, FORBIDDEN, "account is not allowed to short")
    return None


def _insufficient(
    asked: Asked, unit: Unit, position: int, held: int, free: int, orders: list[Standing]
) -> Refusal:
    requested, available = show(asked.qty, unit.qty_exp), show(free, unit.qty_exp)
    return Refusal(
        403,
        FORBIDDEN,
        f"insufficient qty available for order (requested: {requested}, available: {available})",
        {
            "available": available,
            "existing_qty": show(position, unit.qty_exp),
            "held_for_orders": show(held, unit.qty_exp),
            "symbol": asked.symbol,
            "related_orders": [uuid_of(o.broker_id) for o in orders],
        },
    )


def wash(asked: Asked, truth: Truth) -> Refusal | None:
    """An own order on the other side that this one could trade with."""
    for o in open_of(truth, asked.symbol):
        if o.placed.side == asked.side:
            continue
        limits = asked.type == LIMIT and o.placed.type == LIMIT
        buy, sell = (asked, o.placed) if asked.side == BUY else (o.placed, asked)
        if limits and buy.limit < sell.limit:
            continue
        kind = "limit" if limits else "market/stop"
        return Refusal(
            403,
            FORBIDDEN,
            "potential wash trade detected. use complex orders",
            {
                "existing_order_id": uuid_of(o.broker_id),
                "reject_reason": f"opposite side {kind} order exists",
            },
        )
    return None


def buying_power(equity: int, truth: Truth, prices: Mapping[str, int], units: Mapping[str, Unit]) -> int:
    """Micros an account may still open: twice its equity less what is held and what open orders would add."""
    used = 0
    for symbol, qty in truth.positions.items():
        used += abs(_value(prices[symbol], qty, units[symbol]))
    for o in truth.orders.values():
        if o.state in OPEN and o.placed.symbol in units and not _closes(o, truth):
            price = o.placed.limit or o.placed.stop or prices.get(o.placed.symbol, 0)
            used += cost(o.placed.side, o.placed.qty - o.filled, price, units[o.placed.symbol])
    return max(MULTIPLIER * equity - used, 0)


def cost(side: int, qty: int, price: int, unit: Unit) -> int:
    """What opening so much asks of the buying power, micros, rounded up; a short sale a little more."""
    value = _value(price, qty, unit)
    return mul_div_up(value, SHORT_PPM, 1_000_000) if side == SELL else value


def _value(price: int, qty: int, unit: Unit) -> int:
    return notional(price, qty, scale_of(unit.price_exp, unit.qty_exp))


def _closes(o: Standing, truth: Truth) -> bool:
    return truth.positions.get(o.placed.symbol, 0) * o.placed.side < 0


def uuid_of(broker_id: str) -> str:
    """The broker's own id ("P" and 16 hex digits) written as a UUID, as this API's ids are."""
    h = broker_id[1:]
    return f"{h[:8]}-{h[8:12]}-4{h[12:15]}-8{h[15]}00-000000000000"


def average(value: int, qty: int, exp: int) -> str:
    """A mean price as a decimal string: `value` is price times quantity; four decimals more than a price."""
    return show(mul_div(value * 10_000, 1, qty), exp + 4)
