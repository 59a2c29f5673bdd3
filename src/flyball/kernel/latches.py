"""The only ways to set, obey and clear a latch of THE table (latch_table.py; SPEC section 4).

Setting acts at once: what could add in its scope is cancelled in the same step. Several latches may hold;
the strictest wins. One latch may be held by several causes: setting it again is no second episode, and it is
over only when every cause had its own positive check (`answered`), none came back, and the dwell is over.
Nothing automatic clears a latch whose row says an operator must, and nothing the governor sets takes a
person's name off a latch.
"""

from typing import Final

from flyball.kernel.effects import Alert, Effect, LatchChange
from flyball.kernel.latch_table import TABLE, Row
from flyball.kernel.state import Latch, State
from flyball.kernel.units import MINUTE, NS, PPM
from flyball.kernel.words import ACTIVE, CLEARED, FLATTEN, HALTED, PAGE, REDUCING, SET

__all__ = ("TABLE", "Row")

ACCOUNT_SCOPE: Final = "account"
DWELL: Final = 30 * NS
BY_GOVERNOR: Final = "governor"
BOOKS: Final = "books"  # the cause that a comparison of our books with the broker's answers
RESTART_STEP: Final = 30 * MINUTE  # the clean interval before each step up after a panic (L4)
COOLDOWN: Final = 30 * MINUTE  # without an incident, before L6 clears by itself


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


def halted(s: State, symbol: str) -> bool:
    """Whether the market takes no order of this symbol now: L12, until its last cause was answered."""
    for latch in s.latches.values():
        if latch.id == "L12" and latch.causes and latch.scope in (ACCOUNT_SCOPE, f"symbol:{symbol}"):
            return True
    return False


def scale_of(s: State, strategy: str, symbol: str) -> int:
    """What latches leave of the size of what adds, ppm (C31, M5); strategies in `event_exempt` keep all."""
    for latch in s.latches.values():
        exempt = strategy in s.limits.event_exempt
        if not exempt and TABLE[latch.id].scaled and in_scope(latch.scope, strategy, symbol):
            return min(PPM, s.limits.event_scale)
    return PPM


def set_latch(
    s: State,
    out: list[Effect],
    latch: str,
    scope: str,
    by: str,
    reason: str,
    positions: str = "",
    cause: str = "",
) -> bool:
    """Set a latch; False when it already holds and does no less (one alert an episode).

    `cause`: which positive check has to answer it, for a row that clears by itself; by default the comparison
    of our books with the broker's.
    """
    row = TABLE[latch]
    key = key_of(latch, scope)
    held = s.latches.get(key)
    what = positions or row.positions
    causes = _caused(held, cause or BOOKS) if row.itself else ()
    _not_clean(s, row)
    if held is not None and held.positions in (what, FLATTEN):
        if held.causes != causes:
            held.causes, held.clean = causes, 0  # not over yet, whatever was answered before
            s.timers.pop(f"clean {key}", None)
        return False  # it holds, and setting it again never makes it do less
    if held is not None and by == BY_GOVERNOR:
        by = held.by  # the stricter holds from here on, and so does the name of who set it
    s.latches[key] = Latch(latch, scope, row.state, what, by, reason, s.ts, s.day.day, causes)
    s.timers.pop(f"clean {key}", None)
    out.append(LatchChange(s.ts, latch, SET, scope, row.state, what, by, reason, row.clears))
    out.append(Alert(s.ts, f"latch_{latch}", row.severity, f"{latch} {row.title} set on {scope}: {reason}"))
    return True


def _caused(held: Latch | None, cause: str) -> tuple[str, ...]:
    open_ = held.causes if held is not None else ()
    return open_ if cause in open_ else tuple(sorted((*open_, cause)))


def _not_clean(s: State, row: Row) -> None:
    """What holds while the size grows again after a panic: the clean interval begins anew."""
    if s.restart_step != 0 and row.state != ACTIVE:
        s.restart_step = s.ts + RESTART_STEP


def answered(s: State, out: list[Effect], latch: str, scope: str, cause: str, detail: str) -> None:
    """The positive check of one cause. The latch is over when no cause is left and its dwell is over, at once
    or by a timer; a cause that comes back before then keeps it."""
    key = key_of(latch, scope)
    held = s.latches.get(key)
    if held is None or not TABLE[latch].itself:
        return
    held.causes = tuple(one for one in held.causes if one != cause)
    if held.causes:
        return
    if held.clean == 0:
        held.clean = s.ts
    over = _over(s, held)
    if s.ts >= over:
        clear_latch(s, out, key, BY_GOVERNOR, detail)
    else:
        s.timers[f"clean {key}"] = over


def _over(s: State, held: Latch) -> int:
    """When a latch whose causes are all answered may be cleared."""
    settled = held.clean + (s.limits.settle_after_halt if held.id == "L12" else 0)
    return max(held.since + DWELL, settled)


def settled(s: State, out: list[Effect], key: str) -> None:
    """The timer that `answered` set is due."""
    held = s.latches.get(key)
    if held is not None and not held.causes and s.ts >= _over(s, held):
        clear_latch(s, out, key, BY_GOVERNOR, "every cause was answered, and none came back")


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
    _not_clean(s, TABLE[held.id])
    for timer in ("clean", "deadman", "rearm"):
        s.timers.pop(f"{timer} {key}", None)
    s.brakes.clearing.pop(key, None)
    flattening = s.flattenings.get(key)
    if flattening is not None:
        del s.flattenings[key]
    if held.id == "L7":
        for other, one in s.latches.items():
            if one.id == "L6":  # it waits for a state that is no longer in doubt
                s.timers[f"rearm {other}"] = s.ts


def dwelt(latch: Latch, now: int) -> bool:
    """Whether the minimum dwell is over."""
    return now - latch.since >= DWELL
