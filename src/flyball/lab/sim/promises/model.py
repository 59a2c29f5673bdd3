"""The journal's records, one by one, into the figures they come to.

A record is known by its `KIND`; one that says nothing of these figures leaves everything as it was.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.lab.sim.promises import own
from flyball.lab.sim.promises.amounts import MICRO, NS
from flyball.lab.sim.promises.books import owner_of
from flyball.lab.sim.promises.figures import Figures
from flyball.lab.sim.promises.held import Decided, Latch
from flyball.lab.sim.promises.limits import Limits
from flyball.lab.sim.promises.order import ENDS, NOT_SENT, Order

DAY_NS: Final = 86_400 * NS


class Model(Figures):
    """Figures that take records in."""

    def __init__(self) -> None:
        super().__init__()
        self._on: dict[str, Callable[[Any], None]] = {
            name: getattr(self, f"_{name}") for name in _KINDS if hasattr(self, f"_{name}")
        }
        self._on["moved"] = lambda f: own.moved(self, f)
        self._on["action"] = lambda e: own.action(self, e)
        self._on["restated"] = lambda f: own.restated(self, f)

    def apply(self, seq: int, record: Record) -> None:
        """Take one record in."""
        self.seq = seq
        if record.ts > self.ts:  # what is emitted again after a restart keeps its old time
            self.ts = record.ts
        if record.KIND in EVENTS:
            self.event, self.watched = record, False
        on = self._on.get(record.KIND)
        if on is not None:
            on(record)

    # -- starts, references ----------------------------------------------------------------------------------

    def _epoch(self, e: ev.Epoch) -> None:
        self.account, self.epoch = e.account, e.epoch

    def _config(self, e: ev.Config) -> None:
        self.limited(Limits(e.values))

    def _in_force(self, f: fx.InForce) -> None:
        self.limited(Limits(f.values))

    def _instrument(self, e: ev.Instrument) -> None:
        old = self.instruments.get(e.symbol)
        same = old is not None and (old.price_exp, old.qty_exp) == (e.price_exp, e.qty_exp)
        if old is not None and not same and (self.position(e.symbol) or self.live[e.symbol]):
            return  # units do not change under a holding
        if same:
            self.instruments[e.symbol] = e
        else:
            self.introduce(e)

    def _session(self, e: ev.Session) -> None:
        """A risk day takes its baseline from the ledger; the first one from the broker, where it was read."""
        if self.day is not None and e.day == self.day.day and self.day.open < e.close < self.day.close:
            self.day = e  # an earlier close holds at once
        if self.day is not None and e.day <= self.day.day:
            return
        first = self.day is None and self.known
        self.baseline = self.baseline + self.day_flows if first else self.equity()
        self.day = e
        monday = monday_of(e.day)
        if monday != self.monday:
            self.monday, self.week_baseline, self.week_flows = monday, self.baseline, 0
        self.day_flows = self.traded = self.fees = self.sent_today = 0
        for price in self.prices.values():
            price.fresh = True
        for of_symbol in self.books.values():
            for book in of_symbol.values():
                book.base = book.profit()

    # -- prices and money ------------------------------------------------------------------------------------

    def _mark(self, e: ev.Mark) -> None:
        price = self.prices.get(e.symbol)
        fresh = price is not None and price.fresh
        if price is None or not price.take(e, self.limits.number("max_tick_move", e.symbol)):
            return
        now = price.middle()
        length = self.bar()
        number = self.today() if length >= DAY_NS else (e.ts - 1) // length
        price.bars.add(length, number, now, min(e.low or now, now), max(e.high or now, now), self.limits)
        if fresh and length < DAY_NS:
            price.bars.regime.night()
        self.priced(e.symbol)
        for book in self.books[e.symbol].values():
            self.revalue(e.symbol, book)
        self.refresh(e.symbol)
        self._watch()

    def _flow(self, e: ev.Flow) -> None:
        """Money in or out is no profit: the high-water mark moves in proportion (unitised)."""
        before, amount = self.equity(), e.amount * MICRO
        if before > 0 and before + amount > 0:
            self.high_water = -(-self.high_water * (before + amount) // before)
        else:
            self.high_water = max(0, self.high_water + amount)
        self.cash += amount
        self.day_flows += amount
        self.week_flows += amount

    def _account(self, e: ev.Account) -> None:
        """The broker's figures are taken over once; later they are only compared."""
        own.introduced(self, e)
        self.account_at = e.ts
        if self.known:
            return
        self.known = True
        self.cash = e.cash * MICRO
        self.baseline = e.day_equity * MICRO
        self.high_water = max(e.equity, e.day_equity, 0) * MICRO
        for symbol, qty in e.positions:
            if symbol in self.instruments:
                self.found(symbol, qty)
            else:
                self.foreign[symbol] = qty

    def _watch(self) -> None:
        self.watched = True
        if self.day is not None and self.valued():
            self.high_water = max(self.high_water, self.equity())

    # -- intents, orders -------------------------------------------------------------------------------------

    def _intent(self, e: ev.Intent) -> None:
        self.intent = e

    def closes(self, f: fx.Order) -> bool:
        """Whether an order carries out a `close`."""
        found = self.decided.get((f.strategy, f.intent)) if f.intent else None
        return found is not None and found.intent.type == "close"

    def _decision(self, d: fx.Decision) -> None:
        if self.intent is not None and d.verdict != "reject":
            self.decided[d.strategy, d.intent] = Decided(self.intent, d, self.seq)
            self.promised.add((d.strategy, d.intent))

    def _order(self, f: fx.Order) -> None:
        self.promised.discard((f.strategy, f.intent))
        o = self.orders.get(f.client_id)
        if o is not None:
            if f.attempt != o.attempt:
                o.attempt, o.disowned = f.attempt, 0
            o.seq = self.seq
            return
        found = self.decided.get((f.strategy, f.intent)) if f.intent else None
        seq, created = (found.seq, found.intent.created_at) if found is not None else (0, -1)
        o = Order(f, self.seq, seq, created, self.today(), f.attempt, f.qty)
        self.orders[f.client_id] = o
        if f.adds:
            self.sent_today += 1
            while self.recent and self.ts - self.recent[0] >= NS:
                self.recent.popleft()
            self.recent.append(f.ts)
        self.touch(o)

    def _cancel(self, f: fx.Cancel) -> None:
        if f.broker_id:
            self.asked_back.add(f.broker_id)
        if (o := self.orders.get(f.client_id)) is not None:
            o.cancels += 1
            self.touch(o)

    def _cancel_all(self, f: fx.CancelAll) -> None:
        """Everything that is open, whoever placed it."""
        self.asked_back.add(f"all {f.attempt}")
        for o in list(self.all_live()):
            o.cancels += 1
            self.touch(o)

    def _query(self, f: fx.Query) -> None:
        if (o := self.orders.get(f.client_id)) is not None:
            o.asked = f.ask

    def _sent(self, e: ev.Sent) -> None:
        if (o := self.orders.get(e.client_id)) is not None:
            o.left, o.disowned = True, 0

    def _not_sent(self, e: ev.NotSent) -> None:
        """Stopped at the last gate: reason enough to end an order of which no attempt ever left."""
        o = self.orders.get(e.client_id)
        if o is not None and not (o.left or o.acknowledged or o.doubted):
            o.unsent = True

    def _ended(self, f: fx.Ended) -> None:
        """The governor ends an order itself, with nothing more owed; or takes that back."""
        self.promised.discard((f.strategy, f.intent))
        o = self.orders.get(f.client_id)
        if o is None:
            return  # it waited for another's end, and never came out
        if f.state in ENDS or f.state == NOT_SENT:
            o.ended, o.stated, o.ours = o.ended or f.state, o.filled, True
        else:
            o.ended, o.ours, o.cancels = "", False, 0
        self.touch(o)

    def _timeout(self, e: ev.Timeout) -> None:
        """No answer is no answer: it may be there."""
        if e.call == "submit" and (o := self.orders.get(e.client_id)) is not None:
            o.left = o.doubted = True

    def _update(self, e: ev.Update) -> None:
        o = self.orders.get(e.client_id)
        if o is not None and not o.retry_refused(e.state, e.filled):
            self._state(o, e.state, e.filled)

    def _answer(self, e: ev.Answer) -> None:
        o = self.orders.get(e.client_id)
        if o is not None and e.found and e.ask == 0:  # unasked: it has what was sent once more
            self._state(o, e.state, e.filled)
        if o is None or o.asked != e.ask:
            return  # to no question, or to one that is answered or overtaken
        o.asked = -1
        if e.found:
            self._state(o, e.state, e.filled)
        elif o.acknowledged:
            o.confirmed = False
            self.touch(o)
        else:
            o.disowned += 1
            o.unsent = o.unsent or (e.ask == 0 and not o.left)

    def _state(self, o: Order, state: str, filled: int) -> None:
        """Only the broker's word for an end is evidence; what it states above what was seen is still owed."""
        o.acknowledged, o.disowned = True, 0
        o.confirmed = o.confirmed or state in ("ACCEPTED", "PARTIALLY_FILLED")
        if state in ENDS and (not o.ended or o.ours):
            o.ended = o.ended or state
            o.ours = False
        o.stated = max(o.stated, o.qty if filled < 0 and state == "FILLED" else filled)
        self.touch(o)

    def _fill(self, e: ev.Fill) -> None:
        if e.symbol not in self.instruments or e.qty <= 0 or e.price <= 0:
            return  # cannot be booked
        o = self.orders.get(e.client_id)
        strategy = owner_of(self.account, e.client_id) if o is None else o.first.strategy
        if o is not None and (o.first.symbol, o.first.side) != (e.symbol, e.side):
            o = None  # it contradicts the order it names: booked, and not to the order
        if o is None:
            if (e.client_id, e.fill_id) in self.strange:
                return
            self.strange.add((e.client_id, e.fill_id))
        else:
            if e.fill_id in o.fills:
                return
            o.fills.add(e.fill_id)
            own.replaced(self, o, e)
            o.filled += e.qty
            o.acknowledged = o.confirmed = True
        self.book(strategy, e.symbol, e.side, e.qty, e.price, e.fee)
        if o is None:
            self.refresh(e.symbol)
        else:
            self.touch(o)
        self._watch()

    def _booked(self, f: fx.Booked) -> None:
        own.booked(self, f)
        self._watch()

    def _divergence(self, f: fx.Divergence) -> None:
        self.differs.add((f.what, self.seq))

    def _report(self, e: ev.Report) -> None:
        self.words[e.what, e.scope] = e

    def _command(self, e: ev.Command) -> None:
        if e.what == "clear":
            self.rebasing = dict(e.args).get("rebase") == "yes"

    def _latch(self, f: fx.LatchChange) -> None:
        key = (f.latch, f.scope)
        if f.action == "set":
            self.latches[key] = Latch(f, self.seq, self.today())
            return
        self.latches.pop(key, None)
        if f.latch == "L4":
            self.panic_over = self.ts
        if f.latch == "L2" and self.rebasing:
            self.high_water = max(0, self.equity())


def monday_of(day: int) -> int:
    """The Monday of a yyyymmdd's week."""
    at = date(day // 10_000, day // 100 % 100, day % 100)
    return int((at - timedelta(days=at.weekday())).strftime("%Y%m%d"))


EVENTS: Final = frozenset(kind.KIND for kind in ev.Event.__args__)
_KINDS: Final = tuple(kind.KIND for kind in (*ev.Event.__args__, *fx.Effect.__args__))
