"""A loop that stood still is a start: nothing adds before the account was asked for anew (B19)."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Order
from flyball.kernel.events import Report
from tests.kernel.hand import BUY, NS, SELL, flying, of


def gap(f: Any, seconds: int = 60) -> list[Any]:
    """The loop says that it stood still."""
    f.now += seconds * NS
    effects: list[Any] = f.feed(
        Report(f.now, "loop", "gap", "loop", f"the process stood still for {seconds} s")
    )
    return effects


def held() -> Any:
    f = flying()
    f.hold(10)
    return f


def test_it_is_told_and_the_account_is_asked_for_at_once():
    f = held()
    effects = gap(f)
    assert [a.alert for a in of(effects, Alert)] == ["loop"]
    assert len(of(effects, AskAccount)) == 1
    assert f.s.unsure


def test_nothing_adds_and_exits_wait_until_the_account_agrees():
    f = held()
    gap(f)
    f.mark(last=10_000)
    assert f.ask(BUY, 1).codes[0] == "ACCOUNT_UNKNOWN"
    assert f.ask(SELL, 1).codes == ("REDUCE_IN_DOUBT",)
    f.agree()
    assert f.ask(BUY, 1).verdict == "approve"
    assert f.ask(SELL, 10).verdict == "approve"


def test_what_was_approved_before_does_not_leave_behind_it():
    f = held()
    assert f.ask(BUY, 1).verdict == "approve"
    order: Order = f.outbox[-1]
    assert f.g.may_send(order.client_id, f.now) == ""
    gap(f, seconds=1)
    assert f.g.may_send(order.client_id, f.now) == "ACCOUNT_UNKNOWN"


def test_an_answer_to_a_question_of_before_is_no_evidence():
    f = held()
    asked = of(f.feed(Report(f.now, "compare", "due", "governor", "60 s")), AskAccount)
    gap(f)
    f.account(ask=asked[0].ask)  # it was on its way while the loop stood still
    assert f.s.unsure
    assert f.account_questions[-1].ask > asked[0].ask
    f.agree()
    assert not f.s.unsure


def test_a_position_that_is_gone_meanwhile_keeps_the_doubt():
    f = held()
    gap(f)
    f.account(ask=f.account_questions[-1].ask, positions=())
    assert f.s.unsure
    assert f.ask(SELL, 10).codes == ("REDUCE_IN_DOUBT",)


def test_a_flattening_under_way_is_confirmed_by_no_answer_of_before():
    f = held()
    f.feed(Report(f.now, "compare", "due", "governor", "60 s"))
    old = f.account_questions[-1].ask
    f.command("panic")
    f.serve()
    gap(f)
    f.account(ask=old)
    assert [x.done for x in f.s.flattenings.values()] == [False]


def test_it_is_compared_when_it_is_time_and_asked_once():
    f = held()
    due = Report(f.now, "compare", "due", "governor", "60 s since the last comparison")
    assert len(of(f.feed(due), AskAccount)) == 1
    assert of(f.feed(due), AskAccount) == []
    f.agree()
    assert f.s.agreed == f.now
    assert len(of(f.feed(due), AskAccount)) == 1


@pytest.mark.parametrize(
    ("positions", "agrees"), [((("AAA", 10),), True), ((("AAA", 12),), True), ((), False)]
)
def test_with_orders_at_work_it_agrees_when_they_explain_the_difference(
    positions: tuple[tuple[str, int], ...], agrees: bool
) -> None:
    f = held()
    f.order(BUY, 5, 9_900)
    f.wait(NS)
    f.feed(Report(f.now, "compare", "due", "governor", "60 s"))
    f.account(ask=f.account_questions[-1].ask, positions=positions)
    assert (f.s.agreed == f.now) == agrees
