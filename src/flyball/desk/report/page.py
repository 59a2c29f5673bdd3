"""The page itself: what happened, first in one sentence, then in one drawing, then in every detail.

No script is needed and nothing is fetched. Wherever prices or results stand, the label of the prices stands
under them.
"""

from collections.abc import Sequence

from flyball.desk import shown
from flyball.desk.report.bars import cap_bars, code_bars
from flyball.desk.report.decisions import clipped_cards, refused_cards
from flyball.desk.report.layout import NARROW, WIDE
from flyball.desk.report.style import LOGO, SCRIPT, STYLE
from flyball.desk.report.svg import element, text
from flyball.desk.report.tables import day_table, flattening_table, latch_table, trip_table
from flyball.desk.report.timeline import timeline
from flyball.desk.summary import Summary


def html(summary: Summary, title: str, label: str, commands: Sequence[str]) -> str:
    """report.html as text. `label`: what the prices are. `commands`: how to look further, ready to be typed."""
    s = summary
    body = [
        _header(s, title, label),
        "<main>",
        _run(s, label),
        _caps(s),
        _refusals(s),
        _trips(s, label),
        _latches(s),
        _days(s, label),
        _decisions(s, label),
        _journal(s, commands),
        "</main>",
        _footer(s, label),
    ]
    head = (
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width,initial-scale=1"/>'
        f'<meta name="color-scheme" content="light dark"/><title>{text(title)}</title><style>{STYLE}</style>'
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n'
        + "\n".join(part for part in body if part)
        + f"\n<script>{SCRIPT}</script>\n</body></html>\n"
    )


def _section(title: str, said: str, *parts: str) -> str:
    intro = element("p", None, said) if said else ""
    return element("section", None, element("h2", None, text(title)), intro, *parts)


def _sheet(*parts: str) -> str:
    return element("div", {"class": "sheet"}, *parts)


def _source(label: str) -> str:
    return element("p", {"class": "source-line"}, text(f"Prices: {label}."))


# -- what happened ---------------------------------------------------------------------------------------------


def _header(s: Summary, title: str, label: str) -> str:
    when = "no session yet"
    if s.rows:
        first, last = s.rows[0].day, s.rows[-1].day
        days = shown.day_name(first, year=first // 10_000 != last // 10_000)
        span = (
            f"{days} to {shown.day_name(last, year=True)}"
            if first != last
            else shown.day_name(last, year=True)
        )
        when = f"{_count(len(s.rows), 'session')}, {span} · profile {s.books.profile}"
    brand = element(
        "div", {"class": "brand"}, LOGO, "<span><b>Flyball</b> a governor for trading bots</span>"
    )
    return element(
        "header",
        {"class": "top"},
        brand,
        element("h1", None, text(title)),
        element("p", {"class": "when"}, text(when)),
        element("p", {"class": "lede"}, text(lede(s))),
        element("p", {"class": "source"}, element("b", None, "Prices"), " ", text(label)),
        _cards(s),
    )


def lede(s: Summary) -> str:
    """The run in a few sentences."""
    asked = max(s.intents, 1)
    out = [
        f"The bot asked {_times(s.intents)}. The governor passed {s.approved:,} as asked, cut back {s.clipped:,} and"
        f" refused {s.refused:,} ({s.refused * 100 / asked:.0f}%)."
    ]
    pnl = s.pnl()
    currency = s.books.currency
    verb = "lost" if pnl < 0 else "made"
    out.append(f"It {verb} {shown.cash(abs(pnl), currency)} on {_count(s.fills, 'fill')}.")
    held = [x for x in s.latches.episodes if x.latch in ("L1", "L2", "L3")]
    if held:
        out.append(f"Limits on losses stopped it {_times(len(held))}.")
    ended, closes = _flat(s)
    if closes and ended == closes:
        out.append("Every session ended flat.")
    elif closes:
        out.append(f"{closes - ended} of {closes} sessions did not end flat.")
    return " ".join(out)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _flat(s: Summary) -> tuple[int, int]:
    """(sessions that ended flat, sessions that ended)."""
    known = [flat for row in s.rows if (flat := s.flat_of(row)) is not None]
    return sum(known), len(known)


def _card(name: str, figure: str, css: str, said: str) -> str:
    return element(
        "div",
        {"class": "card"},
        element("h3", None, text(name)),
        element("div", {"class": f"figure {css}"}, text(figure)),
        element("p", None, text(said)),
    )


def _cards(s: Summary) -> str:
    currency = s.books.currency
    pnl = s.pnl()
    base = s.rows[0].baseline if s.rows else 0
    worst = min(s.rows, key=s.row_pnl, default=None)
    limit = s.books.limits.max_daily_loss.at(base)
    ended, closes = _flat(s)
    cards = [
        _card(
            "Result", shown.cash(pnl, currency, sign=True), "good" if pnl >= 0 else "bad",
            f"{shown.percent(pnl, base, sign=True)} of {shown.cash(base, currency, cents=False)},"
            f" after {shown.cash(s.fees, currency)} of fees",
        )
    ]  # fmt: skip
    if worst is not None:
        lost = s.row_pnl(worst)
        against = f"; daily limit {shown.cash(limit, currency, cents=False)}" if limit > 0 else ""
        cards.append(
            _card(
                "Worst day", shown.cash(lost, currency, sign=True), "bad" if lost < 0 else "good",
                f"{shown.day_name(worst.day, weekday=True)}{against}",
            )
        )  # fmt: skip
    codes = len(s.refused_by_code)
    cards.append(
        _card("Refused", f"{s.refused:,}", "", f"for {_count(codes, 'reason')}; {s.clipped:,} cut back")
    )
    all_flat = closes and ended == closes
    cards.append(
        _card(
            "Flat at the close", f"{ended} of {closes}", "good" if all_flat else "bad" if closes else "",
            "no position, no working order" if all_flat or not closes else "see the sessions below",
        )
    )  # fmt: skip
    return element("div", {"class": "cards"}, *cards)


# -- the sections ------------------------------------------------------------------------------------------------


def _run(s: Summary, label: str) -> str:
    keys = [
        ("background:var(--line)", "", "equity"),
        ("background:var(--caution)", "", "caution zone: half size"),
        ("background:var(--restrict)", "", "restrict zone: exits only"),
        ("background:var(--halt)", "", "halt zone: flattened"),
        ("background:var(--ink)", "round", "daily loss reached"),
    ]
    legend = element(
        "ul", {"class": "legend"},
        *(element("li", None, element("i", {"style": style, "class": css or None}), text(said)) for style, css, said in keys),
    )  # fmt: skip
    return _section(
        "The run",
        "Equity under its high-water mark, and the drawdown zones that hang from it. Below: which latches held,"
        " each day's result, and whether the day ended flat.",
        _sheet(timeline(s, WIDE), timeline(s, NARROW), legend),
        _source(label),
    )


def _caps(s: Summary) -> str:
    if not s.caps.pressed:
        return ""
    return _section(
        "How hard each limit was pressed",
        "The largest worst case that was let through, as a share of its limit. The dark tick is the largest that"
        " passed just as it was asked for; everything beyond it had been cut back to fit.",
        _sheet(cap_bars(s)),
    )


def _refusals(s: Summary) -> str:
    parts = [_sheet(code_bars(s.refused_by_code))]
    if s.clipped_by_code:
        parts += [
            element("p", {"class": "note", "style": "margin-top:22px"}, "Cut back:"),
            _sheet(code_bars(s.clipped_by_code)),
        ]
    said = f"{_count(s.refused, 'refusal')}, by the first reason. The length of a bar grows with the square root."
    return _section("What was refused, and why", said, *parts)


def _trips(s: Summary, label: str) -> str:
    if not s.trips.all and not s.trips.flats:
        return ""
    said = (
        "A limit on losses is a trigger, not a bound: a price can jump past it. An overshoot is explained when it is"
        " no larger than that mark's move of the worst-case book, or that fill's own cost."
    )
    parts = [_sheet(trip_table(s))] if s.trips.all else [element("p", {"class": "note"}, "None was reached.")]
    if s.trips.flats:
        parts += [
            element(
                "p",
                {"class": "note", "style": "margin-top:22px"},
                "Getting flat afterwards and at each close, counted apart:",
            ),
            _sheet(flattening_table(s)),
        ]
    return _section("Limits on losses", said, *parts, _source(label))


def _latches(s: Summary) -> str:
    if not s.latches.episodes:
        return _section("Latches", "None was set.")
    return _section(
        "Latches", "What stopped trading, who set it and why, who cleared it.", _sheet(latch_table(s))
    )


def _days(s: Summary, label: str) -> str:
    return _section("Session by session", "", _sheet(day_table(s)), _source(label)) if s.rows else ""


def _decisions(s: Summary, label: str) -> str:
    if not s.examples.refused and not s.examples.clipped:
        return ""
    parts = [refused_cards(s)]
    if s.examples.clipped:
        parts += [
            element("p", {"class": "note", "style": "margin-top:26px"}, "Cut back to what fits:"),
            clipped_cards(s),
        ]
    return _section("One decision for each reason", "Real ones, from this run.", *parts, _source(label))


def _journal(s: Summary, commands: Sequence[str]) -> str:
    end = s.finished
    facts: list[tuple[str, str]] = []
    if end:
        facts.append(("journal", element("span", {"class": "mono"}, text(end["path"]))))
    counted = f"{s.seq:,} records, {s.events:,} of them events"
    if end.get("recovered"):
        counted += f"; {end['recovered']:,} recovered from an earlier start, {end['new']:,} new"
    facts.append(("holds", text(counted)))
    for name in ("head", "state_hash", "book_hash"):
        if end.get(name):
            facts.append((name.replace("_", " "), element("span", {"class": "mono"}, text(end[name]))))
    if end:
        verified = end["verified"]
        said = (
            "every byte checked against the head"
            if verified
            else "not verified"
            if verified is None
            else "DAMAGED"
        )
        facts.append(("verified", element("span", {"class": "good" if verified else "bad"}, said)))
    agrees = "equity, recomputed from fills, fees, prices and flows, agrees with every baseline, high-water mark and trip"
    if s.consistent:
        facts.append(("consistent", element("span", {"class": "good"}, agrees)))
    else:
        wrong = "<br/>".join(text(fault) for fault in s.faults)
        facts.append(
            ("NOT consistent", element("span", {"class": "bad"}, f"{s.faulted} disagreements<br/>{wrong}"))
        )
    listed = "".join(element("dt", None, text(name)) + element("dd", None, said) for name, said in facts)
    parts = [_sheet(element("dl", {"class": "facts"}, listed))]
    if commands:
        parts.append(element("p", {"class": "note", "style": "margin-top:22px"}, "To look further:"))
        parts += [element("pre", None, text(command)) for command in commands]
    return _section(
        "The journal",
        "The record behind this page; keep its head hash elsewhere, and any change to it shows.",
        *parts,
    )


def _footer(s: Summary, label: str) -> str:
    venue = shown.clock_name(s.rows[0].venue) if s.rows else "UTC"
    said = f"Every number here was computed from the journal's records. Times are {venue}. Prices: {label}."
    return element("footer", None, element("p", None, text(said)))
