"""One incarnation's side of a broker that misbehaves: what becomes of each call, and what is told when."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from flyball.broker.chaos_kinds import LOOKUP, Window
from flyball.broker.chaos_truth import Reached
from flyball.broker.paper_draws import Key, between, happens, numbers
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Account, Answer, Event, Fill, Timeout, Update
from flyball.kernel.units import NS
from flyball.kernel.words import ACCOUNT, CANCEL, CANCEL_ALL, QUERY, REJECTED, SUBMIT
from flyball.ports import Broker

if TYPE_CHECKING:
    from flyball.broker.chaos import Chaos

AT_ONCE: Final = {"throttle": "429 Too Many Requests", "server_error": "503 Service Unavailable"}
HALF: Final = 500_000
THIRD: Final = 300_000
OLDEST: Final = 30 * NS  # of a stale read
LATEST: Final = 4 * NS  # an order's arrival, after its time-out
QUIET_AFTER: Final = 20 * NS  # how long after its time-out an unanswered order may stay unheard of


@dataclass(frozen=True)
class Held:
    """Something on its way to the broker: one of these."""

    order: Order | None = None
    cancel: Cancel | None = None
    hand: Window | None = None
    all: CancelAll | None = None


class Chaotic:
    """`ports.Broker` for one incarnation of the governor."""

    def __init__(
        self,
        chaos: "Chaos",
        broker: Broker,
        now: Callable[[], int] | None,
        meet: Callable[[str], None],
    ) -> None:
        self.chaos = chaos
        self.broker = broker
        self.at = 0  # the time it has lived to
        self._now = now
        self._meet = meet
        self._cursor = 0
        self._replies: list[tuple[int, int, Timeout | Answer | Account]] = []
        self._count = 0
        self._shadows = 0
        self._bent: dict[int, tuple[str, int]] = {}  # account questions whose answer is not what it should be

    # -- calls

    def submit(self, order: Order) -> None:
        """Take on an order, or not."""
        self._meet("send")
        self._submit(order)
        self._meet("sent")

    def _submit(self, order: Order) -> None:
        c, at = self.chaos, self._true(order.ts)
        key = c.key_of(order)
        here: Key = (*key, order.attempt)
        timeout = Timeout(0, order.client_id, SUBMIT, order.attempt, c.patience)
        known = order.client_id in c.arrived
        deaf = c.deaf(at)

        def may(name: str) -> bool:
            return order.client_id in c.worked if name == "duplicate_id" else not known or name != "reject"

        kind, length = c.fate(SUBMIT, here, may, at)
        if deaf:
            kind = "unanswered_done" if happens(numbers(c.seed, *here, deaf), THIRD) else "unanswered"
            if deaf == "restart":
                kind = "throttle"
        if order.client_id in c.refused or kind == "reject":
            c.reject(order, key, at)
        elif kind == "duplicate_id":
            self._reply(at + c.latency(here, "taken"), replace(timeout, reason="client order id is taken"))
        elif kind == "applied_late":
            # one that comes after it was asked for twice and disowned twice is beyond what can be survived
            c.act(at + min(length, c.timeout + LATEST), Held(order=order))
            self._reply(at + c.timeout, timeout)
        elif kind in AT_ONCE:
            reason = AT_ONCE["server_error" if deaf else kind]
            if kind == "server_error" and happens(numbers(c.seed, *here, "done"), HALF):
                self._reach(order, at, kind)
            self._reply(at + c.latency(here, kind), replace(timeout, reason=reason))
        elif kind == "unanswered":
            self._reply(at + c.timeout, timeout)
        elif kind == "unanswered_done":
            until = at + c.timeout + between(numbers(c.seed, *here, "unheard"), 1, QUIET_AFTER)
            c.muffled[order.client_id] = until
            self._reach(order, at, kind)
            self._reply(at + c.timeout, timeout)
        else:
            self._reach(order, at, kind)

    def cancel(self, cancel: Cancel) -> None:
        """Take an order back, or not."""
        self._meet("cancel")
        c, at = self.chaos, self._true(cancel.ts)
        key: Key = (*c.keys.get(cancel.client_id, ("unknown",)), "cancel", cancel.attempt)
        timeout = Timeout(0, cancel.client_id, CANCEL, cancel.attempt, c.patience)
        kind, length = c.fate(CANCEL, key, lambda _: True, at)
        if deaf := c.deaf(at):
            kind = "throttle" if deaf == "restart" else "unanswered"
        if cancel.client_id in c.refused:
            return
        if kind in AT_ONCE:
            if kind == "server_error" and happens(numbers(c.seed, *key, "done"), HALF):
                self.broker.cancel(self._cancel_at(cancel, at))
            self._reply(at + c.latency(key, kind), replace(timeout, reason=AT_ONCE[kind]))
        elif kind == "unanswered":
            self._reply(at + c.timeout, timeout)
        elif kind == "unanswered_done":
            until = at + c.timeout + between(numbers(c.seed, *key, "unheard"), 1, QUIET_AFTER)
            c.muffled[cancel.client_id] = max(until, c.muffled.get(cancel.client_id, 0))
            self.broker.cancel(self._cancel_at(cancel, at))
            self._reply(at + c.timeout, timeout)
        elif kind == "slow_cancel":
            c.act(at + length, Held(cancel=cancel))
            if length > c.timeout:
                self._reply(at + c.timeout, timeout)
        else:
            self.broker.cancel(self._cancel_at(cancel, at))

    def cancel_all(self, cancel: CancelAll) -> None:
        """Take everything back, or not."""
        self._meet("cancel")
        c, at = self.chaos, self._true(cancel.ts)
        key: Key = ("cancel_all", cancel.attempt)
        timeout = Timeout(0, "", CANCEL_ALL, cancel.attempt, c.patience)
        kind, length = c.fate(CANCEL, key, lambda _: True, at)
        if deaf := c.deaf(at):
            kind = "throttle" if deaf == "restart" else "unanswered"
        done = replace(cancel, ts=at) if c.now else cancel
        if kind in AT_ONCE:
            if kind == "server_error" and happens(numbers(c.seed, *key, "done"), HALF):
                self.broker.cancel_all(done)
            self._reply(at + c.latency(key, kind), replace(timeout, reason=AT_ONCE[kind]))
        elif kind == "unanswered":
            self._reply(at + c.timeout, timeout)
        elif kind == "unanswered_done":
            self.broker.cancel_all(done)
            self._reply(at + c.timeout, timeout)
        elif kind == "slow_cancel":
            c.act(at + length, Held(all=cancel))
            if length > c.timeout:
                self._reply(at + c.timeout, timeout)
        else:
            self.broker.cancel_all(done)

    def query(self, query: Query) -> None:
        """Answer by client id, or not."""
        self._meet("query")
        c, at = self.chaos, self._true(query.ts)
        known = c.keys.get(query.client_id, ("unknown", query.ts))
        key: Key = (*known, "query", query.ask)
        timeout = Timeout(0, query.client_id, QUERY, query.ask, c.patience)
        may = query.client_id in c.worked and query.client_id not in c.forgotten
        kind, _ = c.fate(QUERY, key, lambda name: may or name != "forgets", at)
        if deaf := c.deaf(at):
            kind = "throttle" if deaf == "restart" else "unanswered"
        due = at + 2 * c.latency(key, "way")
        if kind in AT_ONCE:
            self._reply(due, replace(timeout, reason=AT_ONCE[kind]))
        elif kind == "unanswered":
            self._reply(at + c.timeout, timeout)
        elif query.client_id in c.refused and not self._comes(query.client_id):
            self._reply(due, self._rejected(query.client_id, query.ask))
        elif kind == "forgets":
            c.forgotten.add(query.client_id)
            self._reply(due, Answer(0, query.client_id, query.ask, False, "", 0, ""))
        else:
            if query.client_id not in c.worked:
                c.forgotten.add(query.client_id)  # it will be told so: not a second time when it has come
            self.broker.query(Query(at if c.now else query.ts, query.client_id, query.ask))

    def account(self, ask: AskAccount) -> None:
        """Answer with the account's figures, or others, or not."""
        self._meet("account")
        c, at = self.chaos, self._true(ask.ts)
        key: Key = ("account", ask.ts, ask.ask)
        timeout = Timeout(0, "", ACCOUNT, ask.ask, c.patience)
        kind, length = c.fate(ACCOUNT, key, lambda _: True, at)
        if deaf := c.deaf(at):
            kind = "throttle" if deaf == "restart" else "unanswered"
        if kind in AT_ONCE:
            self._reply(at + c.latency(key, kind), replace(timeout, reason=AT_ONCE[kind]))
        elif kind == "unanswered":
            self._reply(at + c.timeout, timeout)
        else:
            if kind:
                self._bent[ask.ask] = kind, at - length
            self.broker.account(AskAccount(at if c.now else ask.ts, ask.ask, ask.why))

    async def lookup(self, client_id: str, now: int) -> Answer | None:
        """A start's question."""
        self._meet("lookup")
        c, at = self.chaos, self._true(now)
        key: Key = (*c.keys.get(client_id, ("unknown", now)), at)
        may = client_id in c.worked and client_id not in c.forgotten
        kind, _ = c.fate(LOOKUP, key, lambda name: may or name != "forgets", at)
        if c.deaf(at) or kind == "cannot_look":
            return None
        if client_id in c.refused and not self._comes(client_id):
            return replace(self._rejected(client_id, 0), ts=now)
        if kind == "forgets":
            c.forgotten.add(client_id)
            return Answer(now, client_id, 0, False, "", 0, "")
        if client_id not in c.worked:
            c.forgotten.add(client_id)
        answer = await self.broker.lookup(client_id, at)
        return None if answer is None else replace(answer, ts=now)

    async def read_account(self, now: int) -> Account | None:
        """A start's look at the account."""
        self._meet("lookup")
        c, at = self.chaos, self._true(now)
        kind, _ = c.fate(LOOKUP, ("account", at), lambda name: name == "cannot_look", at)
        if c.deaf(at) or kind:
            return None
        account = await self.broker.read_account(at)
        return None if account is None else replace(account, ts=now)

    # -- time

    def resume(self, cursor: int, now: int) -> None:
        """Go on behind event number `cursor` of all that was ever delivered."""
        if cursor > len(self.chaos.log):
            raise ValueError(f"chaos: the governor has heard {cursor} events of {len(self.chaos.log)}")
        self._cursor = cursor
        self._replies.clear()
        self._bent.clear()
        self.at = self._true(now)
        self.broker.resume(self.chaos.heard, self.at)

    def next_due(self) -> int | None:
        """When it has something to say or to do next, by the governor's clock."""
        c = self.chaos
        due = self.at if self._cursor < len(c.log) else None
        for other in (
            self.broker.next_due(),
            c.acts[0][0] if c.acts else None,
            c.opens(c.stream[0][0]) if c.stream else None,
            self._replies[0][0] if self._replies else None,
        ):
            if other is not None and (due is None or other < due):
                due = other
        if due is None or c.now is None:
            return due
        assert self._now is not None, "a chaos with a time of its own needs the governor's clock, too"
        return self._now() + max(0, due - c.now())

    def take(self, now: int) -> list[Event]:
        """Let the outside live up to now; what it says by then, in order, each once."""
        c, at = self.chaos, self._true(now)
        while c.acts and c.acts[0][0] <= at:
            due, _, held = heappop(c.acts)
            self._pull(max(due, self.at))
            self._arrive(held, max(due, self.at))
        self._pull(at)
        out: list[Event] = []
        while self._cursor < len(c.log):
            self._deliver(out, replace(c.log[self._cursor]), now, now)
        while True:
            told = c.opens(c.stream[0][0]) if c.stream else None
            reply = self._replies[0][0] if self._replies else None
            if told is not None and told <= at and (reply is None or told <= reply):
                _, _, event, wrong = heappop(c.stream)
                event.n = len(c.log) + 1
                c.log.append(event)
                self._deliver(out, replace(event), now if c.now else told, now, wrong)
            elif reply is not None and reply <= at:
                due, _, answer = heappop(self._replies)
                answer.ts = now if c.now else due
                if isinstance(answer, Account):
                    answer.as_of += answer.ts - due  # by the governor's clock
                out.append(answer)
            else:
                return out

    # -- inside

    def _true(self, ts: int) -> int:
        """The time it is, outside."""
        self.at = max(self.at, self.chaos.now() if self.chaos.now else ts)
        return self.at

    def _deliver(self, out: list[Event], event: Update | Fill, ts: int, now: int, wrong: int = 0) -> None:
        event.ts = max(0, min(ts, now) + wrong)
        self._cursor = event.n
        out.append(event)

    def _reply(self, due: int, event: Timeout | Answer | Account) -> None:
        self._count += 1
        heappush(self._replies, (due, self._count, event))

    def _reach(self, order: Order, at: int, fate: str) -> None:
        """The order arrives at the broker."""
        c = self.chaos
        c.arrived.setdefault(order.client_id, at)
        c.submits.append(Reached(at, order.client_id, order.attempt, fate))
        self._snapshot(at)
        self.broker.submit(replace(order, ts=at) if c.now else order)

    def _arrive(self, held: Held, at: int) -> None:
        c = self.chaos
        if held.order is not None:
            if held.order.client_id not in c.arrived:  # an id is worked once, whatever arrives how often
                late = replace(held.order, ts=at)
                c.arrived[late.client_id] = at
                c.refused.pop(late.client_id, None)  # of a retry that was refused there is no record
                c.submits.append(Reached(at, late.client_id, late.attempt, "applied_late"))
                self.broker.submit(late)
        elif held.cancel is not None:
            self.broker.cancel(replace(held.cancel, ts=at))
        elif held.all is not None:
            self.broker.cancel_all(replace(held.all, ts=at))
        elif held.hand is not None:
            order = c.hand(held.hand, at)
            if order is not None:
                c.keys[order.client_id] = (order.client_id,)
                self.broker.submit(order)

    def _cancel_at(self, cancel: Cancel, at: int) -> Cancel:
        return replace(cancel, ts=at) if self.chaos.now else cancel

    def _snapshot(self, at: int) -> None:
        """Keep how the account stands, for a stale read."""
        c = self.chaos
        if c.wants("stale"):
            self._shadows += 1
            self.broker.account(AskAccount(at, -self._shadows, "for a stale read"))

    def _pull(self, at: int) -> None:
        """Hear what the broker says by a time."""
        c = self.chaos
        for event in self.broker.take(at):
            if isinstance(event, Update | Fill):
                c.hear(event)
            elif isinstance(event, Account):
                self._figures(event)
            elif isinstance(event, Timeout | Answer) and not self._own(event):
                self._reply(event.ts, event)

    def _own(self, event: Timeout | Answer) -> bool:
        """Whether it answers what the governor never asked: a hand's order, a look for later."""
        shadow = isinstance(event, Timeout) and event.call == ACCOUNT and event.attempt < 0
        return shadow or event.client_id.startswith("hand")

    def _figures(self, account: Account) -> None:
        """An account answer, as it is told."""
        c = self.chaos
        if account.ask >= 0:
            kind, age = self._bent.pop(account.ask, ("", 0))
            told = account
            if kind == "empty":
                told = replace(account, positions=(), open_ids=(), open_orders=())
            elif kind == "stale":
                old = [x for x in c.snapshots if x.ts >= max(age, account.ts - OLDEST)]
                if old:
                    told = replace(old[0], ask=account.ask)
            self._reply(account.ts, told)
        if c.wants("stale"):
            c.snapshots.append(replace(account))

    def _rejected(self, client_id: str, ask: int) -> Answer:
        return Answer(0, client_id, ask, True, REJECTED, 0, "C0")

    def _comes(self, client_id: str) -> bool:
        """Whether an earlier attempt is on its way: a retry was refused, and the broker has no record yet."""
        return any(h.order is not None and h.order.client_id == client_id for _, _, h in self.chaos.acts)
