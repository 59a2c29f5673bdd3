"""Corners of reading cells that whole files rarely reach: long columns, odd units, what is remembered."""

from zoneinfo import ZoneInfo

import pytest

from flyball.feeds import prices, stamps
from flyball.feeds.prices import decimal_of, exponent_for, price_reader, volume_reader
from flyball.feeds.stamps import NoTimeZone, Stamps

NS = 1_000_000_000
UTC = ZoneInfo("UTC")


def test_what_is_forgotten_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "REMEMBERED", 3)
    monkeypatch.setattr(prices, "REMEMBERED", 3)
    times, numbers = Stamps("plain", None, None), price_reader()
    for _ in range(2):
        for second in range(10):
            assert times[str(1_460_727_060 + second)] == (1_460_727_060 + second) * NS
            assert numbers[f"{second}.5"] == second * 10**8 + 5 * 10**7
    assert len(times) <= 3
    assert len(numbers) <= 3


@pytest.mark.parametrize(
    ("cell", "unit", "ns"),
    [
        ("631152000", None, 631_152_000 * NS),  # 1990
        ("4102444799", None, 4_102_444_799 * NS),  # the last second of 2099
        ("1460727060.25", None, 1_460_727_060 * NS + NS // 4),
        (1460727060, None, 1_460_727_060 * NS),
        (1460727060.5, None, 1_460_727_060 * NS + NS // 2),
        ("1460727060000", "ms", 1_460_727_060 * NS),
        (" 2016-04-15T13:31:00.000000001Z ", None, 1_460_727_060 * NS),  # finer than a microsecond is cut
        ("2016-04-15T13:31:00.5+05:30", None, 1_460_727_060 * NS + NS // 2 - 19_800 * NS),
        ("20160415", None, 1_460_678_400 * NS),  # eight digits are a date
    ],
)
def test_times_are_read(cell: str | float, unit: str | None, ns: int) -> None:
    assert Stamps("plain", unit, UTC)[cell] == ns


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("631151999", None),
        ("4102444800", None),
        ("0", None),
        ("1460727060", "ms"),
        ("2016-04-15T13:31:00Z", "s"),
        ("nan", "s"),
        (float("nan"), None),
        (float("inf"), None),
        ("noon", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_no_time_is_refused(cell: str | float | None, unit: str | None) -> None:
    with pytest.raises(ValueError, match="time"):
        Stamps("plain", unit, UTC)[cell]


def test_only_a_wall_clock_asks_for_a_zone() -> None:
    times = Stamps("plain", None, None)
    assert times["2016-04-15T13:31:00Z"] == 1_460_727_060 * NS
    assert not times.wall_clock
    with pytest.raises(NoTimeZone):
        times["2016-04-15T13:31:00"]
    assert times.wall_clock


@pytest.mark.parametrize(
    ("cell", "number"),
    [("1", "1"), (" 1.50 ", "1.50"), (0.1, "0.1"), (1e-8, "1E-8"), (7, "7"), ("+.5", "0.5"), ("-3", "-3")],
)
def test_numbers_are_taken_as_written(cell: str | float, number: str) -> None:
    assert str(decimal_of(cell)) == number


def test_prices_round_half_to_even_and_volumes_down() -> None:
    reader, volumes = price_reader(), volume_reader()
    assert [reader[f"0.00000000{digit}"] for digit in (4, 5, 6)] == [0, 0, 1]
    assert reader["0.000000015"] == 2
    assert reader["0.000000015"] == 2
    assert reader.rounded == 5
    assert [volumes["1.999"], volumes["-0.1"], volumes["2"]] == [1, -1, 2]
    assert volumes.rounded == 2


@pytest.mark.parametrize(
    ("common", "exp"),
    [(0, 2), (10**8, 2), (10**6, 2), (10**5, 4), (10**4, 4), (10**3, 5), (100, 6), (10, 7), (1, 8), (7, 8)],
)
def test_the_exponent_is_the_least_that_is_exact(common: int, exp: int) -> None:
    assert exponent_for(common) == exp
