"""The report's tables: days, latches, trips and flattenings."""

from collections.abc import Sequence
from typing import Final

from flyball.desk import shown
from flyball.desk.report.svg import element, text
from flyball.desk.summary import Summary
from flyball.desk.trips import Tripped
from flyball.kernel.latches import TABLE
from flyball.kernel.words import FLATTEN

Cell = tuple[str, str]  # (class, markup)
MANY: Final = 24


def table(heads: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> str:
    """A table that scrolls by itself where the page is too narrow for it."""
    head = element("tr", None, *(element("th", {"class": css or None}, text(name)) for css, name in heads))
    body = [
        element("tr", None, *(element("td", {"class": css or None}, inside) for css, inside in row))
        for row in rows
    ]
    whole = element("table", None, element("thead", None, head), element("tbody", None, *body))
    return element("div", {"class": "scroll"}, whole)


def result(micros: int, currency: str) -> str:
    """Money with its sign, coloured."""
    css = "good" if micros > 0 else "bad" if micros < 0 else "soft"
    return element("span", {"class": css}, text(shown.cash(micros, currency, sign=True)))


def pills(latches: Sequence[str]) -> str:
    return "".join(
        element("span", {"class": f"pill {TABLE[x].state if x in TABLE else ''}"}, text(x)) for x in latches
    )


def day_table(s: Summary) -> str:
    currency = s.books.currency
    heads: list[Cell] = [
        ("", "day"), ("n", "result"), ("n", "deepest"), ("n", "asked"), ("n", "passed"), ("n", "cut back"),
        ("n", "refused"), ("n", "fills"), ("n", "turnover"), ("n", "fees"), ("", "latches set"), ("", "flat"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for row in s.rows:
        flat = s.flat_of(row)
        sign = shown.DASH if flat is None else "✓" if flat else "✗"
        rows.append(
            [
                ("k", text(shown.day_name(row.day, weekday=True))),
                ("n", result(s.row_pnl(row), currency)),
                ("n", text(shown.percent(row.drawdown, row.drawdown_of))),
                ("n", f"{row.intents:,}"),
                ("n", f"{row.approved:,}"),
                ("n", f"{row.clipped:,}"),
                ("n", f"{row.refused:,}"),
                ("n", f"{row.fills:,}"),
                ("n", text(shown.cash(row.turnover, currency, cents=False))),
                ("n", text(shown.cash(row.fees, currency))),
                ("k", pills(row.latches)),
                (
                    "",
                    element("span", {"class": "good" if flat else "bad" if flat is False else "soft"}, sign),
                ),
            ]
        )
    return table(heads, rows)


def latch_table(s: Summary) -> str:
    venue = s.rows[0].venue if s.rows else ""
    heads: list[Cell] = [
        ("", "latch"), ("", "scope"), ("", "set"), ("", "meanwhile"), ("", "cleared"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for x in s.latches.episodes:
        title = TABLE[x.latch].title if x.latch in TABLE else ""
        if x.cleared_at:
            cleared = _said(shown.stamp(x.cleared_at, venue), x.cleared_by, x.cleared_reason)
        else:
            cleared = element("span", {"class": "bad"}, "still set") + _small(f"clears: {x.clears}")
        rows.append(
            [
                ("k", pills([x.latch]) + text(title)),
                ("k", text(x.scope)),
                ("w", _said(shown.stamp(x.set_at, venue), x.set_by, x.reason)),
                ("", text(f"{x.state.lower()}, {meanwhile(x.positions)}")),
                ("w", cleared),
            ]
        )
    return table(heads, rows)


def _said(when: str, by: str, why: str) -> str:
    """A moment; below it who, and why."""
    return text(when) + _small(f"{by}: {why}" if why else by)


def _small(said: str) -> str:
    return "<br/>" + element("small", None, text(said))


def meanwhile(positions: str) -> str:
    return {FLATTEN: "flattened", "exits": "exits only", "cancel_only": "cancelled", "page": "held"}.get(
        positions, positions
    )


def trip_table(s: Summary) -> str:
    currency = s.books.currency
    venue = s.rows[0].venue if s.rows else ""
    heads: list[Cell] = [
        ("", "trigger"), ("", "scope"), ("", "when"), ("n", "reached"), ("n", "limit"), ("n", "overshoot"),
        ("", "by"), ("n", "its move"), ("n", "worst-case book"), ("", "explained"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for t in _listed(s.trips.all):
        trip = t.trip
        move = "its own cost" if t.at_fill else f"{t.move_bps():.2f} bps"
        rows.append(
            [
                ("k", text(trip.trigger.replace("_", " "))),
                ("k", text(trip.scope)),
                ("k", text(shown.stamp(trip.ts, venue))),
                ("n", text(shown.cash(trip.value, currency))),
                ("n", text(shown.cash(trip.limit, currency))),
                ("n", f"{t.overshoot_bps():.2f} bps"),
                ("k", text(f"{trip.symbol} {'fill' if t.at_fill else 'mark'}")),
                ("n", text(move)),
                ("n", text(shown.cash(trip.worst_book, currency, cents=False))),
                ("", _yes(t.explained)),
            ]
        )
    left = len(s.trips.all) - len(rows)
    more = f"{left:,} more caution trips of days that are listed with their first one." if left else ""
    return table(heads, rows) + (element("p", {"class": "source-line"}, more) if more else "")


def _listed(trips: list[Tripped]) -> list[Tripped]:
    """All of them; when that is long, of the caution zone only each day's first."""
    if len(trips) <= MANY:
        return trips
    seen: set[tuple[int, str]] = set()
    kept = []
    for t in trips:
        if t.trip.trigger != "caution" or (t.day, t.trip.trigger) not in seen:
            kept.append(t)
        seen.add((t.day, t.trip.trigger))
    return kept


def _yes(so: bool) -> str:
    return element("span", {"class": "good" if so else "bad"}, "✓" if so else "no")


def flattening_table(s: Summary) -> str:
    """Flattenings by their reason; what they cost, apart from the trip itself."""
    currency = s.books.currency
    reasons = list(dict.fromkeys(x.flat.why for x in s.trips.flats))
    heads: list[Cell] = [
        ("", "why"), ("n", "times"), ("n", "confirmed flat"), ("n", "attempts at most"),
        ("n", "while flattening"), ("n", "worst of them"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for why in reasons:
        mine = [x.flat for x in s.trips.flats if x.flat.why == why]
        name = f"{why} {TABLE[why].title}" if why in TABLE else "the close" if why == "ladder" else why
        rows.append(
            [
                ("k", text(name)),
                ("n", f"{len(mine):,}"),
                ("n", f"{sum(x.confirmed for x in mine):,}"),
                ("n", f"{max(x.attempts for x in mine)}"),
                ("n", result(sum(x.pnl for x in mine), currency)),
                ("n", result(min(x.pnl for x in mine), currency)),
            ]
        )
    return table(heads, rows)
