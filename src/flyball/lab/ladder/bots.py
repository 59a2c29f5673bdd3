"""Bots that have something to lose at the close: loaded as "flyball.lab.ladder.bots:Holder"."""

import random

from flyball.bots import Event, Intent
from flyball.lab.sim.belief import Belief, away

STEPS = 3  # orders until the position is as large as it is meant to be


class Holder:
    """Builds one position in each of its symbols, leaves an entry and an exit working at prices that will
    hardly come, and goes on asking for more to the very end. It never goes flat by itself.

    Settings: seed, dollars (of an order), symbols, side."""

    def __init__(
        self, seed: int = 1, dollars: float = 3_000, symbols: tuple[str, ...] = (), side: str = "buy"
    ) -> None:
        self.random = random.Random(seed)
        self.dollars = dollars
        self.symbols = symbols
        self.side = side
        self.told = Belief()
        self.asked: dict[str, int] = {}
        self.resting: dict[str, int] = {}

    def on_session(self, e: Event) -> None:
        self.told.session(e)

    def on_fill(self, f: Event) -> None:
        self.told.fill(f)

    def on_mark(self, m: Event) -> Intent | None:
        """One order at a mark."""
        price = self.told.mark(m)
        if not price or m.symbol not in self.symbols:
            return None
        held = self.told.held.get(m.symbol, 0.0)
        asked = self.asked.get(m.symbol, 0)
        qty = max(1, int(self.dollars / price))
        if abs(held) < STEPS * qty and asked < 3 * STEPS:
            self.asked[m.symbol] = asked + 1
            return Intent(m.symbol, self.side, qty)
        resting = self.resting.get(m.symbol, 0)
        if held and resting < 2:
            self.resting[m.symbol] = resting + 1
            adding = resting == 0
            side = self.side if adding else away(held)
            far = 0.985 if side == "buy" else 1.015
            return Intent(m.symbol, side, qty if adding else 1, limit=round(price * far, 2), tif="day")
        if self.random.random() < 0.15:
            return Intent(m.symbol, self.side, 1)
        return None
