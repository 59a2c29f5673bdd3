"""Journals told by hand, record by record, for judging the Judge."""

from dataclasses import replace
from typing import Any

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.lab.sim.promises.judge import Broken, Judge

NS = 10**9
MINUTE = 60 * NS
OPEN = 1_700_000_000 * NS
CLOSE = OPEN + 390 * MINUTE
DOLLAR = 10**6
Row = tuple[str, str, str, int, str, str]


def epoch(number: int = 1, ts: int = OPEN) -> ev.Epoch:
    return ev.Epoch(ts, number, "1", 1, "T", "paper", "paper", "paper:test", "c", "")


def config(**limits: Any) -> ev.Config:
    """`max_gross=("money_abs", 5 * DOLLAR)`; a bare number is a count. `max_daily_loss__symbol__AAA` is the
    symbol's own.
    """
    rows: list[Row] = []
    for name, value in limits.items():
        key, _, scope = name.partition("__")
        kind, amount = value if isinstance(value, tuple) else ("count", value)
        text = amount if isinstance(amount, str) else ""
        rows.append((scope.replace("__", ":"), key, kind, 0 if text else amount, text, "test"))
    return ev.Config(OPEN, "test", "", "test", tuple(rows))


def instrument(symbol: str = "AAA", tick: int = 1, lot: int = 1) -> ev.Instrument:
    return ev.Instrument(OPEN, symbol, "USD", "us_equity", 2, 0, tick, lot, True)


def session(day: int = 20260102, ts: int = OPEN) -> ev.Session:
    return ev.Session(ts, "XNYS", day, ts, ts + CLOSE - OPEN)


def mark(last: int = 10_000, ts: int = OPEN, symbol: str = "AAA", **more: int) -> ev.Mark:
    given = {"bid": 0, "ask": 0, "low": 0, "high": 0, **more}
    return ev.Mark(ts, symbol, last=last, source="test", n=0, **given)


def account(cash: int = 100_000 * DOLLAR, positions: tuple[tuple[str, int], ...] = ()) -> ev.Account:
    return ev.Account(OPEN, 0, cash, cash, cash, positions, ())


def begun(*more: Record, **limits: Any) -> list[Record]:
    """A session is open, the account read, AAA marked at 100, then `more`."""
    return [epoch(), config(**limits), instrument(), session(), account(), mark(), *more]


def order(client_id: str, side: int, qty: int, limit: int = 0, **fields: Any) -> fx.Order:
    given: dict[str, Any] = {
        "ts": OPEN,
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
    return fx.Order(client_id=client_id, side=side, qty=qty, limit=limit, **{**given, **fields})


def intent(o: fx.Order, **fields: Any) -> ev.Intent:
    given: dict[str, Any] = {"created_at": o.ts, "notional": 0, "parent": "", "flaw": "", "n": 0}
    return ev.Intent(
        ts=fields.pop("ts", o.ts),
        intent=o.intent,
        strategy=o.strategy,
        symbol=o.symbol,
        side=o.side,
        qty=o.qty,
        type=o.type,
        limit=o.limit,
        tif=o.tif,
        **{**given, "stop": o.stop, **fields},
    )


def decision(o: fx.Order, **fields: Any) -> fx.Decision:
    given: dict[str, Any] = {
        "verdict": "approve",
        "qty": o.qty,
        "would_pass": 0,
        "codes": (),
        "reference": 10_000,
        "scale": 10**6,
        "evidence": (),
        "stop": o.stop,
    }
    made = fx.Decision(
        ts=o.ts,
        intent=o.intent,
        strategy=o.strategy,
        symbol=o.symbol,
        side=o.side,
        limit=o.limit,
        adds=o.adds,
        **{**given, **{k: v for k, v in fields.items() if k in given}},
    )
    return replace(made, **{k: v for k, v in fields.items() if k not in given})


def asked(o: fx.Order, **fields: Any) -> list[Record]:
    """An intent, its decision, its order."""
    return [intent(o), decision(o, **fields), o]


def fill(o: fx.Order, qty: int, price: int = 10_000, fill_id: str = "", **fields: Any) -> ev.Fill:
    made = ev.Fill(o.ts, o.client_id, fill_id or f"f-{o.client_id}", o.symbol, o.side, qty, price, 0, 0)
    return replace(made, **fields)


def bought(o: fx.Order) -> list[Record]:
    """Asked for, and filled whole at 100."""
    return [*asked(o), fill(o, o.qty), update(o, "FILLED", o.qty)]


def update(o: fx.Order, state: str, filled: int = -1) -> ev.Update:
    return ev.Update(o.ts, o.client_id, state, "b", filled, "", 0)


def latch(name: str, action: str = "set", scope: str = "account", **fields: Any) -> fx.LatchChange:
    """One that is set has held for its 30 s when the session opens."""
    given = {"state": "REDUCING", "positions": "exits", "by": "governor", "reason": "", "clears": ""}
    ts = OPEN if action == "cleared" else OPEN - 30 * NS
    return fx.LatchChange(latch=name, action=action, scope=scope, **{"ts": ts, **given, **fields})


def command(
    what: str, authority: str = "secret", by: str = "anna", ts: int = OPEN, **args: str
) -> ev.Command:
    return ev.Command(ts, what, by, 1, authority, "", tuple(sorted(args.items())), 0)


def judged(*records: Record) -> Judge:
    """A judge that has been shown these, each in a batch of its own."""
    judge = Judge()
    show(judge, *records)
    return judge


def show(judge: Judge, *records: Record) -> None:
    """One batch more."""
    judge.taken(judge.model.seq + 1, list(records), records[-1].ts)


def broken(*records: Record) -> str:
    """What the judge says to these, "" when nothing."""
    try:
        judged(*records)
    except Broken as said:
        return str(said)
    return ""
