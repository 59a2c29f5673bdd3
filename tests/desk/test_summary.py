"""The summary says what the records say, whether it was fed live or afterwards, and its books agree with the
governor's after every event."""

import copy
import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from flyball.desk.caps import CAPS
from flyball.desk.summary import Summary
from flyball.journal.codec import Record
from flyball.kernel.controls import EVIDENCE
from flyball.kernel.effects import DayStart, Decision, LatchChange, Trip
from flyball.kernel.events import Account, Epoch, Event, Fill, Flow, Intent, Mark, Session
from flyball.kernel.governor import Governor
from flyball.kernel.units import show
from flyball.kernel.words import OUTSIDE
from flyball.tables.calendar import sessions_between
from tests.desk.fly import DOLLAR, LABEL, LIMITS, MINUTE, Shape, World, flown
from tests.kernel.flight import AAA, BBB, NS, Flight, orders_in, usd
from tests.kernel.flight import DOLLAR as FLIGHT_DOLLAR

WILD = Shape(minutes=10, last_day=20080926, volatility=0.004)
KEYS = {
    "sessions", "sessions_with_approvals", "intents", "approved", "clipped", "refused", "refused_by_code",
    "clipped_by_code", "fills", "turnover", "fees", "pnl", "worst_day", "caps", "triggers", "flattening",
    "latches", "flat_at_close", "by_session", "consistent", "inconsistencies", "labels", "journal",
    "elapsed_s",
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return flown(WILD)


def summed(records: list[tuple[int, Record]]) -> Summary:
    s = Summary()
    for seq, record in records:
        s.feed(seq, record)
    return s


def finished(s: Summary) -> dict[str, Any]:
    s.finish(path="/j", head="ab" * 32, verified=True, state_hash="s", book_hash="b", elapsed_s=1.5)
    return s.to_dict()


def test_the_run_is_worth_summing_up(world):
    """Else the tests below would prove nothing."""
    d = finished(summed(world.records))
    assert d["approved"] > 50
    assert d["clipped"] > 50
    assert len(d["refused_by_code"]) >= 8
    assert all(d["triggers"][t]["sessions_tripped"] for t in ("caution", "restrict", "halt", "daily_loss"))
    assert len(d["latches"]) >= 3
    assert d["fills"] > 200
    assert not world.g.fault


def test_keys_are_exactly_these_and_all_is_json(world):
    d = finished(summed(world.records))
    assert set(d) == KEYS
    assert json.loads(json.dumps(d)) == d
    assert set(d["journal"]) == {
        "path", "events", "records", "recovered", "new", "head", "verified", "state_hash", "book_hash",
    }  # fmt: skip
    assert d["elapsed_s"] == 1.5
    assert d["labels"] == {"walk": LABEL}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fed_live_is_fed_afterwards(seed):
    """Looking at it between any two records changes nothing either."""
    w = World(Shape(minutes=30, last_day=20080917, seed=seed))
    live = Summary()

    def watch() -> None:
        for seq, record in w.records[live.seq :]:
            live.feed(seq, record)
        live.to_dict()

    w.watch = watch
    w.start(LIMITS)
    w.fly()
    assert finished(live) == finished(summed(w.records))
    assert live.curve.points == summed(w.records).curve.points


def test_decisions_are_counted_as_they_are(world):
    d = finished(summed(world.records))
    made = [r for _, r in world.records if isinstance(r, Decision)]
    assert d["intents"] == len(made) == sum(isinstance(r, Intent) for _, r in world.records)
    for verdict, key in (("approve", "approved"), ("clip", "clipped"), ("reject", "refused")):
        assert d[key] == sum(x.verdict == verdict for x in made)
        assert d[key] == sum(row[key] for row in d["by_session"])
    assert sum(d["refused_by_code"].values()) == d["refused"]
    assert sum(d["clipped_by_code"].values()) == d["clipped"]
    assert list(d["refused_by_code"].values()) == sorted(d["refused_by_code"].values(), reverse=True)
    assert d["sessions"] == len(d["by_session"]) == 10
    days = {row["day"] for row in d["by_session"] if row["approved"] + row["clipped"]}
    assert d["sessions_with_approvals"] == len(days)


def test_money_is_what_the_fills_say(world):
    d = finished(summed(world.records))
    fills = [r for _, r in world.records if isinstance(r, Fill)]
    assert d["fills"] == len(fills)
    assert d["turnover"] == show(sum(x.qty * x.price * 100 for x in fills), 6)
    assert d["fees"] == show(sum(x.fee for x in fills), 6)
    paid = sum(-x.side * x.qty * x.price * 100 - x.fee for x in fills)
    held = sum(qty * world.prices[symbol] * 100 for symbol, qty in world.held.items())
    assert d["pnl"] == show(paid + held, 6)
    assert world.g.state.equity() - 100_000 * DOLLAR == paid + held
    worst = min(d["by_session"], key=lambda row: float(row["pnl"]))
    assert d["worst_day"] == {"day": worst["day"], "pnl": worst["pnl"]}


def test_caps_are_the_exact_maxima(world):
    d = finished(summed(world.records))
    for at in CAPS:
        every: list[Fraction] = []
        whole: list[Fraction] = []
        for _, x in world.records:
            if not isinstance(x, Decision) or not x.adds or x.verdict == "reject":
                continue
            value, limit = x.evidence[2 * at], x.evidence[2 * at + 1]
            if limit > 0 and value >= 0:
                every.append(Fraction(value, limit))
                if x.verdict == "approve":
                    whole.append(Fraction(value, limit))
        cap = d["caps"].get(EVIDENCE[at])
        if not every:
            assert cap is None or cap["max_ratio"] is None
            continue
        assert cap["max_ratio"] == int(max(every) * 10**6) / 10**6
        assert cap["unclipped_max_ratio"] == int(max(whole) * 10**6) / 10**6
        assert 0 < cap["max_ratio"] <= 1
    assert d["caps"]["C4.max_positions"] == {
        "max_ratio": 1.0, "unclipped_max_ratio": 1.0, "limit": 2, "value": 2,
    }  # fmt: skip
    assert d["caps"]["C1.max_order_notional"]["limit"] in ("10000", "5000")


def test_a_cap_just_missed_never_reads_as_reached(world):
    decision = next(r for _, r in world.records if isinstance(r, Decision) and r.adds and r.qty)
    at = EVIDENCE.index("C3.max_gross")
    evidence = list(decision.evidence)
    evidence[2 * at : 2 * at + 2] = [10**13 - 1, 10**13]
    s = Summary()
    s.feed(1, replace(decision, evidence=tuple(evidence)))
    assert finished(s)["caps"]["C3.max_gross"]["max_ratio"] == 0.999999
    evidence[2 * at] = 10**13
    s.feed(2, replace(decision, evidence=tuple(evidence)))
    assert finished(s)["caps"]["C3.max_gross"]["max_ratio"] == 1.0


def test_every_trip_is_listed_and_explained(world):
    d = finished(summed(world.records))
    trips = [(seq, r) for seq, r in world.records if isinstance(r, Trip)]
    listed = [t for trigger in d["triggers"].values() for t in trigger["tripped"]]
    assert sorted(t["seq"] for t in listed) == [seq for seq, _ in trips]
    assert all(t["explained"] for t in listed)
    assert any(t["overshoot_bps"] > 0 for t in listed)
    for trigger in d["triggers"].values():
        days = {t["day"] for t in trigger["tripped"]}
        assert trigger["sessions_tripped"] == len(days)
        assert trigger["sessions_tripped"] + trigger["sessions_not"] == d["sessions"]


def test_a_trip_that_no_move_explains_is_not_explained(world):
    """The same trip with a book too small for its overshoot."""
    tampered = [
        (seq, replace(r, worst_book=1) if isinstance(r, Trip) and r.overshoot > 10**6 else r)
        for seq, r in world.records
    ]
    d = finished(summed(tampered))
    listed = [t for trigger in d["triggers"].values() for t in trigger["tripped"]]
    assert any(not t["explained"] for t in listed if t["at"] == "mark")


def test_latches_have_both_ends(world):
    d = finished(summed(world.records))
    changes = [r for _, r in world.records if isinstance(r, LatchChange)]
    assert len(d["latches"]) == sum(r.action == "set" for r in changes)
    assert sum(x["cleared_at"] is not None for x in d["latches"]) == sum(
        r.action == "cleared" for r in changes
    )
    cleared = [x for x in d["latches"] if x["cleared_at"]]
    assert {x["cleared_by"] for x in cleared} == {"anna"}
    assert {x["set_by"] for x in d["latches"]} == {"governor"}
    still = [(x["latch"], x["scope"]) for x in d["latches"] if not x["cleared_at"]]
    assert sorted(still) == sorted((x.id, x.scope) for x in world.g.state.latches.values())


def test_flat_at_every_close(world):
    d = finished(summed(world.records))
    assert d["flat_at_close"] == {row["day"]: True for row in d["by_session"]}


def test_what_is_held_over_the_close_is_not_flat():
    w = flown(Shape(minutes=60, last_day=20080916, wild=1.0), flat_by=("text", 0, "never"))
    d = finished(summed(w.records))
    held = {row["day"] for row in d["by_session"] if not row["flat_at_close"]}
    assert held
    assert {day for day, flat in d["flat_at_close"].items() if not flat} == held


def test_the_books_agree_with_the_governor_after_every_event(world):
    """Two programs, one story: equity, high-water mark, positions and live orders."""
    s = Summary()
    w = World(replace(WILD, last_day=20080918, seed=5))

    def watch() -> None:
        for seq, record in w.records[s.seq :]:
            s.feed(seq, record)
        state = w.g.state
        assert s.books.equity() == state.equity()
        assert s.books.high_water == state.high_water
        assert s.books.valued() == state.valued()
        mine = {(strategy, symbol): qty for strategy, symbol, qty in s.books.positions()}
        assert mine == {(b.strategy, b.symbol): b.qty for b in state.books_held()}
        assert set(s.working.live) == {cid for cid, o in state.orders.items() if not o.waits}

    w.watch = watch
    w.start(LIMITS)
    w.fly()
    assert s.consistent
    assert s.seq == len(w.records) > 1_000


@pytest.mark.parametrize("what", ["baseline", "high_water"])
def test_a_baseline_that_is_not_ours_shows(world, what):
    seq = [n for n, r in world.records if isinstance(r, DayStart)][3]
    tampered = [(n, replace(r, **{what: getattr(r, what) + 1}) if n == seq else r) for n, r in world.records]
    d = finished(summed(tampered))
    assert finished(summed(world.records))["consistent"]
    assert not d["consistent"]
    assert d["inconsistencies"][0].startswith(f"record {seq}: the ")


def test_a_fill_that_was_dropped_shows(world):
    """An execution missing from the records: positions and cash no longer lead to the next baseline."""
    fills = [n for n, r in world.records if isinstance(r, Fill)]
    gone = fills[len(fills) // 2]
    assert not summed([(n, r) for n, r in world.records if n != gone]).consistent


def test_an_interrupted_run_goes_on():
    """A second start inside the day: nothing is counted twice, an order that is asked about stays live."""
    w = World(Shape(minutes=30, last_day=20080916))
    w.start(LIMITS)
    day = sessions_between(20080915, 20080915)[0]
    w.step(Session(day.open, "XNYS", day.day, day.open, day.close))
    w.price("AAPL", day.open + NS)
    order = orders_in(w.intent(day.open + 2 * NS, "AAPL", 1, 20))[0]
    w.start(LIMITS)
    s = summed(w.records)
    assert sum(isinstance(r, Epoch) for _, r in w.records) == 2
    assert list(s.working.live) == [order.client_id]
    w.fill(w.now + NS)
    s = summed(w.records)
    assert s.working.live == {}
    assert s.consistent
    assert s.books.equity() == w.g.state.equity()


def test_flows_are_no_profit():
    f = Flight()
    f.epoch()
    f.config(max_daily_loss=usd(400))
    f.instrument(AAA)
    f.account(cash=10_000 * FLIGHT_DOLLAR, equity=10_000 * FLIGHT_DOLLAR, positions=())
    f.session()
    f.mark(last=10_000)
    f.later(NS).flow(-3_000 * FLIGHT_DOLLAR)
    f.later(NS).mark(last=10_100)
    f.later(60 * MINUTE * 24).session(20260105)
    s = of_flight(f)
    assert s.consistent
    assert s.pnl() == 0
    assert s.books.high_water == f.g.state.high_water


def test_what_was_adopted_is_valued_and_nobodys_strategy():
    f = Flight()
    f.epoch()
    f.instrument(AAA)
    f.instrument(BBB)
    f.session()
    f.account(cash=5_000 * FLIGHT_DOLLAR, equity=5_500 * FLIGHT_DOLLAR, positions=(("AAA", -5),))
    s = of_flight(f)
    assert not s.books.valued()
    f.later(NS).mark("AAA", bid=9_900, ask=10_000)
    f.later(NS).mark("AAA", bid=10_000, ask=10_100)
    s = of_flight(f)
    assert s.books.held["AAA"] == {OUTSIDE: -5}
    assert s.books.positions() == []
    assert s.books.equity() == f.g.state.equity() == 5_000 * FLIGHT_DOLLAR - 505 * FLIGHT_DOLLAR
    assert s.consistent


def test_a_print_that_is_not_believed_values_nothing():
    f = Flight()
    f.epoch()
    f.config(max_tick_move=("ppm", 50_000, ""))
    f.instrument(AAA)
    f.account(cash=10_000 * FLIGHT_DOLLAR, positions=())
    f.session()
    f.mark(last=10_000)
    order = orders_in(f.later(NS).intent(1, 10, 10_000))[0]
    f.deliver()
    f.fill(order)
    f.later(NS).mark(last=5_000)
    s = of_flight(f)
    assert s.day_pnl() == f.g.state.day_profit() == 0
    for _ in range(2):
        f.later(NS).mark(last=5_000)
    s = of_flight(f)
    assert s.day_pnl() == f.g.state.day_profit() == -500 * FLIGHT_DOLLAR


def of_flight(f: Flight) -> Summary:
    s = Summary()
    seq = 0
    for event, effects in f.journal:
        for record in (event, *effects):
            seq += 1
            s.feed(seq, copy.deepcopy(record))
    return s


def test_nothing_at_all_is_summed_up_too():
    d = Summary().to_dict()
    assert d["sessions"] == 0
    assert d["worst_day"] is None
    assert d["pnl"] == "0"
    assert d["consistent"]


def test_records_of_unknown_symbols_do_no_harm():
    s = Summary()
    s.feed(1, Mark(1, "GHOST", 0, 0, 5, 0, 0, "x", 1))
    s.feed(2, Fill(2, "fbX-1-1-s-1", "f1", "GHOST", 1, 5, 5, 0, 1))
    assert s.fills == 0
    assert s.to_dict()["consistent"]


def test_a_days_equity_holds_what_was_paid_in():
    """A deposit is no profit, and it is equity all the same."""
    governor, s = Governor(), Summary()
    events: list[Event] = [
        Epoch(1, 1, "2", 2, "t", "paper", "paper", "paper:test", "c", ""),
        Account(2, 0, 100_000 * DOLLAR, 100_000 * DOLLAR, 100_000 * DOLLAR, (), ()),
        Session(3, "XNYS", 20260302, 3, 10**12),
        Flow(4, 5_000 * DOLLAR, "deposit", 1),
    ]
    for event in events:
        for record in (event, *governor.step(event)):
            s.feed(s.seq + 1, record)
    row = s.rows[-1]
    assert (s.row_pnl(row), s.row_equity(row)) == (0, 105_000 * DOLLAR)
    for record in (day := Session(5, "XNYS", 20260303, 5, 10**12), *governor.step(day)):
        s.feed(s.seq + 1, record)
    assert (s.row_pnl(row), s.row_equity(row)) == (0, 105_000 * DOLLAR)
    assert s.rows[-1].baseline == s.row_equity(s.rows[-1]) == 105_000 * DOLLAR
