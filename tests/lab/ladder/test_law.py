"""The exchange's rules written out: days a person can check, and the table day for day."""

from datetime import date

import pytest

from flyball.lab.ladder import law
from flyball.lab.ladder.sweep import misprinted


def test_the_table_is_what_the_rules_say_on_every_day():
    assert list(misprinted(law.FIRST_YEAR, law.LAST_YEAR)) == []


@pytest.mark.parametrize(
    "day",
    [
        *("2015-07-03", "2018-12-05", "2021-12-24", "2022-06-20", "2024-03-29", "2025-01-09", "2026-07-03"),
        *("2027-06-18", "2028-04-14", "2028-11-23", "2026-11-28"),
    ],
)
def test_shut(day):
    assert law.hours(date.fromisoformat(day)) is None


@pytest.mark.parametrize(
    ("day", "early"),
    [
        *(("2021-06-18", False), ("2022-01-03", False), ("2027-12-31", False), ("2028-01-03", False)),
        *(("2015-07-02", False), ("2026-07-02", False), ("2027-12-23", False), ("2016-12-23", False)),
        *(("2024-07-03", True), ("2026-11-27", True), ("2026-12-24", True), ("2028-07-03", True)),
    ],
)
def test_open(day, early):
    found = law.hours(date.fromisoformat(day))
    assert found is not None
    assert found.early is early
    assert (found.close - found.open) // (60 * law.NS) == (210 if early else 390)


@pytest.mark.parametrize(
    ("day", "utc"), [("2026-03-06", 21), ("2026-03-09", 20), ("2026-10-30", 20), ("2026-11-02", 21)]
)
def test_summer_time(day, utc):
    found = law.hours(date.fromisoformat(day))
    assert found is not None
    assert found.close // law.NS % 86_400 == utc * 3_600


@pytest.mark.parametrize(
    ("year", "day"), [(2015, "04-05"), (2019, "04-21"), (2024, "03-31"), (2028, "04-16")]
)
def test_easter(year, day):
    assert law.easter(year) == date.fromisoformat(f"{year}-{day}")


@pytest.mark.parametrize("year", [2014, 2029])
def test_other_years_are_not_written_out(year):
    with pytest.raises(ValueError, match="2015 to 2028"):
        law.hours(date(year, 1, 2))
