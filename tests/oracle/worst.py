"""The worst case by brute force: every subset and partial extreme of the live orders, in Fractions.

An order that is working or in doubt may fill fully, not at all, by one lot, or all but one lot. Each fill
is worth the worse of its limit and the mark. Symbols trade independently, so the joint outcomes are the
product of each symbol's.
"""

from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.order import ZERO, Order
from tests.oracle.world import World


@dataclass(frozen=True)
class Outcome:
    """How one symbol may end: signed value and quantity held, value and quantity traded on the way."""

    value: Fraction
    units: Fraction
    traded: Fraction
    traded_units: Fraction

    def after(self, side: int, qty: Fraction, price: Fraction) -> "Outcome":
        """The same with one more execution."""
        worth = qty * price
        return Outcome(
            self.value + side * worth, self.units + side * qty, self.traded + worth, self.traded_units + qty
        )

    def fees(self, per_unit: Fraction, rate: Fraction) -> Fraction:
        """What it costs to get there and out again."""
        return per_unit * (self.traded_units + abs(self.units)) + rate * (self.traded + abs(self.value))


def amounts(order: Order, lot: Fraction) -> list[Fraction]:
    """What one order may still execute: nothing, one lot, all but one lot, all."""
    rest = order.remaining()
    return sorted({ZERO, min(lot, rest), max(rest - lot, ZERO), rest})


def outcomes(
    world: World, symbol: str, strategy: str | None = None, without: Order | None = None
) -> list[Outcome]:
    """Every way one symbol may end, of the account or of one strategy, `without` one order if named."""
    mark, held = world.prices[symbol].highest(), world.position(symbol, strategy)
    lot = world.instruments[symbol]["lot"]
    found = {Outcome(held * mark, held, ZERO, ZERO)}
    for o in world.live(symbol, strategy):
        if o is not without:
            price = max(o.limit, mark)
            found = {end.after(o.side, qty, price) for end in found for qty in amounts(o, lot)}
    return list(found)


def at_risk_of(world: World, symbol: str, ends: list[Outcome]) -> Fraction:
    """The largest value a symbol may end with where each unit under a confirmed stop counts only the way from
    the price to it; what is held on the other side has none. Of several stops the worst count first.
    """
    held, price = world.position(symbol), world.prices[symbol]
    side = -1 if held > 0 else 1
    stops = [o for o in world.live(symbol) if o.side == side and o.protects()]
    low = min((p for p in (price.bid, price.ask, price.last) if p > 0), default=ZERO)
    rest, spared = abs(held), ZERO
    for o in sorted(stops, key=lambda o: side * o.stop, reverse=True):
        covered = min(o.remaining(), rest)
        lost = price.highest() - o.stop if held > 0 else o.stop - low
        spared += max(ZERO, covered * (price.highest() - max(lost, ZERO)))
        rest -= covered
    top, bottom = max(o.value for o in ends), min(o.value for o in ends)
    return max(top - spared, -bottom) if held > 0 else max(top, -bottom - spared)


@dataclass
class Worst:
    """The account's worst case over every joint outcome, in the currency."""

    symbols: dict[str, Fraction]
    gross: Fraction
    net: Fraction
    count: int
    turnover: Fraction
    cost: Fraction
    stressed: Fraction
    at_risk: Fraction


def worst_of(world: World, strategy: str | None = None) -> Worst:
    """All measures at once. Symbols fill independently: sums of their extremes are the extremes of joint
    outcomes.
    """
    every = {symbol: outcomes(world, symbol, strategy) for symbol in world.instruments}
    per_unit = world.limit("fee_per_unit") or ZERO
    rate = world.limit("fee_rate") or ZERO
    symbols = {symbol: max(abs(o.value) for o in ends) for symbol, ends in every.items()}
    high = sum((max(o.value for o in ends) for ends in every.values()), ZERO)
    low = sum((min(o.value for o in ends) for ends in every.values()), ZERO)
    at_risk = sum((at_risk_of(world, symbol, ends) for symbol, ends in every.items()), ZERO)
    return Worst(
        at_risk=at_risk,
        symbols=symbols,
        gross=sum(symbols.values(), ZERO),
        net=max(abs(high), abs(low)),
        count=sum(1 for ends in every.values() if any(o.units for o in ends)),
        turnover=world.traded + sum((max(o.traded + abs(o.value) for o in e) for e in every.values()), ZERO),
        cost=world.fees + sum((max(o.fees(per_unit, rate) for o in ends) for ends in every.values()), ZERO),
        stressed=sum((worst * world.stress(symbol) for symbol, worst in symbols.items() if worst), ZERO),
    )
