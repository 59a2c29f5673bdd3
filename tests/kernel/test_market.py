"""Which prints are believed, and which price values what."""

from dataclasses import replace

import pytest

from flyball.kernel.events import Mark
from flyball.kernel.market import accept, market_of
from flyball.kernel.units import UNKNOWN
from tests.kernel.flight import AAA, BBB

LIMIT = 50_000  # 5%


def market(**prices):
    m = market_of(AAA)
    if prices:
        assert accept(m, mark(**prices), LIMIT)
    return m


def mark(last=0, bid=0, ask=0, low=0, high=0, ts=7):
    return Mark(ts, "AAA", bid, ask, last, low, high, "test", 1)


def test_what_an_instrument_says():
    m = market_of(BBB)
    assert (m.symbol, m.price_exp, m.qty_exp, m.tick, m.lot, m.scale) == ("BBB", 4, 9, 100, 10**6, 10**7)
    assert (m.known(), m.mid(), m.high_price(), m.seen_at) == (False, 0, 0, UNKNOWN)


@pytest.mark.parametrize(
    ("prices", "mid", "long", "short", "high"),
    [
        ({"last": 100}, 100, 100, 100, 100),
        ({"bid": 98, "ask": 103, "last": 90}, 100, 98, 103, 103),
        ({"bid": 98, "ask": 103, "last": 110}, 100, 98, 103, 110),
        ({"bid": 98, "last": 100}, 100, 98, 100, 100),
        ({"ask": 103, "last": 100}, 100, 100, 103, 103),
        ({"bid": 98}, 98, 98, 98, 98),
        ({"ask": 103}, 103, 103, 103, 103),
    ],
)
def test_longs_at_the_bid_shorts_at_the_ask_exposure_at_the_highest(prices, mid, long, short, high):
    m = market(**prices)
    assert (m.mid(), m.long_price(), m.short_price(), m.high_price()) == (mid, long, short, high)
    assert (m.known(), m.seen_at) == (True, 7)


@pytest.mark.parametrize(
    "prices",
    [
        {},
        {"low": 5, "high": 9},
        {"last": -1},
        {"bid": -1, "ask": 5},
        {"last": 100, "low": -1},
        {"last": 100, "high": -1},
    ],
)
def test_no_price_is_no_mark(prices):
    m = market(last=10_000)
    before = replace(m)
    assert not accept(m, mark(**prices), LIMIT)
    assert m == before


def test_crossed_never_marks():
    m = market(bid=99, ask=101)
    assert not accept(m, mark(bid=101, ask=99, ts=8), LIMIT)
    assert (m.crossed, m.bid, m.ask, m.seen_at) == (True, 99, 101, 7)
    assert accept(m, mark(bid=100, ask=100), LIMIT)
    assert (m.crossed, m.locked) == (False, True)
    assert accept(m, mark(bid=100, ask=101), LIMIT)
    assert m.locked is False


@pytest.mark.parametrize(("price", "taken"), [(10_500, True), (10_501, False), (9_500, True), (9_499, False)])
def test_a_move_of_the_limit_is_believed_and_a_unit_more_is_not(price, taken):
    m = market(last=10_000)
    assert accept(m, mark(last=price), LIMIT) is taken
    assert m.mid() == (price if taken else 10_000)


def story(m, prices):
    """Which of these prints are taken."""
    return [p for p in prices if accept(m, mark(last=p), LIMIT)]


@pytest.mark.parametrize(
    ("prints", "taken"),
    [
        ([20_000, 20_100, 19_900], [19_900]),  # two more agree
        ([20_000, 20_100], []),
        ([20_000, 10_010], [10_010]),  # it was a bad tick
        ([20_000, 20_000, 10_010, 20_000, 20_000], [10_010]),  # and forgotten
        ([20_000, 30_000, 20_000, 20_000], []),  # not the same doubt
        ([20_000, 30_000, 30_000, 30_000], [30_000]),
        ([20_000, 21_000, 22_050], [22_050]),  # each agrees with the one before
        ([20_000, 21_001, 22_052], []),
        ([1, 1, 1], [1]),
    ],
)
def test_a_suspect_print_needs_two_more_that_agree(prints, taken):
    m = market(last=10_000)
    assert story(m, prints) == taken


def test_doubt_is_visible_until_it_is_over():
    m = market(last=10_000)
    accept(m, mark(last=20_000, ts=8), LIMIT)
    assert (m.suspect, m.suspect_count, m.seen_at, m.mid()) == (20_000, 1, 7, 10_000)
    accept(m, mark(last=20_001), LIMIT)
    assert (m.suspect, m.suspect_count) == (20_001, 2)
    accept(m, mark(last=20_002), LIMIT)
    assert (m.suspect, m.suspect_count, m.mid()) == (0, 0, 20_002)


def test_the_first_print_of_a_session_is_exempt_and_only_that():
    m = market(last=10_000)
    m.first_of_session = True
    assert accept(m, mark(last=20_000), LIMIT)
    assert not accept(m, mark(last=40_000), LIMIT)


def test_no_limit_believes_all():
    m = market(last=10_000)
    assert accept(m, mark(last=10**9), UNKNOWN)


@pytest.mark.parametrize(("bid", "ask", "taken"), [(9_400, 9_600, True), (9_399, 9_600, False)])
def test_a_quote_is_judged_by_its_middle(bid, ask, taken):
    m = market(bid=9_990, ask=10_010)
    assert accept(m, mark(bid=bid, ask=ask), LIMIT) is taken
