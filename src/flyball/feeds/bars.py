"""Anybody's minute or second bars, from CSV or Parquet, as integers; what a file leaves open is not guessed.

What must be known and is often not said: whether a row's time is the start or the end of its bar (`stamp`),
and, for times without an offset, which zone's clock they show (`tz`). Either may be said by the caller or by
the file: a column `stamp`, a line `# stamp=end tz=America/New_York` above a CSV header, the same keys in
Parquet metadata. Rows may come in any order and exact copies are dropped, with a note; a wrong row refuses
the file (see `rows`).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from pathlib import PurePath
from typing import Final

from flyball.feeds.columns import Columns, find_columns
from flyball.feeds.csv_table import open_csv
from flyball.feeds.parquet_table import MAGIC, SUFFIXES, open_parquet
from flyball.feeds.prices import MAX_EXP, exponent_for, price_reader, volume_reader
from flyball.feeds.rows import Cells, Read, Row, Wrong, in_order, read_rows
from flyball.feeds.series import Bar, InSessions, Series, in_sessions
from flyball.feeds.stamps import NoTimeZone, Stamps, zone_of
from flyball.feeds.table import BarsError, Table
from flyball.ports import Progress

__all__ = ["Bar", "BarsError", "InSessions", "Loaded", "Series", "in_sessions", "load"]

SECOND: Final = 1_000_000_000
LONGEST: Final = 86_400  # a bar is a second to a day long
STAMPS: Final = ("start", "end")
DOUBTFUL: Final = 100  # more than one bar in so many too close together: the length found is wrong


@dataclass
class Loaded:
    """What a file held, in alphabetical order, and what a person should know about how it was read."""

    series: list[Series]
    notes: list[str]


def load(
    path: str,
    *,
    read_bytes: Callable[[str], bytes],
    stamp: str | None = None,
    tz: str | None = None,
    symbol: str | None = None,
    symbols: Collection[str] | None = None,
    seconds: int | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Read the bars in the file `path`.

    `stamp` is "start" or "end"; `tz` is the zone of times without an offset; `symbol` names the bars of a
    file without a symbol column (else the file's name does); `symbols` selects; `seconds` is the bars'
    length (else the most frequent gap is). Parquet is read by duckdb itself, all else comes through
    `read_bytes`.

    Raises BarsError, with what to do about it, when something needed is not known, the file and the caller
    differ, or any row is wrong.
    """
    if seconds is not None and not 1 <= seconds <= LONGEST:
        raise BarsError(f"{path}: bars of {seconds} s; a bar is between 1 s and {LONGEST} s long")
    table = _open(path, read_bytes)
    columns = find_columns(path, table.names)
    stamp = _stated(table, "stamp", stamp)
    if stamp is None and "stamp" not in columns.optional:
        raise _no_stamp(path)
    tz = _stated(table, "tz", tz)
    stamps = Stamps(table.kinds[columns.time[0]], columns.unit, None if tz is None else zone_of(path, tz))
    cells_as = Cells(stamps, price_reader(), volume_reader())
    wrong = Wrong(path, table.place)
    notes: list[str] = []
    name = _name(path, columns, symbol, notes)
    try:
        read = read_rows(table, columns, cells_as, wrong, name=name, symbols=symbols, progress=progress)
    except NoTimeZone:
        raise BarsError(
            f"{path}: its times have no zone; say whose clock they show: --tz UTC or --tz America/New_York, "
            "or tz under [feed] in flyball.toml"
        ) from None
    ordered = _ordered(read, wrong, notes)
    wrong.refuse()
    _check_symbols(path, read, symbols)
    length = _length(path, ordered, seconds, notes)
    _note(columns, cells_as, tz, notes)
    shift = length * SECOND if _settled(path, stamp, read.stamp_said) == "start" else 0
    return Loaded([_series(name, rows, length, shift) for name, rows in sorted(ordered.items())], notes)


def _open(path: str, read_bytes: Callable[[str], bytes]) -> Table:
    if PurePath(path).suffix.lower() in SUFFIXES:
        return open_parquet(path)
    data = read_bytes(path)
    return open_parquet(path) if data.startswith(MAGIC) else open_csv(path, data)


def _stated(table: Table, key: str, given: str | None) -> str | None:
    """What the caller or the file says of `key`, None when neither does."""
    in_file = table.stated.get(key)
    if given is not None and in_file is not None and given != in_file:
        raise BarsError(
            f"{table.path}: {key}={in_file} by the file itself, {given} by --{key} or [feed]; "
            "find out which is right"
        )
    said = in_file if given is None else given
    if key == "stamp" and said is not None and said not in STAMPS:
        raise BarsError(f"{table.path}: stamp {said!r}; it is start or end")
    return said


def _no_stamp(path: str) -> BarsError:
    return BarsError(
        f"{path}: is a row's time the start or the end of its bar? The file does not say, and a wrong guess "
        "lets a bot see prices before they happened. Ask whoever made it and give --stamp start|end, or "
        'stamp = "start" or "end" under [feed] in flyball.toml'
    )


def _settled(path: str, stamp: str | None, said: set[str]) -> str:
    """The one convention that holds, once the column `stamp` has been read."""
    everything = sorted(said | ({stamp} if stamp else set()))
    if len(everything) != 1 or everything[0] not in STAMPS:
        raise BarsError(
            f"{path}: column stamp and --stamp or [feed] stamp together say "
            f"{', '.join(map(repr, everything)) or 'nothing'}; one of start and end is needed, the same for "
            "every row"
        )
    return everything[0]


def _name(path: str, columns: Columns, symbol: str | None, notes: list[str]) -> str:
    """The symbol of a file without a column for it."""
    if "symbol" in columns.optional:
        if symbol is not None:
            raise BarsError(
                f"{path}: has a column for the symbol; choose with symbols=, symbol= names a file without"
            )
        return ""
    if symbol is not None:
        return symbol
    stem = PurePath(path).stem
    notes.append(f"symbol {stem} taken from the file's name")
    return stem


def _check_symbols(path: str, read: Read, symbols: Collection[str] | None) -> None:
    there = sorted({*read.rows, *read.passed_over})
    if missing := sorted(set(symbols or ()) - set(read.rows)):
        listed = ", ".join(there[:20]) + (", ..." if len(there) > 20 else "")
        raise BarsError(f"{path}: no bars of {', '.join(missing)}; it has {listed or 'none at all'}")
    if not read.rows:
        raise BarsError(f"{path}: no bars; a header line and rows of bars are needed")


def _ordered(read: Read, wrong: Wrong, notes: list[str]) -> dict[str, list[Row]]:
    """Every symbol's rows in order and without copies."""
    moved = copies = 0
    ordered: dict[str, list[Row]] = {}
    for symbol, rows in read.rows.items():
        ordered[symbol], more_moved, more_copies = in_order(symbol, rows, wrong)
        moved += more_moved
        copies += more_copies
    if moved:
        notes.append(f"{moved} rows out of order, sorted")
    if copies:
        notes.append(f"{copies} exact copies of rows dropped")
    return ordered


def _length(path: str, ordered: Mapping[str, list[Row]], given: int | None, notes: list[str]) -> int:
    """The bars' length in seconds: as given, or the most frequent gap up to a day (on a tie the least)."""
    gaps: Counter[int] = Counter()
    for rows in ordered.values():
        gaps.update(after[0] - before[0] for before, after in pairwise(rows))
    length = given
    if length is None:
        fit = [(-count, gap) for gap, count in gaps.items() if gap <= LONGEST * SECOND]
        if not fit or min(fit)[1] % SECOND:
            raise BarsError(
                f"{path}: too few or too odd times to see how long a bar is; give seconds=, 60 or so"
            )
        length = min(fit)[1] // SECOND
        notes.append(f"bars of {length} s, the most frequent gap")
    if soon := sum(count for gap, count in gaps.items() if gap < length * SECOND):
        overlap = f"{soon} of {gaps.total()} bars follow sooner than {length} s after the one before"
        if given is None and soon * DOUBTFUL > gaps.total():
            raise BarsError(f"{path}: {overlap}, so the most frequent gap is no bar's length; give seconds=")
        notes.append(overlap)
    return length


def _note(columns: Columns, cells_as: Cells, tz: str | None, notes: list[str]) -> None:
    """What was left out, rounded or not needed."""
    if unused := [name for name in columns.unused if name]:
        notes.append(f"columns not used: {', '.join(unused)}")
    if "volume" not in columns.optional:
        notes.append("no volume column: every volume is 0")
    if cells_as.prices.rounded:
        notes.append(
            f"{cells_as.prices.rounded} prices with more than {MAX_EXP} decimals, rounded to {MAX_EXP}"
        )
    if cells_as.volumes.rounded:
        notes.append(f"{cells_as.volumes.rounded} volumes with parts of a unit, rounded down to whole units")
    if tz is not None and not cells_as.stamps.wall_clock:
        notes.append(f"time zone {tz} not needed: the times state their own")


def _series(symbol: str, rows: list[Row], length: int, shift: int) -> Series:
    common = 0
    for _, _, first, high, low, last, _ in rows:
        common = gcd(common, first, high, low, last)
    exp = exponent_for(common)
    unit = 10 ** (MAX_EXP - exp)
    bars = [
        Bar(ts + shift, first // unit, high // unit, low // unit, last // unit, volume)
        for ts, _, first, high, low, last, volume in rows
    ]
    return Series(symbol, exp, length, bars)
