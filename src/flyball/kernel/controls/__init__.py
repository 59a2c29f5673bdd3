"""The controls, one file each, asked in the order a careful reader would ask; every one always runs, so
every decision has all evidence.

Adding a control touches its own file and its line in `METAS` and `ask_all`. A refusal's primary code is the
first that speaks here.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.controls import (
    age,
    atr_size,
    budget,
    count,
    data,
    drawdown,
    duplicate,
    equity_floor,
    exposure,
    halt,
    latch,
    loss,
    loss_week,
    order_size,
    position,
    price,
    rate,
    regime,
    rules,
    shape,
)
from flyball.kernel.state import State
from flyball.kernel.verdict import Meta, Verdict

METAS: Final[tuple[Meta, ...]] = (
    *latch.METAS,
    *rules.METAS,
    *age.METAS,
    *shape.METAS,
    *duplicate.METAS,
    *data.METAS,
    *price.METAS,
    *drawdown.METAS,
    *loss.METAS,
    *order_size.METAS,
    *position.METAS,
    *exposure.METAS,
    *count.METAS,
    *budget.METAS,
    *rate.METAS,
    *atr_size.METAS,
    *regime.METAS,
    *loss_week.METAS,
    *equity_floor.METAS,
    *halt.METAS,
)
EVIDENCE: Final[tuple[str, ...]] = tuple(f"{m.control}.{m.key}" for m in METAS)
EVIDENCE_UNITS: Final[tuple[str, ...]] = tuple(m.unit for m in METAS)


def ask_all(s: State, a: Ask, v: Verdict) -> None:
    """Ask every control, by name."""
    latch.latch(s, a, v)
    rules.rules(s, a, v)
    age.age(s, a, v)
    shape.shape(s, a, v)
    duplicate.duplicate(s, a, v)
    data.data(s, a, v)
    price.price(s, a, v)
    drawdown.drawdown(s, a, v)
    loss.loss(s, a, v)
    order_size.order_size(s, a, v)
    position.position(s, a, v)
    exposure.exposure(s, a, v)
    count.count(s, a, v)
    budget.budget(s, a, v)
    rate.rate(s, a, v)
    atr_size.atr_size(s, a, v)
    regime.regime(s, a, v)
    loss_week.loss_week(s, a, v)
    equity_floor.equity_floor(s, a, v)
    halt.halt(s, a, v)
