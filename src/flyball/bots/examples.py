"""Two bots to start from: `flyball.bots.examples:buy_and_hold`, a function, and `:Crossing`, a class."""

from flyball.bots.asks import Event, Intent, wake_in


def buy_and_hold(event: Event, symbol: str = "AAPL", notional: float = 1_000) -> Intent | wake_in | None:
    """Buys `notional` of `symbol` a minute into each session; the governor has it flat by the close."""
    if event.kind == "session":
        return wake_in(60)
    if event.kind == "wake":
        return Intent(symbol, "buy", notional=notional)
    return None


class Crossing:
    """Holds `qty` of a symbol while its price is above its own slow average, else nothing."""

    def __init__(self, qty: float = 10, weight: float = 0.05) -> None:
        self.qty = qty
        self.weight = weight
        self.average: dict[str, float] = {}
        self.held: dict[str, float] = {}

    def on_mark(self, mark: Event) -> Intent | None:
        """Compare the price with its average, then let the average follow."""
        price = mark.last or mark.bid or mark.ask
        if not price:
            return None
        average = self.average.get(mark.symbol, price)
        self.average[mark.symbol] = average + self.weight * (price - average)
        held = self.held.get(mark.symbol, 0.0)
        if price > average and held <= 0:
            return Intent(mark.symbol, "buy", qty=self.qty)
        if price < average and held > 0:
            return Intent(mark.symbol, "sell", qty=held)
        return None

    def on_fill(self, fill: Event) -> None:
        """What is held is what was filled, not what was asked for."""
        sign = 1 if fill.side == "buy" else -1
        self.held[fill.symbol] = self.held.get(fill.symbol, 0.0) + sign * fill.qty
