"""The paper broker as a client meets it: calls, answers, the stream, the account, what each fault does."""

import asyncio
import json
from dataclasses import replace
from itertools import pairwise

import pytest

from flyball.broker.paper import PaperFileError
from flyball.broker.prices import Point
from flyball.kernel.effects import AskAccount, Cancel, Query
from flyball.kernel.events import Account, Answer, Fill, Timeout, Update
from flyball.kernel.units import MS, NS, PPM
from flyball.ports import Broker
from tests.broker.world import (
    CASH,
    CLOSE,
    DAY,
    LAG,
    OPEN,
    QUIET,
    Tape,
    broker,
    disk_at,
    failing,
    kinds,
    lines,
    order,
    run,
    tape,
)

SENT = OPEN + 5 * NS
FLAT = (1_000_000,) * 30
LOST = replace(QUIET, timeout_ppm=PPM, timeout_applied_ppm=0)
UNANSWERED = replace(QUIET, timeout_ppm=PPM, timeout_applied_ppm=PPM)


@pytest.fixture
def disk(tmp_path):
    return disk_at(tmp_path)


def told(events, kind):
    return [e for e in events if isinstance(e, kind)]


def test_it_is_a_broker(disk):
    port: Broker = broker(disk)
    assert port.next_due() is None
    assert port.take(OPEN + DAY) == []


def test_an_order_is_acknowledged_and_filled(disk):
    paper = broker(disk, tape(*FLAT))
    paper.submit(order(ts=SENT))
    accepted, fill = run(paper)
    (held,) = paper.truth().orders.values()
    assert accepted == Update(SENT + 2 * LAG, "a-1", "ACCEPTED", held.broker_id, 0, "", 1)
    assert fill == Fill(
        OPEN + 20 * NS + LAG, "a-1", f"{held.broker_id}-1", "AAPL", 1, 100, 1_000_300, 350_000, 2
    )
    assert (held.state, held.filled) == ("FILLED", 100)


def test_nothing_is_told_before_its_time_and_each_once(disk):
    paper = broker(disk, tape(*FLAT))
    paper.submit(order(ts=SENT))
    assert paper.next_due() == SENT + 2 * LAG
    assert paper.take(SENT + 2 * LAG - 1) == []
    assert kinds(paper.take(SENT + 2 * LAG)) == ["ACCEPTED"]
    assert paper.take(SENT + 2 * LAG) == []
    assert paper.next_due() == OPEN + 20 * NS + LAG


def test_a_broker_with_nothing_to_do_does_not_look_at_the_tape(disk):
    feed = tape(*FLAT)
    paper = broker(disk, feed)
    paper.submit(order(ts=SENT))
    run(paper)
    asked = feed.asked
    for minute in range(2_000):
        assert paper.next_due() is None
        paper.take(CLOSE + minute * 60 * NS)
    assert feed.asked == asked


# -- an id is worked once


@pytest.mark.parametrize("again", [{"again": True}, {"attempt": 2, "ts": SENT + 10 * NS}, {"qty": 999}])
def test_a_second_submit_of_an_id_creates_nothing_and_acknowledges_the_first(disk, again):
    paper = broker(disk, tape(*FLAT))
    paper.submit(order(ts=SENT))
    paper.submit(order(**{"ts": SENT, **again}))
    events = run(paper)
    (answer,) = told(events, Answer)
    assert (answer.client_id, answer.ask, answer.found) == ("a-1", 0, True)
    assert kinds([e for e in events if e is not answer]) == ["ACCEPTED", "fill"]
    assert len(lines(disk)) == 2
    assert paper.truth().positions == {"AAPL": 100}


def test_a_second_submit_after_a_restart_creates_nothing_either(disk):
    broker(disk, tape(*FLAT)).submit(order(ts=SENT))
    paper = broker(disk, tape(*FLAT), now=SENT)
    paper.submit(order(ts=SENT, again=True))
    assert kinds(run(paper)) == ["ACCEPTED", "answer", "fill"]
    assert len(lines(disk)) == 2


def test_an_order_that_was_recorded_and_not_acknowledged_is_there_after_the_crash(disk):
    broker(disk, tape(*FLAT)).submit(order(ts=SENT))
    paper = broker(disk, tape(*FLAT), now=SENT)
    assert kinds(run(paper)) == ["ACCEPTED", "fill"]


def test_a_late_repetition_never_reaches_back(disk):
    """Sent again long after it was decided, an order arrives now, behind all that was told."""
    paper = broker(disk, tape(*FLAT))
    paper.take(OPEN + 300 * NS)
    paper.submit(order(ts=SENT))
    events = run(paper)
    assert events[0].ts == OPEN + 300 * NS + 1 + LAG
    assert told(events, Fill)[0].ts == OPEN + 320 * NS + LAG


# -- calls without an answer


@pytest.mark.parametrize("exit_order", [{}, {"intent": "", "author": "L1", "adds": False, "side": -1}])
def test_a_lost_submit_leaves_nothing_at_the_broker(disk, exit_order):
    paper = broker(disk, tape(*FLAT), settings=LOST)
    paper.submit(order(ts=SENT, **exit_order))
    assert run(paper) == [Timeout(SENT + 10 * NS, "a-1", "submit", 1, "no answer within 10000 ms")]
    assert len(lines(disk)) == 1
    assert paper.truth().orders == {}


@pytest.mark.parametrize("exit_order", [{}, {"intent": "", "author": "L1", "adds": False, "side": -1}])
def test_an_unanswered_submit_that_was_applied_lives_on(disk, exit_order):
    paper = broker(disk, tape(*FLAT), settings=UNANSWERED)
    paper.submit(order(ts=SENT, **exit_order))
    assert kinds(run(paper)) == ["ACCEPTED", "timeout", "fill"]


def test_a_lost_submit_is_lost_again_after_a_restart(disk):
    """Its fate belongs to intent, leg and attempt: sent once more under its old id it is no luckier."""
    settings = replace(QUIET, timeout_ppm=PPM // 2)
    fates = {}
    for k in range(40):
        paper = broker(disk, tape(*FLAT), settings=settings)
        paper.submit(order(f"a-{k}", SENT))
        before = b"a-%d" % k in disk.read("paper")
        again = broker(disk, tape(*FLAT), settings=settings, now=SENT)
        again.submit(order(f"a-{k}", SENT, again=True))
        assert (b'"a-%d"' % k in disk.read("paper")) == before
        fates[k] = before
    assert set(fates.values()) == {True, False}


def test_another_attempt_has_another_fate(disk):
    settings = replace(LOST, timeout_ppm=PPM // 2)
    paper = broker(disk, tape(*FLAT), settings=settings)
    attempts = []
    for k in range(40):
        for attempt in (1, 2, 3):
            paper.submit(order(f"a-{k}", SENT, attempt=attempt))
            if b'"a-%d"' % k in disk.read("paper"):
                break
        attempts.append(attempt)
    assert set(attempts) == {1, 2, 3}


def test_the_timeout_of_an_applied_submit_comes_after_a_restart_too(disk):
    broker(disk, tape(*FLAT), settings=UNANSWERED).submit(order(ts=SENT))
    assert "timeout" in kinds(run(broker(disk, tape(*FLAT), settings=UNANSWERED, now=SENT + 10 * NS)))
    assert "timeout" not in kinds(run(broker(disk, tape(*FLAT), settings=UNANSWERED, now=SENT + 11 * NS)))


@pytest.mark.parametrize(("settings", "ends"), [(LOST, "FILLED"), (UNANSWERED, "CANCELED")])
def test_an_unanswered_cancel_was_applied_or_not(disk, settings, ends):
    """Recorded without faults, the cancel then meets the fault: the same file, other weather."""
    calm = replace(settings, timeout_ppm=0)
    paper = broker(disk, tape(*FLAT, start=OPEN + 60 * NS), settings=calm)
    paper.submit(order(ts=SENT))
    paper._settings = settings  # the submit had to get through
    paper.cancel(Cancel(SENT + NS, "a-1", "L1", 1))
    (timeout,) = told(run(paper), Timeout)
    assert (timeout.call, timeout.attempt, timeout.ts) == ("cancel", 1, SENT + 11 * NS)
    assert paper.truth().orders["a-1"].state == ends


def test_a_cancel_counts_once_however_often_it_is_sent(disk):
    paper = broker(disk, tape())
    paper.submit(order(ts=SENT))
    for _ in range(3):
        paper.cancel(Cancel(SENT + NS, "a-1", "L1", 1))
    assert kinds(run(paper)) == ["ACCEPTED", "CANCELED"]
    assert len(lines(disk)) == 3
    again = broker(disk, tape(), now=SENT + NS)
    again.cancel(Cancel(SENT + NS, "a-1", "again", 1))
    assert len(lines(disk)) == 3


def test_a_cancel_of_an_unknown_id_is_no_news(disk):
    paper = broker(disk)
    paper.cancel(Cancel(SENT, "a-9", "L1", 1))
    assert run(paper) == []
    assert len(lines(disk)) == 1


# -- questions


@pytest.mark.parametrize(
    ("asked", "state", "filled"),
    [
        (SENT - LAG, "PENDING", 0),
        (SENT, "ACCEPTED", 0),
        (OPEN + 20 * NS - LAG - 1, "ACCEPTED", 0),
        (OPEN + 20 * NS - LAG, "FILLED", 100),
        (CLOSE + NS, "FILLED", 100),
    ],
)
def test_a_question_is_answered_as_things_stand_when_it_arrives(disk, asked, state, filled):
    paper = broker(disk, tape(*FLAT))
    paper.submit(order(ts=SENT))
    paper.query(Query(asked, "a-1", 3))
    (answer,) = told(run(paper), Answer)
    broker_id = paper.truth().orders["a-1"].broker_id
    assert answer == Answer(asked + 2 * LAG, "a-1", 3, True, state, filled, broker_id)


def test_an_id_it_never_had_is_disowned(disk):
    paper = broker(disk)
    paper.query(Query(SENT, "a-9", 1))
    assert run(paper) == [Answer(SENT + 2 * LAG, "a-9", 1, False, "", 0, "")]


@pytest.mark.parametrize("known", [True, False])
def test_a_question_can_stay_unanswered(disk, known):
    paper = broker(disk, tape(*FLAT), settings=UNANSWERED)
    if known:
        paper.submit(order(ts=SENT))
    paper.query(Query(SENT, "a-1", 2))
    timeouts = [e for e in told(run(paper), Timeout) if e.call == "query"]
    assert timeouts == [Timeout(SENT + 10 * NS, "a-1", "query", 2, "no answer within 10000 ms")]


def test_a_question_is_answered_once(disk):
    paper = broker(disk)
    for _ in range(3):
        paper.query(Query(SENT, "a-9", 1))
        paper.account(AskAccount(SENT, 1, "why not"))
    assert sorted(kinds(run(paper))) == ["account", "answer"]


def test_a_question_asked_anew_after_its_answers_time_is_answered_afresh(disk):
    paper = broker(disk, tape(*FLAT))
    paper.submit(order(ts=SENT))
    run(paper, OPEN + 60 * NS)
    paper.query(Query(SENT, "a-1", 1))
    (answer,) = run(paper)
    assert (answer.ts, answer.state) == (OPEN + 60 * NS + 1 + LAG, "FILLED")


def test_at_a_start_it_says_of_an_id_no_more_than_its_stream_has(disk):
    """Else a run that was killed would know more, earlier, than one that was not."""
    feed = tape(*FLAT)
    broker(disk, feed).submit(order(ts=SENT))
    expected = [("PENDING", 0), ("ACCEPTED", 0), ("FILLED", 100)]
    for cursor, (state, filled) in enumerate(expected):
        paper = broker(disk, feed)
        paper.resume(cursor, CLOSE)
        answer = asyncio.run(paper.lookup("a-1", CLOSE))
        assert answer is not None
        assert (answer.ask, answer.found, answer.state, answer.filled) == (0, True, state, filled)
    unknown = asyncio.run(broker(disk, feed).lookup("a-2", CLOSE))
    assert unknown == Answer(CLOSE, "a-2", 0, False, "", 0, "")


# -- the account


def test_the_account(disk):
    feed = Tape(
        {
            "AAPL": [Point(OPEN + k * NS, 1_000_000 + k * 100, 0, 0) for k in range(1, 100)],
            "MSFT": [Point(OPEN + k * NS, 500_000, 499_000, 500_800) for k in range(1, 100)],
        }
    )
    paper = broker(disk, feed)
    paper.submit(order("a-1", SENT, qty=10))
    paper.submit(order("a-2", SENT, qty=4, symbol="MSFT", side=-1))
    paper.submit(order("a-3", SENT, qty=5, limit=900_000))
    paper.submit(order("a-4", OPEN + 50 * NS - LAG + 1, qty=5))  # on its way when the question arrives
    paper.account(AskAccount(OPEN + 50 * NS - LAG, 9, "why not"))
    (account,) = told(run(paper, OPEN + 60 * NS), Account)
    bought, sold = 1_000_900, 498_900  # at the sixth second: ask and slippage up to the cent, bid and it down
    fees = 14 * 3_500
    resting = paper.held("a-3")
    assert resting is not None
    assert account == Account(
        OPEN + 50 * NS + LAG,
        9,
        CASH - bought * 1_000 + sold * 400 - fees,
        CASH - bought * 1_000 + sold * 400 - fees + 1_005_000 * 1_000 - 499_900 * 400,
        CASH,
        (("AAPL", 10), ("MSFT", -4)),
        ("a-3",),
        OPEN + 50 * NS,
        (("a-3", resting.broker_id, "AAPL", 1, 5, "limit", 900_000, 0),),
    )
    now = asyncio.run(paper.read_account(OPEN + 50 * NS))
    assert now == replace(account, ts=OPEN + 50 * NS, ask=0)


def test_the_days_equity_is_that_before_the_session_began(disk):
    prices = {0: 1_000_000, 1: 1_100_000, 2: 1_300_000}
    feed = Tape({"AAPL": [Point(OPEN + d * DAY + 20 * NS, p, 0, 0) for d, p in prices.items()]})
    paper = broker(disk, feed)
    paper.submit(order(ts=SENT))
    paid = CASH - 1_000_300 * 100 * 100 - 350_000
    for at, day_price in [
        (CLOSE, None),
        (OPEN + DAY - NS, None),  # by night it is still yesterday
        (OPEN + DAY, 1_000_000),
        (OPEN + DAY + 60 * NS, 1_000_000),
        (OPEN + 2 * DAY + 60 * NS, 1_100_000),
        (OPEN + 9 * DAY + 60 * NS, 1_300_000),
        (OPEN + 15 * DAY, 1_300_000),  # days after the last session
    ]:
        account = asyncio.run(paper.read_account(at))
        assert account is not None
        assert account.day_equity == (CASH if day_price is None else paid + day_price * 100 * 100)
    before = asyncio.run(paper.read_account(OPEN - NS))
    assert before is not None
    assert (before.equity, before.day_equity) == (CASH, CASH)


def test_the_account_can_stay_unanswered(disk):
    paper = broker(disk, settings=UNANSWERED)
    paper.account(AskAccount(SENT, 4, "why not"))
    assert run(paper) == [Timeout(SENT + 10 * NS, "", "account", 4, "no answer within 10000 ms")]


@pytest.mark.parametrize(
    ("qty", "paid", "received"),
    [
        (1, 401, 399),  # 400.04 and 399.96 micros
        (10**8, 40_004_000_000, 39_996_000_000),
        (10**7 + 1, 4_000_400_401, 3_999_600_399),
    ],
)
def test_cash_is_rounded_against_the_account(disk, qty, paid, received):
    """Bought at 40,004 and sold at 39,996 (slippage of 1 bp), quantities in 1e-8 of a coin."""
    settings = replace(QUIET, half_spread_ppm=0, fee_per_unit=0)
    paper = broker(disk, tape(*[4_000_000] * 9, symbol="BTC"), settings=settings)
    paper.submit(order("a-1", SENT, symbol="BTC", qty=qty))
    run(paper, OPEN + 30 * NS)
    assert paper.truth().cash == CASH - paid
    assert paper.truth().positions == {"BTC": qty}
    paper.submit(order("a-2", OPEN + 30 * NS, symbol="BTC", qty=qty, side=-1))
    run(paper)
    assert paper.truth().cash == CASH - paid + received
    assert paper.truth().positions == {}


def test_truth_is_of_now(disk):
    paper = broker(disk, tape(*FLAT))
    paper.submit(order(ts=SENT))
    assert paper.truth().orders["a-1"].state == "PENDING"
    paper.take(SENT + LAG)
    assert paper.truth().orders["a-1"].state == "ACCEPTED"
    assert paper.truth().fills == ()
    paper.take(OPEN + 20 * NS)
    truth = paper.truth()
    assert truth.positions == {"AAPL": 100}
    assert (truth.cash, truth.fees) == (CASH - 1_000_300 * 10_000 - 350_000, 350_000)
    assert [f.client_id for f in truth.fills] == ["a-1"]


# -- the stream


def test_late_events_come_a_second_to_five_later_and_out_of_order(disk):
    settings = replace(QUIET, late_ppm=PPM // 2)
    paper = broker(disk, tape(*FLAT, step=NS), settings=settings)
    for k in range(40):
        paper.submit(order(f"a-{k}", SENT))
    events = run(paper)
    numbers = [e.n for e in events]
    assert numbers == list(range(1, 81))
    delays = [e.ts - SENT - 2 * LAG for e in events if isinstance(e, Update)]
    assert {d == 0 or NS <= d <= 5 * NS for d in delays} == {True}
    assert {d == 0 for d in delays} == {True, False}
    first = {k: next(e for e in events if e.client_id == f"a-{k}") for k in range(40)}
    assert {type(e) for e in first.values()} == {Update, Fill}  # some fills come before their acknowledgement


def test_a_duplicate_is_a_further_event_about_the_same(disk):
    paper = broker(disk, tape(*FLAT), settings=replace(QUIET, duplicate_ppm=PPM))
    paper.submit(order(ts=SENT))
    events = run(paper)
    assert sorted(kinds(events)) == ["ACCEPTED", "ACCEPTED", "fill", "fill"]
    assert [e.n for e in events] == [1, 2, 3, 4]
    one, other = told(events, Fill)
    assert one == replace(other, ts=one.ts, n=one.n)
    assert paper.truth().positions == {"AAPL": 100}
    assert len(paper.truth().fills) == 1


def test_fills_of_different_orders_have_different_ids(disk):
    """The same intent id on another day is another order."""
    feed = Tape({"AAPL": [Point(OPEN + d * DAY + 20 * NS, 1_000_000, 0, 0) for d in range(3)]})
    paper = broker(disk, feed)
    for d in range(3):
        paper.submit(order(f"a-{d}", SENT + d * DAY, intent="same"))
        paper.submit(order(f"b-{d}", SENT + d * DAY, intent="same", strategy="s2"))
        paper.submit(order(f"c-{d}", SENT + d * DAY, intent="", author="L1"))
    fills = told(run(paper), Fill)
    assert len(fills) == len({f.fill_id for f in fills}) == 9
    assert len({o.broker_id for o in paper.truth().orders.values()}) == 9


def test_a_cursor_beyond_the_file_is_refused(disk):
    paper = broker(disk, tape(*FLAT))
    paper.submit(order(ts=SENT))
    paper.resume(2, CLOSE)
    assert run(paper) == []
    with pytest.raises(PaperFileError, match=r"heard 3 events .* knows 2\nremedy"):
        paper.resume(3, CLOSE)


# -- a disk that fails


def test_a_full_disk_takes_no_order_and_the_client_stays_in_doubt(disk):
    full = []
    paper = broker(failing(disk, lambda what: what in full), tape(*FLAT))
    full.append("write")
    paper.submit(order("a-1", SENT))
    full.clear()
    paper.submit(order("a-2", SENT))
    events = run(paper)
    assert {e.client_id for e in told(events, Timeout)} == {"a-1"}
    assert paper.truth().orders.keys() == {"a-2"}


def test_a_full_disk_takes_no_cancel(disk):
    full = []
    paper = broker(failing(disk, lambda what: what in full), tape(*FLAT))
    paper.submit(order("a-1", SENT))
    paper.take(SENT)
    full.append("write")
    paper.cancel(Cancel(SENT, "a-1", "L1", 1))
    assert kinds(run(paper)) == ["ACCEPTED", "timeout", "fill"]


def test_a_failed_sync_silences_the_broker_until_it_is_started_anew(disk):
    broken = []
    paper = broker(failing(disk, lambda what: what in broken), tape(*FLAT))
    paper.submit(order("a-1", SENT))
    assert kinds(paper.take(SENT + 2 * LAG)) == ["ACCEPTED"]
    broken.append("sync")
    paper.submit(order("a-2", SENT + NS))
    paper.query(Query(SENT + NS, "a-1", 1))
    paper.account(AskAccount(SENT + NS, 1, "why not"))
    events = run(paper)
    assert [(e.call, e.client_id) for e in told(events, Timeout)] == [
        ("account", ""),
        ("query", "a-1"),
        ("submit", "a-2"),
    ]
    assert len(events) == 3
    assert "cannot be made durable" in events[0].reason
    assert asyncio.run(paper.lookup("a-1", CLOSE)) is None
    assert asyncio.run(paper.read_account(CLOSE)) is None
    anew = broker(disk, tape(*FLAT))
    anew.resume(1, SENT + NS)
    assert kinds(run(anew)) == ["ACCEPTED", "fill", "fill"]


def test_latency_lies_between_its_bounds(disk):
    settings = replace(QUIET, latency_min=50 * MS, latency_max=250 * MS)
    paper = broker(disk, tape(), settings=settings)
    for k in range(200):
        paper.submit(order(f"a-{k}", SENT))
    ways = [e.ts - SENT for e in run(paper, OPEN + 60 * NS)]
    arrivals = sorted(o.placed.arrival - SENT for o in paper.truth().orders.values())
    assert 50 * MS <= arrivals[0] < 70 * MS
    assert 230 * MS < arrivals[-1] <= 250 * MS
    assert all(100 * MS <= way <= 500 * MS for way in ways)
    assert all(a <= b for a, b in pairwise(ways))


def test_a_cancel_does_not_overtake_its_order(disk):
    settings = replace(QUIET, latency_min=50 * MS, latency_max=250 * MS)
    paper = broker(disk, tape(), settings=settings)
    for k in range(50):
        paper.submit(order(f"a-{k}", SENT))
        paper.cancel(Cancel(SENT, f"a-{k}", "L1", 1))
    run(paper)
    records = [json.loads(line.split(b" ", 1)[1]) for line in lines(disk)[1:]]
    arrival = {r["client_id"]: r["arrival"] for r in records if r["record"] == "order"}
    behind = [r["arrival"] - arrival[r["client_id"]] for r in records if r["record"] == "cancel"]
    assert len(behind) == 50
    assert min(behind) == 1  # one that was faster on its way waited
    assert {o.state for o in paper.truth().orders.values()} == {"CANCELED"}


def test_a_late_repetition_of_a_cancel_never_reaches_back(disk):
    paper = broker(disk, tape())
    paper.submit(order(ts=SENT))
    paper.take(OPEN + 300 * NS)
    paper.cancel(Cancel(SENT + NS, "a-1", "again", 1))
    (canceled,) = run(paper, CLOSE)
    assert canceled.ts == OPEN + 300 * NS + 1 + LAG


def test_a_duplicate_still_to_come_takes_nothing_back(disk):
    paper = broker(disk, tape(*FLAT), settings=replace(QUIET, duplicate_ppm=PPM))
    paper.submit(order(ts=SENT))
    assert kinds(paper.take(SENT + 2 * LAG)) == ["ACCEPTED"]
    answer = asyncio.run(paper.lookup("a-1", SENT + 2 * LAG))
    assert answer is not None
    assert answer.state == "ACCEPTED"


def test_around_the_clock_a_fill_at_midnight_belongs_to_the_day_that_begins(disk):
    def around(ts: int) -> tuple[int, int]:
        opened = ts // DAY * DAY
        return opened, opened + DAY

    midnight = OPEN // DAY * DAY + DAY
    feed = Tape({"BTC": [Point(midnight - NS, 4_000_000, 0, 0), Point(midnight, 4_100_000, 0, 0)]})
    settings = replace(QUIET, half_spread_ppm=0, slippage_ppm=0, fee_per_unit=0)
    paper = broker(disk, feed, sessions=around, settings=settings)
    paper.submit(order("a-1", midnight - 2 * NS, symbol="BTC", qty=10**8))
    paper.submit(order("a-2", midnight - NS, symbol="BTC", qty=10**8))
    paper.take(midnight + NS)
    account = asyncio.run(paper.read_account(midnight + NS))
    assert account is not None
    assert account.cash == CASH - 81_000 * 10**6
    assert account.day_equity == CASH
    assert account.equity == CASH + 1_000 * 10**6
    assert account.positions == (("BTC", 2 * 10**8),)
