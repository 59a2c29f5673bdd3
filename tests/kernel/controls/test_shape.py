"""C23: quantities down to the lot, a least value; an exit may take the odd rest and any small one."""

import pytest

from tests.kernel.hand import (
    AAA,
    BBB,
    BUY,
    DOLLAR,
    NS,
    SELL,
    answer,
    approve,
    clip,
    evidence,
    flying,
    reject,
    text,
)

LOT = BBB.lot  # 0.001


def fractions(**limits):
    f = flying(also=(BBB,), **limits)
    f.mark("BBB", last=100_000)
    return f


@pytest.mark.parametrize("qty", [0, -1, -(10**15)])
@pytest.mark.parametrize("notional", [0, -1])
def test_no_quantity(qty, notional):
    f = flying()
    assert answer(f.ask(BUY, qty, notional=notional))[0] == "reject"
    assert f.would(BUY, qty, notional=notional).codes[0] == "FORMAT_QTY"
    f.hold(3)
    assert f.would(SELL, qty, notional=notional).codes[0] == "FORMAT_QTY"


@pytest.mark.parametrize(
    ("qty", "said"),
    [
        (LOT, approve(LOT)),
        (LOT - 1, reject("FORMAT_LOT")),
        (1, reject("FORMAT_LOT")),
        (2 * LOT, approve(2 * LOT)),
        (2 * LOT - 1, clip(LOT, "FORMAT_LOT")),
        (2 * LOT + 1, clip(2 * LOT, "FORMAT_LOT")),
    ],
)
def test_lot(qty, said):
    d = fractions().would(BUY, qty, symbol="BBB")
    assert answer(d) == said
    assert evidence(d)["C23.lot"] == (said[1] or qty, LOT)


def test_a_refusal_names_the_whole_lots():
    f = fractions(on_excess=text("refuse"))
    assert answer(f.would(BUY, 2 * LOT + 1, symbol="BBB")) == reject("FORMAT_LOT", passes=2 * LOT)


@pytest.mark.parametrize(
    ("notional", "said"),
    [
        (99 * DOLLAR, reject("FORMAT_LOT")),
        (100 * DOLLAR - 1, reject("FORMAT_LOT")),
        (100 * DOLLAR, approve(1)),
        (199 * DOLLAR, approve(1)),
        (200 * DOLLAR, approve(2)),
        (1, reject("FORMAT_LOT")),
    ],
)
def test_a_notional_buys_whole_lots(notional, said):
    f = flying()
    assert answer(f.ask(BUY, notional=notional)) == said


@pytest.mark.parametrize(
    ("least", "ok"), [(99_999_999, True), (100_000_000, True), (100_000_001, False), (0, True)]
)
def test_least_value(least, ok):
    d = flying(min_notional=("micros", least, "")).would(BUY, 1)
    assert answer(d) == (approve(1) if ok else reject("FORMAT_MIN_NOTIONAL"))
    assert evidence(d)["C23.min_notional"] == (100 * DOLLAR, least)


def test_what_is_clipped_below_the_least_value_is_refused():
    f = flying(min_notional=("micros", 500 * DOLLAR, ""), max_order_qty=4)
    assert answer(f.would(BUY, 9)) == reject("SIZE_ORDER_QTY")
    assert answer(f.would(BUY, 4)) == reject("FORMAT_MIN_NOTIONAL")


def test_an_exit_may_be_small_and_take_the_odd_rest():
    f = fractions()
    f.hold(2 * LOT, 100_000, "BBB")
    f.strange_fill("fbT-1-99-s-1", "BBB", BUY, 7, 100_000)  # seven billionths more
    f.config(min_notional=("micros", 500 * DOLLAR, ""))
    f.later(NS)
    assert answer(f.would(SELL, 2 * LOT + 7, symbol="BBB")) == approve(2 * LOT + 7)
    assert answer(f.would(SELL, LOT + 7, symbol="BBB")) == approve(LOT)
    assert answer(f.would(SELL, 7, symbol="BBB")) == reject("FORMAT_LOT")
    assert answer(f.would(SELL, 3 * LOT, symbol="BBB")) == clip(2 * LOT + 7, "REDUCE_THROUGH_ZERO")


def test_the_lot_of_today_counts():
    f = flying()
    f.instrument(AAA, lot=100)
    assert answer(f.would(BUY, 250)) == clip(200, "FORMAT_LOT")
