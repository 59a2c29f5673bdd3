"""Books: FIFO lots with exact costs; cash, value and profit to the micro."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.kernel import ledger
from flyball.kernel.ledger import Book, Lot, book_fill, revalue, take_over, trade_cash
from flyball.kernel.market import Market, accept, market_of
from tests.kernel.flight import AAA, BBB, COIN
from tests.kernel.test_market import mark

DOLLAR = 10**6


def market(instrument=AAA, last=0) -> Market:
    m = market_of(instrument)
    if last:
        accept(m, mark(last=last), -1)
    return m


def booked(fills, m=None):
    """A book after these (side, qty, price) fills."""
    b = Book("s", "AAA")
    for side, qty, price in fills:
        book_fill(b, side, qty, price, 0, m or market())
    return b


@pytest.mark.parametrize(
    ("fills", "qty", "lots", "realised"),
    [
        ([(1, 5, 100)], 5, [(5, 500)], 0),
        ([(1, 5, 100), (1, 3, 110)], 8, [(5, 500), (3, 330)], 0),
        ([(1, 5, 100), (1, 3, 110), (-1, 5, 120)], 3, [(3, 330)], 100),  # first in, first out
        ([(1, 5, 100), (1, 3, 110), (-1, 2, 120)], 6, [(3, 300), (3, 330)], 40),
        ([(1, 5, 100), (1, 3, 110), (-1, 6, 120)], 2, [(2, 220)], 110),
        ([(1, 5, 100), (1, 3, 110), (-1, 8, 90)], 0, [], -110),
        ([(-1, 5, 100)], -5, [(5, 500)], 0),
        ([(-1, 5, 100), (1, 2, 90)], -3, [(3, 300)], 20),
        ([(-1, 5, 100), (-1, 5, 90), (1, 10, 110)], 0, [], -150),
        ([(1, 5, 100), (-1, 8, 120)], -3, [(3, 360)], 100),  # through zero: closed, then opened
        ([(-1, 5, 100), (1, 8, 90)], 3, [(3, 270)], 50),
        ([(1, 5, 100), (-1, 5, 100), (1, 1, 7)], 1, [(1, 7)], 0),
    ],
)
def test_first_in_first_out(fills, qty, lots, realised):
    b = booked(fills)
    assert (b.qty, [(x.qty, x.cost) for x in b.lots]) == (qty, lots)
    assert b.realised == realised * 10_000  # cents to micros


@pytest.mark.parametrize(
    ("side", "qty", "price", "instrument", "cash"),
    [
        (1, 5, 10_000, AAA, -500 * DOLLAR),
        (-1, 5, 10_000, AAA, 500 * DOLLAR),
        (1, 1, 1, BBB, -1),  # 1e-13: paid rounded up, received rounded down
        (-1, 1, 1, BBB, 0),
        (1, 10**7, 3, BBB, -3),
        (1, 10**7 + 1, 3, BBB, -4),
        (-1, 10**7 + 1, 3, BBB, 3),
    ],
)
def test_paid_is_rounded_up_received_down(side, qty, price, instrument, cash):
    assert trade_cash(side, qty, price, market(instrument).scale) == cash


def test_fees_are_no_part_of_cash_or_realised():
    b = Book("s", "AAA")
    book_fill(b, 1, 5, 10_000, 70_000, market())
    book_fill(b, -1, 5, 10_000, -20_000, market())  # a rebate
    assert (b.cash, b.realised, b.fees, b.profit()) == (0, 0, 50_000, -50_000)


def test_the_day_is_measured_from_its_base():
    b = booked([(1, 5, 10_000)])
    revalue(b, market(last=10_100))
    b.day_base = 2 * DOLLAR
    assert (b.profit(), b.day_profit()) == (5 * DOLLAR, 3 * DOLLAR)


@pytest.mark.parametrize(("qty", "value"), [(5, 490 * DOLLAR), (-5, -515 * DOLLAR), (0, 0)])
def test_longs_are_worth_the_bid_shorts_owe_the_ask(qty, value):
    m = market()
    accept(m, mark(bid=9_800, ask=10_300), -1)
    b = Book("s", "AAA", qty=qty)
    assert revalue(b, m) == value == b.value
    assert revalue(b, m) == 0


def test_values_are_rounded_against_us():
    m = market(BBB, last=3)
    long, short = Book("s", "BBB", qty=1), Book("s", "BBB", qty=-1)
    revalue(long, m)
    revalue(short, m)
    assert (long.value, short.value) == (0, -1)


def test_too_many_lots_are_merged_with_their_cost_exact(monkeypatch):
    monkeypatch.setattr(ledger, "MAX_LOTS", 3)
    b = booked([(1, 1, 100), (1, 2, 110), (1, 3, 121), (1, 4, 133), (1, 5, 141)])
    assert [(x.qty, x.cost) for x in b.lots] == [(1, 100), (2, 220), (12, 363 + 532 + 705)]
    b = booked([(1, 1, 100), (1, 2, 110), (1, 3, 121), (1, 4, 133), (-1, 10, 150)])
    assert (b.qty, b.lots, b.realised) == (0, [], (1_500 - 100 - 220 - 363 - 532) * 10_000)


def test_the_real_bound():
    m = market()
    b = Book("s", "AAA")
    for n in range(4_100):
        book_fill(b, 1, 1, 100 + n, 0, m)
    assert (len(b.lots), b.qty) == (4_096, 4_100)
    assert sum(x.cost for x in b.lots) == sum(100 + n for n in range(4_100))
    assert b.lots[-1] == Lot(5, sum(100 + n for n in range(4_095, 4_100)))


def test_what_was_found_is_bought_at_the_first_price():
    b = Book("_outside", "AAA", qty=-5, adopted=True)
    assert revalue(b, market()) == 0
    assert b.adopted
    assert revalue(b, market(last=10_000)) == -500 * DOLLAR
    assert (b.adopted, b.profit(), b.lots) == (False, 0, [Lot(5, 50_000)])


def test_what_was_found_may_trade_before_it_has_a_price():
    """A panic sells it at the market; no mark has come yet."""
    b = Book("_outside", "AAA", qty=5, adopted=True)
    take_over(b, 10_000, market())
    book_fill(b, -1, 3, 10_000, 0, market())
    assert (b.qty, b.adopted, [(x.qty, x.cost) for x in b.lots]) == (2, False, [(2, 20_000)])
    revalue(b, market(last=9_000))
    assert (b.realised, b.profit()) == (0, -20 * DOLLAR)


fills = st.lists(
    st.tuples(st.sampled_from((1, -1)), st.integers(1, 50), st.integers(1, 300), st.integers(-5, 5)),
    max_size=40,
)


@given(
    st.sampled_from((AAA, BBB, COIN)), fills, st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 5)
)
@settings(max_examples=300)
def test_identities_against_fractions(instrument, fills, unit, last, most_lots):
    """Cash, value and profit are the exact ones less rounding of under a micro each; lots hold what is held
    at its exact cost; realised and unrealised are the profit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "MAX_LOTS", most_lots)
        m = market(instrument, last)
        b = Book("s", instrument.symbol)
        per = Fraction(10**6, 10 ** (instrument.price_exp + instrument.qty_exp))
        cash = Fraction(0)
        for side, qty, price, fee in fills:
            qty *= unit
            book_fill(b, side, qty, price, fee, m)
            cash -= side * qty * price * per
            assert all(x.qty > 0 for x in b.lots)
            assert len(b.lots) <= most_lots
            assert sum(x.qty for x in b.lots) == abs(b.qty)
        revalue(b, m)
        assert b.fees == sum(f[3] for f in fills)
        assert b.qty == sum(side * qty * unit for side, qty, _, _ in fills)
        assert cash - len(fills) <= b.cash <= cash
        exact = b.qty * last * per
        assert exact - 1 < b.value <= exact
        cost = sum(x.cost for x in b.lots) * per * (1 if b.qty > 0 else -1)
        assert abs(b.realised - (cash + cost)) <= 2 * len(fills) * most_lots + 1
