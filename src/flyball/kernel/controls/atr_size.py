"""C10 risk_per_trade: at a stop of `atr_stop` average true ranges (Wilder, 20 bars of `atr_bar`) one order
loses at most this share of equity. Fixed fractional sizing.

The largest quantity is floor(equity x risk_per_trade x scale / (atr_stop x ATR of one unit)), down to whole
lots. The ATR is kept in 1/65536 of a price unit, rounded up; below one tick it counts as one tick. While it
warms, a unit risks the stressed move of C6 instead: twice `stress_floor` of its price, at most 20%. With no
price nothing can be told, and what adds is refused.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.stats import ATR_SHIFT
from flyball.kernel.units import PPM, UNKNOWN
from flyball.kernel.verdict import QTY, SKIP, Meta, Verdict

METAS: Final = (Meta("C10", "risk_per_trade", ("SIZE_ATR", "SIZE_ATR_UNKNOWN"), QTY, SKIP),)


def atr_size(s: State, a: Ask, v: Verdict) -> None:
    risk = s.limits.risk_per_trade
    if risk == UNKNOWN:
        v.note(a.qty, UNKNOWN)
    elif not a.market.known():
        v.refuse("SIZE_ATR_UNKNOWN", True, a.qty, 0)
    else:
        m = a.market
        loss = unit_risk(s, a)
        money = max(a.base, 0) * risk * a.scale  # micros x ppm x ppm
        most = money * max(m.scale, 1) // (loss * PPM * max(-m.scale, 1)) // m.lot * m.lot
        v.cap("SIZE_ATR", a.qty, most, most)


def unit_risk(s: State, a: Ask) -> int:
    """What one unit of quantity loses at the stop, in price units x ppm; rounded up, more than nothing."""
    m = a.market
    if m.atr.warm():
        wide = s.limits.atr_stop * max(m.atr.value, m.tick << ATR_SHIFT)
        return max(1, -(-wide >> ATR_SHIFT))
    return max(1, a.price * m.atr.stress(m.mid(), s.limits.stress_floor))
