"""The page: what happened, first in a few sentences, then in one drawing, then in every detail.

No script is needed and nothing is fetched. Wherever prices or results stand, what the prices are stands
under them.
"""

from collections.abc import Sequence
from typing import Final

from flyball.desk import shown
from flyball.desk.report.bars import cap_bars, code_bars
from flyball.desk.report.decisions import clipped_cards, refused_cards
from flyball.desk.report.headline import headline
from flyball.desk.report.hover import SCRIPT
from flyball.desk.report.journal_box import journal_box
from flyball.desk.report.layout import NARROW, WIDE
from flyball.desk.report.style import STYLE
from flyball.desk.report.svg import element, text
from flyball.desk.report.tables import day_table, flattening_table, latch_table, trip_table
from flyball.desk.report.timeline import timeline
from flyball.desk.shown import counted
from flyball.desk.summary import Summary

LEGEND: Final = (
    ("var(--line)", "", "equity"),
    ("var(--caution)", "", "caution zone: smaller orders"),
    ("var(--restrict)", "", "restrict zone: exits only"),
    ("var(--halt)", "", "halt zone: flattened"),
    ("var(--ink)", "round", "daily loss reached"),
)


def html(summary: Summary, title: str, label: str, commands: Sequence[str]) -> str:
    """report.html as text. `label`: what the prices are. `commands`: how to look further, as typed."""
    s = summary
    sections = [
        _run(s, label),
        _caps(s),
        _refusals(s),
        _losses(s, label),
        _latches(s),
        _days(s, label),
        _decisions(s, label),
        _journal(s, commands),
    ]
    head = (
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width,initial-scale=1"/>'
        f'<meta name="color-scheme" content="light dark"/><title>{text(title)}</title><style>{STYLE}</style>'
    )
    main = element("main", None, *(f"\n{part}" for part in sections if part))
    body = f"{headline(s, title, label)}\n{main}\n{_footer(s, label)}\n<script>{SCRIPT}</script>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _section(title: str, said: str, *parts: str) -> str:
    intro = element("p", None, text(said)) if said else ""
    return element("section", None, element("h2", None, text(title)), intro, *parts)


def _sheet(*parts: str) -> str:
    return element("div", {"class": "sheet"}, *parts)


def _note(said: str) -> str:
    return element("p", {"class": "note"}, text(said))


def _source(label: str) -> str:
    return element("p", {"class": "source-line"}, text(f"Prices: {label}."))


def _run(s: Summary, label: str) -> str:
    keys = (
        element("li", None, element("i", {"style": f"background:{colour}", "class": css or None}), text(said))
        for colour, css, said in LEGEND
    )
    return _section(
        "The run",
        "Equity under its high-water mark, and the drawdown zones that hang from it. Below: which latches"
        " held, each day's result, and whether the day ended flat.",
        _sheet(timeline(s, WIDE), timeline(s, NARROW), element("ul", {"class": "legend"}, *keys)),
        _source(label),
    )


def _caps(s: Summary) -> str:
    if not s.caps.pressed:
        return ""
    return _section(
        "How hard each limit was pressed",
        "The largest worst case that was let through, as a share of its limit. The dark tick is the largest"
        " that passed just as it was asked for; what lies beyond it had been cut back to fit.",
        _sheet(cap_bars(s)),
    )


def _refusals(s: Summary) -> str:
    parts = [_sheet(code_bars(s.refused_by_code))]
    if s.clipped_by_code:
        parts += [_note("What was cut back, and why:"), _sheet(code_bars(s.clipped_by_code))]
    said = f"{counted(s.refused, 'refusal')}, by the first reason. Bars grow with the square root."
    return _section("What was refused, and why", said, *parts)


def _losses(s: Summary, label: str) -> str:
    if not s.trips.all and not s.trips.flats:
        return ""
    parts = [_sheet(trip_table(s))] if s.trips.all else [_note("None was reached.")]
    if s.trips.flats:
        parts += [
            _note("Getting flat, after those and at each close, counted apart:"),
            _sheet(flattening_table(s)),
        ]
    return _section(
        "Limits on losses",
        "A limit on losses is a trigger, not a bound: a price can jump past it. An overshoot is explained"
        " when it is no larger than that mark's move of the worst-case book, or that fill's own cost.",
        *parts,
        _source(label),
    )


def _latches(s: Summary) -> str:
    if not s.latches.episodes:
        return _section("Latches", "None was set.")
    said = "What stopped trading: who set it and why, who cleared it."
    return _section("Latches", said, _sheet(latch_table(s)))


def _days(s: Summary, label: str) -> str:
    return _section("Session by session", "", _sheet(day_table(s)), _source(label)) if s.rows else ""


def _decisions(s: Summary, label: str) -> str:
    if not s.examples.refused and not s.examples.clipped:
        return ""
    parts = [refused_cards(s)] if s.examples.refused else []
    if s.examples.clipped:
        parts += [_note("Cut back to what fits:"), clipped_cards(s)]
    return _section("One decision for each reason", "Real ones, from this run.", *parts, _source(label))


def _journal(s: Summary, commands: Sequence[str]) -> str:
    parts = [_sheet(journal_box(s, commands))]
    if commands:
        parts.append(_note("To look further:"))
        parts += [element("pre", None, text(command)) for command in commands]
    said = "The record behind this page. Keep its head hash elsewhere, and any change to it shows."
    return _section("The journal", said, *parts)


def _footer(s: Summary, label: str) -> str:
    clock = shown.clock_name(s.rows[0].venue) if s.rows else "UTC"
    said = f"Every number here was computed from the journal's records. Times are {clock}. Prices: {label}."
    return element("footer", None, element("p", None, text(said)))
