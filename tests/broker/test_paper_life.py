"""How an order fills: never early, never beyond its limit, at a price that is against the trader."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.broker.paper_life import fill_price
from flyball.broker.prices import Point
from flyball.kernel.effects import Cancel
from flyball.kernel.events import Fill, Update
from flyball.kernel.units import MINUTE, MS, NS, PPM
from tests.broker.world import (
    CLOSE,
    DAY,
    LAG,
    OPEN,
    QUIET,
    Tape,
    broker,
    disk_at,
    kinds,
    order,
    placed,
    run,
    tape,
)

SENT = OPEN + 5 * NS
ARRIVES = SENT + LAG


def live(tmp_path, feed, *orders, settings=QUIET, cancels=()):
    paper = broker(disk_at(tmp_path), feed, settings=settings)
    for one in orders:
        paper.submit(one)
    for one in cancels:
        paper.cancel(one)
    return run(paper)


def fills(events):
    return [e for e in events if isinstance(e, Fill)]


def last(events):
    return [(e.state, e.filled, e.reason) for e in events if isinstance(e, Update)][-1]


@pytest.mark.parametrize(
    ("at", "fills_at"),
    [
        ((ARRIVES - 1, ARRIVES + 60 * NS), ARRIVES + 60 * NS),
        ((ARRIVES, ARRIVES + 60 * NS), ARRIVES + 60 * NS),  # strictly after it arrived
        ((ARRIVES, ARRIVES + 1), ARRIVES + 1),
        ((CLOSE,), CLOSE),  # the close itself is a price
    ],
)
def test_the_first_price_after_the_arrival_fills(tmp_path, at, fills_at):
    events = live(tmp_path, Tape({"AAPL": [Point(ts, 1_000_000, 0, 0) for ts in at]}), order(ts=SENT))
    assert [e.ts - LAG for e in fills(events)] == [fills_at]


@pytest.mark.parametrize(
    ("side", "kind", "limit", "point", "tick", "expected"),
    [
        # 100.0000: half a spread and slippage of 1 bp each, up to the cent for a buy, down for a sell
        (1, "market", 0, Point(0, 1_000_000, 0, 0), 100, 1_000_300),
        (-1, "market", 0, Point(0, 1_000_000, 0, 0), 100, 999_800),
        (1, "market", 0, Point(0, 1_000_000, 0, 0), 1, 1_000_201),
        (-1, "market", 0, Point(0, 1_000_000, 0, 0), 1, 999_800),
        (1, "limit", 1_000_099, Point(0, 1_000_000, 0, 0), 1, 0),
        (1, "limit", 1_000_100, Point(0, 1_000_000, 0, 0), 1, 1_000_100),  # crosses; never above its limit
        (1, "limit", 1_000_150, Point(0, 1_000_000, 0, 0), 1, 1_000_150),
        (1, "limit", 2_000_000, Point(0, 1_000_000, 0, 0), 1, 1_000_201),  # the market's price, not its limit
        (-1, "limit", 999_901, Point(0, 1_000_000, 0, 0), 1, 0),
        (-1, "limit", 999_900, Point(0, 1_000_000, 0, 0), 1, 999_900),
        (-1, "limit", 999_850, Point(0, 1_000_000, 0, 0), 1, 999_850),
        (-1, "limit", 1, Point(0, 1_000_000, 0, 0), 1, 999_800),
        # the feed's own quote
        (1, "market", 0, Point(0, 1_000_000, 999_000, 1_002_000), 100, 1_002_200),
        (-1, "market", 0, Point(0, 1_000_000, 999_000, 1_002_000), 100, 998_900),
        (1, "limit", 1_001_900, Point(0, 1_000_000, 999_000, 1_002_000), 100, 0),
        # a sell is never for nothing
        (-1, "market", 0, Point(0, 1, 0, 0), 1, 1),
        (-1, "market", 0, Point(0, 50, 0, 0), 100, 100),
    ],
)
def test_the_price_of_a_fill(side, kind, limit, point, tick, expected):
    assert fill_price(placed(side=side, type=kind, limit=limit), point, tick, QUIET) == expected


@given(
    st.sampled_from([1, -1]),
    st.integers(1, 10**9),
    st.integers(1, 10**7),
    st.sampled_from([1, 5, 100]),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
)
def test_a_fill_is_on_the_tick_worse_than_the_price_and_never_beyond_the_limit(
    side, price, ticks, tick, spread, slip
):
    limit = ticks * tick
    settings = replace(QUIET, half_spread_ppm=spread, slippage_ppm=slip)
    point = Point(0, price, 0, 0)
    free = fill_price(placed(side=side), point, tick, settings)
    assert free > 0
    assert free % tick == 0
    assert (free - price) * side >= 0 or free == tick
    limited = fill_price(placed(side=side, limit=limit), point, tick, settings)
    assert limited % tick == 0
    if limited:
        assert (limited - limit) * side <= 0
        assert (limited - price) * side >= 0 or limited == tick


def test_what_does_not_cross_rests_until_a_later_price_does(tmp_path):
    feed = tape(1_000_000, 1_000_000, 995_000, 980_000)
    events = live(tmp_path, feed, order(ts=SENT, limit=990_000))
    (fill,) = fills(events)
    assert fill.ts - LAG == OPEN + 80 * NS
    assert fill.price == 980_200  # better than its limit
    assert kinds(events) == ["ACCEPTED", "fill"]


def test_what_never_crosses_ends_with_the_session(tmp_path):
    events = live(tmp_path, tape(*[1_000_000] * 100), order(ts=SENT, limit=990_000))
    assert last(events) == ("EXPIRED", 0, "the session has closed")
    assert events[-1].ts == CLOSE + LAG


def test_the_next_session_is_another(tmp_path):
    """A price of tomorrow fills nothing of today."""
    feed = Tape({"AAPL": [Point(OPEN + DAY + NS, 1_000_000, 0, 0)]})
    assert kinds(live(tmp_path, feed, order(ts=SENT))) == ["ACCEPTED", "EXPIRED"]


@pytest.mark.parametrize(
    ("prices", "limit", "expected"),
    [
        ((1_000_000, 900_000), 990_000, ["ACCEPTED", "CANCELED"]),  # the first price decides
        ((980_000, 900_000), 990_000, ["ACCEPTED", "fill"]),
        ((1_000_000,), 0, ["ACCEPTED", "fill"]),
        ((), 0, ["ACCEPTED", "EXPIRED"]),
    ],
)
def test_immediate_or_cancel(tmp_path, prices, limit, expected):
    assert kinds(live(tmp_path, tape(*prices), order(ts=SENT, limit=limit, tif="ioc"))) == expected


def test_immediate_or_cancel_takes_what_the_first_price_gives(tmp_path):
    settings = replace(QUIET, partial_ppm=PPM)
    events = live(tmp_path, tape(*[1_000_000] * 9), order(ts=SENT, tif="ioc"), settings=settings)
    assert kinds(events) == ["ACCEPTED", "fill", "CANCELED"]
    (fill,) = fills(events)
    assert 0 < fill.qty < 100
    assert last(events) == ("CANCELED", fill.qty, "immediate or cancel")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"symbol": "IBM"}, "unknown symbol IBM"),
        ({"qty": 0}, "nothing to trade"),
        ({"qty": -5}, "nothing to trade"),
        ({"side": 0}, "unknown side, type or time in force"),
        ({"type": "stop_limit"}, "unknown side, type or time in force"),
        ({"type": "stop"}, "stop is not a multiple of the tick 100"),
        ({"type": "stop", "stop": 990_050}, "stop is not a multiple of the tick 100"),
        ({"type": "stop", "stop": 990_000, "limit": 980_000}, "a stop has no limit and is good for the day"),
        ({"type": "stop", "stop": 990_000, "tif": "ioc"}, "a stop has no limit and is good for the day"),
        ({"tif": "gtc"}, "unknown side, type or time in force"),
        ({"type": "limit", "limit": 0}, "limit is not a multiple of the tick 100"),
        ({"limit": 1_000_050}, "limit is not a multiple of the tick 100"),
        ({"ts": OPEN - MINUTE}, "market closed"),
        ({"ts": OPEN - LAG - 1}, "market closed"),
        ({"ts": CLOSE - LAG}, "market closed"),
        ({"ts": CLOSE + MINUTE}, "market closed"),
    ],
)
def test_what_the_market_does_not_take(tmp_path, fields, reason):
    paper = broker(disk_at(tmp_path), tape(*[1_000_000] * 9), now=OPEN - DAY)
    paper.submit(order(**{"ts": SENT, **fields}))
    events = run(paper)
    assert kinds(events) == ["REJECTED"]
    assert last(events) == ("REJECTED", 0, reason)
    assert paper.truth().positions == {}


@pytest.mark.parametrize("ts", [OPEN - LAG, CLOSE - LAG - 1])
def test_the_first_and_the_last_moment_of_a_session(tmp_path, ts):
    paper = broker(disk_at(tmp_path), now=OPEN - DAY)
    paper.submit(order(ts=ts))
    assert kinds(run(paper))[0] == "ACCEPTED"


def test_pieces_fill_at_successive_prices_that_cross(tmp_path):
    settings = replace(QUIET, partial_ppm=PPM, pieces_min=4)
    feed = tape(980_000, 1_000_000, 970_000, 1_000_000, 960_000, 950_000)
    events = live(tmp_path, feed, order(ts=SENT, limit=990_000), settings=settings)
    assert [(e.ts - LAG - OPEN) // NS for e in fills(events)] == [20, 60, 100, 120]
    assert [e.price for e in fills(events)] == [980_200, 970_200, 960_200, 950_200]
    assert sum(e.qty for e in fills(events)) == 100
    assert [e.fill_id[-2:] for e in fills(events)] == ["-1", "-2", "-3", "-4"]


@pytest.mark.parametrize("qty", [1, 2, 3, 5, 100, 10**15])
def test_pieces_are_two_to_four_and_sum_up(tmp_path, qty):
    settings = replace(QUIET, partial_ppm=PPM)
    orders = [order(f"a-{k}", SENT, qty=qty) for k in range(60)]
    found = fills(live(tmp_path, tape(*[1_000_000] * 9), *orders, settings=settings))
    counts = set()
    for one in orders:
        pieces = [e.qty for e in found if e.client_id == one.client_id]
        assert min(pieces) > 0
        assert sum(pieces) == qty
        counts.add(len(pieces))
    assert counts == {min(qty, n) for n in (2, 3, 4)}


def test_the_rest_of_a_partly_filled_order_expires(tmp_path):
    settings = replace(QUIET, partial_ppm=PPM)
    events = live(tmp_path, tape(1_000_000), order(ts=SENT), settings=settings)
    assert kinds(events) == ["ACCEPTED", "fill", "EXPIRED"]
    assert last(events)[1] == fills(events)[0].qty


@pytest.mark.parametrize(
    ("qty", "symbol", "price", "fee"),
    [
        (1, "AAPL", 1_000_000, 3_500),
        (100, "AAPL", 1_000_000, 350_000),
        (1, "BTC", 4_000_000, 1),  # 1e-8 of a coin: rounded up
        (10**8, "BTC", 4_000_000, 3_500),
    ],
)
def test_the_fee(tmp_path, qty, symbol, price, fee):
    feed = tape(price, symbol=symbol)
    (fill,) = fills(live(tmp_path, feed, order(ts=SENT, qty=qty, symbol=symbol)))
    assert fill.fee == fee


# -- cancels

FEED = (1_000_000, 1_000_000, 980_000)  # a buy at 99 fills after a minute


@pytest.mark.parametrize(
    ("asked", "expected", "end"),
    [
        (SENT, ["ACCEPTED", "CANCELED"], ("CANCELED", 0, "")),  # does not overtake the order
        (OPEN + 30 * NS, ["ACCEPTED", "CANCELED"], ("CANCELED", 0, "")),
        (OPEN + 60 * NS - LAG, ["ACCEPTED", "CANCELED"], ("CANCELED", 0, "")),
        (
            OPEN + 60 * NS - LAG + 1,
            ["ACCEPTED", "fill", "FILLED"],
            ("FILLED", 100, "the cancel came too late"),
        ),
        (OPEN + 9 * MINUTE, ["ACCEPTED", "fill", "FILLED"], ("FILLED", 100, "the cancel came too late")),
    ],
)
def test_a_cancel_wins_or_loses_the_race(tmp_path, asked, expected, end):
    cancel = Cancel(asked, "a-1", "L1", 1)
    events = live(tmp_path, tape(*FEED), order(ts=SENT, limit=990_000), cancels=[cancel])
    assert kinds(events) == expected
    assert last(events) == end


def test_a_cancel_says_what_was_filled_before(tmp_path):
    settings = replace(QUIET, partial_ppm=PPM)
    cancel = Cancel(OPEN + 21 * NS, "a-1", "L1", 1)
    events = live(tmp_path, tape(*[1_000_000] * 9), order(ts=SENT), settings=settings, cancels=[cancel])
    assert kinds(events) == ["ACCEPTED", "fill", "CANCELED"]
    assert last(events) == ("CANCELED", fills(events)[0].qty, "")


def test_only_the_first_cancel_to_arrive_ends_it_and_the_others_are_told(tmp_path):
    cancels = [Cancel(OPEN + k * NS, "a-1", "L1", k) for k in (9, 7, 8)]
    events = live(tmp_path, tape(*FEED), order(ts=SENT, limit=990_000), cancels=cancels)
    assert [(e.state, e.reason, (e.ts - OPEN) // MS) for e in events[1:]] == [
        ("CANCELED", "", 7_200),
        ("CANCELED", "the cancel came too late", 8_200),
        ("CANCELED", "the cancel came too late", 9_200),
    ]


def test_a_cancel_after_the_close_is_told_so(tmp_path):
    cancel = Cancel(CLOSE + NS, "a-1", "L1", 1)
    events = live(tmp_path, tape(), order(ts=SENT), cancels=[cancel])
    assert [(e.state, e.reason) for e in events[1:]] == [
        ("EXPIRED", "the session has closed"),
        ("EXPIRED", "the cancel came too late"),
    ]


def test_a_cancel_of_what_was_rejected_is_told_so(tmp_path):
    cancel = Cancel(SENT + NS, "a-1", "L1", 1)
    events = live(tmp_path, tape(), order(ts=SENT, qty=0), cancels=[cancel])
    assert [(e.state, e.reason) for e in events] == [
        ("REJECTED", "nothing to trade"),
        ("REJECTED", "the cancel came too late"),
    ]


# -- the closing auction

AUCTION = CLOSE - 15 * MINUTE


def on_close(ts=AUCTION, **more):
    return order(ts=ts, type="market", limit=0, tif="cls", **more)


PRINTS = Tape(
    {"AAPL": [Point(ts, 1_000_000 + n, 0, 0) for n, ts in enumerate((CLOSE - 5 * MINUTE, CLOSE - NS, CLOSE))]}
)


def test_an_on_close_order_fills_whole_at_the_last_price_of_the_session(tmp_path):
    filled = fills(live(tmp_path, PRINTS, on_close()))
    assert [(e.ts - LAG, e.qty, e.price) for e in filled] == [(CLOSE, order().qty, 1_000_002)]


@pytest.mark.parametrize(
    ("before", "state"), [(10 * MINUTE + 1, "FILLED"), (10 * MINUTE, "REJECTED"), (1, "REJECTED")]
)
def test_the_auction_takes_orders_until_ten_minutes_before(tmp_path, before, state):
    events = live(tmp_path, PRINTS, on_close(CLOSE - before - LAG))
    assert (len(fills(events)) == 1) is (state == "FILLED")
    assert (last(events)[0] == "REJECTED") is (state == "REJECTED")


@pytest.mark.parametrize(
    ("before", "given_back"), [(10 * MINUTE + 1, True), (10 * MINUTE, False), (MINUTE, False)]
)
def test_it_gives_none_back_from_then_on(tmp_path, before, given_back):
    one = on_close()
    cancel = Cancel(CLOSE - before - LAG, one.client_id, "changed my mind", 1)
    events = live(tmp_path, PRINTS, one, cancels=(cancel,))
    assert (len(fills(events)) == 0) is given_back
    assert last(events)[0] == ("CANCELED" if given_back else "ACCEPTED")


def test_a_cancel_behind_the_close_is_told_how_it_ended(tmp_path):
    one = on_close()
    events = live(tmp_path, PRINTS, one, cancels=(Cancel(CLOSE + NS, one.client_id, "late", 1),))
    assert (len(fills(events)), last(events)[0]) == (1, "FILLED")


@pytest.mark.parametrize("quiet", [MINUTE, 5 * MINUTE])
def test_a_symbol_that_does_not_trade_at_the_end_has_no_auction(tmp_path, quiet):
    events = live(tmp_path, Tape({"AAPL": [Point(CLOSE - quiet, 1_000_000, 0, 0)]}), on_close())
    assert (fills(events), last(events)[0]) == ([], "EXPIRED")


@pytest.mark.parametrize(("limit", "filled"), [(1_000_100, True), (1_010_000, True), (1_000_000, False)])
def test_a_limit_on_close_holds(tmp_path, limit, filled):
    one = replace(on_close(), type="limit", limit=limit)
    assert (len(fills(live(tmp_path, PRINTS, one))) == 1) is filled
