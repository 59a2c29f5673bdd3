"""C8 drawdown from the flow-adjusted high-water mark: caution scales what adds; restrict and halt are
latches L3 and L2.

Nothing can be said of a drawdown while equity cannot be valued.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import UNKNOWN, ratio_ppm_up
from flyball.kernel.verdict import PPM, SKIP, Meta, Verdict

METAS: Final = (Meta("C8", "drawdown_halt", ("DRAWDOWN_UNKNOWN",), PPM, SKIP),)


def drawdown(s: State, a: Ask, v: Verdict) -> None:
    limit = s.limits.drawdown_halt
    if not s.valued() or s.high_water <= 0:
        v.refuse("DRAWDOWN_UNKNOWN", limit != UNKNOWN, UNKNOWN, limit)
    else:
        v.refuse(
            "DRAWDOWN_UNKNOWN", False, ratio_ppm_up(max(0, s.high_water - s.equity()), s.high_water), limit
        )
