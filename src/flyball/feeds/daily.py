"""Real daily bars of a few US stocks, 2000 to 2013, out of the package bokeh_sampledata (public domain).

Prices are integers with exponent 4 and unadjusted: on the day of a split they jump (`SPLITS`).
"""

import csv
import gzip
import io
import pkgutil
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

from flyball.feeds.table import BarsError
from flyball.kernel.units import parse

PRICE_EXP: Final = 4
SPLITS: Final = {
    "AAPL": (20050228,)
}  # the first day at the new price; within the calendar, there are no others
_PACKAGE: Final = "bokeh_sampledata"
_FILE: Final = "_data/stocks.csv.gz"
_WHERE: Final = f"{_PACKAGE}/{_FILE}"


class Daily(NamedTuple):
    """One day of one symbol: `day` as yyyymmdd, prices in 1e-4, volume in shares."""

    day: int
    open: int
    high: int
    low: int
    close: int
    volume: int


def read_stocks() -> bytes:
    """The file as it lies in the installed package. Raises BarsError naming the extra when it is missing."""
    try:
        data = pkgutil.get_data(_PACKAGE, _FILE)
    except OSError:
        data = None
    if data is None:
        raise BarsError(
            f"{_WHERE}: not installed; the demo's prices are in it: pip install 'flyball[demo]', "
            "or give prices of your own with --data FILE"
        )
    return data


def daily_bars(read_gz: Callable[[], bytes] = read_stocks) -> dict[str, list[Daily]]:
    """Every symbol's days, in order; `read_gz` gives the gzipped CSV. Raises BarsError when it is damaged."""
    try:
        text = gzip.decompress(read_gz()).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise BarsError(f"{_WHERE}: damaged ({error}); install bokeh_sampledata again") from None
    found: dict[str, list[Daily]] = {}
    rows = csv.DictReader(io.StringIO(text))
    for row in rows:
        try:
            first, high, low, last = (
                parse(row[name], PRICE_EXP) for name in ("Open", "High", "Low", "Close")
            )
            bar = Daily(int(row["Date"].replace("-", "")), first, high, low, last, int(row["Volume"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BarsError(
                f"{_WHERE}: line {rows.line_num}: {error!r}; install another bokeh_sampledata"
            ) from None
        days = found.setdefault(row["Ticker"], [])
        if not 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
            raise BarsError(f"{_WHERE}: line {rows.line_num}: open or close outside low to high: {row}")
        if days and days[-1].day >= bar.day:
            raise BarsError(f"{_WHERE}: line {rows.line_num}: {row['Ticker']} {bar.day} after {days[-1].day}")
        days.append(bar)
    if not found:
        raise BarsError(f"{_WHERE}: damaged (no rows); install bokeh_sampledata again")
    return found
