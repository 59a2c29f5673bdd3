"""A file of rows, whatever its format: what the readers of CSV and Parquet hand to the reader of bars."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Cell = str | int | float | None

# What a column's cells are: text or numbers as written, microseconds since 1970 of an instant (the zone is
# known), or microseconds of a wall clock somewhere (it is not).
Kind = Literal["plain", "instant_us", "wall_us"]

Rows = Iterator[tuple[int, Sequence[Cell]]]


class BarsError(ValueError):
    """A file cannot be taken as bars. The message names the file, what is wrong, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file.

    `stated` holds what the file says of itself (`stamp`, `tz`); `total` is about how many rows it has;
    `place` is how to count them to a person ("line", "row"). `rows(columns)` gives each row's number and the
    cells of the columns asked for, in that order, or no cells when the row is not as wide as the header.
    """

    path: str
    names: Sequence[str]
    kinds: Sequence[Kind]
    stated: Mapping[str, str]
    total: int
    place: str
    rows: Callable[[Sequence[int]], Rows]
