"""C18 price_tolerance, max_slippage: a limit near the reference, and no naked market order. Goldman 2013,
Citi 2022, FIA 2024 1.3.

Reductions are never refused: `ask.limit_of` has already repriced them to the widest collar.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import PPM, UNKNOWN, ratio_ppm_up
from flyball.kernel.verdict import PPM as PPM_UNIT
from flyball.kernel.verdict import SKIP, Meta, Verdict
from flyball.kernel.words import CLOSE, MARKET, STOP

METAS: Final = (
    Meta("C18", "price_tolerance", ("PRICE_TOLERANCE", "PRICE_NO_REFERENCE"), PPM_UNIT, SKIP),
    Meta("C18", "max_slippage", (), PPM_UNIT, SKIP),
)


def price(s: State, a: Ask, v: Verdict) -> None:
    tolerance = a.limits.price_tolerance
    if a.reference <= 0:
        v.refuse("PRICE_NO_REFERENCE", True, UNKNOWN, tolerance)
        v.note(UNKNOWN, a.limits.max_slippage)
        return
    away = abs((a.intent.limit or a.limit or a.reference) - a.reference)
    shown = ratio_ppm_up(away, a.reference)
    if a.intent.type in (MARKET, STOP, CLOSE):
        v.note(0, tolerance)
        v.note(shown, a.limits.max_slippage)
    else:
        v.refuse(
            "PRICE_TOLERANCE", tolerance != UNKNOWN and away * PPM > tolerance * a.reference, shown, tolerance
        )
        v.note(UNKNOWN, a.limits.max_slippage)
