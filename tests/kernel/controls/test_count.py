"""C4: how many symbols could be held, under any outcome."""

import pytest

from tests.kernel.hand import BBB, BUY, COIN, NS, SELL, answer, approve, evidence, flying, reject

CODE = "EXPOSURE_COUNT"
ONE = 10**9


def three(**limits):
    f = flying(also=(BBB, COIN), **limits)
    f.mark("BBB", last=100_000)
    f.mark("COIN", last=10**8)
    return f


@pytest.mark.parametrize(
    ("most", "said"), [(0, reject(CODE)), (1, reject(CODE)), (2, approve(ONE)), (3, approve(ONE))]
)
def test_a_new_symbol(most, said):
    f = three()
    f.hold(1)
    f.config(max_positions=most)
    d = f.would(BUY, ONE, symbol="BBB")
    assert answer(d) == said
    assert evidence(d)["C4.max_positions"] == (2, most)


def test_more_of_a_symbol_is_no_new_one():
    f = three(max_positions=1)
    f.hold(1)
    assert answer(f.would(BUY, 1)) == approve(1)
    assert answer(f.would(BUY, ONE, symbol="BBB")) == reject(CODE)


@pytest.mark.parametrize("course", ["works", "doubt", "queued"])
def test_an_order_that_may_fill_holds_its_place(course):
    f = three(max_positions=1)
    if course == "works":
        order = f.order(BUY, 1, 9_900)
    elif course == "doubt":
        order = f.doubt(BUY, 1, 9_900)
    else:
        f.intent(BUY, 1, 9_900)
        order = f.outbox.pop()
    assert answer(f.would(BUY, ONE, symbol="BBB")) == reject(CODE)
    f.cancelled(order)
    assert answer(f.would(BUY, ONE, symbol="BBB")) == approve(ONE)


def test_what_is_being_closed_still_counts_until_it_is_closed():
    f = three(max_positions=1)
    f.hold(1)
    exit_ = f.later(2 * NS).order(SELL, 1, 10_000)
    assert answer(f.would(BUY, ONE, symbol="BBB")) == reject(CODE)
    f.fill(exit_)
    assert answer(f.would(BUY, ONE, symbol="BBB")) == approve(ONE)


def test_nothing_holds_an_exit():
    f = three()
    f.hold(1)
    f.config(max_positions=0)
    assert answer(f.would(SELL, 1)) == approve(1)
