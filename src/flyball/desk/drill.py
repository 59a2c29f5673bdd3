"""`flyball drill` (C36): every armed control and every trigger of every latch tripped on a scratch copy of
the present state, and whether the code that came is the one that had to come.

Nothing is skipped in silence: what is off or unreachable has a row that says so, and what has no drill did
not trip.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Final

from flyball.api.armed import ARMED, OFF, UNREACHABLE, WARMING, Armed, armed
from flyball.desk.drill_checks import CHECKS, OTHERS
from flyball.desk.drill_latches import TRIGGERS, Trigger, tripped
from flyball.desk.drill_limits import LIMITS
from flyball.desk.drill_scratch import Scratch
from flyball.desk.drill_try import Drill, Tried
from flyball.kernel.latches import TABLE
from flyball.kernel.state import State

OK: Final = "ok"
NOT_TRIPPED: Final = "NOT TRIPPED"
SAFE: Final = (OK, OFF, UNREACHABLE)


@dataclass(frozen=True)
class Row:
    """One try. `result` is ok, NOT TRIPPED, OFF or UNREACHABLE."""

    control: str
    key: str
    expected: str
    tried: str
    came: str
    result: str


class NothingToDrill(Exception):  # noqa: N818 - it says what is the case
    """The journal holds no configuration yet."""


def drill(state: State, seen: Callable[[int], None] = lambda _: None) -> list[Row]:
    """Every row, in the order of the reference. `state` is not changed; `seen` hears how many are done."""
    if state.terms.approvers == 0:
        raise NothingToDrill("no configuration is in force yet: start the governor once, then drill it")
    base = Scratch(state)
    rows: list[Row] = []
    for row in _all(state, base):
        rows.append(row)
        seen(len(rows))
    return rows


def tripped_all(rows: list[Row]) -> bool:
    """Whether everything that is armed did what it has to."""
    return all(row.result in SAFE for row in rows)


def drills_of(one: Armed) -> tuple[Drill, ...]:
    """The drills of a key or check; none for what nobody has thought of."""
    key = one.key.rpartition(".")[2]
    return LIMITS.get(key) or CHECKS.get(key, ())


def _all(state: State, base: Scratch) -> Iterator[Row]:
    for one in armed(state):
        if one.state in (ARMED, WARMING):
            yield from _try_all(base, one)
        else:
            yield Row(one.control, one.key, "-", "-", one.why, one.state)
    for name, drills in OTHERS.items():
        for each in drills:
            yield _row("-", name, each.expect, _attempt(base, "", each.run))
    for trigger in TRIGGERS:
        yield _latch(state, base, trigger)
    for latch in TABLE:
        if all(t.latch != latch for t in TRIGGERS):
            yield Row("latch", latch, f"LATCH_{latch}", "nothing", "there is no drill for it", NOT_TRIPPED)


def _try_all(base: Scratch, one: Armed) -> Iterator[Row]:
    drills = drills_of(one)
    if not drills:
        yield Row(one.control, one.key, "?", "nothing", "there is no drill for it", NOT_TRIPPED)
    for each in drills:
        yield _row(one.control, one.key, each.expect, _attempt(base, _scope(one), each.run))


def _scope(one: Armed) -> str:
    """symbol:AAPL of limits.symbol.AAPL.max_order_notional, "" of the account's."""
    parts = one.key.split(".")
    if len(parts) > 3 and parts[1] in ("symbol", "strategy"):
        return f"{parts[1]}:{'.'.join(parts[2:-1])}".replace('"', "")
    return ""


def _latch(state: State, base: Scratch, t: Trigger) -> Row:
    why = t.needs(state.limits)
    if why:
        return Row("latch", t.latch, f"LATCH_{t.latch}", t.what, why, OFF)
    return _row("latch", t.latch, f"LATCH_{t.latch}", _attempt(base, "", lambda sc: tripped(t, sc)))


def _attempt(base: Scratch, scope: str, run: Callable[[Scratch], Tried]) -> Tried:
    """One try on a copy of its own. What fails in the trying did not trip."""
    scratch = copy.deepcopy(base)
    try:
        scratch.aim(scope)
        return run(scratch)
    except Exception as fault:  # noqa: BLE001 - a drill that breaks is an answer too, and the others go on
        return Tried("it could not be tried", f"{type(fault).__name__}: {fault}", False)


def _row(control: str, key: str, expected: str, tried: Tried) -> Row:
    return Row(control, key, expected, tried.what, tried.came, OK if tried.ok else NOT_TRIPPED)


def drill_json(rows: list[Row]) -> dict[str, object]:
    """The object of `flyball drill --json`."""
    results = (OK, NOT_TRIPPED, OFF, UNREACHABLE)
    return {
        "ok": tripped_all(rows),
        "counts": {result: sum(1 for row in rows if row.result == result) for result in results},
        "drills": [asdict(row) for row in rows],
    }
