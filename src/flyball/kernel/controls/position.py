"""C2 max_position_notional: the worst case of one symbol, working and in-doubt orders included. 15c3-5
(c)(1)(i); Knight 2012."""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.verdict import MONEY, SKIP, Meta, Verdict

METAS: Final = (Meta("C2", "max_position_notional", ("EXPOSURE_POSITION",), MONEY, SKIP),)


def position(s: State, a: Ask, v: Verdict) -> None:
    limit = a.limits.max_position_notional.at(a.base)
    v.cap("EXPOSURE_POSITION", a.worst(), limit, a.room(limit - a.same_side()))
