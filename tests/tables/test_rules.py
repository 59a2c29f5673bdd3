"""Effective-dated rules: the value of its day, nothing where there is no row, a warning before one ends."""

from itertools import pairwise

import pytest

from flyball.tables.dated import Dated, NoRow, Row
from flyball.tables.rules import ALL, CENT, DOLLAR, TAF, band, ending, regulatory_fees, round_lot, tick


def fees(day, qty=1_000, value=50_000 * DOLLAR):
    return regulatory_fees(day, sells=True, qty=qty, value=value)


@pytest.mark.parametrize(
    ("day", "cents"),
    [
        (20261120, 103 + 20),  # $50,000 x 20.60 / 1M = 1.03; 1,000 x 0.000195 = 0.195, up
        (20260403, 0 + 20),
        (20260404, 103 + 20),
        (20270104, 103 + 24),
        (20250514, 0 + 17),
    ],
)
def test_fees_by_trade_date(day, cents):
    assert fees(day) == cents * CENT


def test_the_activity_fee_has_a_cap_and_buys_pay_nothing():
    assert fees(20260401, qty=100_000, value=0) == 979 * CENT
    assert regulatory_fees(19990101, sells=False, qty=1, value=1) == 0


@pytest.mark.parametrize("day", [20250513, 20271001, 20300102])
def test_a_day_without_a_row_is_refused(day):
    with pytest.raises(NoRow, match="update flyball"):
        fees(day)


@pytest.mark.parametrize(
    ("dollars", "lot"),
    [("250.00", 100), ("250.01", 40), ("1000.00", 40), ("1000.01", 10), ("10000.00", 10), ("10000.01", 1)],
)
def test_round_lots(dollars, lot):
    price = int(dollars.replace(".", "")) * CENT
    assert (round_lot(20251103, price), round_lot(20251031, price)) == (lot, 100)


@pytest.mark.parametrize(
    ("price", "step"), [(DOLLAR, CENT), (DOLLAR - 1, 100), (1, 100), (400 * DOLLAR, CENT)]
)
def test_ticks_until_the_half_penny(price, step):
    assert tick(20261120, price) == step
    with pytest.raises(NoRow):
        tick(20271101, price)


@pytest.mark.parametrize(
    ("close", "tier", "late", "wide"),
    [
        (3 * DOLLAR + CENT, 1, False, 5),
        (3 * DOLLAR + CENT, 2, False, 10),
        (3 * DOLLAR + CENT, 1, True, 10),
        (3 * DOLLAR + CENT, 2, True, 10),  # not doubled above $3
        (3 * DOLLAR, 1, False, 20),
        (3 * DOLLAR // 4, 2, True, 40),
        (3 * DOLLAR // 4 - 1, 1, False, 15),
        (3 * DOLLAR // 4 - 1, 2, True, 30),
    ],
)
def test_bands(close, tier, late, wide):
    assert band(20261120, DOLLAR, close, tier=tier, late=late) == wide * CENT


def test_rows_are_in_order_and_name_their_source():
    for table in ALL:
        rows = list(table.rows)
        assert all(row.first <= row.last and row.source for row in rows)
        assert all(a.last < b.first for a, b in pairwise(rows))


@pytest.mark.parametrize(
    ("day", "warned"), [(20291130, False), (20291201, True), (20291231, True), (20300101, True)]
)
def test_thirty_days_before_the_newest_row_ends_it_is_said(day, warned):
    assert (TAF.ends_soon(day) != "") is warned


def test_a_gap_is_no_row():
    table = Dated("t", (Row(20260101, 20260110, 1, "x"), Row(20260120, 20260131, 2, "x")))
    assert (table.on(20260110), table.on(20260120)) == (1, 2)
    for day in (20251231, 20260111, 20260119, 20260201):
        with pytest.raises(NoRow):
            table.on(day)


def test_which_end_soon():
    assert ending(20261120) == []
    assert [line.partition(":")[0] for line in ending(20271001)] == [
        "SEC section 31 fee",
        "minimum price increment",
    ]
