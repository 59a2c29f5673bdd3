"""The account, recomputed from fills, fees, marks and flows alone, to hold against what the governor says.

Its arithmetic is its own: everything is rounded down, once, where money changes hands or is valued. Only
which prices count is asked of the rule itself (`kernel.market.accept`); there is no second copy of a rule.
"""

from dataclasses import dataclass, field, replace

from flyball.kernel.effects import InForce, Moved, Restated
from flyball.kernel.events import Account, Action, Config, Fill, Flow, Instrument, Mark
from flyball.kernel.limits import Limits, from_values
from flyball.kernel.market import Market, accept, market_of
from flyball.kernel.words import OUTSIDE


def down(product: int, scale: int) -> int:
    """Price x quantity in micros, rounded down: what is owned is worth less, what is owed is worth more."""
    return product * -scale if scale < 0 else product // scale


@dataclass
class Prices:
    """The valuation prices of one symbol before and after a mark."""

    long_before: int
    short_before: int
    long_after: int
    short_after: int


@dataclass
class Booked:
    """One execution as it was booked. Micros."""

    worth: int
    slip: int  # the difference between its price and the mark's, times quantity, at worst


@dataclass
class Books:
    """Cash, positions and the high-water mark. Money in micros."""

    known: bool = False
    cash: int = 0
    value: int = 0
    high_water: int = 0
    flows: int = 0  # since the risk day's start
    opening: int = 0  # the broker's own equity at its day's start, when the account was first read
    limits: Limits = field(default_factory=Limits)
    profile: str = ""
    currency: str = "USD"
    markets: dict[str, Market] = field(default_factory=dict)
    held: dict[str, dict[str, int]] = field(default_factory=dict)  # symbol -> strategy -> signed quantity
    worths: dict[str, int] = field(default_factory=dict)  # symbol -> value
    dark: set[str] = field(default_factory=set)  # held without a price
    foreign: dict[str, int] = field(default_factory=dict)  # found at the start, and no instrument

    def equity(self) -> int:
        return self.cash + self.value

    def valued(self) -> bool:
        """Whether equity means anything: the account was read and everything held has a price."""
        return self.known and not self.dark and not self.foreign

    def gross(self) -> int:
        """The value of every position without its sign."""
        return sum(abs(worth) for worth in self.worths.values())

    def positions(self) -> list[tuple[str, str, int]]:
        """(strategy, symbol, quantity) of what strategies hold."""
        return [
            (strategy, symbol, qty)
            for symbol, of_symbol in sorted(self.held.items())
            for strategy, qty in sorted(of_symbol.items())
            if qty != 0 and strategy != OUTSIDE
        ]

    def configure(self, e: Config | InForce) -> None:
        self.limits = from_values(e.values)
        self.profile = e.profile

    def instrument(self, e: Instrument, *, working: bool) -> None:
        """A symbol, or new terms of one. `working`: orders in it are live, so its units stay."""
        old = self.markets.get(e.symbol)
        if old is None or (old.price_exp, old.qty_exp) != (e.price_exp, e.qty_exp):
            if old is not None and (working or any(self.held.get(e.symbol, {}).values())):
                return
            self.markets[e.symbol] = market_of(e)
            self.currency = e.currency

    def account(self, e: Account) -> bool:
        """The first look at the account is where the books begin; later ones are compared by the governor."""
        self._introduced(e)
        if self.known:
            return False
        self.known = True
        self.cash = e.cash
        self.opening = e.day_equity
        self.high_water = max(e.equity, e.day_equity)
        for symbol, qty in e.positions:
            if symbol in self.markets:
                self.held.setdefault(symbol, {})[OUTSIDE] = qty
                self._revalue(symbol)
            else:
                self.foreign[symbol] = qty
        return True

    def _introduced(self, e: Account) -> None:
        """What was found as no instrument is one now."""
        for symbol, qty in e.positions:
            if symbol in self.foreign and symbol in self.markets:
                of_symbol = self.held.setdefault(symbol, {})
                if not of_symbol.get(OUTSIDE, 0):
                    del self.foreign[symbol]
                    of_symbol[OUTSIDE] = qty
                    self._revalue(symbol)

    def start_day(self) -> None:
        self.flows = 0
        for m in self.markets.values():
            m.first_of_session = True

    def mark(self, e: Mark) -> Prices | None:
        """Take a price in; None when it is not one that values anything."""
        m = self.markets.get(e.symbol)
        if m is None:
            return None
        long, short = m.long_price(), m.short_price()
        if not accept(m, e, self.limits.of_symbol(e.symbol).max_tick_move):
            return None
        self._revalue(e.symbol)
        return Prices(long, short, m.long_price(), m.short_price())

    def bookable(self, e: Fill) -> bool:
        return e.symbol in self.markets and e.qty > 0 and e.price > 0

    def fill(self, e: Fill, strategy: str, sign: int = 1) -> Booked:
        """Book an execution that is bookable and was not booked before; with `sign` -1 take one back."""
        m = self.markets[e.symbol]
        self.cash += sign * (down(-e.side * e.qty * e.price, m.scale) - e.fee)
        of_symbol = self.held.setdefault(e.symbol, {})
        of_symbol[strategy] = of_symbol.get(strategy, 0) + sign * e.side * e.qty
        self._revalue(e.symbol)
        away = max(abs(e.price - m.long_price()), abs(e.price - m.short_price())) if m.known() else 0
        return Booked(-down(-e.qty * e.price, m.scale), -down(-e.qty * away, m.scale))

    def action(self, e: Action) -> None:
        """A new name is counted in the units of the old one, unless it has its own."""
        if e.what == "symbol_change" and e.symbol in self.markets and e.to and e.to not in self.markets:
            self.markets[e.to] = replace(self.markets[e.symbol], symbol=e.to)

    def moved(self, e: Moved) -> None:
        """A book changed without a trade."""
        self.cash += e.cash
        if e.symbol in self.foreign:
            self.foreign[e.symbol] += e.change
            if self.foreign[e.symbol] == 0:
                del self.foreign[e.symbol]
        elif e.symbol in self.markets:
            of_symbol = self.held.setdefault(e.symbol, {})
            of_symbol[e.strategy] = of_symbol.get(e.strategy, 0) + e.change
            self._revalue(e.symbol)

    def restated(self, e: Restated) -> None:
        """The prices behind a corporate action; the next one may be anywhere."""
        m = self.markets.get(e.symbol)
        if m is None:
            return
        m.bid, m.ask, m.last = e.bid, e.ask, e.last
        m.seen_at = m.seen_at if m.known() else e.ts
        m.first_of_session = True
        m.suspect = m.suspect_count = 0
        self._revalue(e.symbol)

    def flow(self, e: Flow) -> None:
        """Money in or out: neither profit nor drawdown, so the high-water mark moves in proportion."""
        before = self.equity()
        self.cash += e.amount
        self.flows += e.amount
        if before > 0 and before + e.amount > 0:
            self.high_water = -(-self.high_water * (before + e.amount) // before)
        else:
            self.high_water = max(0, self.high_water + e.amount)

    def peak(self) -> None:
        """After equity moved: a new high-water mark?"""
        self.high_water = max(self.high_water, self.equity())

    def _revalue(self, symbol: str) -> None:
        m = self.markets[symbol]
        total = 0
        for qty in self.held.get(symbol, {}).values():
            total += down(qty * (m.long_price() if qty > 0 else m.short_price()), m.scale)
        self.value += total - self.worths.get(symbol, 0)
        self.worths[symbol] = total
        if not m.known() and any(self.held.get(symbol, {}).values()):
            self.dark.add(symbol)
        else:
            self.dark.discard(symbol)
