"""P11: no one raises a hard cap at run time. What is in force gets looser only by an approval: after the next
session began and 12 hours passed, by an approver's secret, with a reason and an expiry, by another person
where two were agreed; at its expiry it is over.
"""

from typing import Any, Final

from flyball.kernel.events import Command
from flyball.kernel.limits import HIGHER, KEYS, LIST, LOWER, SUBSET, SUPERSET, Key
from flyball.lab.sim.promises.amounts import MINUTE
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.limits import Limits
from flyball.lab.sim.promises.model import Model

WAIT: Final = 12 * 60 * MINUTE
Value = tuple[str, int, str] | None


class Loosened:
    """What was asked for, and what holds by approval."""

    def __init__(self) -> None:
        self.approvers = 0
        self.before: Limits | None = None  # in force behind the last event
        self.allowed: set[tuple[str, str]] = set()  # rows approved in this step
        self._asked: dict[int, tuple[int, int, str]] = {}  # proposal -> when, in which risk day, by whom
        self._rows: dict[int, set[tuple[str, str]]] = {}  # proposal -> what of it is still asked for
        self._until: dict[int, int] = {}  # proposal -> when it expires

    def config(self, approvers: int) -> None:
        """A configuration came; the first one fixes the number of approvers."""
        self.approvers = self.approvers or approvers

    def approval(self, m: Model, f: Any) -> None:  # noqa: ANN401 - effects.Approval
        """What became of looser rows, before it is taken in."""
        if f.what == "proposed":
            self._asked[f.proposal] = (f.ts, m.today(), f.by)
            self._rows[f.proposal] = {(row[0], row[1]) for row in f.values}
        elif f.what == "approved":
            self._judge(m, f)
            self._until[f.proposal] = f.expires
            self.allowed |= {(row[0], row[1]) for row in f.values}
        else:
            rows = self._rows.get(f.proposal, set())
            if f.what == "withdrawn":  # perhaps a part of it: another file asks for less
                rows -= {(row[0], row[1]) for row in f.values}
            if f.what != "withdrawn" or not rows:
                self._asked.pop(f.proposal, None)
            self._until.pop(f.proposal, None)

    def _judge(self, m: Model, f: Any) -> None:  # noqa: ANN401
        e, name = m.event, f"proposal {f.proposal}"
        if not isinstance(e, Command) or e.authority != "approver" or not e.by or not e.reason:
            raise Broken("P11", f"{name}: approved without a named approver, his secret and a reason")
        asked = self._rows.get(f.proposal, set())
        if f.proposal not in self._asked or not {(row[0], row[1]) for row in f.values} <= asked:
            raise Broken("P11", f"{name}: approved, and nobody asked for it")
        since, day, by = self._asked[f.proposal]
        if m.ts < since + WAIT or m.today() <= day:
            raise Broken("P11", f"{name}: approved {m.ts - since} ns after it came, in risk day {m.today()}")
        if self.approvers > 1 and e.by.casefold() == by.casefold():
            raise Broken("P11", f"{name}: {e.by} asked for it and approved it")
        if f.expires <= m.ts:
            raise Broken("P11", f"{name}: approved without an expiry")

    def step(self, m: Model) -> None:
        """After each event."""
        late = [n for n, expires in self._until.items() if expires <= m.ts]
        if late:
            raise Broken("P11", f"proposal {late[0]}: expired, and still in force")
        before, self.before = self.before, m.limits
        allowed, self.allowed = self.allowed, set()
        if before is None or before is m.limits or not before.rows:
            return
        for key in KEYS:
            for symbol, strategy in _places(before, m.limits, key):
                place = (
                    f"symbol:{symbol}" if symbol else f"strategy:{strategy}" if strategy else "",
                    key.name,
                )
                was, now = before.row(key.name, symbol, strategy), m.limits.row(key.name, symbol, strategy)
                if _looser(key, was, now) and place not in allowed and ("", key.name) not in allowed:
                    raise Broken("P11", f"{place[0]} {key.name}: {was} became {now} without an approval")


def _places(a: Limits, b: Limits, key: Key) -> list[tuple[str, str]]:
    """(symbol, strategy) of every scope that either names for a key."""
    scopes = {scope for scope, name in (*a.rows, *b.rows) if name == key.name}
    found = []
    for scope in sorted(scopes):
        kind, _, name = scope.partition(":")
        found.append((name if kind == "symbol" else "", name if kind == "strategy" else ""))
    return found


def _looser(key: Key, was: Value, now: Value) -> bool:
    """Whether nothing proves the new value tighter or the same."""
    if was == now:
        return False
    if was is None:
        return key.tighter not in (LOWER, HIGHER, SUBSET, SUPERSET)
    if now is None or was[0] != now[0]:
        return True
    if key.tighter == LOWER:
        return now[1] > was[1]
    if key.tighter == HIGHER:
        return now[1] < was[1]
    if key.kind == LIST:
        old, new = set(was[2].split(",")) - {""}, set(now[2].split(",")) - {""}
        return not old <= new if key.tighter == SUPERSET else not new <= old
    return True
