"""Reading through a journal once for everything that belongs to one decision.

Kept on the way is what a later record may turn out to need, and no more: the decisions of the present risk
day, the orders of the day, the latches that hold.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from flyball.desk.evidence import Units
from flyball.desk.latch_log import Episode, LatchLog
from flyball.journal.codec import Record
from flyball.kernel import effects as f
from flyball.kernel import events as e
from flyball.kernel.words import ACCEPTED, IN_DOUBT, NOT_SENT, REJECT, SENT

NAMES: Final = 20_000  # remembered for "did you mean"


@dataclass
class OrderStory:
    """One order and what became of it."""

    seq: int
    order: f.Order
    attempts: int = 1
    state: str = "PENDING"
    reason: str = ""
    steps: list[tuple[int, str]] = field(default_factory=list)
    fills: list[tuple[int, e.Fill]] = field(default_factory=list)


@dataclass
class Found:
    """A decision with its intent; both None for an order of the governor's own."""

    seq: int
    intent: e.Intent | None
    decision: f.Decision | None
    latches: list[Episode]
    orders: list[OrderStory] = field(default_factory=list)
    others: list[tuple[int, str]] = field(default_factory=list)  # (seq, verdict) of the same id


@dataclass
class Told:
    """Why there is no one answer."""

    text: str


@dataclass
class Dossier:
    """Feed it every record; ask `found` at the end."""

    wanted: str
    seq: int = 0
    venue: str = ""
    currency: str = "USD"
    units: dict[str, Units] = field(default_factory=dict)
    latches: LatchLog = field(default_factory=LatchLog)
    names: dict[str, None] = field(default_factory=dict)
    _day: int = 0
    _intent: tuple[int, e.Intent] | None = None
    _today: dict[tuple[str, str], Found] = field(default_factory=dict)
    _orders: dict[str, OrderStory] = field(default_factory=dict)
    _hits: dict[str, list[Found]] = field(default_factory=dict)  # by strategy
    _by_seq: Found | Told | None = None
    _by_order: Found | None = None

    def take(self, seq: int, record: Record) -> None:
        """The next record."""
        self.seq = seq
        take = _TAKE.get(record.KIND)
        if take is not None:
            take(self, seq, record)
        if self._by_seq is None and self.wanted == str(seq):
            self._by_seq = self._of_record(seq, record)

    def found(self) -> Found | Told | None:
        """What answers to the wanted name: an order, an intent, a record's number, in this order."""
        if self._by_order is not None:
            return self._by_order
        if len(self._hits) > 1:
            names = ", ".join(f"{strategy}/{self.wanted}" for strategy in sorted(self._hits))
            return Told(f"{self.wanted!r} is an intent of several strategies; say which: {names}")
        for hits in self._hits.values():
            first = next((x for x in reversed(hits) if not _repeats(x)), hits[-1])
            first.others = [(x.seq, _verdict(x)) for x in hits if x is not first]
            return first
        return self._by_seq

    def of(self, symbol: str) -> Units:
        """What this symbol's figures are counted in."""
        return self.units.get(symbol, Units(self.currency))

    # -- records -------------------------------------------------------------------------------------------

    def _instrument(self, _: int, x: e.Instrument) -> None:
        self.currency = x.currency
        self.units[x.symbol] = Units(x.currency, x.price_exp, x.qty_exp)

    def _day_start(self, _: int, x: f.DayStart) -> None:
        self.venue = x.venue
        self._day = x.day
        self._today = {}
        open_ = {cid: o for cid, o in self._orders.items() if o.state in (SENT, ACCEPTED, IN_DOUBT)}
        self._orders = open_ | {x.order.client_id: x for hit in self._all_hits() for x in hit.orders}

    def _all_hits(self) -> list[Found]:
        out = [hit for hits in self._hits.values() for hit in hits]
        if self._by_order is not None:
            out.append(self._by_order)
        if isinstance(self._by_seq, Found):
            out.append(self._by_seq)
        return out

    def _latch(self, _: int, x: f.LatchChange) -> None:
        self.latches.take(x, self._day)

    def _asked(self, seq: int, x: e.Intent) -> None:
        self._intent = (seq, x)

    def _decision(self, seq: int, x: f.Decision) -> None:
        intent = None if self._intent is None else self._intent[1]
        found = Found(seq, intent, x, list(self.latches.active.values()))
        self._name(x.intent)
        if x.verdict != REJECT:
            self._today[(x.strategy, x.intent)] = found
        if self.wanted in (x.intent, f"{x.strategy}/{x.intent}"):
            self._hits.setdefault(x.strategy, []).append(found)
        if self._intent is not None and self.wanted == str(self._intent[0]):
            self._by_seq = found

    def _order(self, seq: int, x: f.Order) -> None:
        known = self._orders.get(x.client_id)
        if known is not None:
            known.attempts = max(known.attempts, x.attempt)
            known.steps.append((x.ts, "sent again under its id"))
            return
        story = self._orders[x.client_id] = OrderStory(seq, x)
        self._name(x.client_id)
        found = self._today.get((x.strategy, x.intent)) if x.intent else None
        if found is not None:
            found.orders.append(story)
        if x.client_id == self.wanted:
            self._by_order = found or Found(seq, None, None, list(self.latches.active.values()), [story])

    def _sent(self, _: int, x: e.Sent) -> None:
        self._step(x.client_id, x.ts, "sent", SENT)

    def _not_sent(self, _: int, x: e.NotSent) -> None:
        self._step(x.client_id, x.ts, f"not sent: {x.why}", NOT_SENT, x.why)

    def _update(self, _: int, x: e.Update) -> None:
        why = f": {x.reason}" if x.reason else ""
        self._step(x.client_id, x.ts, f"{x.state.lower()}{why}", x.state, x.reason)

    def _timeout(self, _: int, x: e.Timeout) -> None:
        state = IN_DOUBT if x.call == "submit" else ""
        self._step(x.client_id, x.ts, f"no answer to {x.call}: {x.reason}", state)

    def _answer(self, _: int, x: e.Answer) -> None:
        said = f"the broker has it: {x.state.lower()}" if x.found else "the broker does not know it"
        self._step(x.client_id, x.ts, said, x.state if x.found else "")

    def _cancel(self, _: int, x: f.Cancel) -> None:
        self._step(x.client_id, x.ts, f"cancel asked for: {x.why}", "")

    def _fill(self, seq: int, x: e.Fill) -> None:
        story = self._orders.get(x.client_id)
        if story is None or any(known.fill_id == x.fill_id for _, known in story.fills):
            return
        story.fills.append((seq, x))
        filled = sum(fill.qty for _, fill in story.fills)
        if story.state not in ("CANCELED", "EXPIRED"):
            story.state = "FILLED" if filled >= story.order.qty else "PARTIALLY_FILLED"

    def _step(self, client_id: str, ts: int, said: str, state: str, reason: str = "") -> None:
        story = self._orders.get(client_id)
        if story is None:
            return
        story.steps.append((ts, said))
        if state and not (story.fills and state in (SENT, ACCEPTED, IN_DOUBT)):
            story.state = state
        story.reason = reason or story.reason

    def _name(self, name: str) -> None:
        self.names.pop(name, None)
        self.names[name] = None
        if len(self.names) > NAMES:
            del self.names[next(iter(self.names))]

    def _of_record(self, seq: int, x: Record) -> Found | Told | None:
        """A record's number was asked for: the decision it belongs to."""
        if isinstance(x, e.Intent):
            return None  # its decision is the next record
        if isinstance(x, f.Decision):
            return self._today.get((x.strategy, x.intent)) or Found(
                seq, self._intent[1] if self._intent else None, x, list(self.latches.active.values())
            )
        client_id = getattr(x, "client_id", "")
        story = self._orders.get(client_id)
        if story is None:
            return Told(f"record {seq} is a {x.KIND}; no decision belongs to it")
        found = self._today.get((story.order.strategy, story.order.intent)) if story.order.intent else None
        return found or Found(story.seq, None, None, list(self.latches.active.values()), [story])


def _repeats(x: Found) -> bool:
    return x.decision is not None and "DUPLICATE_INTENT" in x.decision.codes


def _verdict(x: Found) -> str:
    return "" if x.decision is None else x.decision.verdict


_TAKE: Final[dict[str, Callable[..., None]]] = {
    e.Instrument.KIND: Dossier._instrument,
    f.DayStart.KIND: Dossier._day_start,
    f.LatchChange.KIND: Dossier._latch,
    e.Intent.KIND: Dossier._asked,
    f.Decision.KIND: Dossier._decision,
    f.Order.KIND: Dossier._order,
    e.Sent.KIND: Dossier._sent,
    e.NotSent.KIND: Dossier._not_sent,
    e.Update.KIND: Dossier._update,
    e.Timeout.KIND: Dossier._timeout,
    e.Answer.KIND: Dossier._answer,
    f.Cancel.KIND: Dossier._cancel,
    e.Fill.KIND: Dossier._fill,
}
