"""C19 max_quote_age, spread, crossed, locked, max_tick_move: doubtful prices refuse what adds; what reduces
uses the last good mark.

A check that no feed of the session can ever serve is OFF and shown so.
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import OFF, PPM, UNKNOWN, ratio_ppm_up
from flyball.kernel.verdict import COUNT, NS, SKIP, Meta, Verdict
from flyball.kernel.verdict import PPM as PPM_UNIT

METAS: Final = (
    Meta("C19", "max_quote_age", ("DATA_STALE", "DATA_MISSING", "DATA_RESTATED"), NS, SKIP),
    Meta("C19", "max_spread", ("DATA_SPREAD",), PPM_UNIT, SKIP),
    Meta("C19", "crossed", ("DATA_CROSSED",), COUNT, SKIP),
    Meta("C19", "locked", ("DATA_LOCKED",), COUNT, SKIP),
    Meta("C19", "max_tick_move", ("DATA_SUSPECT",), COUNT, SKIP),
    Meta("C19", "valued", ("DATA_UNVALUED",), COUNT, SKIP),
)


def data(s: State, a: Ask, v: Verdict) -> None:
    m = a.market
    limit = a.limits.max_quote_age
    if not m.known():
        v.refuse("DATA_MISSING", True, UNKNOWN, limit)
    elif m.restated:
        v.refuse("DATA_RESTATED", True, UNKNOWN, limit)
    else:
        age = a.ts - m.seen_at
        v.refuse("DATA_STALE", limit != UNKNOWN and age > limit, age, limit)

    limit = a.limits.max_spread
    if m.bid > 0 and m.ask > 0:
        wide = m.ask - m.bid
        middle = m.bid + m.ask
        v.refuse(
            "DATA_SPREAD",
            limit != UNKNOWN and 2 * wide * PPM > limit * middle,
            ratio_ppm_up(2 * wide, middle),
            limit,
        )
    elif quotes(s):
        v.refuse("DATA_SPREAD", limit != UNKNOWN, UNKNOWN, limit)
    else:
        v.note(UNKNOWN, OFF)
    off = 0 if quotes(s) else OFF
    v.refuse("DATA_CROSSED", m.crossed, int(m.crossed), off)
    v.refuse("DATA_LOCKED", m.locked, int(m.locked), off)
    v.refuse("DATA_SUSPECT", m.suspect > 0, m.suspect_count, a.limits.max_tick_move)
    v.refuse("DATA_UNVALUED", not s.valued(), s.unvalued + s.totals.unpriced + len(s.foreign), 0)


def quotes(s: State) -> bool:
    """Whether any feed declared that it carries both sides of the quote; with none declared, assume that it
    should."""
    if not s.carries:
        return True
    return any("bid" in carried and "ask" in carried for carried in s.carries.values())
