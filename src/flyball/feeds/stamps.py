"""Time stamps as UTC nanoseconds: ISO 8601 or numbers since 1970, a wall clock only with its zone stated."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flyball.feeds.table import BarsError, Cell, Kind

UNITS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}  # nanoseconds in one
EARLIEST: Final = 631_152_000  # 1990-01-01; a number that is no time between these is no time
LATEST: Final = 4_102_444_800  # 2100-01-01
REMEMBERED: Final = 100_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_DIGITS: Final = 8  # 20160415 is a date, not a number of seconds


class NoTimeZone(Exception):  # noqa: N818 - a question, not an error of the row
    """A wall-clock time where nobody stated the zone."""


class Stamps(dict[Cell, int]):
    """`stamps[cell]` is the cell's time in UTC nanoseconds; the last many are remembered.

    Raises ValueError with a reason for a person when the cell is no time, and NoTimeZone when it is a
    wall-clock time and `zone` is None. `wall_clock` tells whether any was. All numbers of a column are in
    one unit.
    """

    def __init__(self, kind: Kind, unit: str | None, zone: ZoneInfo | None) -> None:
        super().__init__()
        self.unit = unit
        self.zone = zone
        self.wall_clock = False
        readers: dict[Kind, Callable[[Cell], int]] = {
            "plain": self._plain,
            "instant_us": lambda cell: self._whole(cell) * 1_000,
            "wall_us": lambda cell: self._local(_EPOCH + timedelta(microseconds=self._whole(cell))),
        }
        self._read = readers[kind]

    def __missing__(self, cell: Cell) -> int:
        if cell is None or cell == "":
            raise ValueError("no time")
        stamp = self._read(cell)
        if len(self) >= REMEMBERED:
            self.clear()
        self[cell] = stamp
        return stamp

    def _plain(self, cell: Cell) -> int:
        if not isinstance(cell, str):
            return self._number(str(cell))
        text = cell.strip()
        if self.unit or (text.replace(".", "", 1).isdigit() and len(text) != _DATE_DIGITS):
            return self._number(text)
        try:
            moment = datetime.fromisoformat(
                text.removesuffix(" UTC") + "+00:00" if text.endswith(" UTC") else text
            )
        except ValueError:
            raise ValueError(
                f"time {cell!r} is neither ISO 8601 (2016-04-15T13:31:00Z) nor a number since 1970"
            ) from None
        return self._local(moment.replace(tzinfo=UTC)) if moment.tzinfo is None else _nanoseconds(moment)

    def _number(self, text: str) -> int:
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"time {text!r} is no number") from None
        for unit in (self.unit,) if self.unit else tuple(UNITS):
            if number.is_finite() and EARLIEST <= number * UNITS[unit] / UNITS["s"] < LATEST:
                self.unit = unit
                return int(number * UNITS[unit])
        meant = (
            f"in {self.unit} since 1970, as the column's name or the rows before say,"
            if self.unit
            else "since 1970"
        )
        raise ValueError(f"time {text} is no number {meant} between 1990 and 2100")

    @staticmethod
    def _whole(cell: Cell) -> int:
        if not isinstance(cell, int):
            raise ValueError(f"time {cell!r} is no whole number of microseconds")
        return cell

    def _local(self, wall: datetime) -> int:
        """The instant of a wall-clock time (carried as if it were UTC)."""
        self.wall_clock = True
        if self.zone is None:
            raise NoTimeZone
        if self.zone.key == "UTC":
            return _nanoseconds(wall)
        local = wall.replace(tzinfo=self.zone)
        offset = local.utcoffset()
        if offset is None or offset != local.replace(fold=1).utcoffset():
            raise ValueError(
                f"time {wall:%Y-%m-%d %H:%M:%S} comes twice or not at all in {self.zone.key}, "
                "where the clock is set that night; give such bars in UTC"
            )
        return _nanoseconds(wall - offset)


def _nanoseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * UNITS["s"] + since.microseconds * UNITS["us"]


def zone_of(path: str, tz: str) -> ZoneInfo:
    """The time zone `tz`. Raises BarsError when this machine knows none of that name."""
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BarsError(f"{path}: no time zone {tz!r}; write UTC or a name like America/New_York") from None
