"""L13: a strategy that runs away from the person who answers for it is halted until he has looked.

    unreviewed   its entries were executed `max_executions_unreviewed` times since the last review; in
                 live mode after every one of its first 20 (RTS 6 article 15(3): repeated automated
                 execution)
    children     one parent was named by `max_child_orders` approved orders in a day (Knight 2012:
                 children went on after their parent was filled)
    rejects      the broker rejected `reject_streak` of its orders in a row
    flood        it sent `ingress_flood` intents in a day that were none, or above its allowance

Clearing L13, or `review` before it trips, sets the counts back.
"""

from typing import Final

from flyball.kernel.bounds import MAX_STRATEGIES
from flyball.kernel.conduct import Conduct
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event, Fill, Ingress, Intent, Update
from flyball.kernel.latches import BY_GOVERNOR, set_latch
from flyball.kernel.orders import OrderState
from flyball.kernel.placing import cancel_adds
from flyball.kernel.state import State
from flyball.kernel.units import UNKNOWN
from flyball.kernel.words import ACCEPTED

FIRST_LIVE: Final = 20  # entries of a strategy in live mode that are each reviewed (N = 1)
LIVE: Final = "live"
NOBODYS: Final = "_"  # how the books of no strategy begin


def entering(s: State, e: Event) -> OrderState | None:
    """Before a fill is applied: the bot's entry of which it is the first execution."""
    o = s.order(e.client_id) if isinstance(e, Fill) else None
    return o if o is not None and o.adds and not o.author and o.filled == 0 else None


def count(s: State, out: list[Effect], e: Event, refused: bool, entry: OrderState | None) -> None:
    """After an event was applied. `refused` and `entry`: what `incidents.rejected` and `entering` found."""
    if isinstance(e, Fill):
        if entry is not None and entry.filled > 0:
            _executed(s, out, entry.strategy)
    elif isinstance(e, Update):
        o = s.order(e.client_id)
        c = _of(s, o.strategy) if o is not None and not o.author else None
        if c is not None and o is not None and refused:
            c.rejects += 1
            _reached(s, out, o.strategy, c.rejects, s.limits.reject_streak, "orders rejected in a row")
        elif c is not None and e.state == ACCEPTED:
            c.rejects = 0
    elif isinstance(e, Ingress):
        c = _of(s, e.strategy)
        if c is not None:
            c.dropped += max(e.dropped, 0) + max(e.rubbish, 0)
            _reached(s, out, e.strategy, c.dropped, s.limits.ingress_flood, "intents dropped today")


def approved(s: State, out: list[Effect], e: Intent) -> None:
    """An order that adds was approved."""
    c = _of(s, e.strategy) if e.parent else None
    if c is not None:
        n = c.children.get(e.parent, 0) + 1
        c.children[e.parent] = n
        _reached(s, out, e.strategy, n, s.limits.max_child_orders, f"orders of parent {e.parent}")


def _executed(s: State, out: list[Effect], strategy: str) -> None:
    c = _of(s, strategy)
    if c is None:
        return
    c.executions += 1
    c.unreviewed += 1
    first = s.mode == LIVE and c.executions <= FIRST_LIVE
    most = 1 if first else s.limits.max_executions_unreviewed
    _reached(s, out, strategy, c.unreviewed, most, "executions without review")


def _of(s: State, strategy: str) -> Conduct | None:
    """The record of a strategy; None for what belongs to none, or is one too many to remember."""
    found = s.brakes.conduct.get(strategy)
    if (
        found is None
        and strategy
        and not strategy.startswith(NOBODYS)
        and len(s.brakes.conduct) < MAX_STRATEGIES
    ):
        found = Conduct()
        s.brakes.conduct[strategy] = found
    return found


def _reached(s: State, out: list[Effect], strategy: str, n: int, most: int, what: str) -> None:
    scope = f"strategy:{strategy}"
    if most != UNKNOWN and n >= most and set_latch(s, out, "L13", scope, BY_GOVERNOR, f"{n} {what}"):
        cancel_adds(s, out, scope, "L13")


def reviewed(s: State, strategy: str) -> None:
    """A person has looked: the counts begin again."""
    c = s.brakes.conduct.get(strategy)
    if c is not None:
        c.unreviewed = c.rejects = c.dropped = 0
        c.children = {}


def next_day(s: State) -> None:
    """What is counted by the day begins again. A latch that tripped stays."""
    for c in s.brakes.conduct.values():
        c.dropped = 0
        c.children = {}
