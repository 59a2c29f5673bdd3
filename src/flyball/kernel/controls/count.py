"""C4 max_positions: how many symbols could be held at once, under any outcome."""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.verdict import COUNT, SKIP, Meta, Verdict

METAS: Final = (Meta("C4", "max_positions", ("EXPOSURE_COUNT",), COUNT, SKIP),)


def count(s: State, a: Ask, v: Verdict) -> None:
    new = 1 if a.adds and a.qty > 0 and not a.exposure.held() else 0
    v.cap("EXPOSURE_COUNT", s.totals.count + new, s.limits.max_positions, 0)
