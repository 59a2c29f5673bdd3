"""What-if: nothing changes when nothing changes; what differs is accounted for to the cent; what the record
cannot say is filled from its own marks, as the page says.
"""

import json
from typing import Any

import pytest

from flyball.desk.what_if import LABEL, WhatIf
from flyball.desk.what_if_habits import Habits
from flyball.desk.what_if_json import METHOD, what_if_json
from flyball.desk.what_if_text import what_if_text
from flyball.kernel.effects import Decision, Order
from flyball.kernel.events import Epoch, Fill, Intent, Mark, Timeout, Update
from flyball.kernel.units import MS
from tests.desk.again import Records, bad_days, of_flight, of_folder, what_if
from tests.desk.fly import Shape, flown
from tests.kernel.flight import DOLLAR, NS, ppm, text, usd
from tests.kernel.hand import BUY, SELL, Hand, flying


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Records, str]:
    """A journal with every fault of the paper broker and a restart, and the state hash it ended with."""
    folder = tmp_path_factory.mktemp("bad")
    landed = bad_days(folder)
    return of_folder(folder), landed[-1].state_hash


def total(w: WhatIf) -> tuple[int, int]:
    return sum(d.before for d in w.days), sum(d.after for d in w.days)


def told(w: WhatIf) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(what_if_json(w, config="test")))
    return found


def test_the_same_limits_change_nothing_at_all(bad: tuple[Records, str]) -> None:
    records, state_hash = bad
    kinds = [type(record) for _, record in records]
    fills = [r for _, r in records if isinstance(r, Fill)]
    late = [r for _, r in records if isinstance(r, Update) and r.reason == "the cancel came too late"]
    assert kinds.count(Epoch) == 2
    assert kinds.count(Timeout) > 10
    assert len({r.fill_id for r in fills}) < len(fills), "nothing came twice"
    assert late or kinds.count(Update) > 100
    w = what_if(records)
    assert w.changed == []
    assert [d.after - d.before for d in w.days] == [0, 0]
    assert [after - before for _, before, after in w.strategies()] == [0]
    assert any(d.before for d in w.days)
    assert w.latches_only() == ([], [])
    assert (w.model.tally.orders, w.model.tally.fills) == (0, 0)
    assert w.other.state_hash() == w.recorded.state_hash() == state_hash
    assert (w.rules_differ, w.versions_differ()) == (0, False)
    assert told(w)["pnl"]["difference"] == "0"


@pytest.mark.parametrize("shape", [Shape(), Shape(minutes=7, seed=5), Shape(minutes=20, seed=11)])
def test_the_same_limits_change_nothing_in_a_walk(shape: Shape) -> None:
    w = what_if(flown(shape).records)
    assert (w.changed, w.rules_differ) == ([], 0)
    assert w.other.state_hash() == w.recorded.state_hash()


def test_with_nothing_allowed_the_difference_is_what_was_earned(bad: tuple[Records, str]) -> None:
    w = what_if(bad[0], max_positions=0)
    passed = [d for _, d in bad[0] if isinstance(d, Decision) and d.adds and d.qty]
    assert w.after.orders == 0
    assert [d.after for d in w.days] == [0, 0]
    assert total(w)[0] != 0
    assert told(w)["pnl"]["difference"] == told(w)["pnl"]["before"].removeprefix("-") or total(w)[0] > 0
    refused = [x for x in w.changed if x.before.adds and x.before.qty]
    assert len(refused) == len(passed)
    assert all(x.after.codes[0] == "EXPOSURE_COUNT" for x in refused if len(x.after.codes) == 1)


@pytest.mark.parametrize(
    "limits",
    [
        {"max_order_notional": usd(4_000)},
        {"max_order_notional": usd(20_000), "max_position_notional": usd(50_000), "max_gross": usd(90_000)},
        {"max_daily_loss": usd(60)},
        {"drawdown_halt": ppm(2_000), "drawdown_restrict": ppm(1_500), "drawdown_caution": ppm(1_000)},
        {"on_excess": text("refuse")},
        {"flat_by": text("never")},
    ],
    ids=str,
)
def test_it_adds_up_and_is_the_same_again(bad: tuple[Records, str], limits: dict[str, Any]) -> None:
    w = what_if(bad[0], **limits)
    for g, which in ((w.recorded, 0), (w.other, 1)):
        s = g.state
        earned = s.equity() - 100_000 * DOLLAR - s.flows
        assert total(w)[which] == earned
        assert sum((x[1], x[2])[which] for x in w.strategies()) == earned
    assert told(w) == told(what_if(bad[0], **limits))
    assert w.changed


def test_the_other_limits_hold_in_the_other_run(bad: tuple[Records, str]) -> None:
    """Every order of the what-if was allowed by its own limits, not by the recorded ones."""
    w = what_if(bad[0], max_order_notional=usd(4_000))
    adds = [x for x in w.changed if x.after.adds and x.after.qty]
    assert len(adds) > 10
    assert max(x.after.qty * x.after.reference * 100 for x in adds) <= 4_000 * DOLLAR
    assert max(x.before.qty * x.before.reference * 100 for x in adds) > 8_000 * DOLLAR
    assert w.model.tally.fills > 0


# -- stories by hand: AAA at 100.00, 10,000 in cash, a fee of 10 cents a share


def bought(cap: int, *pieces: int, on_excess: str = "clip") -> Hand:
    """An intent for 10 under a cap of so many; filled in pieces at 100.10 for a fee of 10 cents each share,
    acknowledged after 200 ms."""
    f: Hand = flying(
        max_order_notional=usd(cap * 100), price_tolerance=ppm(50_000), on_excess=text(on_excess)
    )
    f.later(NS)
    f.intent(BUY, 10, 10_100, intent="one")
    order = f.outbox.pop()
    f.sent(order)
    f.later(200 * MS)
    f.update(order, "ACCEPTED", 0)
    for piece in pieces:
        f.later(NS)
        f.fill(order, qty=piece, price=10_010, fee=piece * 100_000)
    f.later(60 * NS)
    f.mark(last=10_020)
    f.later(60 * NS)
    f.mark(last=10_050)
    return f


def test_a_smaller_order_takes_the_recorded_executions_until_it_is_full() -> None:
    w = what_if(of_flight(bought(20, 4, 6)), max_order_notional=usd(505))
    [changed] = w.changed
    assert (changed.before.verdict, changed.before.qty) == ("approve", 10)
    assert (changed.after.verdict, changed.after.qty, changed.after.codes) == (
        "clip",
        5,
        ("SIZE_ORDER_NOTIONAL",),
    )
    book = w.other.state.books["AAA"]["s"]
    assert (book.qty, book.cash, book.fees) == (5, -5 * 10_010 * 10_000, 500_000)
    assert w.model.tally.orders == 0
    assert total(w)[1] == 5 * 40 * 10_000 - 500_000


def test_the_rest_of_a_larger_order_is_filled_at_the_next_mark_at_the_recorded_cost() -> None:
    f = bought(6, 6)  # cut to 5 by the cap of 600 at 101: five shares
    [order] = [x for _, x in of_flight(f) if isinstance(x, Order)]
    assert order.qty == 5
    w = what_if(of_flight(bought(6, 5)), max_order_notional=usd(5_000))
    assert w.changed[0].after.qty == 10
    # the recorded execution was 10 cents in 100 worse than the mark: 1,000 ppm; the next mark is 100.20
    assert (w.model.answer, w.model.cost) == (200 * MS, 1_000)
    price = 10_031  # 100.20 x 1.001 = 100.3002, to the tick against us
    book = w.other.state.books["AAA"]["s"]
    assert (book.qty, book.cash) == (10, -(5 * 10_010 + 5 * price) * 10_000)
    assert book.fees == 10 * 100_000
    assert (w.model.tally.orders, w.model.tally.fills) == (1, 1)


def test_an_order_that_never_was_is_filled_at_the_marks_and_one_that_is_gone_is_not() -> None:
    f = bought(20, 10, on_excess="refuse")
    f.later(NS)
    f.intent(BUY, 90, 10_100, intent="two")  # refused: above the cap
    f.later(60 * NS)
    f.mark(last=10_060)
    f.later(60 * NS)
    f.mark(last=10_070)
    on = what_if(of_flight(f), max_order_notional=usd(10_000))
    assert [x.intent.intent for x in on.changed] == ["two"]
    book = on.other.state.books["AAA"]["s"]
    assert (book.qty, book.cash) == (100, -(10 * 10_010 + 90 * 10_071) * 10_000)
    gone = what_if(of_flight(f), max_order_notional=usd(50))
    assert gone.other.state.books.get("AAA", {}) == {}
    assert total(gone)[1] == 0


def resting(limit: int, *marks: tuple[int, int, int]) -> WhatIf:
    """A buy of 5 at `limit` that the record refused, and marks (last, low, high) a minute apart."""
    f: Hand = flying(max_order_notional=usd(1), price_tolerance=ppm(50_000))
    f.later(NS)
    f.intent(BUY, 5, limit, intent="one")
    for last, low, high in marks:
        f.later(60 * NS)
        f.mark(last=last, low=low, high=high)
    f.later(60 * NS)
    f.feed(Mark(f.now, "AAA", 0, 0, marks[-1][0], 0, 0, "test", f.n("feed")))
    return what_if(of_flight(f), max_order_notional=usd(1_000))


@pytest.mark.parametrize(
    ("limit", "marks", "filled"),
    [
        (9_950, [(9_940, 9_930, 10_000)], 9_940),  # within the limit: at the last price
        (9_950, [(9_950, 9_930, 10_000)], 9_950),
        (9_950, [(9_960, 9_900, 10_000)], 0),  # the low may have been before it arrived
        (9_950, [(9_960, 9_960, 9_960), (9_960, 9_949, 9_990)], 9_950),  # this low is its own: at its limit
        (9_950, [(9_960, 9_960, 9_960), (9_960, 9_950, 9_990)], 0),  # touched is not beyond
        (9_950, [(9_960, 9_955, 9_990)], 0),
    ],
)
def test_a_resting_order_is_filled_only_by_prices_it_could_have_had(
    limit: int, marks: list[tuple[int, int, int]], filled: int
) -> None:
    w = resting(limit, *marks)
    book = w.other.state.books.get("AAA", {}).get("s")
    if not filled:
        assert book is None
        assert len(w.other.state.orders) == 1
    else:
        assert book is not None
        assert (book.qty, book.cash) == (5, -5 * filled * 10_000)


@pytest.mark.parametrize(
    ("marks", "sold"),
    [
        ([(9_951, 9_951, 9_990)], 0),
        ([(9_950, 9_950, 9_990)], 9_950),
        ([(9_900, 9_900, 9_900)], 9_900),  # a gap is paid for
        ([(9_990, 9_900, 9_990)], 0),  # the low may have been before it arrived
        ([(9_990, 9_990, 9_990), (9_990, 9_900, 9_990)], 9_950),  # this low is its own: at its price
    ],
)
def test_a_stop_is_set_off_by_the_marks_and_never_fills_better_than_its_price(
    marks: list[tuple[int, int, int]], sold: int
) -> None:
    f: Hand = flying(max_order_notional=usd(1))
    f.later(NS)
    f.intent(BUY, 5, 10_000, intent="one")
    f.later(60 * NS)
    f.mark(last=10_000)
    f.later(60 * NS)
    f.intent(SELL, 5, intent="stop", type="stop", stop=9_950)  # nothing to protect, in the record
    for last, low, high in marks:
        f.later(60 * NS)
        f.mark(last=last, low=low, high=high)
    f.later(60 * NS)
    f.feed(Mark(f.now, "AAA", 0, 0, 10_000, 0, 0, "test", f.n("feed")))
    w = what_if(of_flight(f), max_order_notional=usd(1_000))
    book = w.other.state.books["AAA"]["s"]
    assert (book.qty, book.cash) == ((0, 5 * (sold - 10_000) * 10_000) if sold else (5, -5 * 10_000 * 10_000))


def test_a_latch_that_comes_works_through_to_flat() -> None:
    f: Hand = flying(max_daily_loss=usd(500), price_tolerance=ppm(100_000), stress_floor=ppm(10_000))
    f.wait(NS)
    f.hold(50, fee=5 * DOLLAR)
    for price in (9_900, 9_800, 9_700, 9_650, 9_700, 9_700):
        f.wait(60 * NS)
        f.mark(last=price)
    assert f.latched() == []
    w = what_if(of_flight(f), max_daily_loss=usd(110), stress_floor=ppm(1))
    [latch] = w.latches_only()[1]
    assert (latch.latch, latch.scope, latch.by) == ("L1", "account", "governor")
    book = w.other.state.books["AAA"]["s"]
    assert book.qty == 0
    assert w.after.exits > 0
    assert w.before.exits == 0
    flat = [f for f in w.other.state.flattenings.values() if f.done]
    assert flat, "never confirmed by the account"
    assert "L1 account" in told(w)["standing"]["after"]
    assert any("still set at the end" in line for line in what_if_text(w, config="x"))


def test_a_latch_that_goes_takes_its_exits_with_it() -> None:
    f: Hand = flying(max_daily_loss=usd(110), price_tolerance=ppm(100_000), stress_floor=ppm(1))
    f.later(NS)
    f.hold(50)
    f.later(60 * NS)
    f.mark(last=9_700)
    assert f.latched() == ["L1 account"]
    f.later(NS)
    f.serve()
    f.later(60 * NS)
    f.mark(last=10_200)
    w = what_if(of_flight(f), max_daily_loss=usd(5_000))
    assert [x.latch for x in w.latches_only()[0]] == ["L1"]
    assert (w.before.exits, w.after.exits) == (1, 0)
    assert w.other.state.book_qty("s", "AAA") == 50
    assert total(w)[1] == 50 * 200 * 10_000


def test_an_exit_of_the_bot_follows_a_smaller_entry() -> None:
    f = bought(20, 10)
    f.later(NS)
    f.intent(SELL, 10, 10_000, intent="out")
    order = f.outbox.pop()
    f.sent(order)
    f.fill(order, price=10_045, fee=1_000_000)
    w = what_if(of_flight(f), max_order_notional=usd(505))
    book = w.other.state.books["AAA"]["s"]
    assert (book.qty, book.fees) == (0, 500_000 + 500_000)
    assert total(w)[1] == 5 * 35 * 10_000 - 1_000_000
    assert w.changed[1].after.codes == ("REDUCE_THROUGH_ZERO",)


def test_a_restart_and_an_order_in_doubt_of_the_what_if_alone() -> None:
    f: Hand = flying(max_order_notional=usd(1), price_tolerance=ppm(50_000))
    f.later(NS)
    f.intent(BUY, 5, 9_900, intent="one")
    f.later(NS)
    f.reborn()
    f.later(60 * NS)
    f.mark(last=9_800)
    f.later(60 * NS)
    f.mark(last=9_800)
    w = what_if(of_flight(f), max_order_notional=usd(1_000))
    assert w.other.state.book_qty("s", "AAA") == 5
    assert w.other.state.orders == {}


def test_every_part_says_what_it_is(bad: tuple[Records, str]) -> None:
    lines = list(what_if_text(what_if(bad[0], max_daily_loss=usd(60)), config="other.toml"))
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert len(headings) >= 4
    assert all(line.startswith(LABEL) for line in headings), headings
    assert all(any(said in line for line in lines) for said in METHOD)


def test_a_decision_of_other_rules_is_said(bad: tuple[Records, str]) -> None:
    records = list(bad[0])
    place, seq, d = next(
        (i, s, x) for i, (s, x) in enumerate(records) if isinstance(x, Decision) and x.verdict == "reject"
    )
    records[place] = (seq, Decision(**{**d.__dict__, "codes": ("SELF_TRADE",)}))
    w = what_if(records)
    assert w.rules_differ == seq - 1
    assert [x.before.codes for x in w.changed] == [("SELF_TRADE",)]
    assert any("this kernel decides record" in line for line in what_if_text(w, config="x"))


def test_the_table_names_every_changed_intent(bad: tuple[Records, str]) -> None:
    w = what_if(bad[0], order_rate=1)
    text_lines = "\n".join(what_if_text(w, config="x"))
    for changed in w.changed:
        assert f" {changed.intent.intent} " in text_lines
    intents = {r.intent for _, r in bad[0] if isinstance(r, Intent)}
    assert {x["intent"] for x in told(w)["changed"]} <= intents


# -- where the two runs part


def resting_in_both(**limits: Any) -> Hand:
    """50 held; a buy of 5 at 97.00 works at the broker."""
    f: Hand = flying(price_tolerance=ppm(100_000), stress_floor=ppm(1), **limits)
    f.later(NS)
    f.hold(50)
    f.later(NS)
    f.order(BUY, 5, 9_700, intent="rest")
    return f


def test_what_only_the_what_if_cancels_gets_no_recorded_execution() -> None:
    f = resting_in_both(max_daily_loss=usd(5_000))
    order = next(o for o in f.orders.values() if o.intent == "rest")
    f.later(60 * NS)
    f.mark(last=9_800)
    f.later(60 * NS)
    f.fill(order, price=9_700)
    for _ in range(2):
        f.later(60 * NS)
        f.mark(last=9_800)
    w = what_if(of_flight(f), max_daily_loss=usd(90))
    assert f.s.book_qty("s", "AAA") == 55
    assert w.other.state.book_qty("s", "AAA") == 0
    ended = [o for o in w.other.state.closed.values() if o.intent == "rest"]
    assert [(o.state, o.filled) for o in ended] == [("CANCELED", 0)]


def test_what_only_the_record_cancels_works_on() -> None:
    f = resting_in_both(max_daily_loss=usd(90))
    f.later(60 * NS)
    f.obey(f.mark(last=9_800))
    assert f.latched() == ["L1 account"]
    f.later(60 * NS)
    f.mark(last=9_800)
    f.later(60 * NS)
    f.mark(last=9_690)
    f.later(60 * NS)
    f.mark(last=9_690)
    w = what_if(of_flight(f), max_daily_loss=usd(5_000))
    assert w.other.state.book_qty("s", "AAA") == 55
    assert (w.model.tally.orders, w.model.tally.fills) == (1, 1)


def test_an_order_not_sent_yet_is_stopped_by_a_latch_that_comes() -> None:
    f: Hand = flying(max_daily_loss=usd(5_000), price_tolerance=ppm(100_000), stress_floor=ppm(1))
    f.later(NS)
    f.hold(50)
    f.intent(BUY, 5, 9_900, intent="late")
    order = f.outbox.pop()
    f.later(MS)
    f.mark(last=9_800)
    f.sent(order)
    f.fill(order, price=9_800)
    f.later(60 * NS)
    f.mark(last=9_800)
    w = what_if(of_flight(f), max_daily_loss=usd(90))
    ended = [o for o in w.other.state.closed.values() if o.intent == "late"]
    assert [(o.state, o.filled) for o in ended] == [("NOT_SENT", 0)]


@pytest.mark.parametrize(("recorded", "other", "held"), [(5, 1, 0), (1, 5, 5)])
def test_the_last_gate_is_asked_anew(recorded: int, other: int, held: int) -> None:
    """Sent three seconds after it was wanted: in time under one `max_intent_age`, too late under another."""
    f: Hand = flying(max_intent_age=("ns", recorded * NS, ""), price_tolerance=ppm(50_000))
    f.later(NS)
    f.intent(BUY, 5, 10_000, intent="one")
    order = f.outbox.pop()
    f.later(3 * NS)
    why = f.g.may_send(order.client_id, f.now)
    if why:
        f.not_sent(order, why)
    else:
        f.sent(order)
        f.fill(order, price=10_000)
    f.later(60 * NS)
    f.mark(last=9_990)
    f.later(60 * NS)
    f.mark(last=9_990)
    w = what_if(of_flight(f), max_intent_age=("ns", other * NS, ""))
    assert f.s.book_qty("s", "AAA") == 5 - held
    assert w.other.state.book_qty("s", "AAA") == held


def test_what_only_the_what_if_sends_again_is_modelled() -> None:
    """The broker never had it; three seconds later only the longer `max_intent_age` lets it out again."""
    f: Hand = flying(max_intent_age=("ns", NS, ""), price_tolerance=ppm(50_000))
    f.later(NS)
    order = f.doubt(BUY, 5, 10_000)
    f.later(3 * NS)
    for _ in range(2):
        f.answer(order.client_id, f.s.orders[order.client_id].ask, False)
        f.later(20 * NS)
        f.tick()
    f.later(60 * NS)
    f.mark(last=9_990)
    f.later(60 * NS)
    f.mark(last=9_990)
    w = what_if(of_flight(f), max_intent_age=("ns", 60 * NS, ""))
    assert f.s.book_qty("s", "AAA") == 0
    assert (w.other.state.book_qty("s", "AAA"), w.model.tally.orders) == (5, 1)


@pytest.mark.parametrize(("after", "filled"), [(99, 0), (100, 5)])
def test_no_mark_fills_what_has_not_arrived(after: int, filled: int) -> None:
    """An answer takes 200 ms, so an order arrives after 100."""
    f = bought(20, 10, on_excess="refuse")
    f.later(NS)
    f.intent(BUY, 25, 10_100, intent="two")
    f.later(after * MS)
    f.mark(last=10_050)
    f.later(60 * NS)
    f.feed(Mark(f.now, "AAA", 0, 0, 10_095, 0, 0, "test", f.n("feed")))  # too dear, with its cost
    w = what_if(of_flight(f), max_order_notional=usd(2_600))
    assert w.other.state.book_qty("s", "AAA") == 10 + filled * 5


def test_a_timer_of_the_what_if_alone_is_served_at_its_time() -> None:
    """Exits that nobody fills are tried anew every minute, though nothing else happens for five."""
    f: Hand = flying(max_daily_loss=usd(5_000), price_tolerance=ppm(100_000), stress_floor=ppm(1))
    f.wait(NS)
    f.hold(50)
    f.wait(60 * NS)
    f.mark(last=9_800)
    f.wait(300 * NS)
    f.flow(0)
    w = what_if(of_flight(f), max_daily_loss=usd(90))
    [flattening] = w.other.state.flattenings.values()
    assert flattening.attempts >= 4
    assert f.s.flattenings == {}


def test_what_the_broker_says_otherwise_is_otherwise_in_both() -> None:
    f = bought(20, 10)
    for _ in range(2):
        f.later(10 * NS).account(cash=f.s.cash - 7, equity=0, day_equity=0)
    assert f.latched() == ["L7 account"]
    same, other = what_if(of_flight(f)), what_if(of_flight(f), max_order_notional=usd(505))
    assert same.other.state_hash() == f.g.state_hash()
    assert sorted(other.other.state.latches) == ["L7 account"]
    assert other.other.state.cash != f.s.cash


def test_an_account_that_agreed_agrees_with_other_books_too() -> None:
    f = bought(20, 10)
    for _ in range(3):
        f.later(10 * NS).account()
    w = what_if(of_flight(f), max_order_notional=usd(505))
    assert w.other.state.latches == {}
    assert w.other.state.book_qty("s", "AAA") == 5


def test_what_executions_cost_is_the_median_and_never_a_gain() -> None:
    f: Hand = flying()
    for n, price in enumerate((10_050, 9_000, 10_010, 10_000, 10_020), 1):
        f.later(NS).hold(1, price=price, intent=f"i{n}", fee=n)
    habits = Habits()
    for _, record in of_flight(f):
        habits.take(record)
    assert habits.cost() == 1_000  # of 5,000 0 1,000 0 2,000
    assert habits.fee("AAA", 10, 10_000, 1) == 30
    assert habits.fee("BBB", 10, 10_000, 1) > 0
