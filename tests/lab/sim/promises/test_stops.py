"""The judge and stops: they only reduce, all of them together no more than is held, and what the broker has
confirmed of them takes off what is at risk.
"""

from dataclasses import replace
from typing import Any

import pytest

from flyball.kernel.effects import Cancel
from flyball.lab.sim.promises.amounts import MICRO
from tests.lab.sim.promises.told import (
    DOLLAR,
    NS,
    OPEN,
    asked,
    begun,
    bought,
    broken,
    decision,
    fill,
    intent,
    judged,
    order,
    update,
)

SELL: dict[str, Any] = {"adds": False, "type": "stop"}


def held(*more, qty=10):
    return begun(*bought(order("h", 1, qty)), *more)


def test_a_stop_over_all_of_it_is_sound():
    assert broken(*held(*asked(order("x", -1, 10, stop=9_800, **SELL)))) == ""


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (asked(order("x", -1, 11, stop=9_800, **SELL)), "P3: x: reduces 11 AAA of 10"),
        (asked(order("x", 1, 1, stop=10_200, **SELL)), "P3: s i-x: decided as reduces"),
        (asked(order("x", -1, 10, stop=9_800, **SELL), stop=9_900), "P1: x: stop 9800, decided"),
        (
            [*asked(order("x", -1, 6, stop=9_800, **SELL)), *asked(order("y", -1, 6, stop=9_700, **SELL))],
            "P3: y: reduces 6 AAA of 10",
        ),
    ],
)
def test_what_no_stop_may_do(step, says):
    assert broken(*held(*step)).startswith(says)


def test_a_stop_that_the_position_has_left_behind_is_asked_back():
    x = order("x", -1, 10, stop=9_800, **SELL)
    strange = fill(replace(x, client_id="by hand", strategy="s"), 4)
    shrunk = replace(strange, client_id="fb0-0-9-s-1", side=-1)
    story = held(*asked(x), update(x, "ACCEPTED", 0), shrunk)
    assert broken(*story).startswith("P3: x: stops over 10 AAA of 6 held")
    assert broken(*story, Cancel(OPEN, "x", "", 1)) == ""


def test_a_confirmed_stop_takes_off_what_is_at_risk_and_an_asked_back_one_nothing():
    x = order("x", -1, 6, stop=9_800, **SELL)
    whole = 1_000 * DOLLAR * MICRO
    for records, at_risk in (
        ([], whole),
        ([*asked(x)], whole),
        ([*asked(x), update(x, "ACCEPTED", 0)], 412 * DOLLAR * MICRO),
        ([*asked(x), update(x, "ACCEPTED", 0), Cancel(OPEN, "x", "", 1)], whole),
    ):
        assert judged(*held(*records)).model.total.at_risk == at_risk


def test_a_close_may_come_out_late_and_smaller_than_decided_and_no_other_exit_may():
    x = order("x", -1, 7, adds=False, ts=OPEN + 60 * NS)
    words = {**vars(x), "ts": OPEN, "qty": 10}
    asked_for, said = replace(intent(order(**words)), qty=0, type="close"), decision(order(**words))
    assert broken(*held(asked_for, said, x)) == ""
    assert broken(*held(replace(asked_for, type="market", qty=10), said, x)).startswith(
        "P1: x: qty 7, decided"
    )
