"""A what-if for programs: one object, labelled WHAT-IF by its key `label`. Money as decimal strings, times
as RFC 3339.
"""

from collections.abc import Iterator

from flyball.config.effective import path_of
from flyball.config.keys import BY_NAME, shown_limit
from flyball.desk.what_if import LABEL, Changed, DayResult, LatchSeen, WhatIf
from flyball.journal.export_units import when
from flyball.kernel.effects import Decision
from flyball.kernel.governor import VERSION
from flyball.kernel.units import MONEY_EXP, show
from flyball.kernel.words import SIDES

METHOD = (
    "Prices, sessions, flows, intents and commands are the recorded ones; the bots' own reactions to other"
    " answers are not run again, and nobody clears a latch that was not set in the record.",
    "An order that both runs send in the same step is answered as recorded; a smaller one takes the recorded"
    " executions until it is full.",
    "Every other order, and the rest of a larger one, is filled whole at the first journaled mark within its"
    " limit behind half the recorded median answer time, worse by the recorded median cost and with the"
    " recorded fees; no faults are modelled, and its size moves no price.",
)


def limits_changed(w: WhatIf) -> Iterator[tuple[str, str, str]]:
    """(path, before, after) of every limit that differs; "not set" where there is none."""
    if w.config is None:
        return
    before, after = ({(row[0], row[1]): row for row in c.values} for c in w.config)
    for scope, key in sorted({*before, *after}):
        was, now = before.get((scope, key)), after.get((scope, key))
        if was is None or now is None or was[2:5] != now[2:5]:
            yield path_of(scope, key), _limit(was), _limit(now)


def _limit(row: tuple[str, str, str, int, str, str] | None) -> str:
    if row is None:
        return "not set"
    _, key, kind, amount, text, _ = row
    return shown_limit(key, kind, amount, text) if key in BY_NAME else f"{amount or text}"


def what_if_json(w: WhatIf, *, config: str) -> dict[str, object]:
    """The object of `flyball replay --config ... --json`."""
    gone, come = w.latches_only()
    total = [sum(d.before for d in w.days), sum(d.after for d in w.days)]
    return {
        "label": LABEL,
        "config": config,
        "kernel": VERSION,
        "recorded_kernels": w.kernels,
        "first_record_decided_otherwise_by_this_kernel": w.rules_differ or None,
        "limits": [{"limit": p, "before": a, "after": b} for p, a, b in limits_changed(w)],
        "intents": w.intents,
        "changed_decisions": len(w.changed),
        "changed": [_changed(w, x) for x in w.changed],
        "pnl": {
            **_difference(*total),
            "days": [_day(d) for d in w.days],
            "strategies": [{"strategy": n, **_difference(a, b)} for n, a, b in w.strategies()],
        },
        "latches_only_before": [_latch(x) for x in gone],
        "latches_only_after": [_latch(x) for x in come],
        "standing": {
            "before": sorted(w.recorded.state.latches),
            "after": sorted(w.other.state.latches),
        },
        "orders": {
            "before": w.before.orders,
            "after": w.after.orders,
            "governors_own_before": w.before.exits,
            "governors_own_after": w.after.exits,
            "as_recorded": w.links.followed,
            "modelled_wholly_or_from_some_moment_on": w.model.tally.orders,
            "modelled_executions": w.model.tally.fills,
            "modelled_value": show(w.model.tally.worth, MONEY_EXP),
            "modelled_fees": show(w.model.tally.fees, MONEY_EXP),
        },
        "model": {"answer_ns": w.model.answer, "cost_ppm": w.model.cost, "recorded_executions": w.model.seen},
        "method": list(METHOD),
        "state_hash_before": w.recorded.state_hash(),
        "state_hash_after": w.other.state_hash(),
    }


def _day(d: DayResult) -> dict[str, object]:
    strategies = [{"strategy": name, **_difference(*pnl)} for name, pnl in sorted(d.strategies.items())]
    return {"day": d.day, **_difference(d.before, d.after), "strategies": strategies}


def _difference(before: int, after: int) -> dict[str, str]:
    return {
        "before": show(before, MONEY_EXP),
        "after": show(after, MONEY_EXP),
        "difference": show(after - before, MONEY_EXP),
    }


def _changed(w: WhatIf, x: Changed) -> dict[str, object]:
    return {
        "seq": x.seq,
        "ts": when(x.intent.ts),
        "intent": x.intent.intent,
        "strategy": x.intent.strategy,
        "symbol": x.intent.symbol,
        "side": SIDES.get(x.intent.side),
        "before": _decision(w, x.before),
        "after": _decision(w, x.after),
    }


def _decision(w: WhatIf, d: Decision) -> dict[str, object]:
    m = w.recorded.state.markets.get(d.symbol)
    price_exp, qty_exp = (m.price_exp, m.qty_exp) if m else (0, 0)
    return {
        "verdict": d.verdict,
        "qty": show(d.qty, qty_exp),
        "limit": show(d.limit, price_exp) if d.limit else None,
        "codes": list(d.codes),
    }


def _latch(x: LatchSeen) -> dict[str, object]:
    return {
        "ts": when(x.ts),
        "latch": x.latch,
        "action": x.action,
        "scope": x.scope,
        "by": x.by,
        "reason": x.reason,
    }
