"""An intent projected on the state, once: does it add or reduce, how much may reduce, at what price it is
judged.

*Reducing* brings the position nearer to zero and not past it under every outcome, in the strategy's book and
in the account's; its size is at most the smaller of the two less working and in-doubt reduces (P3). The
caller's word plays no part.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from flyball.kernel.events import Intent
from flyball.kernel.exposure import Exposure
from flyball.kernel.latches import scale_of
from flyball.kernel.limits import SymbolLimits
from flyball.kernel.market import Market
from flyball.kernel.orders import OrderState
from flyball.kernel.starting import believed
from flyball.kernel.state import State
from flyball.kernel.units import PPM, UNKNOWN, mul_div, mul_div_up, notional, qty_for
from flyball.kernel.words import BUY, CLOSE, MARKET, STOP

MOST_NAMED: Final = 16  # orders that one decision names


@dataclass(slots=True)
class Ask:
    """One intent as the controls see it. Money in micros; prices and quantities in the instrument's units."""

    ts: int
    intent: Intent
    market: Market
    exposure: Exposure
    limits: SymbolLimits
    side: int
    qty: int
    limit: int  # what it would leave with; 0 = market without a collar
    reference: int  # the middle of the quote or the last trade; 0 = none
    price: int  # the worse of limit and mark, at which it is valued
    notional: int
    adds: bool
    reducible: int  # the most that may reduce
    doubt: bool  # some of what already reduces is in doubt
    base: int  # equity that percentages are of
    opposite: bool  # another strategy holds, or may hold, the other side
    crossing: list[OrderState] = field(default_factory=list)  # own working orders it would trade against
    scale: int = PPM
    stop: int = 0  # the price that triggers it once it rests; 0 = none, or the price is there already
    own: list[OrderState] = field(default_factory=list)  # a close: the bot's own orders it takes back first

    def high(self) -> int:
        """Signed value of the symbol if everything bought fills, with this order."""
        return self.exposure.high() + (self.notional if self.adds and self.side > 0 else 0)

    def low(self) -> int:
        return self.exposure.low() - (self.notional if self.adds and self.side < 0 else 0)

    def worst(self) -> int:
        """Worst case of this symbol with this order."""
        return max(self.high(), -self.low())

    def same_side(self) -> int:
        """Worst case on the order's own side before it."""
        return self.exposure.high() if self.side > 0 else -self.exposure.low()

    def at_risk(self) -> int:
        """The worst case of this symbol with this order, less what confirmed stops cover."""
        other = self.exposure.short_at_risk() if self.side > 0 else self.exposure.long_at_risk()
        return max(self.side_at_risk() + (self.notional if self.adds else 0), other)

    def side_at_risk(self) -> int:
        """The same on the order's own side before it."""
        return self.exposure.long_at_risk() if self.side > 0 else self.exposure.short_at_risk()

    def room(self, money: int) -> int:
        """The largest quantity of this order worth at most `money`."""
        return qty_for(money, self.price, self.market.scale)


def reducible(
    s: State, strategy: str, symbol: str, side: int, besides: Sequence[OrderState] = ()
) -> tuple[int, bool]:
    """How much an order of this side may reduce, and whether doubt is what holds back the rest. `besides`:
    live orders that are not counted, being taken back first."""
    book = s.book_qty(strategy, symbol) * -side
    position, doubt = believed(s, symbol, s.position(symbol))
    account = position * -side
    if book <= 0 or account <= 0:
        return 0, doubt
    for o in s.live_of(symbol):
        if o.side != side or o in besides:
            continue
        left = o.remaining()
        account -= left
        if o.strategy == strategy:
            book -= left
        if left > 0 and o.doubtful():
            doubt = True
    return max(0, min(book, account)), doubt


def taken_back(s: State, strategy: str, symbol: str, side: int) -> list[OrderState]:
    """What a `close` cancels first: the bot's own orders of its side, but not one that waits itself."""
    return [
        o
        for o in s.live_of(symbol)
        if o.side == side and o.strategy == strategy and not (o.author or o.final() or o.waits)
    ]


def in_the_way(s: State, a: Ask) -> tuple[str, ...]:
    """Client ids of own working orders that already reduce some of what was asked for, oldest first."""
    held = [o.client_id for o in s.live_of(a.intent.symbol) if o.side == a.side and o not in a.own]
    return tuple(held[:MOST_NAMED])


def holds_opposite(s: State, strategy: str, symbol: str, side: int) -> bool:
    """Whether another book has, or under some outcome may get, the other side of this symbol."""
    for name, book in s.books.get(symbol, {}).items():
        if name != strategy and book.qty * side < 0:
            return True
    against: dict[str, int] = {}
    for o in s.live_of(symbol):
        if o.strategy != strategy and o.side != side:
            against[o.strategy] = against.get(o.strategy, 0) + o.remaining()
    for name in sorted(against):
        if s.book_qty(name, symbol) * side - against[name] < 0:
            return True
    return False


def collar(price: int, side: int, ppm: int, tick: int) -> int:
    """The worst price `ppm` away from `price`, on the tick inside the collar. At least one tick."""
    if side == BUY:
        return max(tick, mul_div(price, PPM + ppm, PPM) // tick * tick)
    return max(tick, -(-mul_div_up(price, PPM - ppm, PPM) // tick) * tick)


def on_tick(price: int, side: int, tick: int) -> int:
    """A limit on the tick, rounded to the passive side: buys down, sells up. A stop rounds the same way: it
    then triggers no later than it was asked to, so it never protects less."""
    return price // tick * tick if side == BUY else -(-price // tick) * tick


def stop_of(m: Market, i: Intent) -> int:
    """The trigger price an intent rests with; 0 when it is no stop, or the market is at its price or beyond:
    then it leaves at once as any exit does, inside the collar, rather than naked at the market."""
    if i.type != STOP or i.stop <= 0:
        return 0
    stop = on_tick(i.stop, i.side, m.tick)
    near = (m.ask or m.last or m.bid) if i.side == BUY else (m.bid or m.last or m.ask)
    return 0 if near > 0 and (near - stop) * i.side >= 0 else stop


def meets(side: int, limit: int, stop: int, o: OrderState) -> bool:
    """Whether an order of this side could trade with our own order `o` of the other side. A resting stop
    trades from its price on: with what rests there or beyond, never with what the market reaches before."""
    if o.stop != 0:
        return stop == 0 and limit != 0 and (o.stop - limit) * side >= 0
    if stop != 0:
        return o.limit == 0 or (o.limit - stop) * side >= 0
    return limit == 0 or o.limit == 0 or (limit - o.limit) * side >= 0


def limit_of(m: Market, lim: SymbolLimits, side: int, kind: str, asked: int, adds: bool) -> int:
    """The price an order leaves with. Market orders become collared limits; a reduction is repriced to the
    widest collar."""
    near = (m.ask or m.last or m.bid) if side == BUY else (m.bid or m.last or m.ask)
    if kind in (MARKET, STOP, CLOSE):
        width = lim.max_slippage if adds or lim.price_tolerance == UNKNOWN else lim.price_tolerance
        if near == 0 or width == UNKNOWN:
            return 0
        return collar(near, side, width, m.tick)
    limit = on_tick(asked, side, m.tick)
    if not adds and near > 0 and lim.price_tolerance != UNKNOWN:
        # too far to be believed either way: never refused, brought back to the edge of the tolerance
        worst = collar(near, side, lim.price_tolerance, m.tick)
        best = collar(near, -side, lim.price_tolerance, m.tick)
        limit = min(max(limit, best), worst) if side == BUY else max(min(limit, best), worst)
    return limit


def project(s: State, i: Intent, m: Market, qty: int) -> Ask:
    """Project an intent of a known symbol. `qty` overrides the intent's own when it is positive (a clipped
    size)."""
    lim = s.limits.of_symbol(i.symbol)
    x = s.exposures.get(i.symbol)
    exposure = x if x is not None else Exposure()
    book = s.book_qty(i.strategy, i.symbol)
    account = s.position(i.symbol)
    adds = not (book * i.side < 0 and account * i.side < 0)
    close = i.type == CLOSE and not adds
    own = taken_back(s, i.strategy, i.symbol, i.side) if close else []
    most, doubt = (0, False) if adds else reducible(s, i.strategy, i.symbol, i.side, own)
    stop = stop_of(m, i)
    limit = 0 if stop else limit_of(m, lim, i.side, i.type, i.limit, adds)
    price = max(limit, m.high_price())
    if qty <= 0 and i.type == CLOSE:
        qty = most
    elif qty <= 0:
        qty = i.qty if i.notional == 0 else qty_for(i.notional, price, m.scale) // m.lot * m.lot
    crossing = [
        o for o in s.live_of(i.symbol) if o.side != i.side and not o.final() and meets(i.side, limit, stop, o)
    ]
    return Ask(
        ts=s.ts,
        intent=i,
        market=m,
        exposure=exposure,
        limits=lim,
        side=i.side,
        qty=qty,
        limit=limit,
        reference=m.mid(),
        price=price,
        notional=notional(price, qty, m.scale),
        adds=adds,
        reducible=most,
        doubt=doubt,
        base=s.base(),
        opposite=adds and holds_opposite(s, i.strategy, i.symbol, i.side),
        crossing=crossing,
        scale=scale_now(s, m, i.strategy),
        stop=stop,
        own=own,
    )


def scale_now(s: State, m: Market, strategy: str) -> int:
    """The product of every scale in force for a symbol, ppm, never above one (C31)."""
    scale = mul_div(s.restart_scale, m.volatility.scale(s.limits), PPM)
    if s.caution:
        scale = mul_div(scale, s.limits.caution_scale, PPM)
    scale = mul_div(scale, scale_of(s, strategy, m.symbol), PPM)
    return min(scale, PPM)
