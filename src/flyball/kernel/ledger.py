"""The books: one per strategy and symbol, FIFO lots, cash and fees, summing to the account. A fill never
fails to book.

Money identities kept exactly, in micros: book profit = cash + value - fees; account equity = cash + value of
every book. Lots carry their exact cost in price x quantity units, so that merging or splitting them loses
nothing.
"""

from dataclasses import dataclass, field

from flyball.kernel.bounds import MAX_LOTS
from flyball.kernel.canon import DERIVED
from flyball.kernel.market import Market
from flyball.kernel.units import mul_div, notional


@dataclass(slots=True)
class Lot:
    """`qty` > 0 units opened at a total of `cost` (price units x quantity units)."""

    qty: int
    cost: int


@dataclass(slots=True)
class Book:
    """One strategy's holding of one symbol. `qty` is signed; lots all have its sign."""

    strategy: str
    symbol: str
    qty: int = 0
    lots: list[Lot] = field(default_factory=list)
    cash: int = 0  # micros received minus paid in trades, without fees
    fees: int = 0
    realised: int = 0  # micros, without fees
    day_base: int = 0  # profit at the risk day's start
    adopted: bool = False  # taken over from the broker and not priced yet
    value: int = field(default=0, metadata=DERIVED)  # at the conservative side of the mark

    def profit(self) -> int:
        return self.cash + self.value - self.fees

    def day_profit(self) -> int:
        return self.profit() - self.day_base


def revalue(b: Book, m: Market) -> int:
    """Value a book at the market; returns the change in micros. Rounded against us."""
    old = b.value
    if b.qty == 0:
        b.value = 0
    elif b.qty > 0:
        # value of what we own, rounded down: minus the rounded-up value of its negative never exceeds it
        b.value = _down(m.long_price(), b.qty, m.scale)
    else:
        b.value = notional(m.short_price(), b.qty, m.scale)
    if b.adopted and m.known():
        take_over(b, m.long_price() if b.qty > 0 else m.short_price(), m)
    return b.value - old


def take_over(b: Book, price: int, m: Market) -> None:
    """What was found counts as got at this price: neither gain nor loss so far."""
    b.adopted = False
    b.cash = -_down(price, b.qty, m.scale) if b.qty > 0 else -notional(price, b.qty, m.scale)
    b.day_base = 0
    b.lots = [Lot(abs(b.qty), price * abs(b.qty))]


def _down(price: int, qty: int, scale: int) -> int:
    product = price * qty
    return product * -scale if scale < 0 else product // scale


def trade_cash(side: int, qty: int, price: int, scale: int) -> int:
    """Cash moved by an execution, in micros: paid rounded up, received rounded down."""
    return -notional(price, qty, scale) if side > 0 else _down(price, qty, scale)


def book_fill(b: Book, side: int, qty: int, price: int, fee: int, m: Market) -> None:
    """Book one execution: closes FIFO lots of the other side first, opens a lot with the rest."""
    b.cash += trade_cash(side, qty, price, m.scale)
    b.fees += fee
    left = qty
    while left > 0 and b.lots and b.qty * side < 0:
        lot = b.lots[0]
        take = min(left, lot.qty)
        cost = lot.cost if take == lot.qty else mul_div(lot.cost, take, lot.qty)
        gain = price * take - cost if side < 0 else cost - price * take
        b.realised += gain * -m.scale if m.scale < 0 else gain // m.scale
        lot.qty -= take
        lot.cost -= cost
        b.qty += side * take
        left -= take
        if lot.qty == 0:
            b.lots.pop(0)
    if left > 0:
        b.qty += side * left
        b.lots.append(Lot(left, price * left))
        if len(b.lots) > MAX_LOTS:
            last = b.lots.pop()
            b.lots[-1].qty += last.qty
            b.lots[-1].cost += last.cost
