"""The sometimes table: rare situations that the simulator must reach now and then, told from what the judge
sees. A goal that no seed reaches is a fault that nobody tries."""

from collections.abc import Callable
from typing import Any, Final

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from flyball.kernel import events as ev
from flyball.lab.sim.promises.amounts import NS
from flyball.lab.sim.promises.model import Model
from flyball.lab.sim.promises.order import ENDS, Order

LADDER: Final = 300 * NS  # before the close, when it gets flat by itself
RECOVERY: Final = 10 * NS  # a start is young for so long
LATE: Final = 250 * 10**6  # ns: a latch is repeated elsewhere when it is not durable by then

GOALS: Final[dict[str, str]] = {
    "partial fill, then crash": "the process died with an order partly filled",
    "crash in doubt": "the process died with an order in doubt",
    "crash under a latch": "the process died with a latch set",
    "crash while flattening": "the process died while getting flat",
    "crash at a start": "the process died before its first batch",
    "power loss": "the machine lost power",
    "torn tail": "a start found fewer records than were written",
    "panic through power loss": "the power went while a panic was under way",
    "panic during recovery": "a panic within 10 s of a start",
    "panic twice": "a panic while one is in force",
    "in doubt, applied": "an order without an answer was there",
    "in doubt, never": "an order without an answer never arrived",
    "retried": "an order left again under its id",
    "left again after a start": "one durable and unsent at a crash left under its old id",
    "not sent after a start": "one durable and unsent at a crash never left",
    "cancel lost the race": "a fill came after the cancel was asked for",
    "fill before acknowledgement": "a fill came before any word of its order",
    "fill after the end": "a fill came when its order was over",
    "fill twice": "a fill came a second time",
    "fill of a lost order": "a fill of an order that the journal had lost",
    "trade by hand": "a fill of an order that is not ours",
    "stopped at the gate": "an order was stopped at the last gate by a latch",
    "expired at the gate": "an order was too old when it would have left",
    "exit while the disk hangs": "an exit left while a sync was late",
    "journal late": "a sync was late",
    "journal broken": "a write or sync failed for good",
    "exit from memory": "an order left that the journal could not take",
    "latch not durable in time": "a latch was not durable within 250 ms",
    "quarantine": "two deaths on one record: it is left out",
    "clip at a cap": "less was approved than asked for",
    "refused at a cap": "size alone was refused",
    "opposite strategies": "two strategies wanted opposite sides",
    "exit held": "an exit was refused because others are on the way",
    "exit in doubt": "an exit was refused while one is in doubt",
    "cut at zero": "an order through zero was cut or refused",
    "exit waits for a cancel": "an exit waited for the end of an own order in its way",
    "stop set off": "a stop was executed",
    "stop in the way": "an exit was refused because a stop is working",
    "close waits": "a close took back what was in its way and left behind the end of it",
    "daily loss": "L1 tripped",
    "drawdown halt": "L2 tripped",
    "drawdown restrict": "L3 tripped",
    "scaled": "an order was judged under a scale",
    "flat by order": "a flattening was confirmed by the broker's word",
    "not flat at the close": "a book was open at the close, latched and paged",
    "reconciliation break": "ledger and broker differed, seen twice",
    "reconciliation healed": "they were the same again",
    "bot down": "a bot's process ended",
    "flood": "a bot sent more than its allowance",
    "pending loosening at a start": "looser limits waited for approval when a process started",
    "resolved by a person": "an operator ended what stayed in doubt",
    "panic at the close": "a panic while the ladder was getting flat",
    "panic under a freeze": "a panic while another latch was set",
    "kill file": "the kill file panicked",
    "all cancelled at once": "one call cancelled everything in the account",
    "order of others cancelled": "an order that is not ours was cancelled",
    "protection back": "a stop was put back behind a position that could not be sold",
    "named residue": "a flattening named what it could not get rid of",
    "empty account while held": "an account without positions was told while books held something",
    "feed silent": "a price was too old, and the latch was set",
    "loop gap": "the governor stood still, and compared before anything was added",
}


class Goals:
    """How often each was reached in one run."""

    def __init__(self) -> None:
        self.reached: dict[str, int] = dict.fromkeys(GOALS, 0)
        self._start = -1
        self._batches = 0
        self._late = False
        self._close = 0
        self._pending: set[int] = set()
        self._promised: set[tuple[str, str]] = set()
        self._latches: list[tuple[int, int]] = []  # (record, time) of latches not known durable
        self._on: dict[str, Callable[[Any, Model], None]] = {
            "fill": self._fill,
            "update": self._update,
            "answer": self._answer,
            "not_sent": self._not_sent,
            "decision": self._decision,
            "order": self._order,
            "latch": self._latch,
            "report": self._report,
            "command": self._command,
            "epoch": self._epoch,
            "alert": self._alert,
            "flat": self._flat,
            "divergence": lambda _e, _m: self.hit("reconciliation break"),
            "bot_down": lambda _e, _m: self.hit("bot down"),
            "ingress": lambda _e, _m: self.hit("flood"),
            "quarantined": lambda _e, _m: self.hit("quarantine"),
            "booked": lambda _e, _m: self.hit("resolved by a person"),
            "approval": self._approval,
            "cancel_all": lambda _e, _m: self.hit("all cancelled at once"),
            "cancel": self._cancel,
            "account": self._account,
            "session": self._session,
        }

    def hit(self, goal: str) -> None:
        """One more."""
        self.reached[goal] += 1

    def record(self, record: Record, m: Model) -> None:
        """Before the model takes it in."""
        on = self._on.get(record.KIND)
        if on is not None:
            on(record, m)

    def batch(self, m: Model, *, written: bool, durable: int | None) -> None:
        """After a batch. `durable` None: not known."""
        self._batches += 1
        if not written:
            self.hit("journal broken")
        if durable is not None and self._latches:
            self._latches = [(seq, ts) for seq, ts in self._latches if seq > durable]
            if self._latches and m.ts - self._latches[0][1] > LATE:
                self.hit("latch not durable in time")
                self._latches.clear()

    def sent(self, order: fx.Order) -> None:
        """An order left."""
        if not order.adds and self._late:
            self.hit("exit while the disk hangs")

    def crashed(self, m: Model, *, power: bool) -> None:
        """The process died."""
        if power:
            self.hit("power loss")
        if not self._batches:
            self.hit("crash at a start")
        if any(0 < o.filled < o.qty and not o.ended for o in m.orders.values()):
            self.hit("partial fill, then crash")
        if any(_in_doubt(o) for o in m.all_live()):
            self.hit("crash in doubt")
        if m.latches:
            self.hit("crash under a latch")
        flattens = any(x.record.positions == "flatten" for x in m.latches.values())
        if flattens and any(b.qty for _, _, b in m.all_books()):
            self.hit("crash while flattening")
        if power and any(key[0] == "L4" for key in m.latches):
            self.hit("panic through power loss")

    def started(self, found: int, shown: int) -> None:
        """A start found `found` records of the `shown` that had been written."""
        self._batches = 0
        self._late = False
        self._latches.clear()
        if found < shown:
            self.hit("torn tail")

    # -- records ---------------------------------------------------------------------------------------------

    def _epoch(self, e: ev.Epoch, _: Model) -> None:
        self._start = e.ts if e.epoch > 1 else -1
        if self._pending:
            self.hit("pending loosening at a start")

    def _fill(self, e: ev.Fill, m: Model) -> None:
        o = m.orders.get(e.client_id)
        if o is None:
            ours = e.client_id.startswith(f"fb{m.account}-")
            self.hit("fill of a lost order" if ours else "trade by hand")
        elif e.fill_id in o.fills:
            self.hit("fill twice")
        elif o.ended:
            self.hit("fill after the end")
        else:
            if o.first.stop:
                self.hit("stop set off")
            if o.cancels:
                self.hit("cancel lost the race")
            if not o.acknowledged:
                self.hit("fill before acknowledgement")
            self._heard(o)

    def _heard(self, o: Order) -> None:
        if _in_doubt(o):
            self.hit("in doubt, applied")

    def _update(self, e: ev.Update, m: Model) -> None:
        if (o := m.orders.get(e.client_id)) is not None:
            self._heard(o)
            if o.cancels and e.state in ENDS and e.state != "CANCELED":
                self.hit("cancel lost the race")

    def _answer(self, e: ev.Answer, m: Model) -> None:
        o = m.orders.get(e.client_id)
        if o is None:
            return
        if e.found:
            self._heard(o)
        elif _in_doubt(o) and o.disowned == 1 and o.asked == e.ask:
            self.hit("in doubt, never")
        elif e.ask == 0 and not o.left:
            self.hit("not sent after a start")

    def _not_sent(self, e: ev.NotSent, _: Model) -> None:
        if e.why.startswith("LATCH_"):
            self.hit("stopped at the gate")
        elif e.why == "INTENT_EXPIRED":
            self.hit("expired at the gate")

    def _decision(self, d: fx.Decision, m: Model) -> None:
        if d.adds and d.verdict == "clip":
            self.hit("clip at a cap")
        if d.verdict == "reject" and d.would_pass:
            self.hit("refused at a cap")
        if d.adds and d.verdict != "reject" and d.scale < 10**6:
            self.hit("scaled")
        for code, goal in _BY_CODE.items():
            if code in d.codes:
                self.hit(goal)
        if any((o := m.orders.get(name)) is not None and o.first.stop for name in d.held):
            self.hit("stop in the way")
        if d.verdict != "reject" and not d.adds:
            self._promised.add((d.strategy, d.intent))

    def _order(self, f: fx.Order, m: Model) -> None:
        if f.again:
            self.hit("left again after a start")
        elif f.attempt > 1:
            self.hit("retried")
        elif (f.strategy, f.intent) in self._promised:
            self._promised.discard((f.strategy, f.intent))
            if m.event is not None and m.event.KIND != "intent":
                self.hit("exit waits for a cancel")
                if m.closes(f):
                    self.hit("close waits")

    def _latch(self, f: fx.LatchChange, m: Model) -> None:
        if f.action == "set":
            self._latches.append((m.seq + 1, f.ts))
            if f.latch in _BY_LATCH:
                self.hit(_BY_LATCH[f.latch])
        elif f.latch == "L7":
            self.hit("reconciliation healed")

    def _report(self, e: ev.Report, _: Model) -> None:
        if e.what == "journal":
            self._late = e.value == "late"
            if self._late:
                self.hit("journal late")
        elif e.what == "loop":
            self.hit("loop gap")
        elif e.what == "feed" and e.value != "ok":
            self.hit("feed silent")

    def _command(self, e: ev.Command, m: Model) -> None:
        if e.what == "panic":
            if self._start >= 0 and e.ts - self._start < RECOVERY:
                self.hit("panic during recovery")
            if ("L4", "account") in m.latches:
                self.hit("panic twice")
            elif m.latches:
                self.hit("panic under a freeze")
            if e.by == "kill file":
                self.hit("kill file")
            if 0 <= self._close - e.ts <= LADDER:
                self.hit("panic at the close")
        elif e.what == "resolve":
            self.hit("resolved by a person")

    def _alert(self, f: fx.Alert, _: Model) -> None:
        if f.alert == "not_flat_at_close":
            self.hit("not flat at the close")
        elif f.alert == "protection_back":
            self.hit("protection back")

    def _flat(self, f: fx.Flat, _: Model) -> None:
        if f.confirmed:
            self.hit("flat by order")
        elif f.residue:
            self.hit("named residue")

    def _session(self, e: ev.Session, _: Model) -> None:
        self._close = e.close

    def _cancel(self, f: fx.Cancel, _: Model) -> None:
        if f.broker_id:
            self.hit("order of others cancelled")

    def _account(self, e: ev.Account, m: Model) -> None:
        if e.ask and not e.positions and any(b.qty for _, _, b in m.all_books()):
            self.hit("empty account while held")

    def _approval(self, f: Any, _: Model) -> None:  # noqa: ANN401 - of a later version of the records
        if f.what == "proposed":
            self._pending.add(f.proposal)
        else:
            self._pending.discard(f.proposal)


_BY_CODE: Final = {
    "ACCOUNT_OPPOSITE_SIDE": "opposite strategies",
    "REDUCE_HELD": "exit held",
    "REDUCE_IN_DOUBT": "exit in doubt",
    "REDUCE_THROUGH_ZERO": "cut at zero",
}
_BY_LATCH: Final = {"L1": "daily loss", "L2": "drawdown halt", "L3": "drawdown restrict"}


def _in_doubt(o: Order) -> bool:
    return o.doubted and not o.acknowledged and not o.ended
