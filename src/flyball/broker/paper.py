"""The paper broker: an outside world with its own file, its own look at the prices and its own faults.

It promises what a good broker does. An id is worked once, whatever is sent how often; what it took on is
durable before it acknowledges anything; it lives on while the governor is dead; asked by client id or for
the account it tells the truth. And it misbehaves as brokers do, by seed: calls without an answer that were
applied or were not, events late, out of order or twice, partial fills, cancels that lose the race
(`paper_settings`).

What happens to an order follows from its record, its cancels and the tape (`paper_life`); the stream of
updates and fills is all of that in order of delivery, so its numbers are the same however often the broker
is asked, and whether or not it was started anew in between. It judges no limit of the governor's.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from flyball.broker.faults import Call, call_of
from flyball.broker.paper_account import Accounting, Held, Truth, fill_id
from flyball.broker.paper_actions import Dated
from flyball.broker.paper_draws import Key, numbers
from flyball.broker.paper_file import PaperFile, PaperFileError, Placed, Withdrawn, opened
from flyball.broker.paper_life import FILL, Happening, Unit, World, delivered, life, state_at
from flyball.broker.paper_replies import Asked, Replies, Told
from flyball.broker.paper_settings import PaperSettings
from flyball.broker.prices import PriceFeed, Sessions
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Account, Answer, Event, Fill, Timeout, Update
from flyball.kernel.units import MS
from flyball.kernel.words import ACCEPTED, ACCOUNT, CANCEL, CANCEL_ALL, PARTIALLY_FILLED, QUERY, SUBMIT
from flyball.ports import Disk, Hours

__all__ = ["Paper", "PaperFileError", "PaperSettings", "Truth"]


ALL: Final = 1_000  # a cancel of everything, as the record of each order has it: this and its number


class Delivery(NamedTuple):
    """One event of the stream on its way. The order of these is the order of the stream."""

    ts: int
    happened: int
    broker_id: str
    rank: int
    copy: int  # 0, or 1 for the one that comes a second time
    client_id: str
    happening: Happening


class Paper:
    """`ports.Broker`, simulated.

    `instruments` gives each symbol's (price exponent, quantity exponent, tick), `sessions` the (open, close)
    of the session a time lies in, `start_cash` is micros, `now` is where its time begins, `dated` are the
    corporate actions and flows that happen to it, by time. PaperFileError when
    the file is damaged or was begun with other numbers.
    """

    def __init__(
        self,
        disk: Disk,
        path: str,
        *,
        prices: PriceFeed,
        settings: PaperSettings,
        seed: int,
        start_cash: int,
        sessions: Sessions,
        instruments: Mapping[str, tuple[int, int, int]],
        now: int,
        dated: Sequence[Dated] = (),
    ) -> None:
        units = {symbol: Unit(*unit) for symbol, unit in instruments.items()}
        self._where = f"{disk.root}/{path}"
        self._world = World(prices, sessions, units, settings, seed)
        self._books = Accounting(start_cash, units, prices, sessions, dated)
        self._settings = settings
        self._seed = seed
        self._file = PaperFile(disk, path, opened(seed, start_cash, settings))
        self._doubtful: list[tuple[Asked, int]] = []  # taken on, not yet known to be durable
        self._held: dict[str, Held] = {}
        self._same: Counter[Key] = Counter()
        for record in self._file.records:
            if isinstance(record, Placed):
                self._hold(record, self._key(record))
            else:
                self._held[record.client_id].cancels.append(record)
        for held in self._held.values():
            held.life = life(held.placed, held.cancels, held.key, self._world)
        self.resume(0, now)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    # -- its own time

    def resume(self, cursor: int, now: int) -> None:
        """Go on at `now`, the next event of the stream being number `cursor` + 1."""
        stream = sorted(delivery for held in self._held.values() for delivery in self._deliveries(held))
        if cursor > len(stream):
            raise PaperFileError(
                f"{self._where}: the governor has heard {cursor} events of this account, of which the file"
                f" knows {len(stream)}\nremedy: put back the file that belongs to this journal"
            )
        self._now = now
        self._n = cursor
        self._pending = stream[cursor:]
        self._replies = Replies()
        for held in self._held.values():
            asked = Asked(SUBMIT, held.placed.client_id, held.placed.attempt)
            overdue = held.placed.ts + self._settings.timeout < now
            if not overdue and not self._submitted(held.key, asked.number).answered:
                self._no_answer(asked, held.placed.ts, held.broker_id)

    def next_due(self) -> int | None:
        """When it has something to say next; None while nothing is under way."""
        reply = self._replies.next_due()
        event = self._pending[0].ts if self._pending else None
        if reply is None or event is None:
            return event if reply is None else reply
        return min(event, reply)

    def take(self, now: int) -> list[Event]:
        """Let it live up to `now`; what it says by then, in order, each once."""
        self._make_sure()
        self._now = max(self._now, now)
        out: list[Event] = []
        while (due := self.next_due()) is not None and due <= now:
            if self._pending and self._pending[0].ts == due:
                self._n += 1
                out.append(self._event(heappop(self._pending), self._n))
            else:
                out.append(self._tell())
        return out

    def truth(self) -> Truth:
        """What is the case at the broker by now, for whoever checks the governor against it."""
        return self._books.truth(self._held.values(), self._now)

    def hours(self, now: int) -> Hours:
        """Its clock and session at `now`; it knows no session before that begins."""
        session = self._world.sessions(now)
        if session is None or now >= session[1]:
            return Hours(now, now, False, 0, 0)
        return Hours(now, now, True, 0, session[1])

    def held(self, client_id: str) -> Held | None:
        """One order and all that happens to it, what is still to come included; None when it has no such
        id."""
        return self._held.get(client_id)

    def answers(self, client_id: str) -> bool:
        """Whether the submit of an order it has was answered."""
        held = self._held[client_id]
        return self._submitted(held.key, held.placed.attempt).answered

    # -- calls

    def submit(self, order: Order) -> None:
        """Take on an order. An id it has already makes no second one: the first is acknowledged again."""
        held = self._held.get(order.client_id)
        key = held.key if held else self._key(order)
        call = self._submitted(key, order.attempt)
        asked = Asked(SUBMIT, order.client_id, order.attempt)
        if held is not None and call.answered:
            self._answer(asked, order.ts, call, held, 0)
        elif held is None and call.applied:
            placed = _placed(order, max(order.ts + call.there, self._now + 1))
            if self._file.append(placed):
                self._doubtful.append((asked, order.ts))
                held = self._hold(placed, key)
                held.life = life(placed, [], key, self._world)
                for delivery in self._deliveries(held):
                    heappush(self._pending, delivery)
        if held is None or not call.answered:
            self._no_answer(asked, order.ts, self._broker_id(key))

    def cancel(self, cancel: Cancel) -> None:
        """Take an order back. One it does not have is no news: whoever is in doubt asks by id."""
        held = self._named(cancel)
        if held is None:
            return
        placed = held.placed
        asked = Asked(CANCEL, cancel.client_id, cancel.attempt)
        call = self._call(*held.key, placed.attempt, "cancel", cancel.attempt)
        there = any(known.attempt == cancel.attempt for known in held.cancels)
        if call.applied and not there:
            # one order's messages do not overtake each other
            arrival = max(cancel.ts + call.there, placed.arrival + 1, self._now + 1)
            record = Withdrawn(placed.client_id, cancel.attempt, cancel.ts, arrival)
            there = self._file.append(record)
            if there:
                self._doubtful.append((asked, cancel.ts))
                self._withdraw(held, record)
        if not there or not call.answered:
            self._no_answer(asked, cancel.ts, held.broker_id)

    def cancel_all(self, cancel: CancelAll) -> None:
        """Take back everything that is open when the call arrives; what arrives later goes on."""
        asked = Asked(CANCEL_ALL, "", cancel.attempt)
        call = self._call("cancel_all", cancel.attempt)
        arrival = max(cancel.ts + call.there, self._now + 1)
        number = ALL + cancel.attempt
        done = call.applied
        for held in [one for one in self._held.values() if call.applied and _open_at(one, arrival)]:
            if any(known.attempt == number for known in held.cancels):
                continue  # asked once more after a start
            record = Withdrawn(held.placed.client_id, number, cancel.ts, arrival)
            if not self._file.append(record):
                done = False
                break
            self._withdraw(held, record)
        if done:
            self._doubtful.append((asked, cancel.ts))
        if not done or not call.answered:
            self._no_answer(asked, cancel.ts, "")

    def query(self, query: Query) -> None:
        """Answer by client id, as things stand when the question arrives."""
        held = self._held.get(query.client_id)
        asked = Asked(QUERY, query.client_id, query.ask)
        if held is None:
            call = self._call("unknown", query.ts, "query", query.ask)
        else:
            call = self._call(*held.key, "query", query.ask)
        if call.answered:
            self._answer(asked, query.ts, call, held, query.ask)
        else:
            self._no_answer(asked, query.ts, held.broker_id if held else "")

    def account(self, ask: AskAccount) -> None:
        """Answer with the account's figures, as they are when the question arrives."""
        asked = Asked(ACCOUNT, "", ask.ask)
        call = self._call("account", ask.ts, ask.ask)
        if not call.answered:
            self._no_answer(asked, ask.ts, "")
            return
        at, due = self._way(ask.ts, call)
        self._replies.add(due, "", asked, lambda told: self._figures(at, told, ask.ask))

    async def lookup(self, client_id: str, now: int) -> Answer | None:
        """Whether it has an id, with the state its stream has told so far; None when its file is lost."""
        return self.looked_up(client_id, now)

    def looked_up(self, client_id: str, now: int) -> Answer | None:
        """The same, for whoever is no governor."""
        if not self._make_sure():
            return None
        held = self._held.get(client_id)
        if held is None:
            return Answer(now, client_id, 0, False, "", 0, "")
        untold = {d.rank for d in self._pending if d.client_id == client_id and d.copy == 0}
        told = [happening for happening in held.life if happening.rank not in untold]
        return Answer(now, client_id, 0, True, *state_at(told, held.placed.qty, now), held.broker_id)

    async def read_account(self, now: int) -> Account | None:
        """The account's figures now; None when its file is lost."""
        return self.figures_now(now)

    def figures_now(self, now: int) -> Account | None:
        """The same, for whoever is no governor."""
        return self._figures(now, now, 0) if self._make_sure() else None

    # -- inside

    def _named(self, cancel: Cancel) -> Held | None:
        """The order a cancel means: by client id, or by the broker's own."""
        held = self._held.get(cancel.client_id)
        if held is not None or not cancel.broker_id:
            return held
        return next((one for one in self._held.values() if one.broker_id == cancel.broker_id), None)

    def _key(self, order: Order | Placed) -> Key:
        """What an order's chance is drawn by: what it is for, never its id."""
        if order.intent:
            key: Key = ("bot", order.strategy, order.intent, order.leg)
        else:
            key = ("own", order.author, order.strategy, order.symbol, order.leg, order.ts)
        return (*key, self._same[key])  # an intent's name may come again on another day

    def _hold(self, placed: Placed, key: Key) -> Held:
        held = Held(placed, key, self._broker_id(key), [], [])
        self._held[placed.client_id] = held
        self._same[key[:-1]] += 1
        return held

    def _broker_id(self, key: Key) -> str:
        return f"P{next(numbers(self._seed, *key, 'id')):016x}"

    def _call(self, *key: int | str) -> Call:
        return call_of(numbers(self._seed, *key), self._settings)

    def _submitted(self, key: Key, attempt: int) -> Call:
        return self._call(*key, attempt, "submit")

    def _deliveries(self, held: Held) -> list[Delivery]:
        return [
            Delivery(ts, h.ts, held.broker_id, h.rank, copy, held.placed.client_id, h)
            for h in held.life
            for copy, ts in enumerate(delivered(h, held.placed, held.key, self._world))
        ]

    def _withdraw(self, held: Held, cancel: Withdrawn) -> None:
        """A cancel changes what happens from its arrival on, of which nothing can have been told yet."""
        held.cancels.append(cancel)
        held.life = life(held.placed, held.cancels, held.key, self._world)
        kept = [d for d in self._pending if d.client_id != cancel.client_id or d.happened < cancel.arrival]
        new = [d for d in self._deliveries(held) if d.happened >= cancel.arrival]
        self._pending = kept + new
        heapify(self._pending)

    def _event(self, delivery: Delivery, n: int) -> Update | Fill:
        held, h = self._held[delivery.client_id], delivery.happening
        ts, placed = delivery.ts, held.placed
        if h.what != FILL:
            return Update(ts, placed.client_id, h.what, held.broker_id, h.filled, h.reason, n)
        return Fill(
            ts, placed.client_id, fill_id(held, h), placed.symbol, placed.side, h.qty, h.price, h.fee, n
        )

    def _way(self, ts: int, call: Call) -> tuple[int, int]:
        """(arrival, answer) of a question. One asked anew whose answer's time is past arrives now."""
        arrival = ts + call.there
        if arrival + call.back <= self._now:
            arrival = self._now + 1
        return arrival, arrival + call.back

    def _answer(self, asked: Asked, ts: int, call: Call, held: Held | None, ask: int) -> None:
        at, due = self._way(ts, call)

        def make(told: int) -> Answer:
            if held is None:
                return Answer(told, asked.client_id, ask, False, "", 0, "")
            return Answer(told, asked.client_id, ask, True, *held.state(at), held.broker_id)

        self._replies.add(due, held.broker_id if held else "", asked, make)

    def _no_answer(self, asked: Asked, ts: int, who: str) -> None:
        due = max(ts + self._settings.timeout, self._now + 1)
        reason = self._file.lost or f"no answer within {self._settings.timeout // MS} ms"
        self._replies.add(due, who, asked, _timeout(asked, reason))

    def _tell(self) -> Told:
        due, asked, make = self._replies.pop()
        return _timeout(asked, self._file.lost)(due) if self._file.lost else make(due)

    def _figures(self, at: int, told: int, ask: int) -> Account:
        self._now = max(self._now, at)  # nothing that is told of may be changed by what comes later
        return self._books.figures(self._held.values(), at, told=told, ask=ask)

    def _make_sure(self) -> bool:
        """Make durable what was taken on. When that fails the broker falls silent: what it may have taken on
        stays in doubt until it is started anew and reads its file."""
        if self._file.sync():
            self._doubtful.clear()
            return True
        self._pending.clear()
        for asked, ts in self._doubtful:
            self._no_answer(asked, ts, "")
        self._doubtful.clear()
        return False


def _open_at(held: Held, at: int) -> bool:
    return held.placed.arrival < at and held.state(at)[0] in (ACCEPTED, PARTIALLY_FILLED)


def _placed(order: Order, arrival: int) -> Placed:
    return Placed(
        order.client_id,
        order.intent,
        order.author,
        order.strategy,
        order.symbol,
        order.side,
        order.qty,
        order.type,
        order.limit,
        order.tif,
        order.leg,
        order.attempt,
        order.ts,
        arrival,
        order.stop,
    )


def _timeout(asked: Asked, reason: str) -> Callable[[int], Timeout]:
    return lambda due: Timeout(due, asked.client_id, asked.call, asked.number, reason)
