"""C11 regime_high, regime_extreme: when a symbol moves far more than it used to, what adds gets smaller.

The ratio is the fast over the slow EWMA volatility of its bars' returns (`atr_bar`; lambda 0.94 and 0.99,
zero mean, RiskMetrics 1996), begun with the mean of the first 20 and 60 squares; variances are whole 1e-12,
rounded up. From `regime_high` on the scale is `regime_high_scale`, from `regime_extreme` on
`regime_extreme_scale`: at once. It rises again one level at a time, after `regime_dwell` whole bars and below
`regime_exit` of the threshold. Scales multiply C1 and C10 and nothing else (C31), and no regime makes
anything larger. Until 60 returns are known it is warming and the scale is whole. With bars shorter than a day
the step from one session to the next is not a bar's return.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import PPM
from flyball.kernel.verdict import COUNT, SKIP, Meta, Verdict
from flyball.kernel.verdict import PPM as PPM_UNIT
from flyball.kernel.volatility import SLOW_BARS

METAS: Final = (
    Meta("C11", "volatility_ratio", (), PPM_UNIT, SKIP),
    Meta("C11", "regime_scale", (), PPM_UNIT, SKIP),
    Meta("C11", "regime_bars", (), COUNT, SKIP),
)


def regime(s: State, a: Ask, v: Verdict) -> None:
    found = a.market.volatility
    v.note(found.ratio(), s.limits.regime_high)
    v.note(found.scale(s.limits), PPM)
    v.note(min(found.returns, SLOW_BARS), SLOW_BARS)
