"""C24 a halted market: while trading is halted, paused or in a limit state nothing is sent, exits
no more than entries.

It is latch L12 until its sensor says that trading resumed; after that exits may leave at once, and what adds
when `settle_after_halt` is over. LULD plan; Rule 80B.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.latches import halted
from flyball.kernel.state import State
from flyball.kernel.verdict import COUNT, MARKET_FACT, Meta, Verdict

METAS: Final = (Meta("C24", "halted", ("MARKET_HALTED",), COUNT, MARKET_FACT),)


def halt(s: State, a: Ask, v: Verdict) -> None:
    stopped = halted(s, a.intent.symbol)
    v.forbid("MARKET_HALTED", stopped, int(stopped), 0)
