"""Reading bars from Parquet: every type a time or a price may have, and what the file says of itself."""

import sys
from pathlib import Path

import duckdb
import pytest

from flyball.feeds.bars import Bar, BarsError, Loaded, Series, load

NS = 1_000_000_000
OPEN = 1_460_727_000 * NS  # 2016-04-15 09:30 in New York, 13:30 UTC
BARS = [
    Bar(OPEN + 60 * NS, 5530, 5531, 5525, 5526, 1200),
    Bar(OPEN + 120 * NS, 5526, 5540, 5526, 5539, 900),
]
COLUMNS = "'MSFT' AS symbol, {time} AS ts, {prices}, volume"


def write(path: Path, time: str, *, price: str = "DOUBLE", columns: str = COLUMNS, said: str = "") -> str:
    """A file of the two bars. `time` is SQL on `moment`, naive and in UTC; `said` goes into the metadata."""
    prices = ", ".join(f"{name}::{price} AS {name}" for name in ("open", "high", "low", "close"))
    duckdb.execute(
        f"""COPY (
            SELECT {columns.format(time=time, prices=prices)} FROM (VALUES
                (TIMESTAMP '2016-04-15 13:31:00', 55.30, 55.31, 55.25, 55.26, 1200),
                (TIMESTAMP '2016-04-15 13:32:00', 55.26, 55.40, 55.26, 55.39, 900)
            ) AS bars(moment, open, high, low, close, volume)
        ) TO '{path}' (FORMAT parquet{", KV_METADATA {" + said + "}" if said else ""})"""
    )
    return str(path)


def read(path: str, **how: object) -> Loaded:
    how.setdefault("stamp", "end")
    return load(path, read_bytes=lambda name: Path(name).read_bytes(), **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "time",
    [
        "timezone('UTC', moment)",
        "epoch_us(moment)",
        "epoch_ms(moment)",
        "epoch_ns(moment)",
        "epoch(moment)",
        "epoch(moment)::UINTEGER",
        "strftime(moment, '%Y-%m-%dT%H:%M:%SZ')",
        "strftime(moment, '%Y-%m-%d %H:%M:%S+00:00')",
    ],
)
def test_an_instant_of_any_type_is_read(tmp_path: Path, time: str) -> None:
    assert read(write(tmp_path / "bars.parquet", time)).series == [Series("MSFT", 2, 60, BARS)]


@pytest.mark.parametrize("type_", ["TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"])
def test_a_naive_timestamp_needs_its_zone(tmp_path: Path, type_: str) -> None:
    utc = write(tmp_path / "utc.parquet", f"moment::{type_}")
    new_york = write(tmp_path / "new_york.parquet", f"(moment - INTERVAL 4 HOUR)::{type_}")
    assert read(utc, tz="UTC").series[0].bars == BARS
    assert read(new_york, tz="America/New_York").series[0].bars == BARS
    with pytest.raises(BarsError, match="its times have no zone; say whose clock they show: --tz UTC"):
        read(utc)


def test_a_date_and_a_time_of_day_are_put_together(tmp_path: Path) -> None:
    columns = "'MSFT' AS symbol, moment::DATE AS date, moment::TIME AS time, {prices}, volume"
    path = write(tmp_path / "bars.parquet", "", columns=columns)
    assert read(path, tz="UTC").series == [Series("MSFT", 2, 60, BARS)]


@pytest.mark.parametrize("price", ["DOUBLE", "FLOAT", "DECIMAL(12, 4)", "DECIMAL(38, 10)", "VARCHAR"])
def test_prices_of_any_type_are_exact(tmp_path: Path, price: str) -> None:
    loaded = read(write(tmp_path / "bars.parquet", "epoch(moment)", price=price))
    assert loaded.series == [Series("MSFT", 2, 60, BARS)]
    assert loaded.notes == ["bars of 60 s, the most frequent gap"]


def test_what_arithmetic_left_in_a_double_is_rounded_with_a_note(tmp_path: Path) -> None:
    close = "CASE WHEN volume = 1200 THEN 55.260000000000005::DOUBLE ELSE close END AS close"
    columns = f"moment AS ts, open, high, low, {close}, volume::DOUBLE AS volume"
    path = write(tmp_path / "MSFT.parquet", "", columns=columns)
    loaded = read(path, tz="UTC")
    assert loaded.series == [Series("MSFT", 2, 60, BARS)]
    assert "1 prices with more than 8 decimals, rounded to 8" in loaded.notes


def test_the_file_may_state_the_stamp_and_the_zone(tmp_path: Path) -> None:
    path = write(tmp_path / "bars.parquet", "moment", said="stamp: 'start', tz: 'UTC', made: 'by hand'")
    assert [bar.end for bar in read(path, stamp=None).series[0].bars] == [bar.end + 60 * NS for bar in BARS]
    with pytest.raises(BarsError, match="stamp=start by the file itself, end by --stamp"):
        read(path)
    with pytest.raises(BarsError, match="tz=UTC by the file itself, America/New_York by --tz"):
        read(path, stamp="start", tz="America/New_York")


def test_parquet_is_known_by_what_it_is_whatever_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "bars.data", "epoch(moment)")
    assert read(path).series[0].bars == BARS


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("NULL::DOUBLE", "row 1: price missing"),
        ("'nan'::DOUBLE", "row 1: price 'nan' is no number"),
        ("'inf'::DOUBLE", "row 1: price 'inf' is no number"),
        ("-0.0::DOUBLE", "row 1: open -0.0, high"),
    ],
)
def test_wrong_rows_are_counted_from_one(tmp_path: Path, cell: str, says: str) -> None:
    columns = "'MSFT' AS symbol, epoch(moment) AS ts, {prices}, volume".replace(
        "{prices}", f"{cell} AS open, high, low, close"
    )
    with pytest.raises(BarsError, match="2 wrong rows") as caught:
        read(write(tmp_path / "bars.parquet", "", columns=columns))
    assert says in str(caught.value)


def test_a_null_time_is_a_wrong_row(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match="row 1: no time"):
        read(write(tmp_path / "bars.parquet", "NULL::TIMESTAMP"), tz="UTC")


def test_columns_with_odd_names_are_no_trap(tmp_path: Path) -> None:
    columns = COLUMNS + ', 1 AS "a ""b"" c"'
    loaded = read(write(tmp_path / "bars.parquet", "epoch(moment)", columns=columns))
    assert loaded.series[0].bars == BARS
    assert 'columns not used: a "b" c' in loaded.notes


@pytest.mark.parametrize("name", ["bars*.parquet", "s3://bucket/bars.parquet", "https://host/bars.parquet"])
def test_only_one_file_of_this_machine_is_read(name: str) -> None:
    with pytest.raises(BarsError, match="one file on this machine is needed"):
        read(name)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "bars.parquet"
    wrong.write_text("ts,open,high,low,close\n")
    with pytest.raises(BarsError, match=f"{wrong}: duckdb cannot read it as Parquet: "):
        read(str(wrong))
    with pytest.raises(BarsError, match=r"missing.parquet: duckdb cannot read it as Parquet: "):
        read(str(tmp_path / "missing.parquet"))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "bars.parquet", "epoch(moment)"))
    data = bytearray(path.read_bytes())
    data[4:60] = bytes(56)
    path.write_bytes(data)
    with pytest.raises(BarsError, match=r"bars.parquet: (after row 0|duckdb cannot read)"):
        read(str(path))


def test_without_duckdb_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "bars.parquet", "epoch(moment)")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(
        BarsError, match=r"Parquet needs duckdb: pip install 'flyball\[parquet\]', or give CSV"
    ):
        read(path)
