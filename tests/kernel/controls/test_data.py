"""C19: doubtful prices refuse what adds; a check no feed can serve is OFF; exits go by the last good mark."""

from typing import Any

import pytest

from flyball.kernel.events import Feed
from flyball.kernel.units import OFF, UNKNOWN
from tests.kernel.hand import BBB, BUY, NS, SELL, answer, approve, evidence, flying, ns, ppm, reject

AGE, SPREAD = "C19.max_quote_age", "C19.max_spread"
LIMITS: dict[str, Any] = {
    "max_quote_age": ns(30 * NS),
    "max_spread": ppm(10_000),
    "max_tick_move": ppm(50_000),
}


def carries(f, *what, source="bars"):
    f.feed(Feed(f.now, source, what, ""))


@pytest.mark.parametrize(
    ("limit", "age", "ok"),
    [(ns(30 * NS), 30 * NS, True), (ns(30 * NS), 30 * NS + 1, False), (ns(0), 0, True), (ns(0), 1, False)],
)
def test_age(limit, age, ok):
    f = flying(max_quote_age=limit)
    d = f.later(age).would(BUY, 1)
    assert answer(d) == (approve(1) if ok else reject("DATA_STALE"))
    assert evidence(d)[AGE] == (age, limit[1])


def test_nothing_seen_yet():
    f = flying(price=0, **LIMITS)
    d = f.would(BUY, 1, 10_000)
    assert d.codes[0] == "DATA_MISSING"
    assert evidence(d)[AGE] == (UNKNOWN, 30 * NS)


@pytest.mark.parametrize(
    ("limit", "bid", "ask", "ok"),
    [
        (10_000, 9_950, 10_050, True),
        (10_000, 9_950, 10_051, False),
        (10_000, 9_949, 10_050, False),
        (9_999, 9_950, 10_050, False),
        (0, 9_999, 10_000, False),
    ],
)
def test_spread(limit, bid, ask, ok):
    f = flying(max_spread=ppm(limit))
    f.mark(bid=bid, ask=ask)
    assert answer(f.would(BUY, 1)) == (approve(1) if ok else reject("DATA_SPREAD"))


def test_a_quote_that_should_be_there_and_is_not():
    f = flying(max_spread=ppm(10_000))
    d = f.would(BUY, 1)  # a last price only, and nobody said that there are no quotes
    assert (answer(d), evidence(d)[SPREAD]) == (reject("DATA_SPREAD"), (UNKNOWN, 10_000))
    f.mark(bid=9_990)
    assert answer(f.would(BUY, 1)) == reject("DATA_SPREAD")


def test_off_when_no_feed_carries_quotes():
    f = flying(max_spread=ppm(10_000))
    carries(f, "last", "low", "high")
    d = f.would(BUY, 1)
    assert (answer(d), evidence(d)[SPREAD]) == (approve(1), (UNKNOWN, OFF))
    assert evidence(d)["C19.crossed"] == evidence(d)["C19.locked"] == (0, OFF)
    carries(f, "bid", "last", source="half")  # a bid alone is no spread
    assert evidence(f.would(BUY, 1))[SPREAD] == (UNKNOWN, OFF)
    carries(f, "bid", "ask", source="quotes")
    assert answer(f.would(BUY, 1)) == reject("DATA_SPREAD")
    assert evidence(f.would(BUY, 1))["C19.locked"] == (0, 0)


def test_crossed():
    f = flying()
    f.mark(bid=10_001, ask=10_000)
    d = f.would(BUY, 1)
    assert (answer(d), evidence(d)["C19.crossed"]) == (reject("DATA_CROSSED"), (1, 0))
    f.mark(bid=9_999, ask=10_000)
    assert answer(f.would(BUY, 1)) == approve(1)


def test_locked():
    f = flying()
    f.mark(bid=10_000, ask=10_000)
    d = f.would(BUY, 1)
    assert (answer(d), evidence(d)["C19.locked"]) == (reject("DATA_LOCKED"), (1, 0))
    f.mark(last=10_000)
    assert answer(f.would(BUY, 1)) == approve(1)


@pytest.mark.parametrize(("price", "ok"), [(10_500, True), (10_501, False), (9_500, True), (9_499, False)])
def test_a_print_that_moved_too_far(price, ok):
    f = flying(max_tick_move=ppm(50_000))
    f.mark(last=price)
    d = f.would(BUY, 1)
    assert answer(d) == (approve(1) if ok else reject("DATA_SUSPECT"))
    assert evidence(d)["C19.max_tick_move"] == (0 if ok else 1, 50_000)
    assert f.s.markets["AAA"].mid() == (price if ok else 10_000)


def test_something_held_without_a_price():
    f = flying(also=(BBB,))
    f.strange_fill("xyz", "BBB", BUY, 10**9, 100_000)
    d = f.would(BUY, 1)
    assert (answer(d), evidence(d)["C19.valued"]) == (reject("DATA_UNVALUED"), (1, 0))
    f.mark("BBB", last=100_000)
    assert answer(f.would(BUY, 1)) == approve(1)


def stale(f):
    f.later(60 * NS)


def wide(f):
    f.mark(bid=9_000, ask=10_000)


def crossed(f):
    f.mark(bid=10_001, ask=10_000)


def suspect(f):
    f.mark(last=20_000)


def unvalued(f):
    f.strange_fill("xyz", "BBB", BUY, 10**9, 100_000)


@pytest.mark.parametrize("doubt", [stale, wide, crossed, suspect, unvalued])
def test_nothing_holds_an_exit(doubt):
    f = flying(also=(BBB,))
    f.hold(5)
    f.config(**LIMITS, price_tolerance=ppm(30_000))
    doubt(f)
    assert f.would(BUY, 1).verdict == "reject"
    d = f.would(SELL, 5)
    assert answer(d) == approve(5)
    assert d.limit == (8_730 if doubt is wide else 9_700)


def test_not_set_is_off():
    f = flying()
    f.mark(bid=5_000, ask=15_000)
    d = f.later(10**6 * NS // 1000).would(BUY, 1)
    assert answer(d) == approve(1)
    assert evidence(d)[AGE][1] == evidence(d)[SPREAD][1] == evidence(d)["C19.max_tick_move"][1] == -1


def test_a_symbol_has_its_own():
    f = flying(max_quote_age=ns(30 * NS), max_quote_age__symbol__AAA=ns(NS))
    assert answer(f.later(2 * NS).would(BUY, 1)) == reject("DATA_STALE")
