"""F12 and the absolute rates: what a decision and a quote cost, and how that grows with what is watched."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flyball.kernel.effects import Decision
from flyball.kernel.governor import Governor
from flyball.kernel.words import APPROVE, BUY
from flyball.lab.bench.day import Day, orders_of
from flyball.lab.bench.figure import AT_MOST, Figure, interleaved, judged, shown

SYMBOLS: Final = 50
ORDERS: Final = 100
IDS: Final = 1_000
TIMES: Final = 10


@dataclass
class Load:
    """How much one governor has to watch."""

    symbols: int = SYMBOLS
    orders: int = ORDERS
    ids: int = IDS

    def times(self, n: int) -> "Load":
        return Load(self.symbols * n, self.orders * n, self.ids * n)


class Ground:
    """A governor with so many symbols, all held, working orders and remembered ids; what is measured leaves
    it as loaded as it was.
    """

    def __init__(self, load: Load) -> None:
        self.governor = Governor()
        self.day = Day(self.governor.step, load.symbols).begin()
        for _ in range(load.symbols):  # every symbol is held
            for order in orders_of(self.day.take(self.day.intent(BUY))):
                self.day.accepted(order)
                self.day.filled(order)
            self.day.take(self.day.quote())
        # ids before orders: a flawed intent is remembered and places nothing
        for _ in range(max(0, load.ids - load.orders - load.symbols)):
            self.day.take(self.day.intent(flaw="FORMAT_FIELD"))
        while len(self.governor.state.orders) < load.orders:
            for order in orders_of(self.day.take(self.day.intent(BUY))):
                self.day.accepted(order)
            self.day.take(self.day.quote())
        for _ in range(load.symbols):
            self.day.take(self.day.quote())

    def decision(self) -> float:
        """Seconds of one whole step of an approved intent."""
        intent = self.day.intent(BUY)
        started = time.perf_counter()
        effects = self.governor.step(intent)
        took = time.perf_counter() - started
        verdict = effects[0]
        assert isinstance(verdict, Decision) and verdict.verdict == APPROVE, verdict
        for order in orders_of(effects):
            self.day.accepted(order)
            self.day.ended(order)
        self.day.take(self.day.quote())
        return took

    def quote(self) -> float:
        """Seconds of one whole step of a quote."""
        mark = self.day.quote()
        started = time.perf_counter()
        self.governor.step(mark)
        return time.perf_counter() - started


def _frozen(measure: Callable[[], list[Figure]]) -> list[Figure]:
    """The collector as the product runs it: what stands is frozen before anything is measured."""
    gc.collect()
    gc.freeze()
    try:
        return measure()
    finally:
        gc.unfreeze()


def f12(rounds: int, samples: int, load: Load | None = None) -> list[Figure]:
    """Ten times of everything."""
    small = load if load is not None else Load()
    one, ten = Ground(small), Ground(small.times(TIMES))
    what = f"10x the symbols ({small.symbols}), open orders ({small.orders}) and ids ({small.ids})"

    def measure() -> list[Figure]:
        made = []
        for name, limit, ours, theirs in (
            ("decision", 1.5, ten.decision, one.decision),
            ("quote", 1.2, ten.quote, one.quote),
        ):
            found = interleaved(rounds, ours, theirs, samples)
            detail = {
                "rounds": found.ratios,
                "samples": samples,
                "ten_us": round(found.ours * 1e6, 1),
                "one_us": round(found.theirs * 1e6, 1),
            }
            made.append(judged("F12", f"{what}: {name}", found.ratio, AT_MOST, limit, detail))
        return made

    return _frozen(measure)


def rates(rounds: int, samples: int, load: Load | None = None) -> list[Figure]:
    """Decisions and quotes per second, kernel only. Absolute, so nothing is promised of them."""
    ground = Ground(load if load is not None else Load())

    def measure() -> list[Figure]:
        found = interleaved(rounds, ground.decision, ground.quote, samples)
        detail = {"samples": samples, "rounds": rounds}
        return [
            shown("rates", "decisions per second, kernel only", 1 / found.ours, dict(detail)),
            shown("rates", "quotes per second, kernel only", 1 / found.theirs, dict(detail)),
        ]

    return _frozen(measure)
