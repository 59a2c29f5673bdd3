"""P5 and P6, and the triggers: a loss that reaches its limit latches; while a latch forbids adding nothing
that adds is emitted and what rests is asked back; only an operator with the secret clears what needs one."""

from typing import Final

from flyball.kernel.effects import LatchChange
from flyball.kernel.effects import Order as Emitted
from flyball.kernel.events import Command
from flyball.lab.sim.promises.amounts import MICRO, PPM, shown
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model

OPERATOR: Final = ("L1", "L2", "L3", "L4", "L5", "L9b", "L13", "L14")
NEXT_SESSION: Final = ("L1", "L3")
ZONES: Final = (("drawdown_halt", "L2"),)


def adds_allowed(m: Model, f: Emitted) -> None:
    """An order that adds is emitted, or leaves."""
    latch = m.forbids(f.strategy, f.symbol)
    if latch is not None:
        where = f"{latch.record.latch} on {latch.record.scope}"
        raise Broken("P5", f"{f.client_id}: adds under {where} (record {latch.seq})")


def asked_back(m: Model) -> None:
    """After a step: working orders that add, in a forbidding latch's scope, have been asked back."""
    if not m.latches:
        return
    for o in m.all_live():
        f = o.first
        if f.adds and not o.ended and not o.cancels and m.forbids(f.strategy, f.symbol) is not None:
            raise Broken("P5", f"{f.client_id}: left resting under a latch")


def cleared_by_a_person(m: Model, f: LatchChange) -> None:
    """A latch changes, before it is taken in: it loosens only by a named operator with the secret."""
    held = m.latches.get((f.latch, f.scope))
    if f.latch not in OPERATOR or held is None:
        return
    name = f"{f.latch} on {f.scope}"
    if f.action == "cleared" and f.latch in NEXT_SESSION and held.day == m.today():
        raise Broken("P6", f"{name}: cleared on the day it was set")
    e = m.event
    if isinstance(e, Command) and e.by and e.authority == ("approver" if e.what == "confirm" else "secret"):
        return
    by = e.KIND if e is not None else "nothing"
    if f.action == "cleared":
        raise Broken("P6", f"{name}: cleared by {by}")
    if held.record.positions == "flatten" and f.positions != "flatten":
        raise Broken("P6", f"{name}: no longer flattens, by {by}")


def tripped(m: Model) -> None:
    """After a price or a fill: a loss equal to a trigger trips, for the account, strategies and symbols."""
    if m.day is None or not m.watched or not m.valued():
        return
    slack, base = m.rounding(), m.base()
    for scope, key in m.limits.rows:
        if key != "max_daily_loss":
            continue
        kind, _, name = scope.partition(":")
        if kind == "symbol" and name != getattr(m.event, "symbol", ""):
            continue  # looked at when it moves
        who = {"strategy": name if kind == "strategy" else "", "symbol": name if kind == "symbol" else ""}
        cap, lost = m.limits.cap(key, base, **who), m.loss(**who)
        if cap is not None and lost >= cap + slack and ("L1", scope or "account") not in m.latches:
            raise Broken("P2", f"L1: lost {shown(lost)} of {shown(cap)} on {scope or 'account'}, no latch")
    if ("L2", "account") not in m.latches and m.monday:
        cap, lost = m.limits.cap("max_weekly_loss", base), m.week_loss()
        if cap is not None and lost >= cap + slack:
            raise Broken("P2", f"L2: lost {shown(lost)} of {shown(cap)} this week, no latch")
        floor = m.limits.number("min_account_equity")
        if floor is not None and m.equity() <= floor * MICRO - slack:
            raise Broken("P2", f"L2: equity {shown(m.equity())} at or below {shown(floor * MICRO)}, no latch")
    for zone, latch in ZONES:
        ppm = m.limits.number(zone)
        down = m.high_water - m.equity() - slack
        if ppm is None or m.high_water <= 0 or down <= 0 or (latch, "account") in m.latches:
            continue
        if down * PPM >= ppm * m.high_water:
            raise Broken("P2", f"{latch}: {shown(down)} down from {shown(m.high_water)}, no latch")
