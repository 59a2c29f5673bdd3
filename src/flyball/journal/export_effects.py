"""What was decided, as lines of the export: the kind and its fields. What is None or "" is absent."""

from typing import assert_never

from flyball.journal.export_events import limits
from flyball.journal.export_units import Line, Units, date, money, ratio, side, when
from flyball.kernel import effects as f
from flyball.kernel.effects import Effect
from flyball.kernel.words import IN_DOUBT, REJECT


def effect_line(units: Units, seq: int, effect: Effect) -> tuple[str, Line]:
    """The kind and the fields of an effect's line."""
    match effect:
        case f.Decision() | f.Order() | f.Cancel() | f.Query() | f.AskAccount() | f.CancelAll():
            return _order(units, seq, effect)
        case f.Trip() | f.Flat() | f.Drift() | f.DayStart() | f.LatchChange():
            return _risk(units, effect)
        case f.Ended() | f.Booked() | f.Moved() | f.Restated():
            return _own(units, effect)
        case f.Divergence():
            return "divergence", {
                "what": effect.what,
                "ours": _figure(units, effect.what, effect.ours),
                "theirs": _figure(units, effect.what, effect.theirs),
                "healed": effect.healed,
            }
        case f.Alert():
            return "alert", {"alert": effect.alert, "severity": effect.severity, "text": effect.text}
        case f.Refused():
            return "report", {
                "what": "refused",
                "command": effect.what,
                "by": effect.by,
                "why": effect.why,
            }
        case f.Done():
            return "report", {
                "what": "done",
                "command": effect.what,
                "by": effect.by,
                "text": effect.text,
            }
        case f.InForce():
            return "config", {
                "by": effect.by,
                "approver": effect.approver,
                "why": effect.why,
                "profile": effect.profile,
                "limits": limits(effect.values),
            }
        case f.Approval():
            return "approval", {
                "what": effect.what,
                "proposal": effect.proposal,
                "by": effect.by,
                "reason": effect.reason,
                "earliest": when(effect.earliest),
                "expires": when(effect.expires) if effect.expires else None,
                "args": limits(effect.values),
            }
        case _:
            assert_never(effect)


def _order(
    units: Units,
    seq: int,
    effect: f.Decision | f.Order | f.Cancel | f.Query | f.AskAccount | f.CancelAll,
) -> tuple[str, Line]:
    match effect:
        case f.Decision():
            symbol = effect.symbol
            if effect.verdict != REJECT:
                units.decisions[effect.strategy, effect.intent] = seq
            return "decision", {
                "intent": effect.intent,
                "strategy": effect.strategy,
                "symbol": symbol,
                "side": side(effect.side),
                "verdict": effect.verdict,
                "qty": units.qty(symbol, effect.qty),
                "would_pass": units.some_qty(symbol, effect.would_pass),
                "limit": units.some_price(symbol, effect.limit),
                "stop": units.some_price(symbol, effect.stop),
                "codes": list(effect.codes),
                "adds": effect.adds,
                "reference": units.some_price(symbol, effect.reference),
                "scale": ratio(effect.scale),
                "controls": units.controls(symbol, effect.evidence),
                "held": list(effect.held) or None,
            }
        case f.Order():
            units.symbols[effect.client_id] = effect.symbol
            decision = None if effect.author else units.decisions.get((effect.strategy, effect.intent))
            return "order", {
                "client_order_id": effect.client_id,
                "decision": decision,
                "author": effect.author,
                "intent": effect.intent,
                "strategy": effect.strategy,
                "symbol": effect.symbol,
                "side": side(effect.side),
                "qty": units.qty(effect.symbol, effect.qty),
                "type": effect.type,
                "limit": units.some_price(effect.symbol, effect.limit),
                "stop": units.some_price(effect.symbol, effect.stop),
                "tif": effect.tif,
                "adds": effect.adds,
                "attempt": effect.attempt,
                "leg": effect.leg,
                "again": effect.again or None,
            }
        case f.Cancel():
            return "report", {
                "what": "cancel",
                "client_order_id": effect.client_id,
                "broker_order_id": effect.broker_id,
                "why": effect.why,
                "attempt": effect.attempt,
            }
        case f.CancelAll():
            return "report", {"what": "cancel_all", "why": effect.why, "attempt": effect.attempt}
        case f.Query():
            return "report", {
                "what": "query",
                "client_order_id": effect.client_id,
                "ask": effect.ask,
            }
        case f.AskAccount():
            return "report", {"what": "ask_account", "ask": effect.ask, "why": effect.why}
        case _:
            assert_never(effect)


def _risk(units: Units, effect: f.Trip | f.Flat | f.Drift | f.DayStart | f.LatchChange) -> tuple[str, Line]:
    match effect:
        case f.LatchChange():
            return "latch", {
                "latch": effect.latch,
                "action": effect.action,
                "scope": effect.scope,
                "state": effect.state,
                "positions": effect.positions,
                "by": effect.by,
                "reason": effect.reason,
                "clears": effect.clears,
            }
        case f.DayStart():
            return "session", {
                "venue": effect.venue,
                "open": when(effect.open),
                "close": when(effect.close),
                "day": date(effect.day),
                "baseline": money(effect.baseline),
                "high_water": money(effect.high_water),
                "week": date(effect.monday) if effect.monday else None,
                "week_baseline": money(effect.week_baseline) if effect.monday else None,
                "week_flows": money(effect.week_flows) if effect.monday else None,
            }
        case f.Trip():
            return "report", {
                "what": "trip",
                "trigger": effect.trigger,
                "scope": effect.scope,
                "value": money(effect.value),
                "limit": money(effect.limit),
                "overshoot": money(effect.overshoot),
                "symbol": effect.symbol,
                "worst_book": money(effect.worst_book),
            }
        case f.Flat():
            return "report", {
                "what": "flat",
                "scope": effect.scope,
                "why": effect.why,
                "confirmed": effect.confirmed,
                "residue": [
                    {"strategy": strategy, "symbol": symbol, "qty": units.qty(symbol, qty)}
                    for strategy, symbol, qty in effect.residue
                ],
                "reasons": list(effect.reasons) or None,
                "pnl": money(effect.pnl),
                "attempts": effect.attempts,
            }
        case f.Drift():
            return "report", {
                "what": "drift",
                "control": effect.control,
                "symbol": effect.symbol,
                "value": money(effect.value),
                "limit": money(effect.limit),
            }
        case _:
            assert_never(effect)


def _own(units: Units, effect: f.Ended | f.Booked | f.Moved | f.Restated) -> tuple[str, Line]:
    """What the governor itself did to orders, books and prices: no broker and no feed said it."""
    match effect:
        case f.Ended():
            return "update", {
                "client_order_id": effect.client_id,
                "state": effect.state,
                "reason": effect.why,
                "ended": effect.state != IN_DOUBT,
                "strategy": effect.strategy,
                "intent": effect.intent,
            }
        case f.Booked():
            return "fill", {
                "client_order_id": effect.client_id,
                "fill_id": effect.fill_id,
                "symbol": effect.symbol,
                "side": side(effect.side),
                "qty": units.qty(effect.symbol, effect.qty),
                "price": units.price(effect.symbol, effect.price),
                "fee": money(effect.fee),
                "by": effect.by,
                "strategy": effect.strategy,
            }
        case f.Moved():
            return "report", {
                "what": "moved",
                "why": effect.why,
                "strategy": effect.strategy,
                "symbol": effect.symbol,
                "change": units.qty(effect.symbol, effect.change),
                "cash": money(effect.cash),
            }
        case f.Restated():
            return "mark", {
                "symbol": effect.symbol,
                "bid": units.some_price(effect.symbol, effect.bid),
                "ask": units.some_price(effect.symbol, effect.ask),
                "last": units.some_price(effect.symbol, effect.last),
                "restated": True,
                "source": effect.why,
            }
        case _:
            assert_never(effect)


def _figure(units: Units, what: str, text: str) -> str | int:
    """A figure of a divergence, which the kernel writes in its own integers: `cash`, `position AAPL`."""
    name, _, symbol = what.partition(" ")
    try:
        value = int(text)
    except ValueError:
        return text
    if name == "cash":
        return money(value)
    return units.qty(symbol, value) if name == "position" else text
