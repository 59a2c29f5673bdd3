"""C18: a limit near the reference; market orders leave as limits; exits are never refused."""

import pytest

from tests.kernel.hand import AAA, BUY, NS, SELL, answer, approve, evidence, flying, ppm, reject

CODE = "PRICE_TOLERANCE"
THREE = ppm(30_000)


@pytest.mark.parametrize(
    ("side", "limit", "ok"),
    [
        (BUY, 10_300, True),
        (BUY, 10_301, False),
        (BUY, 9_700, True),
        (BUY, 9_699, False),
        (SELL, 9_700, True),
        (SELL, 9_699, False),
        (SELL, 10_300, True),
        (SELL, 10_301, False),
    ],
)
def test_tolerance_both_ways(side, limit, ok):
    d = flying(price_tolerance=THREE).would(side, 1, limit)
    assert answer(d) == (approve(1) if ok else reject(CODE))
    assert evidence(d)["C18.price_tolerance"] == (abs(limit - 10_000) * 100, 30_000)


@pytest.mark.parametrize(
    ("tolerance", "limit", "ok"),
    [(0, 10_000, True), (0, 10_001, False), (99, 10_001, False), (100, 10_001, True)],
)
def test_tolerance_to_the_smallest_unit(tolerance, limit, ok):
    d = flying(price_tolerance=ppm(tolerance)).would(BUY, 1, limit)
    assert (d.verdict == "approve") is ok


def test_judged_by_the_middle_of_the_quote():
    f = flying(price_tolerance=THREE)
    f.mark(bid=9_980, ask=10_040, last=9_000)
    assert f.would(BUY, 1, 10_310).reference == 10_010
    assert answer(f.would(BUY, 1, 10_310)) == approve(1)
    assert answer(f.would(BUY, 1, 10_311)) == reject(CODE)


@pytest.mark.parametrize(
    ("side", "limits", "limit"),
    [
        (BUY, {"max_slippage": ppm(5_000)}, 10_050),
        (SELL, {"max_slippage": ppm(5_000)}, 9_950),
        (BUY, {"max_slippage": ppm(5_050)}, 10_050),  # inside the collar, on the tick
        (SELL, {"max_slippage": ppm(5_050)}, 9_950),
        (BUY, {"max_slippage": ppm(0)}, 10_000),
        (BUY, {}, 0),
        (BUY, {"price_tolerance": THREE}, 0),
        (BUY, {"max_slippage": ppm(5_000), "price_tolerance": THREE}, 10_050),
    ],
)
def test_a_market_order_that_adds_leaves_with_the_slippage_collar(side, limits, limit):
    f = flying(**limits)
    d = f.ask(side, 1)
    order = f.outbox.pop()
    assert (d.verdict, d.limit, order.limit) == ("approve", limit, limit)
    assert order.type == ("limit" if limit else "market")


@pytest.mark.parametrize(("side", "limit"), [(BUY, 10_090), (SELL, 9_891)])
def test_the_collar_begins_at_the_far_side_of_the_quote(side, limit):
    f = flying(max_slippage=ppm(5_000))
    f.mark(bid=9_940, ask=10_040)
    assert f.would(side, 1).limit == limit


@pytest.mark.parametrize(("tick", "limit"), [(1, 10_050), (7, 10_045), (20_000, 20_000)])
def test_the_collar_stays_on_the_tick(tick, limit):
    f = flying(max_slippage=ppm(5_000))
    f.instrument(AAA, tick=tick)
    assert f.would(BUY, 1).limit == limit  # at least one tick, so never a price of nothing


@pytest.mark.parametrize(
    ("side", "asked", "limit"), [(BUY, 10_013, 10_010), (SELL, 10_013, 10_015), (BUY, 10_015, 10_015)]
)
def test_a_limit_goes_to_the_passive_tick(side, asked, limit):
    f = flying(price_tolerance=THREE)
    f.instrument(AAA, tick=5)
    assert f.would(side, 1, asked).limit == limit


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        (0, 9_700),
        (9_700, 9_700),
        (9_000, 9_700),
        (1, 9_700),
        (9_900, 9_900),
        (10_300, 10_300),
        (12_000, 10_300),
    ],
)
def test_an_exit_is_brought_back_to_the_tolerance(asked, limit):
    f = flying(max_slippage=ppm(5_000), price_tolerance=THREE)
    f.hold(5)
    d = f.later(NS).would(SELL, 5, asked)
    assert (*answer(d), d.limit) == (*approve(5), limit)


@pytest.mark.parametrize(("asked", "limit"), [(0, 10_300), (11_000, 10_300), (9_000, 9_700)])
def test_so_is_a_cover(asked, limit):
    f = flying(max_slippage=ppm(5_000), price_tolerance=THREE)
    f.hold(-5)
    d = f.later(NS).would(BUY, 5, asked)
    assert (*answer(d), d.limit) == (*approve(5), limit)


def test_no_reference_refuses_what_adds():
    f = flying(price=0, price_tolerance=THREE, max_slippage=ppm(5_000))
    d = f.would(BUY, 1, 10_000)
    assert answer(d) == reject("DATA_MISSING", "PRICE_NO_REFERENCE")
    assert (evidence(d)["C18.price_tolerance"], evidence(d)["C18.max_slippage"]) == (
        (-1, 30_000),
        (-1, 5_000),
    )


def test_no_reference_lets_an_exit_go_as_it_is():
    f = flying(price=0, price_tolerance=THREE, max_slippage=ppm(5_000))
    f.strange_fill("xyz", "AAA", BUY, 5, 10_000)
    f.s.books["AAA"]["s"] = f.s.books["AAA"].pop("_outside")
    f.s.books["AAA"]["s"].strategy = "s"
    assert (answer(f.would(SELL, 5)), f.would(SELL, 5).limit) == (approve(5), 0)
    assert (answer(f.would(SELL, 5, 9)), f.would(SELL, 5, 9).limit) == (approve(5), 9)


def test_a_symbol_has_its_own():
    f = flying(price_tolerance=THREE, price_tolerance__symbol__AAA=ppm(10_000))
    assert answer(f.would(BUY, 1, 10_101)) == reject(CODE)


def test_not_set_is_off():
    d = flying().would(BUY, 1, 99_999)
    assert (answer(d), evidence(d)["C18.price_tolerance"][1]) == (approve(1), -1)
