"""A broker with a published limit: so many calls in each minute of its clock, and not one more.

A call above it is not taken and says so at once, with the time from which the next one is (`Throttled`, as a
429 with Retry-After does). Calls of other programs with the same key count as well (`others`).
"""

from collections.abc import Callable

from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Account, Answer, Event
from flyball.kernel.units import MINUTE
from flyball.ports import Broker, Throttled


class Limited:
    """`ports.Broker` in front of another one. `per_minute`: calls it takes in each minute, at least one;
    `now`: the time at the broker, UTC ns."""

    def __init__(self, broker: Broker, per_minute: int, now: Callable[[], int]) -> None:
        if per_minute < 1:
            raise ValueError(f"per_minute = {per_minute}: at least one call a minute")
        self.broker = broker
        self.per_minute = per_minute
        self.now = now
        self.calls = 0  # taken, of all time
        self.refused = 0
        self._minute = -1
        self._used = 0

    def others(self, calls: int) -> None:
        """Somebody else spends calls of this minute."""
        self._turn()
        self._used = min(self.per_minute, self._used + calls)

    def submit(self, order: Order) -> None:
        self._count()
        self.broker.submit(order)

    def cancel(self, cancel: Cancel) -> None:
        self._count()
        self.broker.cancel(cancel)

    def cancel_all(self, cancel: CancelAll) -> None:
        self._count()
        self.broker.cancel_all(cancel)

    def query(self, query: Query) -> None:
        self._count()
        self.broker.query(query)

    def account(self, ask: AskAccount) -> None:
        self._count()
        self.broker.account(ask)

    async def lookup(self, client_id: str, now: int) -> Answer | None:
        try:
            self._count()
        except Throttled:
            return None
        return await self.broker.lookup(client_id, now)

    async def read_account(self, now: int) -> Account | None:
        try:
            self._count()
        except Throttled:
            return None
        return await self.broker.read_account(now)

    def resume(self, cursor: int, now: int) -> None:
        self.broker.resume(cursor, now)

    def next_due(self) -> int | None:
        return self.broker.next_due()

    def take(self, now: int) -> list[Event]:
        return self.broker.take(now)

    def _turn(self) -> int:
        minute = self.now() // MINUTE
        if minute != self._minute:
            self._minute, self._used = minute, 0
        return minute

    def _count(self) -> None:
        minute = self._turn()
        if self._used >= self.per_minute:
            self.refused += 1
            raise Throttled((minute + 1) * MINUTE)
        self._used += 1
        self.calls += 1
