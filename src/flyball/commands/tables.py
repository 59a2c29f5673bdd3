"""A governor's answers as text a tired person can read."""

from typing import Any

from flyball.commands.terms import terms_text
from flyball.desk.top.words import countdown

Row = list[str]


def table(head: Row, rows: list[Row]) -> str:
    """Columns as wide as they need; numbers to the right."""
    every = [head, *rows]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]
    right = [all(_numeric(row[i]) for row in rows) for i in range(len(head))]
    lines = []
    for row in every:
        cells = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


def _numeric(text: str) -> bool:
    return text in ("", "-") or text.replace(",", "").replace(".", "").lstrip("-").isdigit()


def cents(text: Any) -> str:  # noqa: ANN401 - a decimal string of the protocol
    """A decimal string with two decimals and thousands commas."""
    if text in (None, ""):
        return "-"
    sign, body = ("-", str(text)[1:]) if str(text).startswith("-") else ("", str(text))
    whole, _, part = body.partition(".")
    return f"{sign}{int(whole):,}.{(part + '00')[:2]}"


def status_text(s: dict[str, Any]) -> str:
    """`flyball status` for people."""
    lines = [
        f"{s['trading_state']}  {s['mode']} at {s['broker']}, epoch {s['epoch']}, {s['ts'][:19]}Z",
        f"day {s['day'] or '-'}  {close_text(s)}",
        f"equity {cents(s['equity'])}  day P&L {cents(s['day_pnl'])}  high-water {cents(s['high_water'])}"
        f"  drawdown {s['drawdown_ppm'] / 10_000:.2f}%  new orders at {s['scale_percent']}% size",
        "",
    ]
    lines += [
        f"GETTING FLAT: {f['why']} on {f['scope']} since {f['since'][11:19]}Z, {f['attempts']} tried"
        + (", a person has been paged" if f["paged"] else "")
        for f in s["flattenings"]
    ]
    if s["latches"]:
        lines.append("Latches")
        for x in s["latches"]:
            lines.append(
                f"  {x['latch']} {x['title']} on {x['scope']}: {x['state']}, positions: {x['positions']}"
            )
            why = f": {x['reason']}" if x["reason"] else ""
            lines.append(f"     since {x['since'][:19]}Z by {x['by']}{why}")
            lines.append(f"     clears: {x['clears']}")
    else:
        lines.append("No latch is set.")
    if text := terms_text(s.get("terms", {})):
        lines.append(text)
    if s["positions"]:
        rows = [
            [p["symbol"], p["strategy"], p["qty"], cents(p["value"]), cents(p["day_pnl"])]
            for p in s["positions"]
        ]
        lines += ["", table(["symbol", "strategy", "qty", "value", "day P&L"], rows)]
    else:
        lines += ["", "Flat."]
    if s["orders"]:
        rows = [
            [
                *(o[name] for name in ("order", "symbol", "side", "qty", "filled", "type")),
                *(o["limit"] or o["stop"] or "-", o["state"]),
            ]
            for o in s["orders"]
        ]
        lines += ["", table(["order", "symbol", "side", "qty", "filled", "type", "price", "state"], rows)]
    if s["fault"]:
        lines += ["", f"FAULT: {s['fault']}"]
    lines += ["", f"journal record {s['seq']}, head {s['head']}"]
    return "\n".join(lines)


def close_text(s: dict[str, Any]) -> str:
    """How long to the close, and what comes before it."""
    if s["close_in_s"] is None:
        return "the market is closed"
    text = f"closes {s['close'][11:19]}Z, in {countdown(s['close_in_s'])}"
    rung = s["ladder"]
    return f"{text}; {rung['next']} in {countdown(rung['in_s'])}" if rung else text


def limits_text(data: dict[str, Any]) -> str:
    """`flyball limits` for people."""
    rows = [[r["control"], cents(r["value"]), cents(r["limit"]), cents(r["room"])] for r in data["limits"]]
    text = table(["control", "worst case", "limit", "room"], rows)
    text += f"\n\nbinds first: {data['binds_first'] or 'nothing is limited'}"
    waits = terms_text(data.get("terms", {}))
    return f"{text}\n{waits}" if waits else text
