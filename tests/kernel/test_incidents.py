"""Incidents of single projects that generalise, and what the state machine of test_machine.py has found here:
each a short story whose lesson is its name.
"""

import pytest

from flyball.kernel.effects import (
    Alert,
    Divergence,
    LatchChange,
    Order,
)
from tests.kernel.flight import AAA, DAY, DOLLAR, NS, share, text, usd
from tests.kernel.hand import BUY, CASH, SELL, ns, of
from tests.kernel.watched import MINUTE, Watched, watched

# -- incidents of smaller projects that generalise -----------------------------------------------------------


def test_a_halt_is_not_cleared_by_an_empty_list_from_a_failed_fetch():
    """IgorGanapolsky/trading#4018."""
    f = watched()
    f.hold(10)
    for _ in range(2):
        f.later(5 * NS).account(positions=(("AAA", 4),))
    assert f.latched() == ["L7 account"]
    f.later(MINUTE).timeout("", "account")
    f.later(MINUTE).account(positions=())
    assert f.latched() == ["L7 account"]
    f.later(MINUTE).account()
    assert f.latched() == []


def test_what_the_broker_does_not_return_is_missed():
    """HKUDS/Vibe-Trading#667: the reconciler iterates only what the broker returned."""
    f = watched()
    f.hold(10)
    f.mark("BBB", last=10_000)
    f.strange_fill("by hand", "BBB", BUY, 10**9, 10_000)
    f.later(5 * NS).account(positions=(("BBB", 10**9), ("ZZZ", 3)))
    effects = f.later(5 * NS).account(positions=(("BBB", 10**9), ("ZZZ", 3)))
    assert [d.what for d in of(effects, Divergence)] == ["position AAA", "position ZZZ"]


@pytest.mark.parametrize("mode", ["paper", "shadow", "live"])
def test_limits_hold_in_every_mode_alike(mode: str):
    """Breaker on paper only: shobhit727/trade#49, mayankkom-dev/spike#18, ML4T."""
    f = watched(mode=mode, max_gross=usd(300), max_daily_loss=usd(100))
    f.hold(3)
    live = ("LATCH_L13",) if mode == "live" else ()  # the first entries are each reviewed
    assert f.ask(BUY, 1).codes == (*live, "EXPOSURE_GROSS")
    assert of(f.mark(last=6_000), LatchChange)[0].latch == "L1"


def test_a_retry_keeps_its_id_and_ends_after_three_attempts():
    """Retry on any exception, for ever, with a new uuid each: bennycode/trading-signals PR#1178,
    Kalshi-starter#135.
    """
    f = watched(max_intent_age=ns(10 * MINUTE))
    first = f.doubt(BUY, 5)
    sent = [first]
    for _ in range(8):
        open_questions = [q for q in f.questions if q.client_id == first.client_id]
        f.questions.clear()
        for q in open_questions:
            sent += of(f.answer(first.client_id, q.ask, False), Order)
        for again in sent[len(sent) - 1 :]:
            f.timeout(again.client_id, "submit", again.attempt)
        f.wait(21 * NS)
    assert {o.client_id for o in sent} == {first.client_id}
    assert [o.attempt for o in sent] == [1, 2, 3]
    assert f.s.order(first.client_id).state == "REJECTED"


def test_a_fill_is_booked_once_whatever_restarts_and_days_lie_between():
    """QuantDinger PR#232, rqalpha-mod-vnpy#20: booked twice after a restart."""
    f = watched(flat_by=text("never"))
    order = f.hold(10)
    f.early(order, fill_id=(fill := f.s.order(order.client_id).fill_ids[0]))
    f.reborn()
    f.early(order, fill_id=fill)
    f.next_day()
    f.early(order, fill_id=fill)
    assert f.s.book_qty("s", "AAA") == 10


def test_a_late_fill_belongs_to_its_strategy_on_the_next_day_too():
    f = watched(flat_by=text("never"))
    order = f.order(BUY, 10, 9_900, strategy="mean_rev")
    f.update(order, "EXPIRED", 0)
    f.next_day()
    f.early(order, 4)
    assert f.s.book_qty("mean_rev", "AAA") == 4


def test_closing_one_strategys_position_leaves_the_others_alone():
    """Forven#116: closing A closed B."""
    f = watched()
    f.hold(5, strategy="a")
    f.hold(7, strategy="b")
    decision = f.ask(SELL, 12, strategy="a")
    assert (decision.verdict, decision.qty, decision.codes) == ("clip", 5, ("REDUCE_THROUGH_ZERO",))
    f.serve()
    assert (f.s.book_qty("a", "AAA"), f.s.book_qty("b", "AAA")) == (0, 7)
    assert f.ask(SELL, 1, strategy="a").codes == ("ACCOUNT_OPPOSITE_SIDE",)


def test_what_a_bot_wanted_long_ago_is_not_done_now():
    """gekko#1855, zenbot#1014, FT#9404: clocks drift, queues stall."""
    f = watched(max_intent_age=ns(5 * NS))
    f.later(MINUTE)
    assert f.ask(BUY, 1, created_at=f.now - 5 * NS).verdict == "approve"
    assert f.g.may_send(f.outbox[-1].client_id, f.now) == ""
    assert f.g.may_send(f.outbox[-1].client_id, f.now + 1) == "INTENT_EXPIRED"
    assert f.ask(BUY, 1, created_at=f.now - 5 * NS - 1).codes == ("INTENT_EXPIRED",)


def test_the_ladder_counts_from_an_early_close():
    """Nemo_IB#25: the half day's close was missed by the end-of-day job."""
    f = Watched()
    f.epoch()
    f.config()
    f.instrument(AAA)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=())
    f.session(length=210 * MINUTE)
    f.mark(last=10_000)
    f.hold(10)
    assert not of(f.wait(205 * MINUTE - 1), Order)
    orders = of(f.wait(1), Order)
    assert [(o.author, o.side, o.qty) for o in orders] == [("ladder", SELL, 10)]


def test_every_latch_is_told_once_an_episode():
    """bacchus-mm#17, LIB#246: a halt unnoticed for hours. And no storm either."""
    f = watched(max_daily_loss=usd(100))
    f.hold(10)
    told = [a for last in (9_000, 8_990, 8_980, 8_970) for a in of(f.mark(last=last), Alert)]
    assert [a.alert for a in told if a.alert.startswith("latch_")] == ["latch_L1"]


def test_a_heavy_loser_is_not_let_in_again_at_midnight():
    """binance-trading-bot PR#777: the counter resets at midnight UTC, the loser buys minutes later."""
    f = watched(flat_by=text("never"), max_daily_loss=usd(100))
    f.hold(10)
    f.mark(last=8_000)
    f.serve()
    f.wait(DAY)
    assert "LATCH_L1" in f.ask(BUY, 1).codes
    f.session(f.s.day.day)  # the same risk day once more starts nothing
    f.mark(last=8_000)
    assert "LATCH_L1" in f.ask(BUY, 1).codes
    f.command("clear", "secret", latch="L1")
    assert "L1 account" in f.latched()


def test_a_deposit_makes_no_room_and_hides_no_loss():
    """Anusambath/trading-bot#14: the wrong baseline. Failure rule 9."""
    f = watched(max_daily_loss=usd(150), max_gross=share(10))
    f.hold(10)
    f.mark(last=9_000)
    f.flow(5_000 * DOLLAR)
    f.mark(last=8_600)
    assert (f.ask(BUY, 2).verdict, f.outbox.pop().qty) == ("clip", 1)  # a tenth of 10,000, not of 14,860
    assert of(f.mark(last=8_500), LatchChange)[0].latch == "L1"


def test_a_flow_before_the_first_session_is_no_profit():
    f = Watched()
    f.epoch()
    f.config(max_daily_loss=usd(100))
    f.instrument(AAA)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=())
    f.flow(5_000 * DOLLAR)
    f.session()
    f.mark(last=10_000)
    f.hold(5)
    assert of(f.mark(last=8_000), LatchChange)[0].latch == "L1"


def test_an_acknowledged_order_does_not_vanish():
    f = watched(max_gross=usd(1_000))
    order = f.order(BUY, 10)
    f.timeout(order.client_id, "cancel")
    for ask in (1, 2, 3):
        f.answer(order.client_id, ask, False)
        assert f.s.order(order.client_id).live()
        f.wait(MINUTE)


# -- what the state machine found ----------------------------------------------------------------------------


def test_a_value_of_less_than_one_lot_is_refused_not_a_fault():
    """A bot could stop the whole account with an order for half a share."""
    decision = watched().ask(BUY, notional=50 * DOLLAR)
    assert decision.codes[0] == "FORMAT_LOT"


def test_a_fill_that_contradicts_its_order_is_booked_apart_and_latched():
    f = watched()
    f.mark("BBB", last=100_000)
    order = f.order(BUY, 10, 9_900)
    f.early(order, 10**9, symbol="BBB", price=100_000)
    assert f.s.order(order.client_id).remaining() == 10
    assert f.latched() == ["L7 account"]


def test_what_is_stated_after_the_end_is_owed_again():
    f = watched(max_gross=usd(1_000))
    order = f.order(BUY, 10)
    f.cancelled(order, -1)
    assert f.ask(BUY, 10).verdict == "approve"
    f.update(f.outbox.pop(), "REJECTED")
    f.cancelled(order, 6)  # and now it says that six were executed
    assert f.ask(BUY, 5).qty == 4


def test_one_answer_told_twice_is_one_answer():
    f = watched()
    order = f.doubt(BUY, 10)
    f.later(20 * NS)  # too old to be tried again
    for _ in range(3):
        f.answer(order.client_id, 1, False)
        assert f.s.order(order.client_id).live()


def test_the_gate_at_a_retry_does_not_end_the_first_attempt():
    f = watched()
    order = f.doubt(BUY, 10)
    (again,) = of(f.answer(order.client_id, 1, False), Order)
    f.command("pause")
    f.not_sent(again, f.g.may_send(again.client_id, f.now))
    assert f.s.order(order.client_id).live()
    f.early(order)
    assert f.s.book_qty("s", "AAA") == 10


def test_a_second_panic_never_does_less():
    f = watched()
    f.hold(10)
    f.command("panic")
    f.command("panic", cancel_only="yes")
    assert f.s.latches["L4 account"].positions == "flatten"
    assert f.ask(SELL, 1).codes[0] == "LATCH_L4"


def test_exits_are_cut_into_few_slices_however_small_the_cap():
    """A cap that shrank to nothing with the equity must not turn one exit into a million orders."""
    f = watched(max_order_notional=share(5))
    f.strange_fill("by hand", "AAA", BUY, 5_000, 10_000)
    f.mark(last=1)
    orders = of(f.command("panic"), Order)
    assert 1 <= len(orders) <= 50
    assert sum(o.qty for o in orders) == 5_000
