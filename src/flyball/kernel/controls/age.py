"""C27 max_intent_age: an intent is judged on what the bot knew; too old is refused, at the door and again at
the socket.

Reductions have 10 s of their own.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import NS
from flyball.kernel.verdict import NS as NS_UNIT
from flyball.kernel.verdict import OWN, Meta, Verdict

REDUCE_AGE: Final = 10 * NS

METAS: Final = (Meta("C27", "max_intent_age", ("INTENT_EXPIRED",), NS_UNIT, OWN),)


def age(s: State, a: Ask, v: Verdict) -> None:
    limit = s.limits.max_intent_age if a.adds else max(REDUCE_AGE, s.limits.max_intent_age)
    old = a.ts - a.intent.created_at
    v.forbid("INTENT_EXPIRED", old > limit, old, limit)
