"""A governor, its outbox and a paper broker in virtual time, without the rest of the runtime: for whole
flattenings. What leaves is counted; `dies` restarts the governor from its journaled events."""

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from flyball.broker.paper import Paper, PaperSettings
from flyball.broker.prices import Point
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Effect, Flat, Order, Query
from flyball.kernel.events import (
    Account,
    Answer,
    Command,
    Config,
    Epoch,
    Event,
    Instrument,
    Intent,
    Mark,
    Session,
    Tick,
)
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.kernel.units import MS, NS
from flyball.ports import Broker
from flyball.runtime.outbox import Outbox
from tests.broker.world import CASH, LENGTH, OPEN, SEED, Tape, sessions

HALF = 500 * MS
LIMITS = (
    ("", "max_slippage", "ppm", 20_000, "", "test"),
    ("", "price_tolerance", "ppm", 30_000, "", "test"),
    ("", "flat_by", "text", 0, "never", "test"),
)


def steady_tape(symbols: tuple[str, ...], minutes: int = 12, price: int = 100_000) -> Tape:
    """A price every half second, always the same."""
    times = [OPEN + k * HALF for k in range(1, minutes * 120)]
    return Tape({symbol: [Point(ts, price, 0, 0) for ts in times] for symbol in symbols})


class Desk:
    """One account. `around` puts something between the outbox and the paper broker."""

    def __init__(
        self,
        disk: Any,
        symbols: tuple[str, ...],
        settings: PaperSettings,
        *,
        seed: int = SEED,
        known: tuple[str, ...] | None = None,
        around: Callable[[Paper], Broker] = lambda paper: paper,
        feed: Tape | None = None,
    ) -> None:
        units: Mapping[str, tuple[int, int, int]] = dict.fromkeys(symbols, (2, 0, 1))
        self.paper = Paper(
            disk,
            "paper",
            prices=feed or steady_tape(symbols, price=10_000),
            settings=settings,
            seed=seed,
            start_cash=CASH,
            sessions=sessions,
            instruments=units,
            now=OPEN,
        )
        self.broker = around(self.paper)
        self.symbols = symbols if known is None else known
        self.now = OPEN
        self.calls: Counter[str] = Counter()
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        self.n: Counter[str] = Counter()
        self.token = 0
        self.governor = Governor()
        self._outbox()
        self.take(Epoch(self.now, 1, VERSION, SCHEMA, "T", "paper", "paper", "paper:test", "c", ""))
        self.take(Config(self.now, "test", "", "test", LIMITS))
        for symbol in self.symbols:
            self.take(Instrument(self.now, symbol, "USD", "us_equity", 2, 0, 1, 1, True))
        self.take(Account(self.now, 0, CASH, CASH, CASH, (), ()))
        self.take(Session(self.now, "XNYS", 20160415, OPEN, OPEN + LENGTH))
        for symbol in self.symbols:
            self.mark(symbol)

    def _outbox(self) -> None:
        self.outbox = Outbox(self.governor, self)  # type: ignore[arg-type]

    # -- the broker, counted

    def submit(self, order: Order) -> None:
        self.calls["submit"] += 1
        self.broker.submit(order)

    def cancel(self, cancel: Cancel) -> None:
        self.calls["cancel"] += 1
        self.broker.cancel(cancel)

    def cancel_all(self, cancel: CancelAll) -> None:
        self.calls["cancel_all"] += 1
        self.broker.cancel_all(cancel)

    def query(self, query: Query) -> None:
        self.calls["query"] += 1
        self.broker.query(query)

    def account(self, ask: AskAccount) -> None:
        self.calls["account"] += 1
        self.broker.account(ask)

    # -- events

    def take(self, event: Event) -> list[Effect]:
        """One event, and all that follows at the same moment."""
        self.events.append(copy.deepcopy(event))
        effects = self.governor.step(event)
        assert not self.governor.fault, self.governor.fault
        self.governor.state.check()
        self.effects += effects
        self.token += 1
        self.outbox.put(effects, self.token, self.now)
        self.outbox.release(self.token, self.now)
        while self.outbox.inbox:
            self.take(self.outbox.inbox.pop(0))
        return effects

    def mark(self, symbol: str, price: int = 10_000) -> None:
        self.n["feed"] += 1
        self.take(Mark(self.now, symbol, 0, 0, price, 0, 0, "test", self.n["feed"]))

    def command(self, what: str, **args: str) -> list[Effect]:
        self.n["operator"] += 1
        given = tuple(sorted(args.items()))
        return self.take(Command(self.now, what, "ann", 1, "socket", "", given, self.n["operator"]))

    def intent(self, side: int, qty: int, limit: int, symbol: str, strategy: str = "s", **more: Any) -> None:
        name = f"bot:{strategy}"
        self.n[name] += 1
        kind = more.get("type", "limit")
        self.take(
            Intent(
                self.now,
                f"i{self.n[name]}",
                self.now,
                strategy,
                symbol,
                side,
                qty,
                0,
                kind,
                limit,
                "day",
                "",
                "",
                self.n[name],
                more.get("stop", 0),
            )
        )

    def dies(self) -> None:
        """The process dies and a new one goes on: what was not journaled is gone."""
        self.governor = Governor()
        for event in self.events:
            self.governor.step(copy.deepcopy(event))
        self._outbox()
        heard = self.governor.state.cursors.get("broker", 0)
        self.broker.resume(heard, self.now)
        epoch = self.governor.state.epoch + 1
        self.take(Epoch(self.now, epoch, VERSION, SCHEMA, "T", "paper", "paper", "paper:test", "c", ""))
        for client_id in self.outbox.lookups:
            held = self.paper.held(client_id)
            state, filled = held.state(self.now) if held else ("", 0)
            broker_id = held.broker_id if held else ""
            self.take(Answer(self.now, client_id, 0, held is not None, state, filled, broker_id))
        self.outbox.lookups.clear()

    def live(self, until: int, stop: Callable[[], bool] = lambda: False) -> None:
        """Go on to a time, or until something is the case."""
        while not stop():
            due = [x for x in (self.broker.next_due(), self.governor.next_due() or None) if x is not None]
            at = max(self.now, min(due, default=until + 1))
            if at > until:
                break
            self.now = at
            heard = self.broker.take(at)
            for event in heard:
                event.ts = max(event.ts, self.governor.state.ts)
                self.take(event)
                if stop():
                    return
            mine = self.governor.next_due()
            if not heard and 0 < mine <= at:
                self.take(Tick(at))
        self.now = max(self.now, until) if not stop() else self.now

    def flats(self, why: str = "L4") -> list[Flat]:
        return [x for x in self.effects if isinstance(x, Flat) and x.why == why]

    def fill_up(self, positions: int, orders: int) -> None:
        """So many positions of 10, and so many open orders far from the market."""
        for symbol in self.symbols[:positions]:
            self.intent(1, 10, 10_100, symbol)
            self.live(self.now + 2 * NS)
        for k in range(orders):
            self.intent(1, 1, 9_900 - k, self.symbols[k % len(self.symbols)])
        self.live(self.now + 15 * NS)
        s = self.governor.state
        assert len(s.orders) == orders, len(s.orders)
        assert sorted(s.exposures[x].position for x in self.symbols[:positions]) == [10] * positions
        self.calls.clear()
        self.effects.clear()
