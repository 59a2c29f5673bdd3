"""Fills that the broker states and does not tell: asked for once more after a minute, then a person is
called, once an episode, and nothing adds (L7) until they come or an operator books them (`resolve`).

The order counts as live all the while: what is stated may still change the book.
"""

from typing import Final

from flyball.kernel.effects import Alert, Effect
from flyball.kernel.latches import ACCOUNT_SCOPE, set_latch
from flyball.kernel.orders import OrderState
from flyball.kernel.placing import ask, cancel_adds
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.kernel.words import CRITICAL

BOUND: Final = 60 * NS
ANSWER: Final = 15 * NS  # for the question; a broker that has not answered by then does not
NOTHING: Final = 0
WAITING: Final = 1
ASKED: Final = 2


def track(s: State, o: OrderState) -> None:
    """After an order changed: begin or end the episode."""
    key = f"owed {o.client_id}"
    if not o.owing():
        s.timers.pop(key, None)
        o.owed = NOTHING
    elif o.owed == NOTHING:
        o.owed = WAITING
        s.timers[key] = s.ts + BOUND


def overdue(s: State, out: list[Effect], o: OrderState) -> None:
    """The timer: ask again, then call a person."""
    if o.owed == WAITING:
        o.owed = ASKED
        s.timers[f"owed {o.client_id}"] = s.ts + ANSWER
        ask(s, out, o)
        return
    missing = f"{o.client_id}: the broker states {o.stated} executed and has told of {o.filled}"
    out.append(
        Alert(
            s.ts,
            "fills_missing",
            CRITICAL,
            f"{missing}; it counts as live until they come, or `flyball resolve` books them",
        )
    )
    if set_latch(s, out, "L7", ACCOUNT_SCOPE, "governor", missing):
        cancel_adds(s, out, ACCOUNT_SCOPE, "L7")
