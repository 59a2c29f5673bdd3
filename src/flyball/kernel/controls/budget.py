"""C5 max_daily_turnover, max_daily_cost: what is traded today, what working orders may add, and the exit of
all that.

An entry reserves its own exit, so that a spent budget never traps a position. Costs are the broker's real
fees so far plus fee_per_unit x quantity + fee_rate x value of what may still trade.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.exposure import Exposure
from flyball.kernel.state import State
from flyball.kernel.units import notional
from flyball.kernel.verdict import MONEY, SKIP, Meta, Verdict

METAS: Final = (
    Meta("C5", "max_daily_turnover", ("BUDGET_TURNOVER",), MONEY, SKIP),
    Meta("C5", "max_daily_cost", ("BUDGET_COST",), MONEY, SKIP),
)


def _with(a: Ask, qty: int) -> Exposure:
    """The symbol with this much of the order working."""
    x = a.exposure
    if not a.adds:
        return x
    worth = notional(a.price, qty, a.market.scale)
    buys, sells = (worth, 0) if a.side > 0 else (0, worth)
    buy_qty, sell_qty = (qty, 0) if a.side > 0 else (0, qty)
    return Exposure(
        x.position,
        x.value,
        x.floor,
        x.buys + buys,
        x.sells + sells,
        x.buy_qty + buy_qty,
        x.sell_qty + sell_qty,
    )


def budget(s: State, a: Ask, v: Verdict) -> None:
    lim = s.limits
    after = _with(a, a.qty)
    before = a.exposure
    # what this side may still cost without the new order; the other side's worst case is not this order's
    # doing
    mine = before.value + 2 * before.buys if a.side > 0 else 2 * before.sells - before.floor

    others = s.day.traded + s.totals.turnover - before.turnover()
    limit = lim.max_daily_turnover.at(a.base)
    v.cap("BUDGET_TURNOVER", others + after.turnover(), limit, a.room((limit - others - mine) // 2))

    exp = a.market.qty_exp
    others = s.day.fees + s.totals.cost - before.cost(exp, lim.fee_per_unit, lim.fee_rate)
    value = others + after.cost(exp, lim.fee_per_unit, lim.fee_rate)
    limit = lim.max_daily_cost.at(a.base)
    room = _cost_room(a, lim.fee_per_unit, lim.fee_rate, limit - others) if 0 <= limit < value else a.qty
    v.cap("BUDGET_COST", value, limit, room)


def _cost_room(a: Ask, per_unit: int, rate: int, left: int) -> int:
    """The largest quantity of whole lots whose entry and exit cost at most what is left. By halving: a cost
    that is rounded up three times has no inverse."""
    lot, exp = a.market.lot, a.market.qty_exp
    fits, most = 0, a.qty // lot
    while fits < most:
        half = (fits + most + 1) // 2
        if _with(a, half * lot).cost(exp, per_unit, rate) <= left:
            fits = half
        else:
            most = half - 1
    return fits * lot
