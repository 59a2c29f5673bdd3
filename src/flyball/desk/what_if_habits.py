"""How the outside behaved in a recorded run: how fast it answered, and what its executions cost against the
newest mark. Medians and sums of the record itself; a what-if models with these what the record cannot say.
"""

from dataclasses import dataclass, field
from typing import Final

from flyball.desk.books import down
from flyball.journal.codec import Record
from flyball.kernel.events import Fill, Instrument, Mark, Sent, Update
from flyball.kernel.units import MS, PPM, mul_div_up, notional, scale_of
from flyball.kernel.words import ACCEPTED

ASSUMED: Final = 150 * MS  # where no order was ever acknowledged


@dataclass
class Charged:
    """Fees of executions against what was traded. Micros and quantity units."""

    fees: int = 0
    qty: int = 0
    worth: int = 0


@dataclass
class Habits:
    """Feed it every record once, in order; afterwards ask. Times in nanoseconds, money in micros."""

    fills: int = 0
    _sent: dict[str, int] = field(default_factory=dict)
    _answers: list[int] = field(default_factory=list)
    _scales: dict[str, int] = field(default_factory=dict)
    _prices: dict[str, tuple[int, int]] = field(default_factory=dict)  # what a buyer and a seller would pay
    _adverse: list[int] = field(default_factory=list)  # ppm
    _charged: dict[str, Charged] = field(default_factory=dict)
    _all: Charged = field(default_factory=Charged)
    _seen: set[str] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """The next record."""
        if isinstance(record, Mark):
            best = record.last or record.bid or record.ask
            if best > 0:
                self._prices[record.symbol] = (record.ask or best, record.bid or best)
        elif isinstance(record, Sent):
            self._sent.setdefault(record.client_id, record.ts)
        elif isinstance(record, Update) and record.state == ACCEPTED:
            sent = self._sent.pop(record.client_id, 0)
            if sent:
                self._answers.append(record.ts - sent)
        elif isinstance(record, Instrument):
            self._scales[record.symbol] = scale_of(record.price_exp, record.qty_exp)
        elif isinstance(record, Fill) and record.fill_id not in self._seen:
            self._seen.add(record.fill_id)
            self._fill(record)

    def _fill(self, e: Fill) -> None:
        scale = self._scales.get(e.symbol)
        if scale is None or e.qty <= 0 or e.price <= 0:
            return
        self.fills += 1
        worth = -down(-e.qty * e.price, scale)
        for charged in (self._charged.setdefault(e.symbol, Charged()), self._all):
            charged.fees += e.fee
            charged.qty += e.qty
            charged.worth += worth
        near = self._prices.get(e.symbol)
        if near is not None:
            reference = near[0] if e.side > 0 else near[1]
            self._adverse.append(mul_div_up(max(0, e.side * (e.price - reference)), PPM, reference))

    def answer(self) -> int:
        """From sending an order to its acknowledgement: the median, at least 2."""
        return max(2, _median(self._answers)) if self._answers else ASSUMED

    def cost(self) -> int:
        """How much worse than the newest mark an execution was: the median, ppm; gains count as nothing."""
        return _median(self._adverse)

    def fee(self, symbol: str, qty: int, price: int, scale: int) -> int:
        """The fee of an execution: as of this symbol's recorded ones by quantity, else as of all by value."""
        of_symbol = self._charged.get(symbol)
        if of_symbol is not None and of_symbol.qty > 0:
            return mul_div_up(of_symbol.fees, qty, of_symbol.qty)
        if self._all.worth > 0:
            return mul_div_up(self._all.fees, notional(price, qty, scale), self._all.worth)
        return 0


def _median(values: list[int]) -> int:
    """The upper median; 0 of nothing."""
    return sorted(values)[len(values) // 2] if values else 0
