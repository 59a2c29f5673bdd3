"""What follows when an event at which the governor died twice is passed over (J9): its source goes on behind
it, nothing is added until a person has looked, and whatever touches money is asked of the broker.

The runtime finds such an event (runtime/trial.py); here is only what it means.
"""

from typing import Final

from flyball.kernel.effects import Alert, Effect
from flyball.kernel.events import Quarantined
from flyball.kernel.latches import ACCOUNT_SCOPE, set_latch
from flyball.kernel.placing import cancel_adds
from flyball.kernel.state import State
from flyball.kernel.units import MINUTE, NS
from flyball.kernel.words import CRITICAL

TIMER: Final = "timer"  # the source of ticks; its number is the time that was due
HUSH: Final = 10 * NS  # a timer that was passed over and is still due comes again after this
SOON: Final = 5 * NS
MONEY: Final = (
    *("fill", "update", "sent", "not_sent", "timeout", "answer", "account"),
    *("flow", "action"),
)


def on_quarantined(s: State, out: list[Effect], e: Quarantined) -> None:
    """L5 with a page; L7 and a look at the account for what touches money, and for anything that had been
    recorded, since its effects were acted upon."""
    if e.source and e.n > s.cursors.get(e.source, 0):
        s.cursors[e.source] = e.n
    for key in [k for k, due in s.timers.items() if e.source == TIMER and due <= e.n]:
        del s.timers[key]
    what = f"{e.event} {e.n} of {e.source}" if e.source else f"{e.event} {e.digest}"
    recorded = e.seq != s.seq
    where = f"record {e.seq} is left out" if recorded else "it was not taken"
    out.append(Alert(s.ts, "quarantined", CRITICAL, f"{what}: {e.why}; {where}"))
    _halt(s, out, "L5", f"the governor died twice at {what}")
    if recorded or e.event in MONEY:
        _halt(s, out, "L7", f"{what} is not in the books")
        s.timers["account"] = s.ts + (MINUTE if e.event == "account" else SOON)


def _halt(s: State, out: list[Effect], latch: str, reason: str) -> None:
    if set_latch(s, out, latch, ACCOUNT_SCOPE, "governor", reason):
        cancel_adds(s, out, ACCOUNT_SCOPE, latch)


def not_before(s: State, due: int) -> int:
    """When a timer due at `due` comes. One that was passed over is tried again later, as another event."""
    passed = s.cursors.get(TIMER, 0)
    return passed + HUSH if 0 < due <= passed else due
