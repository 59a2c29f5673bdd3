"""C10 and C11 under the oracle: the machine of test_machine with bars of a second, whose ranges and
volatilities are known, and storms between everything else.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from flyball.kernel.volatility import SLOW_BARS
from tests.kernel import test_machine
from tests.kernel.drawn import CHOICES
from tests.kernel.flight import AAA, BBB, COIN, NS, ppm
from tests.kernel.hand import ns
from tests.kernel.test_machine import BASE, CASH, Machine, symbols

DRAWN = (
    "risk_per_trade",
    "atr_stop",
    "stress_floor",
    "regime_exit",
    "regime_dwell",
    "regime_high_scale",
    "max_order_notional",
    "drawdown_caution",
)


class Storms(Machine):
    @initialize(more=st.fixed_dictionaries({}, optional={x: st.sampled_from(CHOICES[x]) for x in DRAWN}))
    def begin(self, more: dict[str, Any]) -> None:
        f = self.f
        f.epoch()
        f.config(atr_bar=ns(NS), regime_high=ppm(1_300_000), regime_extreme=ppm(1_700_000), **more)
        for instrument in (AAA, BBB, COIN):
            f.instrument(instrument)
        f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=())
        f.session(self.day)
        for symbol, price in BASE.items():
            f.mark(symbol, last=price)
            self.swing(symbol, 10, SLOW_BARS + 5)

    @rule(symbol=symbols, step=st.integers(0, 200), bars=st.integers(1, 12))
    def storm(self, symbol: str, step: int, bars: int) -> None:
        self.swing(symbol, step, bars)

    def swing(self, symbol: str, step: int, bars: int) -> None:
        """A print a second, every other one so many bp higher."""
        price = self.price(symbol)
        prices = [max(1, price * (10_000 + step * (n % 2)) // 10_000) for n in range(bars)]
        self.f.bars(symbol, [(p, p, p) for p in prices])


TestStorms = Storms.TestCase
TestStorms.settings = settings(test_machine.TestMachine.settings, max_examples=8, stateful_step_count=25)
