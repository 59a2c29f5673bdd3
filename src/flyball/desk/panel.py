"""The live panel: one screen of the run as it is now, drawn with rich.

Bars: how far into the session list, how much of the daily loss limit is used, how much of the gross limit is
held, how deep in the drawdown zones.
"""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from flyball.desk import shown
from flyball.desk.asked import asked
from flyball.desk.lines import name_of
from flyball.desk.summary import Summary
from flyball.kernel.units import PPM
from flyball.kernel.words import CODES, HALTED, REJECT

WIDEST = 100  # of the panel; bars are what narrower terminals save on
BESIDE = 70  # what stands beside a bar


def bar(part: float, whole: float, style: str, width: int) -> Text:
    """A bar in halves of a cell; more than whole is full."""
    halves = int(min(max(part / whole if whole > 0 else 0.0, 0.0), 1.0) * width * 2)
    full, half = divmod(halves, 2)
    filled = "━" * full + "╸" * half
    return Text.assemble((filled, style), ("━" * (width - len(filled)), "grey30"))


def panel(s: Summary, sessions: int, width: int = WIDEST) -> RenderableType:
    """The whole panel, for a terminal `width` cells wide."""
    width = min(width, WIDEST)
    bars = max(width - BESIDE, 8)
    parts: list[RenderableType] = [
        _progress(s, sessions, width - 12),
        Text(""),
        _figures(s, bars),
        Text(""),
        _counts(s),
        _last(s),
        _latches(s),
    ]
    labels = "; ".join(s.labels.values())
    return Panel(
        Group(*parts),
        title=Text.assemble(("Flyball", "bold"), _when(s, sessions)),
        title_align="left",
        subtitle=Text(f"prices: {labels}", "bright_black") if labels else None,
        subtitle_align="left",
        border_style=_border(s),
        padding=(0, 1),
        width=width,
    )


def _border(s: Summary) -> str:
    states = {x.state for x in s.latches.active.values()}
    return "red" if HALTED in states else "yellow" if states else "green"


def _when(s: Summary, sessions: int) -> str:
    row = s.today
    if row is None:
        return "  before the first session"
    of = f" of {sessions}" if sessions else ""
    at = f"{shown.day_name(row.day, weekday=True, year=True)}, {shown.clock(s.ts, row.venue)[:5]}"
    return f"  session {len(s.rows)}{of}, {at}"


def _progress(s: Summary, sessions: int, width: int) -> Text:
    row = s.today
    done = 0.0
    if row is not None:
        inside = (s.ts - row.open) / max(row.close - row.open, 1)
        done = len(s.rows) - 1 + min(max(inside, 0.0), 1.0)
    whole = max(sessions, 1)
    return Text.assemble(bar(done, whole, "cyan", width), f" {min(done / whole, 1.0):>4.0%}")


def _figures(s: Summary, bars: int) -> Table:
    currency = s.books.currency
    row = s.today
    base = row.baseline if row else 0
    limits = s.books.limits
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bright_black")
    grid.add_column(justify="right")
    grid.add_column()
    grid.add_column(style="bright_black")
    pnl = s.day_pnl()
    total = s.pnl()
    grid.add_row(
        "equity",
        Text(shown.cash(s.books.equity(), currency), "bold"),
        Text(f"{shown.cash(total, currency, sign=True)} since the start", _mood(total)),
        "",
    )
    loss = limits.max_daily_loss.at(base)
    said = f"of {shown.cash(loss, currency, cents=False)} daily loss" if loss > 0 else "no daily loss limit"
    grid.add_row(
        "today", Text(shown.cash(pnl, currency, sign=True), _mood(pnl)), bar(-pnl, loss, "red", bars), said
    )
    gross = limits.max_gross.at(min(base, s.books.equity()))
    said = f"of {shown.cash(gross, currency, cents=False)} gross" if gross > 0 else "no gross limit"
    held = s.books.gross()
    grid.add_row("held", shown.cash(held, currency, cents=False), bar(held, gross, "blue", bars), said)
    grid.add_row(*_drawdown(s, bars))
    return grid


def _drawdown(s: Summary, bars: int) -> tuple[str, str, Text, str]:
    down = max(0, s.books.high_water - s.books.equity()) if s.books.valued() else 0
    limits = s.books.limits
    zones = [
        (name, ppm)
        for name, ppm in (
            ("caution", limits.drawdown_caution),
            ("restrict", limits.drawdown_restrict),
            ("halt", limits.drawdown_halt),
        )
        if ppm > 0
    ]
    share = down * PPM / s.books.high_water if s.books.high_water > 0 else 0.0
    reached = [name for name, ppm in zones if share >= ppm]
    style = {"halt": "red", "restrict": "dark_orange", "caution": "yellow"}.get(
        reached[-1] if reached else "", "green"
    )
    said = ", ".join(f"{name} {ppm / 10_000:g}%" for name, ppm in zones)
    return "below high", f"{share / 10_000:.2f}%", bar(share, zones[-1][1] if zones else 0, style, bars), said


def _mood(micros: int) -> str:
    return "green" if micros > 0 else "red" if micros < 0 else ""


def _counts(s: Summary) -> Text:
    return Text.assemble(
        ("passed ", "bright_black"), (f"{s.approved:,}", "green"),
        ("   cut back ", "bright_black"), (f"{s.clipped:,}", "yellow"),
        ("   refused ", "bright_black"), (f"{s.refused:,}", "red"),
        ("   fills ", "bright_black"), f"{s.fills:,}",
    )  # fmt: skip


def _last(s: Summary) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    if s.notable is not None:
        i, d = s.notable
        line.append("lately  ", "bright_black")
        line.append(asked(i, s.units(i.symbol)) + ": ")
        line.append(
            "refused " if d.verdict == REJECT else "cut back ", "red" if d.verdict == REJECT else "yellow"
        )
        code = d.codes[0] if d.codes else ""
        line.append(f"{code} ")
        line.append(CODES.get(code, ""), "bright_black")
    return line


def _latches(s: Summary) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append("latched ", "bright_black")
    if not s.latches.active:
        line.append("nothing", "green")
    for i, x in enumerate(s.latches.active.values()):
        line.append(", " if i else "")
        line.append(name_of(x), "bold red" if x.state == HALTED else "bold yellow")
        line.append(f" {x.scope}" if x.scope != "account" else "")
    return line
