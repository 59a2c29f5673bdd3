"""What `why` knows, as one JSON object: numbers as a person reads them, every control, nothing left out."""

from typing import Any

from flyball.desk import shown
from flyball.desk.asked import asked, quantity
from flyball.desk.dossier import Dossier, Found, OrderStory
from flyball.desk.evidence import CAP, FLOOR, REGIME_SCALE, Seen, Units, pair, read, speaker
from flyball.desk.latch_log import Episode
from flyball.journal.export_units import when
from flyball.kernel.controls import EVIDENCE
from flyball.kernel.effects import Decision
from flyball.kernel.units import PPM, show
from flyball.kernel.words import APPROVE, CODES, SIDES

Facts = dict[str, Any]


def facts(found: Found, dossier: Dossier) -> Facts:
    """Of one decision, or of one order that the governor decided on itself."""
    out: Facts = {"venue": dossier.venue, "seq": found.seq}
    d = found.decision
    if d is not None:
        units = dossier.of(d.symbol)
        seen = controls(d, units)
        out["decision"] = _decision(found, d, units)
        out["bound_first"] = _bound(d, seen)
        out["closest"] = _closest(seen)
        out["controls"] = [_control(x) for x in seen]
    out["latches"] = [_latch(x) for x in found.latches]
    out["orders"] = [_order(x, dossier.of(x.order.symbol)) for x in found.orders]
    out["same_id"] = [{"seq": seq, "verdict": verdict} for seq, verdict in found.others]
    return out


def controls(d: Decision, units: Units) -> list[Seen]:
    """Every control's figures, in the order they were asked. Nothing for what the door had refused."""
    if not any(figure != -1 for figure in d.evidence):
        return []
    spoke = {speaker(code) for code in d.codes}
    return [
        read(at, *pair(d.evidence, at), units, spoke=at in spoke, adds=d.adds) for at in range(len(EVIDENCE))
    ]


def _decision(found: Found, d: Decision, units: Units) -> Facts:
    out: Facts = {
        "ts": when(d.ts),
        "intent": d.intent,
        "strategy": d.strategy,
        "symbol": d.symbol,
        "asked": asked(found.intent, units) if found.intent else "",
        "verdict": d.verdict,
        "adds": d.adds,
        "codes": [{"code": code, "means": CODES.get(code, "")} for code in d.codes],
    }
    if d.qty:
        out["qty"] = quantity(d.qty, units)
    if d.would_pass:
        out["would_pass"] = quantity(d.would_pass, units)
    if d.limit:
        out["limit"] = show(d.limit, units.price_exp)
    if d.stop:
        out["stop"] = show(d.stop, units.price_exp)
    if d.held:
        out["held_by"] = list(d.held)
    if d.reference:
        out["reference"] = show(d.reference, units.price_exp)
    if d.scale != PPM:
        out["scale"] = f"{d.scale / 10_000:g}%"
        regime = d.evidence[2 * REGIME_SCALE] if len(d.evidence) > 2 * REGIME_SCALE else PPM
        if 0 <= regime < PPM:
            out["regime"] = f"{regime / 10_000:g}%"
    return out


def _bound(d: Decision, seen: list[Seen]) -> str | None:
    """The control whose code came first; None when nothing stood in the way."""
    if d.verdict == APPROVE or not d.codes:
        return None
    at = speaker(d.codes[0])
    return EVIDENCE[at] if at >= 0 and seen else None


def _closest(seen: list[Seen]) -> Facts | None:
    """The cap with the least room, relative to its limit."""
    caps = [x for x in seen if x.used is not None and x.state != "noted"]
    most = max(caps, key=lambda x: x.used or 0.0, default=None)
    return None if most is None else {"control": most.name, "used": _used(most)}


def _used(x: Seen) -> float | None:
    return None if x.used is None else int(x.used * 1_000_000) / 1_000_000


def _control(x: Seen) -> Facts:
    out: Facts = {"control": x.name, "value": x.value, "limit": x.limit, "state": x.state}
    if x.kind in (CAP, FLOOR):
        out["holds"] = "at most" if x.kind == CAP else "at least"
    if x.room:
        out["headroom"] = x.room
    if x.used is not None:
        out["used"] = _used(x)
    return out


def _latch(x: Episode) -> Facts:
    return {"latch": x.latch, "scope": x.scope, "since": when(x.set_at), "by": x.set_by, "reason": x.reason}


def _order(x: OrderStory, units: Units) -> Facts:
    o = x.order
    filled = sum(fill.qty for _, fill in x.fills)
    out: Facts = {
        "client_order_id": o.client_id,
        "seq": x.seq,
        "ts": when(o.ts),
        "author": o.author or o.strategy,
        "order": f"{SIDES.get(o.side, '?')} {quantity(o.qty, units)} {o.symbol}, {o.type}"
        + (f" {show(o.limit or o.stop, units.price_exp)}" if o.limit or o.stop else ""),
        "adds": o.adds,
        "attempts": x.attempts,
        "state": x.state,
        "reason": x.reason,
        "filled": quantity(filled, units),
        "steps": [{"ts": when(ts), "what": said} for ts, said in x.steps],
        "fills": [
            {
                "seq": seq,
                "ts": when(fill.ts),
                "qty": quantity(fill.qty, units),
                "price": show(fill.price, units.price_exp),
                "fee": shown.cash(fill.fee, units.currency),
            }
            for seq, fill in x.fills
        ],
    }
    if filled:
        average = sum(fill.qty * fill.price for _, fill in x.fills) / filled / 10**units.price_exp
        out["average_price"] = f"{average:.4f}"
    return out
