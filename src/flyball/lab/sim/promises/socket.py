"""What left, counted at the socket, across restarts (P1, P4, P5).

An order leaves only behind its journaled record: what adds when that record is durable, what reduces after
the write. It is the order that was journaled; its id never means another; while a latch forbids adding, or
when it is too old, what adds does not leave; after a start the broker is asked before it leaves again.

Exits leave before the batch that decided them is shown, so a message whose record has not been seen yet waits
for it: at the next batch, or in what the next start recovers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flyball.kernel.effects import Cancel, CancelAll
from flyball.kernel.effects import Order as Emitted
from flyball.lab.sim.promises.amounts import NS
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.latched import adds_allowed
from flyball.lab.sim.promises.model import Model
from flyball.lab.sim.promises.order import IDENTITY
from flyball.lab.sim.promises.reducing import nearer_to_zero

EXIT_AGE: Final = 10 * NS  # C27, on_reduce
ADD_AGE: Final = 5 * NS  # C27 unless configured


@dataclass(slots=True)
class Sending:
    """One order on its way out, and what was durable then."""

    order: Emitted
    durable: int
    now: int


class Socket:
    """Everything that left, by client id."""

    def __init__(self) -> None:
        self.first: dict[str, Emitted] = {}  # as it left first, in whatever process
        self.attempts: dict[str, set[int]] = {}  # that left, in whatever process
        self.count = 0
        self._left: set[tuple[str, int]] = set()  # in this process
        self._asked: set[str] = set()  # looked up in this process
        self._waiting: list[Sending] = []
        self._cancels: list[Cancel | CancelAll] = []

    def started(self) -> None:
        self._left.clear()
        self._asked.clear()

    def looked_up(self, client_id: str) -> None:
        self._asked.add(client_id)

    def sending(self, m: Model, order: Emitted, durable: int, now: int, *, behind: bool) -> None:
        """An order leaves. `behind`: a batch was taken of which the model does not know yet."""
        self.count += 1
        f = order
        if (f.client_id, f.attempt) in self._left:
            raise Broken("P4", f"{f.client_id}: attempt {f.attempt} left twice")
        self._left.add((f.client_id, f.attempt))
        was = self.first.setdefault(f.client_id, f)
        for name in IDENTITY:
            if getattr(was, name) != getattr(f, name):
                raise Broken("P4", f"{f.client_id}: left as {getattr(was, name)!r}, now {getattr(f, name)!r}")
        self.attempts.setdefault(f.client_id, set()).add(f.attempt)
        one = Sending(f, durable, now)
        if behind or not _journaled(m, f):
            self._waiting.append(one)
        else:
            self._judge(m, one, written=True)

    def cancelling(self, m: Model, cancel: Cancel | CancelAll, *, behind: bool) -> None:
        """A cancel leaves; it needs its record like everything else."""
        if behind or not _asked_back(m, cancel):
            self._cancels.append(cancel)

    def shown(self, m: Model, *, written: bool) -> None:
        """A batch was taken in: what waited for it has its record now. `written`: it is in the journal."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not _journaled(m, one.order):
                raise Broken("P1", f"{one.order.client_id}: left without a record")
            self._judge(m, one, written=written)
        cancels, self._cancels = self._cancels, []
        for cancel in cancels:
            if not _asked_back(m, cancel):
                raise Broken("P1", f"{cancel}: left without a record")

    def ended(self) -> list[Sending]:
        """The process is dead: what left and was not shown any more."""
        waiting, self._waiting = self._waiting, []
        self._cancels.clear()
        return waiting

    def _judge(self, m: Model, one: Sending, *, written: bool) -> None:
        f, o = one.order, m.orders[one.order.client_id]
        if f.again and f.client_id not in self._asked:
            raise Broken("P5", f"{f.client_id}: left again after a start, and the broker was not asked")
        if f.adds:
            if not written or o.seq > one.durable:
                raise Broken("P1", f"{f.client_id}: adds, record {o.seq} left when {one.durable} was durable")
            adds_allowed(m, f)
        else:
            nearer_to_zero(m, f, self.first)
        if f.author or not f.intent:
            return
        age = m.limits.number("max_intent_age")
        most = ADD_AGE if age is None else age
        if not f.adds:
            most = max(most, EXIT_AGE)
        # what a close takes back first it waits for: its own way begins when its order comes out
        born = f.ts if m.closes(f) else max(o.created, 0)
        if one.now - born > most:
            raise Broken("P5", f"{f.client_id}: left {one.now - born} ns after its intent, {most} allowed")


def _journaled(m: Model, f: Emitted) -> bool:
    o = m.orders.get(f.client_id)
    return o is not None and o.attempt >= f.attempt


def _asked_back(m: Model, cancel: Cancel | CancelAll) -> bool:
    if isinstance(cancel, CancelAll):
        return f"all {cancel.attempt}" in m.asked_back
    if cancel.broker_id:
        return cancel.broker_id in m.asked_back
    o = m.orders.get(cancel.client_id)
    return o is not None and o.cancels > 0


def lost_exits(m: Model, left: Iterable[Sending], noted: Iterable[str]) -> None:
    """P1 after a crash: what left was written first, or noted in the emergency log. `noted`: client ids."""
    known = set(noted)
    for one in left:
        if not _journaled(m, one.order) and one.order.client_id not in known:
            raise Broken("P1", f"{one.order.client_id}: left, and neither journal nor emergency log has it")
