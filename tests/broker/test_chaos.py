"""Broker chaos: each kind does what its name says, nothing is invented or lost beyond what is listed, and the
outside outlives the governor."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flyball.broker.chaos import Chaos
from flyball.broker.chaos_kinds import CLOCK, EVENT, KINDS, LOOKUP, Stroke
from flyball.broker.paper import PaperSettings
from flyball.kernel.effects import AskAccount, Cancel, Query
from flyball.kernel.events import Account, Answer, Fill, Timeout, Update
from flyball.kernel.units import NS
from flyball.kernel.words import CANCELED, FILLED, REJECTED
from tests.broker.chaotic import LATER, Side, brief, chaos, told
from tests.broker.world import CLOSE, OPEN, WILD, Say, broker, disk_at, order, run, say, tape

END = OPEN + 600 * NS


def at(seconds: float) -> int:
    return OPEN + int(seconds * NS)


def side(folder: Path, *script: Stroke, **how: Any) -> Side:
    return Side(disk_at(folder), chaos(how.pop("kinds", None), *script, **how))


def of(events: list[Any], kind: type) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


# -- nothing switched on


def test_without_a_kind_it_is_the_broker_itself(tmp_path: Path) -> None:
    calls = [order(f"a-{k}", at(k), side=1 if k % 3 else -1) for k in range(1, 30)]
    (tmp_path / "alone").mkdir()
    paper = broker(disk_at(tmp_path / "alone"), tape(*[1_000_000] * 90), settings=WILD)
    alone = []
    for call in calls:
        alone += paper.take(call.ts)
        say(paper, call)
    alone += run(paper)
    behind = Side(disk_at(tmp_path), chaos(), settings=WILD, prices=[1_000_000] * 90)
    heard = behind.go(CLOSE, calls)
    assert told(heard) == told(alone)
    assert sorted(map(str, heard)) == sorted(map(str, alone))


@pytest.mark.parametrize(
    ("kinds", "script", "wrong"),
    [
        ({"rejects": 1}, [], "no misbehaviour"),
        ({"reject": 1_000_001}, [], "ppm"),
        ({"reject": -1}, [], "ppm"),
        ({"mute": -1}, [], "an hour"),
        ({}, [Stroke("reject")], "nth"),
        ({}, [Stroke("mute", nth=1)], "clock"),
        ({}, [Stroke("nonsense", nth=1)], "no misbehaviour"),
    ],
)
def test_what_makes_no_sense_is_refused(kinds: Any, script: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Chaos(1, kinds, script=script)


def test_strokes_of_the_clock_are_not_ppm() -> None:
    assert Chaos(1, {"mute": 2_000_000}).kinds["mute"] == 2_000_000


# -- calls


def test_reject_never_reaches_the_broker(tmp_path: Path) -> None:
    s = side(tmp_path, Stroke("reject", nth=1))
    heard = s.go(END, [order("a-1", at(1)), order("a-2", at(2)), Query(at(5), "a-1", 1)])
    first = [e for e in heard if e.client_id == "a-1"]
    assert [e.state for e in first] == [REJECTED, REJECTED]
    assert isinstance(first[1], Answer)
    assert first[1].found
    assert first[1].ask == 1
    assert first[0].n == 1
    assert first[0].filled == 0
    truth = s.chaos.truth()
    assert set(truth.orders) == {"a-2"}
    assert set(truth.refused) == {"a-1"}
    s.go(LATER, [order("a-1", END + 1, attempt=2), Cancel(END + 2, "a-1", "x", 1)])
    assert set(s.chaos.truth().orders) == {"a-2"}, "a repetition is refused like the first"


@pytest.mark.parametrize(
    ("kind", "there", "after_ms"),
    [("throttle", False, 250), ("unanswered", False, 10_000), ("unanswered_done", True, 10_000)],
)
def test_a_submit_without_an_answer(tmp_path: Path, kind: str, there: bool, after_ms: int) -> None:
    s = side(tmp_path, Stroke(kind, nth=1, of="submit"))
    heard = s.go(END, [order("a-1", at(1))])
    (timeout,) = of(heard, Timeout)
    assert (timeout.call, timeout.client_id, timeout.attempt) == ("submit", "a-1", 1)
    assert 0 < timeout.ts - at(1) <= after_ms * NS // 1_000
    assert ("a-1" in s.chaos.truth().orders) == there
    assert [e.KIND for e in told(heard)] == (["update", "fill"] if there else [])
    assert all(e.ts > timeout.ts for e in told(heard)), "nothing is heard of it before the time-out"
    assert [r.fate for r in s.chaos.submits] == ([kind] if there else [])


def test_a_server_error_may_have_been_taken_on(tmp_path: Path) -> None:
    got = set()
    for k in range(12):
        (tmp_path / str(k)).mkdir()
        s = side(tmp_path / str(k), Stroke("server_error", nth=1, of="submit"))
        heard = s.go(END, [order(f"b-{k}", at(1))])
        (timeout,) = of(heard, Timeout)
        assert timeout.reason.startswith("503")
        assert timeout.ts < at(2)
        there = f"b-{k}" in s.chaos.truth().orders
        assert there == bool(told(heard))
        got.add(there)
    assert got == {True, False}


def test_applied_late_comes_after_a_question_that_did_not_find_it(tmp_path: Path) -> None:
    s = side(tmp_path, Stroke("applied_late", nth=1), timeout=NS // 10)
    s.go(at(1), [order("a-1", at(1))])
    ((due, _, _),) = s.chaos.acts
    assert at(1) < due <= at(1) + NS // 10 + 4 * NS
    assert s.chaos.truth().on_the_way == {"a-1": due}
    heard = s.go(END, [Query(at(1) + 1, "a-1", 1), Cancel(at(1) + 2, "a-1", "late", 1)])
    (answer,) = of(heard, Answer)
    assert not answer.found
    assert [e.KIND for e in told(heard)] == ["update", "fill"], "the cancel was there before it"
    assert s.chaos.truth().orders["a-1"].placed.arrival > due
    assert not s.chaos.truth().on_the_way


def test_a_retry_overtakes_the_one_on_its_way_and_is_worked_once(tmp_path: Path) -> None:
    s = side(tmp_path, Stroke("applied_late", nth=1), timeout=NS // 10)
    heard = s.go(END, [order("a-1", at(1)), order("a-1", at(1) + 5, attempt=2)])
    assert [r.attempt for r in s.chaos.submits] == [2]
    assert len(of(heard, Fill)) == 1
    assert not of(heard, Answer)


def test_a_retry_is_refused_and_the_one_on_its_way_is_taken_all_the_same(tmp_path: Path) -> None:
    s = side(tmp_path, Stroke("applied_late", nth=1), Stroke("reject", nth=2), timeout=NS // 10)
    s.go(at(1), [order("a-1", at(1))])
    (due,) = s.chaos.truth().on_the_way.values()
    retry: list[Say] = [order("a-1", at(1) + 5, attempt=2), Query(at(1) + 6, "a-1", 1)]
    heard = s.go(due - 1, retry)
    assert [e.state for e in of(heard, Update)] == [REJECTED]
    assert [a.found for a in of(heard, Answer)] == [False], "what was refused has no record"
    heard = s.go(END, [Query(at(30), "a-1", 2)])
    assert len(of(heard, Fill)) == 1
    assert [a.found for a in of(heard, Answer)] == [True]


def test_a_slow_cancel_loses_the_race(tmp_path: Path) -> None:
    calls: list[Say] = [order("a-1", at(18)), Cancel(at(19), "a-1", "x", 1)]
    (tmp_path / "slow").mkdir()
    quick = side(tmp_path)
    assert [e.state for e in of(quick.go(END, calls), Update)][-1] == CANCELED
    slow = side(tmp_path / "slow", Stroke("slow_cancel", nth=1), timeout=NS)
    slow.chaos.seed = next(seed for seed in range(99) if _delay(seed) > 5 * NS)
    heard = slow.go(END, calls)
    assert of(heard, Fill)
    assert of(heard, Update)[-1].state == FILLED
    assert of(heard, Update)[-1].reason == "the cancel came too late"
    assert [e.call for e in of(heard, Timeout)] == ["cancel"], "it takes longer than anybody waits"


def _delay(seed: int) -> int:
    c = Chaos(seed, {}, script=[Stroke("slow_cancel", nth=1)])
    key = c.key_of(order("a-1", at(18)))
    return c.fate("cancel", (*key, "cancel", 1), lambda _: True, at(19))[1]


def test_a_repetition_is_told_that_its_id_is_taken(tmp_path: Path) -> None:
    s = side(tmp_path, kinds={"duplicate_id": 1_000_000})
    heard = s.go(END, [order("a-1", at(1)), order("a-1", at(2), attempt=2)])
    (timeout,) = of(heard, Timeout)
    assert (timeout.call, timeout.attempt, timeout.reason) == ("submit", 2, "client order id is taken")
    assert len(of(heard, Fill)) == 1


def test_an_id_is_forgotten_once(tmp_path: Path) -> None:
    s = side(tmp_path, kinds={"forgets": 1_000_000})
    heard = s.go(END, [order("a-1", at(1)), *(Query(at(5 + k), "a-1", k) for k in range(1, 4))])
    assert [a.found for a in of(heard, Answer)] == [False, True, True]
    heard = s.go(LATER, [Query(END + 1, "never", 1)])
    assert [a.found for a in of(heard, Answer)] == [False]


def test_an_id_that_was_not_there_yet_is_not_forgotten_as_well(tmp_path: Path) -> None:
    s = side(tmp_path, kinds={"forgets": 1_000_000})
    calls: list[Say] = [Query(at(1), "a-1", 1), order("a-1", at(2)), Query(at(9), "a-1", 2)]
    assert [a.found for a in of(s.go(END, calls), Answer)] == [False, True]


def test_lookups_of_a_start(tmp_path: Path) -> None:
    s = side(tmp_path, Stroke("cannot_look", nth=2), Stroke("forgets", nth=1, of=LOOKUP))
    s.go(at(9), [order("a-1", at(1))])

    async def look() -> Answer | None:
        return await s.front.lookup("a-1", at(9))

    first = asyncio.run(look())
    assert first is not None
    assert (first.found, first.ts) == (False, at(9))
    assert asyncio.run(look()) is None
    third = asyncio.run(look())
    assert third is not None
    assert third.found


@pytest.mark.parametrize("call", ["cancel", "query", "account"])
@pytest.mark.parametrize("kind", ["throttle", "unanswered"])
def test_a_call_that_is_not_done(tmp_path: Path, kind: str, call: str) -> None:
    s = side(tmp_path, Stroke(kind, nth=1, of=call))
    calls: dict[str, Say] = {
        "cancel": Cancel(at(3), "a-1", "x", 4),
        "query": Query(at(3), "a-1", 4),
        "account": AskAccount(at(3), 4, "x"),
    }
    heard = s.go(END, [order("a-1", at(1), limit=900_000), calls[call]])
    (timeout,) = of(heard, Timeout)
    assert (timeout.call, timeout.attempt) == (call, 4)
    assert not of(heard, Answer)
    assert not of(heard, Account)
    assert [e.state for e in of(heard, Update)] == ["ACCEPTED"]


# -- the account


def test_a_stale_account_shows_what_was(tmp_path: Path) -> None:
    s = side(tmp_path, kinds={"stale": 1_000_000}, timeout=NS)
    asks = [AskAccount(at(21 + k), k, "x") for k in range(1, 9)]
    heard = s.go(END, [order("a-1", at(19)), *asks])
    (fill,) = of(heard, Fill)
    assert fill.ts < at(21), "all questions are asked after the fill was told"
    shown = [dict(a.positions).get("AAPL", 0) for a in of(heard, Account)]
    assert len(shown) == 8
    assert set(shown) == {0, 100}
    assert [a.ask for a in of(heard, Account)] == list(range(1, 9))
    assert not of(heard, Timeout), "the looks of its own are nobody's business"


def test_an_empty_account(tmp_path: Path) -> None:
    s = side(tmp_path, Stroke("empty", nth=1))
    heard = s.go(END, [order("a-1", at(1)), AskAccount(at(40), 1, "x"), AskAccount(at(50), 2, "x")])
    first, second = of(heard, Account)
    assert first.positions == ()
    assert second.positions == (("AAPL", 100),)
    assert first.cash == second.cash != 100_000_000_000


# -- the stream


@pytest.mark.parametrize("kind", [k.name for k in KINDS.values() if k.hits == (EVENT,)])
def test_an_event_of_the_stream(tmp_path: Path, kind: str) -> None:
    s = side(tmp_path, Stroke(kind, nth=1))
    (tmp_path / "plain").mkdir()
    plain = told(side(tmp_path / "plain").go(END, [order("a-1", at(1))]))
    heard = told(s.go(END, [order("a-1", at(1))]))
    assert [e.n for e in heard] == list(range(1, len(heard) + 1))
    assert [e.KIND for e in plain] == ["update", "fill"]
    assert heard != plain
    kinds = [e.KIND for e in heard]
    truth = s.chaos.truth()
    assert truth.positions == {"AAPL": 100}
    if kind == "lost":
        assert kinds == ["fill"]
        assert [e.KIND for e in truth.untold] == ["update"]
    elif kind in ("late", "shuffled"):
        assert sorted(kinds) == ["fill", "update"]
    elif kind == "twice":
        assert sorted(kinds) == ["fill", "update", "update"]
    elif kind == "unfinished":
        assert heard[0].filled == -1
        assert heard[0].broker_id == ""
    elif kind == "strange_word":
        assert heard[0].state not in ("ACCEPTED", FILLED)
        assert heard[1].state == "ACCEPTED"
    elif kind == "garbled":
        assert heard[1].price <= 0 or heard[1].qty <= 0
        assert heard[1].fill_id == heard[2].fill_id
        assert heard[2].price > 0
    elif kind == "skewed":
        assert heard[0].ts != plain[0].ts
        assert abs(heard[0].ts - plain[0].ts) <= 5 * NS
    else:
        raise AssertionError(f"{kind} has no test")


@pytest.mark.parametrize("kind", ["mute", "down", "restart"])
def test_a_silence_ends_in_order(tmp_path: Path, kind: str) -> None:
    s = side(tmp_path, Stroke(kind, at=5 * NS, lasts=60 * NS))
    calls = [order(f"a-{k}", at(k)) for k in (1, 2, 3)]
    heard = s.go(END, [*calls, order("a-9", at(30)), Query(at(31), "a-1", 1), Cancel(at(32), "a-2", "x", 1)])
    stream = told(heard)
    assert not [e for e in stream if at(5) <= e.ts < at(65)]
    (tmp_path / "plain").mkdir()
    plain = told(side(tmp_path / "plain").go(END, calls))
    assert [(e.KIND, e.client_id) for e in stream if e.client_id != "a-9"][: len(plain)] == [
        (e.KIND, e.client_id) for e in plain
    ]
    missed = [brief([e])[0] for e in of(heard, Timeout)]
    assert [name for _, name, _ in missed] == ([] if kind == "mute" else ["submit", "query", "cancel"])
    if kind == "restart":
        assert all(ms < 33_000 for ms, _, _ in missed), "503 at once"
    if kind == "mute":
        (answer,) = of(heard, Answer)
        assert answer.ts < at(33), "calls go on"


@pytest.mark.parametrize("kind", ["hand", "hand_untold"])
def test_somebody_trades_by_hand(tmp_path: Path, kind: str) -> None:
    s = side(tmp_path, Stroke(kind, at=5 * NS))
    heard = s.go(END, [AskAccount(at(60), 1, "x")])
    truth = s.chaos.truth()
    (position,) = truth.positions.values()
    assert 1 <= abs(position) <= 50
    (account,) = of(heard, Account)
    assert dict(account.positions) == truth.positions
    assert [e.client_id for e in of(heard, Fill)] == (["hand-0s"] if kind == "hand" else [])
    assert len(truth.untold) == (0 if kind == "hand" else 2)
    assert not truth.submits, "nobody of us sent it"


def test_somebodys_own_order_rests_and_is_taken_back(tmp_path: Path) -> None:
    s = side(tmp_path, Stroke("hand_order", at=5 * NS, lasts=60 * NS))
    heard = s.go(END, [AskAccount(at(60), 1, "x"), AskAccount(at(90), 2, "x")])
    assert [a.open_ids for a in of(heard, Account)] == [("hand_order-0s",), ()]
    assert not of(heard, Fill)
    assert [e.state for e in of(heard, Update)] == ["ACCEPTED", CANCELED]


def test_by_seed_the_clock_strikes_within_its_hours(tmp_path: Path) -> None:
    s = side(tmp_path, kinds={"hand": 60, "mute": 30, "down": 10}, hours=((at(0), at(3_600)),))
    s.go(at(7_200))
    hands = [o for o in s.chaos.truth().orders.values() if o.placed.client_id.startswith("hand-")]
    assert 20 < len(hands) < 200
    assert s.chaos.hits["mute"] > 3
    assert s.chaos.hits["down"] > 1
    assert max(o.placed.ts for o in hands) < at(3_600)


# -- the whole of it

ALL = {k.name: (150_000 if k.hits != (CLOCK,) else 20) for k in KINDS.values()}
SETTINGS = PaperSettings(partial_ppm=500_000, timeout_ppm=50_000, late_ppm=50_000, duplicate_ppm=50_000)


def life(folder: Path, seed: int, deaths: tuple[int, ...] = ()) -> tuple[Side, list[Any]]:
    """An hour of everything, with orders, cancels and questions; the governor forgets `deaths` many events at
    each of its deaths."""
    folder.mkdir()
    c = Chaos(seed, ALL, begin=OPEN, hours=((OPEN, at(1_800)),), by_hand={"AAPL": 5}, timeout=3 * NS)
    s = Side(disk_at(folder), c, settings=SETTINGS)
    events: list[Any] = []
    for k in range(60):
        ts = at(30 * k + 1)
        calls: list[Any] = [order(f"e{len(deaths)}-{k}", ts, intent=f"i{k}", side=1 if k % 2 else -1, qty=9)]
        if k % 3 == 0:
            calls.append(Cancel(ts + NS, calls[0].client_id, "x", 1))
        if k % 4 == 0:
            calls += [Query(ts + 9 * NS, calls[0].client_id, 1), AskAccount(ts + 9 * NS, k + 1, "x")]
        events += s.go(ts + 20 * NS, calls)
        if k % 20 == 10 and deaths:
            forgotten = deaths[(k // 20) % len(deaths)]
            cursor = max(0, len(c.log) - forgotten)
            s.start(cursor, ts + 20 * NS)
    c.quiet()
    events += s.go(LATER)
    return s, events


@pytest.mark.parametrize("seed", range(6))
def test_all_that_happened_is_told_or_listed_as_untold(tmp_path: Path, seed: int) -> None:
    s, events = life(tmp_path / "a", seed)
    truth = s.chaos.truth()
    known = {e.fill_id: e for e in told(events) if isinstance(e, Fill) and e.price > 0 and e.qty > 0}
    untold = {e.fill_id for e in truth.untold if isinstance(e, Fill)}
    assert {f.fill_id for f in truth.fills} == set(known) | untold
    assert known
    assert untold
    for f in truth.fills:
        if f.fill_id in known:
            e = known[f.fill_id]
            assert (e.client_id, e.qty, e.price, e.fee) == (f.client_id, f.qty, f.price, f.fee)
    sums: dict[str, int] = {}
    for f in truth.fills:
        sums[f.symbol] = sums.get(f.symbol, 0) + f.side * f.qty
    assert {k: v for k, v in sums.items() if v} == truth.positions
    assert not truth.on_the_way
    assert not s.chaos.stream, "nothing is under way any more"
    assert {r.client_id for r in truth.submits} >= {c for c in truth.orders if not c.startswith("hand")}
    assert [e.n for e in told(events)] == list(range(1, len(told(events)) + 1))


def test_the_same_seed_says_the_same_and_another_does_not(tmp_path: Path) -> None:
    _, one = life(tmp_path / "a", 3)
    _, two = life(tmp_path / "b", 3)
    _, other = life(tmp_path / "c", 4)
    assert one == two != other


@pytest.mark.parametrize("deaths", [(0,), (1, 5, 2), (10_000,)])
def test_after_a_death_the_stream_goes_on_behind_any_number(tmp_path: Path, deaths: tuple[int, ...]) -> None:
    s, events = life(tmp_path / "a", 5, deaths)
    by_number: dict[int, Any] = {}
    for e in told(events):
        before = by_number.setdefault(e.n, e)
        assert (before.client_id, before.KIND) == (e.client_id, e.KIND), "a number is one event for ever"
    assert sorted(by_number) == list(range(1, len(s.chaos.log) + 1))
    assert (len(told(events)) > len(by_number)) == (max(deaths) > 0), "what was forgotten is told again"
    known = {e.fill_id for e in told(events) if isinstance(e, Fill)}
    untold = {e.fill_id for e in s.chaos.untold if isinstance(e, Fill)}
    assert {f.fill_id for f in s.chaos.truth().fills} == known | untold


def test_chance_does_not_hang_on_ids(tmp_path: Path) -> None:
    def of_ids(folder: Path, prefix: str) -> list[Any]:
        folder.mkdir()
        s = Side(
            disk_at(folder), Chaos(2, ALL | {"hand": 0, "hand_untold": 0}, begin=OPEN, by_hand={"AAPL": 1})
        )
        calls = [order(f"{prefix}{k}", at(3 * k + 1), intent=f"i{k}") for k in range(40)]
        return [(e.ts, e.KIND, e.n) for e in told(s.go(LATER, calls))]

    assert of_ids(tmp_path / "a", "x-") == of_ids(tmp_path / "b", "another-epoch-")


def test_quiet_ends_a_silence_and_every_fault(tmp_path: Path) -> None:
    s = side(
        tmp_path,
        Stroke("down", at=5 * NS, lasts=3_000 * NS),
        kinds=dict.fromkeys(("reject", "lost"), 1000000),
    )
    s.go(at(20), [order("a-1", at(1))])
    assert {e.client_id for e in told(s.heard)} <= {"a-1"}
    s.chaos.quiet()
    heard = s.go(END, [order("a-2", at(21))])
    assert [e.KIND for e in told(heard) if e.client_id == "a-2"] == ["update", "fill"]
    assert s.chaos.deaf(at(30)) == ""


def test_a_death_on_the_way_to_the_broker_and_behind_it(tmp_path: Path) -> None:
    class Dead(BaseException):
        pass

    for point, there in (("send", False), ("sent", True)):
        (tmp_path / point).mkdir()
        s = Side(disk_at(tmp_path / point), chaos())

        def meet(what: str, wanted: str = point) -> None:
            if what == wanted:
                raise Dead

        s.start(0, at(1), meet)
        with pytest.raises(Dead):
            say(s.front, order("a-1", at(2)))  # type: ignore[arg-type]
        s.start(0, at(3))
        assert ("a-1" in s.chaos.truth().orders) == there


# -- a time of its own


def test_in_true_time_events_are_stamped_by_the_governors_clock(tmp_path: Path) -> None:
    true = at(0)
    ahead = 7 * NS  # the governor's clock is wrong

    c = Chaos(1, {}, begin=OPEN, now=lambda: true)
    paper = broker(disk_at(tmp_path), tape(*[1_000_000] * 90))
    front = c.wrap(paper, now=lambda: true + ahead)
    front.resume(0, true + ahead)
    front.submit(order("a-1", true + ahead + NS))
    assert c.submits[0].ts == true
    assert front.next_due() == at(0) + 200_000_000 + ahead, "by the clock of the governor"
    heard: list[Any] = []
    while (due := front.next_due()) is not None:
        true = due - ahead
        heard += front.take(true + ahead)
    assert [e.KIND for e in heard] == ["update", "fill"]
    assert heard[0].ts == at(0) + 200_000_000 + ahead, "100 ms there and back, by its own clock"
    assert c.truth().fills[0].ts == at(20), "the fill happened at the tape's first point, in true time"
