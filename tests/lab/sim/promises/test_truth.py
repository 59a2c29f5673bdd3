"""What the broker really has (P1, P3, P4, P9)."""

from dataclasses import replace
from typing import Any

import pytest

from flyball.broker.paper_account import Execution, Standing, Truth
from flyball.broker.paper_file import Placed
from flyball.kernel import effects as fx
from flyball.kernel.governor import Governor
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.judge import Judge
from flyball.lab.sim.promises.truth import at_peace
from tests.lab.sim.promises.told import DOLLAR, OPEN, asked, begun, bought, fill, judged, latch, order, update

B = order("fbT-1-1-s-1", 1, 10)
OUT = order("fbT-1-2-s-1", -1, 10, adds=False)


def standing(o: fx.Order, state: str = "ACCEPTED", filled: int = 0, **fields: Any) -> Standing:
    names = ("client_id", "intent", "author", "strategy", "symbol", "side", "qty", "type", "limit", "tif")
    given = {name: getattr(o, name) for name in names} | fields
    return Standing(Placed(**given, leg=o.leg, attempt=1, ts=o.ts, arrival=o.ts), "P", state, filled)


def execution(o: fx.Order, qty: int, ts: int = OPEN, price: int = 10_000) -> Execution:
    return Execution(ts, o.client_id, f"f-{o.client_id}", o.symbol, o.side, qty, price, 0)


def truth(*there: Standing, fills: tuple[Execution, ...] = (), cash: int = 100_000 * DOLLAR) -> Truth:
    positions: dict[str, int] = {}
    for one in fills:
        positions[one.symbol] = positions.get(one.symbol, 0) + one.side * one.qty
        cash -= one.side * one.qty * one.price * 10_000
    return Truth(
        OPEN,
        cash,
        0,
        {symbol: qty for symbol, qty in positions.items() if qty},
        {one.placed.client_id: one for one in there},
        fills,
    )


def looks(judge: Judge, t: Truth) -> str:
    try:
        judge.truth(t)
    except Broken as said:
        return str(said)
    return ""


def test_every_order_there_left_through_the_socket_as_it_is():
    judge = judged(*begun(*asked(B)))
    assert "P1: fbT-1-1-s-1: at the broker, and never left" in looks(judge, truth(standing(B)))
    judge = judged(*begun(*asked(B)))
    judge.sending(B, 99, OPEN)
    assert looks(judge, truth(standing(B))) == ""
    other = order("hand-1", 1, 1)
    assert looks(judge, truth(standing(B), standing(other))) == ""
    assert "qty 11 at the broker" in looks(judge, truth(standing(B, qty=11)))


def test_two_working_orders_never_carry_out_one_decision():
    twin = order("fbT-1-9-s-1", 1, 10, intent=B.intent)
    judge = judged(*begun(*asked(B), update(B, "CANCELED", 0), twin))
    judge.sending(B, 99, OPEN)
    judge.sending(twin, 99, OPEN)
    assert looks(judge, truth(standing(B, "CANCELED"), standing(twin))) == ""
    found = looks(judge, truth(standing(B, "PARTIALLY_FILLED"), standing(twin)))
    assert found == "P4: fbT-1-9-s-1: fbT-1-1-s-1 works for the same decision at the broker"


def test_a_fill_of_what_reduces_takes_the_account_nearer_to_zero():
    def sent() -> Judge:
        judge = judged(*begun(*bought(B), *asked(OUT)))
        judge.sending(B, 99, OPEN)
        judge.sending(OUT, 99, OPEN)
        return judge

    assert looks(sent(), truth(fills=(execution(B, 10), execution(OUT, 10)))) == ""
    assert looks(sent(), truth(fills=(execution(B, 10), execution(OUT, 4), execution(OUT, 6)))) == ""
    found = looks(sent(), truth(fills=(execution(B, 4), execution(OUT, 10))))
    assert found == "P3: fbT-1-2-s-1: reduces, and took the account from 4 to -6"
    assert "from 0 to -1" in looks(sent(), truth(fills=(execution(OUT, 1),)))
    by_hand = execution(order("hand", -1, 6), 6)
    assert looks(sent(), truth(fills=(execution(B, 10), by_hand, execution(OUT, 10)))) == ""


def test_a_position_a_corporate_action_renamed_between_two_looks_is_not_judged_by_its_executions():
    """The symbol is new and gone again: only the one it came from shows that something was restated."""
    renamed = order("fbT-1-2-s-1", -1, 10, adds=False, symbol="NEW")
    judge = judged(*begun(*bought(B)))
    judge.sending(B, 99, OPEN)
    assert looks(judge, truth(fills=(execution(B, 10),))) == ""
    judge.socket.first[renamed.client_id] = renamed
    after = replace(truth(fills=(execution(B, 10), execution(renamed, 10))), positions={})
    assert looks(judge, after) == ""


def peace(judge: Judge, t: Truth, cash: int) -> str:
    governor = Governor()
    governor.state.cash = cash
    try:
        at_peace(t, judge.model, governor)
    except Broken as said:
        return str(said)
    return ""


SPENT = (100_000 - 1_000) * DOLLAR


@pytest.mark.parametrize(
    ("t", "cash", "says"),
    [
        (truth(standing(B, "FILLED"), fills=(execution(B, 10),)), SPENT, ""),
        (truth(standing(B), fills=(execution(B, 10),)), SPENT, "still ACCEPTED at the broker"),
        (truth(fills=(execution(B, 9),)), SPENT, "AAA: 10 in the ledger, 9 at the broker"),
        (
            truth(fills=(execution(B, 5), execution(order("fbT-1-8-s-1", 1, 5), 5))),
            SPENT,
            "10 filled in the ledger, 5 at the broker",
        ),
        (truth(fills=(execution(B, 10),), cash=100_001 * DOLLAR), SPENT, "cash 99000000000 in the ledger"),
        (truth(fills=(execution(B, 10),)), SPENT - 10_000, "cash 98999990000 in the ledger"),
        (truth(fills=(execution(B, 10),)), SPENT - 9_999, ""),
    ],
)
def test_when_all_is_quiet_ledger_and_broker_are_the_same(t: Truth, cash: int, says: str):
    found = peace(judged(*begun(*bought(B))), t, cash)
    assert says in found
    assert bool(found) == bool(says)


def test_when_all_is_quiet_every_order_is_resolved():
    judge = judged(*begun(*asked(B)))
    assert "not resolved when all is quiet, 10 may come" in peace(judge, truth(), 100_000 * DOLLAR)


def test_a_difference_is_latched_and_named():
    apart = truth(fills=(execution(B, 9),))
    says = fx.Divergence(OPEN, "position AAA", "10", "9", False)
    assert "and nothing says so" in peace(judged(*begun(*bought(B)), latch("L7")), apart, SPENT)
    assert "and nothing says so" in peace(judged(*begun(*bought(B)), says), apart, SPENT)
    assert peace(judged(*begun(*bought(B)), latch("L7"), says), apart, SPENT) == ""
    strange = fill(order("hand-2", 1, 1), 1)
    assert "9 at the broker" in peace(judged(*begun(*bought(B), strange)), apart, SPENT)
