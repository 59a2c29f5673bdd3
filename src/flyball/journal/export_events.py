"""What came in, as lines of the export: the kind and its fields. What is None or "" is absent."""

from typing import assert_never

from flyball.journal.export_units import Line, Units, date, money, ratio, side, when
from flyball.kernel import events as e
from flyball.kernel.events import Event
from flyball.kernel.limits import COUNT, DURATION, LIST, MICROS, PPM_KIND
from flyball.kernel.loosening import ABSENT
from flyball.kernel.words import IN_DOUBT, NOT_SENT, SENT, SUBMIT

UNREAD = "unread"
DELIVERED = {"delivered": True, "repeated": True, "escalated": True, "failed": False}


def event_line(units: Units, event: Event) -> tuple[str, Line]:
    """The kind and the fields of an event's line."""
    match event:
        case e.Mark() | e.Instrument() | e.Feed() | e.Session():
            return _market(units, event)
        case e.Intent() | e.Ingress() | e.Wake() | e.BotDown():
            return _bot(units, event)
        case e.Sent() | e.NotSent() | e.Update() | e.Fill() | e.Timeout() | e.Answer() | e.Account():
            return _broker(units, event)
        case e.Epoch():
            return "epoch", {
                "epoch": event.epoch,
                "versions": {"kernel": event.kernel, "schema": event.schema},
                "account": event.account,
                "broker": event.broker,
                "mode": event.mode,
                "environment": event.environment,
                "config_hash": event.config_hash,
                "state_hash": event.state_hash,
            }
        case e.Config():
            return "config", {
                "by": event.by,
                "approver": event.approver,
                "profile": event.profile,
                "approvers": event.approvers,
                "limits": limits(event.values),
            }
        case e.Action():
            if event.what == "symbol_change" and event.symbol in units.exponents:
                units.exponents.setdefault(event.to, units.exponents[event.symbol])
            return "action", {
                "action": event.what,
                "symbol": event.symbol,
                "num": event.num or None,
                "den": event.den or None,
                "to": event.to,
                "cash": money(event.cash) if event.cash else None,
                "cost": ratio(event.cost) if event.cost else None,
                "id": event.id,
                "n": event.n,
            }
        case e.Flow():
            return "flow", {"amount": money(event.amount), "why": event.why, "n": event.n}
        case e.Command():
            return "command", {
                "command": event.what,
                "by": event.by,
                "args": dict(event.args),
                "reason": event.reason,
                "authority": event.authority,
                "uid": event.uid if event.uid >= 0 else None,
                "n": event.n,
            }
        case e.Report():
            return "report", {
                "what": event.what,
                "value": event.value,
                "source": event.source,
                "detail": event.detail,
                "scope": event.scope,
            }
        case e.Quarantined():
            return "quarantined", {
                "record": event.seq,
                "event": event.event,
                "source": event.source,
                "n": event.n if event.source else None,
                "digest": event.digest,
                "why": event.why,
            }
        case e.Tick():
            return "report", {"what": "tick"}
        case e.Shut():
            return "report", {"what": "shut", "since": when(event.since), "until": when(event.until)}
        case e.Delivery():
            return "alert", {
                "alert": event.alert,
                "severity": event.severity,
                "record": event.seq or None,
                "outcome": event.outcome,
                "channel": event.channel,
                "delivered": DELIVERED.get(event.outcome),
                "acknowledged": event.detail if event.outcome == "acknowledged" else None,
                "detail": event.detail if event.outcome != "acknowledged" else None,
                "took": event.took or None,
                "n": event.n,
            }
        case _:
            assert_never(event)


def _market(units: Units, event: e.Mark | e.Instrument | e.Feed | e.Session) -> tuple[str, Line]:
    match event:
        case e.Mark():
            return "mark", {
                "symbol": event.symbol,
                "bid": units.some_price(event.symbol, event.bid),
                "ask": units.some_price(event.symbol, event.ask),
                "last": units.some_price(event.symbol, event.last),
                "low": units.some_price(event.symbol, event.low),
                "high": units.some_price(event.symbol, event.high),
                "source": event.source,
                "n": event.n,
            }
        case e.Instrument():
            units.exponents[event.symbol] = (event.price_exp, event.qty_exp)
            return "instrument", {
                "symbol": event.symbol,
                "currency": event.currency,
                "asset_class": event.asset_class,
                "tick": units.price(event.symbol, event.tick),
                "lot": units.qty(event.symbol, event.lot),
                "tradable": event.tradable,
                "tags": list(event.tags),
                "price_exp": event.price_exp,
                "qty_exp": event.qty_exp,
            }
        case e.Feed():
            return "report", {
                "what": "feed",
                "source": event.source,
                "carries": list(event.carries),
                "label": event.label,
            }
        case e.Session():
            return "report", {
                "what": "session",
                "venue": event.venue,
                "day": date(event.day),
                "open": when(event.open),
                "close": when(event.close),
            }
        case _:
            assert_never(event)


def _bot(units: Units, event: e.Intent | e.Ingress | e.Wake | e.BotDown) -> tuple[str, Line]:
    match event:
        case e.Intent():
            return "intent", {
                "intent": event.intent,
                "created_at": when(event.created_at) if event.created_at else None,
                "strategy": event.strategy,
                "symbol": event.symbol,
                "side": side(event.side),
                "qty": units.some_qty(event.symbol, event.qty),
                "notional": money(event.notional) if event.notional else None,
                "type": event.type,
                "limit": units.some_price(event.symbol, event.limit),
                "stop": units.some_price(event.symbol, event.stop),
                "tif": event.tif,
                "parent": event.parent,
                "flaw": event.flaw,
                "n": event.n,
            }
        case e.Ingress():
            return "report", {
                "what": "ingress",
                "strategy": event.strategy,
                "dropped": event.dropped,
                "rubbish": event.rubbish,
                "n": event.n,
            }
        case e.Wake():
            return "report", {"what": "wake", "strategy": event.strategy, "n": event.n}
        case e.BotDown():
            return "report", {
                "what": "bot_down",
                "strategy": event.strategy,
                "why": event.why,
                "n": event.n,
            }
        case _:
            assert_never(event)


def _broker(
    units: Units, event: e.Sent | e.NotSent | e.Update | e.Fill | e.Timeout | e.Answer | e.Account
) -> tuple[str, Line]:
    match event:
        case e.Sent():
            return "update", {
                "client_order_id": event.client_id,
                "state": SENT,
                "attempt": event.attempt,
            }
        case e.NotSent():
            return "update", {
                "client_order_id": event.client_id,
                "state": NOT_SENT,
                "reason": event.why,
            }
        case e.Update():
            return "update", {
                "client_order_id": event.client_id,
                "state": event.state,
                "broker_order_id": event.broker_id,
                "filled": _filled(units, event.client_id, event.filled),
                "reason": event.reason,
                "n": event.n,
            }
        case e.Fill():
            return "fill", {
                "client_order_id": event.client_id,
                "fill_id": event.fill_id,
                "symbol": event.symbol,
                "side": side(event.side),
                "qty": units.qty(event.symbol, event.qty),
                "price": units.price(event.symbol, event.price),
                "fee": money(event.fee),
                "n": event.n,
            }
        case e.Timeout() if event.call == SUBMIT:
            return "update", {
                "client_order_id": event.client_id,
                "state": IN_DOUBT,
                "reason": event.reason,
                "attempt": event.attempt,
            }
        case e.Timeout():
            return "report", {
                "what": "timeout",
                "call": event.call,
                "client_order_id": event.client_id,
                "attempt": event.attempt,
                "reason": event.reason,
            }
        case e.Answer():
            return "update", {
                "client_order_id": event.client_id,
                "state": event.state if event.found else None,
                "broker_order_id": event.broker_id,
                "filled": _filled(units, event.client_id, event.filled) if event.found else None,
                "found": event.found,
                "ask": event.ask,
            }
        case e.Account():
            return "account", {
                "ask": event.ask,
                "cash": money(event.cash),
                "equity": money(event.equity),
                "day_equity": money(event.day_equity),
                "positions": {symbol: units.qty(symbol, qty) for symbol, qty in event.positions},
                "open_orders": list(event.open_ids),
                "as_of": when(event.as_of) if event.as_of else None,
                "orders": [_open_order(units, one) for one in event.open_orders] or None,
            }
        case _:
            assert_never(event)


def _open_order(units: Units, one: tuple[str, str, str, int, int, str, int, int]) -> Line:
    """One order of the broker's own list."""
    client_id, broker_id, symbol, sign, left, kind, limit, stop = one
    return {
        "client_order_id": client_id or None,
        "broker_order_id": broker_id or None,
        "symbol": symbol,
        "side": side(sign),
        "qty": units.qty(symbol, left),
        "type": kind,
        "limit": units.some_price(symbol, limit),
        "stop": units.some_price(symbol, stop),
    }


def _filled(units: Units, client_id: str, filled: int) -> str | int | None:
    return units.qty(units.symbols.get(client_id, ""), filled) if filled >= 0 else None


def limits(values: tuple[tuple[str, str, str, int, str, str], ...]) -> Line:
    """The rows of a configuration by what they are for."""
    return {path(row[0], row[1]): limit(*row[2:]) for row in values}


def path(scope: str, key: str) -> str:
    """A key and what it is for: `max_gross`, `symbol.AAPL.max_order_notional`."""
    return ".".join((*scope.split(":", 1), key)) if scope else key


def limit(kind: str, amount: int, text: str, origin: str) -> Line:
    """The value of one key, its unit and where it comes from."""
    value: object = text
    unit = kind
    if kind in ("money_abs", MICROS):
        value, unit = money(amount), "money"
    elif kind == "money_ppm":
        value, unit = ratio(amount), "share of equity"
    elif kind == PPM_KIND:
        value, unit = ratio(amount), "ratio"
    elif kind in (COUNT, DURATION):
        value = amount
    elif kind == LIST:
        value = sorted(part for part in text.split(",") if part)
    elif kind == ABSENT:
        return {"deleted": True}
    elif kind == UNREAD:
        return {"value": text, "unit": "text", "origin": origin, "enforced": False}
    return {"value": value, "unit": unit, "origin": origin}
