"""What corporate actions and flows do to the paper account: positions, cash, and the prices before the next
one. Worked out here once more, for one account as a whole; the governor works it out for its books."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flyball.broker.paper_life import Unit
from flyball.broker.prices import PriceFeed
from flyball.kernel.events import Action, Flow
from flyball.kernel.units import MICRO, POW10

Dated = Action | Flow
NONE: Final[tuple[Dated, ...]] = ()


def between(dated: Sequence[Dated], after: int, until: int) -> list[Dated]:
    """Those after one time and up to another."""
    return [one for one in dated if after < one.ts <= until]


def happen(one: Dated, positions: dict[str, int], units: Mapping[str, Unit]) -> int:
    """Change the positions as it says; the cash it brings or costs, in micros."""
    if isinstance(one, Flow):
        return one.amount
    held = positions.get(one.symbol, 0)
    if held == 0:
        return 0
    whole = POW10[units[one.symbol].qty_exp]
    if one.what == "cash_dividend":
        return held * one.cash // whole
    if one.what == "symbol_change":
        positions[one.symbol] = 0
        positions[one.to] = positions.get(one.to, 0) + held
        return 0
    if one.what == "split":
        positions[one.symbol], cash = _whole(held * one.num, one.den, whole, one.cash)
        return cash
    of_new = POW10[units[one.to].qty_exp]
    given, cash = _whole(held * one.num * of_new, one.den * whole, of_new, one.cash)
    positions[one.to] = positions.get(one.to, 0) + given
    return cash


def _whole(exact: int, den: int, unit: int, price: int) -> tuple[int, int]:
    """`exact / den` as a quantity towards zero, and what the account gets for the fraction, rounded down."""
    qty = abs(exact) // den * (1 if exact > 0 else -1)
    return qty, (exact - qty * den) * price // (den * unit)


def price_at(
    symbol: str, at: int, prices: PriceFeed, dated: Iterable[Dated], units: Mapping[str, Unit]
) -> int:
    """The middle of the last quote at or before a time, as the actions since then have changed it; 0 when
    there is none. In price units."""
    point = prices.last(symbol, at)
    since, price = -1, 0
    if point is not None:
        since = point.ts
        price = (point.bid + point.ask) // 2 if point.bid > 0 and point.ask > 0 else point.price
    for one in dated:
        if isinstance(one, Flow) or not since < one.ts <= at:
            continue
        exp = POW10[units[symbol].price_exp]
        if one.to == symbol and price == 0:
            renamed = one.what == "symbol_change"
            price = price_at(one.symbol, one.ts, prices, (), units) if renamed else one.cash * exp // MICRO
        elif one.symbol == symbol and one.what == "split":
            price = price * one.den // one.num
        elif one.symbol == symbol and one.what == "cash_dividend":
            price -= one.cash * exp // MICRO
        elif one.symbol == symbol and one.what == "spin_off":
            price -= one.cash * one.num * exp // (MICRO * one.den)
    return price
