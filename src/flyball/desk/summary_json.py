"""The summary as one JSON object, in the words of the SPEC: what programs and acceptance tests read."""

from typing import TYPE_CHECKING

from flyball.desk.latch_log import Episode
from flyball.desk.shown import iso_day
from flyball.desk.trips import TRIGGERS, Flattened, Tripped
from flyball.journal.export_units import when
from flyball.kernel.units import MONEY_EXP, show

if TYPE_CHECKING:
    from flyball.desk.summary import Summary


def summary_json(s: "Summary") -> dict[str, object]:
    """Money as decimal strings of the account's currency, times RFC 3339, days yyyy-mm-dd."""
    worst = min(s.rows, key=s.row_pnl, default=None)
    finished = dict(s.finished)
    elapsed = finished.pop("elapsed_s", None)
    return {
        "sessions": len(s.rows),
        "sessions_with_approvals": sum(1 for row in s.rows if row.approved + row.clipped > 0),
        "intents": s.intents,
        "approved": s.approved,
        "clipped": s.clipped,
        "refused": s.refused,
        "refused_by_code": by_count(s.refused_by_code),
        "clipped_by_code": by_count(s.clipped_by_code),
        "fills": s.fills,
        "turnover": _money(s.turnover),
        "fees": _money(s.fees),
        "pnl": _money(s.pnl()),
        "worst_day": None if worst is None else {"day": iso_day(worst.day), "pnl": _money(s.row_pnl(worst))},
        "caps": s.caps.to_dict({symbol: m.qty_exp for symbol, m in s.books.markets.items()}),
        "triggers": {trigger: _trigger(s, trigger) for trigger in TRIGGERS},
        "flattening": [_flat(x) for x in s.trips.flats],
        "latches": [_latch(x) for x in s.latches.episodes],
        "flat_at_close": {iso_day(row.day): flat for row in s.rows if (flat := s.flat_of(row)) is not None},
        "by_session": [
            row.to_dict() | {"pnl": _money(s.row_pnl(row)), "flat_at_close": s.flat_of(row)} for row in s.rows
        ],
        "consistent": s.consistent,
        "inconsistencies": list(s.faults),
        "labels": dict(s.labels),
        "journal": finished or {"events": s.events, "records": s.seq},
        "elapsed_s": elapsed,
    }


def by_count(counts: dict[str, int]) -> dict[str, int]:
    """Most frequent first."""
    return dict(sorted(counts.items(), key=lambda x: (-x[1], x[0])))


def _money(micros: int) -> str:
    return show(micros, MONEY_EXP)


def _trigger(s: "Summary", trigger: str) -> dict[str, object]:
    tripped = s.trips.of(trigger)
    sessions = len({t.day for t in tripped})
    return {
        "tripped": [_tripped(t) for t in tripped],
        "sessions_tripped": sessions,
        "sessions_not": len(s.rows) - sessions,
    }


def _tripped(t: Tripped) -> dict[str, object]:
    return {
        "day": iso_day(t.day),
        "ts": when(t.trip.ts),
        "seq": t.seq,
        "scope": t.trip.scope,
        "value": _money(t.trip.value),
        "limit": _money(t.trip.limit),
        "overshoot_bps": t.overshoot_bps(),
        "symbol": t.trip.symbol,
        "at": "fill" if t.at_fill else "mark",
        "bar_move_bps": t.move_bps(),
        "worst_book": _money(t.trip.worst_book),
        "explained": t.explained,
    }


def _flat(x: Flattened) -> dict[str, object]:
    return {
        "day": iso_day(x.day),
        "ts": when(x.flat.ts),
        "why": x.flat.why,
        "scope": x.flat.scope,
        "confirmed": x.flat.confirmed,
        "pnl": _money(x.flat.pnl),
        "attempts": x.flat.attempts,
    }


def _latch(x: Episode) -> dict[str, object]:
    return {
        "latch": x.latch,
        "scope": x.scope,
        "set_at": when(x.set_at),
        "set_by": x.set_by,
        "reason": x.reason,
        "cleared_at": when(x.cleared_at) if x.cleared_at else None,
        "cleared_by": x.cleared_by or None,
        "cleared_reason": x.cleared_reason or None,
    }
