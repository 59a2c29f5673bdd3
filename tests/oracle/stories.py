"""Journals told by hand: plain records with the fields of the journal, for judging the judge. Imports nothing
of flyball.
"""

from types import SimpleNamespace
from typing import Any

from tests.oracle.facts import Fact, facts_of

NS = 10**9
OPEN = 1_000 * NS


def record(kind: str, **fields: Any) -> SimpleNamespace:
    return SimpleNamespace(KIND=kind, **{"ts": OPEN, **fields})


def instrument(symbol: str = "AAA", price_exp: int = 2, qty_exp: int = 0, tick: int = 1, lot: int = 1) -> Any:
    return record(
        "instrument",
        symbol=symbol,
        currency="USD",
        asset_class="us_equity",
        price_exp=price_exp,
        qty_exp=qty_exp,
        tick=tick,
        lot=lot,
        tradable=True,
    )


def config(**limits: Any) -> Any:
    """`max_gross=("money_abs", 5_000_000)`; a bare number is a count. `max_daily_loss__symbol__AAA` is the
    symbol's own.
    """
    rows = []
    for name, value in limits.items():
        key, _, scope = name.partition("__")
        kind, amount = value if isinstance(value, tuple) else ("count", value)
        text = amount if isinstance(amount, str) else ""
        rows.append((scope.replace("__", ":"), key, kind, 0 if text else amount, text, "test"))
    return record("config", values=tuple(rows))


def session(day: int = 20260102, length: int = 23_400 * NS, ts: int = OPEN) -> Any:
    return record("session", ts=ts, venue="XNYS", day=day, open=ts, close=ts + length)


def mark(
    symbol: str = "AAA",
    bid: int = 0,
    ask: int = 0,
    last: int = 0,
    ts: int = OPEN,
    low: int = 0,
    high: int = 0,
) -> Any:
    return record(
        "mark", ts=ts, symbol=symbol, bid=bid, ask=ask, last=last, low=low, high=high, source="t", n=0
    )


def account(cash: int = 100_000_000_000, positions: tuple[tuple[str, int], ...] = ()) -> Any:
    return record("account", ask=1, cash=cash, equity=cash, day_equity=cash, positions=positions, open_ids=())


def order(client_id: str, side: int, qty: int, limit: int = 0, **fields: Any) -> Any:
    given: dict[str, Any] = {
        "intent": f"i-{client_id}",
        "author": "",
        "strategy": "s",
        "symbol": "AAA",
        "type": "limit" if limit else "market",
        "tif": "day",
        "adds": True,
        "attempt": 1,
        "leg": 1,
        "again": False,
    }
    return record("order", client_id=client_id, side=side, qty=qty, limit=limit, **{**given, **fields})


def decision(of: Any, **fields: Any) -> Any:
    """The approval of an order."""
    given = {
        "verdict": "approve",
        "would_pass": 0,
        "codes": (),
        "reference": 0,
        "scale": 10**6,
        "evidence": (),
    }
    same = {
        name: getattr(of, name)
        for name in ("ts", "intent", "strategy", "symbol", "side", "qty", "limit", "adds")
    }
    return record("decision", **{**same, **given, **fields})


def fill(of: Any, qty: int, price: int, fill_id: str = "f1", fee: int = 0, **fields: Any) -> Any:
    given = {"client_id": of.client_id, "symbol": of.symbol, "side": of.side, "n": 0}
    return record("fill", fill_id=fill_id, qty=qty, price=price, fee=fee, **{**given, **fields})


def update(of: Any, state: str, filled: int = -1) -> Any:
    return record("update", client_id=of.client_id, state=state, broker_id="b", filled=filled, reason="", n=0)


def latch(
    name: str, action: str = "set", scope: str = "account", state: str = "REDUCING", positions: str = "exits"
) -> Any:
    return record(
        "latch",
        latch=name,
        action=action,
        scope=scope,
        state=state,
        positions=positions,
        by="x",
        reason="",
        clears="",
    )


def command(what: str, authority: str, by: str = "anna") -> Any:
    return record("command", what=what, by=by, uid=1, authority=authority, reason="", args=(), n=0)


def begun(*more: Any, **limits: Any) -> list[Any]:
    """A market with one symbol at 100.00, 100,000 in cash, a session."""
    return [instrument(), config(**limits), account(), session(), mark(last=10_000), *more]


def told(*records: Any) -> list[Fact]:
    return facts_of(records)
