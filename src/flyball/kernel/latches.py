"""THE table of latches, and the only ways to set, obey and clear one (SPEC section 4).

Setting acts at once: what could add in its scope is cancelled in the same step. Several latches may hold;
the strictest wins. Nothing automatic clears a latch whose row says an operator must.
"""

from dataclasses import dataclass
from typing import Final

from flyball.kernel.effects import Alert, Effect, LatchChange
from flyball.kernel.state import Latch, State
from flyball.kernel.units import NS
from flyball.kernel.words import (
    CLEARED,
    CRITICAL,
    EXITS,
    FLATTEN,
    HALTED,
    INFO,
    PAGE,
    REDUCING,
    SET,
    WARNING,
)

ACCOUNT_SCOPE: Final = "account"
DWELL: Final = 30 * NS


@dataclass
class Row:
    """One latch as the table has it. `operator`: only a named operator's command with the secret clears
    it."""

    id: str
    title: str
    state: str
    positions: str
    operator: bool
    clears: str
    severity: str


TABLE: Final[dict[str, Row]] = {
    row.id: row
    for row in (
        Row("L1", "daily loss", HALTED, FLATTEN, True, "operator, not before the next session", CRITICAL),
        Row(
            "L2",
            "drawdown halt zone",
            HALTED,
            FLATTEN,
            True,
            "operator with a reason (rebase=yes also moves the high-water mark)",
            CRITICAL,
        ),
        Row(
            "L3",
            "drawdown restrict zone",
            REDUCING,
            EXITS,
            True,
            "operator, from the next session on",
            WARNING,
        ),
        Row("L4", "panic", HALTED, FLATTEN, True, "operator; restarts at 25, 50, 100%", CRITICAL),
        Row("L5", "freeze", HALTED, EXITS, True, "operator", CRITICAL),
        Row("L7", "reconciliation", REDUCING, EXITS, False, "a clean comparison with the broker", CRITICAL),
        Row(
            "L9a",
            "journal unwritable",
            REDUCING,
            EXITS,
            False,
            "the journal stays durable for a minute, longer after a relapse",
            CRITICAL,
        ),
        Row(
            "L9b", "invariant violated", HALTED, PAGE, True, "restart through the restore procedure", CRITICAL
        ),
        Row("L14", "pause", REDUCING, EXITS, True, "resume by a named operator", INFO),
    )
}


def key_of(latch: str, scope: str) -> str:
    return f"{latch} {scope}"


def in_scope(scope: str, strategy: str, symbol: str) -> bool:
    """Whether a latch of this scope holds for an order of this strategy in this symbol."""
    return scope == ACCOUNT_SCOPE or scope == f"strategy:{strategy}" or scope == f"symbol:{symbol}"


def forbids_adding(s: State, strategy: str, symbol: str) -> str:
    """The code of the first latch that forbids what adds, "" when none does."""
    for latch in s.latches.values():
        if latch.state in (REDUCING, HALTED) and in_scope(latch.scope, strategy, symbol):
            return f"LATCH_{latch.id}"
    return ""


def forbids_exits(s: State, strategy: str, symbol: str) -> str:
    """The code of the first latch that leaves exits to the governor or to a person, "" when none does."""
    for latch in s.latches.values():
        if (
            latch.state == HALTED
            and latch.positions in (FLATTEN, PAGE)
            and in_scope(latch.scope, strategy, symbol)
        ):
            return f"LATCH_{latch.id}"
    return ""


def set_latch(
    s: State, out: list[Effect], latch: str, scope: str, by: str, reason: str, positions: str = ""
) -> bool:
    """Set a latch; False when it already holds (one alert per episode)."""
    row = TABLE[latch]
    key = key_of(latch, scope)
    held = s.latches.get(key)
    what = positions or row.positions
    if held is not None and held.positions in (what, FLATTEN):
        return False  # it holds, and setting it again never makes it do less
    s.latches[key] = Latch(latch, scope, row.state, what, by, reason, s.ts, s.day.day)
    out.append(LatchChange(s.ts, latch, SET, scope, row.state, what, by, reason, row.clears))
    out.append(Alert(s.ts, f"latch_{latch}", row.severity, f"{latch} {row.title} set on {scope}: {reason}"))
    return True


def clear_latch(s: State, out: list[Effect], key: str, by: str, reason: str) -> None:
    """Clear a latch that may be cleared; the caller has checked that."""
    held = s.latches.pop(key)
    out.append(
        LatchChange(
            s.ts,
            held.id,
            CLEARED,
            held.scope,
            held.state,
            held.positions,
            by,
            reason,
            TABLE[held.id].clears,
        )
    )
    flattening = s.flattenings.get(key)
    if flattening is not None:
        del s.flattenings[key]


def dwelt(latch: Latch, now: int) -> bool:
    """Whether the minimum dwell is over."""
    return now - latch.since >= DWELL
