"""C21 duplicates and self-trade. 15c3-5 (c)(1)(ii) names duplicative orders; Coinbase 2021 traded with
itself.

The same intent id is decided once, reductions included. The same order (strategy, symbol, side, quantity or
notional, limit) under another id within `duplicate_window` is refused when it adds. A reduction that would
meet an own working order cancels that one first and waits for the evidence (`apply` does so).
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.bounds import MAX_INTENTS_A_DAY
from flyball.kernel.state import State
from flyball.kernel.units import UNKNOWN
from flyball.kernel.verdict import COUNT, NS, OWN, SKIP, Meta, Verdict

METAS: Final = (
    Meta("C21", "intent_id", ("DUPLICATE_INTENT",), COUNT, OWN),
    Meta("C21", "intents_remembered", ("CAPACITY_INTENTS",), COUNT, SKIP),
    Meta("C21", "duplicate_window", ("DUPLICATE_ORDER",), NS, SKIP),
    Meta("C21", "self_trade", ("SELF_TRADE",), COUNT, SKIP),
)


def duplicate(s: State, a: Ask, v: Verdict) -> None:
    i = a.intent
    seen = intent_key(i.strategy, i.intent) in s.day.intents
    v.forbid("DUPLICATE_INTENT", seen, int(seen), 0)
    known = len(s.day.intents)
    v.refuse("CAPACITY_INTENTS", known >= MAX_INTENTS_A_DAY, known, MAX_INTENTS_A_DAY)
    age = UNKNOWN
    for r in s.recent:
        same = r.strategy == i.strategy and r.symbol == i.symbol and r.side == i.side
        if same and (r.qty, r.notional, r.limit) == (i.qty, i.notional, i.limit):
            age = a.ts - r.ts
    v.refuse("DUPLICATE_ORDER", 0 <= age < s.limits.duplicate_window, age, s.limits.duplicate_window)
    v.refuse("SELF_TRADE", len(a.crossing) > 0, len(a.crossing), 0)


def intent_key(strategy: str, intent: str) -> str:
    """How the day remembers an intent: ids are the bot's own, so they only have to differ within a
    strategy."""
    return f"{strategy}/{intent}"
