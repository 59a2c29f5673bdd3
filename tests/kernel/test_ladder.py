"""The close: warn 10 minutes before, flatten from 5, cut off at 30 s, verify; by the scheduled close."""

from typing import Any

import pytest

from flyball.kernel.effects import Alert, AskAccount, Cancel, Flat, LatchChange, Order, Refused
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
    assert len(of(effects, AskAccount)) == 1


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
