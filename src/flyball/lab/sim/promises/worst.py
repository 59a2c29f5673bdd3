"""The worst case of one symbol over every outcome of its live orders, and their sums over the account (P2).

Each live order may fill wholly, not at all, or in part, at the worse of its limit and the mark; symbols fill
independently. Every measure is convex in the filled quantities, so its extremes lie at the four corners: all
or none of the buys with all or none of the sells. Exact attos, kept up to date symbol by symbol.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from flyball.lab.sim.promises.amounts import PPM
from flyball.lab.sim.promises.order import Order


@dataclass(slots=True)
class Worst:
    """One symbol, or the sum over all. Attos; `count` symbols that could be held, `unpriced` without a
    price.
    """

    gross: int = 0
    high: int = 0
    low: int = 0
    count: int = 0
    turnover: int = 0  # value still to be traded, the way out included
    cost: int = 0  # fees still to be paid, the way out included
    stressed: int = 0
    unpriced: int = 0
    at_risk: int = 0  # where what a confirmed stop covers counts only the way to its price

    def add(self, other: "Worst", sign: int) -> None:
        for name in _NAMES:
            setattr(self, name, getattr(self, name) + sign * getattr(other, name))

    def net(self) -> int:
        return max(self.high, -self.low)


_NAMES = tuple(f.name for f in fields(Worst))


@dataclass(slots=True)
class Terms:
    """What one symbol is valued with."""

    unit: int  # attos of a price step times a quantity step
    qty_one: int  # quantity steps in one unit of the product
    price: int  # the highest of bid, ask, last
    known: bool
    stress: tuple[int, int]
    fee_per_unit: int  # attos for one unit of the product
    fee_rate: int  # ppm
    low: int = 0  # the lowest of bid, ask, last


def spared(position: int, orders: Iterable[Order], t: Terms) -> int:
    """What confirmed stops keep from being at risk: of each unit covered its price, less the way to the stop;
    of several the worst count first. Attos.
    """
    side = -1 if position > 0 else 1
    rest, total = abs(position), 0
    stops = [(side * o.first.stop, o.remaining()) for o in orders if o.first.side == side and o.protects()]
    for at, qty in sorted(stops, reverse=True):
        way = max(0, t.price + at if side < 0 else at - t.low)
        covered = min(qty, rest)
        total += covered * max(0, t.price - way) * t.unit
        rest -= covered
    return total


def worst_of(position: int, orders: Iterable[Order], t: Terms) -> Worst:
    """The worst case of a position with these live orders."""
    worth = {1: 0, -1: 0}
    units = {1: 0, -1: 0}
    orders = list(orders)
    for o in orders:
        left = o.remaining()
        if left:
            worth[o.first.side] += left * max(o.first.limit, t.price) * t.unit
            units[o.first.side] += left
    held = position * t.price * t.unit
    corners = [
        (bought, sold, in_units, out_units)
        for bought, in_units in ((0, 0), (worth[1], units[1]))
        for sold, out_units in ((0, 0), (worth[-1], units[-1]))
    ]
    high, low = held + worth[1], held - worth[-1]
    gross = max(high, -low)
    turnover = max(bought + sold + abs(held + bought - sold) for bought, sold, _, _ in corners)
    cost = 0
    if t.fee_per_unit or t.fee_rate:
        cost = max(
            t.fee_per_unit * (i + o + abs(position + i - o)) // t.qty_one
            + t.fee_rate * (b + s + abs(held + b - s)) // PPM
            for b, s, i, o in corners
        )
    busy = position != 0 or units[1] != 0 or units[-1] != 0
    top, bottom = t.stress
    stressed = gross * top // bottom
    less = spared(position, orders, t)
    risk = max(high - less, -low) if position > 0 else max(high, -low - less)
    return Worst(gross, high, low, int(busy), turnover, cost, stressed, int(busy and not t.known), risk)
