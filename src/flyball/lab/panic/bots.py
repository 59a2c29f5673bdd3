"""The bot of the drill, loaded as "flyball.lab.panic.bots:Loaded": it holds a position in every symbol and
leaves entries working below the price, which will hardly come."""

from flyball.bots import Event, Intent

RESTING = 0.99  # of the price
STOP = 0.98


class Loaded:
    """One position and `working` entries in each symbol, long and short in turn; with `stops`, one stop
    behind each position. Settings: dollars (of the position), working, stops."""

    def __init__(self, dollars: float = 20_000, working: int = 10, stops: bool = False) -> None:
        self.dollars = dollars
        self.working = working
        self.stops = stops
        self.asked: dict[str, int] = {}
        self.held: dict[str, float] = {}
        self.guarded: set[str] = set()

    def on_fill(self, f: Event) -> None:
        sign = 1 if f.side == "buy" else -1
        self.held[f.symbol] = self.held.get(f.symbol, 0) + sign * float(f.qty)

    def on_mark(self, m: Event) -> Intent | None:
        """One order at a mark: the position in two, the stop, then the entries."""
        asked = self.asked.get(m.symbol, 0)
        if not m.last:
            return None
        side, away = ("buy", "sell") if ord(m.symbol[-1]) % 2 else ("sell", "buy")
        held = abs(self.held.get(m.symbol, 0))
        if self.stops and held and asked >= 2 and m.symbol not in self.guarded:
            self.guarded.add(m.symbol)
            at = STOP if side == "buy" else 2 - STOP
            return Intent(m.symbol, away, int(held), type="stop", stop=round(m.last * at, 2))
        if asked >= self.working + 2:
            return None
        self.asked[m.symbol] = asked + 1
        if asked < 2:
            return Intent(m.symbol, side, max(1, int(self.dollars / 2 / m.last)))
        far = RESTING if side == "buy" else 2 - RESTING
        return Intent(m.symbol, side, asked, limit=round(m.last * far, 2), tif="day")
