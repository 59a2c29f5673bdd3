"""The upper panel: equity under its high-water mark, the drawdown zones hanging below it, every trip a dot.

The zones hang from the high-water mark of their time, so they move with it, also when an operator rebases it.
"""

from collections.abc import Callable
from typing import Final

from flyball.desk import shown
from flyball.desk.curve import Point
from flyball.desk.report.layout import Axis, Layout
from flyball.desk.report.svg import element, line, polygon, polyline, scale, steps, text, words
from flyball.desk.summary import Summary
from flyball.kernel.units import PPM

ZONES: Final = ("caution", "restrict", "halt")
LINE: Final = 13.0
Y = Callable[[float], float]


def equity_panel(s: Summary, axis: Axis, layout: Layout, top: float) -> str:
    """Everything of the panel, from `top` down."""
    points = thinned(s.curve.points, layout.points)
    if not points:
        return words(layout.left, top + 20, "no price has valued the account yet", "note")
    bottom = top + layout.equity
    zones = _zones(s)
    low, high = _domain(points, zones)
    y = scale(low, high, bottom, top)
    out = _shades(points, zones, axis, y, bottom)
    for value in steps(low, high, 7):
        out.append(line(layout.left, y(value), layout.right, y(value), "grid"))
        out.append(words(layout.left - 8, y(value) + 4, _thousands(value), "tick", "end"))
    out += [line(axis.start(i), top, axis.start(i), bottom, "session") for i in range(1, len(axis.rows))]
    out.append(polyline([(x, y(mark)) for x, mark in _marks(points, axis)], "high-water"))
    out.append(polyline([(axis.at(p.ts), y(p.equity)) for p in points], "equity"))
    if layout.zone_names:
        out += _zone_names(points[-1], zones, layout, y, low)
    out.append(_hover(s, points, axis, y, layout, top))
    out += _trips(s, points, axis, y)  # on top, so that the pointer reaches what each dot says
    return "".join(out)


def thinned(points: list[Point], most: int) -> list[Point]:
    """At most `most` points, evenly taken, always with the last."""
    stride = -(-len(points) // most) if points else 1
    return points[::-1][::stride][::-1]


def _zones(s: Summary) -> list[tuple[str, int]]:
    limits = s.books.limits
    given = (limits.drawdown_caution, limits.drawdown_restrict, limits.drawdown_halt)
    return [(name, ppm) for name, ppm in zip(ZONES, given, strict=True) if ppm >= 0]


def _domain(points: list[Point], zones: list[tuple[str, int]]) -> tuple[float, float]:
    low = float(min(p.equity for p in points))
    high = float(max(p.high_water for p in points))
    if zones:  # the zones belong in the picture, unless they would flatten the curve
        deepest = min(p.high_water for p in points) * (PPM - zones[-1][1] * 1.15) / PPM
        if high - deepest < 6 * max(high - low, 1.0):
            low = min(low, deepest)
    room = max((high - low) * 0.06, 1.0)
    return low - room, high + room


def _marks(points: list[Point], axis: Axis) -> list[tuple[float, int]]:
    """The high-water mark as stairs: only where it changes."""
    out: list[tuple[float, int]] = []
    for p in points:
        x = axis.at(p.ts)
        if out and p.high_water != out[-1][1]:
            out.append((x, out[-1][1]))
        if not out or p.high_water != out[-1][1]:
            out.append((x, p.high_water))
    out.append((axis.at(points[-1].ts), points[-1].high_water))
    return out


def _shades(points: list[Point], zones: list[tuple[str, int]], axis: Axis, y: Y, bottom: float) -> list[str]:
    marks = _marks(points, axis)

    def edge(ppm: int) -> list[tuple[float, float]]:
        return [(x, min(y(mark * (PPM - ppm) / PPM), bottom)) for x, mark in marks]

    out = []
    for i, (name, ppm) in enumerate(zones):
        upper = edge(ppm)
        if i + 1 < len(zones):
            lower = edge(zones[i + 1][1])
        else:
            lower = [(upper[0][0], bottom), (upper[-1][0], bottom)]
        out.append(polygon([*upper, *reversed(lower)], f"zone {name}"))
    return out


def _zone_names(last: Point, zones: list[tuple[str, int]], layout: Layout, y: Y, low: float) -> list[str]:
    x = layout.right + 8
    line_at = y(last.high_water) + 4
    out = [words(x, line_at, "high water", "edge")]
    for name, ppm in zones:
        at = last.high_water * (PPM - ppm) / PPM
        if at > low:
            line_at = max(y(at) + 4, line_at + LINE)  # never one name over another
            out.append(words(x, line_at, f"{name} {shown.MINUS}{ppm / 10_000:g}%", f"edge {name}"))
    return out


def _trips(s: Summary, points: list[Point], axis: Axis, y: Y) -> list[str]:
    out = []
    venue = axis.rows[0].venue if axis.rows else ""
    for tripped in s.trips.all:
        trip = tripped.trip
        near = next((p for p in points if p.ts >= trip.ts), points[-1])
        said = (
            f"{trip.trigger.replace('_', ' ')}, {shown.stamp(trip.ts, venue)}:"
            f" {shown.cash(trip.value, s.books.currency)} reached {shown.cash(trip.limit, s.books.currency)}"
        )
        where: dict[str, object] = {
            "cx": axis.at(trip.ts), "cy": y(near.equity), "r": 4.5, "class": f"trip {trip.trigger}",
        }  # fmt: skip
        out.append(element("circle", where, element("title", None, text(said))))
    return out


def _hover(s: Summary, points: list[Point], axis: Axis, y: Y, layout: Layout, top: float) -> str:
    """What the few lines of script read: x, y, time, equity and drawdown of every point."""
    venue = axis.rows[0].venue if axis.rows else ""
    rows = ";".join(
        f"{axis.at(p.ts):.0f}|{y(p.equity):.0f}|{shown.stamp(p.ts, venue)[:-3]}"
        f"|{shown.cash(p.equity, s.books.currency)}|{shown.percent(p.down, p.high_water)}"
        for p in points
    )
    area: dict[str, object] = {
        "class": "hover", "x": layout.left, "y": top, "width": layout.right - layout.left,
        "height": layout.equity, "data-points": rows,
    }  # fmt: skip
    return element("rect", area)


def _thousands(micros: float) -> str:
    return f"{micros / PPM / 1000:,.3f}".rstrip("0").rstrip(".") + "k"
