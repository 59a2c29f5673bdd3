"""What the kernel knows of one symbol: its instrument, the last accepted price, and whether to believe the
newest one.

A print that moves more than `max_tick_move` neither trades nor marks until two more agree with it; a
session's first print is exempt. Crossed quotes never mark. What is held is valued on the conservative side:
bid for longs, ask for shorts; exposure takes the highest price there is.
"""

from dataclasses import dataclass, field

from flyball.kernel.events import Instrument, Mark
from flyball.kernel.limits import Limits
from flyball.kernel.stats import DAY_BAR, Atr, bar_number
from flyball.kernel.units import PPM, UNKNOWN, scale_of
from flyball.kernel.volatility import Volatility

AGREE = 2  # further prints that have to agree with a suspect one


@dataclass(slots=True)
class Market:
    """One symbol. Prices are in the instrument's units; 0 = not there."""

    symbol: str
    currency: str
    asset_class: str
    price_exp: int
    qty_exp: int
    tick: int
    lot: int
    tradable: bool
    scale: int
    bid: int = 0
    ask: int = 0
    last: int = 0
    seen_at: int = UNKNOWN  # of the last accepted mark
    first_of_session: bool = True
    suspect: int = 0  # the unconfirmed price
    suspect_count: int = 0
    crossed: bool = False
    locked: bool = False
    atr: Atr = field(default_factory=Atr)
    volatility: Volatility = field(default_factory=Volatility)
    restated: bool = False  # by a corporate action, and no mark has come since

    def mid(self) -> int:
        """The reference price: the middle of the quote, else the last trade. 0 = none."""
        if self.bid > 0 and self.ask > 0:
            return (self.bid + self.ask) // 2
        return self.last or self.bid or self.ask

    def long_price(self) -> int:
        return self.bid or self.last or self.ask

    def short_price(self) -> int:
        return self.ask or self.last or self.bid

    def high_price(self) -> int:
        """The price exposure is valued at."""
        return max(self.bid, self.ask, self.last)

    def known(self) -> bool:
        return self.seen_at >= 0


def market_of(e: Instrument) -> Market:
    return Market(
        symbol=e.symbol,
        currency=e.currency,
        asset_class=e.asset_class,
        price_exp=e.price_exp,
        qty_exp=e.qty_exp,
        tick=e.tick,
        lot=e.lot,
        tradable=e.tradable,
        scale=scale_of(e.price_exp, e.qty_exp),
    )


def _price_of(e: Mark) -> int:
    if e.bid > 0 and e.ask > 0:
        return (e.bid + e.ask) // 2
    return e.last or e.bid or e.ask


def _moved(new: int, old: int, limit: int) -> bool:
    return abs(new - old) * PPM > limit * old


def accept(m: Market, e: Mark, max_tick_move: int) -> bool:
    """Take a mark in. True when it values and trades; False when it is missing, crossed or not believed."""
    if min(e.bid, e.ask, e.last, e.low, e.high) < 0:
        return False
    new = _price_of(e)
    if new <= 0:
        return False
    m.crossed = e.bid > 0 and e.ask > 0 and e.bid > e.ask
    if m.crossed:
        return False
    old = m.mid()
    if max_tick_move != UNKNOWN and old > 0 and not m.first_of_session and _moved(new, old, max_tick_move):
        if m.suspect > 0 and not _moved(new, m.suspect, max_tick_move):
            m.suspect_count += 1
        else:
            m.suspect_count = 1
        m.suspect = new
        if m.suspect_count <= AGREE:
            return False
    m.suspect = 0
    m.suspect_count = 0
    m.first_of_session = False
    m.restated = False
    m.locked = e.bid > 0 and e.bid == e.ask
    m.bid = e.bid
    m.ask = e.ask
    m.last = e.last
    m.seen_at = e.ts
    return True


def measure(m: Market, e: Mark, limits: Limits, day: int, opening: bool) -> None:
    """An accepted mark into the bars and what is reckoned from them. `opening`: the session's first.

    A bar's extremes count every accepted mark. What happened between two sessions is a bar's range, and no
    return of a bar shorter than a day.
    """
    length = limits.atr_bar
    price = m.mid()
    bar = bar_number(e.ts, length, day)
    if m.atr.add(bar, price, min(e.low or price, price), max(e.high or price, price)):
        m.volatility.take(m.atr.last_close, limits)
    if opening and length < DAY_BAR:
        m.volatility.interrupt()
