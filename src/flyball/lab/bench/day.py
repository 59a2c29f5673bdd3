"""A trading day to measure with: every control armed, prices that move, a bot that buys and sells, a broker
that fills.

Nothing here is drawn: the same call makes the same events. Limits are wide, so that decisions are approvals,
which ask every control and cost the most.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flyball.kernel.effects import Effect, Order
from flyball.kernel.events import (
    Account,
    Config,
    Epoch,
    Event,
    Feed,
    Fill,
    Instrument,
    Intent,
    Mark,
    Sent,
    Session,
    Update,
)
from flyball.kernel.units import MICRO, MINUTE, NS
from flyball.kernel.words import BUY, SELL

OPEN: Final = 1_700_000_000 * NS
LENGTH: Final = 390 * MINUTE
USED: Final = 380 * MINUTE  # before the ladder begins
CASH: Final = 1_000_000_000 * MICRO
STRATEGIES: Final = 4
QUOTES: Final = 20  # between two intents
STEP: Final = 20_000_000  # ns between two events of a day that is not fuller than that
LOT: Final = 10

Values = tuple[tuple[str, str, str, int, str, str], ...]
Take = Callable[[Event], list[Effect]]


def limits() -> Values:
    """Every control has something to compare; nothing is close to its limit."""
    money = CASH // 2
    account = {
        "max_order_notional": ("money_abs", money),
        "max_order_qty": ("count", 10**9),
        "max_position_notional": ("money_ppm", 500_000),
        "max_gross": ("money_ppm", 900_000),
        "max_net": ("money_ppm", 900_000),
        "max_leverage": ("ppm", 2_000_000),
        "max_at_risk": ("money_ppm", 900_000),
        "max_positions": ("count", 100_000),
        "max_daily_turnover": ("money_abs", 10**9 * MICRO * 100),
        "max_daily_cost": ("money_abs", money),
        "fee_per_unit": ("micros", 3_500),
        "max_daily_loss": ("money_ppm", 500_000),
        "stress_floor": ("ppm", 5_000),
        "drawdown_caution": ("ppm", 300_000),
        "drawdown_restrict": ("ppm", 400_000),
        "drawdown_halt": ("ppm", 500_000),
        "price_tolerance": ("ppm", 30_000),
        "max_slippage": ("ppm", 10_000),
        "max_quote_age": ("ns", 600 * NS),
        "max_spread": ("ppm", 20_000),
        "max_tick_move": ("ppm", 50_000),
        "order_rate": ("count", 1_000),
        "message_rate": ("count", 10_000),
        "reject_rate": ("count", 1_000),
        "max_orders_per_day": ("count", 10**9),
        "reduce_rate": ("count", 1_000),
        "duplicate_window": ("ns", NS // 100),
        "min_notional": ("micros", MICRO),
        "max_intent_age": ("ns", 5 * NS),
    }
    rows = [("", key, kind, amount, "", "bench") for key, (kind, amount) in account.items()]
    rows += [
        (f"strategy:{_strategy(n)}", "max_daily_loss", "money_ppm", 400_000, "", "bench")
        for n in range(STRATEGIES)
    ]
    return tuple(rows)


def _strategy(n: int) -> str:
    return f"s{n % STRATEGIES}"


def symbol(n: int) -> str:
    return f"S{n:04d}"


@dataclass
class Day:
    """The outside of one governor, driven through `take`."""

    take: Take
    symbols: int
    now: int = OPEN
    quotes: int = 0
    intents: int = 0
    heard: int = 0  # the broker's running number
    step: int = STEP

    def begin(self) -> "Day":
        """A first start, an account, a session and a price for everything."""
        take, now = self.take, self.now
        take(Epoch(now, 1, "1", 1, "B", "bench", "paper", "bench", "c", ""))
        take(Config(now, "bench", "", "bench", limits()))
        for n in range(self.symbols):
            take(Instrument(now, symbol(n), "USD", "us_equity", 4, 0, 100, 1, True))
        take(Feed(now, "bench", ("bid", "ask", "last"), "made for measuring"))
        take(Account(now, 0, CASH, CASH, CASH, (), ()))
        take(Session(now, "XNYS", 20231114, OPEN, OPEN + LENGTH))
        for _ in range(self.symbols):
            self.take(self.quote())
        return self

    def quote(self) -> Mark:
        """The next price, symbol by symbol; each one swings by 2%."""
        n = self.quotes % self.symbols
        turn = self.quotes // self.symbols
        self.quotes += 1
        self.now += self.step
        wave = abs((turn * 7 + n * 13) % 400 - 200) * 100
        price = 1_000_000 + wave
        return Mark(
            self.now,
            symbol(n),
            price - 100,
            price + 100,
            price,
            price - 200,
            price + 200,
            "bench",
            self.quotes,
        )

    def intent(self, side: int = 0, flaw: str = "") -> Intent:
        """The next intent, symbol by symbol: what is held is sold, else it is bought."""
        n = self.intents % self.symbols
        turn = self.intents // self.symbols
        self.intents += 1
        self.now += self.step
        way = side or (SELL if turn % 2 else BUY)
        return Intent(
            self.now, f"i{self.intents}", self.now, _strategy(n), symbol(n), way, LOT, 0, "limit",
            1_010_000, "day", "", flaw, self.intents,
        )  # fmt: skip

    def accepted(self, order: Order) -> None:
        """It left and the broker works it."""
        self.take(Sent(self.now, order.client_id, order.attempt))
        self.heard += 1
        self.take(Update(self.now, order.client_id, "ACCEPTED", "b", 0, "", self.heard))

    def ended(self, order: Order, state: str = "CANCELED") -> None:
        """It is over, without a fill."""
        self.heard += 1
        self.take(Update(self.now, order.client_id, state, "b", 0, "", self.heard))

    def filled(self, order: Order) -> None:
        """It is filled whole at its limit."""
        self.heard += 1
        self.take(
            Fill(
                self.now,
                order.client_id,
                f"f{self.heard}",
                order.symbol,
                order.side,
                order.qty,
                order.limit,
                3_500 * order.qty,
                self.heard,
            )
        )

    def fly(self, events: int) -> None:
        """About so many events: quotes, now and then an intent, and what the broker makes of it."""
        self.step = min(STEP, USED // max(events, 1))
        end = self.count + events
        while self.count < end:
            for _ in range(QUOTES):
                self.take(self.quote())
            for order in orders_of(self.take(self.intent())):
                self.accepted(order)
                self.filled(order)

    @property
    def count(self) -> int:
        """Events so far behind the beginning, roughly: each approved intent brings three more."""
        return self.quotes + self.intents + 2 * self.heard - self.heard // 2


def orders_of(effects: list[Effect]) -> list[Order]:
    """The orders among these effects."""
    return [e for e in effects if isinstance(e, Order)]
