"""A symbol that matters and has no price is late, once, until the next; bars and closes are no silence."""

import pytest

from flyball.kernel.days import Day
from flyball.kernel.events import Event, Instrument, Report
from flyball.kernel.ledger import Book
from flyball.kernel.market import market_of
from flyball.kernel.orders import OrderState
from flyball.kernel.state import Latch, State
from flyball.kernel.units import NS
from flyball.sensors.board import Board
from flyball.sensors.feed import FeedAge

OPEN = 1_000_000 * NS
CLOSE = OPEN + 23_400 * NS
MINUTE = 60 * NS
QUOTE_AGE = 30 * NS


def state(*held: str, symbols: tuple[str, ...] = ("AAA", "BBB")) -> State:
    s = State()
    for symbol in symbols:
        s.markets[symbol] = market_of(Instrument(0, symbol, "USD", "us_equity", 2, 0, 1, 1, True))
    s.limits.every_symbol.max_quote_age = QUOTE_AGE
    s.day = Day(20160415, "XNYS", OPEN, CLOSE)
    for symbol in held:
        s.books[symbol] = {"mine": Book("mine", symbol, qty=10)}
        s.refresh(symbol)
    return s


def price(s: State, symbol: str, at: int) -> None:
    s.markets[symbol].seen_at = at
    s.ts = max(s.ts, at)


def feed(s: State, seconds: int = 0, *, holds: bool = False) -> FeedAge:
    bars = dict.fromkeys(s.markets, seconds * NS) if seconds else {}
    return FeedAge(s, Board(lambda what, scope: holds, trips_unknown=True), bars)


def run(one: FeedAge, s: State, until: int) -> list[tuple[int, str, str, str]]:
    """(second after the open, word, symbol, value) of all it says by itself, looked at when it is due."""
    out: list[Event] = []
    for _ in range(10_000):
        due = one.next_due()
        if due is None or due > until:
            break
        s.ts = max(s.ts, due)
        out.extend(one.take(s.ts))
    else:
        raise AssertionError("it never comes to rest")
    reports = [e for e in out if isinstance(e, Report)]
    return [((r.ts - OPEN) // NS, r.what, r.scope.removeprefix("symbol:"), r.value) for r in reports]


def test_what_is_held_and_has_no_price_is_late_after_three_times_the_oldest_quote():
    s = state("AAA")
    one = feed(s)
    price(s, "AAA", OPEN + NS)
    price(s, "BBB", OPEN + 80 * NS)
    assert run(one, s, OPEN + 91 * NS - 1) == []
    assert run(one, s, OPEN + 100 * NS) == [(91, "feed", "AAA", "bad")]


def test_and_fresh_again_with_the_next_price():
    s = state("AAA")
    one = feed(s)
    price(s, "BBB", OPEN + 80 * NS)
    assert run(one, s, OPEN + 90 * NS) == [(90, "feed", "AAA", "bad")]
    price(s, "AAA", OPEN + 95 * NS)
    assert one.next_due() == OPEN + 95 * NS
    assert run(one, s, OPEN + 95 * NS) == [(95, "feed", "AAA", "ok")]


def test_what_nobody_holds_may_be_silent_but_not_all_of_it():
    s = state()
    one = feed(s)
    price(s, "AAA", OPEN)
    price(s, "BBB", OPEN + 60 * NS)
    assert run(one, s, OPEN + 150 * NS - 1) == []
    assert run(one, s, OPEN + 200 * NS) == [(180, "feed_silent", "account", "bad")]
    price(s, "AAA", OPEN + 300 * NS)
    assert run(one, s, OPEN + 300 * NS) == [(300, "feed_silent", "account", "ok")]


@pytest.mark.parametrize("seconds", [60, 300, 86_400])
def test_one_bar_after_the_other_is_no_silence(seconds: int) -> None:
    s = state("AAA", "BBB")
    one = feed(s, seconds)
    for at in range(OPEN, CLOSE + 1, seconds * NS):
        assert run(one, s, at) == []
        price(s, "AAA", at)
        price(s, "BBB", at)
    assert run(one, s, CLOSE + 100_000 * NS) == []  # nor is the night


def test_prices_that_wait_to_be_stepped_are_no_silence():
    s = state("AAA")
    one = feed(s)
    price(s, "AAA", OPEN)
    price(s, "BBB", OPEN)
    late = OPEN + 600 * NS  # the loop stood still; the marks of that time are in the same round
    assert one.take(late) == []
    price(s, "AAA", late)
    price(s, "BBB", late)
    assert one.next_due() == late
    assert one.take(late) == []


def test_a_new_session_counts_from_its_open():
    s = state("AAA", symbols=("AAA",))
    one = feed(s)
    price(s, "AAA", CLOSE - NS)
    assert run(one, s, CLOSE + 10_000 * NS) == []
    s.day = Day(20160418, "XNYS", OPEN + 86_400 * NS, CLOSE + 86_400 * NS)
    found = run(one, s, s.day.open + 100 * NS)
    assert found == [(86_400 + 90, "feed", "AAA", "bad"), (86_400 + 90, "feed_silent", "account", "bad")]


def test_after_a_restart_what_was_late_is_still_late_until_a_price_comes():
    s = state("AAA", symbols=("AAA",))
    price(s, "AAA", OPEN)
    key = "L7 symbol:AAA"
    s.latches[key] = Latch("L7", "symbol:AAA", "REDUCING", "exits", "governor", "", OPEN + 90 * NS, 1)
    one = feed(s, holds=True)
    assert run(one, s, OPEN + 119 * NS) == [(90, "feed_silent", "account", "bad")]  # no ok, and no second bad
    price(s, "AAA", OPEN + 120 * NS)
    assert (120, "feed", "AAA", "ok") in run(one, s, OPEN + 120 * NS)


def test_a_look_that_comes_after_the_close_is_dropped():
    s = state("AAA")
    one = feed(s)
    assert one.next_due() == OPEN + 90 * NS
    assert one.take(CLOSE + NS) == []
    assert one.next_due() is None


def test_what_was_traded_today_matters_though_nothing_is_held():
    s = state(symbols=("AAA", "BBB"))
    names = ("c1", "i1", "", "mine", "AAA")
    s.closed["c1"] = OrderState(*names, 1, 5, "market", 0, "day", True, 1, OPEN, OPEN, "FILLED", 5)
    one = feed(s)
    price(s, "BBB", OPEN + 80 * NS)
    assert run(one, s, OPEN + 100 * NS) == [(90, "feed", "AAA", "bad")]
