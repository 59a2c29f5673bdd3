"""An event at which the governor dies whenever its source hands it over: a price or an intent, drawn by the
seed (fault `crash.poison`). What touches money is left to tests of its own: nobody can put right here what a
fill would leave behind.
"""

from collections.abc import Callable
from typing import Final

from flyball.lab.sim.draw import Draw
from flyball.runtime.trial import LIVE, read_mark

KINDS: Final = {"mark": 400, "intent": 40}


def poison(seed: int) -> Callable[[bytes], bool]:
    """Whether the process that has just written these bytes into its file of marks dies now."""
    draw = Draw(seed, "poison")
    kind = draw.pick(tuple(KINDS))
    n = draw.between(1, KINDS[kind])

    def dies(data: bytes) -> bool:
        under_way = read_mark(data)
        return under_way is not None and (under_way.mode, under_way.kind, under_way.n) == (LIVE, kind, n)

    return dies
