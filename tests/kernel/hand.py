"""A governor flown by hand without the oracle: for tests of one rule. After every event its own invariants
hold, and no timer is due that the event should have served.

Times, prices and instruments are those of `tests.kernel.flight`: AAA trades at 100.00 in whole shares.
"""

import copy
from dataclasses import fields
from typing import Any

from flyball.kernel.controls import EVIDENCE
from flyball.kernel.decide import decide
from flyball.kernel.effects import AskAccount, Cancel, Decision, Effect, Order, Query
from flyball.kernel.events import Event, Fill, Instrument, Intent, Session, Tick, Update
from tests.kernel.flight import AAA, BBB, COIN, DAY, DOLLAR, NS, START, Flight, ppm, share, text, usd

__all__ = [
    "AAA",
    "BBB",
    "COIN",
    "DAY",
    "DOLLAR",
    "NS",
    "START",
    "Hand",
    "flying",
    "ns",
    "of",
    "ppm",
    "share",
    "text",
    "usd",
]

BUY, SELL = 1, -1
CASH = 10_000 * DOLLAR
DAY_LENGTH = 390 * 60 * NS


class Hand(Flight):
    """One governor. The outside is played by the test: nothing is sent, filled or answered by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.faulty = False  # a fault is what this test is about

    def feed(self, event: Event) -> list[Effect]:
        """One event in, its effects out."""
        effects = self.g.step(copy.copy(event))
        self.journal.append((event, copy.deepcopy(effects)))
        for effect in effects:
            missing = [f.name for f in fields(effect) if getattr(effect, f.name) is None]
            assert not missing, f"{effect} has no {missing}"
            if isinstance(effect, Order):
                self.outbox.append(effect)
                self.orders[effect.client_id] = effect
            elif isinstance(effect, Query):
                self.questions.append(effect)
            elif isinstance(effect, AskAccount):
                self.account_questions.append(effect)
        if not self.faulty:
            assert not self.g.fault, self.g.fault
            self.s.check()
            due = self.g.next_due()
            assert not isinstance(event, Tick) or due == 0 or due > self.now, "a timer that never ends"
        return effects

    @property
    def s(self) -> Any:
        """The state; tests look into it, and some put it where no short story leads."""
        return self.g.state

    # -- asking --------------------------------------------------------------------------------------------

    def wish(self, side: int, qty: int = 0, limit: int = 0, symbol: str = "AAA", **more: Any) -> Intent:
        """An intent that is not fed: for `decide`."""
        given: dict[str, Any] = {
            "intent": f"w{len(self.journal)}",
            "created_at": self.now,
            "strategy": "s",
            "notional": 0,
            "type": "limit" if limit else "market",
            "tif": "day",
            "parent": "",
            "flaw": "",
            "n": 0,
        }
        return Intent(ts=self.now, symbol=symbol, side=side, qty=qty, limit=limit, **(given | more))

    def would(self, side: int, qty: int = 0, limit: int = 0, symbol: str = "AAA", **more: Any) -> Decision:
        """What would be decided now; nothing changes."""
        self.s.ts = self.now  # as `step` sets it before deciding
        return decide(self.s, self.wish(side, qty, limit, symbol, **more)).decision

    def ask(self, side: int, qty: int = 0, limit: int = 0, symbol: str = "AAA", **more: Any) -> Decision:
        """What is decided, with all that follows."""
        decision: Decision = of(self.intent(side, qty, limit, symbol, **more), Decision)[0]
        return decision

    # -- the broker ----------------------------------------------------------------------------------------

    def order(self, side: int, qty: int, limit: int = 0, symbol: str = "AAA", **more: Any) -> Order:
        """An order approved whole, sent and acknowledged: it works at the broker."""
        waiting = len(self.outbox)
        decision = self.ask(side, qty, limit, symbol, **more)
        assert (decision.verdict, decision.qty) == ("approve", qty), decision
        order = self.outbox.pop(waiting)
        self.sent(order)
        self.update(order, "ACCEPTED", 0)
        return order

    def hold(self, qty: int, price: int = 10_000, symbol: str = "AAA", **more: Any) -> Order:
        """A position, got by an order that is filled whole."""
        fee = more.pop("fee", 0)
        order = self.order(BUY if qty > 0 else SELL, abs(qty), 0, symbol, **more)
        self.fill(order, price=price, fee=fee)
        assert self.s.order(order.client_id).state == "FILLED"
        return order

    def doubt(self, side: int, qty: int, limit: int = 0, symbol: str = "AAA", **more: Any) -> Order:
        """An order that may or may not have arrived."""
        waiting = len(self.outbox)
        assert self.ask(side, qty, limit, symbol, **more).verdict == "approve"
        order = self.outbox.pop(waiting)
        self.timeout(order.client_id, "submit", order.attempt)
        return order

    def cancelled(self, order: Order, filled: int = 0) -> list[Effect]:
        """The evidence of a cancel."""
        return self.update(order, "CANCELED", filled)

    def obey(self, effects: list[Effect]) -> list[Effect]:
        """The broker carries out every cancel among these effects, and those that follow from that."""
        more: list[Effect] = []
        for c in of(effects, Cancel):
            o = self.s.orders.get(c.client_id)
            if o is not None and not o.final():
                more += self.feed(
                    Update(self.now, c.client_id, "CANCELED", "b", o.filled, "", self.n("broker"))
                )
        return more + self.obey(more) if more else []

    def serve(self) -> list[Effect]:
        """Everything in the outbox is sent and filled whole at its limit (market orders at the mark)."""
        effects: list[Effect] = []
        while self.outbox:
            order = self.outbox.pop(0)
            self.sent(order)
            effects += self.fill(order, price=order.limit or self.s.markets[order.symbol].mid())
        return effects

    def agree(self) -> list[Effect]:
        """The broker answers the newest open question about the account as our books have it."""
        asked = self.account_questions[-1].ask
        self.account_questions.clear()
        return self.account(ask=asked)

    # -- time ----------------------------------------------------------------------------------------------

    def wait(self, ns: int) -> list[Effect]:
        """Time passes, and every timer that becomes due is served in its turn."""
        end, effects = self.now + ns, []
        while 0 < self.g.next_due() <= end:
            self.now = max(self.now, self.g.next_due())
            effects += self.feed(Tick(self.now))
        self.now = end
        return effects

    def next_day(self, day: int = 0, length: int = DAY_LENGTH) -> list[Effect]:
        """The next session, a day later."""
        self.wait(DAY)
        return self.feed(Session(self.now, "XNYS", day or self.s.day.day + 1, self.now, self.now + length))

    # -- looking -------------------------------------------------------------------------------------------

    def latched(self) -> list[str]:
        """The latches that hold, by their keys."""
        return sorted(self.s.latches)

    def reborn(self) -> list[Effect]:
        """The process died and starts again: what was not delivered is gone."""
        return self.epoch(self.s.epoch + 1)

    def early(self, order: Order, qty: int = 0, fill_id: str = "", **more: Any) -> list[Effect]:
        """An execution of an order whatever has been heard of it."""
        number = self.n("broker")
        price = more.get("price", order.limit or 10_000)
        return self.feed(
            Fill(
                self.now,
                more.get("client_id", order.client_id),
                fill_id or f"f{number}",
                more.get("symbol", order.symbol),
                more.get("side", order.side),
                qty or order.qty,
                price,
                more.get("fee", 0),
                number,
            )
        )


def flying(cash: int = CASH, price: int = 10_000, also: tuple[Instrument, ...] = (), **limits: Any) -> Any:
    """AAA at `price`, `cash` in the account, an open session, and only the limits given. `also`: more
    instruments, not priced yet. A `Hand`, typed so that a test may read any field of any effect."""
    f = Hand()
    f.epoch()
    f.config(**limits)
    for instrument in (AAA, *also):
        f.instrument(instrument)
    f.account(cash=cash, equity=cash, day_equity=cash, positions=())
    f.session()
    if price:
        f.mark(last=price)
    return f


def of(effects: list[Effect], kind: Any) -> list[Any]:
    """The effects of one kind."""
    return [e for e in effects if isinstance(e, kind)]


def ns(amount: int) -> tuple[str, int, str]:
    """A limit that is a duration."""
    return ("ns", amount, "")


def evidence(decision: Decision) -> dict[str, tuple[int, int]]:
    """(value, limit) of every key, as `C1.max_order_notional`."""
    flat = decision.evidence
    return {name: (flat[2 * n], flat[2 * n + 1]) for n, name in enumerate(EVIDENCE)}


def answer(decision: Decision) -> tuple[str, int, int, tuple[str, ...]]:
    """What a bot reads first: verdict, quantity, the size that would have passed, codes."""
    return decision.verdict, decision.qty, decision.would_pass, decision.codes


def approve(qty: int) -> tuple[str, int, int, tuple[str, ...]]:
    return "approve", qty, 0, ()


def clip(qty: int, *codes: str) -> tuple[str, int, int, tuple[str, ...]]:
    return "clip", qty, 0, codes


def reject(*codes: str, passes: int = 0) -> tuple[str, int, int, tuple[str, ...]]:
    return "reject", 0, passes, codes
