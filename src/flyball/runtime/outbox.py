"""The way out: cancels, questions and exits at once, adds only when their block is durable, each through the
last gate.

One order's messages are never reordered: a cancel for an order that still waits here takes it out instead.
What the gate stops is journaled as NOT_SENT (B15). Where the broker takes only so many calls a minute,
cancels go first, then exits, then questions; what adds never waits for that (`budget`).
"""

from collections import deque
from typing import Final

from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Effect, Order, Query
from flyball.kernel.events import Event, NotSent, Sent, Shut
from flyball.kernel.governor import Governor
from flyball.ports import Broker, Throttled
from flyball.runtime.budget import ADDS, CANCELS, EXITS, LANES, READS, Budget

NO_ALLOWANCE: Final = "the broker takes no more calls now but what is reserved for cancels and exits"

Call = Cancel | CancelAll | Query | AskAccount | Order


class Outbox:
    """Effects that are work for the broker."""

    def __init__(
        self, governor: Governor, broker: Broker, *, sends: bool = True, budget: Budget | None = None
    ) -> None:
        self.governor = governor
        self.broker = broker
        self.sends = sends  # False in shadow and read-only: everything is decided, nothing leaves
        self.budget = Budget() if budget is None else budget
        self.lanes: dict[int, deque[Call]] = {lane: deque() for lane in LANES}  # for want of allowance
        self.told = 0  # until when the governor knows that it has to wait
        self.waiting: deque[tuple[Order, int]] = deque()
        self.inbox: list[Event] = []  # what became of it, for the next batch
        self.lookups: list[str] = []  # ids to ask for before anything else, after a start

    def put(self, effects: list[Effect], token: int, now: int) -> None:
        """Take the effects of one batch. `token` -1: it cannot become durable, so adds are void."""
        for effect in effects:
            if isinstance(effect, Cancel):
                self._cancel(effect, now)
            elif isinstance(effect, CancelAll):
                self.void(effect.why, now)
                self._call(CANCELS, effect)
            elif isinstance(effect, Query):
                if effect.ask == 0:
                    self.lookups.append(effect.client_id)
                else:
                    self._call(READS, effect)
            elif isinstance(effect, AskAccount):
                self._call(READS, effect)
            elif isinstance(effect, Order):
                if not effect.adds:
                    self._call(EXITS, effect)
                elif token < 0:
                    self.inbox.append(NotSent(now, effect.client_id, "LATCH_L9a"))
                else:
                    self.waiting.append((effect, token))
        self.pump(now)

    def pump(self, now: int) -> None:
        """Let out what the broker's allowance permits by now; say so when cancels or exits have to wait."""
        for lane, calls in self.lanes.items():
            while calls and self.budget.due(lane, now) <= now:
                if not self._out(calls[0], now):
                    break
                calls.popleft()
        held = [*self.lanes[CANCELS], *self.lanes[EXITS]]
        until = self.budget.due(EXITS, now)
        if held and until > max(now, self.told):
            self.told = until
            self.inbox.append(Shut(now, min(call.ts for call in held), until))

    def next_due(self, now: int) -> int | None:
        """When the allowance permits the next call that waits; None when none waits for it."""
        waiting = [self.budget.due(lane, now) for lane, calls in self.lanes.items() if calls]
        return min(waiting, default=None)

    def release(self, durable: int, now: int) -> None:
        """Send what has become durable."""
        while self.waiting and self.waiting[0][1] <= durable:
            order, _ = self.waiting.popleft()
            if self.budget.due(ADDS, now) > now or not self._out(order, now):
                self.inbox.append(NotSent(now, order.client_id, NO_ALLOWANCE))

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
        for held in self.lanes[EXITS]:
            if isinstance(held, Order) and held.client_id == effect.client_id:
                self.lanes[EXITS].remove(held)
                self.inbox.append(NotSent(now, effect.client_id, effect.why))
                return
        self._call(CANCELS, effect)

    def _call(self, lane: int, effect: Call) -> None:
        """Behind what waits in its lane; a question asked anew replaces the older one."""
        calls = self.lanes[lane]
        if lane == READS:
            for held in calls:
                if _same_question(held, effect):
                    calls.remove(held)
                    break
        calls.append(effect)

    def _out(self, effect: Call, now: int) -> bool:
        """Through the gate and to the broker; False when the broker did not take it."""
        try:
            if isinstance(effect, Order):
                return self._send(effect, now)
            if isinstance(effect, Cancel):
                self.broker.cancel(effect)
            elif isinstance(effect, CancelAll):
                self.broker.cancel_all(effect)
            elif isinstance(effect, Query):
                self.broker.query(effect)
            else:
                self.broker.account(effect)
        except Throttled as throttled:
            self.budget.shut(max(throttled.until, now + 1))
            return False
        self.budget.spend(now)
        return True

    def _send(self, order: Order, now: int) -> bool:
        why = self.governor.may_send(order.client_id, now) if self.sends else "this mode sends nothing"
        if why:
            self.inbox.append(NotSent(now, order.client_id, why))
            return True
        self.broker.submit(order)
        self.budget.spend(now)
        self.inbox.append(Sent(now, order.client_id, order.attempt))
        return True


def _same_question(a: Call, b: Call) -> bool:
    if isinstance(a, Query) and isinstance(b, Query):
        return a.client_id == b.client_id
    return isinstance(a, AskAccount) and isinstance(b, AskAccount)
