"""The Witness: a thin broker around everything else, that tells the judge what passes the socket."""

from collections.abc import Callable

from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Account, Answer, Event
from flyball.lab.sim.promises.judge import Judge
from flyball.ports import Broker


class Witness:
    """`ports.Broker`. `durable` is the newest record that is truly durable, `now` the governor's time."""

    def __init__(
        self, broker: Broker, judge: Judge, durable: Callable[[], int], now: Callable[[], int]
    ) -> None:
        self.broker = broker
        self.judge = judge
        self.durable = durable
        self.now = now

    def submit(self, order: Order) -> None:
        self.judge.sending(order, self.durable(), self.now())
        self.broker.submit(order)

    def cancel(self, cancel: Cancel) -> None:
        self.judge.cancelling(cancel)
        self.broker.cancel(cancel)

    def cancel_all(self, cancel: CancelAll) -> None:
        self.judge.cancelling(cancel)
        self.broker.cancel_all(cancel)

    def query(self, query: Query) -> None:
        self.judge.asking(query)
        self.broker.query(query)

    def account(self, ask: AskAccount) -> None:
        self.judge.asking(ask)
        self.broker.account(ask)

    async def lookup(self, client_id: str, now: int) -> Answer | None:
        found = await self.broker.lookup(client_id, now)
        self.judge.looked_up(client_id, found)
        return found

    async def read_account(self, now: int) -> Account | None:
        return await self.broker.read_account(now)

    def resume(self, cursor: int, now: int) -> None:
        self.broker.resume(cursor, now)

    def next_due(self) -> int | None:
        return self.broker.next_due()

    def take(self, now: int) -> list[Event]:
        return self.broker.take(now)
