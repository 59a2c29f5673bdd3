"""C3 max_gross, max_net, max_leverage, max_at_risk: the worst-case book of the account. 15c3-5 (c)(1)(i),
FIA 2024 1.2.

At risk is the worst case of each symbol, less what broker stops cover: only a stop that the broker has
confirmed and nobody is taking back counts, and of what it covers the way from the price down to the stop
(up, for a short) stays at risk.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import PPM, UNKNOWN, mul_div, ratio_ppm_up
from flyball.kernel.verdict import MONEY, SKIP, Meta, Verdict
from flyball.kernel.verdict import PPM as PPM_UNIT

METAS: Final = (
    Meta("C3", "max_gross", ("EXPOSURE_GROSS",), MONEY, SKIP),
    Meta("C3", "max_net", ("EXPOSURE_NET",), MONEY, SKIP),
    Meta("C3", "max_leverage", ("EXPOSURE_LEVERAGE",), PPM_UNIT, SKIP),
    Meta("C3", "max_at_risk", ("EXPOSURE_AT_RISK",), MONEY, SKIP),
)


def exposure(s: State, a: Ask, v: Verdict) -> None:
    lim = s.limits
    others = s.totals.gross - a.exposure.worst()
    gross = others + a.worst()
    before = a.same_side()

    limit = lim.max_gross.at(a.base)
    v.cap("EXPOSURE_GROSS", gross, limit, a.room(limit - others - before))

    high = s.totals.high - a.exposure.high() + a.high()
    low = s.totals.low - a.exposure.low() + a.low()
    limit = lim.max_net.at(a.base)
    side = s.totals.high if a.side > 0 else -s.totals.low
    v.cap("EXPOSURE_NET", max(high, -low), limit, a.room(limit - side))

    # compared multiplied out: gross <= leverage x equity; the ratio is only shown
    money = UNKNOWN if lim.max_leverage == UNKNOWN else mul_div(max(a.base, 0), lim.max_leverage, PPM)
    shown = ratio_ppm_up(gross, a.base) if a.base > 0 else UNKNOWN
    v.cap("EXPOSURE_LEVERAGE", gross, money, a.room(money - others - before))
    v.evidence[-2:] = [shown, lim.max_leverage]

    others = s.totals.at_risk - a.exposure.at_risk()
    limit = lim.max_at_risk.at(a.base)
    v.cap("EXPOSURE_AT_RISK", others + a.at_risk(), limit, a.room(limit - others - a.side_at_risk()))
