"""What a run did, told from its journal: `Summary` takes every record in journal order, in constant time
each, live or afterwards, and says the same.

Equity is recomputed here and held against what the governor recorded (each day's baseline and high-water
mark, each trip's value); `consistent` says whether all of it agreed. `to_dict` is what `flyball demo --json`
prints: money as decimal strings, times as RFC 3339, ratios and basis points as plain numbers.
"""

from collections.abc import Callable
from typing import Final, get_args

from flyball.desk.books import Books
from flyball.desk.caps import Caps
from flyball.desk.curve import Curve
from flyball.desk.evidence import Units
from flyball.desk.examples import Examples
from flyball.desk.latch_log import LatchLog
from flyball.desk.rows import Row
from flyball.desk.summary_json import summary_json
from flyball.desk.trips import Trips
from flyball.desk.working import Working
from flyball.journal.codec import Record
from flyball.kernel import effects as f
from flyball.kernel import events as e
from flyball.kernel.latches import ACCOUNT_SCOPE
from flyball.kernel.words import APPROVE, CLEARED, CLIP, REJECT, SET

NOTED: Final = 20  # inconsistencies kept word by word

Counts = dict[str, int]


class Summary:
    """Everything the desk shows of a run. Feed it each record once, in order."""

    def __init__(self) -> None:
        self.seq = 0
        self.ts = 0  # of the newest event
        self.events = 0
        self.intents = self.approved = self.clipped = self.refused = self.fills = 0
        self.turnover = self.fees = 0  # micros
        self.dropped = 0  # messages of bots above their allowance, or no intents at all
        self.refused_by_code: Counts = {}
        self.clipped_by_code: Counts = {}
        self.labels: dict[str, str] = {}  # what each source of prices is
        self.rows: list[Row] = []
        self.flat_by_close = True  # False: nothing has to be flat at a close, so holding is no fault
        self.books = Books()
        self.working = Working()
        self.caps = Caps()
        self.trips = Trips()
        self.latches = LatchLog()
        self.examples = Examples()
        self.curve = Curve()
        self.notable: tuple[e.Intent, f.Decision] | None = None  # the newest that was not passed whole
        self.faults: list[str] = []  # where the records disagree with the recomputed account
        self.faulted = 0
        self.finished: dict[str, object] = {}
        self._intent: e.Intent | None = None
        self._command: e.Command | None = None

    # -- what a person asks --------------------------------------------------------------------------------

    @property
    def consistent(self) -> bool:
        return self.faulted == 0

    @property
    def today(self) -> Row | None:
        return self.rows[-1] if self.rows else None

    def day_pnl(self) -> int:
        """Since the risk day's start, flows stripped. Micros."""
        row = self.today
        return 0 if row is None else self.books.equity() - row.baseline - self.books.flows

    def pnl(self) -> int:
        """Of all days. Micros."""
        return sum(row.pnl for row in self.rows[:-1]) + self.day_pnl()

    def row_pnl(self, row: Row) -> int:
        return self.day_pnl() if row is self.today else row.pnl

    def row_equity(self, row: Row) -> int:
        """At that day's end, or now: what it began with, earned, and was given or taken out."""
        flows = self.books.flows if row is self.today else row.flows
        return row.baseline + self.row_pnl(row) + flows

    def units(self, symbol: str) -> Units:
        """What this symbol's figures are counted in."""
        m = self.books.markets.get(symbol)
        return Units(self.books.currency, m.price_exp, m.qty_exp) if m else Units(self.books.currency)

    def flat_of(self, row: Row) -> bool | None:
        """Whether the book was flat at that day's close; None while it has not come."""
        if row.flat is None and row is self.today and self.ts >= row.close:
            return self._flat()
        return row.flat

    def finish(
        self,
        *,
        path: str,
        head: str,
        verified: bool | None,
        state_hash: str = "",
        book_hash: str = "",
        events: int | None = None,
        recovered: int = 0,
        new: int | None = None,
        elapsed_s: float | None = None,
    ) -> None:
        """What only the caller knows: where the journal is and that it was verified, how long it took."""
        self.finished = {
            "path": path,
            "events": self.events if events is None else events,
            "records": self.seq,
            "recovered": recovered,
            "new": self.seq - recovered if new is None else new,
            "head": head,
            "verified": verified,
            "state_hash": state_hash,
            "book_hash": book_hash,
            "elapsed_s": elapsed_s,
        }

    def to_dict(self) -> dict[str, object]:
        """The object of `--json`."""
        return summary_json(self)

    # -- feeding -------------------------------------------------------------------------------------------

    def feed(self, seq: int, record: Record) -> None:
        """The next record. Never fails, whatever it says."""
        self.seq = seq
        take = _TAKE.get(record.KIND)
        if record.KIND in _EVENTS:
            self.events += 1
            self._until(record.ts)
        if take is not None:
            take(self, seq, record)

    def _until(self, ts: int) -> None:
        """Time goes on: was the book flat at the close behind us?"""
        row = self.today
        if row is not None and row.flat is None and ts > row.close:
            row.flat = self._flat()
        self.ts = max(self.ts, ts)

    def _flat(self) -> bool:
        return not self.books.positions() and not self.working.live

    def _valued(self) -> None:
        """After equity moved."""
        if not self.books.valued() or self.today is None:
            return
        self.books.peak()
        equity, high_water = self.books.equity(), self.books.high_water
        self.curve.see(self.ts, equity, high_water)
        self.today.below(equity, high_water)

    def _hold(self, what: str, theirs: int, ours: int) -> None:
        """The governor recorded `theirs`; the same, recomputed, is `ours`."""
        if theirs == ours:
            return
        self.faulted += 1
        if len(self.faults) < NOTED:
            self.faults.append(f"record {self.seq}: {what} is {theirs} in the journal and {ours} recomputed")

    # -- events --------------------------------------------------------------------------------------------

    def _epoch(self, _: int, x: e.Epoch) -> None:
        self.working.account = x.account

    def _config(self, _: int, x: e.Config | f.InForce) -> None:
        self.books.configure(x)
        self.flat_by_close = all(key != "flat_by" or text != "never" for _, key, _, _, text, _ in x.values)

    def _instrument(self, _: int, x: e.Instrument) -> None:
        self.books.instrument(x, working=self.working.works_in(x.symbol))

    def _feed_label(self, _: int, x: e.Feed) -> None:
        self.labels[x.source] = x.label

    def _mark(self, _: int, x: e.Mark) -> None:
        prices = self.books.mark(x)
        if prices is not None:
            self.trips.marked(x.ts, x.symbol, prices)
            self._valued()

    def _flow(self, _: int, x: e.Flow) -> None:
        self.books.flow(x)

    def _account(self, _: int, x: e.Account) -> None:
        if self.books.account(x) and self.today is not None:
            self.today.baseline = x.day_equity

    def _intent_of(self, _: int, x: e.Intent) -> None:
        self._intent = x
        self.intents += 1
        if self.today is not None:
            self.today.intents += 1

    def _ingress(self, _: int, x: e.Ingress) -> None:
        self.dropped += x.dropped + x.rubbish

    def _command_of(self, _: int, x: e.Command) -> None:
        self._command = x

    def _update(self, _: int, x: e.Update) -> None:
        self.working.update(x)

    def _answer(self, _: int, x: e.Answer) -> None:
        self.working.answer(x)

    def _action(self, _: int, x: e.Action) -> None:
        self.books.action(x)

    def _fill(self, _: int, x: e.Fill) -> None:
        owner = self.working.execution(x) if self.books.bookable(x) else None
        if owner is None:
            return
        hand = self.working.replaced(x)
        if hand is not None:
            before, after = hand
            self._book(before, owner, -1)
            if after.qty:
                self._book(after, owner, 1)
        self._book(x, owner, 1)
        self._valued()

    def _book(self, x: e.Fill, owner: str, sign: int) -> None:
        """Book an execution (sign 1) or take one back (sign -1)."""
        booked = self.books.fill(x, owner, sign)
        self.fills += sign
        self.turnover += sign * booked.worth
        self.fees += sign * x.fee
        if sign > 0:
            self.trips.filled(booked.slip + x.fee)
        if self.today is not None:
            self.today.fills += sign
            self.today.turnover += sign * booked.worth
            self.today.fees += sign * x.fee

    # -- effects -------------------------------------------------------------------------------------------

    def _day_start(self, _: int, x: f.DayStart) -> None:
        before = self.today
        books = self.books
        first_read = before is None and books.known
        ours = books.opening + books.flows if first_read else books.equity()
        self._hold("the day's baseline", x.baseline, ours)
        self._hold("the high-water mark", x.high_water, books.high_water)
        if before is not None:
            before.pnl, before.flows = self.day_pnl(), books.flows
            if before.flat is None:
                before.flat = self._flat()
        books.start_day()
        self.working.start_day()
        self.rows.append(Row(x.day, x.venue, x.open, x.close, x.baseline, x.high_water))

    def _decision(self, seq: int, x: f.Decision) -> None:
        row = self.today
        if x.verdict != APPROVE and self._intent is not None:
            self.notable = (self._intent, x)
        code = x.codes[0] if x.codes else ""
        if x.verdict == REJECT:
            self.refused += 1
            self.refused_by_code[code] = self.refused_by_code.get(code, 0) + 1
            if row is not None:
                row.refused += 1
        elif x.verdict == CLIP:
            self.clipped += 1
            self.clipped_by_code[code] = self.clipped_by_code.get(code, 0) + 1
            if row is not None:
                row.clipped += 1
        else:
            self.approved += 1
            if row is not None:
                row.approved += 1
        self.caps.take(seq, x)
        self.examples.take(seq, self._intent, x)

    def _order(self, _: int, x: f.Order) -> None:
        self.working.order(x)

    def _query(self, _: int, x: f.Query) -> None:
        self.working.query(x)

    def _ended(self, _: int, x: f.Ended) -> None:
        self.working.ended(x)

    def _by_hand(self, _: int, x: f.Booked) -> None:
        self.working.booked(x)
        said = e.Fill(x.ts, x.client_id, x.fill_id, x.symbol, x.side, x.qty, x.price, x.fee, 0)
        self._book(said, x.strategy, 1)
        self._valued()

    def _moved(self, _: int, x: f.Moved) -> None:
        self.books.moved(x)

    def _restated(self, _: int, x: f.Restated) -> None:
        self.books.restated(x)

    def _latch(self, _: int, x: f.LatchChange) -> None:
        row = self.today
        self.latches.take(x, 0 if row is None else row.day)
        if x.action == SET and row is not None and x.latch not in row.latches:
            row.latches.append(x.latch)
        said = () if self._command is None else self._command.args
        if x.action == CLEARED and x.latch == "L2" and ("rebase", "yes") in said:
            self.books.high_water = self.books.equity()

    def _trip(self, seq: int, x: f.Trip) -> None:
        row = self.today
        if row is None:
            return
        if x.trigger != "daily_loss":
            self._hold(f"the drawdown at {x.trigger}", x.value, self.books.high_water - self.books.equity())
        elif x.scope == ACCOUNT_SCOPE:
            self._hold("the day's loss", x.value, -self.day_pnl())
        self.trips.take(seq, x, row.day, row.baseline, self.books.limits)

    def _flattened(self, _: int, x: f.Flat) -> None:
        self.trips.flat(x, 0 if self.today is None else self.today.day)


_EVENTS: Final = frozenset(one.KIND for one in get_args(e.Event))

_TAKE: Final[dict[str, Callable[..., None]]] = {
    e.Epoch.KIND: Summary._epoch,
    e.Config.KIND: Summary._config,
    e.Instrument.KIND: Summary._instrument,
    e.Feed.KIND: Summary._feed_label,
    e.Mark.KIND: Summary._mark,
    e.Flow.KIND: Summary._flow,
    e.Account.KIND: Summary._account,
    e.Intent.KIND: Summary._intent_of,
    e.Ingress.KIND: Summary._ingress,
    e.Command.KIND: Summary._command_of,
    e.Update.KIND: Summary._update,
    e.Answer.KIND: Summary._answer,
    e.Action.KIND: Summary._action,
    e.Fill.KIND: Summary._fill,
    f.InForce.KIND: Summary._config,
    f.DayStart.KIND: Summary._day_start,
    f.Decision.KIND: Summary._decision,
    f.Order.KIND: Summary._order,
    f.Query.KIND: Summary._query,
    f.LatchChange.KIND: Summary._latch,
    f.Trip.KIND: Summary._trip,
    f.Flat.KIND: Summary._flattened,
    f.Ended.KIND: Summary._ended,
    f.Booked.KIND: Summary._by_hand,
    f.Moved.KIND: Summary._moved,
    f.Restated.KIND: Summary._restated,
}
