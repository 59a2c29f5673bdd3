"""C9 min_account_equity: at or below this equity nothing adds.

The trip itself is latch L2, in `triggers`. Equity that cannot be valued may be below it.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import UNKNOWN
from flyball.kernel.verdict import MONEY, SKIP, Meta, Verdict

METAS: Final = (Meta("C9", "min_account_equity", ("EQUITY_FLOOR",), MONEY, SKIP),)


def equity_floor(s: State, a: Ask, v: Verdict) -> None:
    floor = s.limits.min_account_equity
    equity = s.equity() if s.valued() else UNKNOWN
    v.refuse("EQUITY_FLOOR", floor != UNKNOWN and equity <= floor, equity, floor)
