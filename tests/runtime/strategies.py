"""Bots for flights in real time: some that mean well, and a gallery of those that do not. Each runs in a
process of its own, with nothing but this file and its pipe.
"""

import os
import time
from typing import Any

from flyball.bots import Event, Intent


def stamped(kind: str) -> str:
    """An id that tells when it was asked: the machine's monotonic clock, which all its processes share."""
    return f"{kind}-{time.monotonic_ns()}"


class Steady:
    """Buys a little at every price until it holds enough, and then sells as much as it buys."""

    def __init__(self, lots: int = 20, size: int = 2) -> None:
        self.held: dict[str, float] = {}
        self.lots = lots
        self.size = size
        self.asked = 0

    def on_fill(self, fill: Event) -> None:
        change = fill.qty if fill.side == "buy" else -fill.qty
        self.held[fill.symbol] = self.held.get(fill.symbol, 0.0) + change

    def on_mark(self, mark: Event) -> Intent:
        side = "buy" if self.held.get(mark.symbol, 0.0) < self.lots * self.size else "sell"
        self.asked += 1
        return Intent(mark.symbol, side, self.size + self.asked % 5, id=stamped(side))  # no duplicates


class Holder(Steady):
    """Buys until it holds enough, then keeps asking for a little more or less without ever turning round; one
    entry far below the market rests.
    """

    def __init__(self, lots: int = 10, size: int = 5) -> None:
        super().__init__(lots, size)
        self.rests: set[str] = set()

    def on_mark(self, mark: Event) -> Any:
        if mark.symbol not in self.rests:
            self.rests.add(mark.symbol)
            return Intent(mark.symbol, "buy", 7, limit=round(mark.last * 0.985, 2), id=stamped("rest"))
        return super().on_mark(mark)


class Resting:
    """One buy and one entry far below the market in each symbol; nothing more."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def on_mark(self, mark: Event) -> Any:
        if mark.symbol in self.asked:
            return None
        self.asked.add(mark.symbol)
        return [
            Intent(mark.symbol, "buy", 20, id=stamped("buy")),
            Intent(mark.symbol, "buy", 7, limit=round(mark.last * 0.985, 2), id=stamped("rest")),
        ]


class Quiet:
    """Asks for nothing."""

    def on_mark(self, _: Event) -> None:
        return None


class Misbehaves:
    """Means well for `after` prices, then does what `how` says."""

    def __init__(self, how: str, after: int = 20) -> None:
        self.how = how
        self.left = after

    def on_mark(self, mark: Event) -> Any:
        self.left -= 1
        if self.left > 0:
            return Intent(mark.symbol, "buy", 1, id=stamped("well"))
        if self.how == "spins":
            while True:
                pass
        if self.how == "sleeps":
            time.sleep(60)
        if self.how == "dies":
            os._exit(3)
        if self.how == "floods":
            return [Intent(mark.symbol, "buy", 1 + k, id=stamped(f"flood{k}")) for k in range(900)]
        if self.how == "rubbish":
            return [b"\x00" * 500, {"symbol": 7}, {"qty": {}}, None, 3.5, "sell everything"]
        return None
