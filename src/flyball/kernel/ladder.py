"""The close (M2): warn, flatten, hard cutoff, verify flat. Every rung is an event of the clock, relative to
the scheduled close.

A book that is not flat at the close is latched (L5) and a person is paged (P10).
"""

from typing import Final

from flyball.kernel.days import STAGES
from flyball.kernel.effects import Alert, Effect
from flyball.kernel.flatten import ask_account, begin, last_call
from flyball.kernel.latches import ACCOUNT_SCOPE, key_of, set_latch
from flyball.kernel.placing import cancel_adds
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.kernel.words import CRITICAL, INFO, LADDER

CHECK_AFTER: Final = 10 * NS  # after the close, when late reports of fills have come


def climb(s: State, out: list[Effect]) -> None:
    """Take every rung that is due."""
    while True:
        due = s.day.rung(s.limits.flat_by == "close")
        if due == 0 or s.ts < due:
            break
        s.day.stage += 1
        if s.day.stage == 1:
            if s.books_held() or s.orders:
                out.append(Alert(s.ts, "close_near", INFO, "10 minutes to the close; flattening begins in 5"))
        elif s.day.stage == 2:
            cancel_adds(s, out, ACCOUNT_SCOPE, LADDER)
            begin(s, LADDER, ACCOUNT_SCOPE, foreign=False)
        elif s.day.stage == 3:
            last_call(s)
        else:
            _verify(s, out)
    if s.day.day != 0 and not s.day.checked and s.ts >= s.day.close + CHECK_AFTER:
        s.day.checked = True
        ask_account(s, out, "after the close")


def _verify(s: State, out: list[Effect]) -> None:
    """At the close: what is not flat is latched, and a person is called."""
    left = s.books_held()
    if not left:
        return
    what = ", ".join(f"{b.strategy} {b.symbol}" for b in left)
    if set_latch(s, out, "L5", ACCOUNT_SCOPE, LADDER, f"not flat at the close: {what}"):
        cancel_adds(s, out, ACCOUNT_SCOPE, "L5")
    out.append(Alert(s.ts, "not_flat_at_close", CRITICAL, f"not flat at the close: {what}"))


def over_night(s: State) -> bool:
    """Whether a book that was to be flat is held behind the close."""
    shut = s.day.stage == STAGES and not s.day.is_open(s.ts)
    return shut and s.limits.flat_by == "close" and bool(s.books_held())


def late(s: State, out: list[Effect]) -> None:
    """An execution was told behind the close: it may have opened a book again."""
    held = s.latches.get(key_of("L5", ACCOUNT_SCOPE))
    told = held is not None and held.by == LADDER
    if s.day.stage == STAGES and s.limits.flat_by == "close" and not told:
        _verify(s, out)


def check_due(s: State) -> int:
    """When the figures are compared after the close; 0 when done."""
    return 0 if s.day.day == 0 or s.day.checked else s.day.close + CHECK_AFTER
