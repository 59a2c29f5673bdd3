"""The direct panic with this machine's network and clock: for `flyball panic --direct` and the sentinel.

Imports no kernel, journal, config or compose: it has to work when they do not.
"""

from collections.abc import Callable

from flyball.machine.files import rest, steady
from flyball.machine.http_once import BadAddress, NoAnswer, NotReached, once
from flyball.sentinel.direct import press, rehearse
from flyball.sentinel.keys import read_keys
from flyball.sentinel.wire import Door, Gone, Json, Wrong

DONE = ("flat confirmed", "cancel confirmed", "dry run")


def press_now(
    raw: bytes, place: str, *, exits: bool, lock: bool, dry: bool, say: Callable[[str], None]
) -> tuple[int, Json]:
    """Exit code and report. `raw`: the keys file's content, `place`: where it came from.

    0 flat (or canceled) confirmed, 1 residue, 2 keys or account are wrong, 3 the broker cannot be reached.
    """
    try:
        door = _door(raw, place, say)
        report = rehearse(door, exits=exits) if dry else press(door, exits=exits, lock=lock)
    except (Wrong, BadAddress) as wrong:
        return 2, {"outcome": "refused", "why": str(wrong)}
    except Gone as gone:
        return 3, {"outcome": "broker not reached", "why": str(gone)}
    if report["outcome"] in DONE:
        return 0, report
    return (3 if report["silent"] else 1), report


def open_now(raw: bytes, place: str, *, say: Callable[[str], None]) -> tuple[int, str]:
    """Whether the keys open their account now, by one question: exit code as above, and why not."""
    try:
        _door(raw, place, say).mine()
    except (Wrong, BadAddress) as wrong:
        return 2, str(wrong)
    except Gone as gone:
        return 3, f"the broker cannot be reached: {gone}"
    return 0, ""


def _door(raw: bytes, place: str, say: Callable[[str], None]) -> Door:
    keys = read_keys(raw, place)
    return Door(
        keys["url"],
        keys["key"],
        keys["secret"],
        keys["account"],
        once=once,
        lost=(NotReached, NoAnswer),
        now=steady,
        rest=rest,
        say=say,
    )


def report_text(report: Json) -> str:
    """The report for a person: the outcome first, then what is left."""
    lines = [str(report["outcome"]).upper()]
    if "why" in report:
        lines.append(f"  {report['why']}")
    if report["outcome"] == "dry run":
        lines.append(f"  would cancel {report['would_cancel']} open orders")
        lines += [f"  would {_order(one)}" for one in report["would_send"]]
    elif "exits" in report:
        lines.append(f"  account {report['account']}: {report['cancelled']} orders cancelled,")
        lines[-1] += f" {len(report['exits'])} exits sent, {report['calls']} calls in {report['seconds']} s"
    if report.get("locked") is not None:
        lines.append(
            "  trading is suspended at the broker" if report["locked"] else "  NOT LOCKED at the broker"
        )
    if report.get("shorts_off"):
        lines.append("  shorting is off at the broker, as it was before (no_shorting)")
    for one in report.get("residue", ()):
        named = f"order {one['order']} of {one['symbol']}" if "order" in one else one["symbol"]
        lines.append(f"  LEFT: {one.get('qty', '')} {named}: {one['why']}".replace(":  ", ": "))
    return "\n".join(lines)


def _order(one: Json) -> str:
    return f"{one['side']} {one['qty']} {one['symbol']}, limit {one['limit_price']}"
