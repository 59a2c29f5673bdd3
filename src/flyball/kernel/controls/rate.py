"""C20 order_rate, min_spacing, message_rate, reject_rate, max_orders_per_day: never more than N in any
second, counted exactly.

A window of the last N times rather than a token bucket: a full bucket plus its refill lets through nearly 2
N in one second, and an auditor who counts would find the limit passed. What reduces has a rate of its own.
Everbright 2013; RTS 6 art. 15(1)(d).
"""

from typing import Final

from flyball.kernel.ask import Ask
from flyball.kernel.state import State
from flyball.kernel.units import NS, UNKNOWN
from flyball.kernel.verdict import COUNT, OWN, SKIP, Meta, Verdict
from flyball.kernel.verdict import NS as NS_UNIT

SECOND: Final = NS
MINUTE: Final = 60 * NS

METAS: Final = (
    Meta("C20", "order_rate", ("RATE_ORDERS",), COUNT, SKIP),
    Meta("C20", "min_spacing", ("RATE_SPACING",), NS_UNIT, SKIP),
    Meta("C20", "message_rate", ("RATE_MESSAGES",), COUNT, SKIP),
    Meta("C20", "reject_rate", ("RATE_REJECTS",), COUNT, SKIP),
    Meta("C20", "max_orders_per_day", ("RATE_DAY",), COUNT, SKIP),
    Meta("C20", "reduce_rate", ("RATE_REDUCE",), COUNT, OWN),
)


def within(times: list[int], now: int, window: int) -> int:
    """How many of these times, oldest first, lie in the window that ends now."""
    inside = 0
    for t in reversed(times):
        if now - t >= window:
            break
        inside += 1
    return inside


def remember(times: list[int], now: int, window: int) -> None:
    """Add a time and forget what left the window. Bounded by what may happen in one window."""
    while times and now - times[0] >= window:
        times.pop(0)
    times.append(now)


def rate(s: State, a: Ask, v: Verdict) -> None:
    lim = s.limits
    r = s.rates
    orders = within(r.orders, a.ts, SECOND) + 1
    v.refuse("RATE_ORDERS", lim.order_rate != UNKNOWN and orders > lim.order_rate, orders, lim.order_rate)
    spacing = a.ts - r.orders[-1] if r.orders else UNKNOWN
    v.refuse("RATE_SPACING", 0 <= spacing < lim.min_spacing, spacing, lim.min_spacing)
    messages = within(r.messages, a.ts, SECOND) + 1
    v.refuse(
        "RATE_MESSAGES",
        lim.message_rate != UNKNOWN and messages > lim.message_rate,
        messages,
        lim.message_rate,
    )
    rejects = within(r.rejects, a.ts, MINUTE)
    v.refuse(
        "RATE_REJECTS", lim.reject_rate != UNKNOWN and rejects > lim.reject_rate, rejects, lim.reject_rate
    )
    today = s.day.orders + 1
    v.refuse(
        "RATE_DAY",
        lim.max_orders_per_day != UNKNOWN and today > lim.max_orders_per_day,
        today,
        lim.max_orders_per_day,
    )
    reduces = within(r.reduces, a.ts, SECOND) + 1
    v.forbid("RATE_REDUCE", not a.adds and reduces > lim.reduce_rate, reduces, lim.reduce_rate)
