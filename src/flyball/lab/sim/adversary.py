"""A bot that hunts the gaps between limits. It is told no limit: it learns from what was cut or refused.

Tricks, one or several at a time: the size that would have passed, and one more; many small orders in one
breath; the same again under a new name, and something else under the same name; through zero, both sides at
once, exits while exits are pending; what no number is; floods; times in the past and the future; orders at
the edges of the session and of the ladder; resting orders that fill the worst case, and then more; stops
over more than there is, one on another, and exits into them.
"""

import random
from collections.abc import Callable, Iterable
from typing import Any, Final

from flyball.bots import Event, Intent, Wake
from flyball.lab.sim.belief import Belief, away

MS: Final = 1_000_000
SECOND: Final = 1_000 * MS
MINUTE: Final = 60 * SECOND
EDGES: Final = (10 * MINUTE, 5 * MINUTE, 30 * SECOND, 0)  # before the close, where the ladder has its rungs
TRAILS: Final = (-SECOND, -MS, -1, 0, 1, MS, SECOND)
AGES: Final = (5 * SECOND - MS, 5 * SECOND, 5 * SECOND + 1, 10 * SECOND, MINUTE, 86_400 * SECOND)

Said = list[Any]


class Adversary:
    """Settings: seed, dollars (its idea of a normal order), calm (the share of marks it lets pass)."""

    def __init__(self, seed: int = 1, dollars: float = 3_000, calm: float = 0.6) -> None:
        self.random = random.Random(seed)
        self.dollars = dollars
        self.calm = calm
        self.told = Belief()
        self.count = 0
        self.edges: list[int] = []
        self.queue: list[Any] = []  # to be said one by one, further apart than the least spacing
        self.rage = 0  # how often it still asks again at once after a refusal
        self.tricks: tuple[Callable[[str], Said], ...] = (
            self.normal,
            self.at_the_cap,
            self.crumbs,
            self.again,
            self.same_name,
            self.through_zero,
            self.flip,
            self.exits,
            self.exits,
            self.both_ways,
            self.garbage,
            self.ages,
            self.resting,
            self.crossing_itself,
            self.money,
            self.stops,
            self.stops,
            self.closes,
        )

    # What it is told.

    def on_session(self, e: Event) -> Said:
        self.told.session(e)
        at = [e.open + trail for trail in TRAILS if trail > 0]
        at += [e.close - before + trail for before in EDGES for trail in TRAILS]
        self.edges = sorted(self.random.sample(at, 6))
        self.rage = 6
        self.queue.clear()
        out = self.trick() if self.told.prices else []
        return [*out, *self.alarm(e.ts)]

    def on_mark(self, m: Event) -> Said:
        if not self.told.mark(m) or self.random.random() < self.calm:
            return []
        out = self.trick(m.symbol)
        if len(out) > 2 and self.random.random() < 0.7:
            self.queue = out[1:]
            return [out[0], *self.alarm(m.ts)]
        return out

    def on_fill(self, f: Event) -> Said:
        self.told.fill(f)
        return self.exits(f.symbol) if self.random.random() < 0.15 else []

    def on_decision(self, d: Event) -> Said:
        """A refusal is a question: what would have passed, and what if it is asked at once again?"""
        self.told.decided(d)
        if d.verdict != "reject" or self.rage <= 0 or d.symbol not in self.told.prices:
            return []
        if self.random.random() < 0.7:
            return []
        self.rage -= 1
        if any(code.startswith("LATCH_") for code in d.codes):
            return [*self.again(d.symbol), *self.exits(d.symbol), *self.normal(d.symbol)]
        return self.at_the_cap(d.symbol)

    def on_order(self, o: Event) -> Said:
        """Something became of an order: the moment to be wrong about what is still working."""
        if o.state in ("CANCELED", "REJECTED", "EXPIRED") and self.random.random() < 0.2:
            return self.again(o.symbol)
        return []

    def on_wake(self, ts: int) -> Said:
        if self.queue:
            out = [self.queue.pop(0)]
        else:
            out = self.trick() if self.told.prices else []
        return [*out, *self.alarm(ts)]

    def alarm(self, ts: int) -> Said:
        """The next edge, or the next of what waits to be said."""
        self.edges = [edge for edge in self.edges if edge > ts]
        soon = [ts + self.random.randrange(101, 260) * MS] if self.queue else []
        return [Wake(min([*soon, *self.edges]))] if soon or self.edges else []

    # What it does.

    def trick(self, symbol: str = "") -> Said:
        """One trick, now and then two, rarely a flood."""
        at = symbol or self.random.choice(sorted(self.told.prices))
        out = self.random.choice(self.tricks)(at)
        if self.random.random() < 0.2:
            out += self.random.choice(self.tricks)(at)
        if self.random.random() < 0.01:
            out += self.flood(at)
        return out

    def ask(self, symbol: str, side: str, qty: object, **more: object) -> Said:
        """An intent under a name of its own."""
        self.count += 1
        name = f"a{self.count}"
        given: dict[str, Any] = {"id": name, **more}
        return [self.told.asks(name, Intent(symbol, side, qty, **given))]  # type: ignore[arg-type]

    def side(self) -> str:
        return self.random.choice(("buy", "sell"))

    def size(self, symbol: str, share: float = 1.0) -> int:
        """A size for a share of its normal order; mostly within what it has learned to pass."""
        size = max(1, int(self.dollars * share / self.told.prices[symbol]))
        passes = self.told.passes.get(symbol)
        if passes and self.random.random() < 0.8:
            return max(1, min(size, int(passes)))
        return size

    def normal(self, symbol: str) -> Said:
        return self.ask(symbol, self.side(), self.size(symbol, self.random.uniform(0.1, 2.0)))

    def at_the_cap(self, symbol: str) -> Said:
        """What would have passed, and one more, in either order."""
        size = self.told.passes.get(symbol) or self.size(symbol, 4.0)
        side = self.side()
        out = [*self.ask(symbol, side, size), *self.ask(symbol, side, size + 1), *self.ask(symbol, side, 1)]
        self.random.shuffle(out)
        return out[: self.random.randrange(1, 4)]

    def crumbs(self, symbol: str) -> Said:
        """Small orders racing one another, of sizes that are not the same."""
        side = self.side()
        small = self.size(symbol, 0.2)
        return [
            one
            for extra in range(self.random.randrange(3, 9))
            for one in self.ask(symbol, side, small + extra)
        ]

    def again(self, symbol: str) -> Said:
        """Something it asked for before, under a new name."""
        if not self.told.asked:
            return self.normal(symbol)
        old = self.random.choice(list(self.told.asked.values())[-5:])
        fields = {name: value for name, value in old.fields().items() if name not in ("id", "created_at")}
        self.count += 1
        return [self.told.asks(f"a{self.count}", Intent(**fields, id=f"a{self.count}"))]  # type: ignore[arg-type]

    def same_name(self, symbol: str) -> Said:
        """Something else under a name that was used, or twice the same at once."""
        if not self.told.asked:
            one = self.normal(symbol)
            return one + one
        name = self.random.choice(list(self.told.asked)[-5:])
        return [Intent(symbol, self.side(), self.size(symbol), id=name)]

    def through_zero(self, symbol: str) -> Said:
        held = self.told.held.get(symbol, 0.0)
        more = self.random.choice((1, 2, abs(held), 10 * abs(held)))
        return self.ask(symbol, away(held), abs(held) + max(1, more))

    def flip(self, symbol: str) -> Said:
        """Out, and in on the other side, before anybody has answered."""
        held = self.told.held.get(symbol, 0.0)
        if not held:
            return self.normal(symbol)
        out = [*self.ask(symbol, away(held), abs(held)), *self.ask(symbol, away(held), self.size(symbol))]
        return out[:: self.random.choice((1, -1))]

    def exits(self, symbol: str) -> Said:
        """All of it, twice, and some of it, whatever is pending."""
        held = self.told.held.get(symbol, 0.0)
        if not held:
            return []
        sizes = [abs(held), abs(held), max(1, abs(held) // 2), 1]
        return [
            one
            for qty in sizes[: self.random.randrange(1, 5)]
            for one in self.ask(symbol, away(held), qty, **self.limited(symbol, away(held)))
        ]

    def limited(self, symbol: str, side: str) -> dict[str, object]:
        """Sometimes a limit that does not trade at once."""
        if self.random.random() < 0.7:
            return {}
        off = 1.002 if side == "sell" else 0.998
        return {"limit": round(self.told.prices[symbol] * off, 2)}

    def both_ways(self, symbol: str) -> Said:
        size = self.size(symbol, 0.5)
        return [*self.ask(symbol, "buy", size), *self.ask(symbol, "sell", size)]

    def resting(self, symbol: str) -> Said:
        """Orders that wait a little off the price, so that the worst case fills up; then one that trades."""
        side = self.side()
        sign = -1 if side == "buy" else 1
        price = self.told.prices[symbol]
        out: Said = []
        for step in range(self.random.randrange(1, 5)):
            limit = round(price * (1 + sign * 0.001 * (step + 1)), 2)
            tif = self.random.choice((None, "day", "ioc"))
            out += self.ask(symbol, side, self.size(symbol, 0.6) + step, limit=limit, tif=tif)
        return [*out, *self.ask(symbol, side, self.size(symbol))]

    def stops(self, symbol: str) -> Said:
        """Stops behind the price, at it and before it, over all that is held, over more, one on another; then
        an exit into them."""
        held = self.told.held.get(symbol, 0.0)
        side, price = away(held), self.told.prices[symbol]
        sign = -1 if side == "sell" else 1
        out: Said = []
        for qty in self.random.choice(
            ((abs(held),), (abs(held) // 2, abs(held)), (1, 1), (2 * abs(held) + 1,))
        ):
            off = self.random.choice((0.0005, 0.001, 0.002, 0.01, 0.0, -0.001))
            out += self.ask(symbol, side, max(1, qty), stop=round(price * (1 + sign * off), 2))
        return out + (self.exits(symbol) if self.random.random() < 0.3 else [])

    def closes(self, symbol: str) -> Said:
        """Out of everything, whatever stands in the way; now and then twice, or with something on top."""
        side = away(self.told.held.get(symbol, 0.0))
        out = self.ask(symbol, side, None, type="close")
        if self.random.random() < 0.3:
            out += self.ask(symbol, side, None, type="close")
        return out + (self.stops(symbol) if self.random.random() < 0.3 else [])

    def crossing_itself(self, symbol: str) -> Said:
        """A resting order, and one of its own that would meet it."""
        price, size = self.told.prices[symbol], self.size(symbol, 0.3)
        low, high = round(price * 0.999, 2), round(price * 1.001, 2)
        return [*self.ask(symbol, "buy", size, limit=high), *self.ask(symbol, "sell", size, limit=low)]

    def money(self, symbol: str) -> Said:
        """Sizes in money: nearly nothing, odd, huge."""
        value = self.random.choice((0.000001, 0.5, 9.99, 10.0, 333.33, self.dollars * 7.77, 1e12, "1e17"))
        return self.ask(symbol, self.side(), None, notional=value)

    def ages(self, symbol: str) -> Said:
        """Decided long ago, or tomorrow."""
        (one,) = self.normal(symbol)
        behind = self.random.choice(AGES) * self.random.choice((1, 1, 1, -1))
        at = max(0, self.told.open + self.random.randrange(40 * MINUTE) - behind)
        return [Intent(**{**one.fields(), "created_at": at})]

    def garbage(self, symbol: str) -> Said:
        """What is no number, no field, no intent."""
        nan, inf = float("nan"), float("inf")
        odd: tuple[object, ...] = (
            nan,
            inf,
            -inf,
            -0.0,
            0,
            "",
            "NaN",
            "1e999",
            "0x10",
            True,
            10**30,
            -(2**63),
        )
        value = self.random.choice(odd)
        said: Iterable[object] = (
            {"symbol": symbol, "side": self.side(), "qty": value},
            {"symbol": symbol, "side": self.side(), "qty": 1, "limit": value},
            {"symbol": symbol, "side": self.side(), "notional": value},
            {"symbol": symbol, "side": self.side(), "qty": 1, "notional": 100},
            {"symbol": symbol, "side": "BUY", "qty": 1},
            {"symbol": symbol, "side": self.side(), "qty": 1, "stop": value},
            {"symbol": symbol, "side": self.side(), "qty": 1, "stop_price": 1.0},
            {"symbol": symbol, "side": self.side(), "qty": 1, "strategy": "somebody-else"},
            {"symbol": symbol, "side": self.side(), "qty": 1, "id": "x" * 65},
            {"symbol": symbol, "side": self.side(), "qty": 1, "id": "\u202e\x00", "created_at": -1},
            {"symbol": symbol, "side": self.side(), "qty": 1, "type": "market", "limit": 5},
            {"symbol": "", "side": self.side(), "qty": 1},
            {"symbol": symbol.lower(), "side": self.side(), "qty": 1},
            {"symbol": symbol, "side": self.side(), "qty": 0.999999},
            {"symbol": symbol},
            {},
            {1: 2},
            "buy",
            17,
            [[symbol, "buy", 1]],
            {"symbol": symbol, "side": "buy", "qty": "9" * 5_000},
        )
        return [self.random.choice(list(said))]

    def flood(self, symbol: str) -> Said:
        """More than its allowance."""
        return [
            one
            for _ in range(self.random.randrange(60, 150))
            for one in self.ask(symbol, "buy", self.size(symbol, 0.05) + self.random.randrange(5))
        ]
