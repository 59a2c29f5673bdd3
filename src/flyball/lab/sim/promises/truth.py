"""What the broker really has, against what left and what the journal knows (P1, P3, P4, P9)."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from flyball.broker.paper_account import Execution, Standing
from flyball.kernel.governor import Governor
from flyball.lab.sim.promises.amounts import MICRO
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model
from flyball.lab.sim.promises.socket import Socket

WORKING: Final = ("PENDING", "ACCEPTED", "PARTIALLY_FILLED")
BREAKS: Final = ("L5", "L7")  # what says that ledger and broker differ
CENT: Final = 10_000  # micros


class Truth(Protocol):
    """`Paper.truth()` or `Chaos.truth()`."""

    @property
    def cash(self) -> int: ...
    @property
    def positions(self) -> Mapping[str, int]: ...
    @property
    def orders(self) -> Mapping[str, Standing]: ...
    @property
    def fills(self) -> Sequence[Execution]: ...


class AtTheBroker:
    """What of the truth was looked at already."""

    def __init__(self) -> None:
        self._fills = 0
        self._orders = 0
        self._held: dict[str, int] = {}
        self._by_hand: set[str] = set()  # symbols somebody else trades in

    def look(self, t: Truth, m: Model, s: Socket) -> None:
        """After anything that may have changed it."""
        if len(t.orders) != self._orders:
            self._orders = len(t.orders)
            _only_what_left(t, m, s)
        self._restated(t)
        self._executions(t, m, s)
        self._held = dict(t.positions)
        _one_a_leg(t, m, s)

    def _restated(self, t: Truth) -> None:
        """A corporate action has changed a position: nobody knows which executions came before it."""
        held = dict(self._held)
        for fill in t.fills[self._fills :]:
            held[fill.symbol] = held.get(fill.symbol, 0) + fill.side * fill.qty
        symbols = sorted({*held, *t.positions})
        self._by_hand.update(x for x in symbols if held.get(x, 0) != t.positions.get(x, 0))

    def _executions(self, t: Truth, m: Model, s: Socket) -> None:
        """P3 by the truth: a fill of what reduces brings the account nearer to zero, unless a hand that is
        not ours has moved it.
        """
        if self._fills > len(t.fills):  # never: executions are not unmade
            raise Broken("P9", f"the broker had {self._fills} executions, now {len(t.fills)}")
        for fill in t.fills[self._fills :]:
            before = self._held.get(fill.symbol, 0)
            after = before + fill.side * fill.qty
            self._held[fill.symbol] = after
            order = s.first.get(fill.client_id)
            if order is None:
                self._by_hand.add(fill.symbol)
            elif not order.adds and fill.symbol not in self._by_hand and not 0 <= after * before < before**2:
                raise Broken(
                    "P3", f"{fill.client_id}: reduces, and took the account from {before} to {after}"
                )
        self._fills = len(t.fills)


def _ours(m: Model, client_id: str) -> bool:
    return client_id.startswith(f"fb{m.account}-")


def _only_what_left(t: Truth, m: Model, s: Socket) -> None:
    """P1 by the truth: every order of ours there left through the socket, as it is."""
    for client_id, standing in t.orders.items():
        if not _ours(m, client_id):
            continue
        left, placed = s.first.get(client_id), standing.placed
        if left is None:
            raise Broken("P1", f"{client_id}: at the broker, and never left")
        for name in ("symbol", "side", "qty", "limit", "type", "tif"):
            if getattr(left, name) != getattr(placed, name):
                raise Broken("P1", f"{client_id}: {name} {getattr(placed, name)!r} at the broker")


def _one_a_leg(t: Truth, m: Model, s: Socket) -> None:
    """P4 by the truth: two working orders never carry out one decision leg."""
    legs: dict[tuple[str, str, int, int], str] = {}
    for client_id, standing in t.orders.items():
        if standing.state not in WORKING:
            continue
        f, known = s.first.get(client_id), m.orders.get(client_id)
        if f is None or known is None or not f.intent:
            continue
        leg = (f.strategy, f.intent, f.leg, known.decision)
        if legs.setdefault(leg, client_id) != client_id:
            raise Broken("P4", f"{client_id}: {legs[leg]} works for the same decision at the broker")


def at_peace(t: Truth, m: Model, g: Governor) -> None:
    """P9, P10 and P6 when all is quiet: every order resolved, ledger and broker the same, or a latch and a
    divergence that name what differs.
    """
    for client_id, standing in t.orders.items():
        if standing.state in WORKING and _ours(m, client_id):
            raise Broken("P9", f"{client_id}: still {standing.state} at the broker when all is quiet")
    for o in m.all_live():
        raise Broken("P9", f"{o.first.client_id}: not resolved when all is quiet, {o.remaining()} may come")
    for held in g.state.orders.values():
        raise Broken("P9", f"{held.client_id}: the governor still holds it as {held.state}")
    excused = {what for what, _ in m.differs} if any(key[0] in BREAKS for key in m.latches) else set()
    for symbol in sorted({*t.positions, *m.instruments}):
        ours, theirs = m.position(symbol), t.positions.get(symbol, 0)
        if ours != theirs and f"position {symbol}" not in excused:
            raise Broken("P9", f"{symbol}: {ours} in the ledger, {theirs} at the broker, and nothing says so")
    if not excused:
        _every_fill(t, m)
        apart = abs(g.state.cash - t.cash)
        if apart >= CENT or abs(m.cash - t.cash * MICRO) > m.rounding() + CENT * MICRO:
            raise Broken("P9", f"cash {g.state.cash} in the ledger, {t.cash} at the broker")


def _every_fill(t: Truth, m: Model) -> None:
    there: dict[str, int] = {}
    for fill in t.fills:
        there[fill.client_id] = there.get(fill.client_id, 0) + fill.qty
    for client_id, o in m.orders.items():
        if o.filled != there.get(client_id, 0):
            raise Broken(
                "P9", f"{client_id}: {o.filled} filled in the ledger, {there.get(client_id, 0)} at the broker"
            )
