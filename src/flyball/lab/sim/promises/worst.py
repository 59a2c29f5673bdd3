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


def worst_of(position: int, orders: Iterable[Order], t: Terms) -> Worst:
    """The worst case of a position with these live orders."""
    worth = {1: 0, -1: 0}
    units = {1: 0, -1: 0}
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
    return Worst(gross, high, low, int(busy), turnover, cost, stressed, int(busy and not t.known))
