"""A start is believed only once the broker's account has been compared (kernel.starting)."""

from typing import Any

import pytest

from flyball.kernel.effects import AskAccount, Decision, Order
from tests.kernel.hand import BUY, NS, SELL, flying, of

LOST = "fbT-1-99-s-1"  # an id of ours the journal does not know


def started(**account: Any) -> Any:
    """A governor with 10 AAA that died and starts; `account`: what the broker says, if it does."""
    f = flying()
    f.hold(10)
    f.epoch(2, compared=False)
    if account:
        f.account(**account)
    return f


def verdict(f: Any, side: int, qty: int) -> tuple[str, int, tuple[str, ...]]:
    decision: Decision = f.ask(side, qty, 9_900 if side == SELL else 10_100)
    return decision.verdict, decision.qty, decision.codes


def approved(f: Any, side: int, qty: int, limit: int) -> Order:
    """An order on its way to the socket."""
    assert f.ask(side, qty, limit).verdict == "approve"
    order: Order = f.outbox[-1]
    return order


def test_before_the_account_is_read_nothing_adds_and_exits_are_in_doubt():
    f = started()
    assert verdict(f, BUY, 1)[2][0] == "ACCOUNT_UNKNOWN"
    assert verdict(f, SELL, 1) == ("reject", 0, ("REDUCE_IN_DOUBT",))


def test_it_is_asked_for_until_it_comes():
    f = started()
    for gap in (5, 5):
        asked = of(f.wait(gap * NS), AskAccount)
        assert len(asked) == 1
        f.timeout("", "account", asked[0].ask)


def test_one_that_agrees_ends_the_doubt():
    f = started(positions=(("AAA", 10),))
    assert not f.s.unsure
    assert verdict(f, BUY, 1)[0] == "approve"
    assert verdict(f, SELL, 10)[:2] == ("approve", 10)


@pytest.mark.parametrize(
    ("theirs", "most"),
    [(0, 0), (4, 4), (9, 9), (11, 10), (-3, 0)],
)
def test_an_exit_is_no_larger_than_what_the_broker_says_there_is(theirs, most):
    """An exit lost with the power was executed: sent again it would go through zero."""
    f = started(positions=(("AAA", theirs),) if theirs else ())
    assert f.s.unsure
    assert verdict(f, BUY, 1)[2][0] == "ACCOUNT_UNKNOWN"
    if most:
        assert verdict(f, SELL, most)[:2] == ("approve", most)
    else:
        assert verdict(f, SELL, 1)[2] == ("REDUCE_IN_DOUBT",)


@pytest.mark.parametrize(("read", "sure"), [(-1, False), (0, True), (1, True)])
def test_figures_of_before_the_start_prove_nothing(read, sure):
    f = started()
    begun = f.now
    f.wait(NS)
    f.account(positions=(("AAA", 10),), as_of=begun + read)
    assert f.s.unsure is not sure


def test_an_order_of_ours_that_nobody_knows_leaves_everything_in_doubt():
    f = started(positions=(("AAA", 10),), open_ids=(LOST,))
    assert f.s.unsure
    assert verdict(f, SELL, 1)[2] == ("REDUCE_IN_DOUBT",)


@pytest.mark.parametrize(("theirs", "sure"), [(10, True), (6, True), (5, False), (11, False)])
def test_what_a_working_order_may_have_done_meanwhile_is_no_difference(theirs, sure):
    f = flying()
    f.hold(10)
    working = approved(f, SELL, 4, 9_900)
    f.sent(working)
    f.epoch(2, compared=False)
    f.account(positions=(("AAA", theirs),), open_ids=(working.client_id,))
    assert f.s.unsure is not sure


def test_the_fills_that_were_lost_end_the_doubt_when_they_come():
    f = started(positions=())
    f.strange_fill(LOST, "AAA", SELL, 10, 9_900)
    assert f.s.position("AAA") == 0
    asked = of(f.wait(5 * NS), AskAccount)[0]
    f.account(positions=(), ask=asked.ask)
    assert not f.s.unsure


def test_a_panic_sells_no_more_than_the_broker_says_there_is():
    f = started(positions=(("AAA", 4),))
    assert [o.qty for o in of(f.command("panic"), Order)] == [4]


def test_an_exit_is_looked_at_again_at_the_socket():
    """Two answers in one batch: the position has gone before the exit leaves."""
    f = flying()
    f.hold(10)
    order = approved(f, SELL, 10, 9_900)
    assert f.g.may_send(order.client_id, f.now) == ""
    f.strange_fill("by hand", "AAA", SELL, 4, 9_900)
    assert f.g.may_send(order.client_id, f.now) == "REDUCE_THROUGH_ZERO"


def test_of_several_exits_those_leave_that_still_fit():
    f = flying()
    f.hold(10)
    first, second = (approved(f, SELL, qty, 9_900 - qty) for qty in (6, 4))
    f.strange_fill("by hand", "AAA", SELL, 3, 9_900)
    assert f.g.may_send(first.client_id, f.now) == ""
    assert f.g.may_send(second.client_id, f.now) == "REDUCE_THROUGH_ZERO"


def test_an_exit_that_left_counts_although_it_came_later():
    """A retry: the one behind it is in doubt, and may be executed as well."""
    f = flying()
    f.hold(10)
    first, second = (approved(f, SELL, 5, 9_900 - n) for n in range(2))
    for order in (first, second):
        f.timeout(order.client_id, "submit")
    f.strange_fill("by hand", "AAA", SELL, 4, 9_900)
    assert not of(f.answer(first.client_id, 1, False), Order), "5 of 6, with 5 perhaps on their way"


def test_an_approved_order_does_not_leave_before_the_comparison():
    f = flying()
    order = approved(f, BUY, 1, 10_000)
    f.epoch(2, compared=False)
    assert f.g.may_send(order.client_id, f.now) == "ACCOUNT_UNKNOWN"
    f.account()
    assert f.g.may_send(order.client_id, f.now) == ""
