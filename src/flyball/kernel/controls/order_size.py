"""C1 max_order_notional, max_order_qty: one order's size, new or replaced. FIA 2024 1.1; SEC 15c3-5
(c)(1)(ii); Citi 2022.

`max_order_qty` counts whole shares or coins, whatever fraction the instrument trades in.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import POW10, PPM, UNKNOWN, mul_div
from flyball.kernel.verdict import MONEY, QTY, SKIP, Meta, Verdict

METAS: Final = (
    Meta("C1", "max_order_notional", ("SIZE_ORDER_NOTIONAL",), MONEY, SKIP),
    Meta("C1", "max_order_qty", ("SIZE_ORDER_QTY",), QTY, SKIP),
)


def order_size(s: State, a: Ask, v: Verdict) -> None:
    limit = a.limits.max_order_notional.at(a.base)
    if limit != UNKNOWN:
        limit = mul_div(limit, a.scale, PPM)
    v.cap("SIZE_ORDER_NOTIONAL", a.notional, limit, a.room(limit))
    most = a.limits.max_order_qty
    if most != UNKNOWN:
        most = mul_div(most * POW10[a.market.qty_exp], a.scale, PPM)
    v.cap("SIZE_ORDER_QTY", a.qty, most, most)
