"""One execution into the account: the book, cash, the day's turnover and fees, together. And the one
correction there is: what a person had booked by hand, once the broker tells of it itself."""

from flyball.kernel.controls.duplicate import intent_key
from flyball.kernel.ledger import book_fill, revalue, take_over, trade_cash
from flyball.kernel.orders import OrderState
from flyball.kernel.state import State, tally
from flyball.kernel.units import mul_div, notional


def book(
    s: State, strategy: str, symbol: str, side: int, qty: int, price: int, fee: int, o: OrderState | None
) -> None:
    """Book an execution of a known symbol; `o` is the order it belongs to, if any. `fee` in micros."""
    m = s.markets[symbol]
    b = s.book(strategy, symbol)
    s.traded_at[symbol] = s.ts
    profit = b.day_profit()
    if b.adopted:
        # it trades before any price was seen: this one is as good
        take_over(b, price, m)
        s.unvalued -= 1
    was = b.cash - b.fees
    book_fill(b, side, qty, price, fee, m)
    s.cash += b.cash - b.fees - was
    s.value += revalue(b, m)
    tally(s.profits, strategy, b.day_profit() - profit)
    _turned_over(s, notional(price, qty, m.scale), fee, o)
    if o is None:
        s.refresh(symbol)
        return
    o.filled += qty
    record = s.day.intents.get(intent_key(o.strategy, o.intent))
    if record is not None and not o.author:
        record.filled += qty


def by_hand(s: State, o: OrderState, qty: int, price: int, fee: int) -> None:
    """Book what an operator says was executed of an order."""
    book(s, o.strategy, o.symbol, o.side, qty, price, fee, o)
    o.by_hand = qty
    o.hand_price = price
    o.hand_fee = fee


def correct(s: State, o: OrderState, qty: int, price: int, fee: int) -> int:
    """The broker tells of an execution of which a part was booked by hand: that part takes the broker's price
    and fee. Returns the part; the rest is still to be booked, without a fee when the part is not zero.

    Both together round as one execution does, and what is taken back as what was booked: in the end cash is
    what the broker's executions alone would have made of it, to the micro.
    """
    part = min(qty, o.by_hand)
    if part == 0:
        return 0
    m = s.markets[o.symbol]
    b = s.book(o.strategy, o.symbol)
    profit = b.day_profit()
    back = mul_div(o.hand_fee, part, o.by_hand)
    rest, left = qty - part, o.by_hand - part
    gained = (
        trade_cash(o.side, qty, price, m.scale)
        - trade_cash(o.side, rest, price, m.scale)
        - trade_cash(o.side, o.by_hand, o.hand_price, m.scale)
        + trade_cash(o.side, left, o.hand_price, m.scale)
    )
    b.cash += gained
    b.realised += gained
    b.fees += fee - back
    s.cash += gained - (fee - back)
    tally(s.profits, o.strategy, b.day_profit() - profit)
    worth = (
        notional(price, qty, m.scale)
        - notional(price, rest, m.scale)
        - notional(o.hand_price, o.by_hand, m.scale)
        + notional(o.hand_price, left, m.scale)
    )
    _turned_over(s, worth, fee - back, o)
    o.by_hand = left
    o.hand_fee -= back
    return part


def _turned_over(s: State, worth: int, fee: int, o: OrderState | None) -> None:
    s.day.traded += worth
    s.day.fees += fee
    if o is not None and not o.author:
        record = s.day.intents.get(intent_key(o.strategy, o.intent))
        if record is not None:
            record.traded += worth
