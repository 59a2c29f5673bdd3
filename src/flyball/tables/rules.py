"""What US equity rules say by trade date: regulatory fees, tick sizes, round lots, price bands.

Integers only: money in micros of a dollar, ratios in parts per million, rates of value in parts per 10^9.
Rows are there only where a source gives the number; before and behind them the answer is `NoRow`.
"""

from dataclasses import dataclass
from typing import Any, Final

from flyball.tables.dated import Dated, Row

CENT: Final = 10_000  # micros
DOLLAR: Final = 1_000_000
PER: Final = 10**9
PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Taf:
    """FINRA trading activity fee of sales: micros a share, at most so much a trade."""

    per_share: int
    most: int


@dataclass(frozen=True, slots=True)
class Bands:
    """LULD percentage parameters in ppm, by price of the day before: above $3, from $0.75, below (or
    $0.15)."""

    tier_1: int
    tier_2: int
    low: int
    lowest: int
    lowest_most: int  # micros


SECTION_31: Final = Dated(
    "SEC section 31 fee",
    (
        Row(20250514, 20260403, 0, "SEC fee rate advisory FY2025: $0.00 a million"),
        # The next rate comes 60 days behind an appropriation, in the fiscal year that ends then
        # at the latest.
        Row(20260404, 20270930, 20_600, "SEC Rel. 34-104909: $20.60 a million"),
    ),
)
TAF: Final = Dated(
    "FINRA trading activity fee",
    (
        Row(20250101, 20251231, Taf(166, 8_300_000), "SR-FINRA-2024-019"),
        Row(20260101, 20261231, Taf(195, 9_790_000), "SR-FINRA-2024-019"),
        Row(20270101, 20271231, Taf(232, 11_610_000), "SR-FINRA-2024-019"),
        Row(20280101, 20281231, Taf(240, 12_050_000), "SR-FINRA-2024-019"),
        Row(20290101, 20291231, Taf(249, 12_500_000), "SR-FINRA-2024-019"),
    ),
)
# (from this price in micros, tick in micros), the highest first. The half-penny of the amended rule needs
# each symbol's own spread: from then on there is no row.
TICKS: Final = Dated(
    "minimum price increment",
    (Row(20060131, 20271029, ((DOLLAR, CENT), (0, 100)), "Rule 612; amendment from 2027-11-01: 34-105656"),),
)
# (up to this price in micros, round lot), the lowest first; None: all prices above.
ROUND_LOTS: Final[Dated[tuple[tuple[int | None, int], ...]]] = Dated(
    "round lots",
    (
        Row(20050101, 20251031, ((None, 100),), "before Rule 600(b)(93)"),
        Row(
            20251103,
            20271231,
            ((250 * DOLLAR, 100), (1_000 * DOLLAR, 40), (10_000 * DOLLAR, 10), (None, 1)),
            "Rule 600(b)(93); CTA and UTP notices 2025-10",
        ),
    ),
)
LULD: Final = Dated(
    "limit up, limit down",
    (
        Row(
            20200224,
            20281231,
            Bands(50_000, 100_000, 200_000, 750_000, 150_000),
            "NMS Plan 4-631, Amendment 18",
        ),
    ),
)
ALL: Final[tuple[Dated[Any], ...]] = (SECTION_31, TAF, TICKS, ROUND_LOTS, LULD)


def regulatory_fees(day: int, *, sells: bool, qty: int, value: int) -> int:
    """What a regulator takes of an execution, micros: `qty` whole shares worth `value` micros. Each fee is
    rounded up to the cent, as brokers pass it on. Buys pay none of these. Raises NoRow."""
    if not sells:
        return 0
    taf = TAF.on(day)
    return _cents(-(-value * SECTION_31.on(day) // PER)) + _cents(min(qty * taf.per_share, taf.most))


def tick(day: int, price: int) -> int:
    """The smallest price step, micros, at a price in micros. Raises NoRow."""
    return next(step for least, step in TICKS.on(day) if price >= least)


def round_lot(day: int, average_close: int) -> int:
    """The round lot of a symbol whose average close in the evaluation month was so many micros. Raises
    NoRow."""
    return next(lot for most, lot in ROUND_LOTS.on(day) if most is None or average_close <= most)


def band(day: int, reference: int, close_before: int, *, tier: int, late: bool) -> int:
    """How far the LULD bands are from a reference price, micros; `late`: in the last 25 minutes of the
    session, when they are twice as wide for tier 1 and up to $3. Raises NoRow."""
    bands = LULD.on(day)
    if close_before > 3 * DOLLAR:
        ratio = bands.tier_1 if tier == 1 else bands.tier_2
        wide = reference * ratio // PPM
        return 2 * wide if late and tier == 1 else wide
    if close_before >= 3 * DOLLAR // 4:
        wide = reference * bands.low // PPM
    else:
        wide = min(bands.lowest_most, reference * bands.lowest // PPM)
    return 2 * wide if late else wide


def ending(day: int) -> list[str]:
    """The tables that end within 30 days of a date (yyyymmdd)."""
    return [said for said in (table.ends_soon(day) for table in ALL) if said]


def _cents(micros: int) -> int:
    return -(-micros // CENT) * CENT
