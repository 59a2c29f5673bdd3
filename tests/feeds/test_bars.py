"""Reading bars from CSV: columns found, times and prices exact, what is not said asked for."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.feeds.bars import Bar, BarsError, Loaded, Series, in_sessions, load
from flyball.kernel.units import show
from flyball.tables.calendar import session_on

NS = 1_000_000_000
OPEN = 1_460_727_000 * NS  # 2016-04-15 09:30 in New York, 13:30 UTC
MINUTE = 60 * NS


def read(text: str | bytes, **how: object) -> Loaded:
    data = text.encode() if isinstance(text, str) else text
    how.setdefault("stamp", "end")
    return load("prices/MSFT.csv", read_bytes={"prices/MSFT.csv": data}.__getitem__, **how)  # type: ignore[arg-type]


def two_minutes(header: str, first: str, second: str) -> str:
    return f"{header}\n{first}\n{second}\n"


PLAIN = two_minutes(
    "symbol,ts,open,high,low,close,volume",
    "MSFT,2016-04-15T13:31:00Z,55.30,55.31,55.25,55.26,1200",
    "MSFT,2016-04-15T13:32:00Z,55.26,55.40,55.26,55.39,900",
)
BARS = [
    Bar(OPEN + MINUTE, 5530, 5531, 5525, 5526, 1200),
    Bar(OPEN + 2 * MINUTE, 5526, 5540, 5526, 5539, 900),
]


def test_a_plain_file_is_read_as_integers() -> None:
    loaded = read(PLAIN)
    assert loaded.series == [Series("MSFT", 2, 60, BARS)]
    assert loaded.notes == ["bars of 60 s, the most frequent gap"]


@pytest.mark.parametrize(
    "text",
    [
        two_minutes(
            "Volume;Close;Low;High;Open;Date;Ticker",
            "1200;55.26;55.25;55.31;55.30;2016-04-15 13:31:00+00:00;MSFT",
            "900;55.39;55.26;55.40;55.26;2016-04-15 09:32-04:00;MSFT",
        ),
        two_minutes(
            "t,o,h,l,c,v", "1460727060,55.3,55.31,55.25,55.26,1200", "1460727120,55.26,55.4,55.26,55.39,900"
        ),
        two_minutes(
            "unix_ms,symbol,date,open,high,low,close,vol",
            "1460727060000,MSFT,never,55.3,55.31,55.25,55.26,1200.0",
            "1460727120000,MSFT,read,55.26,55.4,55.26,55.39,9e2",
        ),
        two_minutes(
            "TIMESTAMP\tOPEN\tHIGH\tLOW\tCLOSE\tVOLUME",
            "1460727060000000\t55.3\t55.31\t55.25\t55.26\t1200",
            "1460727120000000\t55.26\t55.4\t55.26\t55.39\t900",
        ),
        two_minutes(
            '\ufeff"time" | "open" | "high" | "low" | "close" | "volume"'.replace(" ", ""),
            "1460727060000000000|55.3|55.31|55.25|55.26|1200",
            "1460727120000000000|55.26|55.4|55.26|55.39|900",
        ),
        two_minutes(
            "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
            "2016-04-15,13:31:00Z,55.3,55.31,55.25,55.26,1200",
            "20160415,133200Z,55.26,55.4,55.26,55.39,900",
        ),
        two_minutes(
            "datetime,open,high,low,close,volume",
            "2016-04-15 13:31:00 UTC,5.530e1,+55.31,55.250000000,55.26,1200",
            "2016-04-15 13:32:00 UTC,55.26,55.4,55.26,55.39,900",
        ),
        "\n# made by hand\n#stamp=end, tz=UTC\n"
        + PLAIN.replace("Z,", ",").replace("\n", "\r\n")
        + "\r\n\r\n",
    ],
)
def test_other_names_orders_delimiters_and_times_say_the_same(text: str) -> None:
    assert read(text).series == [Series("MSFT", 2, 60, BARS)]


@pytest.mark.parametrize(
    ("zone", "first"), [("UTC", "13:31"), ("America/New_York", "09:31"), ("Asia/Kolkata", "19:01")]
)
def test_a_wall_clock_is_read_in_the_zone_stated(zone: str, first: str) -> None:
    second = first[:-1] + str(int(first[-1]) + 1)
    text = PLAIN.replace("T13:31:00Z", f"T{first}:00").replace("T13:32:00Z", f"T{second}:00")
    assert read(text, tz=zone).series[0].bars == BARS
    assert read(f"# tz={zone}\n{text}").series[0].bars == BARS


def test_a_wall_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(
        BarsError, match=r"MSFT.csv: its times have no zone.*--tz UTC or --tz America/New_York"
    ):
        read(PLAIN.replace("Z,", ","))


@pytest.mark.parametrize("zone", ["EDT", "New York", "", "../etc", "America"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(BarsError, match=r"no time zone .*; write UTC or a name like America/New_York"):
        read(PLAIN, tz=zone)


def test_a_zone_that_nobody_needs_is_noted() -> None:
    loaded = read(PLAIN, tz="America/New_York")
    assert loaded.series[0].bars == BARS
    assert "time zone America/New_York not needed: the times state their own" in loaded.notes


@pytest.mark.parametrize("wall", ["2016-11-06 01:30:00", "2016-03-13 02:30:00"])
def test_a_wall_clock_time_that_comes_twice_or_never_is_refused(wall: str) -> None:
    text = f"ts,open,high,low,close\n{wall},1,1,1,1\n2016-11-07 09:31,1,1,1,1\n"
    with pytest.raises(BarsError, match=f"line 2: time {wall} comes twice or not at all in America/New_York"):
        read(text, tz="America/New_York")
    assert read(text, tz="UTC", seconds=60).series[0].bars[1].end - OPEN > 0


def test_summer_and_winter_time_are_told_apart() -> None:
    text = "ts,open,high,low,close\n2016-11-04 16:00,1,1,1,1\n2016-11-07 16:00,1,1,1,1\n"
    first, second = read(text, tz="America/New_York", seconds=60).series[0].bars
    assert second.end - first.end == (3 * 24 + 1) * 3600 * NS
    assert [in_sessions(read(text, tz="America/New_York", seconds=60).series[0]).series.bars] == [
        [first, second]
    ]


# Whether a stamp is the start or the end of its bar


@pytest.mark.parametrize(("stamp", "shift"), [("end", 0), ("start", MINUTE)])
def test_bars_carry_their_end_whatever_the_stamp(stamp: str, shift: int) -> None:
    ends = [bar.end + shift for bar in BARS]
    assert [bar.end for bar in read(PLAIN, stamp=stamp).series[0].bars] == ends
    assert [bar.end for bar in read(f"# stamp={stamp}\n{PLAIN}", stamp=None).series[0].bars] == ends
    column = PLAIN.replace("volume", "volume,stamp").replace("00\n", f"00,{stamp.upper()}\n")
    assert [bar.end for bar in read(column, stamp=None).series[0].bars] == ends


def test_a_stamp_that_nobody_states_is_asked_for() -> None:
    with pytest.raises(
        BarsError,
        match=r"MSFT.csv: is a row's time the start .*give --stamp start\|end, or stamp = .* under \[feed\]",
    ):
        read(PLAIN, stamp=None)


@pytest.mark.parametrize(
    ("text", "stamp", "says"),
    [
        (f"# stamp=start\n{PLAIN}", "end", "stamp=start by the file itself, end by --stamp"),
        (f"# stamp=middle\n{PLAIN}", None, "stamp 'middle'; it is start or end"),
        (PLAIN, "middle", "stamp 'middle'; it is start or end"),
        (PLAIN.replace("volume", "volume,stamp").replace("00\n", "00,start\n"), "end", "'end', 'start'"),
        (PLAIN.replace("volume", "volume,stamp").replace("00\n", "00,13:31\n"), None, "'13:31'"),
        (
            PLAIN.replace("volume", "volume,stamp")
            .replace("1200\n", "1200,start\n")
            .replace("900\n", "900,end\n"),
            None,
            "'end', 'start'",
        ),
    ],
)
def test_contradictions_about_the_stamp_are_refused(text: str, stamp: str | None, says: str) -> None:
    with pytest.raises(BarsError, match=says):
        read(text, stamp=stamp)


# How long a bar is


@pytest.mark.parametrize(
    ("stamps", "seconds"),
    [
        ([0, 60, 120, 180], 60),
        ([0, 1, 2, 3, 60], 1),
        ([0, 300, 600, 86_400, 86_700], 300),
        ([0, 60, 360, 420, 86_400 * 3, 86_400 * 3 + 60], 60),  # an illiquid name
        ([0, 86_400, 86_400 * 2, 86_400 * 5], 86_400),
        ([0, 60, 180], 60),  # as often: the shorter
    ],
)
def test_the_most_frequent_gap_is_the_length(stamps: list[int], seconds: int) -> None:
    text = "unix,o,h,l,c\n" + "".join(f"{1_460_727_060 + s},1,1,1,1\n" for s in stamps)
    series = read(text, stamp="start").series[0]
    assert series.seconds == seconds
    assert [bar.end for bar in series.bars] == [(1_460_727_060 + s + seconds) * NS for s in stamps]


def test_the_length_is_found_over_all_symbols() -> None:
    rows = [("A", 0), ("A", 60), ("A", 120), ("A", 180), ("B", 0), ("B", 300), ("B", 600)]
    text = "symbol,unix,o,h,l,c\n" + "".join(f"{name},{1_460_727_060 + s},1,1,1,1\n" for name, s in rows)
    assert [(series.symbol, series.seconds) for series in read(text).series] == [("A", 60), ("B", 60)]


@pytest.mark.parametrize("stamps", [[0], [0, 86_401], [0, 0.5, 1]])
def test_a_length_that_cannot_be_seen_is_asked_for(stamps: list[float]) -> None:
    text = "unix,o,h,l,c\n" + "".join(f"{1_460_727_060 + s},1,1,1,1\n" for s in stamps)
    with pytest.raises(BarsError, match="how long a bar is; give seconds="):
        read(text)
    assert read(text, seconds=1).series[0].seconds == 1


def test_bars_that_overlap_make_the_length_doubtful() -> None:
    stamps = [0, 5, 35, 65, 66, 67, 97]
    text = "unix,o,h,l,c\n" + "".join(f"{1_460_727_060 + s},1,1,1,1\n" for s in stamps)
    with pytest.raises(
        BarsError, match=r"3 of 6 bars follow sooner than 30 s after the one before.*give seconds="
    ):
        read(text)
    assert "3 of 6 bars follow sooner than 30 s after the one before" in read(text, seconds=30).notes
    assert read(text, seconds=1).notes == [
        "symbol MSFT taken from the file's name",
        "no volume column: every volume is 0",
    ]


@pytest.mark.parametrize("seconds", [0, -60, 86_401])
def test_a_length_out_of_bounds_is_refused(seconds: int) -> None:
    with pytest.raises(BarsError, match=f"bars of {seconds} s; a bar is between 1 s and 86400 s"):
        read(PLAIN, seconds=seconds)


# Symbols


def test_a_file_of_one_symbol_is_named_by_the_caller_or_by_its_name() -> None:
    text = PLAIN.replace("symbol,", "").replace("MSFT,", "")
    by_name, by_caller = read(text), read(text, symbol="BRK.B")
    assert by_name.series == [Series("MSFT", 2, 60, BARS)]
    assert "symbol MSFT taken from the file's name" in by_name.notes
    assert by_caller.series == [Series("BRK.B", 2, 60, BARS)]
    assert not any("symbol" in note for note in by_caller.notes)


def test_a_symbol_may_not_override_the_files_own() -> None:
    with pytest.raises(BarsError, match="has a column for the symbol; choose with symbols="):
        read(PLAIN, symbol="AAPL")


def test_symbols_select_and_come_in_alphabetical_order() -> None:
    more = PLAIN + PLAIN.partition("\n")[2].replace("MSFT", "AAPL") + "IBM,now,wrong,row,but,not,asked for\n"
    loaded = read(more, symbols=["MSFT", "AAPL"])
    assert [series.symbol for series in loaded.series] == ["AAPL", "MSFT"]
    assert [series.bars for series in loaded.series] == [BARS, BARS]
    with pytest.raises(BarsError, match="no bars of GE, XOM; it has AAPL, IBM, MSFT"):
        read(more, symbols=["XOM", "GE", "AAPL"])


def test_every_symbol_has_the_exponent_its_own_prices_need() -> None:
    text = (
        "symbol,unix,o,h,l,c\n"
        "CENTS,1460727060,1.5,1.5,1.5,1.5\nCENTS,1460727120,1,1,1,1\n"
        "MILLS,1460727060,1.555,1.555,1.5,1.5\nPIPS,1460727060,1.2345,1.2345,1.2345,1.2345\n"
        "FIVE,1460727060,0.00001,0.00002,0.00001,0.00002\nEIGHT,1460727060,0.00000001,1,0.00000001,1\n"
        "ROUND,1460727060,1000,1000,1000,1000\n"
    )
    found = {series.symbol: (series.price_exp, series.bars[0].open) for series in read(text).series}
    assert found == {
        "CENTS": (2, 150),
        "MILLS": (4, 15550),
        "PIPS": (4, 12345),
        "FIVE": (5, 1),
        "EIGHT": (8, 1),
        "ROUND": (2, 100_000),
    }


# Anything written is read again, in any order


@st.composite
def bars_in_any_order(draw: st.DrawFn) -> tuple[list[Bar], list[Bar], int]:
    exp = draw(st.integers(0, 8))
    price = st.integers(1, 10**9)
    ends = draw(st.lists(st.integers(0, 10_000), min_size=2, max_size=20, unique=True))
    bars = []
    for minute in sorted({*ends, 20_000, 20_001, *range(20_002, 20_002 + len(ends))}):
        low, first, last, high = sorted(draw(st.tuples(price, price, price, price)))
        if draw(st.booleans()):
            first, last = last, first
        bars.append(Bar(OPEN + minute * MINUTE, first, high, low, last, draw(st.integers(0, 10**12))))
    return bars, draw(st.permutations(bars)), exp


@given(bars_in_any_order())
def test_what_is_written_is_read(made: tuple[list[Bar], list[Bar], int]) -> None:
    bars, shuffled, exp = made
    lines = [
        f"{bar.end // NS},{bar.volume},"
        + ",".join(show(price, exp) for price in (bar.low, bar.high, bar.close, bar.open))
        for bar in shuffled
    ]
    series = read("unix,volume,low,high,close,open\n" + "\n".join(lines)).series[0]
    unit = 10 ** abs(series.price_exp - exp)
    assert series.seconds == 60
    for bar, back in zip(bars, series.bars, strict=True):
        assert (back.end, back.volume) == (bar.end, bar.volume)
        for meant, got in zip(bar[1:5], back[1:5], strict=True):
            assert (got == meant * unit) if series.price_exp >= exp else (got * unit == meant)


# Size


def test_a_long_file_is_read_in_seconds_and_says_how_far_it_is() -> None:
    rows = 100_000
    lines = ["ts,open,high,low,close,volume"]
    for minute in range(rows):
        price = 5_000 + minute * 7 % 997
        prices = f"{price / 100},{price / 100 + 1},{price / 100 - 1},{price / 100}"
        lines.append(f"{1_460_727_060 + 60 * minute},{prices},{minute}")
    seen: list[tuple[str, int, int]] = []
    data = "\n".join(lines).encode()
    started = time.process_time()
    loaded = load(
        "long.csv", read_bytes=lambda _: data, stamp="end", progress=lambda *said: seen.append(said)
    )
    assert (
        time.process_time() - started < 3
    )  # 10 s a million bars, and three times the room for a slow machine
    assert len(loaded.series[0].bars) == rows
    assert seen == [("reading", 50_000, rows), ("reading", 100_000, rows), ("reading", rows, rows)]


def test_recorded_us_minutes_are_read_whole(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("us_minute_2016_msft_aapl") / "bars_1m.parquet"
    started = time.process_time()
    loaded = load(str(path), read_bytes=lambda name: Path(name).read_bytes(), stamp="end")
    assert time.process_time() - started < 2
    assert [(series.symbol, series.price_exp, series.seconds) for series in loaded.series] == [
        ("AAPL", 4, 60),
        ("MSFT", 4, 60),
    ]
    for series in loaded.series:
        kept = in_sessions(series)
        assert (len(kept.series.bars), kept.outside_hours, kept.closed_days) == (21 * 391, 0, 0)
        session = session_on(20160415)
        assert session is not None
        assert kept.series.bars[0].end == session.open  # the opening print
        assert kept.series.bars[390].end == session.close
