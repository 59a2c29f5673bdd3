"""What a simulated bot believes of its market: prices, the session, its position by its own fills, what it
asked for and what became of it. Nothing but what it was told; the same after a restart."""

from dataclasses import dataclass, field

from flyball.bots import Event, Intent


@dataclass
class Belief:
    """One bot's memory."""

    prices: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    asked: dict[str, Intent] = field(default_factory=dict)  # by id, the newest last
    passes: dict[str, float] = field(default_factory=dict)  # by symbol: the last size that would have passed
    codes: tuple[str, ...] = ()  # of the last decision
    refused: int = 0  # in a row
    open: int = 0
    close: int = 0
    day: int = 0

    def session(self, e: Event) -> None:
        self.open, self.close, self.day = e.open, e.close, e.day

    def mark(self, m: Event) -> float:
        """The price of a mark; 0.0 when it has none."""
        price = float(m.last or m.bid or m.ask or 0.0)
        if price:
            self.prices[m.symbol] = price
        return price

    def fill(self, f: Event) -> None:
        sign = 1.0 if f.side == "buy" else -1.0
        self.held[f.symbol] = self.held.get(f.symbol, 0.0) + sign * f.qty
        self.cost[f.symbol] = self.cost.get(f.symbol, 0.0) + sign * f.qty * f.price
        if abs(self.held[f.symbol]) < 1e-9:
            self.held[f.symbol] = self.cost[f.symbol] = 0.0

    def decided(self, d: Event) -> None:
        self.codes = tuple(d.codes)
        self.refused = self.refused + 1 if d.verdict == "reject" else 0
        if d.would_pass:
            self.passes[d.symbol] = d.would_pass
        elif d.verdict == "clip":
            self.passes[d.symbol] = d.qty

    def asks(self, name: str, intent: Intent) -> Intent:
        """Remember what is asked for."""
        self.asked[name] = intent
        if len(self.asked) > 64:
            del self.asked[next(iter(self.asked))]
        return intent

    def gain(self, symbol: str) -> float:
        """Of a position, as a fraction of what it cost."""
        cost = self.cost.get(symbol, 0.0)
        return (self.held[symbol] * self.prices[symbol] - cost) / abs(cost) if cost else 0.0


def away(held: float) -> str:
    """The side that takes a position back."""
    return "sell" if held > 0 else "buy"
