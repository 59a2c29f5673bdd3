"""The demo's bot: means well for a while, then goes wild. It runs in its own process and knows nothing of
the governor's limits.

Sober, it follows short trends in round lots of a few thousand dollars. Wild, it doubles down on what loses,
floods, sells more than it has, chases prices from minutes ago, mistypes, and asks again for what was just
refused. What it does depends on its seed, on the prices and on the answers it gets; not on dates.
"""

import random
from collections import deque

from flyball.bots import Event, Intent, Wake

MS = 1_000_000
CALM_SESSIONS = 2  # it begins well
TIRED_OF = 60  # refusals in a row before it lets the keyboard be for a while


class Holding:
    """What the bot believes of one symbol."""

    def __init__(self) -> None:
        self.prices: deque[float] = deque(maxlen=30)
        self.fast = 0.0
        self.slow = 0.0
        self.qty = 0.0
        self.cost = 0.0
        self.held_for = 0

    def price(self) -> float:
        return self.prices[-1]

    def gain(self) -> float:
        """Of the position, as a fraction."""
        return (self.qty * self.price() - self.cost) / abs(self.cost) if self.cost else 0.0


class Demo:
    """Settings: seed."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.seen: dict[str, Holding] = {}
        self.sessions = 0
        self.minutes = 0
        self.wild_from = 10**9
        self.wild_until = 0
        self.burst = 0
        self.refused = 0
        self.rest = 0
        self.again: Intent | None = None
        self.mood = 1  # the side it is in love with while wild
        self.churns = False  # this session's madness: in and out all day; else it never sells what loses
        self.favourite = 0
        self.outbreaks = 0
        self.timid = 0  # orders it will ask for in small change, after one was cut

    # What it is told.

    def on_session(self, _: Event) -> None:
        self.sessions += 1
        self.minutes = self.refused = self.burst = self.rest = 0
        self.again = None
        self.wild_from, self.wild_until = 10**9, 0
        for h in self.seen.values():
            h.qty = h.cost = 0.0
        if self.sessions > CALM_SESSIONS and self.random.random() < 0.9:
            self.churns = self.outbreaks % 5 in (1, 3)
            self.outbreaks += 1
            self.wild_from = self.random.randrange(20, 60)
            self.wild_until = self.wild_from + self.random.randrange(240, 370)
            self.favourite = self.random.randrange(1, 3)

    def on_mark(self, m: Event) -> list[Intent | Wake]:
        h = self.seen.setdefault(m.symbol, Holding())
        price = m.last or m.bid or m.ask
        h.fast = price if not h.prices else h.fast + (price - h.fast) / 5
        h.slow = price if not h.prices else h.slow + (price - h.slow) / 20
        h.prices.append(price)
        h.held_for += 1
        if m.symbol == min(self.seen):
            self.minutes += 1
            self.rest = max(0, self.rest - 1)
        if len(h.prices) < 20 or self.rest:
            return []
        return self.wildly(m.symbol, h, m.ts) if self.wild() else self.soberly(m.symbol, h)

    def on_fill(self, f: Event) -> None:
        h = self.seen[f.symbol]
        signed = f.qty if f.side == "buy" else -f.qty
        if h.qty * signed >= 0:
            h.cost += signed * f.price
        else:
            h.cost *= max(0.0, 1 - abs(signed) / abs(h.qty)) if h.qty else 0.0
        h.qty += signed
        h.held_for = 0
        if abs(h.qty) < 1e-9:
            h.qty = h.cost = 0.0

    def on_decision(self, d: Event) -> None:
        if any(code.startswith(("EXPOSURE", "BUDGET", "LOSS")) for code in d.codes):
            self.timid = 4
        if d.verdict != "reject":
            self.refused = 0
            return
        self.refused += 1
        if self.refused > TIRED_OF:
            self.rest = self.random.randrange(15, 60)
            self.refused = self.burst = 0

    def on_wake(self, ts: int) -> list[Intent | Wake]:
        if self.burst <= 0 or not self.wild():
            return []
        self.burst -= 1
        symbol = self.pick()
        h = self.seen[symbol]
        if len(h.prices) < 20:
            return []
        out: list[Intent | Wake] = [self.add(symbol, h)]
        if self.burst:
            out.append(Wake(ts + self.random.randrange(101, 190) * MS))
        return out

    # What it does.

    def wild(self) -> bool:
        return self.wild_from <= self.minutes < self.wild_until

    def fond(self) -> str:
        """The symbol it likes best today."""
        names = sorted(self.seen)
        return names[self.favourite % len(names)]

    def pick(self) -> str:
        names = sorted(self.seen)
        return names[self.random.randrange(len(names))]

    def dollars(self, low: float, high: float, h: Holding) -> int:
        """Shares for an amount drawn between two sums, in tens."""
        amount = low + (high - low) * self.random.random()
        return max(1, int(amount / h.price() / 5) * 5)

    def soberly(self, symbol: str, h: Holding) -> list[Intent | Wake]:
        trend = (h.fast - h.slow) / h.slow
        if h.qty:
            tired = h.held_for > 45 or abs(h.gain()) > 0.004 or trend * h.qty < 0
            return [self.leave(symbol, h, abs(h.qty))] if tired and h.held_for > 5 else []
        if abs(trend) > 0.0006 and self.random.random() < 0.15:
            side = "buy" if trend > 0 else "sell"
            return [Intent(symbol, side, self.dollars(3_000, 10_500, h))]
        return []

    def wildly(self, symbol: str, h: Holding, ts: int) -> list[Intent | Wake]:
        r = self.random.random()
        out: list[Intent | Wake] = []
        if self.churns and symbol != self.fond() and self.random.random() < 0.6:
            return out
        if r < (0.05 if self.churns else 0.01) and (self.churns or h.gain() >= 0.001):
            self.mood = -self.mood
            if h.qty:
                out.append(self.leave(symbol, h, abs(h.qty)))  # takes everything off, to turn round
        elif r < 0.07 and h.qty and (self.churns or h.gain() > 0.002):
            out.append(self.leave(symbol, h, abs(h.qty) * 2.5))  # wants to flip in one go
        elif r < 0.10:
            out.append(Intent(symbol, self.side(h), self.dollars(200_000, 900_000, h)))  # a zero too many
        elif r < 0.14:
            stale = h.prices[0] * (1.04 if self.mood > 0 else 0.96)
            out.append(Intent(symbol, self.side(h), self.dollars(2_000, 9_000, h), limit=round(stale, 2)))
        elif r < 0.16:
            out.append(self.mistyped(symbol, h))
        elif r < (0.53 if self.churns else 0.40) and (self.churns or h.gain() <= 0):
            out.append(self.add(symbol, h))  # doubling down
        elif r < 0.66 and h.gain() > (0.0004 if self.churns else 0.006):
            out.append(self.leave(symbol, h, abs(h.qty)))  # takes small profits at once
        if self.again is not None and self.random.random() < 0.5:
            out.append(self.again)
        if out and isinstance(out[0], Intent):
            self.again = out[0]
        if self.burst == 0 and self.random.random() < 0.07:
            self.burst = self.random.randrange(8, 26)
            out.append(Wake(ts + 110 * MS))
        if self.random.random() < 0.01:
            out.extend(
                self.add(symbol, h) for _ in range(self.random.randrange(20, 90))
            )  # the loop without a sleep
        return out

    def side(self, h: Holding) -> str:
        if h.qty:
            return "buy" if h.qty > 0 else "sell"
        return "buy" if self.mood > 0 else "sell"

    def add(self, symbol: str, h: Holding) -> Intent:
        low, high = (300, 2_400) if self.random.random() < 0.35 else (1_500, 12_500)
        if self.timid and self.random.random() < 0.6:
            self.timid -= 1
            low, high = 100, 900
        return Intent(symbol, self.side(h), self.dollars(low, high, h))

    def leave(self, symbol: str, h: Holding, qty: float) -> Intent:
        return Intent(symbol, "sell" if h.qty > 0 else "buy", qty)

    def mistyped(self, symbol: str, h: Holding) -> Intent:
        r = self.random.randrange(5)
        if r == 0:
            return Intent(symbol + "X", self.side(h), 10)
        if r == 1:
            return Intent(symbol, self.side(h), 10, type="stop_trail")
        if r == 2:
            return Intent(symbol, self.side(h), "NaN")
        if r == 3:
            return Intent(symbol, self.side(h), -5)
        return Intent(symbol, self.side(h), 10, tif="forever")
