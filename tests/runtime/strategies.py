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


RESTS = "CCC"  # where entries rest, and nothing else is traded


class Steady:
    """Buys a little at every price until it holds enough, then buys and sells by turns."""

    def __init__(self, enough: int = 40, size: int = 2) -> None:
        self.held: dict[str, float] = {}
        self.has_held: set[str] = set()
        self.enough = enough
        self.size = size
        self.asked = 0

    def on_fill(self, fill: Event) -> None:
        change = fill.qty if fill.side == "buy" else -fill.qty
        self.held[fill.symbol] = self.held.get(fill.symbol, 0.0) + change
        if self.held[fill.symbol] >= self.enough:
            self.has_held.add(fill.symbol)

    def on_mark(self, mark: Event) -> Intent | None:
        if mark.symbol == RESTS:
            return None
        self.asked += 1
        buys = mark.symbol not in self.has_held or self.asked % 4 < 2
        side = "buy" if buys else "sell"
        return Intent(mark.symbol, side, self.size + self.asked % 5, id=stamped(side))  # no duplicates


class Resting:
    """One entry far below the market, asked for until it is let through."""

    def __init__(self) -> None:
        self.there = False
        self.asked = 0

    def on_decision(self, decision: Event) -> None:
        self.there = self.there or decision.verdict != "reject"

    def on_mark(self, mark: Event) -> Intent | None:
        if mark.symbol != RESTS or self.there:
            return None
        self.asked += 1
        limit = round(mark.last * 0.985, 2)
        return Intent(mark.symbol, "buy", 5 + self.asked % 7, limit=limit, id=stamped("rest"))


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
        if mark.symbol == RESTS:
            return None
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
