"""Instruments and prices: what a symbol is, which print values it, and what a quantity of it is worth."""

from dataclasses import dataclass

from tests.auditor.reading import MICRO, Line, nanos, scaled, up


@dataclass
class Instrument:
    """Units of one symbol: decimal places, tick and lot."""

    symbol: str
    price_places: int
    qty_places: int
    tick: int
    lot: int
    tradable: bool
    asset_class: str

    def price(self, text: str) -> int:
        return scaled(text, self.price_places)

    def qty(self, text: str) -> int:
        return scaled(text, self.qty_places)

    def unit(self) -> int:
        """What price times quantity has to be divided by to be millionths, times a million."""
        return int(10 ** (self.price_places + self.qty_places))

    def more(self, price: int, qty: int) -> int:
        """Price times quantity in millionths, rounded up."""
        return up(price * qty * MICRO, self.unit())

    def less(self, price: int, qty: int) -> int:
        """Price times quantity in millionths, rounded down."""
        return price * qty * MICRO // self.unit()


@dataclass
class Quote:
    """What is known of one symbol's price."""

    bid: int = 0
    ask: int = 0
    last: int = 0
    ts: int = 0

    @property
    def low(self) -> int:
        """What a long position is valued at."""
        return self.bid or self.last

    @property
    def high(self) -> int:
        """What a short position, or an order, is valued at."""
        return self.ask or self.last


def read_instrument(line: Line) -> Instrument:
    places, digits = line["price_exp"], line["qty_exp"]
    return Instrument(
        line["symbol"],
        places,
        digits,
        scaled(line["tick"], places),
        scaled(line["lot"], digits),
        line["tradable"],
        line["asset_class"],
    )


def read_quote(line: Line, instrument: Instrument) -> Quote:
    bid, ask, last = (instrument.price(line[name]) if name in line else 0 for name in ("bid", "ask", "last"))
    return Quote(bid, ask, last, nanos(line["ts"]))
