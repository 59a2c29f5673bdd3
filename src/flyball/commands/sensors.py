"""`flyball sensors`: what a running governor's sensors say: clock, calendar, feed, bots, disk, loop, latency.

Exit codes: 0 every sensor is ok, 1 one is not (or the governor refused), 3 nobody answered.
"""

import sys
from typing import Any

import rich_click as click

from flyball.api.protocol import Request
from flyball.commands.ask import say, show
from flyball.commands.words import DIR, JSON

OK = "ok"
SECOND = 1_000_000_000


@click.command()
@DIR
@JSON
def sensors(folder: str, as_json: bool) -> None:
    """Every sensor of a running governor: ok, bad or unknown, its value and limit, and since when.

    A sensor reports and never acts; what follows from a bad one is a latch (`flyball status`). Exit code 1
    when one is not ok.

    Example: flyball sensors --dir desk
    """
    reply = say(folder, Request(what="sensors"))
    if as_json or reply.error is not None:
        show(reply, as_json=as_json)
    data: dict[str, Any] = reply.data
    if not as_json:
        click.echo(sensors_text(data["sensors"]))
    if any(row["state"] != OK for row in data["sensors"]):
        sys.exit(1)


def sensors_text(rows: list[dict[str, Any]]) -> str:
    """The table, what is not ok first; then what each of those says."""
    from flyball.commands.tables import table
    from flyball.runtime.view import rfc3339

    if not rows:
        return "No sensor has said anything yet."
    ordered = sorted(rows, key=lambda r: (r["state"] == OK, r["sensor"], r["scope"]))
    cells = [
        [
            r["sensor"] if r["scope"] == "account" else f"{r['sensor']} {r['scope'].partition(':')[2]}",
            r["state"],
            shown(r["value"], r["unit"]),
            shown(r["limit"], r["unit"]),
            shown(r["age"], "ns"),
            rfc3339(r["since"])[:19] + "Z" if r["since"] else "-",
        ]
        for r in ordered
    ]
    lines = [table(["sensor", "state", "value", "limit", "looked ago", "since"], cells)]
    lines.extend(f"{r['sensor']} ({r['source']}): {r['detail']}" for r in ordered if r["state"] != OK)
    return "\n".join(lines)


def shown(value: int, unit: str) -> str:
    """A value in its unit for people; "-" when there is none."""
    if value < 0:
        return "-"
    if unit == "bytes":
        return f"{value / (1 << 30):.1f} GiB"
    if value < SECOND:
        return f"{value / 1_000_000:.1f} ms"
    return f"{value / SECOND:.1f} s"
