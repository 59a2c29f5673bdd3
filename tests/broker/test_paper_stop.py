"""Stops at the paper broker: they rest, are set off by the tape, and then fill like a market order, never
better than their price."""

from dataclasses import replace
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.broker.paper_file import PaperFile, Withdrawn, line, opened
from flyball.broker.paper_life import FILL, Unit, World, life
from flyball.broker.prices import Point
from flyball.kernel.effects import Cancel
from flyball.kernel.events import Fill, Update
from flyball.kernel.units import NS, PPM
from tests.broker.world import (
    CLOSE,
    LAG,
    OPEN,
    QUIET,
    SEED,
    UNITS,
    Tape,
    broker,
    disk_at,
    order,
    placed,
    run,
    sessions,
    tape,
)

SENT = OPEN + NS
SELL, BUY = -1, 1
PLAIN = replace(QUIET, half_spread_ppm=0, slippage_ppm=0, fee_per_unit=0)


def world(feed, how=PLAIN):
    return World(feed, sessions, {name: Unit(*unit) for name, unit in UNITS.items()}, how, SEED)


def lived(prices, *, side=SELL, at=990_000, how=PLAIN, cancels=()):
    one = placed(ts=SENT, side=side, type="stop", stop=at)
    return life(one, list(cancels), ("k",), world(tape(*prices), how))


@pytest.mark.parametrize(
    ("side", "prices", "point", "price"),
    [
        (SELL, [1_000_000, 990_100, 990_000, 995_000], 3, 990_000),  # at it
        (SELL, [1_000_000, 989_900], 2, 989_900),  # through it
        (SELL, [1_000_000, 900_000, 1_000_000], 2, 900_000),  # a gap is paid for
        (BUY, [1_000_000, 1_009_900, 1_010_000], 3, 1_010_000),
        (BUY, [1_000_000, 1_200_000], 2, 1_200_000),
    ],
)
def test_it_is_set_off_at_its_price_or_beyond(side, prices, point, price):
    at = 990_000 if side == SELL else 1_010_000
    happened = lived(prices, side=side, at=at)
    assert [(h.what, h.price) for h in happened] == [("ACCEPTED", 0), (FILL, price)]
    assert happened[1].ts == OPEN + point * 20 * NS


@pytest.mark.parametrize(("side", "prices"), [(SELL, [1_000_000, 990_100]), (BUY, [1_000_000, 1_009_900])])
def test_a_tick_away_it_rests_and_expires_at_the_close(side, prices):
    happened = lived(prices, side=side, at=990_000 if side == SELL else 1_010_000)
    assert [(h.what, h.ts) for h in happened] == [("ACCEPTED", SENT + LAG), ("EXPIRED", CLOSE)]


def test_the_quote_sets_it_off_not_the_last_trade():
    quoted = Tape({"AAPL": [Point(OPEN + 20 * NS, 1_000_000, 989_000, 1_000_100)]})
    one = placed(ts=SENT, side=SELL, type="stop", stop=990_000)
    assert [h.price for h in life(one, [], ("k",), world(quoted))] == [0, 989_000]


def test_slippage_makes_it_worse_still():
    how = replace(PLAIN, slippage_ppm=1_000)
    assert lived([1_000_000, 990_000], how=how)[1].price == 989_000  # 0.1%, rounded down to the tick


def test_pieces_behind_a_bounce_are_not_better_than_its_price():
    how = replace(PLAIN, partial_ppm=PPM, pieces_min=3, pieces_max=3)
    fills = [h for h in lived([1_000_000, 980_000, 1_000_000, 1_100_000], how=how) if h.what == FILL]
    assert [h.price for h in fills] == [980_000, 990_000, 990_000]


@pytest.mark.parametrize(
    ("before", "ends"), [(1, ["ACCEPTED", "CANCELED"]), (3, ["ACCEPTED", FILL, "FILLED"])]
)
def test_a_cancel_counts_until_it_is_set_off(before, ends):
    taken_back = Withdrawn("a-1", 1, SENT, OPEN + before * 20 * NS + 1)
    assert [h.what for h in lived([1_000_000, 1_000_000, 980_000], cancels=[taken_back])] == ends


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(9_000, 11_000), min_size=1, max_size=12),
    st.sampled_from((SELL, BUY)),
    st.integers(9_000, 11_000),
    st.sampled_from((0, 100, 5_000)),
    st.sampled_from((0, PPM)),
)
def test_it_never_fills_better_than_its_price_nor_before_the_market_was_there(prices, side, at, cost, parts):
    how = replace(PLAIN, half_spread_ppm=cost, slippage_ppm=cost, partial_ppm=parts)
    happened = lived([price * 100 for price in prices], side=side, at=at * 100, how=how)
    fills = [h for h in happened if h.what == FILL]
    assert all((h.price - at * 100) * side >= 0 for h in fills)
    assert all(h.price % UNITS["AAPL"][2] == 0 for h in fills)
    reached = any((price * (PPM + side * cost) - at * PPM) * side >= 0 for price in prices)
    assert bool(fills) == reached


def test_it_is_open_for_all_who_ask(tmp_path):
    disk = disk_at(tmp_path)
    paper = broker(disk, tape(1_000_000, 1_000_000, 980_000, 980_000), settings=PLAIN)
    paper.submit(order(ts=SENT, side=SELL, type="stop", stop=990_000))
    told = paper.take(OPEN + 30 * NS)
    assert [(e.state, e.filled) for e in told if isinstance(e, Update)] == [("ACCEPTED", 0)]
    assert paper.truth().orders["a-1"].state == "ACCEPTED"
    rest = run(paper)
    assert [e.price for e in rest if isinstance(e, Fill)] == [980_000]


def test_it_outlives_the_broker_and_can_be_taken_back(tmp_path):
    disk = disk_at(tmp_path)
    feed = tape(1_000_000, 1_000_000, 980_000)
    paper = broker(disk, feed, settings=PLAIN)
    paper.submit(order(ts=SENT, side=SELL, type="stop", stop=990_000))
    paper.take(OPEN + 10 * NS)
    paper.close()
    paper = broker(disk, feed, settings=PLAIN, now=OPEN + 30 * NS)
    paper.cancel(Cancel(OPEN + 30 * NS, "a-1", "", 1))
    assert [e.state for e in run(paper) if isinstance(e, Update)] == ["ACCEPTED", "CANCELED"]


def test_a_file_from_before_stops_is_still_read(tmp_path):
    disk = disk_at(tmp_path)
    old = opened(SEED, 1, QUIET)
    body = line(placed()).replace(b',"stop":0', b"")[9:-1]
    file = disk.open("paper", create=True)
    file.write(0, line(old) + b"%08x %s\n" % (crc32(body), body))
    file.close()
    assert PaperFile(disk, "paper", old).records == [placed()]
