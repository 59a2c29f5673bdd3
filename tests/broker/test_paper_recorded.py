"""A month of real minutes: 21 sessions of AAPL and MSFT, two thousand orders, everything as set."""

import time

import pytest

from flyball.broker.paper import Paper
from flyball.broker.paper_settings import PaperSettings
from flyball.broker.prices import BarPrices
from flyball.feeds.bars import load
from flyball.kernel.effects import Cancel, Order
from flyball.kernel.events import Event, Fill, Timeout, Update
from flyball.kernel.units import MINUTE
from flyball.tables.calendar import sessions_between
from tests.broker.world import CASH, disk_at, order

USUAL = PaperSettings()
STEP = 7 * MINUTE


@pytest.fixture(scope="module")
def series(shared_data):
    path = str(shared_data("us_minute_2016_msft_aapl/bars_1m.parquet"))

    def unread(_: str) -> bytes:
        raise AssertionError("Parquet is read by its own reader")

    return load(path, read_bytes=unread, stamp="end").series


@pytest.fixture(scope="module")
def flown(series, tmp_path_factory):
    """Orders every seven minutes, all kinds of them; one in five is taken back two minutes later."""
    days = sessions_between(20160415, 20160513)

    def session(ts: int) -> tuple[int, int] | None:
        return next(((d.open, d.close) for d in days if d.open <= ts <= d.close), None)

    paper = Paper(
        disk_at(tmp_path_factory.mktemp("recorded")),
        "paper",
        prices=BarPrices(series, 5, session),
        settings=USUAL,
        seed=5,
        start_cash=CASH,
        sessions=session,
        instruments={s.symbol: (s.price_exp, 0, 10 ** (s.price_exp - 2)) for s in series},
        now=days[0].open,
    )
    bars = {s.symbol: {bar.end: bar for bar in s.bars} for s in series}
    calls: list[Order | Cancel] = []
    for day in days:
        for k, ts in enumerate(range(day.open + MINUTE, day.close, STEP)):
            for symbol, of in bars.items():
                n = len(calls)
                near = of[ts].close // 100 * 100 if ts in of else 0
                limit = (0, near, near + 500, near - 500)[(n + k) % 4] if near else 0
                calls.append(
                    order(
                        f"a-{n}",
                        ts,
                        symbol=symbol,
                        side=(1, -1)[(n // 2 + k) % 2],
                        qty=n % 90 + 1,
                        limit=limit,
                    )
                )
                if n % 5 == 0:
                    calls.append(Cancel(ts + 2 * MINUTE, f"a-{n}", "why not", 1))
    calls.sort(key=lambda call: call.ts)
    began = time.perf_counter()
    heard: list[Event] = []
    for call in calls:
        while (due := paper.next_due()) is not None and due <= call.ts:
            heard += paper.take(due)
        if isinstance(call, Order):
            paper.submit(call)
        else:
            paper.cancel(call)
    while (due := paper.next_due()) is not None:
        heard += paper.take(due)
    return paper, calls, heard, bars, time.perf_counter() - began


def test_every_fill_is_a_price_of_its_minute(flown):
    """After the order's arrival, within the minute's range and costs, on the tick, at the limit or better."""
    paper, _, _, bars, _ = flown
    truth = paper.truth()
    assert len(truth.fills) > 1_500
    for fill in truth.fills:
        placed = truth.orders[fill.client_id].placed
        bar = bars[fill.symbol][-(-fill.ts // MINUTE) * MINUTE]
        worst = bar.high * 10_003 // 10_000 + 200 if fill.side > 0 else bar.low * 9_997 // 10_000 - 200
        assert (fill.price - worst) * fill.side <= 0
        assert fill.price % 100 == 0
        assert fill.ts > placed.arrival
        assert not placed.limit or (fill.price - placed.limit) * fill.side <= 0


def test_what_was_told_is_what_is(flown):
    paper, calls, heard, _, _ = flown
    truth = paper.truth()
    told = {e.fill_id: e for e in heard if isinstance(e, Fill)}
    assert told.keys() == {fill.fill_id for fill in truth.fills}
    orders = [call for call in calls if isinstance(call, Order)]
    lost = {e.client_id for e in heard if isinstance(e, Timeout) and e.call == "submit"}
    assert {call.client_id for call in orders} - truth.orders.keys() <= lost
    assert truth.fees == sum(3_500 * fill.qty for fill in truth.fills)


def test_faults_come_as_often_as_they_are_set(flown):
    paper, calls, heard, _, _ = flown
    truth = paper.truth()
    orders = [call for call in calls if isinstance(call, Order)]
    assert len(orders) > 2_000
    unanswered = {e.client_id for e in heard if isinstance(e, Timeout) and e.call == "submit"}
    applied = unanswered & truth.orders.keys()
    assert 0.004 < len(unanswered) / len(orders) < 0.02
    assert 0.25 < len(applied) / len(unanswered) < 0.75
    events = [e for e in heard if isinstance(e, Update | Fill)]
    once = {(e.client_id, e.fill_id if isinstance(e, Fill) else (e.state, e.reason)) for e in events}
    assert 0.004 < 1 - len(once) / len(events) < 0.02
    pieces = [
        len([f for f in truth.fills if f.client_id == cid])
        for cid, one in truth.orders.items()
        if one.state == "FILLED" and one.placed.qty > 3
    ]
    assert 0.15 < sum(n > 1 for n in pieces) / len(pieces) < 0.25
    assert max(pieces) == 4


def test_it_is_fast_enough_to_be_flown_in_a_demo(flown):
    """Half a second when nothing else runs; the bound leaves room for a busy machine with a slow disk."""
    assert flown[-1] < 20
