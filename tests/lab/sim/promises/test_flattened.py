"""The judge and a latch that flattens: what stays under it, in an open market, is a breach unless a person
was called.
"""

from dataclasses import replace

import pytest

from flyball.journal.codec import Record
from flyball.kernel import effects as fx
from tests.lab.sim.promises.told import (
    CLOSE,
    MINUTE,
    NS,
    OPEN,
    begun,
    bought,
    broken,
    epoch,
    latch,
    mark,
    order,
)

HELD = begun(*bought(order("fbT-1-1-s-1", 1, 10)))
PANIC = latch("L4", state="HALTED", positions="flatten")
BREACH = "P10: s 10 AAA held for 7 min under L4 account, and nobody paged"


def page(ts: int) -> fx.Alert:
    return fx.Alert(ts, "not_flat", "critical", "")


def minutes(first: int, last: int, begin: int = OPEN) -> list[Record]:
    return [mark(ts=begin + n * MINUTE) for n in range(first, last + 1)]


def test_six_minutes_under_a_panic_without_a_page_is_a_breach():
    assert broken(*HELD, PANIC, *minutes(1, 7)).startswith(BREACH)
    assert broken(*HELD, PANIC, *minutes(1, 6)) == ""  # behind the sixth its timers are next


@pytest.mark.parametrize(
    "latched",
    [
        latch("L5", state="HALTED"),
        latch("L4", state="HALTED", positions="cancel_only"),
        latch("L1", state="HALTED", positions="flatten", scope="strategy:other"),
        latch("L1", state="HALTED", positions="flatten", scope="symbol:BBB"),
    ],
)
def test_what_flattens_nothing_here_asks_for_nothing(latched):
    assert broken(*HELD, latched, *minutes(1, 9)) == ""


@pytest.mark.parametrize("scope", ["account", "strategy:s", "symbol:AAA"])
def test_every_scope_that_holds_the_book_counts(scope):
    assert "nobody paged" in broken(*HELD, replace(PANIC, scope=scope), *minutes(1, 7))


def test_a_page_in_time_is_enough_and_one_from_before_is_not():
    assert broken(*HELD, PANIC, *minutes(1, 4), page(OPEN + 4 * MINUTE), *minutes(5, 20)) == ""
    late = replace(PANIC, ts=OPEN + MINUTE)
    assert broken(*HELD, page(OPEN), *minutes(1, 1), late, *minutes(2, 9)).startswith("P10")


def test_a_page_from_before_it_was_flat_is_about_something_else():
    paged = [*HELD, PANIC, *minutes(1, 4), page(OPEN + 4 * MINUTE)]
    flat = fx.Flat(OPEN + 5 * MINUTE, "account", "L4", True, (), 0, 1)
    assert broken(*paged, flat, *minutes(6, 13)).startswith("P10")
    assert broken(*paged, replace(flat, confirmed=False), *minutes(6, 13)) == ""


def test_a_start_has_its_own_six_minutes_and_the_page_of_the_one_before_counts():
    again: list[Record] = [epoch(2, OPEN + 5 * MINUTE)]
    assert broken(*HELD, PANIC, *minutes(1, 4), *again, *minutes(6, 11)) == ""
    assert broken(*HELD, PANIC, *minutes(1, 4), *again, *minutes(6, 13)).startswith("P10")
    paged: list[Record] = [page(OPEN + 4 * MINUTE), *again]
    assert broken(*HELD, PANIC, *minutes(1, 4), *paged, *minutes(6, 20)) == ""


def test_a_closed_market_lets_nothing_out():
    late = CLOSE - 3 * MINUTE
    story = [*HELD, mark(ts=late), replace(PANIC, ts=late), mark(ts=CLOSE - NS), page(CLOSE)]
    assert "held for" not in broken(*story, *minutes(1, 20, CLOSE))
