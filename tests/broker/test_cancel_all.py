"""One call that cancels everything that is open, and cancels by the broker's own id."""

import pytest

from flyball.broker.chaos import Chaos
from flyball.broker.chaos_kinds import Stroke
from flyball.kernel.effects import Cancel, CancelAll
from flyball.kernel.events import Timeout, Update
from flyball.kernel.units import NS
from tests.broker.world import OPEN, broker, disk_at, order, run

AT = OPEN + 10 * NS


@pytest.fixture
def disk(tmp_path):
    return disk_at(tmp_path)


def resting(paper, *names):
    for name in names:
        paper.submit(order(name, limit=900_000))
    run(paper, AT)


def ends(events):
    return [(e.client_id, e.state, e.ts) for e in events if isinstance(e, Update) and e.state == "CANCELED"]


def test_everything_open_is_cancelled_and_what_arrives_behind_it_is_not(disk):
    paper = broker(disk)
    resting(paper, "a-1", "a-2", "hand-1")
    paper.cancel_all(CancelAll(AT, 1, "L4"))
    paper.submit(order("a-3", AT + 1, limit=900_000))
    heard = ends(run(paper, AT + 5 * NS))
    assert sorted(name for name, _, _ in heard) == ["a-1", "a-2", "hand-1"]
    assert {ts for _, _, ts in heard} == {AT + NS // 5}
    assert paper.truth().orders["a-3"].state == "ACCEPTED"


def test_the_same_call_once_more_changes_nothing_and_a_new_one_takes_the_rest(disk):
    paper = broker(disk)
    resting(paper, "a-1")
    paper.cancel_all(CancelAll(AT, 1, "L4"))
    paper.cancel_all(CancelAll(AT, 1, "again"))
    run(paper, AT + NS)
    paper.submit(order("a-2", AT + NS, limit=900_000))
    run(paper, AT + 2 * NS)
    paper.cancel_all(CancelAll(AT + 2 * NS, 2, "L4"))
    run(paper, AT + 3 * NS)
    assert {x.state for x in paper.truth().orders.values()} == {"CANCELED"}
    again = broker(disk, now=AT + 3 * NS)  # from its own file
    assert again.truth().orders == paper.truth().orders


def test_an_order_without_an_id_of_ours_is_cancelled_by_the_brokers(disk):
    paper = broker(disk)
    resting(paper, "hand-1")
    paper.cancel(Cancel(AT, "", "L4", 1, paper.truth().orders["hand-1"].broker_id))
    assert [name for name, _, _ in ends(run(paper, AT + NS))] == ["hand-1"]


@pytest.mark.parametrize(
    ("kind", "done"), [("unanswered", 0), ("unanswered_done", 1), ("server_error", None)]
)
def test_chaos_may_not_answer_it(disk, kind, done):
    chaos = Chaos(1, {}, script=(Stroke(kind, nth=1, of="cancel"),))
    paper = chaos.wrap(broker(disk))
    paper.submit(order(limit=900_000))
    paper.take(AT)
    paper.cancel_all(CancelAll(AT, 1, "L4"))
    heard = paper.take(AT + 20 * NS)
    assert [e.call for e in heard if isinstance(e, Timeout)] == ["cancel_all"]
    assert done is None or len(ends(heard)) == done


def test_chaos_may_do_it_late(disk):
    chaos = Chaos(1, {}, script=(Stroke("slow_cancel", nth=1),))
    paper = chaos.wrap(broker(disk))
    paper.submit(order(limit=900_000))
    paper.take(AT)
    paper.cancel_all(CancelAll(AT, 1, "L4"))
    assert not ends(paper.take(AT + NS // 2))
    paper.take(AT + 20 * NS)
    assert len(ends(paper.take(AT + 60 * NS))) == 1
