"""A brief for programs: the same as the page, nothing left out. Money as decimal strings, times RFC 3339."""

from dataclasses import asdict

from flyball.desk.brief import Brief
from flyball.desk.brief_needs import needs
from flyball.journal.export_units import money, when
from flyball.kernel.latches import TABLE
from flyball.kernel.units import show
from flyball.kernel.words import CODES, SIDES


def brief_json(b: Brief) -> dict[str, object]:
    """The object of `flyball brief --json`."""
    s = b.state
    return {
        "since": when(b.then.ts),
        "why": b.why,
        "until": when(b.now.ts),
        "needs_you": [
            {"what": n.what, "how": n.how, "since": when(n.since) if n.since else None} for n in needs(b)
        ],
        "pnl": money(b.pnl()),
        "pnl_by_strategy": {name: money(change) for name, change in b.by_strategy()},
        "equity": money(b.now.equity),
        "flows": money(b.now.flows - b.then.flows),
        "fees": money(b.fees()),
        "executions": b.fills,
        "intents": b.intents,
        "approved": b.approved,
        "clipped": dict(sorted(b.clipped.items())),
        "refused": [
            {"code": code, "count": n, "says": CODES.get(code, "")} for code, n in sorted(b.refused.items())
        ],
        "dropped": b.dropped,
        "latches": [_timed(x) for x in b.latches],
        "standing": [
            {
                "latch": x.id,
                "title": TABLE[x.id].title,
                "scope": x.scope,
                "state": x.state,
                "positions": x.positions,
                "by": x.by,
                "reason": x.reason,
                "since": when(x.since),
                "clears": TABLE[x.id].clears,
            }
            for _, x in sorted(s.latches.items())
        ],
        "trips": [{**_timed(x), **{k: money(getattr(x, k)) for k in MICROS}} for x in b.trips],
        "alerts": [
            {"alert": name, "severity": x.severity, "count": x.count, "ts": when(x.ts), "text": x.text}
            for name, x in sorted(b.alerts.items())
        ],
        "divergences": [_timed(x) for x in b.divergences],
        "restarts": [{"ts": when(r.ts), "epoch": r.epoch, "down_ns": r.down} for r in b.restarts],
        "bots_down": [{"ts": when(x.ts), "strategy": x.strategy, "why": x.why} for x in b.bots_down],
        "commands": [
            {"ts": when(x.ts), "what": x.what, "by": x.by, "reason": x.reason, "args": dict(x.args)}
            for x in b.commands
        ],
        "not_done": [_timed(x) for x in b.not_done],
        "approvals": [
            {"ts": when(x.ts), "what": x.what, "by": x.by, "proposal": x.proposal} for x in b.approvals
        ],
        "positions": [
            {
                "strategy": book.strategy,
                "symbol": symbol,
                "qty": show(book.qty, s.markets[symbol].qty_exp),
                "value": money(book.value),
            }
            for symbol, of_symbol in sorted(s.books.items())
            for _, book in sorted(of_symbol.items())
            if book.qty
        ],
        "orders": [
            {
                "order": o.client_id,
                "strategy": o.strategy,
                "symbol": o.symbol,
                "side": SIDES.get(o.side),
                "left": show(o.remaining(), s.markets[o.symbol].qty_exp),
                "type": o.type,
                "limit": show(o.limit, s.markets[o.symbol].price_exp) if o.limit else None,
                "stop": show(o.stop, s.markets[o.symbol].price_exp) if o.stop else None,
                "state": o.state,
            }
            for o in s.orders.values()
        ],
    }


MICROS = ("value", "limit", "overshoot", "worst_book")


def _timed(x: object) -> dict[str, object]:
    """A record's own fields, its time for people."""
    found = asdict(x)  # type: ignore[call-overload]
    return {**found, "ts": when(found["ts"])}
