"""The worst case of one symbol over every outcome of its live orders, in closed form (P2).

With P = signed value of the position, B and S = values of what buys and sells may still execute, each at the
worse of its limit and the mark, every subset of fills gives a signed value in [P - S, P + B]; so the worst
is max(P + B, S - P). Traded value plus the exit it then needs is B' + S' + |P + B' - S'|, largest at max(P +
2B, 2S - P). tests/oracle enumerates the subsets and must agree.
"""

from dataclasses import dataclass

from flyball.kernel.market import Market
from flyball.kernel.orders import OrderState
from flyball.kernel.units import POW10, PPM, UNKNOWN, both_ways, mul_div_up, notional
from flyball.kernel.words import BUY, SELL


@dataclass(slots=True)
class Exposure:
    """One symbol, account-wide. Micros, except quantities. A cache: the state's `check` recomputes it."""

    position: int = 0  # signed quantity
    value: int = 0  # P, rounded up
    floor: int = 0  # P, rounded down: what the short side is measured from
    buys: int = 0  # B
    sells: int = 0  # S
    buy_qty: int = 0
    sell_qty: int = 0
    stress: int = UNKNOWN  # ppm
    unpriced: bool = False  # something is held or working and there is no price
    strategies: tuple[str, ...] = ()  # whose it is: those that hold it or have orders in it, sorted
    relief: int = 0  # of the position's value, what confirmed stops keep from being at risk

    def high(self) -> int:
        return self.value + self.buys

    def low(self) -> int:
        return self.floor - self.sells

    def worst(self) -> int:
        return max(self.value + self.buys, self.sells - self.floor)

    def at_risk(self) -> int:
        """The worst case where what a confirmed stop covers counts only down to its price."""
        return max(self.long_at_risk(), self.short_at_risk())

    def long_at_risk(self) -> int:
        return self.value + self.buys - (self.relief if self.position > 0 else 0)

    def short_at_risk(self) -> int:
        return self.sells - self.floor - (self.relief if self.position < 0 else 0)

    def turnover(self) -> int:
        """Value still to be traded at worst: working orders and the exit of what they may leave."""
        return max(self.value + 2 * self.buys, 2 * self.sells - self.floor)

    def turnover_qty(self) -> int:
        return max(self.position + 2 * self.buy_qty, 2 * self.sell_qty - self.position)

    def stressed(self) -> int:
        return mul_div_up(self.worst(), max(self.stress, 0), PPM)

    def held(self) -> bool:
        return self.position != 0 or self.buy_qty != 0 or self.sell_qty != 0

    def cost(self, qty_exp: int, fee_per_unit: int, fee_rate: int) -> int:
        """Fees still to be paid at worst, micros."""
        return mul_div_up(self.turnover_qty() * fee_per_unit, 1, POW10[qty_exp]) + mul_div_up(
            self.turnover(), fee_rate, PPM
        )


@dataclass(slots=True)
class Totals:
    """Sums over symbols of the worst cases. Micros."""

    gross: int = 0
    high: int = 0
    low: int = 0
    count: int = 0
    turnover: int = 0
    cost: int = 0
    stressed: int = 0
    unpriced: int = 0  # symbols held or working without a price
    at_risk: int = 0

    def take(self, x: Exposure, cost: int, sign: int) -> None:
        """Add (sign 1) or remove (sign -1) one symbol."""
        self.gross += sign * x.worst()
        self.at_risk += sign * x.at_risk()
        self.high += sign * x.high()
        self.low += sign * x.low()
        self.turnover += sign * x.turnover()
        self.cost += sign * cost
        self.stressed += sign * x.stressed()
        if x.held():
            self.count += sign
        if x.unpriced:
            self.unpriced += sign

    def net(self) -> int:
        return max(self.high, -self.low)


def relief(m: Market, position: int, stops: list[OrderState]) -> int:
    """What confirmed stops take off the value at risk of a position (C3), micros, rounded down: of each unit
    covered its price, less what it may lose down to the stop. The worst stops count first."""
    rest = abs(position)
    side = SELL if position > 0 else BUY
    price = m.high_price()
    low = min([p for p in (m.bid, m.ask, m.last) if p > 0], default=0)
    total = 0
    for o in sorted([o for o in stops if o.side == side], key=lambda o: o.stop * -side):
        qty = min(o.remaining(), rest)
        rest -= qty
        lost = max(0, price - o.stop if side == SELL else o.stop - low)
        total += max(0, both_ways(price, qty, m.scale)[1] - notional(lost, qty, m.scale))
    return total if price > 0 else 0
