"""What a person may see of a running governor: plain values, from the ledger and the latches alone (P13)."""

from collections.abc import Sequence
from typing import Final

from flyball.kernel.controls.loss import strategy_loss
from flyball.kernel.days import CUTOFF_BEFORE, FLATTEN_BEFORE, WARN_BEFORE
from flyball.kernel.governor import VERSION, Governor
from flyball.kernel.latches import TABLE, scale_of
from flyball.kernel.state import State
from flyball.kernel.units import MINUTE, MONEY_EXP, NS, PPM, UNKNOWN, mul_div, show

View = dict[str, object]

# What happens so long before the close.
RUNGS: Final = {
    15 * MINUTE: "on-close orders leave",
    WARN_BEFORE: "warning",
    FLATTEN_BEFORE: "flattening begins",
    CUTOFF_BEFORE: "hard cutoff",
    0: "close: all has to be flat",
}


def rfc3339(ts: int) -> str:
    """UTC with nanoseconds, by integer arithmetic: civil date from days (H. Hinnant, days_from_civil
    inverted)."""
    seconds, ns = divmod(ts, 1_000_000_000)
    days, rest = divmod(seconds, 86_400)
    days += 719_468
    era, doe = divmod(days, 146_097)
    yoe = (doe - doe // 1_460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    day = doy - (153 * mp + 2) // 5 + 1
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (1 if month <= 2 else 0)
    clock = f"{rest // 3_600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{year:04}-{month:02}-{day:02}T{clock}.{ns:09}Z"


def money(micros: int) -> str:
    return show(micros, MONEY_EXP)


def status(g: Governor, head: str) -> View:
    """One look: mode, day, equity, positions, orders, latches."""
    s = g.state
    return {
        "kernel": VERSION,
        "mode": s.mode,
        "broker": s.broker,
        "epoch": s.epoch,
        "ts": rfc3339(s.ts),
        "seq": s.seq,
        "head": head,
        "day": s.day.day,
        "session_open": s.day.is_open(s.ts),
        "close": rfc3339(s.day.close) if s.day.day else "",
        "trading_state": trading_state(s),
        "equity": money(s.equity()),
        "cash": money(s.cash),
        "day_pnl": money(s.day_profit()),
        "high_water": money(s.high_water),
        "drawdown_ppm": drawdown(s),
        "scale_percent": scale(s),
        "positions": positions(s),
        "orders": orders(s),
        "latches": latches(s),
        "flattening": [f"{f.why} {f.scope}" for f in s.flattenings.values() if not f.done],
        "fault": g.fault,
        "venue": s.day.venue,
        "account": s.account,
        "close_in_s": (s.day.close - s.ts) // NS if s.day.is_open(s.ts) else None,
        "ladder": ladder(s),
        "flattenings": flattenings(s),
    }


def ladder(s: State) -> View | None:
    """The next rung of the close and how long until then; None when there is none."""
    at = s.day.rung(s.limits.flat_by == "close")
    if at == 0:
        return None
    return {
        "next": RUNGS.get(s.day.close - at, "the next rung"),
        "at": rfc3339(at),
        "in_s": (at - s.ts) // NS,
    }


def flattenings(s: State) -> list[View]:
    """Every flattening that is not confirmed: since when, how often tried, whether a person was called."""
    return [
        {
            "why": f.why,
            "scope": f.scope,
            "since": rfc3339(f.started),
            "attempts": f.attempts,
            "paged": f.paged,
        }
        for _, f in sorted(s.flattenings.items())
        if not f.done
    ]


def trading_state(s: State) -> str:
    states = [x.state for x in s.latches.values() if x.scope == "account"]
    return "HALTED" if "HALTED" in states else "REDUCING" if "REDUCING" in states else "ACTIVE"


def drawdown(s: State) -> int:
    down = s.high_water - s.equity()
    return mul_div(max(0, down), PPM, s.high_water) if s.high_water > 0 else 0


def scale(s: State) -> int:
    caution = s.limits.caution_scale if s.caution else PPM
    event = scale_of(s, "", "")  # what an economic event leaves of it
    return mul_div(mul_div(caution, s.restart_scale, PPM), event, PPM * 10_000)


def positions(s: State) -> list[View]:
    out: list[View] = []
    for symbol, of_symbol in sorted(s.books.items()):
        m = s.markets[symbol]
        for strategy, b in sorted(of_symbol.items()):
            if b.qty != 0:
                out.append(
                    {
                        "strategy": strategy,
                        "symbol": symbol,
                        "qty": show(b.qty, m.qty_exp),
                        "value": money(b.value),
                        "day_pnl": money(b.day_profit()),
                    }
                )
    return out


def orders(s: State) -> list[View]:
    out: list[View] = []
    for o in s.orders.values():
        m = s.markets[o.symbol]
        out.append(
            {
                "order": o.client_id,
                "intent": o.intent,
                "author": o.author,
                "strategy": o.strategy,
                "symbol": o.symbol,
                "side": "buy" if o.side > 0 else "sell",
                "qty": show(o.qty, m.qty_exp),
                "filled": show(o.filled, m.qty_exp),
                "type": o.type,
                "limit": show(o.limit, m.price_exp) if o.limit else None,
                "stop": show(o.stop, m.price_exp) if o.stop else None,
                "state": o.state,
                "adds": o.adds,
            }
        )
    return out


def latches(s: State) -> list[View]:
    return [
        {
            "latch": x.id,
            "title": TABLE[x.id].title,
            "scope": x.scope,
            "state": x.state,
            "positions": x.positions,
            "by": x.by,
            "reason": x.reason,
            "since": rfc3339(x.since),
            "clears": TABLE[x.id].clears,
        }
        for _, x in sorted(s.latches.items())
    ]


def limits(s: State) -> View:
    """Headroom of every account-wide money limit, and which one binds first."""
    base = s.base()
    lim = s.limits
    rows: list[tuple[str, int, int]] = [
        ("C3.max_gross", s.totals.gross, lim.max_gross.at(base)),
        ("C3.max_net", s.totals.net(), lim.max_net.at(base)),
        (
            "C3.max_leverage",
            s.totals.gross,
            UNKNOWN if lim.max_leverage < 0 else mul_div(max(base, 0), lim.max_leverage, PPM),
        ),
        ("C5.max_daily_turnover", s.day.traded + s.totals.turnover, lim.max_daily_turnover.at(base)),
        ("C5.max_daily_cost", s.day.fees + s.totals.cost, lim.max_daily_cost.at(base)),
        ("C6.max_daily_loss", s.totals.stressed - s.day_profit(), lim.max_daily_loss.at(base)),
    ]
    for symbol, x in sorted(s.exposures.items()):
        rows.append(
            (
                f"C2.max_position_notional {symbol}",
                x.worst(),
                lim.of_symbol(symbol).max_position_notional.at(base),
            )
        )
    for name, own in sorted(lim.strategies.items()):
        limit = own.max_daily_loss.at(base)
        if limit != UNKNOWN:
            rows.append((f"C6.max_daily_loss strategy {name}", strategy_loss(s, name), limit))
    return {"limits": [_headroom(*row) for row in rows], "binds_first": _first(rows)}


def _headroom(name: str, value: int, limit: int) -> View:
    if limit == UNKNOWN:
        return {"control": name, "value": money(value), "limit": None, "room": None}
    return {"control": name, "value": money(value), "limit": money(limit), "room": money(limit - value)}


def _first(rows: Sequence[tuple[str, int, int]]) -> str | None:
    """The limit with the least room relative to its size."""
    best, name = -1, None
    for row, value, limit in rows:
        if limit > 0:
            used = mul_div(max(0, value), PPM, limit)
            if used > best:
                best, name = used, row
    return name
