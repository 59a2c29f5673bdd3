"""A what-if for people: every changed decision, what it comes to by day and by strategy, and how the part
that never happened was filled in. Every heading says WHAT-IF.
"""

from collections.abc import Iterator

from flyball.desk import shown
from flyball.desk.asked import asked
from flyball.desk.evidence import Units
from flyball.desk.shown import counted
from flyball.desk.what_if import LABEL, LatchSeen, WhatIf
from flyball.desk.what_if_json import METHOD, limits_changed
from flyball.kernel.effects import Decision
from flyball.kernel.governor import VERSION
from flyball.kernel.units import show

Cells = list[str]


def what_if_text(w: WhatIf, *, config: str) -> Iterator[str]:
    """Line by line; the totals come last, where the eye is."""
    yield f"{LABEL}: the journal under {config}"
    rows = [[path, before, "->", after] for path, before, after in limits_changed(w)]
    yield from _columns(rows) if rows else ["  no limit differs"]
    if w.versions_differ():
        yield (
            f"  kernel: recorded by {', '.join(w.kernels)}, decided here by {VERSION}; for the rules of"
            " another version, run this command with that version"
        )
    if w.rules_differ:
        yield (
            f"  rules: this kernel decides record {w.rules_differ} otherwise even under the recorded limits;"
            " part of what follows comes from that"
        )
    yield ""
    yield from _decisions(w)
    yield ""
    yield from _latches(w)
    yield from _money(w)
    yield ""
    yield f"{LABEL}, how it was made"
    for line in METHOD:
        yield f"  - {line}"
    yield from _model(w)


def _decisions(w: WhatIf) -> Iterator[str]:
    yield f"{LABEL}, changed decisions: {len(w.changed):,} of {counted(w.intents, 'intent')}"
    rows = []
    for x in w.changed:
        units = _units(w, x.intent.symbol)
        rows.append(
            [
                shown.stamp(x.intent.ts, w.recorded.state.day.venue),
                x.intent.intent,
                asked(x.intent, units),
                _said(x.before, units),
                "->",
                _said(x.after, units),
            ]
        )
    yield from _columns(rows)


def _said(d: Decision, units: Units) -> str:
    """approve 100 / clip 50 SIZE_ORDER_NOTIONAL / reject LATCH_L1"""
    size = f" {show(d.qty, units.qty_exp)}" if d.qty else ""
    price = f" at {show(d.limit, units.price_exp)}" if d.limit and d.qty else ""
    return f"{d.verdict}{size}{price}" + (f" {' '.join(d.codes)}" if d.codes else "")


def _units(w: WhatIf, symbol: str) -> Units:
    m = w.recorded.state.markets.get(symbol)
    return Units(m.currency, m.price_exp, m.qty_exp) if m else Units()


def _latches(w: WhatIf) -> Iterator[str]:
    gone, come = w.latches_only()
    for title, found in (("in the record only", gone), ("in the what-if only", come)):
        if found:
            yield f"{LABEL}, latches {title}"
            yield from _columns([_latch(w, x) for x in found])
            yield ""
    standing = sorted(set(w.other.state.latches) - set(w.recorded.state.latches))
    if standing:
        yield f"{LABEL}: still set at the end, as nobody was there to clear it: {', '.join(standing)}"
        yield ""


def _latch(w: WhatIf, x: LatchSeen) -> Cells:
    at = shown.stamp(x.ts, w.recorded.state.day.venue)
    return [at, f"{x.latch} {x.action}", x.scope, f"by {x.by}: {x.reason}"]


def _money(w: WhatIf) -> Iterator[str]:
    currency = next((m.currency for m in w.recorded.state.markets.values()), "USD")

    def row(name: str, before: int, after: int) -> Cells:
        figures = [shown.cash(x, currency, sign=True) for x in (before, after, after - before)]
        return [name, *figures]

    yield f"{LABEL}, P&L: as recorded, under {LABEL}, difference"
    rows = [row(shown.iso_day(d.day), d.before, d.after) for d in w.days]
    rows += [row(f"strategy {name}", before, after) for name, before, after in w.strategies()]
    rows.append(row("total", sum(d.before for d in w.days), sum(d.after for d in w.days)))
    yield from _columns(rows, right=(1, 2, 3))


def _model(w: WhatIf) -> Iterator[str]:
    t, model = w.model.tally, w.model
    currency = next((m.currency for m in w.recorded.state.markets.values()), "USD")
    yield (
        f"  - {w.after.orders:,} orders ({w.after.exits:,} the governor's own) instead of {w.before.orders:,}"
        f" ({w.before.exits:,}); {t.orders:,} of them modelled, wholly or from some moment on:"
        f" {counted(t.fills, 'execution')} worth {shown.cash(t.worth, currency)}"
    )
    yield (
        f"  - measured in the record: answers after {shown.span(model.answer)}, executions"
        f" {model.cost / 100:.2f} bps worse than the newest mark ({counted(model.seen, 'execution')})"
    )


def _columns(rows: list[Cells], right: tuple[int, ...] = ()) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  " + "  ".join(cells).rstrip()
