"""Rows of a table as checked integers, by symbol. A wrong row is never repaired or left out: it is reported.

Wrong is: a cell that is missing or no number, a price not above zero, a high below the low, an open or close
outside them, a negative volume, a time that cannot be read, a symbol twice at one time with different values.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from flyball.feeds.columns import Columns
from flyball.feeds.prices import Numbers
from flyball.feeds.stamps import Stamps
from flyball.feeds.table import BarsError, Cell, Table
from flyball.ports import Progress

SHOWN: Final = 5  # wrong rows shown to a person; all are counted
STEP: Final = 50_000  # rows between two words of progress

# Time (as stamped), row number, open, high, low, close (1e-8), volume: sorts by time, then as in the file.
Row = tuple[int, int, int, int, int, int, int]


@dataclass
class Wrong:
    """The wrong rows of a file: how many of each kind, the first few in full."""

    path: str
    place: str
    kinds: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)

    def add(self, number: int, kind: str, detail: str) -> None:
        """Count one wrong row. `kind` sums up, `detail` shows the values."""
        self.kinds[kind] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(f"{self.place} {number}: {detail}")

    def refuse(self) -> None:
        """Raise BarsError when there were any."""
        if self.kinds:
            counts = ", ".join(f"{count} {kind}" for kind, count in self.kinds.most_common())
            raise BarsError(
                f"{self.path}: {self.kinds.total()} wrong rows: {counts}. The first:\n  "
                + "\n  ".join(self.shown)
                + "\nCorrect them or take them out; nothing was loaded."
            )


@dataclass
class Read:
    """What came out: rows by symbol, as in the file; symbols passed over; what column `stamp` said."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    passed_over: set[str] = field(default_factory=set)
    stamp_said: set[str] = field(default_factory=set)


@dataclass
class Cells:
    """How to read the cells of a row: each kind remembers what it has read."""

    stamps: Stamps
    prices: Numbers
    volumes: Numbers


def read_rows(
    table: Table,
    columns: Columns,
    cells_as: Cells,
    wrong: Wrong,
    *,
    name: str,
    symbols: Collection[str] | None,
    progress: Progress | None,
) -> Read:
    """Read every row, of `symbols` only if given; `name` is the symbol where the file has no column for it.

    Wrong rows go to `wrong`; NoTimeZone comes through from `Stamps`, BarsError from the file's reader.
    """
    wanted = [*columns.prices, *columns.time, *columns.optional.values()]
    at = {role: len(wanted) - len(columns.optional) + place for place, role in enumerate(columns.optional)}
    symbol_at, stamp_at = at.get("symbol"), at.get("stamp")
    out = Read()
    symbol = name
    done = 0
    for number, cells in table.rows(wanted):
        done += 1
        if progress is not None and done % STEP == 0:
            progress("reading", done, max(done, table.total))
        try:
            if not cells:
                raise _WrongRow(
                    "with more or fewer cells than the header", "more or fewer cells than the header"
                )
            if symbol_at is not None:
                symbol = _symbol(cells[symbol_at])
            if symbols is not None and symbol not in symbols:
                out.passed_over.add(symbol)
                continue
            row = _row(number, cells, cells_as, len(columns.time), at.get("volume"))
        except _WrongRow as error:
            wrong.add(number, error.kind, error.detail)
            continue
        if stamp_at is not None:
            out.stamp_said.add(str(cells[stamp_at]).strip().lower())
        if (rows := out.rows.get(symbol)) is None:
            rows = out.rows[symbol] = []
        rows.append(row)
    if progress is not None:
        progress("reading", done, done)
    return out


def in_order(symbol: str, rows: list[Row], wrong: Wrong) -> tuple[list[Row], int, int]:
    """The rows rising by time, how many were out of order, how many were dropped as exact copies."""
    moved = sum(1 for before, after in pairwise(rows) if after[0] < before[0])
    kept: list[Row] = []
    copies = 0
    for row in sorted(rows):
        if not kept or kept[-1][0] != row[0]:
            kept.append(row)
        elif kept[-1][2:] == row[2:]:
            copies += 1
        else:
            wrong.add(
                row[1],
                "with a time their symbol had before, and other values",
                f"{symbol}: the time of {wrong.place} {kept[-1][1]}, but other prices or volume",
            )
    return kept, moved, copies


class _WrongRow(Exception):  # noqa: N818 - a finding, collected and not thrown at the caller
    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


def _symbol(cell: Cell) -> str:
    symbol = "" if cell is None else str(cell).strip()
    if not symbol:
        raise _WrongRow("without a symbol", "no symbol")
    return symbol


def _row(number: int, cells: Sequence[Cell], cells_as: Cells, times: int, volume_at: int | None) -> Row:
    try:
        ts = cells_as.stamps[cells[4] if times == 1 else f"{cells[4]} {cells[5]}"]
    except ValueError as error:
        raise _WrongRow("with an unreadable time", str(error)) from None
    what = "price"
    try:
        first, high, low, last = map(cells_as.prices.__getitem__, cells[:4])
        what = "volume"
        volume = 0 if volume_at is None else cells_as.volumes[cells[volume_at]]
    except ValueError as error:
        raise _WrongRow(f"with an unreadable {what}", f"{what} {error}") from None
    if 0 < low <= first <= high and low <= last <= high and volume >= 0:
        return ts, number, first, high, low, last, volume
    values = "open {}, high {}, low {}, close {}".format(*cells[:4])
    if min(first, high, low, last) <= 0:
        raise _WrongRow("with a price that is not above zero", values)
    if volume < 0:
        raise _WrongRow("with a negative volume", f"volume {volume}")
    if high < low:
        raise _WrongRow("with a high below the low", values)
    raise _WrongRow("with an open or close outside low to high", values)
