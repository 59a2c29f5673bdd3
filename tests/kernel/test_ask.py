"""One intent projected once: adds or reduces, how much may reduce, and at what price it is judged."""

import pytest

from flyball.kernel.ask import collar, holds_opposite, on_tick, project, reducible
from tests.kernel.hand import BBB, BUY, DOLLAR, NS, SELL, Hand, flying, ppm, text


def asked(f: Hand, side: int, qty: int, **more):
    return project(f.s, f.wish(side, qty, **more), f.s.markets[more.get("symbol", "AAA")], 0)


@pytest.mark.parametrize(
    ("mine", "others", "side", "adds"),
    [
        (0, 0, BUY, True),
        (0, 0, SELL, True),
        (5, 0, BUY, True),
        (5, 0, SELL, False),
        (-5, 0, BUY, False),
        (-5, 0, SELL, True),
        (0, 5, SELL, True),  # its book is flat: it would open a short
        (5, -5, SELL, True),  # the account is flat: it would open a short there
        (5, -3, SELL, False),
        (-5, 5, BUY, True),
    ],
)
def test_adds_or_reduces_is_found_in_both_books(mine, others, side, adds):
    f = flying()
    for owner, qty in (("s", mine), ("outside", others)):
        if qty:
            f.strange_fill(f"fbT-1-99-{owner}-1", "AAA", BUY if qty > 0 else SELL, abs(qty), 10_000)
    assert asked(f, side, 1).adds is adds


@pytest.mark.parametrize(
    ("held", "outside", "selling", "others_selling", "want"),
    [
        (10, 0, 0, 0, 10),
        (10, 0, 4, 0, 6),
        (10, 0, 10, 0, 0),
        (10, -4, 0, 0, 6),  # the smaller of book and account
        (10, 4, 0, 4, 10),
        (10, -4, 3, 0, 3),
        (0, 10, 0, 0, 0),
        (-10, 0, 0, 0, 0),
    ],
)
def test_the_most_that_may_reduce(held, outside, selling, others_selling, want):
    f = flying()
    for owner, qty in (("s", held), ("other", others_selling), ("outside", outside - others_selling)):
        if qty:
            f.strange_fill(f"fbT-1-99-{owner}-1", "AAA", BUY if qty > 0 else SELL, abs(qty), 10_000)
    if selling:
        f.order(SELL, selling, 10_100)
    if others_selling:
        f.order(SELL, others_selling, 10_100, strategy="other")
    assert reducible(f.s, "s", "AAA", SELL) == (want, False)


@pytest.mark.parametrize("course", ["doubt", "owed"])
def test_doubt_holds_back_the_rest(course):
    f = flying()
    f.hold(10)
    if course == "doubt":
        f.doubt(SELL, 4, 10_100)
    else:
        f.cancelled(f.order(SELL, 6, 10_100), filled=4)
    assert reducible(f.s, "s", "AAA", SELL) == (6, True)
    assert reducible(f.s, "s", "AAA", BUY) == (0, False)


def test_a_buy_at_work_does_not_lower_what_may_be_sold():
    f = flying()
    f.hold(10)
    f.order(BUY, 5, 9_900)
    assert reducible(f.s, "s", "AAA", SELL) == (10, False)


@pytest.mark.parametrize(
    ("held", "working", "side", "opposite"),
    [
        (0, 0, BUY, False),
        (5, 0, SELL, True),
        (5, 0, BUY, False),
        (0, 3, SELL, True),
        (5, -5, BUY, False),
        (-5, 5, SELL, False),
    ],
)
def test_the_other_strategys_side(held, working, side, opposite):
    f = flying()
    if held:
        f.hold(held, strategy="other")
    if working:
        f.later(NS).order(
            BUY if working > 0 else SELL, abs(working), 9_900 if working > 0 else 10_100, strategy="other"
        )
    assert holds_opposite(f.s, "s", "AAA", side) is opposite


@pytest.mark.parametrize(
    ("price", "side", "width", "tick", "want"),
    [
        (10_000, BUY, 5_000, 1, 10_050),
        (10_000, SELL, 5_000, 1, 9_950),
        (10_000, BUY, 5_049, 1, 10_050),
        (10_000, SELL, 5_049, 1, 9_950),
        (10_003, BUY, 5_000, 5, 10_050),
        (10_003, SELL, 5_000, 5, 9_955),
        (1, SELL, 5_000, 1, 1),
        (1, BUY, 5_000, 1, 1),
        (10_000, SELL, 1_000_000, 1, 1),
        (10_000, SELL, 2_000_000, 7, 7),
        (3, BUY, 0, 5, 5),
    ],
)
def test_a_collar_is_on_the_tick_inside_and_at_least_one(price, side, width, tick, want):
    assert collar(price, side, width, tick) == want


@pytest.mark.parametrize(
    ("price", "side", "tick", "want"),
    [
        (10_003, BUY, 5, 10_000),
        (10_003, SELL, 5, 10_005),
        (10_005, BUY, 5, 10_005),
        (10_005, SELL, 5, 10_005),
        (3, BUY, 5, 0),
    ],
)
def test_a_limit_on_the_passive_tick(price, side, tick, want):
    assert on_tick(price, side, tick) == want


def test_a_limit_of_less_than_a_tick_is_no_market_order():
    f = flying(also=(BBB,))
    f.mark("BBB", last=100_000)
    d = f.ask(BUY, 10**9, 99, "BBB")  # the tick is 100
    assert (d.verdict, d.codes) == ("reject", ("FORMAT_PRICE",))


def test_priced_at_the_worse_of_limit_and_mark():
    f = flying()
    f.mark(bid=9_900, ask=10_100, last=9_950)
    assert (asked(f, BUY, 2).price, asked(f, BUY, 2).notional) == (10_100, 202 * DOLLAR)
    assert asked(f, SELL, 2, limit=10_200).price == 10_200
    assert asked(f, SELL, 2, limit=9_000).price == 10_100


def test_a_notional_is_turned_into_whole_lots_at_that_price():
    f = flying(max_slippage=ppm(5_000))
    a = asked(f, BUY, 0, notional=1_005 * DOLLAR)
    assert (a.limit, a.qty) == (10_050, 10)
    assert asked(f, BUY, 0, notional=1_005 * DOLLAR - 1).qty == 9


def test_no_orders_cross_that_are_over_or_on_the_same_side():
    f = flying()
    f.order(BUY, 1, 9_900)
    f.cancelled(f.order(SELL, 1, 10_000), filled=1)  # owed, but no longer in the book
    assert asked(f, BUY, 1, limit=10_000).crossing == []
    assert [o.limit for o in asked(f, SELL, 1, limit=9_900).crossing] == [9_900]


def test_what_reduces_is_found_by_the_kernel_whatever_the_caller_says():
    f = flying(on_excess=text("refuse"))
    f.hold(10)
    d = f.later(NS).ask(SELL, 10, parent="entry")
    assert (d.adds, d.verdict, f.outbox[-1].adds) == (False, "approve", False)
