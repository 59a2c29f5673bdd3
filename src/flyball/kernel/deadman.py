"""L10, the deadman: a strategy that stays silent, or whose model stays unhealthy, is flattened after
`deadman_flatten_after`, where that is set. Until then its positions are left to its own exits, and to the
close."""

from flyball.kernel.effects import Effect
from flyball.kernel.flatten import begin
from flyball.kernel.latches import BY_GOVERNOR, key_of, set_latch
from flyball.kernel.state import State
from flyball.kernel.units import UNKNOWN
from flyball.kernel.words import FLATTEN


def silent(s: State, scope: str) -> None:
    """L10 was set, or set again: the time begins, unless it is running."""
    after = s.limits.deadman_flatten_after
    key = key_of("L10", scope)
    if after != UNKNOWN and key not in s.flattenings:
        s.timers.setdefault(f"deadman {key}", s.ts + after)


def heard(s: State, scope: str) -> None:
    """Healthy again, if only in one respect: the time stands still only when nothing is left."""
    held = s.latches.get(key_of("L10", scope))
    if held is None or not held.causes:
        s.timers.pop(f"deadman {key_of('L10', scope)}", None)


def expired(s: State, out: list[Effect], key: str) -> None:
    """The time is over."""
    held = s.latches.get(key)
    if held is None or not held.causes:
        return
    reason = f"still {held.causes[0]}; flattened: {held.reason}"
    set_latch(s, out, "L10", held.scope, BY_GOVERNOR, reason, FLATTEN, held.causes[0])
    begin(s, "L10", held.scope)
