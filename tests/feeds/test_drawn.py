"""Drawn sessions over the real daily bars of September and October 2008, and what is refused."""

import gzip
import hashlib
import sys
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from flyball.feeds.bars import in_sessions
from flyball.feeds.drawn import (
    DRAWN_LABEL,
    FIRST_DAY,
    SESSIONS,
    SYMBOLS,
    Daily,
    daily_bars,
    drawn_sessions,
    read_stocks,
)
from flyball.feeds.series import Bar, Series
from flyball.feeds.table import BarsError
from flyball.tables.calendar import OutOfTable, day_of, session_on, sessions_between

HEADER = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close\n"


def packed(text: str) -> Callable[[], bytes]:
    return lambda: gzip.compress(text.encode())


def as_daily(series: Series) -> list[Daily]:
    """The days of a series, put together again from its minutes."""
    days = []
    for day, group in groupby(series.bars, key=lambda bar: day_of(bar.end)):
        bars: list[Bar] = list(group)
        high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
        days.append(Daily(day, bars[0].open, high, low, bars[-1].close, sum(bar.volume for bar in bars)))
    return days


def test_21_sessions_of_september_and_october_2008_are_the_real_ones() -> None:
    real = daily_bars()
    days = [session.day for session in sessions_between(FIRST_DAY, 20081013)]
    assert (len(days), SESSIONS, days[0], days[-1]) == (21, 21, 20080915, 20081013)
    series = drawn_sessions(SYMBOLS, FIRST_DAY, SESSIONS, 1)
    assert [one.symbol for one in series] == ["MSFT", "AAPL", "IBM"]
    for one in series:
        assert (one.price_exp, one.seconds, len(one.bars)) == (4, 60, 21 * 390)
        assert as_daily(one) == [bar for bar in real[one.symbol] if bar.day in days]
        assert in_sessions(one) == (one, 0, 0)
    # read off the file: MSFT on 2008-09-15
    assert as_daily(series[0])[0] == Daily(20080915, 269_200, 274_900, 267_300, 268_200, 82_349_400)


def test_half_days_have_210_minutes() -> None:
    (series,) = drawn_sessions(["IBM"], 20081126, 3, 5)
    per_day = {day: len(list(bars)) for day, bars in groupby(series.bars, key=lambda bar: day_of(bar.end))}
    assert per_day == {20081126: 390, 20081128: 210, 20081201: 390}
    half = session_on(20081128)
    assert half is not None
    assert [bar.end for bar in series.bars if day_of(bar.end) == 20081128][-1] == half.close


def test_a_day_is_the_same_whatever_is_drawn_beside_it() -> None:
    together = drawn_sessions(SYMBOLS, FIRST_DAY, SESSIONS, 7)
    (alone,) = drawn_sessions(["IBM"], 20081001, 3, 7)
    days = {20081001, 20081002, 20081003}
    assert alone.bars == [bar for bar in together[2].bars if day_of(bar.end) in days]


def test_the_paths_are_the_same_on_every_machine() -> None:
    digest = hashlib.sha256()
    for series in drawn_sessions(SYMBOLS, FIRST_DAY, SESSIONS, 1):
        for bar in series.bars:
            digest.update(repr(tuple(bar)).encode())
    assert digest.hexdigest() == "8b2798af9e25d70383f598e028e8f09654c4380d29ca8c4eae30c0e80f6b9cf5"


def test_the_label_says_what_is_real_and_what_is_drawn() -> None:
    assert DRAWN_LABEL == "real daily open, high, low and close; minutes drawn"


def test_every_real_day_within_the_calendar_can_be_drawn() -> None:
    real = daily_bars()
    assert set(real) >= set(SYMBOLS)
    days = [session.day for session in sessions_between(20050301, 20130301)]
    for symbol in SYMBOLS:
        assert [bar.day for bar in real[symbol] if bar.day >= 20050301] == days
    (series,) = drawn_sessions(["IBM"], 20050301, 250, 3)
    assert as_daily(series) == [bar for bar in real["IBM"] if bar.day >= 20050301][:250]


def test_a_split_is_not_drawn_as_a_crash() -> None:
    with pytest.raises(
        BarsError, match="AAPL was split on 20050228 and its prices are unadjusted; choose sessions"
    ):
        drawn_sessions(["AAPL"], 20050225, 2, 1)
    assert len(drawn_sessions(["AAPL"], 20050225, 1, 1)[0].bars) == 390
    assert len(drawn_sessions(["AAPL"], 20050228, 2, 1)[0].bars) == 780


def test_no_other_day_jumps_as_a_split_would() -> None:
    for symbol, bars in daily_bars().items():
        within = [bar for bar in bars if bar.day >= 20050103]
        jumps = [after.day for before, after in pairwise(within) if after.open * 5 < before.close * 3]
        assert jumps == ([20050228] if symbol == "AAPL" else [])


@pytest.mark.parametrize(
    ("symbols", "first_day", "says"),
    [
        (["XOM"], 20080915, "no daily bars of XOM; there are AAPL, FB, GOOG, IBM, MSFT"),
        (["FB"], 20080915, "no daily bar of FB on 20080915; there are bars from 20120518 to 20130301"),
        (["IBM"], 20130228, "no daily bar of IBM on 20130304; there are bars from 20000301 to 20130301"),
    ],
)
def test_days_and_symbols_that_are_not_there_are_named(symbols: list[str], first_day: int, says: str) -> None:
    with pytest.raises(BarsError, match=says):
        drawn_sessions(symbols, first_day, 3, 1)


def test_days_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(OutOfTable, match="update flyball"):
        drawn_sessions(["IBM"], 20040102, 3, 1)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bokeh_sampledata", None)
    with pytest.raises(
        BarsError, match=r"not installed.*pip install 'flyball\[demo\]', or give prices of your own"
    ):
        read_stocks()


def test_a_package_without_the_file_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bokeh_sampledata").mkdir()
    (tmp_path / "bokeh_sampledata" / "__init__.py").write_text("")
    monkeypatch.delitem(sys.modules, "bokeh_sampledata", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BarsError, match=r"not installed.*pip install 'flyball\[demo\]'"):
        drawn_sessions(["IBM"], 20080915, 1, 1)
    monkeypatch.delitem(sys.modules, "bokeh_sampledata")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("IBM,2008-09-16,1.0,2.0,1.5,1.6,1,1", "line 3: open or close outside low to high"),
        ("IBM,2008-09-16,1.0,2.0,0,1.6,1,1", "line 3: open or close outside low to high"),
        ("IBM,2008-09-15,1.0,2.0,0.5,1.6,1,1", "line 3: IBM 20080915 after 20080915"),
        ("IBM,2008-09-16,1.00001,2.0,0.5,1.6,1,1", "line 3: .*has more than 4 decimals.*install another"),
        ("IBM,2008-09-16,1.0,2.0,0.5,nan,1,1", "line 3: .*not a plain decimal number"),
        ("IBM,2008-09-16,1.0", "line 3: .*install another bokeh_sampledata"),
    ],
)
def test_a_wrong_row_is_refused(row: str, says: str) -> None:
    text = HEADER + "IBM,2008-09-15,1.0,2.0,0.5,1.6,1,1\n"
    assert daily_bars(packed(text)) == {"IBM": [Daily(20080915, 10_000, 20_000, 5_000, 16_000, 1)]}
    with pytest.raises(BarsError, match=says):
        daily_bars(packed(text + row + "\n"))


@pytest.mark.parametrize(
    "data", [b"", b"Ticker,Date", gzip.compress(b"x" * 1000, mtime=0)[:-9], gzip.compress(b"\xff", mtime=0)]
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(BarsError, match=r"damaged .*; install bokeh_sampledata again"):
        daily_bars(lambda: data)


def test_flipped_bits_inside_are_seen() -> None:
    data = bytearray(gzip.compress((HEADER + "IBM,2008-09-15,1.0,2.0,0.5,1.6,1,1\n").encode()))
    data[20] ^= 0xFF
    with pytest.raises(BarsError, match="damaged"):
        daily_bars(lambda: bytes(data))
