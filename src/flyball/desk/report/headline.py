"""The top of the page: what happened, in a few sentences and four figures."""

from flyball.desk import shown
from flyball.desk.report.style import LOGO
from flyball.desk.report.svg import element, text
from flyball.desk.shown import counted
from flyball.desk.summary import Summary

LOSS_LATCHES = ("L1", "L2", "L3")


def headline(s: Summary, title: str, label: str) -> str:
    """The page's header."""
    return element(
        "header",
        {"class": "top"},
        element("div", {"class": "brand"}, LOGO, "<span><b>Flyball</b> a governor for trading bots</span>"),
        element("h1", None, text(title)),
        element("p", {"class": "when"}, text(_when(s))),
        element("p", {"class": "lede"}, text(lede(s))),
        element("p", {"class": "source"}, element("b", None, "Prices"), " ", text(label)),
        _cards(s),
    )


def lede(s: Summary) -> str:
    """The run in a few sentences."""
    share = f" ({s.refused * 100 / s.intents:.0f}%)" if s.intents else ""
    pnl = s.pnl()
    out = [
        f"The bot asked {_times(s.intents)}.",
        f"The governor passed {s.approved:,} as asked, cut back {s.clipped:,} and refused"
        f" {s.refused:,}{share}.",
        f"The account {'lost' if pnl < 0 else 'made'} {shown.cash(abs(pnl), s.books.currency)}"
        f" on {counted(s.fills, 'fill')}.",
    ]
    stopped = sum(1 for x in s.latches.episodes if x.latch in LOSS_LATCHES)
    if stopped:
        out.append(f"Limits on losses stopped the bot {_times(stopped)}.")
    ended, closes = flat_closes(s)
    if closes and ended == closes:
        out.append("Every session ended flat.")
    elif closes:
        out.append(f"{closes - ended} of {counted(closes, 'session')} did not end flat.")
    return " ".join(out)


def flat_closes(s: Summary) -> tuple[int, int]:
    """(sessions that ended flat, sessions that ended)."""
    known = [flat for row in s.rows if (flat := s.flat_of(row)) is not None]
    return sum(known), len(known)


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _when(s: Summary) -> str:
    if not s.rows:
        return "no session yet"
    first, last = s.rows[0].day, s.rows[-1].day
    span = shown.day_name(last, year=True)
    if first != last:
        span = f"{shown.day_name(first, year=first // 10_000 != last // 10_000)} to {span}"
    return f"{counted(len(s.rows), 'session')}, {span} · profile {s.books.profile}"


def _cards(s: Summary) -> str:
    return element("div", {"class": "cards"}, _result(s), _worst_day(s), _refused(s), _flat(s))


def _card(name: str, figure: str, css: str, said: str) -> str:
    return element(
        "div",
        {"class": "card"},
        element("h3", None, text(name)),
        element("div", {"class": f"figure {css}"}, text(figure)),
        element("p", None, text(said)),
    )


def _result(s: Summary) -> str:
    currency, pnl = s.books.currency, s.pnl()
    base = s.rows[0].baseline if s.rows else 0
    said = (
        f"{shown.percent(pnl, base, sign=True)} of {shown.cash(base, currency, cents=False)},"
        f" after {shown.cash(s.fees, currency)} of fees"
    )
    return _card("Result", shown.cash(pnl, currency, sign=True), "good" if pnl >= 0 else "bad", said)


def _worst_day(s: Summary) -> str:
    worst = min(s.rows, key=s.row_pnl, default=None)
    if worst is None:
        return _card("Worst day", shown.DASH, "", "")
    lost = s.row_pnl(worst)
    said = shown.day_name(worst.day, weekday=True)
    limit = s.books.limits.max_daily_loss.at(worst.baseline)
    if limit > 0:
        said += f"; the limit is {shown.cash(limit, s.books.currency, cents=False)}"
    figure = shown.cash(lost, s.books.currency, sign=True)
    return _card("Worst day", figure, "bad" if lost < 0 else "good", said)


def _refused(s: Summary) -> str:
    said = f"for {counted(len(s.refused_by_code), 'reason')}; {s.clipped:,} more cut back"
    return _card("Refused", f"{s.refused:,}", "", said)


def _flat(s: Summary) -> str:
    ended, closes = flat_closes(s)
    if not closes:
        return _card("Flat at the close", shown.DASH, "", "no close yet")
    good = ended == closes
    said = "no position, no working order" if good else "see the sessions below"
    return _card("Flat at the close", f"{ended} of {closes}", "good" if good else "bad", said)
