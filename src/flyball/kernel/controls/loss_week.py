"""C7 max_weekly_loss: the week's loss so far plus the stressed loss of the worst-case book.

As for the day: the loss is a trigger (latch L2, in `triggers`), so what adds is also held to what one bad
move would cost. The week begins with its first session, whatever the restarts.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.controls.loss import room
from flyball.kernel.state import State
from flyball.kernel.units import PPM, mul_div_up
from flyball.kernel.verdict import MONEY, SKIP, Meta, Verdict

METAS: Final = (Meta("C7", "max_weekly_loss", ("LOSS_WEEK",), MONEY, SKIP),)


def loss_week(s: State, a: Ask, v: Verdict) -> None:
    mine = mul_div_up(a.worst(), max(a.exposure.stress, 0), PPM)
    limit = s.limits.max_weekly_loss.at(a.base)
    others = -s.week_profit() + s.totals.stressed - a.exposure.stressed()
    v.cap("LOSS_WEEK", others + mine, limit, room(a, limit - others, a.same_side()))
