"""Which order of the recorded run is which order of the what-if, and what the record says of it there.

Two orders are the same when both runs sent them in the same step for the same reason (intent, or author and
strategy), symbol and side. While they are, the broker's recorded words hold for both; a smaller order takes
the recorded executions until it is full, a larger one takes them all and its rest is modelled. From the first
step in which only one of the two runs cancels, asks or sends again, the what-if's order is modelled.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flyball.desk.what_if_model import Model
from flyball.journal.codec import Record
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Effect, Order, Query
from flyball.kernel.events import Answer, Event, Fill, NotSent, Sent, Timeout, Update
from flyball.kernel.governor import Governor
from flyball.kernel.units import mul_div_up
from flyball.kernel.words import ACCOUNT, FILLED, PARTIALLY_FILLED

Spoken = Sent | NotSent | Update | Fill | Timeout | Answer


@dataclass
class Link:
    """One recorded order and its counterpart."""

    theirs: Order  # as recorded
    ours: Order
    follows: bool = True  # the record speaks for it
    recorded: int = 0  # executed quantity of the recorded order
    taken: dict[str, int] = field(default_factory=dict)  # fill id -> how much of it is ours

    def filled(self) -> int:
        return sum(self.taken.values())


def _reason(o: Order) -> tuple[str, str, str, str, int]:
    return o.intent, o.author, o.strategy, o.symbol, o.side


def _one_by_one(records: Sequence[Record] | Sequence[Effect], g: Governor) -> list[Cancel]:
    """The cancels of own orders among these; one of everything is one of each order it took in."""
    found: list[Cancel] = []
    for x in records:
        if isinstance(x, Cancel) and not x.broker_id:
            found.append(x)
        elif isinstance(x, CancelAll):
            meant = [o for o in g.state.orders.values() if o.cancel_at == x.ts and o.cancel_attempt == 0]
            found += [Cancel(x.ts, o.client_id, x.why, x.attempt) for o in meant]
    return found


class Links:
    """All of them, kept in step with both runs. `recorded` steps the record, `ours` the what-if."""

    def __init__(self, recorded: Governor, ours: Governor, model: Model) -> None:
        self.of_theirs: dict[str, Link | None] = {}  # None: the what-if has no such order
        self.followed = 0  # orders that began as recorded
        self._of_ours: dict[str, Link] = {}
        self._asks: dict[int, int] = {}  # the record's question about the account -> ours
        self._recorded = recorded
        self._g = ours
        self._model = model

    # -- both runs have taken a step

    def pair(self, theirs: Sequence[Record], ours: Sequence[Effect]) -> None:
        """What one step sent out, in both runs."""
        self._orders([x for x in theirs if isinstance(x, Order)], [x for x in ours if isinstance(x, Order)])
        self._cancels(_one_by_one(theirs, self._recorded), _one_by_one(ours, self._g))
        self._queries(
            {x.client_id for x in theirs if isinstance(x, Query)}, [x for x in ours if isinstance(x, Query)]
        )
        mine = [x.ask for x in ours if isinstance(x, AskAccount)]
        for ask in [x.ask for x in theirs if isinstance(x, AskAccount)]:
            if mine:
                self._asks[ask] = mine.pop(0)
        for ask in mine:
            self._model.asked(ask)

    def _orders(self, theirs: list[Order], ours: list[Order]) -> None:
        waiting: dict[tuple[str, str, str, str, int], list[Order]] = defaultdict(list)
        again: set[tuple[str, int]] = set()
        for o in theirs:
            if o.client_id in self.of_theirs:
                again.add((o.client_id, o.attempt))
            else:
                self.of_theirs[o.client_id] = None
                waiting[_reason(o)].append(o)
        for o in ours:
            link = self._of_ours.get(o.client_id)
            if link is not None and link.follows:
                if (link.theirs.client_id, o.attempt) not in again:
                    self._part(link)
                again.discard((link.theirs.client_id, o.attempt))
            elif o.attempt > 1 or o.again:
                self._model.again(o)
            elif waiting[_reason(o)]:
                first = waiting[_reason(o)].pop(0)
                link = Link(first, o)
                self.of_theirs[first.client_id] = self._of_ours[o.client_id] = link
                self.followed += 1
            else:
                self._model.place(o)
        for client_id, _ in sorted(again):
            self._part(self.of_theirs[client_id])

    def _cancels(self, theirs: list[Cancel], ours: list[Cancel]) -> None:
        both: set[str] = set()
        mine = {c.client_id for c in ours}
        for c in theirs:
            link = self.of_theirs.get(c.client_id)
            if link is None or not link.follows:
                continue
            if link.ours.client_id in mine:
                both.add(link.ours.client_id)
            elif link.ours.client_id in self._g.state.orders:
                self._part(link)
        for c in ours:
            link = self._of_ours.get(c.client_id)
            if link is not None and link.follows:
                if c.client_id not in both:
                    self._part(link)
            else:
                self._model.cancel(c)

    def _queries(self, theirs: set[str], ours: list[Query]) -> None:
        for q in ours:
            link = self._of_ours.get(q.client_id)
            if link is None or not link.follows:
                self._model.query(q)
            elif link.theirs.client_id not in theirs:
                self._part(link)

    def _part(self, link: Link | None) -> None:
        """From here on the record does not speak for it."""
        if link is None or not link.follows:
            return
        link.follows = False
        o = self._g.state.orders.get(link.ours.client_id)
        if o is not None and not o.final():
            self._model.adopt(o, self._g.state.ts)

    # -- what the record says

    def heard(self, e: Spoken) -> Event | None:
        """A recorded word of the broker or the outbox, as the what-if hears it; None when it does not."""
        if isinstance(e, Timeout) and e.call == ACCOUNT:
            ask = self._asks.get(e.attempt, 0)
            return replace(e, attempt=ask) if ask else None
        if e.client_id not in self.of_theirs:
            return replace(e)  # of no order of ours: the what-if hears the same
        link = self.of_theirs[e.client_id]
        if link is None or not link.follows:
            return None
        if isinstance(e, Fill):
            return self._fill(link, e)
        if isinstance(e, (Sent, NotSent)) and self._gate_differs(link, e):
            return self._gated(link, e)
        told = replace(e, client_id=link.ours.client_id)
        return self._stated(link, told) if isinstance(told, (Update, Answer)) else told

    def question(self, ask: int) -> int:
        """Our number of the record's question about the account; 0 = we did not ask."""
        return self._asks.get(ask, 0)

    def open_ids(self, recorded: Sequence[str]) -> tuple[str, ...]:
        """The ids of the open orders of an account: as recorded where the record speaks, else as modelled."""
        found = {x for x in recorded if x not in self.of_theirs}
        for theirs in recorded:
            link = self.of_theirs.get(theirs)
            if link is not None and link.follows:
                found.add(link.ours.client_id)
        followed = {link.ours.client_id for link in self._of_ours.values() if link.follows}
        return tuple(sorted(found | {x for x in self._g.state.orders if x not in followed}))

    def restarted(self) -> None:
        self._asks.clear()
        self._model.restarted()

    def ours_of(self, theirs: str) -> str:
        """The what-if's id of a recorded order; the same text when there is none."""
        link = self.of_theirs.get(theirs)
        return theirs if link is None else link.ours.client_id

    def _gate_differs(self, link: Link, e: Sent | NotSent) -> bool:
        theirs = self._recorded.may_send(link.theirs.client_id, e.ts)
        ours = self._g.may_send(link.ours.client_id, e.ts)
        return (ours == "") != (theirs == "")

    def _gated(self, link: Link, e: Sent | NotSent) -> Event | None:
        """One run's last gate let it pass, the other's did not."""
        why = self._g.may_send(link.ours.client_id, e.ts)
        if why and isinstance(e, Sent):
            link.follows = False
            return NotSent(e.ts, link.ours.client_id, why)
        if not why and isinstance(e, NotSent):
            self._part(link)
            return None
        return replace(e, client_id=link.ours.client_id)

    def _fill(self, link: Link, e: Fill) -> Event | None:
        """An execution: whole, the part that fits, or nothing."""
        again = e.fill_id in link.taken
        if not again:
            room = link.ours.qty - link.filled()
            limit = link.ours.limit
            if limit and (limit - e.price) * link.ours.side < 0 and limit != link.theirs.limit:
                self._part(link)  # at this price the what-if's order does not trade
                return None
            same = link.ours.qty == link.theirs.qty
            link.taken[e.fill_id] = e.qty if same else min(e.qty, max(0, room))
            link.recorded += e.qty
        qty = link.taken[e.fill_id]
        if qty == 0:
            return None
        fee = e.fee if qty == e.qty else mul_div_up(e.fee, qty, e.qty)
        return replace(e, client_id=link.ours.client_id, qty=qty, fee=fee)

    def _stated(self, link: Link, e: Update | Answer) -> Event | None:
        if link.ours.qty == link.theirs.qty:
            return self._asked(link, e)
        if link.ours.qty > link.theirs.qty and e.state == FILLED:
            if isinstance(e, Update):
                return None  # the rest of a larger order is modelled: see `after`
            e = replace(e, state=PARTIALLY_FILLED)
        return self._asked(link, replace(e, filled=min(e.filled, link.ours.qty)))

    def _asked(self, link: Link, e: Update | Answer) -> Event | None:
        """An answer bears the number of our own question."""
        if isinstance(e, Update) or e.ask == 0:
            return e
        theirs = self._recorded.state.orders.get(link.theirs.client_id)
        ours = self._g.state.orders.get(link.ours.client_id)
        if theirs is None or ours is None or e.ask != theirs.ask:
            return e
        return replace(e, ask=ours.ask)

    def after(self, e: Event) -> None:
        """Behind an execution: what a larger order still lacks is modelled."""
        if not isinstance(e, Fill):
            return
        link = self.of_theirs.get(e.client_id)
        if link is not None and link.follows and link.ours.qty > link.theirs.qty <= link.recorded:
            self._part(link)
