"""The run on one drawing: equity with its drawdown zones, what was latched when, each day's result against
the loss limit, and whether the day ended flat.
"""

from typing import Final

from flyball.desk import shown
from flyball.desk.latch_log import Episode
from flyball.desk.report.equity import equity_panel
from flyball.desk.report.layout import Axis, Layout
from flyball.desk.report.svg import box, drawing, line, scale, words
from flyball.desk.summary import Summary
from flyball.kernel.latches import ACCOUNT_SCOPE, TABLE

RIBBON: Final = 17.0
TALLEST: Final = 12  # ribbons; more share the last


def timeline(s: Summary, layout: Layout) -> str:
    """The whole drawing in one of its sizes."""
    axis = Axis(s.rows, layout.left, layout.right)
    top = 14.0
    parts = [equity_panel(s, axis, layout, top)]
    top += layout.equity + 12
    parts.append(_ribbons(s, axis, layout, top))
    top += RIBBON * len(_lanes(s)) + 16
    parts.append(_results(s, axis, layout, top))
    top += layout.result + 40
    return drawing(layout.width, top, layout.css, "Equity, latches and daily results", *parts)


def _lanes(s: Summary) -> list[str]:
    """A lane for each latch and scope, by the latch's number."""
    names = {_lane(x): x for x in s.latches.episodes}
    return sorted(names, key=lambda name: (len(names[name].latch), name))[:TALLEST]


def _lane(x: Episode) -> str:
    return x.latch if x.scope == ACCOUNT_SCOPE else f"{x.latch} {x.scope.partition(':')[2]}"


def _ribbons(s: Summary, axis: Axis, layout: Layout, top: float) -> str:
    lanes = _lanes(s)
    venue = s.rows[0].venue if s.rows else ""
    out = []
    for i, name in enumerate(lanes):
        y = top + i * RIBBON
        out.append(words(layout.left - 8, y + 9, name, "tick strong", "end"))
        out.append(line(layout.left, y + 5.5, layout.right, y + 5.5, "grid"))
        latch = name.partition(" ")[0]
        if layout.zone_names and latch in TABLE:
            out.append(words(layout.right + 8, y + 9, _short_title(latch), "edge"))
    for x in s.latches.episodes:
        lane = min(lanes.index(_lane(x)) if _lane(x) in lanes else len(lanes) - 1, TALLEST - 1)
        start = axis.at(x.set_at)
        end = axis.at(x.cleared_at) if x.cleared_at else layout.right
        until = shown.stamp(x.cleared_at, venue) if x.cleared_at else "still set"
        said = f"{x.latch} {x.reason}; {shown.stamp(x.set_at, venue)} to {until}"
        out.append(box(start, top + lane * RIBBON, max(end - start, 3.0), 11, f"latch {x.state}", said, 2))
    return "".join(out)


def _short_title(latch: str) -> str:
    """As long as the margin: restrict, not drawdown restrict zone."""
    return TABLE[latch].title.removeprefix("drawdown ").removesuffix(" zone")


def _results(s: Summary, axis: Axis, layout: Layout, top: float) -> str:
    rows = axis.rows
    if not rows:
        return ""
    results = [s.row_pnl(row) for row in rows]
    base = rows[0].baseline
    limit = s.books.limits.max_daily_loss.at(base)
    low = min(0, *results, -limit if limit > 0 else 0)
    high = max(0, *results)
    room = (high - low) * 0.08 or 1
    y = scale(low - room, high + room, top + layout.result, top)
    out = [line(layout.left, y(0), layout.right, y(0), "axis")]
    currency = s.books.currency
    if limit > 0:
        out.append(line(layout.left, y(-limit), layout.right, y(-limit), "limit"))
        out.append(words(layout.left - 8, y(-limit) + 4, _short(-limit, currency), "tick bad", "end"))
        if layout.zone_names:
            out.append(words(layout.right + 8, y(-limit) + 4, "daily loss", "edge halt"))
    out.append(words(layout.left - 8, y(0) + 4, "0", "tick", "end"))
    if high > 0 and y(0) - y(high) > 14:
        out.append(words(layout.left - 8, y(high) + 4, _short(high, currency), "tick", "end"))
    bottom = top + layout.result
    stride = -(-len(rows) // layout.day_labels)
    for i, (row, pnl) in enumerate(zip(rows, results, strict=True)):
        left = axis.start(i) + axis.width * 0.17
        width = max(axis.width * 0.66, 1.0)
        said = f"{shown.day_name(row.day, weekday=True)}: {shown.cash(pnl, currency, sign=True)}"
        upper = min(y(pnl), y(0))
        height = max(abs(y(pnl) - y(0)), 1.0)
        out.append(box(left, upper, width, height, "gain" if pnl >= 0 else "loss", said, 1.5))
        flat = s.flat_of(row)
        sign = "" if flat is None else "✓" if flat else "✗"
        out.append(words(left + width / 2, bottom + 14, sign, "flat" if flat else "open", "middle"))
        if i % stride == 0:
            out.append(words(left + width / 2, bottom + 32, shown.day_name(row.day), "tick", "middle"))
    if layout.zone_names:
        out.append(words(layout.right + 8, bottom + 14, "flat at close", "edge"))
    return "".join(out)


def _short(micros: int, currency: str) -> str:
    return shown.cash(micros, currency, cents=False)
