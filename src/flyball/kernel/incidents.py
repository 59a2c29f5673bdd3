"""L6, the incident kill switch: `incident_errors` errors, rejects or divergences within `incident_window`
halt the account; when all of them are one strategy's, that strategy.

An incident is a call to the broker that got no answer, an order that the broker rejected, a difference
between the broker's word and ours that was not healed, or a control that failed. The latch clears by
itself after half an hour without an incident, while nothing is in doubt (L7), at most MOST times a risk
day; after that, and where figures tripped it (performance, which may halt and never re-arm), only an
operator clears it. Knight 2012: the errors were there, and nothing counted them.
"""

from typing import Final

from flyball.kernel.conduct import Incident
from flyball.kernel.effects import Alert, Decision, Divergence, Effect
from flyball.kernel.events import Event, Timeout, Update
from flyball.kernel.latches import (
    ACCOUNT_SCOPE,
    BY_GOVERNOR,
    COOLDOWN,
    RESTART_STEP,
    clear_latch,
    key_of,
    set_latch,
)
from flyball.kernel.placing import cancel_adds
from flyball.kernel.state import State
from flyball.kernel.units import NS, UNKNOWN
from flyball.kernel.words import CRITICAL, REJECTED

MOST: Final = 3  # clearings by itself in a risk day
COUNTED: Final = "incidents"  # the cause, while the governor may clear it by itself
SPENT: Final = "spent"  # ... and when it may not any more


def rejected(s: State, e: Event) -> bool:
    """Before it is applied: whether the broker now refuses an order it had not ended."""
    o = s.order(e.client_id) if isinstance(e, Update) and e.state == REJECTED else None
    return o is not None and not (o.final() or o.refused)


def count(s: State, out: list[Effect], e: Event, refused: bool) -> None:
    """After an event was applied: what of it is an incident. `refused` as `rejected` had it before."""
    if refused and isinstance(e, Update):
        _incident(s, out, _owner(s, e.client_id), f"the broker rejected {e.client_id}: {e.reason}")
    if isinstance(e, Timeout):
        _incident(s, out, _owner(s, e.client_id), f"no answer to {e.call} {e.client_id}".rstrip())
    for effect in tuple(out):
        if isinstance(effect, Divergence) and not effect.healed:
            _incident(s, out, "", f"{effect.what}: {effect.ours} is {effect.theirs} at the broker")
        elif isinstance(effect, Decision) and effect.codes == ("CONTROL_FAILED",):
            _incident(s, out, effect.strategy, f"a control failed on {effect.intent}")


def _owner(s: State, client_id: str) -> str:
    o = s.order(client_id)
    return o.strategy if o is not None else ""


def _incident(s: State, out: list[Effect], strategy: str, what: str) -> None:
    s.brakes.incident_at = s.ts
    if s.restart_step != 0:
        s.restart_step = s.ts + RESTART_STEP  # the interval after a panic was not clean
    most = s.limits.incident_errors
    if most == UNKNOWN:
        return
    since = s.ts - s.limits.incident_window
    s.brakes.incidents = [one for one in s.brakes.incidents if one.ts > since]
    s.brakes.incidents.append(Incident(s.ts, strategy))
    if len(s.brakes.incidents) < most:
        return
    alone = strategy != "" and all(one.strategy == strategy for one in s.brakes.incidents)
    scope = f"strategy:{strategy}" if alone else ACCOUNT_SCOPE
    seconds = s.limits.incident_window // NS
    reason = f"{len(s.brakes.incidents)} incidents within {seconds} s, the last: {what}"
    s.brakes.incidents = []
    halt(s, out, scope, reason, COUNTED if s.brakes.rearms < MOST else SPENT)


def halt(s: State, out: list[Effect], scope: str, reason: str, cause: str) -> None:
    """Set L6. Only what is counted clears by itself."""
    if set_latch(s, out, "L6", scope, BY_GOVERNOR, reason, cause=cause):
        cancel_adds(s, out, scope, "L6")
        if cause == COUNTED:
            s.timers[f"rearm {key_of('L6', scope)}"] = s.ts + COOLDOWN


def rearm(s: State, out: list[Effect], key: str) -> None:
    """The timer of its cooldown: clear it, wait on, or leave it to an operator."""
    held = s.latches.get(key)
    if held is None or held.causes != (COUNTED,):
        return
    quiet = max(held.since, s.brakes.incident_at) + COOLDOWN
    if s.ts < quiet:
        s.timers[f"rearm {key}"] = quiet
        return
    if any(one.id == "L7" for one in s.latches.values()):
        return  # clearing that one sets the timer again
    if s.brakes.rearms >= MOST:
        held.causes = (SPENT,)
        text = f"L6 on {held.scope} has cleared by itself {MOST} times today; now an operator has to"
        out.append(Alert(s.ts, "l6_operator", CRITICAL, text))
        return
    s.brakes.rearms += 1
    clear_latch(
        s, out, key, BY_GOVERNOR, f"30 minutes without an incident; {s.brakes.rearms} of {MOST} today"
    )
