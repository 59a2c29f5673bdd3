"""The tape made of bars: four points a bar, each at its time, the same whatever is asked."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.broker.prices import BarPrices, Point, quote
from flyball.feeds.series import Bar, Series
from flyball.kernel.units import MINUTE, NS
from tests.broker.world import CLOSE, OPEN, sessions

END = OPEN + MINUTE


def prices(*bars: Bar, seconds: int = 60, seed: int = 1) -> BarPrices:
    return BarPrices([Series("AAPL", 4, seconds, list(bars))], seed, sessions)


def path(feed: BarPrices, after: int = OPEN - MINUTE, until: int = CLOSE) -> list[tuple[int, int]]:
    return [(p.ts, p.price) for p in feed.points("AAPL", after, until)]


def test_a_minute_is_its_open_its_extremes_and_its_close():
    orders = set()
    for seed in range(20):
        feed = prices(Bar(END, 10, 14, 9, 12, 0), seed=seed)
        found = path(feed)
        assert [ts - OPEN for ts, _ in found] == [1 * NS, 20 * NS, 40 * NS, 60 * NS]
        assert (found[0][1], found[3][1]) == (10, 12)
        orders.add((found[1][1], found[2][1]))
    assert orders == {(14, 9), (9, 14)}


def test_which_extreme_came_first_is_drawn_by_the_bar_alone():
    bars = [Bar(OPEN + k * MINUTE, 10, 14, 9, 12, 0) for k in range(1, 60)]
    whole = path(prices(*bars))
    assert {tuple(p for _, p in whole[k * 4 + 1 : k * 4 + 3]) for k in range(59)} == {(14, 9), (9, 14)}
    assert path(prices(*bars[30:])) == whole[30 * 4 :]


@pytest.mark.parametrize(
    ("seconds", "offsets"),
    [
        (60, [1 * NS, 20 * NS, 40 * NS, 60 * NS]),
        (1, [NS // 60, NS // 3, NS * 2 // 3, NS]),
        (300, [5 * NS, 100 * NS, 200 * NS, 300 * NS]),
    ],
)
def test_longer_and_shorter_bars_in_proportion(seconds, offsets):
    feed = prices(Bar(OPEN + seconds * NS, 10, 14, 9, 12, 0), seconds=seconds)
    assert [ts - OPEN for ts, _ in path(feed)] == offsets


def test_the_opening_print_is_one_point():
    feed = prices(Bar(OPEN, 10, 10, 10, 10, 0), Bar(END, 10, 14, 9, 12, 0))
    assert path(feed)[0] == (OPEN, 10)
    assert len(path(feed)) == 5


def test_a_bar_that_follows_too_soon_begins_where_the_one_before_ended():
    feed = prices(Bar(END, 10, 14, 9, 12, 0), Bar(END + 30 * NS, 12, 13, 11, 12, 0))
    assert [ts - END for ts, _ in path(feed)[4:]] == [NS // 2, 10 * NS, 20 * NS, 30 * NS]


@pytest.mark.parametrize(
    ("after", "until", "count"),
    [
        (OPEN + 1 * NS, OPEN + 20 * NS, 1),  # (after, until]
        (OPEN + 1 * NS - 1, OPEN + 20 * NS - 1, 1),
        (OPEN, END, 4),
        (END, END, 0),
        (END, CLOSE, 4),
        (END - 1, END + 1 * NS, 2),
        (CLOSE, CLOSE + MINUTE, 0),
    ],
)
def test_the_span_is_open_at_its_start_and_closed_at_its_end(after, until, count):
    feed = prices(Bar(END, 10, 14, 9, 12, 0), Bar(END + MINUTE, 12, 13, 11, 12, 0))
    assert len(path(feed, after, until)) == count


@given(st.lists(st.integers(0, 5 * 60), min_size=1, max_size=20), st.integers(1, 6))
def test_asking_in_pieces_gives_the_whole(cuts, seed):
    bars = [Bar(OPEN + k * MINUTE, 10 + k, 20 + k, 5 + k, 9 + k, 0) for k in range(1, 5)]
    edges = [OPEN - 1, *sorted(OPEN + cut * NS for cut in cuts), CLOSE]
    pieces = [p for a, b in pairwise(edges) for p in path(prices(*bars, seed=seed), a, b)]
    assert pieces == path(prices(*bars, seed=seed))


def test_the_last_price_is_the_newest_seen():
    feed = prices(Bar(END, 10, 14, 9, 12, 0), Bar(END + MINUTE, 13, 13, 11, 12, 0))
    points = list(feed.points("AAPL", OPEN, CLOSE))
    assert feed.last("AAPL", OPEN) is None
    for before, after in pairwise(points):
        assert feed.last("AAPL", before.ts) == before
        assert feed.last("AAPL", after.ts - 1) == before
    assert feed.last("AAPL", CLOSE) == points[-1]


def test_a_symbol_it_does_not_have():
    assert list(prices().points("IBM", OPEN, CLOSE)) == []
    assert prices().last("IBM", CLOSE) is None
    assert prices().last("AAPL", CLOSE) is None


@pytest.mark.parametrize(
    ("point", "half_spread", "expected"),
    [
        (Point(0, 1_000_000, 0, 0), 100, (999_900, 1_000_100)),
        (Point(0, 1_000_000, 0, 0), 0, (1_000_000, 1_000_000)),
        (Point(0, 5_555, 0, 0), 100, (5_554, 5_556)),  # half a unit is a whole one, against who trades
        (Point(0, 1, 0, 0), 500_000, (1, 2)),  # nothing is for free
        (Point(0, 1_000, 990, 1_003), 100, (990, 1_003)),  # the feed's own quote
        (Point(0, 1_000, 0, 1_003), 1_000, (999, 1_001)),  # half a quote is none
    ],
)
def test_the_quote(point, half_spread, expected):
    assert quote(point, half_spread) == expected
