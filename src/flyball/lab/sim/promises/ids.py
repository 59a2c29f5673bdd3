"""P1 and P4 in the journal: an order is what was decided, and a decision leg has one order under one id."""

from typing import Final

from flyball.kernel.effects import Ended
from flyball.kernel.effects import Order as Emitted
from flyball.kernel.events import Account, Command
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model
from flyball.lab.sim.promises.order import DISOWNED, ENDS, IDENTITY, Order

MOST_ATTEMPTS: Final = 3  # B3
FLATTENS: Final = ("flatten", "ladder")  # authors that need no latch


def one_id(m: Model, f: Emitted) -> None:
    """P4, before the order is taken in: the same id is the same order, tried again only with reason."""
    o = m.orders.get(f.client_id)
    if o is None:
        if f.attempt != 1:
            raise Broken("P4", f"{f.client_id}: a new id with attempt {f.attempt}")
        if f.intent:
            _no_other(m, f)
        return
    for name in IDENTITY:
        if getattr(f, name) != getattr(o.first, name):
            was, now = getattr(o.first, name), getattr(f, name)
            raise Broken("P4", f"{f.client_id}: issued again with {name} {now!r}, was {was!r}")
    if o.ended:
        raise Broken("P4", f"{f.client_id}: sent again after {o.ended}")
    steps = (o.attempt,) if f.again else (o.attempt + 1,)
    if f.attempt not in steps or f.attempt > MOST_ATTEMPTS:
        raise Broken("P4", f"{f.client_id}: attempt {f.attempt} after {o.attempt}")


def _no_other(m: Model, f: Emitted) -> None:
    found = m.decided.get((f.strategy, f.intent))
    seq = found.seq if found is not None else 0
    for o in m.all_live():
        if (o.first.strategy, o.first.intent, o.first.leg, o.decision) == (f.strategy, f.intent, f.leg, seq):
            raise Broken("P4", f"{f.client_id}: {o.first.client_id} is still live for the same decision")


def as_decided(m: Model, o: Order) -> None:
    """P1, a new order behind its decision: of this size, side, price, and approved."""
    f = o.first
    if not f.intent:
        if f.adds or not f.author:
            raise Broken("P1", f"{f.client_id}: adds, and nobody asked for it")
        if f.author not in FLATTENS and not _flattening(m, f):
            raise Broken("P1", f"{f.client_id}: author {f.author!r} has no latch that flattens")
        return
    found = m.decided.get((f.strategy, f.intent))
    if found is None:
        raise Broken("P1", f"{f.client_id}: no decision approved intent {f.intent!r}")
    d = found.decision
    for name in ("symbol", "side", "qty", "limit", "adds", "stop"):
        if name == "qty" and found.intent.type == "close" and 0 < f.qty < d.qty:
            continue  # what it took back was executed in part before its end
        if getattr(f, name) != getattr(d, name):
            ours, theirs = getattr(f, name), getattr(d, name)
            raise Broken("P1", f"{f.client_id}: {name} {ours}, decided (record {found.seq}) {theirs}")
    if f.adds and f.ts != d.ts:
        raise Broken("P1", f"{f.client_id}: adds at {f.ts}, decided at {d.ts}")


def _flattening(m: Model, f: Emitted) -> bool:
    return any(
        latch.record.latch == f.author and latch.covers(f.strategy, f.symbol) for latch in m.latches.values()
    )


def ended_with_reason(m: Model, f: Ended) -> None:
    """B1, P4: without the broker's word an order ends only when it never left, was disowned twice, is settled
    by a named person with the secret, or its day is over and the account shows nothing of it.
    """
    o = m.orders.get(f.client_id)
    if o is None or (f.state not in ENDS and f.state != "NOT_SENT"):
        return
    e = m.event
    never = not o.acknowledged and (o.unsent or o.disowned >= DISOWNED)
    person = isinstance(e, Command) and e.by != "" and e.authority == "secret"
    closed = m.day is not None and (o.day < m.day.day or m.ts >= m.day.close)
    day_over = isinstance(e, Account) and closed
    if not (never or person or day_over):
        by = e.KIND if e is not None else "nothing"
        raise Broken("P4", f"{f.client_id}: held for {f.state} after {by}, and nobody has said so")
