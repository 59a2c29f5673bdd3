"""Section 3: a value equal to a cap passes. Nothing is refused or cut for a cap that is kept, and a size that
is cut is the largest that passes.

LOSS_STRATEGY is left out: a strategy's worst case may be taken as the account's, which is never smaller.
"""

from typing import Final

from flyball.kernel.effects import Decision
from flyball.kernel.effects import Order as Emitted
from flyball.kernel.events import Intent
from flyball.lab.sim.promises.amounts import PPM
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.caps import caps
from flyball.lab.sim.promises.model import Model
from flyball.lab.sim.promises.order import Order

CAPS: Final = {
    "SIZE_ORDER_NOTIONAL": "C1 notional",
    "SIZE_ORDER_QTY": "C1 qty",
    "SIZE_ATR": "C10",
    "EXPOSURE_POSITION": "C2",
    "EXPOSURE_GROSS": "C3 gross",
    "EXPOSURE_NET": "C3 net",
    "EXPOSURE_LEVERAGE": "C3 leverage",
    "EXPOSURE_AT_RISK": "C3 at risk",
    "EXPOSURE_COUNT": "C4",
    "BUDGET_TURNOVER": "C5 turnover",
    "BUDGET_COST": "C5 cost",
    "LOSS_ACCOUNT": "C6 account",
    "LOSS_SYMBOL": "C6 symbol",
}
NEAR: Final = 50_000  # one part: the governor keeps ranges in 1/65536 of a step, rounded up
RANGED: Final = ("C6", "C10")  # by the range: behind a corporate action its prices are in whole ticks
ROUNDINGS: Final = 20  # as many as one decision may see


def for_nothing(m: Model, i: Intent, d: Decision) -> None:
    """A decision on what adds, before it is taken in. What only the governor sees (an exit that waits for a
    cancel counts already) is no matter for an outsider.
    """
    if not d.adds or not m.valued() or m.promised or not any(code in CAPS for code in d.codes):
        return
    name = f"{i.strategy} {i.intent}"
    if i.qty > 0 and not i.notional:
        passed = _passed(m, d, i.qty)
        for code in d.codes:
            if code in CAPS and CAPS[code] not in passed:
                raise Broken("P2", f"{name}: {code} although {CAPS[code]} is kept at {i.qty}")
    fits, lot = d.qty or d.would_pass, m.instruments[d.symbol].lot
    known = all(code in CAPS for code in d.codes)
    if fits and known and not _passed(m, d, fits + lot):
        raise Broken("P2", f"{name}: {fits}, although {fits + lot} would pass")


def _passed(m: Model, d: Decision, qty: int) -> list[str]:
    """The caps an order of this size would pass, or come nearer to than the governor's rounding can tell."""
    f = Emitted(
        d.ts, "?", d.intent, "", d.strategy, d.symbol, d.side, qty, "limit", d.limit, "day", True, 1, 1, False
    )
    o = Order(f, m.seq, 0, -1, m.today(), 1, qty)
    m.touch(o)
    slack = ROUNDINGS * m.rounding()
    stress = m.total.gross // PPM  # C6: of each symbol a whole ppm, rounded up
    found = []
    for what, value, cap in caps(m, o, d.scale):
        if what not in ("C1 qty", "C4"):
            value += value // NEAR + slack + (stress if what.startswith("C6") else 0)
        if cap is not None and (value > cap or (m.acts and what.startswith(RANGED))):
            found.append(what)
    o.ended = "?"
    m.touch(o)
    return found
