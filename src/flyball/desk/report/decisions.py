"""Real decisions, one for each code: what was asked, what the control saw, what would have passed."""

from collections.abc import Iterable

from flyball.desk import shown
from flyball.desk.examples import Example
from flyball.desk.report.svg import element, text
from flyball.desk.summary import Summary
from flyball.desk.summary_json import by_count
from flyball.kernel.controls import EVIDENCE, METAS
from flyball.kernel.units import show
from flyball.kernel.words import CLIP, CODES, LIMIT, SIDES


def refused_cards(s: Summary) -> str:
    """By frequency, most frequent first."""
    return _cards(s, s.examples.refused, s.refused_by_code)


def clipped_cards(s: Summary) -> str:
    return _cards(s, s.examples.clipped, s.clipped_by_code)


def _cards(s: Summary, kept: dict[str, Example], counts: dict[str, int]) -> str:
    cards: Iterable[str] = (_card(s, kept[code], n) for code, n in by_count(counts).items() if code in kept)
    return element("div", {"class": "decisions"}, *cards)


def _card(s: Summary, x: Example, n: int) -> str:
    facts = [("asked", asked(s, x)), *_seen(s, x), *_passed(s, x)]
    lines = "".join(element("dt", None, text(name)) + element("dd", None, text(said)) for name, said in facts)
    venue = s.rows[0].venue if s.rows else ""
    times = "once" if n == 1 else f"{n:,} times"
    return element(
        "div",
        {"class": "decision"},
        element("h3", None, text(x.code), element("span", None, times)),
        element("p", {"class": "means"}, text(CODES.get(x.code, ""))),
        element("dl", None, lines),
        element(
            "p", {"class": "where"},
            text(f"{shown.stamp(x.intent.ts, venue)} · {x.intent.strategy}/{x.intent.intent} · record {x.seq}"),
        ),
    )  # fmt: skip


def asked(s: Summary, x: Example) -> str:
    """The intent in one line: buy 1,200 AAPL at 140.36."""
    i = x.intent
    m = s.books.markets.get(i.symbol)
    side = SIDES.get(i.side, "?")
    if i.notional:
        size = shown.cash(i.notional, s.books.currency) + " of"
    elif i.qty:
        size = show(i.qty, m.qty_exp) if m else str(i.qty)
    else:
        size = "an unreadable quantity of"
    kind = f" at {show(i.limit, m.price_exp) if m else i.limit}" if i.limit else ""
    kind += f", {i.type}" if i.type != LIMIT or not i.limit else ""
    return f"{side} {size} {i.symbol}{kind}"


def _seen(s: Summary, x: Example) -> list[tuple[str, str]]:
    """The value and limit of the control that spoke, unless it answers only yes or no."""
    if x.decision.verdict == CLIP:
        return [("codes", ", ".join(x.decision.codes))] if len(x.decision.codes) > 1 else []
    if x.at < 0 or x.limit == 0 or (x.value < 0 and x.limit < 0):
        return []
    meta = METAS[x.at]
    m = s.books.markets.get(x.intent.symbol)
    exps = (m.price_exp, m.qty_exp) if m else (0, 0)
    currency = s.books.currency
    value = shown.amount(meta.unit, x.value, currency, *exps, meta.key)
    limit = shown.amount(meta.unit, x.limit, currency, *exps, meta.key)
    return [("seen", f"{value} at a limit of {limit} ({EVIDENCE[x.at]})")]


def _passed(s: Summary, x: Example) -> list[tuple[str, str]]:
    m = s.books.markets.get(x.intent.symbol)
    exp = m.qty_exp if m else 0
    if x.decision.verdict == CLIP:
        return [("passed", f"{show(x.decision.qty, exp)} {x.intent.symbol}")]
    if x.decision.would_pass:
        return [("would pass", f"{show(x.decision.would_pass, exp)} {x.intent.symbol}")]
    return []
