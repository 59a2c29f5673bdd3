"""P1 to P7 under anything that bots, brokers, prices, clocks and operators can do, in any order: a
Hypothesis state machine.

Every step is judged by the oracle (tests/oracle), which recomputes everything from the journal and imports
nothing of the kernel; see `Flight.feed`. A failure prints the steps as code; put them into
tests/kernel/test_failures.py.
"""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from flyball.kernel.effects import Order
from flyball.kernel.events import Action
from flyball.kernel.units import show
from tests.kernel.drawn import LIMITS
from tests.kernel.flight import (
    AAA,
    BBB,
    COIN,
    DAY,
    DOLLAR,
    NS,
    START,
    Flight,
    orders_in,
)

BASE = {"AAA": 10_000, "BBB": 123_400, "COIN": 2_000}  # 100.00, 12.34, 0.00002
UNIT = {"AAA": 1, "BBB": 8_000_000_000, "COIN": 5_000_000 * 10**9}  # about 100 dollars' worth
CASH = 10_000 * DOLLAR
STRATEGIES = ("s", "mean_rev")
WAITS = (0, 0, 1, NS // 1000, NS // 10, NS, 2 * NS, 6 * NS, 31 * NS, 61 * NS, 20 * 60 * NS)
STATES = ("ACCEPTED", "CANCELED", "REJECTED", "EXPIRED", "FILLED", "PARTIALLY_FILLED", "HELD", "NOT_SENT")
SCOPES = ("account", "account", "strategy:s", "symbol:AAA")

waits = st.sampled_from(WAITS)
symbols = st.sampled_from(sorted(BASE))


class Machine(RuleBasedStateMachine):
    """One governor and everything around it."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.f = Flight()
        self.epochs = 1
        self.day = 20260102

    # -- the start -------------------------------------------------------------------------------------------

    @initialize(
        limits=st.lists(st.sampled_from(LIMITS), max_size=9, unique_by=lambda pair: pair[0]).map(dict),
        adopted=st.sampled_from(((), (), (), (), (), (("AAA", 3),), (("AAA", -2), ("COIN", 10**15)))),
        ticks=st.sampled_from((1, 5, 25)),
        start=st.sampled_from(("session first", "account first", "flow between")),
        marked=st.sampled_from((True, True, True, False)),
    )
    def begin(
        self,
        limits: dict[str, Any],
        adopted: tuple[tuple[str, int], ...],
        ticks: int,
        start: str,
        marked: bool,
    ) -> None:
        f = self.f
        f.epoch()
        f.config(**limits)
        f.instrument(AAA, tick=ticks)
        f.instrument(BBB)
        f.instrument(COIN)
        if start == "session first":
            f.session(self.day)
        f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=adopted)
        if start == "flow between":
            f.flow(2_500 * DOLLAR)
        if start != "session first":
            f.session(self.day)
        if marked:
            for symbol, price in BASE.items():
                f.mark(symbol, last=price)

    # -- prices ----------------------------------------------------------------------------------------------

    def price(self, symbol: str) -> int:
        m = self.f.g.state.markets[symbol]
        return m.mid() or BASE[symbol]

    @rule(
        wait=waits,
        symbol=symbols,
        move=st.integers(-300, 300),
        spread=st.integers(0, 20),
        kind=st.integers(0, 3),
    )
    def prices(self, wait: int, symbol: str, move: int, spread: int, kind: int) -> None:
        """An ordinary print: up to 3% either way."""
        last = max(1, self.price(symbol) * (10_000 + move) // 10_000)
        half = max(1, last * spread // 20_000)
        quote = {"bid": max(1, last - half), "ask": last + half} if kind else {}
        far = {"low": max(1, last - 3 * half), "high": last + 2 * half} if kind == 2 else {}
        self.f.later(wait).mark(symbol, last=0 if kind == 3 else last, **quote, **far)

    @rule(
        symbol=symbols,
        shape=st.sampled_from(("zero", "crossed", "locked", "x10", "/10", "bid", "ask", "negative")),
    )
    def odd_prices(self, symbol: str, shape: str) -> None:
        p = self.price(symbol)
        shapes: dict[str, dict[str, int]] = {
            "zero": {},
            "crossed": {"bid": p + 2, "ask": p},
            "locked": {"bid": p, "ask": p},
            "x10": {"last": min(p * 10, 10**9)},
            "/10": {"last": max(p // 10, 1)},
            "bid": {"bid": p},
            "ask": {"ask": p},
            "negative": {"bid": -p, "ask": p},
        }
        self.f.later(1).mark(symbol, **shapes[shape])

    @precondition(lambda self: any(x.qty for x in self.f.world.books.values()))
    @rule(which=st.integers(0, 9), move=st.sampled_from((-3_000, -1_200, -500, 500, 1_200, 3_000)))
    def shock(self, which: int, move: int) -> None:
        """The market moves against somebody, and three prints agree on it."""
        held = sorted({symbol for (_, symbol), book in self.f.world.books.items() if book.qty})
        symbol = held[which % len(held)]
        last = max(1, self.price(symbol) * (10_000 + move) // 10_000)
        for _ in range(3):
            self.f.later(NS).mark(symbol, last=last)

    @rule(symbol=symbols, step=st.integers(-250, 250), wide=st.integers(0, 150))
    def minutes(self, symbol: str, step: int, wide: int) -> None:
        """Enough bars for an average range, whose gaps are sometimes wider than its bars."""
        price = self.price(symbol)
        prints = []
        for n in range(22):
            last = max(1, price * (10_000 + step * (n % 2)) // 10_000)
            prints.append((last, max(1, last * (10_000 - wide) // 10_000), last * (10_000 + wide) // 10_000))
        self.f.bars(symbol, prints)

    # -- the bots --------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.f.g.state.orders) < 5)
    @rule(
        wait=waits,
        strategy=st.sampled_from(STRATEGIES),
        symbol=symbols,
        side=st.sampled_from((1, -1)),
        size=st.integers(1, 25),
        tenths=st.sampled_from((0, 0, 0, 3)),
        away=st.sampled_from((None, None, 0, 10, -10, 200, -200, 900)),
        by_value=st.booleans(),
    )
    def intents(
        self,
        wait: int,
        strategy: str,
        symbol: str,
        side: int,
        size: int,
        tenths: int,
        away: Any,
        by_value: bool,
    ) -> None:
        """An ordinary wish: 100 to 2,500 dollars' worth, at the market or somewhere near it."""
        qty = UNIT[symbol] * size + UNIT[symbol] * tenths // 10 + (tenths and 1)
        limit = 0 if away is None else max(1, self.price(symbol) * (10_000 + away) // 10_000)
        more = {"notional": 100 * size * DOLLAR} if by_value else {}
        self.f.later(wait).intent(side, 0 if by_value else qty, limit, symbol, strategy, **more)

    @precondition(lambda self: len(self.f.g.state.orders) < 5)
    @rule(wait=waits, strategy=st.sampled_from(STRATEGIES), symbol=symbols, part=st.sampled_from((1, 2, 3)))
    def exits(self, wait: int, strategy: str, symbol: str, part: int) -> None:
        """A wish to get out of a part, of all, or of more than there is."""
        held = self.f.g.state.book_qty(strategy, symbol)
        if held:
            self.f.later(wait).intent(-1 if held > 0 else 1, abs(held) * part // 2 + 1, 0, symbol, strategy)

    @precondition(lambda self: len(self.f.g.state.orders) < 5)
    @rule(
        wait=waits,
        strategy=st.sampled_from(STRATEGIES),
        symbol=symbols,
        part=st.sampled_from((1, 2, 2, 3)),
        away=st.sampled_from((-50, 0, 1, 50, 300)),
    )
    def stops(self, wait: int, strategy: str, symbol: str, part: int, away: int) -> None:
        """A stop under a part, all, or more than there is, somewhere behind the price or before it."""
        held = self.f.g.state.book_qty(strategy, symbol)
        if held:
            side = -1 if held > 0 else 1
            at = max(1, self.price(symbol) * (10_000 + side * away) // 10_000)
            size = abs(held) * part // 2 + (part == 3)
            self.f.later(wait).intent(side, size, 0, symbol, strategy, type="stop", stop=at)

    @rule(wait=waits, strategy=st.sampled_from(STRATEGIES), symbol=symbols)
    def closes(self, wait: int, strategy: str, symbol: str) -> None:
        """Out of all of it, whatever is in the way."""
        held = self.f.g.state.book_qty(strategy, symbol)
        if held:
            self.f.later(wait).intent(-1 if held > 0 else 1, 0, 0, symbol, strategy, type="close")

    @rule(
        strategy=st.sampled_from((*STRATEGIES, "")),
        symbol=st.sampled_from(("AAA", "NOPE", "")),
        side=st.sampled_from((1, -1, 0, 7)),
        qty=st.sampled_from((0, 1, -5, 10**15)),
        limit=st.sampled_from((0, 1, -3, 10**15)),
        more=st.sampled_from(
            (
                {},
                {"flaw": "FORMAT_QTY"},
                {"flaw": "FORMAT_FIELD"},
                {"type": "stop"},
                {"type": "stop", "stop": 9_700},
                {"type": "close"},
                {"tif": "gtc"},
                {"type": "limit"},
                {"intent": "i1"},
                {"created_at": START - 60 * NS},
                {"created_at": START + 9 * DAY},
                {"notional": 10**18},
            )
        ),
    )
    def odd_intents(
        self, strategy: str, symbol: str, side: int, qty: int, limit: int, more: dict[str, Any]
    ) -> None:
        self.f.later(1).intent(side, qty, limit, symbol, strategy, **more)

    @rule(
        strategy=st.sampled_from(STRATEGIES),
        kind=st.sampled_from(("wake",) * 5 + ("ingress",) * 5 + ("down",)),
    )
    def bots(self, strategy: str, kind: str) -> None:
        self.f.bot(strategy, kind)

    # -- the broker ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.f.outbox)
    @rule(
        target=orders,
        wait=waits,
        which=st.integers(0, 9),
        how=st.sampled_from(("sent", "sent", "timeout", "lost")),
    )
    def deliver(self, wait: int, which: int, how: str) -> Order:
        """One order meets the last gate."""
        f = self.f.later(min(wait, 2 * NS))
        order = f.outbox.pop(which % len(f.outbox))
        why = f.g.may_send(order.client_id, f.now)
        if why:
            f.not_sent(order, why)
        elif how == "timeout":
            f.timeout(order.client_id, "submit", order.attempt)
        elif how == "sent":
            f.sent(order)
        return order

    def seen(self, order: Order) -> int:
        o = self.f.g.state.order(order.client_id)
        return 0 if o is None else o.filled

    @rule(
        wait=waits,
        order=orders,
        quarters=st.integers(1, 5),
        worse=st.integers(-50, 50),
        fee=st.integers(0, 50_000),
    )
    def fill(self, wait: int, order: Order, quarters: int, worse: int, fee: int) -> None:
        """A part, the rest, or more than was ordered; early, late or after the end."""
        if self.f.forgotten(order):
            return
        rest = max(order.qty - self.seen(order), 1)
        price = max(1, (order.limit or self.price(order.symbol)) * (10_000 + worse) // 10_000)
        self.f.later(wait).fill(order, max(1, rest * quarters // 4), price, fee=fee)

    @rule(
        wait=waits,
        order=orders,
        state=st.sampled_from(STATES),
        says=st.sampled_from(("nothing", "seen", "more", "all")),
    )
    def update(self, wait: int, order: Order, state: str, says: str) -> None:
        if self.f.forgotten(order):
            return
        seen = self.seen(order)
        filled = {"nothing": -1, "seen": seen, "more": (seen + order.qty) // 2, "all": order.qty}[says]
        self.f.later(wait).update(order, state, filled)

    @rule(which=st.integers(0, 99))
    def again(self, which: int) -> None:
        """An execution is reported a second time."""
        self.f.repeat_fill(which)

    @rule(order=orders, flaw=st.sampled_from(("unknown symbol", "other symbol", "stranger", "free")))
    def odd_fills(self, order: Order, flaw: str) -> None:
        if self.f.later(1).forgotten(order):
            return
        if flaw == "stranger":
            self.f.strange_fill(
                "xyz-1", order.symbol, order.side, UNIT[order.symbol], self.price(order.symbol)
            )
        elif flaw == "free":
            self.f.strange_fill(order.client_id, order.symbol, order.side, 1, 0)
        else:
            symbol = (
                "NOPE" if flaw == "unknown symbol" else next(x for x in sorted(BASE) if x != order.symbol)
            )
            self.f.fill(order, UNIT.get(symbol, 1), BASE.get(symbol, 1), symbol=symbol)

    @rule(wait=waits, order=orders, call=st.sampled_from(("submit", "cancel", "query")))
    def timeout(self, wait: int, order: Order, call: str) -> None:
        self.f.later(wait).timeout(order.client_id, call, order.attempt)

    @precondition(lambda self: self.f.questions)
    @rule(
        wait=waits,
        which=st.integers(0, 9),
        found=st.booleans(),
        state=st.sampled_from(STATES),
        twice=st.booleans(),
    )
    def answer(self, wait: int, which: int, found: bool, state: str, twice: bool) -> None:
        """A question about an order is answered, perhaps twice."""
        f = self.f.later(wait)
        q = f.questions.pop(which % len(f.questions))
        o = f.orders.get(q.client_id)
        for _ in range(1 + twice):
            f.answer(q.client_id, q.ask, found, state, 0 if o is None else self.seen(o))

    @rule(wait=waits, wrong=st.sampled_from((0, 0, 0, 1, 2)), lost=st.booleans())
    def account(self, wait: int, wrong: int, lost: bool) -> None:
        """The broker's figures, right or wrong, asked for or not."""
        f = self.f.later(wait)
        ask = f.account_questions.pop(0).ask if f.account_questions else 0
        more: dict[str, Any] = {"open_ids": ("fbT-9-9-s-1",)} if lost and wrong else {}
        if lost and not wrong:  # one that is over here
            more["open_ids"] = tuple(sorted(f.g.state.closed)[:1])
        cash = f.g.state.cash + (DOLLAR if wrong == 1 else 0)
        f.account(cash, (("AAA", 77),) if wrong == 2 else None, ask, **more)

    @rule(
        target=orders,
        strategy=st.sampled_from(STRATEGIES),
        symbol=symbols,
        side=st.sampled_from((1, 1, -1)),
        size=st.integers(1, 9),
        pieces=st.integers(0, 3),
        end=st.sampled_from(("", "", "FILLED", "CANCELED")),
    )
    def trade(self, strategy: str, symbol: str, side: int, size: int, pieces: int, end: str) -> Any:
        """The usual course: asked for, sent, acknowledged, filled in pieces, over or still working."""
        f = self.f.later(2 * NS)
        f.mark(symbol, last=self.price(symbol))
        if len(f.g.state.orders) >= 5 or not orders_in(
            f.intent(side, UNIT[symbol] * size, 0, symbol, strategy)
        ):
            return multiple()
        order = f.outbox.pop()
        if f.g.may_send(order.client_id, f.now):
            f.outbox.append(order)
            return order
        f.sent(order)
        f.later(NS // 10).update(order, "ACCEPTED", 0)
        for _ in range(pieces):
            f.later(NS // 10).fill(
                order, max(1, order.qty // 3), order.limit or self.price(symbol), fee=1_000
            )
        if end:
            f.update(order, end, self.seen(order))
        return order

    @precondition(lambda self: self.f.outbox)
    @rule(target=orders, rounds=st.integers(1, 4), found=st.booleans())
    def doubt(self, rounds: int, found: bool) -> Order:
        """A call without an answer, a question, and the broker never heard of it; and so on, or it did."""
        f = self.f
        first = f.outbox[-1]
        for _ in range(rounds):
            if not f.outbox or f.outbox[-1].client_id != first.client_id:
                break
            order = f.outbox.pop()
            why = f.g.may_send(order.client_id, f.now)
            if why:
                f.not_sent(order, why)
                break
            f.later(NS // 10).timeout(order.client_id, "submit", order.attempt)
            for q in [q for q in f.questions if q.client_id == first.client_id]:
                f.questions.remove(q)
                f.later(NS // 10).answer(q.client_id, q.ask, False)
        for q in [q for q in f.questions if found and q.client_id == first.client_id]:
            f.questions.remove(q)
            f.answer(q.client_id, q.ask, True, "ACCEPTED")
        return first

    # -- clocks, people, the machine -------------------------------------------------------------------------

    @precondition(lambda self: self.f.g.next_due() > 0)
    @rule()
    def tick(self) -> None:
        self.f.tick()

    @rule(
        what=st.sampled_from(
            ("pause", "resume", "freeze", "flatten", "panic", "cancel", "clear", "clear", "dance")
        ),
        scope=st.sampled_from(SCOPES),
        authority=st.sampled_from(("secret", "secret", "socket")),
        latch=st.sampled_from(("L1", "L2", "L3", "L4", "L5", "L7", "L9a", "L14")),
        by=st.sampled_from(("anna", "anna", "")),
        args=st.sampled_from(({}, {"rebase": "yes"}, {"cancel_only": "yes"})),
        reason=st.sampled_from(("", "looked at it")),
    )
    def command(
        self, what: str, scope: str, authority: str, latch: str, by: str, args: dict[str, str], reason: str
    ) -> None:
        live = sorted(self.f.g.state.orders)
        held = [x for x in self.f.g.state.latches.values() if what == "clear" and scope == "account"]
        if held:  # mostly one that is there
            scope, latch = held[0].scope, held[0].id
            self.f.later(31 * NS)
        self.f.later(NS).command(
            what,
            authority,
            by,
            scope=scope,
            latch=latch,
            reason=reason,
            order=live[0] if live else "",
            **args,
        )

    @precondition(lambda self: any(o.unexplained() for o in self.f.g.state.orders.values()))
    @rule(
        wait=waits,
        which=st.integers(0, 9),
        part=st.sampled_from((0, 0, 1, 2, 3)),
        worse=st.integers(0, 300),
        fee=st.sampled_from(("0", "0.35")),
    )
    def resolve(self, wait: int, which: int, part: int, worse: int, fee: str) -> None:
        """A person says what became of an order: never, a part of it, all of it, or more than there is."""
        found = [o for _, o in sorted(self.f.g.state.orders.items()) if o.unexplained()]
        o = found[which % len(found)]
        m = self.f.g.state.markets[o.symbol]
        qty = max(1, o.remaining() * part // 2)
        price = max(1, (o.limit or self.price(o.symbol)) * (10_000 - o.side * worse) // 10_000)
        outcome = f"{show(qty, m.qty_exp)}@{show(price, m.price_exp)}" if part else "never"
        self.f.later(wait).command(
            "resolve", "secret", order=o.client_id, outcome=outcome, fee=fee, reason="the statement"
        )

    @rule(
        wait=waits,
        symbol=symbols,
        what=st.sampled_from(("split", "split", "cash_dividend", "odd")),
        ratio=st.sampled_from(((2, 1), (4, 1), (1, 2), (1, 10), (105, 100))),
        again=st.booleans(),
    )
    def corporate(self, wait: int, symbol: str, what: str, ratio: tuple[int, int], again: bool) -> None:
        """Splits and dividends, some of them told twice, some that cannot be."""
        f = self.f.later(wait)
        if self.price(symbol) not in range(40, 10**7):
            return
        exp = f.g.state.markets[symbol].price_exp
        whole = self.price(symbol) * 10**6 // 10**exp
        cash = whole // 20 if what == "cash_dividend" else whole * ratio[1] // ratio[0]
        number = f.n("action")
        for _ in range(1 + again):
            f.feed(Action(f.now, what, symbol, *ratio, "", cash, 0, f"a{number}", number))

    @precondition(lambda self: self.f.g.state.latches or self.f.g.state.adoption)
    @rule(tomorrow=st.booleans())
    def all_clear(self, tomorrow: bool) -> None:
        """A careful operator looks at everything and lets trading begin again, if need be with a new day."""
        f = self.f.later(31 * NS)
        if tomorrow or not f.g.state.day.is_open(f.now):
            self.day += 1
            f.later(DAY // 2).session(self.day)
        f.command("resume", "secret")
        for latch in list(f.g.state.latches.values()):
            what = "resume" if latch.id == "L14" else "clear"
            f.command(what, "secret", scope=latch.scope, latch=latch.id, reason="looked", rebase="yes")
        f.account()
        f.report("journal", "ok")
        for symbol in BASE:
            f.mark(symbol, last=self.price(symbol))

    @rule(
        wait=waits,
        what=st.sampled_from(("session", "session", "old session", "flow", "restart", "journal", "config")),
    )
    def rare(self, wait: int, what: str) -> None:
        f = self.f.later(wait)
        if what == "session":
            self.day += 1
            f.later(DAY // 2).session(self.day)
        elif what == "old session":
            f.session(self.day)
        elif what == "flow":
            f.flow(3_000 * DOLLAR if wait % 2 else -1_500 * DOLLAR)
        elif what == "restart":
            self.epochs += 1
            f.epoch(self.epochs)
        elif what == "journal":
            f.report("journal", "late" if wait < NS else "ok")
        else:
            f.reconfigure()

    # -- always ----------------------------------------------------------------------------------------------

    @invariant()
    def nothing_adds_under_a_latch(self) -> None:
        """P5 at the socket: every order that could still leave and adds is stopped."""
        for order in self.f.outbox:
            if order.adds and self.f.world.forbidden(order.strategy, order.symbol):
                assert self.f.g.may_send(order.client_id, self.f.now), f"P5 {order.client_id} would leave"

    def teardown(self) -> None:
        self.f.replayed()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=300,
    stateful_step_count=50,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
