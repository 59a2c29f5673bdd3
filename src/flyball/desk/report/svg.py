"""The few pieces of SVG and HTML that the report is made of. All text is escaped here and nowhere else."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Final

VOID: Final = ("br", "hr", "meta", "line", "rect", "circle", "path", "polyline", "polygon")


def text(value: object) -> str:
    """As character data or inside a quoted attribute."""
    return escape(str(value), quote=True)


def element(name: str, attributes: dict[str, object] | None = None, *children: str) -> str:
    """An element; children are markup already. Attributes that are None are left out."""
    given = "".join(
        f' {key}="{text(f"{value:.1f}" if isinstance(value, float) else value)}"'
        for key, value in (attributes or {}).items()
        if value is not None
    )
    inside = "".join(children)
    if name in VOID and not inside:
        return f"<{name}{given}/>"
    return f"<{name}{given}>{inside}</{name}>"


def words(x: float, y: float, value: object, css: str, anchor: str = "start") -> str:
    """A line of text in a drawing."""
    return element("text", {"x": x, "y": y, "class": css, "text-anchor": anchor}, text(value))


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": css})


def box(x: float, y: float, width: float, height: float, css: str, title: str = "", round: float = 0) -> str:
    """A rectangle, with a title that appears on hover."""
    children = [element("title", None, text(title))] if title else []
    attributes: dict[str, object] = {
        "x": x, "y": y, "width": max(width, 0.0), "height": max(height, 0.0), "class": css,
        "rx": round or None,
    }  # fmt: skip
    return element("rect", attributes, *children)


def polyline(points: Iterable[tuple[float, float]], css: str) -> str:
    given = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", {"points": given, "class": css})


def polygon(points: Iterable[tuple[float, float]], css: str) -> str:
    given = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polygon", {"points": given, "class": css})


def drawing(width: float, height: float, css: str, title: str, *children: str) -> str:
    """A drawing as wide as its place, with a name for those who cannot see it."""
    attributes: dict[str, object] = {
        "viewBox": f"0 0 {width:.0f} {height:.0f}", "class": css, "role": "img", "aria-label": title,
    }  # fmt: skip
    return element("svg", attributes, *children)


def scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """low..high onto start..end."""
    width = (high - low) or 1.0
    return lambda value: start + (value - low) * (end - start) / width


def steps(low: float, high: float, wanted: int) -> Sequence[float]:
    """Round numbers between low and high, about as many as wanted."""
    rough = (high - low) / max(wanted, 1)
    if rough <= 0:
        return [low]
    power = 1.0
    while power * 10 <= rough:
        power *= 10
    while power > rough:
        power /= 10
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough)
    first = -(-low // step)
    found = []
    while first * step <= high:
        found.append(first * step)
        first += 1
    return found
