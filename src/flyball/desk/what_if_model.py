"""The outside of a what-if, for the orders of which the record cannot speak: filled whole at the journaled
marks, at what executions cost in the record, no faults.

An order arrives half an answer's time after it was sent. It is executed at the first mark behind that whose
last price (or quote), made worse by the recorded median, is within its limit; a resting limit also when a
later mark's low or high went beyond it, then at its limit. A stop is executed at the first mark that reached
its price, at that price or the mark's if worse, made worse. The news travels as long again. A cancel that
arrives before an execution ends the order; the session's close ends it too. Deterministic.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from flyball.desk.what_if_habits import Habits
from flyball.kernel.effects import Cancel, Order, Query
from flyball.kernel.events import Answer, Event, Fill, Mark, NotSent, Sent, Update
from flyball.kernel.governor import Governor
from flyball.kernel.market import Market
from flyball.kernel.orders import OrderState
from flyball.kernel.units import PPM, mul_div, mul_div_up, notional
from flyball.kernel.words import (
    ACCEPTED,
    BUY,
    CANCELED,
    EXPIRED,
    FILLED,
    IOC,
    PARTIALLY_FILLED,
    PENDING,
    REJECTED,
)

RESTART: Final = ("answer", "account")  # questions that a restart forgets: they are asked again


@dataclass
class Work:
    """One modelled order at the broker."""

    client_id: str
    broker_id: str
    symbol: str
    side: int
    qty: int
    limit: int  # 0 = none
    tif: str
    arrives: int
    filled: int = 0
    done: str = ""  # its end at the broker; "" while it works
    rested: bool = False  # a mark has passed since it arrived, so the next one's extremes are its own
    stop: int = 0  # the price that sets it off; 0 = none


@dataclass
class Tally:
    """What was modelled, to be said beside every figure."""

    orders: int = 0  # modelled from the beginning or from some moment on
    fills: int = 0
    worth: int = 0  # micros
    fees: int = 0


class Model:
    """The broker of modelled orders. What it has to say is taken with `pop` in order of time."""

    def __init__(self, governor: Governor, habits: Habits) -> None:
        self.tally = Tally()
        self.works: dict[str, Work] = {}
        self._working: dict[str, list[Work]] = {}  # by symbol; those that are done are taken out at a mark
        self._g = governor
        self._habits = habits
        self.answer = habits.answer()  # ns
        self._way = max(1, self.answer // 2)
        self.cost = habits.cost()  # ppm
        self.seen = habits.fills
        self._heap: list[tuple[int, int, str, str, int]] = []  # due, number, what, client id, more
        self._n = 0

    def next_due(self) -> int:
        """When it has something to say; 0 = nothing under way."""
        return self._heap[0][0] if self._heap else 0

    def pop(self) -> Event | None:
        """What comes next, with its due time; None when it has become void meanwhile."""
        due, _, what, client_id, more = heappop(self._heap)
        if what == "account":
            return None  # the caller knows the books; see `asked`
        work = self.works.get(client_id)
        if what == "send":
            return self._send(due, client_id)
        if what == "answer":
            if work is None:
                return Answer(due, client_id, more, False, "", 0, "")
            state = work.done or (PARTIALLY_FILLED if work.filled else ACCEPTED)
            if due < work.arrives:
                state = PENDING
            return Answer(due, client_id, more, True, state, work.filled, work.broker_id)
        return None if work is None else self._news(due, what, work, more)

    def peek(self) -> tuple[str, int]:
        """(what, number) of what comes next: an account's answer is made by the caller."""
        return self._heap[0][2], self._heap[0][4]

    # -- what the governor sends

    def place(self, order: Order) -> None:
        """An order of the governor that the record does not have."""
        self.tally.orders += 1
        self._push(order.ts, "send", order.client_id)

    def again(self, order: Order) -> None:
        """The same order once more, or asked for at a start: what arrived is not placed twice."""
        if order.client_id not in self.works:
            self._push(self._g.state.ts, "send", order.client_id)

    def adopt(self, o: OrderState, now: int) -> None:
        """From now on this order is modelled; so far it went as recorded. One in doubt counts as arrived."""
        self.tally.orders += 1
        if o.state == PENDING:
            self._push(now, "send", o.client_id)
        else:
            work = self._arrived(o, now)
            if not o.broker_id:
                self._push(now + self.answer, "accepted", o.client_id)
            if o.asked_at != 0:
                self._push(now + self.answer, "answer", o.client_id, o.ask)
            if o.cancel_at != 0:
                self._push(max(work.arrives, now + self._way), "cancel", o.client_id)

    def cancel(self, effect: Cancel) -> None:
        work = self.works.get(effect.client_id)
        at = max(effect.ts, self._g.state.ts) + self._way
        self._push(at if work is None else max(at, work.arrives + 1), "cancel", effect.client_id)

    def query(self, effect: Query) -> None:
        self._push(self._g.state.ts + self.answer, "answer", effect.client_id, effect.ask)

    def asked(self, number: int) -> None:
        """A question about the account, to be answered by the caller when it comes up."""
        self._push(self._g.state.ts + self.answer, "account", "", number)

    def sends(self) -> Iterator[Event]:
        """What becomes of the orders on their way to the socket: a process is about to die behind them."""
        leaving = sorted(entry for entry in self._heap if entry[2] == "send")
        self._heap = sorted(entry for entry in self._heap if entry[2] != "send")
        for due, _, _, client_id, _ in leaving:
            event = self._send(due, client_id)
            if event is not None:
                yield event

    def restarted(self) -> None:
        """The governor forgot what it had asked."""
        self._heap = sorted(entry for entry in self._heap if entry[2] not in RESTART)

    # -- the tape

    def marked(self, e: Mark, m: Market) -> None:
        """A believed mark: what it executes."""
        working = [work for work in self._working.get(e.symbol, ()) if not work.done]
        for work in working:
            if e.ts < work.arrives:
                continue
            price = self._crosses(work, e, m)
            work.rested = True
            if price > 0:
                self._execute(work, e.ts, price, m)
            elif work.tif == IOC:
                work.done = CANCELED
                self._push(e.ts + self._way, "ended", work.client_id)
        self._working[e.symbol] = working

    def _crosses(self, work: Work, e: Mark, m: Market) -> int:
        """The price it is executed at by this mark; 0 = it is not."""
        buy = work.side == BUY
        near = (e.ask or e.last or e.bid) if buy else (e.bid or e.last or e.ask)
        if work.stop:
            far = (e.high if buy else e.low) if work.rested else 0
            reached = (near - work.stop) * work.side >= 0 or (far > 0 and (far - work.stop) * work.side >= 0)
            if not reached:
                return 0
            near = max(near, work.stop) if buy else min(near, work.stop)
        if buy:
            price = mul_div_up(mul_div_up(near, PPM + self.cost, PPM), 1, m.tick) * m.tick
        else:
            price = max(m.tick, mul_div(mul_div(near, PPM - self.cost, PPM), 1, m.tick) * m.tick)
        if work.limit == 0 or (work.limit - price) * work.side >= 0:
            return price
        extreme = e.low if buy else e.high
        beyond = extreme > 0 and (work.limit - extreme) * work.side > 0
        return work.limit if work.rested and beyond else 0

    def _execute(self, work: Work, ts: int, price: int, m: Market) -> None:
        qty = work.qty - work.filled
        work.filled = work.qty
        work.done = FILLED
        self.tally.fills += 1
        self.tally.worth += notional(price, qty, m.scale)
        self.tally.fees += self._habits.fee(work.symbol, qty, price, m.scale)
        self._push(ts + self._way, f"fill {qty}", work.client_id, price)

    # -- inside

    def _push(self, due: int, what: str, client_id: str, more: int = 0) -> None:
        self._n += 1
        heappush(self._heap, (due, self._n, what, client_id, more))

    def _send(self, due: int, client_id: str) -> Event | None:
        """At the socket: the last gate, as in a real run."""
        o = self._g.state.orders.get(client_id)
        if o is None or o.final() or client_id in self.works:
            return None
        now = max(due, self._g.state.ts)
        why = self._g.may_send(client_id, now)
        if why:
            return NotSent(now, client_id, why)
        self._arrived(o, now + self._way)
        self._push(now + self.answer, "accepted", client_id)
        return Sent(now, client_id, o.attempt)

    def _arrived(self, o: OrderState, at: int) -> Work:
        self._n += 1
        work = Work(o.client_id, f"W{self._n}", o.symbol, o.side, o.qty, o.limit, o.tif, at, o.filled)
        work.stop = o.stop
        self.works[o.client_id] = work
        self._working.setdefault(o.symbol, []).append(work)
        close = self._g.state.day.close
        if at >= close:
            work.done = REJECTED
            self._push(at + self._way, "ended", o.client_id)
        else:
            self._push(close, "close", o.client_id)
        return work

    def _news(self, due: int, what: str, work: Work, more: int) -> Event | None:
        if what == "accepted":
            if work.done == REJECTED:
                return None
            return Update(due, work.client_id, ACCEPTED, work.broker_id, -1, "", 0)
        if what in ("cancel", "close"):
            if not work.done:
                work.done = CANCELED if what == "cancel" else EXPIRED
                self._push(due + self._way, "ended", work.client_id)
            return None
        if what == "ended":
            reason = {REJECTED: "market closed", EXPIRED: "the session has closed"}.get(work.done, "")
            return Update(due, work.client_id, work.done, work.broker_id, work.filled, reason, 0)
        qty = int(what.removeprefix("fill "))
        scale = self._g.state.markets[work.symbol].scale
        fee = self._habits.fee(work.symbol, qty, more, scale)
        return Fill(due, work.client_id, f"{work.broker_id}.1", work.symbol, work.side, qty, more, fee, 0)
