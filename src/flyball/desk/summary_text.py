"""The end of a run as plain text, some forty lines: result, decisions, caps, refusals, losses, latches and
where the journal is.
"""

from collections.abc import Iterator
from typing import Final

from flyball.desk import shown
from flyball.desk.caps import figures
from flyball.desk.shown import counted
from flyball.desk.summary import Summary
from flyball.desk.summary_json import by_count
from flyball.desk.trips import TRIGGERS
from flyball.kernel.controls import EVIDENCE
from flyball.kernel.words import CODES

CODES_SHOWN: Final = 14
BAR: Final = 20


def summary_table(s: Summary) -> str:
    """The summary for a person; `flyball demo --json` has all of it."""
    parts = [_head(s), _result(s), _caps(s), _codes(s), _triggers(s), _latches(s), _journal(s)]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def _head(s: Summary) -> Iterator[str]:
    if not s.rows:
        yield "No session yet."
        return
    first, last = s.rows[0].day, s.rows[-1].day
    days = shown.day_name(last, year=True)
    if first != last:
        days = f"{shown.day_name(first, year=True)} to {days}"
    yield f"{counted(len(s.rows), 'session')}, {days}, profile {s.books.profile}"
    for label in dict.fromkeys(s.labels.values()):
        yield f"Prices: {label}"


def _result(s: Summary) -> Iterator[str]:
    currency = s.books.currency
    base = s.rows[0].baseline if s.rows else 0
    pnl = s.pnl()
    yield _pair("result", f"{shown.cash(pnl, currency, sign=True)} ({shown.percent(pnl, base, sign=True)})")
    worst = min(s.rows, key=s.row_pnl, default=None)
    if worst is not None:
        lost = shown.cash(s.row_pnl(worst), currency, sign=True)
        yield _pair("worst day", f"{shown.day_name(worst.day, weekday=True)}, {lost}")
    yield _pair("asked", f"{s.intents:,}")
    yield _pair("passed", f"{s.approved:,} as asked, {s.clipped:,} cut back")
    yield _pair("refused", f"{s.refused:,} for {counted(len(s.refused_by_code), 'reason')}")
    traded = f"{shown.cash(s.turnover, currency)} traded, {shown.cash(s.fees, currency)} of fees"
    yield _pair("fills", f"{s.fills:,}, {traded}")
    flat = [known for row in s.rows if (known := s.flat_of(row)) is not None]
    if flat:
        yield _pair("flat at close", f"{sum(flat)} of {counted(len(flat), 'session')}")
    if not s.consistent:
        yield _pair("NOT CONSISTENT", s.faults[0])


def _caps(s: Summary) -> Iterator[str]:
    if s.caps.pressed:
        yield "How hard each cap was pressed (┃ is the most that passed as asked)"
    for at, pressed in s.caps.in_order():
        ratio = pressed.peak.ratio()
        if ratio is None:
            yield f"  {EVIDENCE[at]:<26} nothing passed"
            continue
        m = s.books.markets.get(pressed.peak.symbol)
        value, limit = figures(at, pressed.peak, s.books.currency, m.qty_exp if m else 0)
        bar = _bar(ratio, pressed.whole.ratio())
        yield f"  {EVIDENCE[at]:<26} {bar} {shown.share(ratio):>7}  {value} of {limit}"


def _bar(ratio: float, whole: float | None) -> str:
    cells = ["█" if i < int(ratio * BAR) else "░" for i in range(BAR)]
    if whole is not None:
        cells[min(int(whole * BAR), BAR - 1)] = "┃"
    return "".join(cells)


def _codes(s: Summary) -> Iterator[str]:
    counts = by_count(s.refused_by_code)
    if counts:
        yield "Refused"
    for code, n in list(counts.items())[:CODES_SHOWN]:
        yield f"  {n:>7,}  {code:<20} {CODES.get(code, '')}"
    if len(counts) > CODES_SHOWN:
        rest = sum(list(counts.values())[CODES_SHOWN:])
        yield f"  {rest:>7,}  for {len(counts) - CODES_SHOWN} other reasons"


def _triggers(s: Summary) -> Iterator[str]:
    if not s.trips.all:
        return
    yield "Limits on losses"
    for trigger in TRIGGERS:
        tripped = s.trips.of(trigger)
        days = len({t.day for t in tripped})
        said = f"{days} of {counted(len(s.rows), 'session')}"
        if tripped:
            most = max(t.overshoot_bps() for t in tripped)
            strange = sum(1 for t in tripped if not t.explained)
            said += f", overshoot at most {most:.2f} bps" + (f", {strange} NOT EXPLAINED" if strange else "")
        yield f"  {trigger.replace('_', ' '):<11} in {said}"


def _latches(s: Summary) -> Iterator[str]:
    if not s.latches.episodes:
        return
    counts: dict[str, int] = {}
    for x in s.latches.episodes:
        counts[x.latch] = counts.get(x.latch, 0) + 1
    yield _pair("latches set", ", ".join(f"{latch} {n}×" for latch, n in sorted(counts.items())))
    held = ", ".join(f"{x.latch} {x.scope}" for x in s.latches.active.values())
    yield _pair("still set", held or "none")


def _journal(s: Summary) -> Iterator[str]:
    end = s.finished
    if not end:
        return
    yield _pair("journal", f"{end['path']}, {s.seq:,} records")
    if end.get("recovered"):
        yield _pair("", f"{end['recovered']:,} recovered, {end['new']:,} new")
    yield _pair("head", str(end["head"]))
    verified = end["verified"]
    yield _pair("verified", "not in this run" if verified is None else "yes" if verified else "NO")
    if end.get("elapsed_s") is not None:
        yield _pair("took", f"{end['elapsed_s']} s")


def _pair(name: str, said: str) -> str:
    return f"{name:<15}{said}"
