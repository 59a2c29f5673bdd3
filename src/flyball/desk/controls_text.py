"""`flyball controls` and `flyball drill` for people: one line a brake, what needs a look first."""

from collections.abc import Iterator
from typing import Any

from flyball.api.armed import STATES, UNREACHABLE
from flyball.desk.drill import NOT_TRIPPED, Row
from flyball.desk.shown import counted


def controls_text(view: dict[str, Any]) -> Iterator[str]:
    """Of the answer of a governor or of `armed_view`."""
    rows = [["state", "control", "key", "value", "from", ""]]
    for one in view["controls"]:
        until = f"until {one['until'][:19]}Z" if one["until"] else ""
        why = "; ".join(part for part in (one["why"], until) if part)
        rows.append(
            [one["state"], one["control"], one["key"], one["value"] or "-", one["origin"] or "-", why]
        )
    yield from columns(rows)
    yield ""
    yield ", ".join(f"{view['counts'][state]} {state}" for state in STATES)
    dead = [one for one in view["controls"] if one["state"] == UNREACHABLE]
    for one in dead:
        yield f"UNREACHABLE {one['key']}: {one['why']}"


def drill_text(rows: list[Row]) -> Iterator[str]:
    """Every row, then what did not trip, once more."""
    head = ["result", "control", "key", "expected", "tried", "came"]
    yield from columns(
        [head, *([r.result, r.control, r.key, r.expected, r.tried, _short(r.came)] for r in rows)]
    )
    failed = [r for r in rows if r.result == NOT_TRIPPED]
    tried = sum(1 for r in rows if r.tried != "-")
    yield ""
    yield (
        f"{counted(tried, 'drill')} on a scratch copy (flat, unlatched, nothing written, nothing sent):"
        f" {len(failed)} NOT TRIPPED"
    )
    for r in failed:
        yield f"NOT TRIPPED {r.control} {r.key}: {r.tried}: expected {r.expected}, came {r.came}"


def columns(rows: list[list[str]]) -> Iterator[str]:
    """As wide as they need, the last as it is."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
