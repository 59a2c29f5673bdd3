"""C23 quantity, lot, tick and least value: rounded to the safe side, refused when nothing is left. Tick: SEC
Rule 612.

Quantities round down to the lot (a reduction may take the whole odd rest), limits to the passive tick.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.verdict import MONEY, OWN, QTY, SKIP, Meta, Verdict
from flyball.kernel.words import CLOSE

METAS: Final = (
    Meta("C23", "qty", ("FORMAT_QTY",), QTY, OWN),
    Meta("C23", "lot", ("FORMAT_LOT",), QTY, OWN),
    Meta("C23", "min_notional", ("FORMAT_MIN_NOTIONAL",), MONEY, SKIP),
)


def shape(s: State, a: Ask, v: Verdict) -> None:
    given = a.intent.qty > 0 or a.intent.notional > 0
    v.forbid("FORMAT_QTY", given == (a.intent.type == CLOSE), a.qty, 1)  # a close is of all there is
    lot = a.market.lot
    short = a.qty % lot if a.qty > 0 else lot  # a notional may come to less than one lot
    v.cap("FORMAT_LOT", short, 0, a.qty // lot * lot)
    v.evidence[-2:] = [a.qty, lot]
    small = a.notional < s.limits.min_notional
    v.refuse("FORMAT_MIN_NOTIONAL", small, a.notional, s.limits.min_notional)
