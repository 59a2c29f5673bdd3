"""An intent and its answer, side by side with what both are measured by."""

from dataclasses import dataclass

from tests.auditor.market import Quote
from tests.auditor.reading import Line, nanos, up
from tests.auditor.world import World

OFF = "off"
Figure = int | str | None
Evidence = dict[str, tuple[Figure, Figure]]


@dataclass
class Question:
    """An intent and its answer, with what both are measured by."""

    world: World
    intent: Line
    decision: Line
    qty: int

    def __post_init__(self) -> None:
        line = self.decision
        self.symbol, self.strategy = line["symbol"], line["strategy"]
        self.instrument = self.world.instruments[self.symbol]
        self.quote = self.world.quotes.get(self.symbol, Quote())
        self.buys = line["side"] == "buy"
        self.adds = line["adds"]
        self.ts = nanos(line["ts"])
        self.limit = self.instrument.price(line["limit"]) if "limit" in line else 0
        self.stop = self.instrument.price(line["stop"]) if "stop" in line else 0
        self.price = max(self.limit, self.quote.high)
        self.reference = self.quote.high if self.buys else self.quote.low
        self.value = self.instrument.more(self.price, self.qty)

    @property
    def own_limit(self) -> int:
        """The price limit that was asked for, on the passive side of the tick."""
        return self.passive(self.instrument.price(self.intent["limit"]))

    def passive(self, price: int) -> int:
        """A price on the tick: a buyer's down, a seller's up."""
        tick = self.instrument.tick
        return price // tick * tick if self.buys else up(price, tick) * tick
