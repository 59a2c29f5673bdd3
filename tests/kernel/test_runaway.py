"""L13: a strategy that runs away from its review is halted; a person who has looked sets the counts back."""

from typing import Any

import pytest

from flyball.kernel.bounds import MAX_STRATEGIES
from flyball.kernel.events import Ingress
from flyball.kernel.latches import DWELL
from flyball.kernel.runaway import FIRST_LIVE
from tests.kernel.hand import BUY, NS, SELL, Hand, flying, text
from tests.kernel.watched import watched

MINE = ["L13 strategy:s"]


def fly(**limits: Any) -> Any:
    return flying(flat_by=text("never"), **limits)


def live(**limits: Any) -> Any:
    return watched(mode="live", flat_by=text("never"), **limits)


def enter(f: Any, times: int = 1, **more: Any) -> None:
    for _ in range(times):
        f.hold(1, **more)
        f.later(NS).hold(-1, **more)


def child(f: Any, limit: int, parent: str) -> None:
    f.feed(f.wish(BUY, 1, limit, parent=parent))


def look(f: Any) -> None:
    f.later(DWELL).command("clear", "secret", latch="L13", scope="strategy:s", reason="looked")


@pytest.mark.parametrize(("n", "held"), [(2, []), (3, MINE)])
def test_so_many_entries_without_review(n, held):
    f = fly(max_executions_unreviewed=3)
    enter(f, n)
    assert f.latched() == held


def test_an_entry_in_pieces_counts_once_and_an_exit_never():
    f = fly(max_executions_unreviewed=2)
    order = f.order(BUY, 4)
    for _ in range(4):
        f.fill(order, 1, 10_000)
    f.hold(-4)
    assert f.latched() == []
    assert f.s.brakes.conduct["s"].executions == 1


def test_exits_are_allowed_entries_are_not():
    f = fly(max_executions_unreviewed=1)
    f.hold(5)
    assert f.latched() == MINE
    assert f.would(BUY, 1).codes == ("LATCH_L13",)
    assert f.would(SELL, 5).verdict == "approve"
    assert f.would(BUY, 1, strategy="other").codes == ()


def test_clearing_it_sets_the_counts_back():
    f = fly(max_executions_unreviewed=2)
    enter(f, 2)
    look(f)
    enter(f)
    assert f.latched() == []
    enter(f)
    assert f.latched() == MINE


def test_a_restart_is_no_review():
    f = fly(max_executions_unreviewed=2)
    enter(f)
    f.reborn()
    enter(f)
    assert f.latched() == MINE


def test_a_review_before_it_trips():
    f = fly(max_executions_unreviewed=2)
    enter(f)
    f.command("review", "socket", scope="strategy:s")
    assert f.s.brakes.conduct["s"].unreviewed == 1, "it needs the secret"
    f.command("review", "secret", scope="strategy:s", reason="as meant")
    enter(f)
    assert f.latched() == []


@pytest.mark.parametrize("scope", ["account", "symbol:AAA", "strategy:nobody", "strategy:"])
def test_there_is_nothing_to_review_elsewhere(scope):
    f = fly()
    enter(f)
    assert "nothing to review" in str(f.command("review", "secret", scope=scope))


def test_each_of_the_first_live_entries_is_reviewed():
    f = live()
    for n in range(FIRST_LIVE):
        assert f.latched() == [], n
        f.hold(1)
        assert f.latched() == MINE, n
        f.hold(-1)
        look(f)
    for _ in range(5):
        f.later(NS).mark(last=10_000)
        enter(f)
    assert f.latched() == []


def test_on_paper_none_is():
    f = fly()
    enter(f, 5)
    assert f.latched() == []


@pytest.mark.parametrize(("n", "held"), [(2, []), (3, MINE)])
def test_orders_of_one_parent(n, held):
    f = fly(max_child_orders=3)
    for k in range(n):
        child(f, 9_000 + k, "p")
        child(f, 9_100 + k, f"other{k}")
        child(f, 9_200 + k, "")
    assert f.latched() == held


def test_children_are_counted_by_the_day():
    f = fly(max_child_orders=2)
    child(f, 9_000, "p")
    f.next_day()
    f.mark(last=10_000)
    child(f, 9_000, "p")
    assert f.latched() == []


@pytest.mark.parametrize("between", ["nothing", "accepted"])
def test_rejects_in_a_row(between):
    f = fly(reject_streak=3)
    for _ in range(2):
        f.ask(BUY, 1, 9_000)
        f.update(f.outbox.pop(), "REJECTED")
    if between == "accepted":
        f.cancelled(f.order(BUY, 1, 9_000))
    f.ask(BUY, 1, 9_000)
    f.update(f.outbox.pop(), "REJECTED")
    assert f.latched() == (MINE if between == "nothing" else [])


@pytest.mark.parametrize(("dropped", "held"), [(9, []), (10, MINE)])
def test_a_flood(dropped, held):
    f = fly(ingress_flood=10)
    f.feed(Ingress(f.now, "s", dropped - 3, 0, 1))
    f.feed(Ingress(f.now, "s", 1, 2, 2))
    assert f.latched() == held


def test_yesterdays_flood_is_over():
    f = fly(ingress_flood=10)
    f.feed(Ingress(f.now, "s", 9, 0, 1))
    f.next_day()
    f.feed(Ingress(f.now, "s", 9, 0, 2))
    assert f.latched() == []


def test_a_negative_count_takes_nothing_back():
    f = fly(ingress_flood=10)
    f.feed(Ingress(f.now, "s", 9, -5, 1))
    f.feed(Ingress(f.now, "s", 1, 0, 2))
    assert f.latched() == MINE


def test_what_is_remembered_is_bounded():
    f = fly(ingress_flood=10)
    for n in range(MAX_STRATEGIES + 10):
        f.feed(Ingress(f.now, f"bot{n}", 1, 0, 0))
    assert len(f.s.brakes.conduct) == MAX_STRATEGIES
    assert isinstance(f, Hand)


def test_the_governors_own_orders_are_nobodys():
    f = fly(max_executions_unreviewed=2, reject_streak=1)
    f.hold(5)
    f.command("flatten")
    order = f.outbox.pop()
    f.update(order, "REJECTED")
    assert "L13 strategy:s" not in f.latched()
