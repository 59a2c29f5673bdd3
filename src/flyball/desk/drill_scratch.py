"""A scratch copy of a governor for trying its brakes: the present limits, instruments, prices, statistics and
equity; flat, with no latch and no order, in a session that has just begun. Nothing of it is written or sent.
"""

import copy
from dataclasses import replace

from flyball.config.keys import LATCH_KEYS
from flyball.desk.asked import quantity
from flyball.desk.evidence import Units
from flyball.kernel.conduct import Brakes
from flyball.kernel.controls import EVIDENCE
from flyball.kernel.controls.data import quotes
from flyball.kernel.decide import decide
from flyball.kernel.effects import Decision, Effect, Order
from flyball.kernel.events import (
    Action,
    Command,
    Event,
    Fill,
    Instrument,
    Intent,
    Mark,
    Session,
    Tick,
    Update,
)
from flyball.kernel.governor import Governor
from flyball.kernel.limits import Limits
from flyball.kernel.market import Market
from flyball.kernel.state import Rates, State
from flyball.kernel.stats import ATR_BARS, ATR_SHIFT
from flyball.kernel.units import MINUTE, NS, PPM, qty_for
from flyball.kernel.weeks import Week
from flyball.kernel.words import APPROVE, BUY, SECRET, SELL

LENGTH = 390 * MINUTE
DOLLAR = 10_000  # of the made instrument's price: 1.00
TIMERS = 1_000  # served on the way to a time
ENOUGH = 100_000 * PPM  # micros, where the account has nothing
AGREE = 3  # equal prints after which any price is believed


class Scratch:
    """One governor on its own. Time passes only when `wait` says so."""

    def __init__(self, state: State) -> None:
        self.g = Governor(copy.deepcopy(state))
        self.now = state.ts + NS
        self.symbol = ""
        self.strategy = "drill"
        self.scope = ""  # whose rule is tried: "" the account's, "symbol:X", "strategy:X"
        self.n = 0
        _emptied(self.s)
        self.next_session()
        for symbol, m in sorted(self.s.markets.items()):
            self.mark(m.mid() or DOLLAR, symbol)
        self._aim_anywhere()

    @property
    def s(self) -> State:
        return self.g.state

    @property
    def m(self) -> Market:
        """Of the symbol in use."""
        return self.s.markets[self.symbol]

    def aim(self, scope: str) -> None:
        """Use this symbol or strategy from here on."""
        self.scope = scope
        kind, _, name = scope.partition(":")
        if kind == "strategy":
            self.strategy = name
        elif kind == "symbol":
            self.symbol = name
            if name not in self.s.markets:
                self.instrument(name)
                self.mark(DOLLAR)

    def _aim_anywhere(self) -> None:
        """A symbol of which the present limits let something through; else one made for it."""
        for symbol in sorted(self.s.markets):
            self.symbol = symbol
            if self.small():
                return
        self.symbol = "DRILL"
        self.instrument("DRILL")
        self.mark(DOLLAR)

    # -- events

    def feed(self, event: Event) -> list[Effect]:
        """One event in, its effects out."""
        event.ts = self.now
        return self.g.step(event)

    def wait(self, ns: int) -> None:
        self.now += ns

    def tick(self) -> list[Effect]:
        return self.feed(Tick(self.now))

    def until(self, ts: int) -> list[Effect]:
        """Time passes, and every timer on the way is served."""
        effects: list[Effect] = []
        for _ in range(TIMERS):
            due = self.g.next_due()
            if due == 0 or due > ts:
                break
            self.now = max(self.now, due)
            effects += self.tick()
        self.now = max(self.now, ts)
        return effects

    def warm(self) -> None:
        """A symbol with an average range of one percent, whatever it has had so far."""
        m = self.m
        m.atr.bars, m.atr.value = ATR_BARS, max(m.tick, m.mid() // 100) << ATR_SHIFT
        self.s.refresh(self.symbol)

    def next_session(self) -> list[Effect]:
        day = self.s.day.day + 1
        return self.feed(Session(self.now, self.s.day.venue or "XNYS", day, self.now, self.now + LENGTH))

    def mark(self, price: int, symbol: str = "", *, times: int = 1, **more: int) -> list[Effect]:
        """A price, with a quote of one tick to either side where a feed carries quotes."""
        symbol = symbol or self.symbol
        tick = self.s.markets[symbol].tick if quotes(self.s) else 0
        bid, ask = (more.get("bid", max(1, price - tick)), more.get("ask", price + tick)) if tick else (0, 0)
        effects: list[Effect] = []
        for _ in range(times):
            bid, ask = more.get("bid", bid), more.get("ask", ask)
            effects += self.feed(Mark(self.now, symbol, bid, ask, price, price, price, "drill", 0))
        return effects

    def instrument(self, symbol: str, asset_class: str = "us_equity") -> None:
        """A made instrument: whole shares at about one unit of the currency, in cents."""
        currency = next((m.currency for m in self.s.markets.values()), "USD")
        self.feed(Instrument(self.now, symbol, currency, asset_class, 4, 0, 100, 1, True))

    def intent(self, side: int, qty: int, **more: int | str) -> Decision:
        """What is decided, with all that follows."""
        return next(x for x in self.feed(self.wish(side, qty, **more)) if isinstance(x, Decision))

    def would(self, side: int, qty: int, **more: int | str) -> Decision:
        """What would be decided; nothing changes."""
        self.s.ts = self.now
        return decide(self.s, self.wish(side, qty, **more)).decision

    def wish(self, side: int, qty: int, **more: int | str) -> Intent:
        """An intent that is not fed yet."""
        self.n += 1
        kind = "limit" if more.get("limit") else "market"
        name = f"drill-{self.n}"
        who, what = self.strategy, self.symbol
        made = Intent(self.now, name, self.now, who, what, side, qty, 0, kind, 0, "day", "", "", 0)
        for field, value in more.items():
            setattr(made, field, value)
        return made

    def order(self, side: int, qty: int, *, works: bool = True, **more: int | str) -> str:
        """An intent that passes, and works at the broker unless `works` says no; its order's id, "" when it
        did not pass."""
        effects = self.feed(self.wish(side, qty, **more))
        order = next((x for x in effects if isinstance(x, Order)), None)
        if order is None:
            return ""
        if works:
            self.update(order.client_id, "ACCEPTED")
        return order.client_id

    def update(self, client_id: str, state: str, filled: int = 0) -> list[Effect]:
        return self.feed(Update(self.now, client_id, state, "D", filled, "", 0))

    def hold(
        self, qty: int, *, symbol: str = "", strategy: str = "", price: int = 0, fee: int = 0
    ) -> list[Effect]:
        """An execution the broker reports of an id of ours that was lost: a position, whatever the caps."""
        self.n += 1
        symbol = symbol or self.symbol
        owner = strategy or self.strategy
        client_id = f"fb{self.s.account}-{self.s.epoch}-{10**9 + self.n}-{owner}-1"
        price = price or self.s.markets[symbol].mid() or DOLLAR
        side = BUY if qty > 0 else SELL
        return self.feed(Fill(self.now, client_id, f"D{self.n}", symbol, side, abs(qty), price, fee, 0))

    def executed(self, client_id: str) -> list[Effect]:
        """The broker tells that a working order was filled whole."""
        o = self.s.orders[client_id]
        self.n += 1
        price = o.limit or self.s.markets[o.symbol].mid()
        return self.feed(
            Fill(self.now, client_id, f"D{self.n}", o.symbol, o.side, o.remaining(), price, 0, 0)
        )

    def free(self) -> None:
        """Nothing but latches stops an order from here on."""
        self.s.limits = _free(self.s.limits)
        self.s.rebuild()

    def split(self) -> list[Effect]:
        """Two for one."""
        self.n += 1
        return self.feed(Action(self.now, "split", self.symbol, 2, 1, "", 0, 0, f"drill-{self.n}", 0))

    def say(self, what: str, **args: str) -> list[Effect]:
        """An operator's command, with every authority there is."""
        given = tuple(sorted(args.items()))
        return self.feed(Command(self.now, what, "drill", 0, SECRET, "drill", given, 0))

    # -- looking

    def evidence(self, d: Decision, name: str) -> tuple[int, int]:
        """(value, limit) of one control, as `C1.max_order_notional`."""
        at = EVIDENCE.index(name)
        return d.evidence[2 * at], d.evidence[2 * at + 1]

    def small(self, side: int = BUY, **more: int | str) -> int:
        """The smallest size, by doubling lots, that passes whole; 0 when none does."""
        for k in range(40):
            qty = self.m.lot << k
            if self.would(side, qty, **more).verdict == APPROVE:
                return qty
        return 0

    def named(self, qty: int) -> str:
        """10 AAPL"""
        return f"{quantity(qty, Units(self.m.currency, self.m.price_exp, self.m.qty_exp))} {self.symbol}"

    def lose(self, micros: int) -> list[Effect]:
        """The price moves against a short position until this much is lost since the session began."""
        m = self.m
        self.hold(-max(m.lot, qty_for(self.s.cash // 4, m.mid(), m.scale) // m.lot * m.lot))
        effects: list[Effect] = []
        for _ in range(8):
            left = micros + self.s.day_profit()
            if left <= 0:
                break
            qty = -self.s.position(self.symbol)
            step = -(-left * m.scale // qty) if m.scale > 0 else -(left // (qty * m.scale))
            self.wait(NS)
            effects += self.mark(m.short_price() - -step // m.tick * m.tick, times=AGREE)
        return effects


def _emptied(s: State) -> None:
    """Flat, unlatched and quiet, with what it was worth in cash."""
    worth = s.equity() if s.known and s.unvalued == 0 else s.day.baseline
    s.cash = worth if worth > 0 else ENOUGH
    s.books, s.orders, s.closed, s.closed_before = {}, {}, {}, {}
    s.latches, s.flattenings, s.timers, s.drifting = {}, {}, {}, {}
    s.rates, s.recent, s.strange_fills = Rates(), [], []
    s.known, s.adoption, s.caution, s.acknowledged = True, False, False, False
    s.listed, s.foreign = {}, {}
    s.account_asked, s.mismatches, s.restart_scale, s.restart_step = 0, 0, PPM, 0
    s.high_water = s.cash
    s.brakes, s.week = Brakes(), Week()
    s.rebuild()


def _free(limits: Limits) -> Limits:
    """No caps: for a drill that needs many orders, whatever they would cost."""
    kept = {name: getattr(limits, name) for name in LATCH_KEYS}
    return replace(Limits(flat_by=limits.flat_by, reduce_rate=10**6), **kept)
