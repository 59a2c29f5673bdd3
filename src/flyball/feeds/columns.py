"""Which column is which, by name: any case, any order, long or short; two for one thing are refused."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flyball.feeds.table import BarsError

NAMES: Final = {
    "symbol": "symbol",
    "ticker": "symbol",
    "sym": "symbol",
    "open": "open",
    "o": "open",
    "high": "high",
    "h": "high",
    "low": "low",
    "l": "low",
    "close": "close",
    "c": "close",
    "volume": "volume",
    "vol": "volume",
    "v": "volume",
    "stamp": "stamp",
    "ts": "time",
    "t": "time",
    "timestamp": "time",
    "datetime": "time",
    "date_time": "time",
    "date": "date",
    "time": "clock",
}
_EPOCH: Final = re.compile(
    r"(?:epoch|unix(?:_?time)?(?:_?stamp)?)(?:_?(s|ms|us|ns))?"
    r"|(?:ts|t|time|timestamp|datetime|date)_(s|ms|us|ns)"
)
_PRICES: Final = ("open", "high", "low", "close")
_OPTIONAL: Final = ("volume", "symbol", "stamp")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns.

    `prices` are open, high, low, close; `time` has two when date and time of day are apart, and `unit` is
    what its name says (s, ms, us, ns) or None; `optional` has those of volume, symbol and stamp that are
    there.
    """

    prices: tuple[int, ...]
    time: tuple[int, ...]
    unit: str | None
    optional: Mapping[str, int]
    unused: tuple[str, ...]


def find_columns(path: str, names: Sequence[str]) -> Columns:
    """Find the columns by their names. Raises BarsError naming what is missing or there twice."""
    found: dict[str, int] = {}
    unit: str | None = None
    for position, name in enumerate(names):
        plain = re.sub(r"[\s_.-]+", "_", name.strip().strip("<>").lower())
        epoch = _EPOCH.fullmatch(plain)
        role = "epoch" if epoch else NAMES.get(plain)
        if role is None:
            continue
        if role in found:
            raise _twice(path, role, names[found[role]], name)
        found[role] = position
        unit = epoch[1] or epoch[2] if epoch else unit
    time = _time_columns(path, names, found)
    if missing := [role for role in _PRICES if role not in found]:
        raise BarsError(
            f"{path}: no column {', '.join(missing)}; its columns are {', '.join(names)}. Needed are a time, "
            "open, high, low and close (volume and symbol may be missing)"
        )
    prices = tuple(found[role] for role in _PRICES)
    optional: dict[str, int] = {role: found[role] for role in _OPTIONAL if role in found}
    used = {*prices, *time, *optional.values()}
    return Columns(
        prices=prices,
        time=time,
        unit=unit if "epoch" in found else None,
        optional=optional,
        unused=tuple(name for position, name in enumerate(names) if position not in used),
    )


def _time_columns(path: str, names: Sequence[str], found: dict[str, int]) -> tuple[int, ...]:
    """The column that holds the time: an epoch before text, a whole time before a date and a time of day."""
    if "epoch" in found:
        return (found["epoch"],)
    if "time" in found:
        if "clock" in found:
            raise _twice(path, "time", names[found["time"]], names[found["clock"]])
        return (found["time"],)
    if "date" in found and "clock" in found:
        return (found["date"], found["clock"])
    if "date" in found or "clock" in found:
        return (found["date"] if "date" in found else found["clock"],)
    raise BarsError(
        f"{path}: no column for the time; its columns are {', '.join(names)}. Name it ts, time, timestamp, "
        "datetime, date or unix"
    )


def _twice(path: str, role: str, first: str, second: str) -> BarsError:
    return BarsError(
        f"{path}: two columns for {role}, {first!r} and {second!r}; rename the one that is not meant"
    )
