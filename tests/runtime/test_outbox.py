"""The way out under a published limit: cancels first, then exits, then questions; what adds never waits."""

from collections.abc import Callable
from pathlib import Path

from flyball.broker.limited import Limited
from flyball.kernel.effects import AskAccount, Cancel, Effect, Order, Query
from flyball.kernel.events import NotSent, Sent, Shut
from flyball.kernel.governor import Governor
from flyball.kernel.units import MINUTE, NS
from flyball.runtime.budget import Budget
from flyball.runtime.outbox import NO_ALLOWANCE, Outbox
from tests.broker.world import OPEN, broker, disk_at, order

BEGIN = OPEN // MINUTE * MINUTE + MINUTE


class Open(Governor):
    """The gate is tried elsewhere: here it lets everything through but what is named."""

    shut: tuple[str, ...] = ()

    def may_send(self, client_id: str, now: int) -> str:
        return "MARKET_CLOSED" if client_id in self.shut else ""


class Way:
    """An outbox before a broker with a limit, and what got through it."""

    def __init__(self, folder: Path, published: int, *, counted: bool = True) -> None:
        self.now = BEGIN
        self.outside = Limited(broker(disk_at(folder)), published, lambda: self.now)
        self.governor = Open()
        self.box = Outbox(self.governor, self.outside, budget=Budget(published if counted else 0))
        self.left: list[str] = []
        for name in ("submit", "cancel", "query", "account"):
            self._watch(name)

    def _watch(self, name: str) -> None:
        call: Callable[[Effect], None] = getattr(self.outside.broker, name)

        def watched(effect: Effect) -> None:
            self.left.append(f"{name} {getattr(effect, 'client_id', '')}".strip())
            call(effect)

        setattr(self.outside.broker, name, watched)

    def put(self, *effects: Effect) -> None:
        self.box.put(list(effects), 0, self.now)

    def at(self, now: int) -> None:
        self.now = now
        self.box.pump(now)


def leaving(client_id: str) -> Order:
    return order(client_id, BEGIN, adds=False, side=-1)


def test_when_the_minute_is_spent_cancels_leave_first_then_exits_then_questions(tmp_path: Path) -> None:
    way = Way(tmp_path, 10, counted=False)
    way.outside.others(10)
    way.put(
        Query(BEGIN, "a-1", 1), AskAccount(BEGIN, 1, "test"), leaving("a-2"), Cancel(BEGIN, "a-1", "x", 1)
    )
    assert way.left == []
    assert way.outside.refused == 1  # it asked once, and then believed the time it was told
    assert way.box.next_due(way.now) == BEGIN + MINUTE
    way.at(BEGIN + MINUTE - 1)
    assert way.left == []
    way.at(BEGIN + MINUTE)
    assert way.left == ["cancel a-1", "submit a-2", "query a-1", "account"]
    assert [e.client_id for e in way.box.inbox if isinstance(e, Sent)] == ["a-2"]
    assert way.box.next_due(way.now) is None


def test_what_adds_is_refused_at_once_when_only_the_reserve_is_left(tmp_path: Path) -> None:
    way = Way(tmp_path, 100)
    adds = [order(f"a-{k}", BEGIN) for k in range(100)]
    way.put(*adds)
    way.box.release(0, BEGIN)
    sent = [e for e in way.box.inbox if isinstance(e, Sent)]
    refused = [e for e in way.box.inbox if isinstance(e, NotSent)]
    assert (len(sent), len(refused)) == (72, 28)  # 95 may be used, and 23 of them by no add
    assert {e.why for e in refused} == {NO_ALLOWANCE}
    way.put(*(leaving(f"x-{k}") for k in range(23)))
    assert len(way.left) == 95
    assert way.outside.refused == 0


def test_an_add_the_broker_does_not_take_is_not_kept_for_later(tmp_path: Path) -> None:
    way = Way(tmp_path, 10, counted=False)
    way.outside.others(10)
    way.put(order("a-1", BEGIN))
    way.box.release(0, BEGIN)
    assert [(e.client_id, e.why) for e in way.box.inbox if isinstance(e, NotSent)] == [("a-1", NO_ALLOWANCE)]
    way.at(BEGIN + MINUTE)
    assert way.left == []


def test_a_cancel_takes_out_an_exit_that_still_waits_for_the_allowance(tmp_path: Path) -> None:
    way = Way(tmp_path, 10, counted=False)
    way.outside.others(10)
    way.put(leaving("a-1"), leaving("a-2"))
    way.put(Cancel(BEGIN, "a-1", "unfilled, tried again", 1))
    assert [(e.client_id, e.why) for e in way.box.inbox if isinstance(e, NotSent)] == [
        ("a-1", "unfilled, tried again")
    ]
    way.at(BEGIN + MINUTE)
    assert way.left == ["submit a-2"]


def test_the_gate_stands_behind_the_wait(tmp_path: Path) -> None:
    """A minute is long: what was right when it was decided is judged again when it leaves."""
    way = Way(tmp_path, 10, counted=False)
    way.outside.others(10)
    way.put(leaving("a-1"))
    way.governor.shut = ("a-1",)
    way.at(BEGIN + MINUTE)
    assert way.left == []
    assert [(e.client_id, e.why) for e in way.box.inbox if isinstance(e, NotSent)] == [
        ("a-1", "MARKET_CLOSED")
    ]


def test_a_question_asked_again_while_it_waits_is_one_call(tmp_path: Path) -> None:
    way = Way(tmp_path, 10, counted=False)
    way.outside.others(10)
    way.put(AskAccount(BEGIN, 1, "test"), Query(BEGIN, "a-1", 1), Query(BEGIN, "a-2", 1))
    way.put(AskAccount(BEGIN + NS, 2, "test"), Query(BEGIN + NS, "a-1", 2))
    way.at(BEGIN + MINUTE)
    assert way.left == ["query a-2", "account", "query a-1"]


def test_the_governor_is_told_once_until_when_cancels_and_exits_wait(tmp_path: Path) -> None:
    way = Way(tmp_path, 10, counted=False)
    way.outside.others(10)
    way.put(Query(BEGIN, "a-1", 1))
    assert not [e for e in way.box.inbox if isinstance(e, Shut)]  # a question is not worth a word
    way.put(leaving("a-2"), Cancel(BEGIN, "a-1", "x", 1))
    way.at(BEGIN + NS)
    assert [e for e in way.box.inbox if isinstance(e, Shut)] == [Shut(BEGIN, BEGIN, BEGIN + MINUTE)]
    way.outside.others(0)
    way.at(BEGIN + MINUTE)
    assert "cancel a-1" in way.left
    assert len([e for e in way.box.inbox if isinstance(e, Shut)]) == 1
