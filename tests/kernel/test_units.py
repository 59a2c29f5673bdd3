"""Integers with an exponent: exact, and rounded against us where they have to be."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.kernel.units import (
    PPM,
    both_ways,
    money,
    mul_div,
    mul_div_up,
    notional,
    parse,
    qty_for,
    ratio_ppm_up,
    scale_of,
    show,
)

big = st.integers(-(10**18), 10**18)
exps = st.integers(0, 9)


@pytest.mark.parametrize(
    ("a", "b", "c", "down", "up"),
    [
        (0, 5, 3, 0, 0),
        (6, 1, 3, 2, 2),
        (7, 1, 3, 2, 3),
        (-7, 1, 3, -3, -2),
        (7, -1, 3, -3, -2),
        (1, 1, PPM, 0, 1),
        (10**18, 10**18, 10**18, 10**18, 10**18),
    ],
)
def test_mul_div(a, b, c, down, up):
    assert (mul_div(a, b, c), mul_div_up(a, b, c)) == (down, up)


@given(big, big, st.integers(1, 10**18))
def test_mul_div_rounds_by_less_than_one(a, b, c):
    exact = Fraction(a * b, c)
    assert mul_div(a, b, c) <= exact < mul_div(a, b, c) + 1
    assert mul_div_up(a, b, c) - 1 < exact <= mul_div_up(a, b, c)


@pytest.mark.parametrize(
    ("price_exp", "qty_exp", "scale"),
    [
        (2, 0, -(10**4)),
        (4, 0, -100),
        (4, 2, 1),
        (2, 4, 1),
        (6, 0, 1),
        (4, 9, 10**7),
        (9, 9, 10**12),
        (0, 0, -(10**6)),
    ],
)
def test_scale(price_exp, qty_exp, scale):
    assert scale_of(price_exp, qty_exp) == scale


@given(st.integers(0, 10**15), st.integers(-(10**15), 10**15), exps, exps)
def test_notional_is_rounded_up_in_size(price, qty, price_exp, qty_exp):
    worth = notional(price, qty, scale_of(price_exp, qty_exp))
    exact = Fraction(price * qty * 10**6, 10 ** (price_exp + qty_exp))
    assert abs(exact) <= abs(worth) < abs(exact) + 1
    assert worth * qty >= 0
    assert both_ways(price, qty, scale_of(price_exp, qty_exp)) == (-(-exact // 1), exact // 1)


@pytest.mark.parametrize(("money_", "price"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_nothing_to_buy_with(money_, price):
    assert qty_for(money_, price, 1) == qty_for(money_, price, -100) == 0


@given(st.integers(1, 10**18), st.integers(1, 10**15), exps, exps)
def test_qty_for_is_the_largest_that_fits(money_, price, price_exp, qty_exp):
    scale = scale_of(price_exp, qty_exp)
    qty = qty_for(money_, price, scale)
    assert notional(price, qty, scale) <= money_ < notional(price, qty + 1, scale)


@pytest.mark.parametrize(
    ("a", "b", "ppm"),
    [(0, 1, 0), (1, 1, PPM), (1, 3, 333_334), (999_999, PPM, 999_999), (1, 10**12, 1), (-1, 3, -333_333)],
)
def test_ratio_for_people(a, b, ppm):
    assert ratio_ppm_up(a, b) == ppm


@pytest.mark.parametrize(
    ("text", "exp", "value"),
    [
        ("12.3456", 4, 123_456),
        ("12.34", 4, 123_400),
        ("12.34560000", 4, 123_456),
        ("12", 0, 12),
        ("12.", 2, 1_200),
        (".5", 2, 50),
        ("-0.01", 2, -1),
        ("+7", 2, 700),
        (" 1.5 ", 1, 15),
        ("0", 9, 0),
        ("-0", 9, 0),
        ("00012.50", 2, 1_250),
        ("0.0000000001", 10, 1),
        ("1" + "0" * 40, 0, 10**40),
    ],
)
def test_parse(text, exp, value):
    assert parse(text, exp) == value


@pytest.mark.parametrize(
    ("text", "exp"),
    [
        (t, 4)
        for t in (
            "",
            " ",
            ".",
            "-",
            "--1",
            "1e5",
            "1_000",
            "1,000",
            "0x10",
            "nan",
            "inf",
            "١٢",
            "²",
            "1 2",
            "1.2.3",
        )
    ]
    + [("12.34567", 4), ("0.1", 0)],
)
def test_what_is_no_plain_decimal(text, exp):
    with pytest.raises(ValueError, match=r"is not a plain decimal number|has more than"):
        parse(text, exp)


@pytest.mark.parametrize(
    ("value", "exp", "text"),
    [
        (0, 0, "0"),
        (0, 4, "0"),
        (123_456, 4, "12.3456"),
        (120_000, 4, "12"),
        (1, 4, "0.0001"),
        (-1, 2, "-0.01"),
        (-5, 0, "-5"),
    ],
)
def test_show(value, exp, text):
    assert show(value, exp) == text


@given(big, exps)
def test_shown_and_parsed_is_the_same(value, exp):
    assert parse(show(value, exp), exp) == value
    assert Decimal(show(value, exp)) == Decimal(value).scaleb(-exp)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.00"),
        (5_000, "0.01"),
        (4_999, "0.00"),
        (-5_000, "-0.01"),
        (1_234_567_890_000, "1,234,567.89"),
        (-1_000_000_000, "-1,000.00"),
        (999_995_000, "1,000.00"),
    ],
)
def test_money_for_a_person(micros, text):
    assert money(micros) == text


@given(big)
def test_money_is_rounded_half_away_from_zero(micros):
    cents = Decimal(micros).scaleb(-6).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Decimal(money(micros).replace(",", "")) == cents
