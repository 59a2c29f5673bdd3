"""A stretch of the journal gone through without an event that was decided with it (J9): what the kernel makes
of the rest need not be what was recorded, but what was recorded is what happened.

So every event is stepped on, and of the effects only the orders count: an order of the journal keeps its id,
one that only this replay would have placed is no order (it was never sent). What cannot be told apart this
way is settled afterwards with the broker, under L5 and L7. All of it is a function of the journal alone.
"""

from collections.abc import Callable, Mapping
from typing import Final, get_args

from flyball.journal.codec import Record
from flyball.kernel.effects import Order
from flyball.kernel.events import Event, NotSent
from flyball.kernel.governor import Governor

_EVENTS: Final = get_args(Event)
_APART: Final = 1_000_000_000  # numbers no order of a journal has


class Without:
    """From an event left out up to, not including, record `until`."""

    def __init__(
        self,
        governor: Governor,
        left_out: Mapping[int, int],
        watch: Callable[[int, Event], None] | None,
    ) -> None:
        self.until = 0
        self.events = 0
        self._governor = governor
        self._left_out = left_out
        self._watch = watch
        self._event: Event | None = None  # whose recorded effects are coming
        self._seq = 0
        self._orders: list[Order] = []
        self._apart = _APART

    def take(self, seq: int, record: Record) -> None:
        """The next record."""
        if isinstance(record, _EVENTS):
            self.end(seq - 1)
            self._event = None if seq in self._left_out else record
            self._seq = seq
        elif isinstance(record, Order) and record.attempt == 1:
            self._orders.append(record)

    def end(self, seq: int) -> None:
        """Record `seq` was the last of the event under way: now it is stepped."""
        event, orders = self._event, self._orders
        self._event, self._orders = None, []
        s = self._governor.state
        last = s.order_seq
        if orders:
            s.order_seq = number_of(orders[0].client_id) - 1
            last = max(last, *(number_of(order.client_id) for order in orders))
        else:
            s.order_seq = self._apart = self._apart + 1_000
        if event is not None:
            self.events += 1
            self._step(self._seq, event, {order.client_id for order in orders})
        s.order_seq = last
        s.seq = seq

    def _step(self, seq: int, event: Event, sent: set[str]) -> None:
        if self._watch is not None:
            self._watch(seq, event)
        for effect in self._governor.step(event):
            if isinstance(effect, Order) and effect.attempt == 1 and effect.client_id not in sent:
                self._governor.step(NotSent(event.ts, effect.client_id, "its cause was left out"))


def number_of(client_id: str) -> int:
    """The running number in an order's id."""
    part = client_id.split("-")[2:3]
    return int(part[0]) if part and part[0].isdigit() else 0
