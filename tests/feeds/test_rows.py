"""What is dropped, sorted or rounded is noted; what is wrong refuses the file and is shown."""

import pytest

from flyball.feeds.bars import Bar, BarsError, Loaded, load

NS = 1_000_000_000
OPEN = 1_460_727_000 * NS  # 2016-04-15 09:30 in New York, 13:30 UTC
MINUTE = 60 * NS


def read(text: str | bytes, **how: object) -> Loaded:
    data = text.encode() if isinstance(text, str) else text
    how.setdefault("stamp", "end")
    return load("prices/MSFT.csv", read_bytes={"prices/MSFT.csv": data}.__getitem__, **how)  # type: ignore[arg-type]


PLAIN = """symbol,ts,open,high,low,close,volume
MSFT,2016-04-15T13:31:00Z,55.30,55.31,55.25,55.26,1200
MSFT,2016-04-15T13:32:00Z,55.26,55.40,55.26,55.39,900
"""
BARS = [
    Bar(OPEN + MINUTE, 5530, 5531, 5525, 5526, 1200),
    Bar(OPEN + 2 * MINUTE, 5526, 5540, 5526, 5539, 900),
]


def test_rows_out_of_order_are_sorted_with_a_note() -> None:
    header, first, second = PLAIN.splitlines()
    loaded = read("\n".join((header, second, first)))
    assert loaded.series[0].bars == BARS
    assert "1 rows out of order, sorted" in loaded.notes


def test_exact_copies_are_dropped_with_a_note() -> None:
    header, first, second = PLAIN.splitlines()
    loaded = read("\n".join((header, first, second, first, second, first)))
    assert loaded.series[0].bars == BARS
    assert "3 exact copies of rows dropped" in loaded.notes


def test_more_than_eight_decimals_are_rounded_with_a_note() -> None:
    text = "unix,o,h,l,c\n1460727060,1.000000005,1.000000015,1,1.000000005\n1460727120,1,1,1,1\n"
    loaded = read(text)
    assert loaded.series[0].bars[0][1:5] == (100_000_000, 100_000_002, 100_000_000, 100_000_000)
    assert "3 prices with more than 8 decimals, rounded to 8" in loaded.notes


def test_parts_of_a_unit_are_cut_with_a_note() -> None:
    loaded = read(PLAIN.replace(",900", ",900.999999999"))
    assert loaded.series[0].bars == BARS
    assert "1 volumes with parts of a unit, rounded down to whole units" in loaded.notes


def test_a_file_without_volume_and_with_more_columns_is_read_with_a_note() -> None:
    loaded = read(PLAIN.replace("volume", "Adj Close"))
    assert [bar.volume for bar in loaded.series[0].bars] == [0, 0]
    assert "columns not used: Adj Close" in loaded.notes
    assert "no volume column: every volume is 0" in loaded.notes


@pytest.mark.parametrize(
    ("row", "kind", "shown"),
    [
        (
            "MSFT,2016-04-15T13:33:00Z,55,56,54",
            "with more or fewer cells",
            "more or fewer cells than the header",
        ),
        ("MSFT,2016-04-15T13:33:00Z,55,56,54,55,1,1", "with more or fewer cells", "than the header"),
        (",2016-04-15T13:33:00Z,55,56,54,55,1", "without a symbol", "no symbol"),
        ("MSFT,,55,56,54,55,1", "with an unreadable time", "no time"),
        (
            "MSFT,04/15/2016 09:33,55,56,54,55,1",
            "with an unreadable time",
            "'04/15/2016 09:33' is neither ISO 8601",
        ),
        (
            "MSFT,20160415133300,55,56,54,55,1",
            "with an unreadable time",
            "no number since 1970 between 1990 and",
        ),
        ("MSFT,2016-04-15T13:33:00Z,,56,54,55,1", "with an unreadable price", "price missing"),
        ("MSFT,2016-04-15T13:33:00Z,nan,56,54,55,1", "with an unreadable price", "price 'nan' is no number"),
        ("MSFT,2016-04-15T13:33:00Z,55,inf,54,55,1", "with an unreadable price", "price 'inf' is no number"),
        (
            "MSFT,2016-04-15T13:33:00Z,55,56,five,55,1",
            "with an unreadable price",
            "price 'five' is no number",
        ),
        ("MSFT,2016-04-15T13:33:00Z,55,56,54,5_5,1", "with an unreadable price", "price '5_5' is no number"),
        ("MSFT,2016-04-15T13:33:00Z,55,1e15,54,55,1", "with an unreadable price", "price 1e15 is too large"),
        (
            "MSFT,2016-04-15T13:33:00Z,0,56,0,55,1",
            "with a price that is not above zero",
            "open 0, high 56, low 0",
        ),
        ("MSFT,2016-04-15T13:33:00Z,-1,56,-2,55,1", "with a price that is not above zero", "open -1"),
        ("MSFT,2016-04-15T13:33:00Z,55,54,56,55,1", "with a high below the low", "high 54, low 56"),
        ("MSFT,2016-04-15T13:33:00Z,57,56,54,55,1", "with an open or close outside low to high", "open 57"),
        ("MSFT,2016-04-15T13:33:00Z,53,56,54,55,1", "with an open or close outside low to high", "open 53"),
        (
            "MSFT,2016-04-15T13:33:00Z,55,56,54,56.01,1",
            "with an open or close outside low to high",
            "close 56.01",
        ),
        (
            "MSFT,2016-04-15T13:33:00Z,55,56,54,53.99,1",
            "with an open or close outside low to high",
            "close 53.99",
        ),
        ("MSFT,2016-04-15T13:33:00Z,55,56,54,55,-1", "with a negative volume", "volume -1"),
        (
            "MSFT,2016-04-15T13:33:00Z,55,56,54,55,nan",
            "with an unreadable volume",
            "volume 'nan' is no number",
        ),
        (
            "MSFT,2016-04-15T13:32:00Z,55,56,54,55,1",
            "with a time their symbol had before",
            "the time of line 3",
        ),
    ],
)
def test_a_wrong_row_refuses_the_file_and_is_shown(row: str, kind: str, shown: str) -> None:
    with pytest.raises(BarsError) as caught:
        read(PLAIN + row + "\n")
    assert f"MSFT.csv: 1 wrong rows: 1 {kind}" in str(caught.value)
    assert "\n  line 4: " in str(caught.value)
    assert shown in str(caught.value)
    assert "nothing was loaded" in str(caught.value)


def test_all_wrong_rows_are_counted_and_the_first_few_shown() -> None:
    text = (
        "# one line above\n" + PLAIN + "MSFT,2016-04-15T13:33:00Z,1,1,1,0,1\n\n" * 7 + "MSFT,then,1,1,1,1,1\n"
    )
    with pytest.raises(BarsError) as caught:
        read(text)
    lines = str(caught.value).splitlines()
    assert "8 wrong rows: 7 with a price that is not above zero, 1 with an unreadable time" in lines[0]
    assert [line.split(":")[0].strip() for line in lines[1:-1]] == [f"line {n}" for n in (5, 7, 9, 11, 13)]


def test_numbers_since_1970_keep_one_unit() -> None:
    with pytest.raises(
        BarsError, match="line 3: time 1460727120000 is no number in s since 1970, as the column's"
    ):
        read("ts,o,h,l,c\n1460727060,1,1,1,1\n1460727120000,1,1,1,1\n")
    with pytest.raises(BarsError, match="line 2: time 1460727060 is no number in ms since 1970"):
        read("ts_ms,o,h,l,c\n1460727060,1,1,1,1\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty; a header line"),
        ("\n\n# only remarks\n", "empty; a header line"),
        ("ts,open,high,low,close\n", "no bars; a header line and rows"),
        ("1460727060,55.3,55.31,55.25,55.26,1200\n", "line 1 holds numbers; put a line before it"),
        ("ts,open,high,low,last\n1,1,1,1,1\n", "no column close; its columns are ts, open, high, low, last"),
        ("when,open,high,low,close\n1,1,1,1,1\n", "no column for the time; its columns are when, open"),
        ("ts,open,high,low,close,c\n1,1,1,1,1,1\n", "two columns for close, 'close' and 'c'"),
        ("ts,timestamp,open,high,low,close\n1,1,1,1,1,1\n", "two columns for time, 'ts' and 'timestamp'"),
        ("timestamp,time,open,high,low,close\n1,1,1,1,1,1\n", "two columns for time, 'timestamp' and 'time'"),
        (b"ts,open,high,low,close\n\xff\xfe\n", "not UTF-8 text; bars are read from CSV and from Parquet"),
        (b"\x1f\x8b\x08\x00rubbish\xff", "not UTF-8 text"),
        ('ts,open,high,low,close\n"' + "9" * 200_000 + '",1,1,1,1\n', "field larger than field limit"),
    ],
)
def test_what_is_no_file_of_bars_is_refused_with_a_remedy(text: str | bytes, says: str) -> None:
    with pytest.raises(BarsError, match=r"MSFT.csv: ") as caught:
        read(text)
    assert says in str(caught.value)


def test_rubbish_far_into_a_file_is_refused_too() -> None:
    data = PLAIN.encode() + b"MSFT,2016-04-15T13:33:00Z,55,56,54,55,1\n" * 5_000 + b"\xff\xfe\n"
    with pytest.raises(BarsError, match=r"MSFT\.csv: not UTF-8 text"):
        read(data)
