"""C5 max_daily_turnover, max_daily_cost: what is traded today, what working orders may add, and the exit of
all that.

An entry reserves its own exit, so that a spent budget never traps a position. Costs are the broker's real
fees so far plus fee_per_unit x quantity + fee_rate x value of what may still trade.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.exposure import Exposure
from flyball.kernel.state import State
from flyball.kernel.units import POW10, PPM
from flyball.kernel.verdict import MONEY, SKIP, Meta, Verdict

METAS: Final = (
    Meta("C5", "max_daily_turnover", ("BUDGET_TURNOVER",), MONEY, SKIP),
    Meta("C5", "max_daily_cost", ("BUDGET_COST",), MONEY, SKIP),
)


def _with(a: Ask) -> Exposure:
    x = a.exposure
    if not a.adds:
        return x
    buys, sells = (a.notional, 0) if a.side > 0 else (0, a.notional)
    buy_qty, sell_qty = (a.qty, 0) if a.side > 0 else (0, a.qty)
    return Exposure(
        x.position, x.value, x.buys + buys, x.sells + sells, x.buy_qty + buy_qty, x.sell_qty + sell_qty
    )


def budget(s: State, a: Ask, v: Verdict) -> None:
    lim = s.limits
    after = _with(a)
    before = a.exposure
    # what this side may still cost without the new order; the other side's worst case is not this order's
    # doing
    mine = before.value + 2 * before.buys if a.side > 0 else 2 * before.sells - before.value
    mine_qty = before.position + 2 * before.buy_qty if a.side > 0 else 2 * before.sell_qty - before.position

    others = s.day.traded + s.totals.turnover - before.turnover()
    limit = lim.max_daily_turnover.at(a.base)
    v.cap("BUDGET_TURNOVER", others + after.turnover(), limit, a.room((limit - others - mine) // 2))

    exp = a.market.qty_exp
    others = s.day.fees + s.totals.cost - before.cost(exp, lim.fee_per_unit, lim.fee_rate)
    value = others + after.cost(exp, lim.fee_per_unit, lim.fee_rate)
    limit = lim.max_daily_cost.at(a.base)
    v.cap(
        "BUDGET_COST",
        value,
        limit,
        _cost_room(a, lim.fee_per_unit, lim.fee_rate, limit - others, mine, mine_qty),
    )


def _cost_room(a: Ask, per_unit: int, rate: int, money: int, mine: int, mine_qty: int) -> int:
    """The largest quantity whose entry and exit cost at most what is left. Two micros are kept for rounding
    up."""
    unit = POW10[a.market.qty_exp]
    # everything times unit x PPM, so that nothing is rounded before the one division
    left = (money - 2) * unit * PPM - mine_qty * per_unit * PPM - mine * rate * unit
    scale = a.market.scale
    worth = a.price * -scale if scale < 0 else a.price
    each = 2 * per_unit * PPM + (
        2 * worth * rate * unit if scale < 0 else -(-2 * worth * rate * unit // scale)
    )
    if each <= 0:
        return a.qty
    return max(0, left) // each
