"""The governor: one event in, its effects out. Time is the event's and never goes back; a failure inside is
a latch, not a crash.

`decide` may fail: the answer is then a refusal and a latch (L5). `apply` may not: if it does, an invariant
is broken and everything but a person's hand is stopped (L9b).
"""

from flyball.kernel.apply import apply
from flyball.kernel.approval import fall_back
from flyball.kernel.decide import Judged, decide, failed
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event, Intent
from flyball.kernel.flatten import waits_until
from flyball.kernel.hashes import book_hash, state_hash
from flyball.kernel.ladder import check_due, wants_auction
from flyball.kernel.latches import ACCOUNT_SCOPE, set_latch
from flyball.kernel.placing import cancel_adds, gate
from flyball.kernel.quarantine import not_before
from flyball.kernel.state import State

VERSION = "3"  # of the rules: any change that can change a decision raises it
SCHEMA = 3  # of events, effects and state; a new one comes with a step in upcasts.py


class Governor:
    """One account's kernel."""

    def __init__(self, state: State | None = None) -> None:
        self.state = State() if state is None else state
        self.fault = ""  # what broke, for the log

    def step(self, e: Event) -> list[Effect]:
        """Take one event in and say what follows, in order. The journal numbers the event and then each
        effect."""
        s = self.state
        assert e.ts >= s.ts, f"time went back: {e.ts} < {s.ts}"
        s.seq += 1
        s.ts = e.ts
        out: list[Effect] = []
        expired: list[Effect] = []  # told last: an answer stands directly behind its intent
        try:
            fall_back(s, expired)
            judged = self._judge(e) if isinstance(e, Intent) else None
            apply(s, e, out, judged)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it must stop trading, not the governor
            self.fault = f"{type(fault).__name__}: {fault} while applying {e.KIND}"
            s.failures += 1
            if set_latch(s, out, "L9b", ACCOUNT_SCOPE, "governor", self.fault):
                cancel_adds(s, out, ACCOUNT_SCOPE, "L9b")
        out += expired
        s.seq += len(out)
        return out

    def _judge(self, e: Intent) -> Judged:
        try:
            return decide(self.state, e)
        except Exception as fault:  # noqa: BLE001 - an error in a rule is "cannot tell"
            self.fault = f"{type(fault).__name__}: {fault} while deciding {e.intent}"
            return Judged(failed(self.state, e), None)

    def may_send(self, client_id: str, now: int) -> str:
        """The last gate, at the socket: why this order may not leave now, "" when it may."""
        o = self.state.orders.get(client_id)
        if o is None or o.final():
            return "it is over"
        if o.cancel_at != 0 and o.attempt == 1 and o.state == "PENDING":
            return "cancelled before it was sent"
        return gate(self.state, o, now)

    def next_due(self) -> int:
        """When the next timer is due; 0 when there is none."""
        s = self.state
        due = 0
        for at in s.timers.values():
            due = _sooner(due, at)
        for f in s.flattenings.values():
            if not f.done:
                due = _sooner(_sooner(due, f.next_at), waits_until(s, f))
        due = _sooner(due, s.day.rung(s.limits.flat_by == "close"))
        due = _sooner(due, s.day.auction_at(wants_auction(s)))
        due = _sooner(_sooner(due, check_due(s)), s.terms.until)
        return not_before(s, _sooner(due, s.restart_step))

    def state_hash(self) -> str:
        return state_hash(self.state)

    def book_hash(self) -> str:
        return book_hash(self.state)


def _sooner(a: int, b: int) -> int:
    if b == 0:
        return a
    return b if a == 0 else min(a, b)
