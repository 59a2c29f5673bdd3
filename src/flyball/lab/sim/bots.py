"""The bots of the simulator, loaded like any bot: "flyball.lab.sim.bots:Honest", ":Wild", ":Adversary".

Each is deterministic from its seed and what it is told, so that it says the same again after a restart.
"""

import random

from flyball.bots import Event, Intent, Wake
from flyball.lab.sim.adversary import Adversary as Adversary
from flyball.lab.sim.belief import Belief, away

MS = 1_000_000
SECOND = 1_000 * MS


class Honest:
    """Small entries and exits, one position a symbol, now and then a limit order, a stop, or a grid of
    entries far below the price. Settings: seed, dollars."""

    def __init__(self, seed: int = 1, dollars: float = 500) -> None:
        self.random = random.Random(seed)
        self.dollars = dollars
        self.told = Belief()
        self.waiting: dict[str, int] = {}  # symbol: marks to wait for an answer
        self.grid: tuple[str, int] = ("", 0)  # symbol, and how many entries are still to come

    def on_session(self, e: Event) -> None:
        self.told.session(e)

    def on_wake(self, ts: int) -> list[Intent | Wake]:
        """One more entry of a grid, each a step further below."""
        symbol, left = self.grid
        price = self.told.prices.get(symbol)
        if left == 0 or not price:
            return []
        self.grid = (symbol, left - 1)
        qty = max(1, int(self.dollars / price / 4))
        entry = Intent(symbol, "buy", qty + left, limit=round(price * (0.98 + 0.001 * left), 2), tif="day")
        return [entry, Wake(ts + 150 * MS)]

    def on_mark(self, m: Event) -> Intent | Wake | None:
        """Enter now and then; leave what was held for a while."""
        price = self.told.mark(m)
        symbol = m.symbol
        self.waiting[symbol] = max(0, self.waiting.get(symbol, 0) - 1)
        if not price or self.waiting[symbol]:
            return None
        if self.random.random() < 0.01:
            self.grid = (symbol, self.random.randrange(4, 8))
            return Wake(m.ts + 150 * MS)
        held = self.told.held.get(symbol, 0.0)
        if held:
            if self.random.random() < 0.3:
                self.waiting[symbol] = 2
                if self.random.random() < 0.5:
                    return Intent(symbol, away(held), type="close")
                return Intent(symbol, away(held), abs(held))
            return None
        if self.random.random() < 0.25:
            self.waiting[symbol] = 3
            side = self.random.choice(("buy", "buy", "sell"))
            limit = None
            if self.random.random() < 0.4:
                limit = round(price * (0.999 if side == "buy" else 1.001), 2)
            qty = max(1, int(self.dollars / price))
            return Intent(symbol, side, qty, limit=limit, tif=self.random.choice((None, "day", "ioc")))
        return None

    def on_fill(self, f: Event) -> Intent | None:
        """What was opened gets a stop, now and then."""
        self.told.fill(f)
        held = self.told.held[f.symbol]
        if not held or f.side == away(held) or self.random.random() < 0.5:
            return None
        off = 0.998 if held > 0 else 1.002
        return Intent(f.symbol, away(held), abs(held), stop=round(f.price * off, 2))


class Wild:
    """Means well until it does not: doubles down, floods in bursts, chases, mistypes, sells more than it has,
    asks again for what was refused. Settings: seed, dollars."""

    def __init__(self, seed: int = 1, dollars: float = 4_000) -> None:
        self.random = random.Random(seed)
        self.dollars = dollars
        self.told = Belief()
        self.burst = 0
        self.again: Intent | None = None

    def on_session(self, e: Event) -> Wake:
        self.told.session(e)
        return Wake(e.ts + self.random.randrange(1, 600) * SECOND)

    def on_fill(self, f: Event) -> None:
        self.told.fill(f)

    def on_decision(self, d: Event) -> None:
        self.told.decided(d)
        if self.told.refused > 20:
            self.again, self.burst = None, 0

    def on_mark(self, m: Event) -> list[Intent | Wake]:
        """One mood after another."""
        price = self.told.mark(m)
        out: list[Intent | Wake] = []
        draw = self.random.random()
        if not price:
            return out
        held = self.told.held.get(m.symbol, 0.0)
        if draw < 0.10:
            out.append(self.add(m.symbol, price, held))
        elif draw < 0.25 and held and self.told.gain(m.symbol) <= 0:
            out.append(self.add(m.symbol, price, held))  # doubling down
        elif draw < 0.33 and held:
            out.append(Intent(m.symbol, away(held), abs(held)))
        elif draw < 0.37 and held:
            out.append(Intent(m.symbol, away(held), abs(held) * 2 + 1))
        elif draw < 0.40:
            limit = round(price * self.random.choice((0.9, 0.96, 1.04, 1.1)), 2)
            out.append(Intent(m.symbol, self.side(held), self.size(price), limit=limit))
        elif draw < 0.43:
            out.append(self.mistyped(m.symbol))
        if self.again is not None and self.random.random() < 0.4:
            out.append(self.again)
        first = out[0] if out else None
        if isinstance(first, Intent):
            self.again = first
        if self.burst == 0 and self.random.random() < 0.04:
            self.burst = self.random.randrange(3, 12)
            out.append(Wake(m.ts + 110 * MS))
        if self.random.random() < 0.005:
            out.extend(self.add(m.symbol, price, held) for _ in range(self.random.randrange(10, 80)))
        return out

    def on_wake(self, ts: int) -> list[Intent | Wake]:
        """A burst: one order on the heels of another."""
        if self.burst <= 0 or not self.told.prices:
            return []
        self.burst -= 1
        symbol = self.random.choice(sorted(self.told.prices))
        held = self.told.held.get(symbol, 0.0)
        out: list[Intent | Wake] = [self.add(symbol, self.told.prices[symbol], held)]
        if self.burst:
            out.append(Wake(ts + self.random.randrange(101, 400) * MS))
        return out

    def side(self, held: float) -> str:
        if held:
            return "buy" if held > 0 else "sell"
        return self.random.choice(("buy", "sell"))

    def size(self, price: float) -> int:
        return max(1, int(self.random.uniform(0.05, 3.0) * self.dollars / price))

    def add(self, symbol: str, price: float, held: float) -> Intent:
        return Intent(symbol, self.side(held), self.size(price))

    def mistyped(self, symbol: str) -> Intent:
        return self.random.choice(
            (
                Intent(symbol + "X", "buy", 10),
                Intent(symbol, "hold", 10),
                Intent(symbol, "buy", "NaN"),
                Intent(symbol, "sell", -5),
                Intent(symbol, "buy", 10, tif="forever"),
                Intent(symbol, "buy", 10, type="stop_trail"),
            )
        )
