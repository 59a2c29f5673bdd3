"""Real decisions, one for each code: what was asked, what the control saw, what would have passed."""

from flyball.desk import shown
from flyball.desk.asked import asked, quantity
from flyball.desk.evidence import NOTIONAL, pair, phrase, read, speaker
from flyball.desk.examples import Example
from flyball.desk.report.svg import element, text
from flyball.desk.summary import Summary
from flyball.desk.summary_json import by_count
from flyball.kernel.controls import EVIDENCE
from flyball.kernel.words import CLIP, CODES

Line = tuple[str, str]


def refused_cards(s: Summary) -> str:
    """Most frequent first."""
    return _cards(s, s.examples.refused, s.refused_by_code)


def clipped_cards(s: Summary) -> str:
    return _cards(s, s.examples.clipped, s.clipped_by_code)


def _cards(s: Summary, kept: dict[str, Example], counts: dict[str, int]) -> str:
    cards = (_card(s, kept[code], n) for code, n in by_count(counts).items() if code in kept)
    return element("div", {"class": "decisions"}, *cards)


def _card(s: Summary, x: Example, n: int) -> str:
    lines = _clipped(s, x) if x.decision.verdict == CLIP else _refused(s, x)
    listed = (element("dt", None, text(name)) + element("dd", None, text(said)) for name, said in lines)
    venue = s.rows[0].venue if s.rows else ""
    i = x.intent
    name = i.intent if i.intent.startswith(f"{i.strategy}-") else f"{i.strategy}/{i.intent}"
    where = f"{shown.stamp(i.ts, venue)} · {name} · record {x.seq:,}"
    times = "once" if n == 1 else f"{n:,} times"
    return element(
        "div",
        {"class": "decision"},
        element("h3", None, text(x.code), element("span", None, times)),
        element("p", {"class": "means"}, text(CODES.get(x.code, ""))),
        element("dl", None, *listed),
        element("p", {"class": "where"}, text(where)),
    )


def _refused(s: Summary, x: Example) -> list[Line]:
    d = x.decision
    lines = [("asked", _asked(s, x))]
    at = speaker(x.code)
    if at >= 0 and (said := phrase(read(at, *pair(d.evidence, at), s.units(d.symbol)))):
        lines.append((EVIDENCE[at].partition(".")[2], said))
    if d.would_pass:
        lines.append(("would pass", f"{quantity(d.would_pass, s.units(d.symbol))} {d.symbol}"))
    return lines


def _clipped(s: Summary, x: Example) -> list[Line]:
    d = x.decision
    lines = [
        ("asked", _asked(s, x)),
        ("passed", f"{quantity(d.qty, s.units(d.symbol))} {d.symbol}{_worth(s, x)}"),
    ]
    if len(d.codes) > 1:
        lines.append(("also", ", ".join(d.codes[1:])))
    return lines


def _asked(s: Summary, x: Example) -> str:
    worth = _worth(s, x) if x.decision.verdict != CLIP and not x.intent.notional else ""
    return asked(x.intent, s.units(x.intent.symbol)) + worth


def _worth(s: Summary, x: Example) -> str:
    value = x.decision.evidence[2 * NOTIONAL]
    return f", worth {shown.cash(value, s.books.currency)}" if value > 0 else ""
