"""P11: no limit in force is looser than before without an approval that names it. See config.md."""

import re
from collections.abc import Iterator
from typing import Any

from tests.auditor.profiles import PAGE, check_origins, table
from tests.auditor.reading import Line, money, nanos
from tests.auditor.world import World

ROW = re.compile(r"\| `(\w+)` \| \w+ \| [\w ]+ \| (lower|higher|subset|superset|none) \|")
WAIT = 12 * 3600 * 10**9
LONGEST = 366 * 86_400 * 10**9

Rows = dict[str, Any]


def directions() -> dict[str, str]:
    """Which way each key is tighter, as the page says."""
    return dict(ROW.findall(PAGE.read_text(encoding="utf-8")))


def tighter_way(name: str, known: dict[str, str]) -> str:
    return known.get(name.rsplit(".", 1)[-1], "none")


def looser(name: str, old: Rows, new: Rows, known: dict[str, str]) -> bool:
    """Whether a row allows more than it did: everything that is not certainly tighter or the same."""
    before, after = old.get(name), new.get(name)
    if before is None and "." in name:
        before = old.get(name.rsplit(".", 1)[-1])
    if after is None and before is None:
        return False
    if after is None:
        return True
    if before is None:
        return tighter_way(name, known) == "none"
    if (before["unit"], before["value"]) == (after["unit"], after["value"]):
        return False
    way = tighter_way(name, known)
    if way == "none" or before["unit"] != after["unit"]:
        return True
    if way in ("subset", "superset"):
        was, now = set(before["value"]), set(after["value"])
        return not (now <= was if way == "subset" else now >= was)
    old_, new_ = (one if isinstance(one, int) else money(one) for one in (before["value"], after["value"]))
    return new_ > old_ if way == "lower" else new_ < old_


class Agreement:
    """What is in force, and what waits."""

    def __init__(self) -> None:
        self.known, self.cells = directions(), table()
        self.force: Rows | None = None
        self.proposed: Rows = {}
        self.waiting: set[str] = set()
        self.approval: Line | None = None
        self.proposals: dict[int, Line] = {}
        self.sessions: list[int] = []
        self.agreed: list[Rows] = []
        self.approvers = 0
        self.bys: dict[int, str] = {}

    def check(self, world: World, line: Line) -> Iterator[str]:
        kind = line["kind"]
        if kind == "session":
            self.sessions.append(nanos(line["ts"]))
        elif kind == "approval":
            yield from self.approve(line)
        elif kind == "config":
            yield from self.config(line)
        elif kind in ("decision", "order") and self.waiting:
            yield f"P11: {', '.join(sorted(self.waiting))} looser than what was in force"
            self.waiting = set()

    def config(self, line: Line) -> Iterator[str]:
        rows, why = line["limits"], line.get("why", "")
        if not why:
            yield from check_origins(line, self.cells)
        if self.force is None:
            self.force, self.approvers = rows, line.get("approvers", 0)
            self.agreed = [rows]
            return
        if "approvers" in line and line["approvers"] != self.approvers:
            yield f"P11: approvers {line['approvers']}, fixed at {self.approvers}"
        more = {name for name in {**self.force, **rows} if looser(name, self.force, rows, self.known)}
        if not why:
            self.proposed, self.waiting = rows, more
            self.bys[line["seq"]] = line.get("by", "")
            if not more:
                self.force = rows
                self.agreed.append(rows)
            return
        allowed: set[str] = set()
        if why in ("approved", "expired", "rejected") and self.approval:
            allowed = set(self.approval.get("args", {})) if why == "approved" else set()
            if why != self.approval["what"]:
                yield f"P11: config says {why}, the approval {self.approval['what']}"
        elif why != "merged":
            yield f"P11: config changes as {why} without an approval"
        if unasked := more - allowed:
            yield f"P11: {', '.join(sorted(unasked))} looser without an approval"
        for name in sorted(more & allowed):
            asked = (self.approval or {}).get("args", {}).get(name, {})
            if not asked.get("deleted") and rows.get(name, {}).get("value") != asked.get("value"):
                yield f"P11: {name} is not what was approved"
        self.force, self.waiting = rows, set()

    def approve(self, line: Line) -> Iterator[str]:
        self.approval = line
        what, proposal, ts = line["what"], line["proposal"], nanos(line["ts"])
        if what == "proposed":
            self.proposals[proposal] = line
            return
        first = self.proposals.get(proposal)
        if first is None:
            yield f"P11: {what} of proposal {proposal}, which nobody made"
            return
        if what == "approved":
            begun = nanos(first["ts"])
            if ts - begun < WAIT or ("earliest" in first and ts < nanos(first["earliest"])):
                yield f"P11: proposal {proposal} was approved before its 12 hours"
            if not any(begun < one <= ts for one in self.sessions):
                yield f"P11: proposal {proposal} was approved before the next session"
            if "expires" not in line or not ts < nanos(line["expires"]) <= ts + LONGEST:
                yield f"P11: proposal {proposal} was approved without an end"
            if not line.get("reason"):
                yield f"P11: proposal {proposal} was approved without a reason"
            if self.approvers == 2 and line["by"] == first["by"]:
                yield f"P11: {line['by']} approved his own proposal"
            if set(line.get("args", {})) - set(first.get("args", {})):
                yield f"P11: proposal {proposal} was approved with rows it does not have"
