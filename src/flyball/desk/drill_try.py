"""What a drill is: one way to trip one brake on a scratch copy, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flyball.desk.drill_scratch import Scratch
from flyball.kernel.effects import Decision
from flyball.kernel.words import APPROVE, BUY

DOUBLINGS: Final = 80


@dataclass
class Tried:
    """What was tried and what came."""

    what: str
    came: str
    ok: bool


@dataclass
class Drill:
    """One way to trip a brake. `expect` is the code, or in words what has to come."""

    expect: str
    run: Callable[[Scratch], Tried]


def spoke(code: str, what: str, d: Decision) -> Tried:
    return Tried(what, " ".join(d.codes) or d.verdict, code in d.codes and d.verdict != APPROVE)


def said(what: str, came: str, ok: bool) -> Tried:
    return Tried(what, came, ok)


def cap(code: str) -> Drill:
    def run(sc: Scratch) -> Tried:
        lot = sc.m.lot
        fits, over = 0, 1
        for _ in range(DOUBLINGS):
            if code in sc.would(BUY, over * lot).codes:
                break
            fits, over = over, over * 2
        else:
            return said(f"buy up to {sc.named(fits * lot)}", "it passes this cap", False)
        while over - fits > 1:
            half = (fits + over) // 2
            if code in sc.would(BUY, half * lot).codes:
                over = half
            else:
                fits = half
        what = f"buy {sc.named(over * lot)}" + (", one lot less passes it" if fits else "")
        d = sc.would(BUY, over * lot)
        less = fits == 0 or code not in sc.would(BUY, fits * lot).codes
        return Tried(what, " ".join(d.codes), code in d.codes and less)

    return Drill(code, run)


def unpriced(code: str) -> Drill:
    def run(sc: Scratch) -> Tried:
        sc.instrument("DARK")
        sc.symbol = "DARK"
        return spoke(code, "a symbol without any price", sc.would(BUY, sc.m.lot))

    return Drill(code, run)
