"""Which orders are live, told from the records alone: an order lives until there is evidence of its end.

An answer that the broker does not know an order ends it when it was asked at a start, or the second time in
a row; should the governor go on with it, the next `Order` or `Query` of the same id says so. One whose
broker states more filled than was seen still owes that difference.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.effects import Order, Query
from flyball.kernel.events import Answer, Fill, NotSent, Timeout, Update
from flyball.kernel.words import FILLED, FINAL_STATES, NOT_SENT, OUTSIDE, QUERY

BELIEVED: Final = 2  # answers in a row that an order never arrived
STRANGE: Final = 10_000  # executions of no order of ours that are remembered


@dataclass
class Ticket:
    """One order as the records have it. Quantities in the instrument's units."""

    strategy: str
    symbol: str
    side: int
    qty: int
    filled: int = 0
    stated: int = 0
    acknowledged: bool = False
    attempt: int = 1
    disowned: int = 0
    ask: int = 0
    asked: bool = False  # that question is open
    over: bool = False
    fill_ids: set[str] = field(default_factory=set)

    def live(self) -> bool:
        return self.stated > self.filled if self.over else self.filled < self.qty


@dataclass
class Working:
    """Every order of this risk day and the one before, by client order id."""

    account: str = ""
    tickets: dict[str, Ticket] = field(default_factory=dict)
    live: dict[str, Ticket] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)  # today
    _ended_before: set[str] = field(default_factory=set)  # the day before
    _strange: dict[str, None] = field(default_factory=dict)  # executions of no order of ours

    def order(self, e: Order) -> bool:
        """An order leaves; True when it is a new one, not the same again."""
        known = self.tickets.get(e.client_id)
        if known is None:
            known = self.tickets[e.client_id] = Ticket(e.strategy, e.symbol, e.side, e.qty)
            self.live[e.client_id] = known
            return True
        self._revive(e.client_id, known)
        known.attempt = max(known.attempt, e.attempt)
        known.disowned = 0
        return False

    def query(self, e: Query) -> None:
        ticket = self.tickets.get(e.client_id)
        if ticket is not None:
            ticket.ask = max(ticket.ask, e.ask)
            ticket.asked = ticket.asked or e.ask != 0
            self._revive(e.client_id, ticket)

    def update(self, e: Update) -> None:
        ticket = self.tickets.get(e.client_id)
        if ticket is not None:
            self._heard(e.client_id, ticket, e.state, e.filled)

    def not_sent(self, e: NotSent) -> None:
        """Stopped at the last gate; had an earlier attempt left, only the broker can end it."""
        ticket = self.tickets.get(e.client_id)
        if ticket is not None and not ticket.acknowledged and ticket.attempt == 1:
            self._end(e.client_id, ticket)

    def answer(self, e: Answer) -> None:
        ticket = self.tickets.get(e.client_id)
        if ticket is None or e.ask not in (0, ticket.ask):
            return
        again = e.ask != 0 and not ticket.asked  # the same answer once more is no second evidence
        if e.found:
            self._heard(e.client_id, ticket, e.state, e.filled)
        elif not again and not ticket.acknowledged:
            ticket.asked = False
            ticket.disowned += 1
            if e.ask == 0 or ticket.disowned >= BELIEVED:
                self._end(e.client_id, ticket)

    def timeout(self, e: Timeout) -> None:
        """A question that stayed without an answer is closed: what comes later answers nothing."""
        ticket = self.tickets.get(e.client_id)
        if ticket is not None and e.call == QUERY:
            ticket.asked = False

    def execution(self, e: Fill) -> str | None:
        """Whose an execution is; None when it was reported before. One that contradicts its order in symbol
        or side is booked by its id, and is no part of the order.
        """
        ticket = self.tickets.get(e.client_id)
        if ticket is None or (ticket.symbol, ticket.side) != (e.symbol, e.side):
            if e.fill_id in self._strange:
                return None
            self._strange[e.fill_id] = None
            if len(self._strange) > STRANGE:
                del self._strange[next(iter(self._strange))]
            return self.owner(e.client_id)
        if e.fill_id in ticket.fill_ids:
            return None
        ticket.fill_ids.add(e.fill_id)
        ticket.acknowledged = True
        ticket.filled += e.qty
        if ticket.filled >= ticket.qty:
            ticket.over = True
        self._keep(e.client_id, ticket)
        return ticket.strategy

    def owner(self, client_id: str) -> str:
        """Whose an order is, read from its id (B2)."""
        parts = client_id.split("-")
        if len(parts) < 5 or parts[0] != f"fb{self.account}":
            return OUTSIDE
        name = "-".join(parts[3:-1])
        return OUTSIDE if name == OUTSIDE.strip("_") else name

    def works_in(self, symbol: str) -> bool:
        return any(ticket.symbol == symbol for ticket in self.live.values())

    def start_day(self) -> None:
        """Forget what ended before yesterday's close."""
        for client_id in self._ended_before:
            if client_id not in self.live:
                self.tickets.pop(client_id, None)
        self._ended_before, self._ended = self._ended, set()

    def _heard(self, client_id: str, ticket: Ticket, state: str, filled: int) -> None:
        ticket.acknowledged = True
        ticket.asked = False
        ticket.disowned = 0
        if state == FILLED:
            ticket.stated = max(ticket.stated, ticket.qty if filled < 0 else filled)
        elif filled > 0:
            ticket.stated = max(ticket.stated, filled)
        if state in FINAL_STATES and state != NOT_SENT:  # what never left is ours to say, not the broker's
            ticket.over = True
        self._keep(client_id, ticket)

    def _end(self, client_id: str, ticket: Ticket) -> None:
        ticket.over = True
        self._keep(client_id, ticket)

    def _revive(self, client_id: str, ticket: Ticket) -> None:
        if ticket.over and not ticket.acknowledged:
            ticket.over = False
            self._keep(client_id, ticket)

    def _keep(self, client_id: str, ticket: Ticket) -> None:
        self._ended_before.discard(client_id)  # remembered from its newest report on
        if ticket.live():
            self.live[client_id] = ticket
            self._ended.discard(client_id)
        else:
            self.live.pop(client_id, None)
            self._ended.add(client_id)
