"""Bars: how near each cap was pressed, and how often each code refused."""

from typing import Final

from flyball.desk import shown
from flyball.desk.caps import figures
from flyball.desk.report.svg import element, text
from flyball.desk.summary import Summary
from flyball.desk.summary_json import by_count
from flyball.kernel.controls import EVIDENCE
from flyball.kernel.words import CODES

TITLES: Final = {
    "C1.max_order_notional": "One order's value",
    "C1.max_order_qty": "One order's quantity",
    "C2.max_position_notional": "One symbol, worst case",
    "C3.max_gross": "Gross, worst case",
    "C3.max_net": "Net, worst case",
    "C3.max_leverage": "Leverage, worst case",
    "C3.max_at_risk": "Without a broker stop",
    "C4.max_positions": "Symbols held",
    "C5.max_daily_turnover": "A day's turnover",
    "C5.max_daily_cost": "A day's costs",
    "C6.max_daily_loss": "A day's stressed loss",
    "C6.max_daily_loss.strategy": "The same, one strategy",
    "C6.max_daily_loss.symbol": "The same, one symbol",
    "C10.risk_per_trade": "One order's risk at its stop",
    "C20.order_rate": "Orders in one second",
    "C20.message_rate": "Messages in one second",
    "C20.reject_rate": "Rejects in one minute",
    "C20.max_orders_per_day": "Orders in a day",
}
PRESSED: Final = 0.95
LENGTH: Final = 1000


def cap_bars(s: Summary) -> str:
    """Each cap that has a limit: the closest anything that adds came to it."""
    out = []
    for at, pressed in s.caps.in_order():
        name = EVIDENCE[at]
        peak = pressed.peak
        ratio, whole = peak.ratio(), pressed.whole.ratio()
        m = s.books.markets.get(peak.symbol)
        value, limit = figures(at, peak, s.books.currency, m.qty_exp if m else 0)
        of = f"{value} of {limit}" if ratio is not None else "nothing passed"
        out.append(
            _row(
                element(
                    "div", {"class": "name"}, text(TITLES.get(name, name)), element("small", None, text(name))
                ),
                element("div", {"class": "bar"}, _bar(ratio, whole)),
                element("div", {"class": "num"}, shown.share(ratio) if ratio is not None else shown.DASH),
                element("div", {"class": "of"}, text(of)),
            )
        )
    return element("div", {"class": "bars"}, *out)


def _row(*children: str) -> str:
    return element("div", {"class": "row"}, *children)


def _bar(ratio: float | None, whole: float | None) -> str:
    """The track is the limit; the tick is what passed without being cut back."""
    parts = [_rect(0, LENGTH, "track", 3, 12)]
    if ratio is not None:
        parts.append(_rect(0, min(ratio, 1) * LENGTH, "fill pressed" if ratio >= PRESSED else "fill", 3, 12))
    if whole is not None:
        parts.append(_rect(min(whole, 1) * LENGTH - 2, 4, "tickmark", 0, 18))
    return _strip(parts)


def _strip(parts: list[str]) -> str:
    attributes: dict[str, object] = {
        "viewBox": f"0 0 {LENGTH} 18", "preserveAspectRatio": "none", "aria-hidden": "true",
    }  # fmt: skip
    return element("svg", attributes, *parts)


def _rect(x: float, width: float, css: str, y: float, height: float) -> str:
    return element("rect", {"x": x, "y": y, "width": width, "height": height, "class": css})


def code_bars(counts: dict[str, int]) -> str:
    """Each code, how often, and what it says. Bars grow with the square root, so that the rare ones show."""
    if not counts:
        return element("p", {"class": "note"}, "Nothing.")
    most = max(counts.values())
    out = []
    for code, n in by_count(counts).items():
        width = max((n / most) ** 0.5 * LENGTH, 4)
        bar = _strip([_rect(0, LENGTH, "track", 3, 12), _rect(0, width, "fill", 3, 12)])
        out.append(
            _row(
                element("div", {"class": "name"}, text(code)),
                element("div", {"class": "bar"}, bar),
                element("div", {"class": "num"}, f"{n:,}"),
                element("div", {"class": "what"}, text(CODES.get(code, ""))),
            )
        )
    return element("div", {"class": "bars codes"}, *out)
