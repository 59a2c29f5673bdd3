"""Which orders are live, told from the records alone: an order lives until the broker states its end, or the
governor records that it ends it without the broker's word (`Ended`).

One whose broker states more filled than was seen still owes that difference. What an operator had booked by
hand gives way to the broker's own executions when they come.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.effects import Booked, Ended, Order, Query
from flyball.kernel.events import Answer, Fill, Update
from flyball.kernel.placing import owner_of_id
from flyball.kernel.units import mul_div
from flyball.kernel.words import FILLED, FINAL_STATES, IN_DOUBT, NOT_SENT

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
    ask: int = 0  # the newest question
    over: bool = False
    by_hand: int = 0  # booked on an operator's word, and not told by the broker yet
    hand_price: int = 0
    hand_fee: int = 0
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
        return False

    def query(self, e: Query) -> None:
        ticket = self.tickets.get(e.client_id)
        if ticket is not None:
            ticket.ask = max(ticket.ask, e.ask)

    def update(self, e: Update) -> None:
        ticket = self.tickets.get(e.client_id)
        if ticket is not None:
            self._heard(e.client_id, ticket, e.state, e.filled)

    def ended(self, e: Ended) -> None:
        """The governor ends it, or takes such an end back."""
        ticket = self.tickets.get(e.client_id)
        if ticket is not None:
            ticket.over = e.state != IN_DOUBT
            ticket.stated = ticket.filled if ticket.over else ticket.stated
            self._keep(e.client_id, ticket)

    def answer(self, e: Answer) -> None:
        ticket = self.tickets.get(e.client_id)
        if ticket is not None and e.found and e.ask in (0, ticket.ask):
            self._heard(e.client_id, ticket, e.state, e.filled)

    def booked(self, e: Booked) -> None:
        """An operator says what was executed."""
        ticket = self.tickets.get(e.client_id)
        if ticket is not None:
            ticket.fill_ids.add(e.fill_id)
            ticket.filled += e.qty
            ticket.by_hand, ticket.hand_price, ticket.hand_fee = e.qty, e.price, e.fee
            self._keep(e.client_id, ticket)

    def replaced(self, e: Fill) -> tuple[Fill, Fill] | None:
        """What is booked by hand, and what of it is left behind this execution, new and of its order, that
        takes the place of the rest; None when nothing is."""
        ticket = self.tickets.get(e.client_id)
        if ticket is None or ticket.by_hand == 0 or e.fill_id not in ticket.fill_ids:
            return None
        before = self._hand(e, ticket)
        part = min(e.qty, ticket.by_hand)
        ticket.hand_fee -= mul_div(ticket.hand_fee, part, ticket.by_hand)
        ticket.by_hand -= part
        return before, self._hand(e, ticket)

    def _hand(self, e: Fill, t: Ticket) -> Fill:
        return Fill(e.ts, e.client_id, "", e.symbol, e.side, t.by_hand, t.hand_price, t.hand_fee, 0)

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
        ticket.filled += e.qty - min(e.qty, ticket.by_hand)
        if ticket.filled >= ticket.qty:
            ticket.over = True
        self._keep(e.client_id, ticket)
        return ticket.strategy

    def owner(self, client_id: str) -> str:
        """Whose an order is, read from its id (B2)."""
        return owner_of_id(self.account, client_id)

    def works_in(self, symbol: str) -> bool:
        return any(ticket.symbol == symbol for ticket in self.live.values())

    def start_day(self) -> None:
        """Forget what ended before yesterday's close."""
        for client_id in self._ended_before:
            if client_id not in self.live:
                self.tickets.pop(client_id, None)
        self._ended_before, self._ended = self._ended, set()

    def _heard(self, client_id: str, ticket: Ticket, state: str, filled: int) -> None:
        if state == FILLED:
            ticket.stated = max(ticket.stated, ticket.qty if filled < 0 else filled)
        elif filled > 0:
            ticket.stated = max(ticket.stated, filled)
        if state in FINAL_STATES and state != NOT_SENT:  # what never left is ours to say, not the broker's
            ticket.over = True
        self._keep(client_id, ticket)

    def _keep(self, client_id: str, ticket: Ticket) -> None:
        self._ended_before.discard(client_id)  # remembered from its newest report on
        if ticket.live():
            self.live[client_id] = ticket
            self._ended.discard(client_id)
        else:
            self.live.pop(client_id, None)
            self._ended.add(client_id)
