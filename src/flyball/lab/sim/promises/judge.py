"""The Judge: SPEC's promises asserted after every event, from the journal's records, the socket and the
broker's truth. Raises Broken, and keeps it, so that a breach nobody let through is still found.

How it is used:

    judge = Judge()
    judge.started(records_on_the_disk, now)        # before every assembly; the first time with none
    broker = Witness(broker, judge, durable, now)   # around everything else
    plan.watch = judge.watch(now)                   # or `taken` after each batch
    judge.crashed(power=..., written=..., durable=...)
    judge.recovered(seq, state_hash); judge.state(governor); judge.truth(...); judge.quiescent(...)
    judge.journal(disk)                             # at the end
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.kernel.governor import Governor
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.promises import caps, facts, healed, ids, latched, needless, reducing, socket
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.durable import Continuity
from flyball.lab.sim.promises.flat import FlatByClose
from flyball.lab.sim.promises.flattened import Flattened
from flyball.lab.sim.promises.goals import Goals
from flyball.lab.sim.promises.ledger import same_books
from flyball.lab.sim.promises.loosened import Loosened
from flyball.lab.sim.promises.model import EVENTS, Model
from flyball.lab.sim.promises.prompt import Prompt
from flyball.lab.sim.promises.repeated import Repeated
from flyball.lab.sim.promises.shown import figures
from flyball.lab.sim.promises.truth import AtTheBroker, Truth, at_peace
from flyball.lab.sim.promises.whole import exported, replayed, tampered
from flyball.ports import Disk
from flyball.runtime.sequencer import Taken

__all__ = ["Broken", "Judge"]


class Judge:
    """One run's judge, over all its processes."""

    def __init__(self) -> None:
        self.broken: Broken | None = None  # the first breach
        self.governor: Governor | None = None  # of the process that runs; tells whether a batch is under way
        self.durable: Callable[[], int] | None = None  # the newest record that is truly durable
        self.model = Model()
        self.socket = socket.Socket()
        self.goals = Goals()
        self._continuity = Continuity()
        self._flat, self._flattened = FlatByClose(), Flattened()
        self.loosened = Loosened()
        self._broker = AtTheBroker()
        self._repeated = Repeated()
        self.prompt = Prompt()
        self._now = 0  # true time of the newest batch
        self._source: Sequence[Record] = []  # the journal so far
        self._left_out: set[int] = set()  # events passed over after two deaths
        self._left: list[socket.Sending] = []  # by the dead process, and its records not seen
        self._memory = False  # the model holds what the journal does not

    # -- one process -----------------------------------------------------------------------------------------

    def started(
        self,
        recovered: Iterable[tuple[int, Record]],
        now: int,
        noted: Iterable[Mapping[str, Any]] | None = (),
    ) -> None:
        """A process is about to begin with these records. `noted`: the entries of its emergency log; None
        when nobody can read it.
        """
        with self._heard():
            records = [record for _, record in recovered]
            shown = len(self._continuity.records)
            self.goals.started(len(records), shown)
            same = self._continuity.recovered(records)
            if not same or self._memory:
                self._rebuild(records, shown)
            self._memory, self.governor = False, None
            self.socket.started()
            noted = None if noted is None else list(noted)
            self.prompt.started(noted)
            self._repeated.started(self.model, noted)
            left, self._left = self._left, []
            if noted is not None and len(records) >= shown:
                socket.lost_exits(self.model, left, (str(one.get("client_id", "")) for one in noted))

    def _rebuild(self, records: Sequence[Record], shown: int) -> None:
        """Everything anew from what was recovered; what was shown before counts for no goal again."""
        self.model, self._flat, self.loosened = Model(), FlatByClose(), Loosened()
        self._flattened = Flattened()
        self._source, self._left_out = records, set()
        goals, self.goals = self.goals, Goals()
        for seq, record in enumerate(records, 1):
            if seq == shown + 1:
                self.goals = goals
            self._take(seq, record)
        self._step_is_over()
        self.goals = goals
        self._continuity.records.extend(records[shown:])

    def watch(self, now: Callable[[], int]) -> Callable[[Taken], None]:
        """An observer for `Plan.watch` or `Flight.observers`."""

        def observe(taken: Taken) -> None:
            first = taken.token - len(taken.records) + 1 if taken.token >= 0 else -1
            self.taken(first, taken.records, now())

        return observe

    def taken(self, first: int, records: Sequence[Record], now: int) -> None:
        """A batch was stepped. `first`: the number of its first record, -1 when the journal refused it."""
        with self._heard():
            written, self._now = first >= 0, now
            if written:
                if first != self.model.seq + 1:
                    raise Broken("P12", f"record {first} follows {self.model.seq}")
                self._continuity.taken(first, records)
                self._source = self._continuity.records
            else:
                self._memory = True
                if any(isinstance(x, fx.Order) and x.client_id in self.socket.first for x in records):
                    self.goals.hit("exit from memory")
            for seq, record in enumerate(records, self.model.seq + 1):
                self._take(seq, record)
            self._step_is_over()
            self.socket.shown(self.model, written=written)
            self.prompt.batch(records, self.socket, now, written=written)
            durable = None if self.durable is None else self.durable()
            if durable is not None:
                self._repeated.batch(durable, now)
            self.goals.batch(self.model, written=written, durable=durable)

    def sending(self, order: fx.Order, durable: int, now: int) -> None:
        """An order is at the socket; `durable` is the newest record that truly is, `now` the governor's
        time.
        """
        with self._heard():
            self.goals.sent(order)
            self.socket.sending(self.model, order, durable, now, behind=self._behind())

    def cancelling(self, cancel: fx.Cancel | fx.CancelAll) -> None:
        """A cancel is at the socket."""
        with self._heard():
            self.socket.cancelling(self.model, cancel, behind=self._behind())

    def asking(self, question: fx.Query | fx.AskAccount) -> None:
        """A question is at the socket: it changes no account, and needs no leave."""

    def looked_up(self, client_id: str, found: ev.Answer | None) -> None:
        """A start has asked the broker for an id. None: it could not look."""
        if found is not None:
            self.socket.looked_up(client_id)

    def truth(self, t: Truth) -> None:
        """What is the case at the broker now."""
        with self._heard():
            self._broker.look(t, self.model, self.socket)

    def shown(self, view: Mapping[str, Any]) -> None:
        """What `status` has just answered (P13)."""
        with self._heard():
            figures(self.model, view)

    def crashed(self, *, power: bool, written: int, durable: int) -> None:
        """The process is dead. `written` and `durable`: the newest record the world was told of as such."""
        self.goals.crashed(self.model, power=power)
        self._left = [] if power else self.socket.ended()
        if power:
            self.socket.ended()
        self._continuity.crashed(power=power, written=written, durable=durable)
        self.prompt.crashed(power=power)
        self._repeated.crashed(power=power)

    # -- cross-checks ----------------------------------------------------------------------------------------

    def recovered(self, seq: int, state_hash: str) -> None:
        """The state behind record `seq`, of a living, a dead or a recovered governor: the same (P7)."""
        with self._heard():
            self._continuity.hashed(seq, state_hash)

    def state(self, governor: Governor) -> None:
        """The governor's books against the judge's, between batches."""
        with self._heard():
            same_books(self.model, governor)

    def quiescent(self, t: Truth, governor: Governor) -> None:
        """All is quiet after the faults: P9, P10, P6, and nothing unresolved."""
        with self._heard():
            self._broker.look(t, self.model, self.socket)
            same_books(self.model, governor)
            at_peace(t, self.model, governor)

    def journal(self, disk: Disk, draw: Draw, times: int = 1) -> None:
        """The whole journal: as it was shown, replayed, exported; damage to a copy of it is located."""
        with self._heard():
            records = [record for _, record in read(disk)]
            self._continuity.recovered(records)
            self._continuity.hashed(len(records), replayed(records))
            exported(records)
            tampered(disk, draw, times)

    # -- inside ----------------------------------------------------------------------------------------------

    @contextmanager
    def _heard(self) -> Iterator[None]:
        try:
            yield
        except Broken as broken:
            self.broken = self.broken or broken
            raise

    def _behind(self) -> bool:
        return self.governor is not None and self.governor.state.seq != self.model.seq

    def _take(self, seq: int, record: Record) -> None:
        if isinstance(record, ev.Quarantined) and record.seq < seq:
            self._leave_out(record.seq, seq)
        m = self.model
        if record.KIND in EVENTS:
            self._step_is_over()
            if isinstance(record, ev.Epoch):
                self._flat.started()
                self._flattened.started()
            elif isinstance(record, ev.Config):
                self.loosened.config(record.approvers)
        else:
            self._before(record)
        self.goals.record(record, m)
        m.apply(seq, record)
        if isinstance(record, fx.Order):
            self._after(record)

    def _leave_out(self, event: int, seq: int) -> None:
        """J9: from record `seq` on everything is as if an earlier event had not been; orders did leave."""
        self._left_out.add(event)
        self.model, skipping = Model(), False
        for n, record in enumerate(self._source[: seq - 1], 1):
            if record.KIND in EVENTS:
                skipping = n in self._left_out
            if skipping and not isinstance(record, fx.Order):
                self.model.seq = n
            else:
                self.model.apply(n, record)

    def _before(self, record: Record) -> None:
        """What may not follow from the model as it is before this effect."""
        m = self.model
        if isinstance(record, fx.Order):
            ids.one_id(m, record)
            if record.adds:
                latched.adds_allowed(m, record)
            elif record.attempt == 1 and not record.again and not _waited(m, record):
                reducing.nearer_to_zero(m, record)
        elif isinstance(record, fx.Decision):
            if m.intent is not None:
                reducing.found_by_us(m, m.intent, record)
                needless.for_nothing(m, m.intent, record)
        elif isinstance(record, fx.LatchChange):
            latched.cleared_by_a_person(m, record)
            healed.on_evidence(m, record)
            self._repeated.latch(record, m.seq + 1, self._now)
        elif isinstance(record, fx.Approval):
            self.loosened.approval(m, record)
        elif isinstance(record, fx.Ended):
            ids.ended_with_reason(m, record)
        elif isinstance(record, fx.Alert):
            self._flat.alert(record)
            self._flattened.alert(record)
        if isinstance(record, fx.Flat):
            self._flattened.flat(record)

    def _after(self, f: fx.Order) -> None:
        """A new order, now that it is among the live ones."""
        if f.attempt > 1 or f.again:
            return
        o = self.model.orders[f.client_id]
        ids.as_decided(self.model, o)
        if f.adds:
            scale = self.model.decided[f.strategy, f.intent].decision.scale
            caps.within(self.model, o, scale)
            facts.grounded(self.model, o)

    def _step_is_over(self) -> None:
        """Before the next event."""
        latched.asked_back(self.model)
        reducing.still_fits(self.model)
        latched.tripped(self.model)
        self._flat.step(self.model)
        self._flattened.step(self.model)
        self.loosened.step(self.model)


def _waited(m: Model, f: fx.Order) -> bool:
    """An exit that comes out only now: what it may still do is judged at the socket."""
    return f.intent != "" and not isinstance(m.event, ev.Intent)
