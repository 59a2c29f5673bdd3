"""The close: warn 10 minutes before, flatten from 5, cut off at 30 s, verify; by the scheduled close."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Cancel, Flat, LatchChange, Order, Refused
from flyball.kernel.events import Session
from tests.kernel.hand import BUY, DAY_LENGTH, NS, SELL, Hand, flying, of, ppm, text

MINUTE = 60 * NS
LIMITS: dict[str, Any] = {"max_slippage": ppm(5_000), "price_tolerance": ppm(30_000)}


def until(f: Hand, before: int):
    """What happens up to `before` the close."""
    return f.wait(f.s.day.close - before - f.now)


def alerts(effects):
    return [a.alert for a in of(effects, Alert)]


@pytest.mark.parametrize("length", [DAY_LENGTH, 210 * MINUTE])
def test_every_rung(length):
    f = flying(**LIMITS)
    f.next_day(length=length)
    f.mark(last=10_000)
    f.hold(10)
    entry = f.order(BUY, 1, 9_900)
    assert until(f, 10 * MINUTE + 1) == []
    assert alerts(f.wait(1)) == ["close_near"]
    assert until(f, 5 * MINUTE + 1) == []
    effects = f.wait(1)
    assert ([c.client_id for c in of(effects, Cancel)], of(effects, Order)) == ([entry.client_id], [])
    order = of(f.cancelled(entry), Order)[0]
    assert (order.side, order.qty, order.limit, order.author) == (SELL, 10, 9_950, "ladder")
    f.sent(order)
    f.fill(order)
    assert [(x.why, x.confirmed) for x in of(f.agree(), Flat)] == [("ladder", True)]
    effects = until(f, 0)
    assert (of(effects, Order), of(effects, LatchChange), f.s.day.stage) == ([], [], 4)


def test_nothing_to_do_is_said_to_nobody():
    f = flying(**LIMITS)
    effects = until(f, 0)
    assert (alerts(effects), of(effects, Order)) == ([], [])
    assert of(effects, AskAccount)


def test_unfilled_exits_go_wider_and_widest_at_the_cutoff():
    f = flying(**LIMITS)
    f.hold(10)
    limits = []
    effects = until(f, 5 * MINUTE)
    for _ in range(5):
        limits.append((of(effects, Order)[0].limit, f.s.day.close - f.now))
        f.sent(of(effects, Order)[0])
        f.obey(f.wait(MINUTE))
        effects = [o for o in f.outbox if f.s.orders.get(o.client_id)]
        f.outbox.clear()
        if not effects:
            break
    assert limits == [
        (9_950, 5 * MINUTE),
        (9_900, 4 * MINUTE),
        (9_700, 3 * MINUTE),
        (9_700, 2 * MINUTE),
        (9_700, MINUTE),
    ]


def test_the_cutoff_does_not_wait_for_the_next_attempt():
    f = flying(**LIMITS)
    f.hold(10)
    until(f, 5 * MINUTE)
    f.sent(f.outbox[0])
    f.cancelled(f.outbox.pop(0))
    f.s.flattenings["ladder account"].next_at = f.s.day.close - 10 * NS
    f.sent(f.outbox[0])
    effects = until(f, 30 * NS)
    assert [c.client_id for c in of(effects, Cancel)] == [f.outbox[0].client_id]
    assert alerts(effects)[-1] == "not_flat"
    order = of(f.cancelled(f.outbox.pop(0)), Order)[0]
    assert order.limit == 9_700


def not_flat() -> Any:
    f = flying(**LIMITS)
    f.hold(10)
    until(f, 5 * MINUTE)
    f.sent(f.outbox.pop())
    return f


def test_not_flat_at_the_close_is_latched_and_paged():
    f = not_flat()
    assert f.obey(until(f, 1)) is not None
    effects = f.wait(1)
    assert [(x.latch, x.by) for x in of(effects, LatchChange)] == [("L5", "ladder")]
    assert "not_flat_at_close" in alerts(effects)
    assert "s AAA" in f.s.latches["L5 account"].reason


def test_the_latch_stays_and_the_ladder_goes_with_the_day():
    f = not_flat()
    f.wait(600 * NS)
    assert f.latched() == ["L5 account"]
    f.next_day()
    assert f.latched() == ["L5 account"]
    assert f.s.flattenings == {}
    f.mark(last=10_000)
    assert f.would(BUY, 1).codes[0] == "LATCH_L5"


def test_the_latch_does_not_clear_while_something_is_held_and_the_market_shut():
    """A person looked into it and cleared it: then nothing would have said that a book is open overnight."""
    f = not_flat()
    f.wait(600 * NS)
    cleared = f.command("clear", "secret", latch="L5", reason="looked into it")
    assert "still not flat at the close: s AAA" in of(cleared, Refused)[0].why
    f.next_day()
    f.command("clear", "secret", latch="L5", reason="sold today")
    assert f.latched() == []


def test_a_freeze_that_was_there_already_does_not_clear_either():
    """It is the only latch on what is held over night, whoever set it."""
    f = not_flat()
    f.command("freeze", reason="looked odd")
    f.wait(600 * NS)
    cleared = f.command("clear", "secret", latch="L5", reason="looked into it")
    assert "still not flat at the close: s AAA" in of(cleared, Refused)[0].why
    assert f.latched() == ["L5 account"]


def test_it_clears_once_a_late_fill_has_made_it_flat():
    f = not_flat()
    f.wait(600 * NS)
    f.strange_fill("fbT-1-99-s-1", "AAA", SELL, 10, 10_000)
    f.command("clear", "secret", latch="L5", reason="flat now")
    assert f.latched() == []


def test_a_fill_told_behind_the_close_that_opens_a_book_is_latched_and_paged_once():
    f = flying(**LIMITS)
    first, second = f.order(BUY, 1, 9_900), f.order(BUY, 1, 9_901)
    until(f, 0)
    f.wait(2)
    assert f.latched() == []
    assert "not_flat_at_close" in alerts(f.fill(first, 1))
    assert f.latched() == ["L5 account"]
    assert "not_flat_at_close" not in alerts(f.fill(second, 1))


def test_what_was_missed_is_taken_at_once():
    """The process slept through the close."""
    f = flying(**LIMITS)
    f.hold(10)
    f.now = f.s.day.close + MINUTE
    effects = f.tick()
    assert alerts(effects) == ["close_near", "latch_L5", "not_flat_at_close"]
    assert of(effects, Order) == []
    assert f.s.day.stage == 4


def test_a_start_in_the_middle_goes_on():
    f = flying(**LIMITS)
    f.hold(10)
    until(f, 10 * MINUTE)
    f.reborn()
    assert alerts(until(f, 5 * MINUTE + 1)) == []
    assert [(o.side, o.qty) for o in of(f.wait(1), Order)] == [(SELL, 10)]


def test_books_that_stay_have_no_ladder():
    f = flying(flat_by=text("never"))
    f.hold(10)
    effects = until(f, 0)
    assert (effects, f.s.day.stage, f.latched()) == ([], 0, [])
    assert [q.why for q in of(f.wait(10 * NS), AskAccount)] == ["after the close"]


def test_a_new_day_has_its_own():
    f = flying(**LIMITS)
    until(f, 0)
    f.agree()
    f.next_day()
    assert f.s.day.stage == 0
    f.mark(last=10_000)
    f.hold(1)
    assert alerts(until(f, 10 * MINUTE)) == ["close_near"]


def test_an_old_session_starts_nothing():
    f = flying()
    f.hold(1)
    before = f.g.book_hash()
    assert f.session() == []
    assert f.session(20250101) == []
    assert f.g.book_hash() == before


def test_not_flat_and_frozen_already():
    """The latch holds from before: a person is paged all the same."""
    f = not_flat()
    f.command("freeze", reason="odd")
    f.obey(until(f, 1))
    effects = f.wait(1)
    assert (of(effects, LatchChange), alerts(effects)[-1]) == ([], "not_flat_at_close")
    assert f.s.latches["L5 account"].reason == "odd"


def told(f: Any, close: int, begins: int = 0, day: int = 0) -> Any:
    """The session of a day, told (again)."""
    d = f.s.day
    return f.feed(Session(f.now, d.venue, day or d.day, begins or d.open, close))


def test_an_earlier_close_of_today_moves_the_ladder_at_once():
    f = flying(**LIMITS)
    f.hold(10)
    at = f.now + 6 * MINUTE
    assert alerts(told(f, at)) == ["close_moved"]
    assert (f.s.day.close, f.s.day.stage) == (at, 0)
    assert alerts(f.tick()) == ["close_near"]
    assert [(o.side, o.qty) for o in of(f.wait(MINUTE), Order)] == [(SELL, 10)]
    assert f.would(BUY, 1).codes[0] == "MARKET_FLAT_BY"


def test_a_market_that_has_shut_already_is_latched_and_paged():
    f = flying(**LIMITS)
    f.hold(10)
    f.now += MINUTE
    told(f, f.now)
    effects = f.tick()
    assert (f.s.day.stage, f.latched()) == (4, ["L5 account"])
    assert "not_flat_at_close" in alerts(effects)
    assert "MARKET_CLOSED" in f.would(SELL, 1).codes


@pytest.mark.parametrize("later", [1, 3_600 * NS])
def test_a_later_close_of_today_changes_nothing(later):
    f = flying(**LIMITS)
    f.hold(1)
    close = f.s.day.close
    assert alerts(told(f, close + later)) == ["close_moved"]
    assert f.s.day.close == close
    assert told(f, close) == []


def test_a_close_that_has_come_is_not_moved():
    f = flying(**LIMITS)
    until(f, 0)
    close = f.s.day.close
    f.now = close + 1
    assert told(f, close - MINUTE) == []
    assert f.s.day.close == close


@pytest.mark.parametrize(("begins", "close"), [(1, 0), (1, 1), (1, -1), (0, 0)])
def test_a_session_without_a_close_adds_nothing_and_is_flattened_by_the_earliest_there_is(begins, close):
    f = flying(**LIMITS)
    f.hold(10)
    start = f.now = f.now + MINUTE
    effects = f.feed(Session(f.now, "XNYS", f.s.day.day + 1, start * begins, start * begins + min(close, 0)))
    assert "session_without_close" in alerts(effects)
    assert (f.s.day.open, f.s.day.close, f.s.day.doubtful) == (start, start + 210 * MINUTE, True)
    f.mark(last=10_000)
    assert "MARKET_CLOSED" in f.would(BUY, 1).codes
    assert "MARKET_CLOSED" not in f.would(SELL, 1).codes
    assert [(o.side, o.qty) for o in of(until(f, 5 * MINUTE), Order)] == [(SELL, 10)]


def test_the_doubt_ends_with_the_day():
    f = flying(**LIMITS)
    f.wait(30 * 3_600 * NS)
    f.feed(Session(f.now, "XNYS", f.s.day.day + 1, f.now, 0))
    f.next_day()
    f.mark(last=10_000)
    assert (f.s.day.doubtful, f.would(BUY, 1).codes) == (False, ())


# -- the closing auction

AUCTION: dict[str, Any] = {**LIMITS, "on_close": text("yes")}


def in_auction() -> Any:
    """AAA held, its on-close order out."""
    f = flying(**AUCTION)
    f.hold(10)
    effects = until(f, 15 * MINUTE)
    order = of(effects, Order)[0]
    assert (order.side, order.qty, order.type, order.limit, order.tif) == (SELL, 10, "market", 0, "cls")
    assert (order.author, order.adds) == ("ladder", False)
    f.sent(order)
    return f, order


def test_what_is_held_goes_into_the_auction_and_is_flat_by_its_fill():
    f, order = in_auction()
    f.update(order, "ACCEPTED")
    effects = until(f, 0)
    assert (of(effects, Order), of(effects, Cancel), f.latched()) == ([], [], [])
    f.early(order)
    f.wait(60 * NS)
    assert (f.latched(), f.s.books_held()) == ([], [])


def test_without_the_key_nothing_leaves_before_the_flattening():
    f = flying(**LIMITS)
    f.hold(10)
    assert of(until(f, 5 * MINUTE + 1), Order) == []


def test_an_order_nobody_acknowledged_is_taken_back_and_goes_the_ordinary_way():
    f, order = in_auction()
    effects = until(f, 10 * MINUTE)
    assert [c.client_id for c in of(effects, Cancel)] == [order.client_id]
    f.cancelled(order)
    exits = of(until(f, 5 * MINUTE), Order)
    assert [(o.qty, o.tif) for o in exits] == [(10, "day")]


def test_one_that_is_locked_is_neither_taken_back_nor_sold_twice():
    f, order = in_auction()
    f.update(order, "ACCEPTED")
    until(f, 9 * MINUTE)
    effects = f.command("panic", reason="now")
    effects += f.wait(2 * MINUTE)
    assert order.client_id not in [c.client_id for c in of(effects, Cancel)]
    assert of(effects, Order) == []


def test_before_that_a_panic_takes_it_back():
    f, order = in_auction()
    f.update(order, "ACCEPTED")
    f.wait(MINUTE)
    effects = f.command("panic", reason="now") + f.wait(61 * NS)
    assert order.client_id in [c.client_id for c in of(effects, Cancel)]


def test_an_auction_that_did_not_execute_is_latched_and_paged():
    f, order = in_auction()
    f.update(order, "ACCEPTED")
    assert "not_flat_at_close" not in alerts(until(f, 0))
    assert "not_flat_at_close" in alerts(f.wait(10 * NS))
    assert f.latched() == ["L5 account"]


@pytest.mark.parametrize(("late", "sent"), [(1, 1), (5 * MINUTE - 1, 1), (5 * MINUTE, 0), (6 * MINUTE, 0)])
def test_one_that_slept_sends_nothing_into_an_auction_that_is_shut(late, sent):
    f = flying(**AUCTION)
    f.hold(10)
    f.now = f.s.day.close - 15 * MINUTE + late
    assert len([o for o in of(f.tick(), Order) if o.tif == "cls"]) == sent
    assert f.s.day.auctioned
