"""The way out: cancels, questions and exits at once, adds only when their block is durable, each through the
last gate.

One order's messages are never reordered: a cancel for an order that still waits here takes it out instead.
What the gate stops is journaled as NOT_SENT (B15).
"""

from collections import deque

from flyball.kernel.effects import AskAccount, Cancel, Effect, Order, Query
from flyball.kernel.events import Event, NotSent, Sent
from flyball.kernel.governor import Governor
from flyball.ports import Broker


class Outbox:
    """Effects that are work for the broker."""

    def __init__(self, governor: Governor, broker: Broker, *, sends: bool = True) -> None:
        self.governor = governor
        self.broker = broker
        self.sends = sends  # False in shadow and read-only: everything is decided, nothing leaves
        self.waiting: deque[tuple[Order, int]] = deque()
        self.inbox: list[Event] = []  # what became of it, for the next batch
        self.lookups: list[str] = []  # ids to ask for before anything else, after a start

    def put(self, effects: list[Effect], token: int, now: int) -> None:
        """Take the effects of one batch. `token` -1: it cannot become durable, so adds are void."""
        for effect in effects:
            if isinstance(effect, Cancel):
                self._cancel(effect, now)
            elif isinstance(effect, Query):
                if effect.ask == 0:
                    self.lookups.append(effect.client_id)
                else:
                    self.broker.query(effect)
            elif isinstance(effect, AskAccount):
                self.broker.account(effect)
            elif isinstance(effect, Order):
                if not effect.adds:
                    self._send(effect, now)
                elif token < 0:
                    self.inbox.append(NotSent(now, effect.client_id, "LATCH_L9a"))
                else:
                    self.waiting.append((effect, token))

    def release(self, durable: int, now: int) -> None:
        """Send what has become durable."""
        while self.waiting and self.waiting[0][1] <= durable:
            order, _ = self.waiting.popleft()
            self._send(order, now)

    def void(self, why: str, now: int) -> None:
        """Nothing that waits here can become durable any more."""
        while self.waiting:
            order, _ = self.waiting.popleft()
            self.inbox.append(NotSent(now, order.client_id, why))

    def newest(self) -> int:
        """The token everything waiting needs; -1 when nothing waits."""
        return self.waiting[-1][1] if self.waiting else -1

    def _cancel(self, effect: Cancel, now: int) -> None:
        for entry in self.waiting:
            if entry[0].client_id == effect.client_id:
                self.waiting.remove(entry)
                self.inbox.append(NotSent(now, effect.client_id, effect.why))
                return
        self.broker.cancel(effect)

    def _send(self, order: Order, now: int) -> None:
        why = self.governor.may_send(order.client_id, now) if self.sends else "this mode sends nothing"
        if why:
            self.inbox.append(NotSent(now, order.client_id, why))
            return
        self.broker.submit(order)
        self.inbox.append(Sent(now, order.client_id, order.attempt))
