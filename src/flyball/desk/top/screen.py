"""The screen, made from two answers of the governor: what state, why, how long to the close, what is held,
what works, how much room is left. Most urgent first; nothing is computed that the governor did not say (P13).
"""

from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flyball.desk import shown
from flyball.desk.panel import bar
from flyball.desk.top.words import (
    HOUR,
    POSITIONS_SAY,
    STATE_SAYS,
    STATE_STYLE,
    countdown,
    dollars,
    mood,
    used,
)
from flyball.kernel.units import NS

Answer = dict[str, Any]
ROWS: Final = 12  # of a table, before "and 7 more"
TIGHT: Final = 4  # limits shown, the fullest first
CLOSE_NEAR: Final = 15 * 60  # seconds, from which the close is shown in red
HIGH: Final = 0.8  # of a limit, from which it is shown in yellow
DIM: Final = "grey62"


def screen(status: Answer, limits: Answer, silent_s: float = 0.0, remedy: str = "") -> RenderableType:
    """The whole screen. `silent_s`: for how long nobody has answered; `remedy`: what to do then."""
    parts: list[RenderableType] = []
    if silent_s > 0:
        parts += [_silent(silent_s, remedy), Text("")]
    parts += [_head(status), _clock(status)]
    parts += _flattening(status)
    parts += _latches(status)
    parts += [Text(""), _figures(status), Text(""), _tightest(limits)]
    parts += [Text(""), _positions(status), Text(""), _orders(status)]
    if status["fault"]:
        parts += [Text(""), Text(f"FAULT: {status['fault']}", "bold red")]
    return Group(*parts)


def _silent(seconds: float, remedy: str) -> Text:
    return Text.assemble(
        (f" NO ANSWER FOR {seconds:.0f} s ", "bold white on red blink"),
        ("  what stands below is old. ", "bold red"),
        (remedy, "bold"),
    )


def _head(s: Answer) -> Text:
    state = s["trading_state"]
    return Text.assemble(
        (f" {state} ", STATE_STYLE.get(state, "bold reverse")),
        (f"  {STATE_SAYS.get(state, '')}", "bold"),
        (f"   account {s['account']}, {s['mode']} at {s['broker']}, start {s['epoch']}", DIM),
    )


def _clock(s: Answer) -> Text:
    at = _moment(s["ts"], s["venue"])
    line = Text.assemble((at, "bold"), ("   ", ""))
    if s["close_in_s"] is None:
        line.append("the market is closed", "bold")
        return line
    left = s["close_in_s"]
    near = left <= CLOSE_NEAR
    line.append(f"close in {countdown(left)}", "bold red" if near else "bold" if left < HOUR else "")
    rung = s["ladder"]
    if rung is not None:
        line.append(f"   {rung['next']} in {countdown(rung['in_s'])}", "red" if near else DIM)
    return line


def _moment(text: str, venue: str) -> str:
    ts = int(datetime.fromisoformat(text[:19] + "+00:00").timestamp()) * NS
    return f"{shown.clock(ts, venue)} {shown.clock_name(venue)}"


def _flattening(s: Answer) -> list[RenderableType]:
    found: list[RenderableType] = []
    for f in s["flattenings"]:
        tried = shown.counted(f["attempts"], "attempt")
        paged = ", a person has been paged" if f["paged"] else ""
        line = f"  {f['why']} on {f['scope']} since {_moment(f['since'], s['venue'])}: {tried}{paged}"
        found.append(Text.assemble((" GETTING FLAT ", "bold white on dark_orange3"), (line, "bold")))
    return [Text(""), *found] if found else []


def _latches(s: Answer) -> list[RenderableType]:
    if not s["latches"]:
        return [Text(""), Text("no latch is set", "green")]
    lines: list[RenderableType] = [Text("")]
    for x in s["latches"]:
        style = "bold red" if x["state"] == "HALTED" else "bold yellow"
        does = POSITIONS_SAY.get(x["positions"], x["positions"])
        lines.append(Text.assemble((f"{x['latch']} {x['title']}", style), (f" on {x['scope']}: {does}", "")))
        since = _moment(x["since"], s["venue"])
        lines.append(Text(f"     {x['by']}, {since}: {x['reason']}"))
        lines.append(Text(f"     ends by: {x['clears']}", DIM))
    return lines


def _figures(s: Answer) -> Text:
    drawdown = s["drawdown_ppm"] / 10_000
    return Text.assemble(
        ("equity ", DIM),
        (dollars(s["equity"]), "bold"),
        ("   today ", DIM),
        (dollars(s["day_pnl"], sign=True), f"bold {mood(s['day_pnl'])}"),
        ("   below its high ", DIM),
        (f"{drawdown:.2f}%", "bold"),
        ("   new orders at ", DIM),
        (f"{s['scale_percent']}%", "bold" if s["scale_percent"] == 100 else "bold yellow"),
        (" of their size", DIM),
    )


def _tightest(limits: Answer) -> RenderableType:
    rows = [(used(x["value"], x["limit"]), x) for x in limits["limits"]]
    full = sorted(((part, x) for part, x in rows if part is not None), key=lambda row: -row[0])
    if not full:
        return Text("no money limit is set", "bold red")
    grid = Table.grid(padding=(0, 2))
    for part, x in full[:TIGHT]:
        style = "red" if part >= 1 else "yellow" if part >= HIGH else "cyan"
        grid.add_row(
            Text(x["control"].partition(".")[2] or x["control"], DIM),
            bar(part, 1.0, style, 16),
            Text(f"{part:.0%}", style, justify="right"),
            Text(f"{dollars(x['room'])} left", ""),
        )
    return grid


def _positions(s: Answer) -> RenderableType:
    if not s["positions"]:
        return Text("flat", "bold green")
    grid = _table("position", "book", "quantity>", "value>", "today>")
    for p in s["positions"][:ROWS]:
        today = Text(dollars(p["day_pnl"], sign=True), mood(p["day_pnl"]))
        grid.add_row(Text(p["symbol"], "bold"), p["strategy"], p["qty"], dollars(p["value"]), today)
    return _cut(grid, len(s["positions"]))


def _orders(s: Answer) -> RenderableType:
    if not s["orders"]:
        return Text("nothing works at the broker", DIM)
    grid = _table("order", "whose", "side", "quantity>", "filled>", "price>", "state")
    for o in s["orders"][:ROWS]:
        price = o.get("stop") or o["limit"] or "market"
        kind = "stop " if o.get("stop") else ""
        style = "yellow" if o["state"] == "IN_DOUBT" else ""
        whose = o["author"] or o["strategy"]
        row = (
            o["symbol"],
            whose,
            o["side"],
            o["qty"],
            o["filled"],
            f"{kind}{price}",
            Text(o["state"], style),
        )
        grid.add_row(*row)
    return _cut(grid, len(s["orders"]))


def _table(*heads: str) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style=DIM)
    for head in heads:
        grid.add_column(
            head.removesuffix(">"), justify="right" if head.endswith(">") else "left", no_wrap=True
        )
    return grid


def _cut(grid: Table, rows: int) -> RenderableType:
    if rows <= ROWS:
        return grid
    return Group(grid, Text(f"and {rows - ROWS} more", DIM))
