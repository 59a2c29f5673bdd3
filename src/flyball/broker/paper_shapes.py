"""The bodies of Alpaca's Trading API as the paper broker fills them: orders, positions, account, clock.

Every figure of money or quantity is a decimal string, every time RFC 3339 with nanoseconds; what does not
exist is null. Field names, null rules and states are those of the OpenAPI document of June 2026.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from flyball.broker.paper_account import Execution, Held, Truth, executions
from flyball.broker.paper_desk import Market, dollars
from flyball.broker.paper_life import Unit
from flyball.broker.paper_rules import Switches, average, buying_power, held_for_orders, uuid_of
from flyball.kernel.events import Account
from flyball.kernel.units import NS, mul_div, notional, scale_of, show
from flyball.kernel.words import (
    ACCEPTED,
    BUY,
    CANCELED,
    DAY,
    EXPIRED,
    FILLED,
    LIMIT,
    PARTIALLY_FILLED,
    PENDING,
    REJECTED,
)
from flyball.tables.calendar import NEW_YORK, OutOfTable, day_of, session_on

STATUS: Final = {
    PENDING: "pending_new",
    ACCEPTED: "new",
    PARTIALLY_FILLED: "partially_filled",
    FILLED: "filled",
    CANCELED: "canceled",
    EXPIRED: "expired",
    REJECTED: "rejected",
}
_NULL: Final = (
    "replaced_at replaced_by replaces notional legs trail_percent trail_price hwm subtag source "
    "position_intent"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD: Final = 14  # days: no market stays shut for longer


def utc(ts: int) -> str:
    """A time as RFC 3339 with nanoseconds."""
    at = _EPOCH + timedelta(seconds=ts // NS)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ts % NS:09}Z"


def _eastern(ts: int) -> str:
    return (_EPOCH + timedelta(seconds=ts // NS)).astimezone(NEW_YORK).isoformat()


def made_uuid(*words: str) -> str:
    """A UUID that is always the same for the same words."""
    h = sha256("\n".join(words).encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[12:15]}-8{h[15:18]}-{h[18:30]}"


def order_body(one: Held, at: int, market: Market) -> dict[str, object]:
    """An order as it stands at a time."""
    p = one.placed
    unit = market.units.get(p.symbol, Unit(0, 0, 1))
    fills = list(executions(one, at))
    state, filled = one.state(at)
    done = [h for h in one.life if h.ts <= at]
    ended = done[-1].ts if done and state in (CANCELED, EXPIRED, REJECTED) else 0
    asked = any(c.arrival > at or not done for c in one.cancels)
    status = "pending_cancel" if asked and state in (PENDING, ACCEPTED, PARTIALLY_FILLED) else STATUS[state]
    session = market.sessions(p.ts)
    body: dict[str, object] = {
        "id": uuid_of(one.broker_id),
        "client_order_id": p.client_id,
        "created_at": utc(p.ts),
        "updated_at": utc(done[-1].ts if done else p.ts),
        "submitted_at": utc(p.ts),
        "filled_at": utc(fills[-1].ts) if state == FILLED and fills else None,
        "expired_at": utc(ended) if state == EXPIRED else None,
        "expires_at": utc(session[1]) if session else None,
        "canceled_at": utc(ended) if state == CANCELED else None,
        "failed_at": utc(ended) if state == REJECTED else None,
        "asset_id": made_uuid("asset", p.symbol),
        "symbol": p.symbol,
        "asset_class": "crypto" if market.crypto else "us_equity",
        "qty": show(p.qty, unit.qty_exp),
        "filled_qty": show(filled, unit.qty_exp),
        "filled_avg_price": _mean(fills, unit),
        "order_class": "",
        "order_type": p.type,
        "type": p.type,
        "side": "buy" if p.side == BUY else "sell",
        "time_in_force": "gtc" if market.crypto and p.tif == DAY else p.tif,
        "stop_price": show(p.stop, unit.price_exp) if p.stop else None,
        "limit_price": show(p.limit, unit.price_exp) if p.type == LIMIT else None,
        "status": status,
        "extended_hours": False,
    }
    return {**dict.fromkeys(_NULL.split()), **body}


def _mean(fills: Sequence[Execution], unit: Unit) -> str | None:
    qty = sum(f.qty for f in fills)
    return average(sum(f.qty * f.price for f in fills), qty, unit.price_exp) if qty else None


def entries(truth: Truth) -> dict[str, tuple[int, int]]:
    """(quantity, price x quantity) of what each position was entered with, at average cost."""
    held: dict[str, tuple[int, int]] = {}
    for fill in truth.fills:
        qty, value = held.get(fill.symbol, (0, 0))
        change = fill.side * fill.qty
        if qty * change >= 0:
            held[fill.symbol] = (qty + change, value + fill.qty * fill.price)
        elif abs(change) <= abs(qty):
            held[fill.symbol] = (qty + change, mul_div(value, abs(qty + change), abs(qty)))
        else:
            held[fill.symbol] = (qty + change, abs(qty + change) * fill.price)
    return held


def position_body(symbol: str, truth: Truth, market: Market) -> dict[str, object]:
    """A position. What a corporate action changed keeps the cost it was entered with."""
    unit = market.units[symbol]
    qty = truth.positions[symbol]
    price = market.price(symbol, truth.ts)
    _, entered = entries(truth).get(symbol, (0, abs(qty) * price))
    scale = scale_of(unit.price_exp, unit.qty_exp)
    side = 1 if qty > 0 else -1
    basis = side * notional(1, entered, scale)
    value = notional(price, qty, scale)
    gain = value - basis
    ratio = show(mul_div(gain, 10_000, abs(basis)), 4) if basis else "0"
    held, _ = held_for_orders(truth, symbol)
    return {
        "asset_id": made_uuid("asset", symbol),
        "symbol": symbol,
        "exchange": "CRYPTO" if market.crypto else "NASDAQ",
        "asset_class": "crypto" if market.crypto else "us_equity",
        "asset_marginable": not market.crypto,
        "avg_entry_price": average(entered, abs(qty), unit.price_exp),
        "qty": show(qty, unit.qty_exp),
        "qty_available": show(side * max(abs(qty) - held, 0), unit.qty_exp),
        "side": "long" if qty > 0 else "short",
        "market_value": dollars(value),
        "cost_basis": dollars(basis),
        "unrealized_pl": dollars(gain),
        "unrealized_plpc": ratio,
        "unrealized_intraday_pl": dollars(gain),
        "unrealized_intraday_plpc": ratio,
        "current_price": show(price, unit.price_exp),
        "lastday_price": show(price, unit.price_exp),
        "change_today": "0",
    }


def account_body(
    a: Account, number: str, truth: Truth, market: Market, switches: Switches, prices: Mapping[str, int]
) -> dict[str, object]:
    """The account. `number` is its account number."""
    long = short = 0
    for symbol, qty in truth.positions.items():
        unit = market.units[symbol]
        value = notional(prices[symbol], qty, scale_of(unit.price_exp, unit.qty_exp))
        long, short = (long + value, short) if qty > 0 else (long, short + value)
    power = buying_power(a.equity, truth, prices, market.units)
    margin = mul_div(long - short, 1, 2)
    return {
        "id": made_uuid("account", number),
        "account_number": number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE" if market.crypto else "INACTIVE",
        "currency": market.currency,
        "cash": dollars(a.cash),
        "buying_power": dollars(power),
        "regt_buying_power": dollars(power),
        "non_marginable_buying_power": dollars(max(a.cash, 0)),
        "equity": dollars(a.equity),
        "last_equity": dollars(a.day_equity),
        "portfolio_value": dollars(a.equity),
        "long_market_value": dollars(long),
        "short_market_value": dollars(short),
        "initial_margin": dollars(margin),
        "maintenance_margin": dollars(mul_div(margin, 3, 5)),
        "multiplier": "1" if market.crypto else "2",
        "shorting_enabled": not (market.crypto or switches.no_shorting),
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": switches.suspend_trade,
        "accrued_fees": "0",
        "created_at": utc(market.schedule[0][0]),
    }


def configurations_body(switches: Switches, crypto: bool) -> dict[str, object]:
    """The account's settings."""
    return {
        "suspend_trade": switches.suspend_trade,
        "no_shorting": switches.no_shorting,
        "fractional_trading": crypto,
        "max_margin_multiplier": "1" if crypto else "2",
        "trade_confirm_email": "none",
        "ptp_no_exception_entry": False,
    }


def clock_body(at: int, market: Market) -> dict[str, object]:
    """The market's clock: whether it is open, and when it opens and closes next."""
    opens, closes = _next(at, market)
    return {
        "timestamp": _eastern(at),
        "is_open": market.is_open(at),
        "next_open": _eastern(opens),
        "next_close": _eastern(closes),
    }


def _next(at: int, market: Market) -> tuple[int, int]:
    """The next open and the next close strictly after a time: by the prices' own schedule, behind its end by
    the calendar."""
    ahead = bisect_right([opens for opens, _ in market.schedule], at)
    opens = market.schedule[ahead][0] if ahead < len(market.schedule) else 0
    closes = next((c for _, c in market.schedule[max(ahead - 1, 0) :] if c > at), 0)
    for day in range(1, AHEAD) if opens == 0 and not market.crypto else ():
        try:
            found = session_on(day_of(at + day * 86_400 * NS))
        except OutOfTable:
            break
        if found is not None:
            opens, closes = found.open, closes or found.close
            break
    last = market.schedule[-1][1]
    return opens or max(at, last) + 86_400 * NS, closes or max(at, last) + 86_400 * NS


def asset_body(symbol: str, market: Market) -> dict[str, object]:
    """What can be traded."""
    return {
        "id": made_uuid("asset", symbol),
        "class": "crypto" if market.crypto else "us_equity",
        "exchange": "CRYPTO" if market.crypto else "NASDAQ",
        "symbol": symbol,
        "name": symbol,
        "status": "active",
        "tradable": True,
        "marginable": not market.crypto,
        "shortable": not market.crypto,
        "borrow_status": "hard_to_borrow" if market.crypto else "easy_to_borrow",
        "fractionable": market.crypto,
        "attributes": [],
    }
