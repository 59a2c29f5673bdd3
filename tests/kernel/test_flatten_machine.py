"""A flattening under all that can happen to it, against a broker with a truth of its own: never through
zero, never more than the broker holds by its own newest list, never an exit beside an entry that was asked
back less than 5 s ago, and in the end flat confirmed or paged with what is left."""

from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import booleans, integers, sampled_from

from flyball.kernel.effects import Alert, Cancel, CancelAll, Effect, Flat, Order, Query
from flyball.kernel.flatten import CANCEL_WAIT
from tests.kernel.hand import NS, flying, of, ppm, text

LIMITS: dict[str, Any] = {
    "max_slippage": ppm(5_000),
    "price_tolerance": ppm(30_000),
    "flat_by": text("never"),
}


class Flattening(RuleBasedStateMachine):
    """`there`: what the broker works, by client id, [side, left, filled]. `held`: its position. `untold`:
    what its stream has not said yet. `shown`: the position in the newest list, None when the governor has
    heard of an execution since; `empties`: lists in a row that showed nothing; `since`: when an order was
    first asked back; `by_hand`: somebody else has traded."""

    @initialize(qty=integers(1, 20), short=booleans(), entries=integers(0, 6))
    def begin(self, qty: int, short: bool, entries: int) -> None:
        self.f = f = flying(flat_by=text("never"))
        f.hold(-qty if short else qty)
        f.config(**LIMITS)
        self.held = -qty if short else qty
        self.sign = 1 if self.held > 0 else -1
        self.there: dict[str, list[int]] = {}
        self.untold: list[tuple[str, str, int]] = []
        self.coming: list[Cancel | CancelAll] = []
        self.panicked = False
        self.shown: int | None = None
        self.empties = 0
        self.fooled = False  # two empty lists in a row are believed, whatever works
        self.by_hand = False
        self.since: dict[str, int] = {}
        for k in range(entries):
            order = f.order(self.sign, 1 + k % 2, 9_900 - k if self.sign > 0 else 10_100 + k)
            self.there[order.client_id] = [order.side, order.qty, 0]
        f.later(NS)

    # -- the governor's side

    def act(self, effects: list[Effect]) -> None:
        """Orders arrive at once; cancels when the broker comes to them."""
        f = self.f
        self.coming += [c for c in effects if isinstance(c, (Cancel, CancelAll))]
        for c in self.coming:
            for client_id in list(self.there) if isinstance(c, CancelAll) else [c.client_id]:
                self.since.setdefault(client_id, f.now)
        while f.outbox:
            order = f.outbox.pop(0)
            why = f.g.may_send(order.client_id, f.now)
            if why:
                self.act(f.not_sent(order, why))
                continue
            known = order.client_id in self.there or any(u[0] == order.client_id for u in self.untold)
            if order.author and order.attempt == 1 and not order.again:
                self.leaves(order)
            self.act(f.sent(order))
            if not known and f.g.state.order(order.client_id).filled == 0:
                self.there[order.client_id] = [order.side, order.qty, 0]

    def leaves(self, order: Order) -> None:
        """An exit is about to leave."""
        out = sum(left for side, left, _ in self.there.values() if side == order.side)
        if self.shown is not None:
            most = max(0, self.shown * -order.side)
            assert out + order.qty <= most, f"{out} and {order.qty} on the way out, {most} in the newest list"
        for client_id, (side, left, _) in self.there.items():
            if side != order.side and not self.fooled:
                waited = self.f.now - self.since.get(client_id, self.f.now)
                assert waited >= CANCEL_WAIT, f"an exit beside {client_id}, {left} of which still work"

    @rule(what=sampled_from(("panic", "flatten", "cancel_only", "strategy")))
    def press(self, what: str) -> None:
        if what == "strategy":
            self.act(self.f.command("flatten", scope="strategy:s"))
        elif what == "cancel_only":
            self.act(self.f.command("panic", cancel_only="yes"))
        else:
            self.act(self.f.command(what))
            self.panicked = True

    @rule(seconds=sampled_from((1, 5, 60, 70)))
    def wait(self, seconds: int) -> None:
        self.act(self.f.wait(seconds * NS))

    @rule()
    def restart(self) -> None:
        """What waited for the socket is gone, and the broker is looked up first."""
        f = self.f
        effects = f.epoch(f.s.epoch + 1, compared=False)
        f.account(positions=self.positions(), as_of=f.now, open_ids=self.listed())
        self.listing(True)
        for q in of(effects, Query):
            if q.ask == 0:
                self.answer(q)
        self.act(effects)

    # -- the broker's side

    def positions(self) -> tuple[tuple[str, int], ...]:
        return (("AAA", self.held),) if self.held else ()

    def listed(self) -> tuple[str, ...]:
        return tuple(sorted(self.there))

    def listing(self, true: bool) -> None:
        self.shown = self.held if true else 0
        empty = not true or not (self.held or self.there)
        self.empties = self.empties + 1 if empty else 0
        self.fooled = self.fooled or self.empties > 1

    @precondition(lambda self: self.held and not (self.there or self.untold))
    @rule(part=integers(1, 20))
    def trade_by_hand(self, part: int) -> None:
        """Somebody else takes some of it away, and all that says so is the broker's list. Not while
        executions are untold: whether such a list has them nobody can tell."""
        self.held -= self.sign * min(part, abs(self.held))
        self.by_hand = True
        f = self.f.later(NS // 10)
        self.listing(True)
        self.act(f.account(as_of=f.now, positions=self.positions(), open_ids=self.listed()))

    @precondition(lambda self: self.there)
    @rule(which=integers(0, 50), part=integers(1, 20), told=booleans())
    def fill(self, which: int, part: int, told: bool) -> None:
        client_id = sorted(self.there)[which % len(self.there)]
        one = self.there[client_id]
        qty = min(part, one[1])
        one[1] -= qty
        one[2] += qty
        self.held += one[0] * qty
        self.untold.append((client_id, "fill", qty))
        if one[1] == 0:
            self.untold.append((client_id, "FILLED", one[2]))
            del self.there[client_id]
        if told:
            self.tell(99)

    @precondition(lambda self: self.coming)
    @rule(told=booleans())
    def cancels_arrive(self, told: bool) -> None:
        done, self.coming = self.coming, []
        for c in done:
            for client_id in list(self.there) if isinstance(c, CancelAll) else [c.client_id]:
                if client_id in self.there:
                    one = self.there.pop(client_id)
                    self.untold.append((client_id, "CANCELED", one[2]))
        if told:
            self.tell(99)

    @precondition(lambda self: self.untold)
    @rule(count=integers(1, 5))
    def tell(self, count: int) -> None:
        for _ in range(min(count, len(self.untold))):
            client_id, what, qty = self.untold.pop(0)
            order = self.f.orders[client_id]
            self.f.later(1)
            if what == "fill":
                self.shown = None
                self.act(self.f.early(order, qty))
            else:
                self.act(self.f.update(order, what, qty))

    @rule(kind=sampled_from(("true", "true", "empty", "none")))
    def account(self, kind: str) -> None:
        """The newest question is answered, truly or with nothing at all, or not."""
        f = self.f
        if not f.s.account_asked:
            return
        f.later(NS // 10)
        if kind == "none":
            self.act(f.timeout("", "account", f.s.account_ask))
            return
        true = kind == "true"
        self.listing(true)
        self.act(
            f.account(
                ask=f.s.account_ask,
                as_of=f.now,
                positions=self.positions() if true else (),
                open_ids=self.listed() if true else (),
            )
        )

    @precondition(lambda self: self.f.questions)
    @rule()
    def answers(self) -> None:
        asked, self.f.questions = list(self.f.questions), []
        for q in asked:
            if q.ask:
                self.answer(q)

    def answer(self, q: Query) -> None:
        f, client_id = self.f, q.client_id
        f.later(1)
        ends = [u for u in self.untold if u[0] == client_id and u[1] != "fill"]
        if client_id in self.there:
            self.act(f.answer(client_id, q.ask, True, "ACCEPTED", self.there[client_id][2]))
        elif ends:
            self.act(f.answer(client_id, q.ask, True, ends[-1][1], ends[-1][2]))
        elif (o := f.s.orders.get(client_id)) is not None and o.broker_id == "":
            self.act(f.answer(client_id, q.ask, False))

    # -- promises

    @invariant()
    def never_through_zero(self) -> None:
        if not hasattr(self, "f"):
            return
        exits = sum(left for side, left, _ in self.there.values() if side == -self.sign)
        assert self.held * self.sign >= 0, f"through zero: {self.held}"
        assert exits <= abs(self.held), f"{exits} on the way out, {self.held} held"

    def teardown(self) -> None:
        """From now on the broker answers: it ends flat confirmed, or a person knows what is left."""
        if not getattr(self, "panicked", False):
            return
        f = self.f
        for _ in range(400):
            if self.coming:
                self.cancels_arrive(True)
            for client_id in [c for c, one in self.there.items() if one[0] == -self.sign]:
                self.fill(sorted(self.there).index(client_id), 99, True)
            if self.untold:
                self.tell(99)
            if f.questions:
                self.answers()
            self.account("true")
            self.never_through_zero()
            done = [x.done for x in f.s.flattenings.values()]
            if all(done) and self.held == 0:
                break
            if self.by_hand and self.held == 0 and self.paged():
                break
            self.wait(5)
        assert self.held == 0, f"{self.held} left"
        assert self.paged() or self.told(Flat)[-1].confirmed

    def told(self, kind: Any) -> list[Any]:
        return [x for _, out in self.f.journal for x in out if isinstance(x, kind)]

    def paged(self) -> bool:
        """Whether a person was called because something is left."""
        return self.by_hand and any(x.alert == "not_flat" for x in self.told(Alert))


Flattening.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestFlattening = Flattening.TestCase
