"""Every kind of value at its edges: read exactly, or refused with a reason and a remedy."""

import re
import tomllib
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.config.values import (
    EXAMPLES,
    IN_ORDER,
    MONEY_ABS,
    MONEY_PPM,
    PACE,
    READERS,
    SIZE,
    TIMES,
    Unreadable,
    decimal,
    outside,
    read,
    shown,
    written,
)
from flyball.kernel.bounds import MAX_MONEY
from flyball.kernel.limits import COUNT, DURATION, LIST, MICROS, MONEY, PPM_KIND, TEXT

DAY = 86_400 * 10**9


def toml(literal: str) -> object:
    return tomllib.loads(f"k = {literal}", parse_float=decimal)["k"]


GOOD = [
    (MONEY, '"$10,000"', MONEY_ABS, 10_000_000_000),
    (MONEY, '"10000.50"', MONEY_ABS, 10_000_500_000),
    (MONEY, "10000", MONEY_ABS, 10_000_000_000),
    (MONEY, "10_000.25", MONEY_ABS, 10_000_250_000),
    (MONEY, "1e4", MONEY_ABS, 10_000_000_000),
    (MONEY, '"$0"', MONEY_ABS, 0),
    (MONEY, "0.0", MONEY_ABS, 0),
    (MONEY, '"-$5"', MONEY_ABS, -5_000_000),  # told apart from unreadable: its range refuses it
    (MONEY, '"$0.000001"', MONEY_ABS, 1),
    (MONEY, '"1,234,567.891"', MONEY_ABS, 1_234_567_891_000),
    (MONEY, '"5%"', MONEY_PPM, 50_000),
    (MONEY, '"0.0001%"', MONEY_PPM, 1),
    (MONEY, '" 150 % "', MONEY_PPM, 1_500_000),
    (MONEY, '"1,000%"', MONEY_PPM, 10_000_000),
    (MICROS, '"$0.0035"', MICROS, 3_500),
    (MICROS, "0.0035", MICROS, 3_500),
    (PPM_KIND, '"300 bps"', PPM_KIND, 30_000),
    (PPM_KIND, '"1bp"', PPM_KIND, 100),
    (PPM_KIND, '"0.5%"', PPM_KIND, 5_000),
    (PPM_KIND, '"0.01 bps"', PPM_KIND, 1),
    (PPM_KIND, '"0%"', PPM_KIND, 0),
    (PPM_KIND, '"101%"', PPM_KIND, 1_010_000),
    (TIMES, "1.5", PPM_KIND, 1_500_000),
    (TIMES, "1", PPM_KIND, 1_000_000),
    (TIMES, '"2.25"', PPM_KIND, 2_250_000),
    (DURATION, '"90 s"', DURATION, 90 * 10**9),
    (DURATION, '"100 ms"', DURATION, 10**8),
    (DURATION, '"5m"', DURATION, 300 * 10**9),
    (DURATION, '"15 min"', DURATION, 900 * 10**9),
    (DURATION, '"6 h"', DURATION, 6 * 3600 * 10**9),
    (DURATION, '"1d"', DURATION, DAY),
    (DURATION, '"1.5 s"', DURATION, 1_500_000_000),
    (DURATION, '"7 ns"', DURATION, 7),
    (DURATION, '"2.5 us"', DURATION, 2_500),
    (DURATION, '"0 s"', DURATION, 0),
    (SIZE, '"16 MiB"', SIZE, 16 << 20),
    (SIZE, "65536", SIZE, 65_536),
    (COUNT, "5", COUNT, 5),
    (COUNT, "0", COUNT, 0),
    (COUNT, "-1", COUNT, -1),
    (COUNT, "0x10", COUNT, 16),
    (PACE, '"max"', PACE, 0),
    (PACE, '"60x"', PACE, 60_000_000),
    (PACE, '"0.5x"', PACE, 500_000),
]


@pytest.mark.parametrize(("kind", "literal", "row", "amount"), GOOD)
def test_it_is_read_exactly(kind, literal, row, amount):
    found = read(kind, toml(literal))
    assert (found.kind, found.amount, found.text) == (row, amount, "")


BAD = [
    (MONEY, "nan", "no finite number"),
    (MONEY, "-nan", "no finite number"),
    (MONEY, "inf", "no finite number"),
    (MONEY, "-inf", "no finite number"),
    (MONEY, "1e999999", "more digits"),
    (MONEY, "1e-999999", "more digits"),
    (MONEY, "1e99999999999999999999", "no finite number"),
    (MONEY, '"1e4"', "unit that is no money"),
    (MONEY, '"nan"', "unit that is no money"),
    (MONEY, '"Infinity"', "unit that is no money"),
    (MONEY, '""', "empty"),
    (MONEY, '"   "', "empty"),
    (MONEY, '"$"', "empty"),
    (MONEY, '"%"', "cannot be read"),
    (MONEY, '"5 %%"', "unit '%%'"),
    (MONEY, '"10$"', "cannot be read"),
    (MONEY, '"$$10"', "no plain decimal"),
    (MONEY, '"1,00"', "commas"),
    (MONEY, '"10,0000"', "commas"),
    (MONEY, '",100"', "commas"),
    (MONEY, '"1.2.3"', "no plain decimal"),
    (MONEY, '"ten"', "unit that is no money"),
    (MONEY, '"300 bps"', "unit that is no money"),
    (MONEY, '"€10"', "no plain decimal"),
    (MONEY, '"１０"', "no plain decimal"),  # full-width digits
    (MONEY, '"$0.0000001"', "more decimals"),
    (MONEY, '"0.00001%"', "more decimals"),
    (MONEY, '"nan%"', "cannot be read"),
    (MONEY, "true", "true or false"),
    (MONEY, "[]", "a list"),
    (MONEY, "{}", "a table"),
    (MONEY, "2020-01-01", "a date or time"),
    (MONEY, "9" * 50, "larger than any limit"),
    (MONEY, '"' + "9" * 50 + '"', "more digits"),
    (MICROS, '"5%"', "unit that is no money"),
    (MICROS, "nan", "no finite number"),
    (PPM_KIND, "0.05", "has no unit"),
    (PPM_KIND, "5", "has no unit"),
    (PPM_KIND, '"5"', "has no unit"),
    (PPM_KIND, '"$5"', "has no unit"),
    (PPM_KIND, '""', "empty"),
    (PPM_KIND, '"5 s"', "unit 's'"),
    (PPM_KIND, '"0.00001%"', "more decimals"),
    (PPM_KIND, "inf", "no finite number"),
    (PPM_KIND, "false", "true or false"),
    (TIMES, '"150%"', "has a unit"),
    (TIMES, '"1.5x"', "has a unit"),
    (TIMES, "nan", "no finite number"),
    (TIMES, "1.0000001", "more decimals"),
    (TIMES, '""', "empty"),
    (DURATION, "90", "has no unit"),
    (DURATION, '"90"', "has no unit"),
    (DURATION, '"90 bps"', "unit 'bps'"),
    (DURATION, '"90 S"', "unit 'S'"),
    (DURATION, '"1 month"', "unit 'month'"),
    (DURATION, '""', "empty"),
    (DURATION, '"s"', "cannot be read"),
    (DURATION, '"0.5 ns"', "finer than a nanosecond"),
    (DURATION, '"1h30m"', "cannot be read"),
    (DURATION, "12:30:00", "a date or time"),
    (DURATION, "nan", "no finite number"),
    (SIZE, '"16 MB"', "unit 'MB'"),
    (SIZE, '"1.5 MiB"', "more decimals"),
    (SIZE, "1.5", "more decimals"),
    (COUNT, "5.0", "no whole number"),
    (COUNT, '"5"', "no whole number"),
    (COUNT, "true", "true or false"),
    (COUNT, "nan", "no whole number"),
    (COUNT, "9" * 50, "larger than any limit"),
    (COUNT, "0x" + "f" * 5000, "larger than any limit"),  # more digits than Python would print
    (TEXT, '""', "empty"),
    (TEXT, '"  "', "empty"),
    (TEXT, "5", "no text"),
    (TEXT, '"a\\nb"', "cannot be shown"),
    (TEXT, '"a\\u0000"', "cannot be shown"),
    (TEXT, '"' + "a" * 201 + '"', "longer than 200"),
    (LIST, '"AAPL"', "no list"),
    (LIST, "[]", "empty"),
    (LIST, '["AAPL", ""]', 'holds ""'),
    (LIST, '["A,B"]', "no symbol"),
    (LIST, '["A B"]', "no symbol"),
    (LIST, '["AAPL", 5]', "holds 5"),
    (LIST, '["AAPL", "MSFT", "AAPL"]', "AAPL twice"),
    (PACE, '"fast"', "cannot be read"),
    (PACE, '"0x"', "not above zero"),
    (PACE, '"-1x"', "not above zero"),
    (PACE, '""', "empty"),
    (PACE, "1", "no text"),
    (IN_ORDER, '"slack"', "no list"),
    (IN_ORDER, '["slack", 5]', "holds 5"),
    (IN_ORDER, '["a,b"]', "does not belong"),
    (IN_ORDER, '["slack", "email", "slack"]', "twice"),
    (IN_ORDER, "[" + ", ".join(f'"channel-{i:03}"' for i in range(20)) + "]", "longer than 200"),
]


@pytest.mark.parametrize(("kind", "literal", "what"), BAD)
def test_it_is_refused_with_a_reason(kind, literal, what):
    with pytest.raises(Unreadable, match=re.escape(what)) as error:
        read(kind, toml(literal))
    assert error.value.remedy


def test_every_kind_has_refusals_and_an_example():
    assert {kind for kind, _, _ in BAD} == set(READERS) == set(EXAMPLES)


def test_text_and_lists():
    assert read(TEXT, "New York").text == "New York"
    assert read(LIST, ["MSFT", "AAPL", "BRK.B", "BTC/USD"]).text == "AAPL,BRK.B,BTC/USD,MSFT"


def test_dollars_only_where_the_account_is_kept_in_them():
    assert read(MONEY, "10,000", "EUR").amount == 10_000_000_000
    with pytest.raises(Unreadable, match="kept in EUR"):
        read(MONEY, "$10,000", "EUR")


@given(st.decimals(min_value=0, max_value=10**12, places=6))
def test_money_is_what_is_written(amount: Decimal):
    text = format(amount, "f")
    exact = Fraction(text) * 10**6
    assert read(MONEY, text).amount == exact
    assert read(MONEY, toml(text if "." in text else text + ".0")).amount == exact


@given(st.sampled_from([MICROS, PPM_KIND, DURATION, COUNT, SIZE, TIMES, PACE]), st.integers(0, MAX_MONEY))
def test_what_is_shown_is_read_back(kind: str, amount: int):
    text = shown(kind, amount)
    assert read(kind, int(text) if kind == COUNT else text).amount == amount


def test_the_order_of_a_list_in_order_is_kept():
    assert read(IN_ORDER, ["slack", "email"]).text == "slack,email"
    assert (
        read(IN_ORDER, ["ann@example.com", "bob+desk@example.com"]).text
        == "ann@example.com,bob+desk@example.com"
    )
    assert read(IN_ORDER, []).text == ""


@given(st.text(max_size=30))
def test_rubbish_is_never_more_than_unreadable(text: str):
    for kind in READERS:
        with suppress(Unreadable):
            assert read(kind, text).kind


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (True, "true"),
        ("a\nb", '"a\\nb"'),
        (Decimal("1.50"), "1.50"),
        pytest.param(10**5000, "a number of more than 40 digits", id="huge"),
        ("x" * 100, '"' + "x" * 56 + "..."),
    ],
)
def test_what_was_written_is_shown_short(raw, text):
    assert written(raw) == text


@pytest.mark.parametrize(
    ("amount", "wrong"),
    [
        (-1, "is negative"),
        (0, "is zero"),
        (1, "is below 1 s"),
        (10**9, ""),
        (10**10, ""),
        (10**10 + 1, "is above 10 s"),
    ],
)
def test_a_range_includes_its_ends(amount, wrong):
    assert outside(DURATION, amount, 10**9, 10**10) == wrong
