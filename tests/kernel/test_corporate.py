"""Corporate actions (M7): what a book is worth is the same before and after each; lots, prices and statistics
are restated, profit, loss and the high-water mark are not."""

from dataclasses import replace
from typing import Any

import pytest

from flyball.kernel.effects import Alert, Cancel, InForce, LatchChange, Moved, Restated
from flyball.kernel.events import Action, Config
from flyball.kernel.limits import from_values
from tests.kernel.flight import AAA, BBB, COIN
from tests.kernel.hand import BUY, CASH, DOLLAR, NS, SELL, Hand, of, ppm, text, usd
from tests.kernel.watched import Watched, watched

NEW = replace(AAA, symbol="NEW")


def act(f: Hand, what: str, num: int = 1, den: int = 1, **more: Any) -> list[Any]:
    given = {"symbol": "AAA", "to": "", "cash": 0, "cost": 0, "id": f"a{f.n('action')}", **more}
    return f.feed(Action(f.now, what, num=num, den=den, n=f.numbers.get("action", 0), **given))


def lots(f: Hand, symbol: str = "AAA", strategy: str = "s") -> list[tuple[int, int]]:
    return [(lot.qty, lot.cost) for lot in f.s.books[symbol][strategy].lots]


def worth(f: Hand) -> tuple[int, int, int]:
    """What no action changes."""
    f.s.check()
    return f.s.equity(), f.s.day_profit(), f.s.high_water


def test_four_for_one_of_ten_at_a_hundred():
    f = watched()
    f.hold(6, 9_900)
    f.hold(4, 10_100)
    before = worth(f)
    effects = act(f, "split", 4, 1)
    assert worth(f) == before
    assert lots(f) == [(24, 6 * 9_900), (16, 4 * 10_100)]
    assert (f.s.position("AAA"), f.s.markets["AAA"].last, f.s.cash) == (40, 2_500, CASH - 998 * DOLLAR)
    assert [(m.change, m.cash) for m in of(effects, Moved)] == [(30, 0)]
    assert [(r.last, r.bid) for r in of(effects, Restated)] == [(2_500, 0)]
    f.mark(last=2_550)
    assert f.s.equity() == before[0] + 40 * DOLLAR // 2


def test_one_for_ten_of_fifteen_with_the_half_paid_in_cash():
    f = watched()
    f.hold(15, 10_000)
    before = worth(f)
    effects = act(f, "split", 1, 10, cash=1_000 * DOLLAR)
    assert worth(f) == before
    assert (f.s.position("AAA"), f.s.markets["AAA"].last) == (1, 100_000)
    assert f.s.cash == CASH - 1_500 * DOLLAR + 500 * DOLLAR
    assert lots(f) == [(1, 100_000)], "a third of the cost went with the fraction"
    assert f.s.books["AAA"]["s"].realised == 0
    assert [(m.change, m.cash) for m in of(effects, Moved)] == [(-14, 500 * DOLLAR)]


def test_a_short_of_fifteen_pays_for_its_half():
    f = watched()
    f.hold(-15, 10_000)
    before = worth(f)
    act(f, "split", 1, 10, cash=1_000 * DOLLAR)
    assert worth(f) == before
    assert (f.s.position("AAA"), f.s.cash) == (-1, CASH + 1_500 * DOLLAR - 500 * DOLLAR)
    assert f.s.books["AAA"]["s"].realised == 0


def test_a_stock_dividend_of_five_percent_without_a_price_for_fractions():
    f = watched(price=10_500)
    f.hold(30, 10_500)
    before = worth(f)
    act(f, "split", 105, 100)
    assert worth(f) == before
    assert (f.s.position("AAA"), f.s.cash) == (31, CASH - 3_150 * DOLLAR + 50 * DOLLAR)


def test_two_books_share_the_accounts_quantity_and_its_cash():
    """15 and 12 shares, one for ten: the account has 2.7, gets 2 and cash for 0.7; one each."""
    f = watched()
    f.hold(15, strategy="a")
    f.hold(12, strategy="b")
    before = worth(f)
    effects = act(f, "split", 1, 10, cash=1_000 * DOLLAR)
    assert worth(f) == before
    assert [(m.strategy, m.change, m.cash) for m in of(effects, Moved)] == [
        ("a", -14, 500 * DOLLAR),
        ("b", -11, 200 * DOLLAR),
    ]


def test_a_book_that_gets_more_than_its_share_pays_the_other():
    """7 and 6, one for ten: the account has 1.3 and gets 1; it goes to the larger share."""
    f = watched()
    f.hold(7, strategy="a")
    f.hold(6, strategy="b")
    before = worth(f)
    effects = act(f, "split", 1, 10, cash=1_000 * DOLLAR)
    assert worth(f) == before
    assert [(m.strategy, m.change, m.cash) for m in of(effects, Moved)] == [
        ("a", -6, -300 * DOLLAR),
        ("b", -6, 600 * DOLLAR),
    ]
    assert lots(f, strategy="b") == []


@pytest.mark.parametrize("qty", [10, -10])
def test_a_dividend_is_got_by_longs_and_paid_by_shorts(qty):
    f = watched()
    f.hold(qty)
    before, cash = worth(f), f.s.cash
    act(f, "cash_dividend", cash=1_250_000)
    assert worth(f) == before
    assert (f.s.cash - cash, f.s.markets["AAA"].last) == (qty * 1_250_000, 9_875)
    assert f.s.books["AAA"]["s"].realised == qty * 1_250_000


def test_a_symbol_changes_while_held():
    f = watched(max_order_qty__symbol__AAA=("count", 50, ""), restricted=text("XXX", "list"))
    f.hold(10, 9_000)
    f.command("freeze", scope="symbol:AAA", reason="x")
    before = worth(f)
    act(f, "symbol_change", to="NEW")
    assert worth(f) == before
    assert (f.s.position("AAA"), f.s.position("NEW"), lots(f, "NEW")) == (0, 10, [(10, 90_000)])
    assert "L5 symbol:NEW" in f.latched()
    f.mark("NEW", last=10_100)
    assert f.s.equity() == before[0] + 10 * DOLLAR
    assert f.would(BUY, 1, symbol="AAA").verdict == "reject"


def test_a_spin_off_splits_the_cost_and_leaves_the_worth():
    """One for five at 40.00: the old share falls by 8.00; 12 shares give 2 and cash for 0.4."""
    f = watched()
    f.instrument(NEW)
    f.hold(12, 9_000)
    before = worth(f)
    act(f, "spin_off", 1, 5, to="NEW", cash=40 * DOLLAR, cost=80_000)
    assert worth(f) == before
    assert (f.s.markets["AAA"].last, f.s.markets["NEW"].last) == (9_200, 4_000)
    assert (f.s.position("NEW"), f.s.cash) == (2, CASH - 1_080 * DOLLAR + 16 * DOLLAR)
    assert (lots(f), lots(f, "NEW")) == ([(12, 99_360)], [(2, 8_640)])
    book = f.s.books["NEW"]["s"]
    assert book.profit() == 0, "neither book gains by it"


def test_a_short_owes_what_is_spun_off():
    f = watched()
    f.instrument(NEW)
    f.hold(-10)
    before = worth(f)
    act(f, "spin_off", 1, 5, to="NEW", cash=40 * DOLLAR, cost=80_000)
    assert worth(f) == before
    assert (f.s.position("AAA"), f.s.position("NEW")) == (-10, -2)


# -- around it ----------------------------------------------------------------------------------------------


def test_what_works_is_cancelled_and_what_adds_waits_for_a_mark():
    f = watched(max_tick_move=ppm(50_000))
    f.hold(10)
    f.order(BUY, 1, 9_000)
    f.order(SELL, 1, 11_000)
    effects = act(f, "split", 4, 1)
    assert len(of(effects, Cancel)) == 2
    f.obey(effects)
    assert f.would(BUY, 1).codes[0] == "DATA_RESTATED"
    assert f.would(SELL, 1).verdict == "approve"
    f.later(1).mark(last=2_700)  # exempt from max_tick_move, as a session's first print is
    assert f.would(BUY, 1).verdict == "approve"


def test_the_statistics_are_restated():
    f = watched(atr_bar=("ns", 10**9, ""))
    f.bars("AAA", [(10_000 + 40 * (n % 2), 9_960, 10_060) for n in range(25)])
    f.hold(8, 10_000)
    stress, value = f.s.exposures["AAA"].stress, f.s.markets["AAA"].atr.value
    act(f, "split", 4, 1)
    assert f.s.markets["AAA"].atr.value == -(-value // 4)
    assert abs(f.s.exposures["AAA"].stress - stress) <= 1
    assert f.s.markets["AAA"].atr.close == 2_500


def test_losses_trip_where_they_would_have():
    f = watched(max_daily_loss=usd(50))
    f.hold(10)
    f.mark(last=9_600)
    act(f, "split", 2, 1)
    assert not f.latched()
    f.mark(last=4_750)
    assert f.latched() == ["L1 account"]


def test_each_id_counts_once():
    f = watched()
    f.hold(10)
    act(f, "split", 2, 1, id="x")
    assert act(f, "split", 2, 1, id="x") == []
    assert f.s.position("AAA") == 20
    act(f, "split", 2, 1, id="y")
    assert f.s.position("AAA") == 40


IMPOSSIBLE = [
    ("split", {"num": 0}),
    ("split", {"den": 0}),
    ("split", {"num": -1}),
    ("split", {"symbol": "BBB", "num": 10**7}),
    ("split", {"num": 10**9 + 1, "den": 10**9}),
    ("split", {"symbol": "NOPE"}),
    ("split", {"id": ""}),
    ("split", {"cash": -1}),
    ("merger", {}),
    ("cash_dividend", {"cash": 0}),
    ("cash_dividend", {"cash": 100 * DOLLAR}),
    ("cash_dividend", {"cash": 10**18 + 1}),
    ("symbol_change", {"to": ""}),
    ("symbol_change", {"to": "AAA"}),
    ("symbol_change", {"to": "BBB"}),  # other units
    ("symbol_change", {"to": "HELD"}),
    ("spin_off", {"to": "NOPE", "cash": DOLLAR}),
    ("spin_off", {"to": "NEW", "cash": 0}),
    ("spin_off", {"to": "NEW", "cash": DOLLAR, "cost": 1_000_001}),
    ("spin_off", {"to": "NEW", "cash": 100 * DOLLAR}),
    ("spin_off", {"to": "HELD", "cash": DOLLAR}),
    ("spin_off", {"to": "COIN", "cash": DOLLAR, "num": 10**9}),
]


@pytest.mark.parametrize(("what", "more"), IMPOSSIBLE)
def test_what_cannot_be_is_told_and_changes_nothing(what, more):
    f = watched()
    for instrument in (NEW, COIN, replace(AAA, symbol="HELD")):
        f.instrument(instrument)
    f.mark("HELD", last=100)
    f.hold(10, strategy="t")
    f.hold(1, 100, "HELD")
    f.mark("BBB", last=100_000)
    f.hold(10**9, 100_000, "BBB")
    before, books = worth(f), f.g.book_hash()
    effects = act(f, what, **more)
    assert [(type(e), e.alert, e.severity) for e in effects] == [(Alert, "corporate_action", "critical")]
    assert (worth(f), f.g.book_hash()) == (before, books)


def test_a_dividend_just_below_the_price():
    f = watched()
    f.hold(10)
    before = worth(f)
    act(f, "cash_dividend", cash=100 * DOLLAR - 10_000)
    assert (worth(f), f.s.markets["AAA"].last) == (before, 1)


def test_nothing_is_held_and_nothing_has_a_price():
    f = watched(price=0)
    assert not of(act(f, "split", 4, 1), Moved)
    assert of(act(f, "cash_dividend", cash=DOLLAR), Alert)[0].severity == "info"
    f.mark(last=100)
    assert f.s.equity() == CASH


def test_what_was_found_and_has_no_price_is_restated_too():
    f = Watched()
    f.epoch()
    f.config()
    f.instrument(AAA)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=(("AAA", 15),))
    f.session()
    act(f, "split", 1, 10, cash=10 * DOLLAR)
    assert (f.s.position("AAA"), f.s.cash, f.s.unvalued) == (1, CASH + 5 * DOLLAR, 1)
    act(f, "symbol_change", to="NEW")
    assert (f.s.position("NEW"), f.s.unvalued) == (1, 1)
    f.mark("NEW", last=1_000)
    assert f.s.valued()


def test_what_was_found_without_a_price_and_is_gone_by_a_split():
    f = Watched()
    f.epoch()
    f.config()
    f.instrument(AAA)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=(("AAA", 3),))
    f.session()
    act(f, "split", 1, 10, cash=10 * DOLLAR)
    assert (f.s.position("AAA"), f.s.cash, f.s.unvalued) == (0, CASH + 3 * DOLLAR, 0)
    f.mark(last=1_000)
    assert f.s.valued()
    f.s.check()


def test_what_was_found_without_a_price_is_valued_where_its_new_name_has_one():
    f = Watched()
    f.epoch()
    f.config()
    for instrument in (AAA, NEW):
        f.instrument(instrument)
    f.account(cash=CASH, equity=CASH, day_equity=CASH, positions=(("AAA", 3),))
    f.session()
    f.mark("NEW", last=1_000)
    assert f.s.unvalued == 1
    act(f, "symbol_change", to="NEW")
    assert (f.s.position("NEW"), f.s.unvalued, f.s.valued()) == (3, 0, True)
    f.s.check()


@pytest.mark.parametrize("tradable", [True, False])
def test_a_new_name_that_is_known_already_is_as_tradable_as_it_was(tradable):
    f = watched()
    f.instrument(replace(NEW, tradable=tradable))
    act(f, "symbol_change", to="NEW")
    assert (f.s.markets["NEW"].tradable, f.s.markets["AAA"].tradable) == (tradable, False)


@pytest.mark.parametrize("count", [-1, 1])
def test_a_count_of_books_without_a_price_that_is_wrong_is_an_invariant_violated(count):
    f = watched()
    f.hold(10)
    f.s.unvalued += count
    with pytest.raises(AssertionError, match="books without a price"):
        f.s.check()


ONE_ROW: Any = {"max_order_qty__symbol__AAA": ("count", 50, "")}


def test_what_holds_for_a_symbol_is_on_the_record_for_its_new_name():
    f = watched(**ONE_ROW, restricted=text("AAA,XXX", "list"))
    f.command("freeze", scope="symbol:AAA", reason="looks odd")
    f.later(NS)
    effects = act(f, "symbol_change", to="NEW")
    [latch] = of(effects, LatchChange)
    assert (latch.latch, latch.action, latch.scope, latch.by) == ("L5", "set", "symbol:NEW", "governor")
    assert latch.reason == "AAA is NEW now: looks odd"
    assert [x.alert for x in of(effects, Alert)][:1] == ["latch_L5"]
    [force] = of(effects, InForce)
    assert (force.why, force.by, force.approver) == ("renamed", "governor", "")
    assert from_values(force.values) == f.s.limits
    assert f.s.limits.restricted == ("AAA", "NEW", "XXX")
    assert (f.s.limits.of_symbol("NEW").max_order_qty, f.s.limits.of_symbol("BBB").max_order_qty) == (50, -1)


def test_a_new_name_without_anything_to_take_over_changes_no_limits():
    f = watched()
    effects = act(f, "symbol_change", to="NEW")
    assert not of(effects, InForce)
    assert not of(effects, LatchChange)


def test_a_new_name_with_rules_of_its_own_keeps_them():
    f = watched(**ONE_ROW, max_order_qty__symbol__NEW=("count", 20, ""))
    f.instrument(NEW)
    assert not of(act(f, "symbol_change", to="NEW"), InForce)
    assert f.s.limits.of_symbol("NEW").max_order_qty == 20


def test_what_a_new_name_took_over_is_not_lost_at_the_next_start():
    f = watched(**ONE_ROW)
    act(f, "symbol_change", to="NEW")
    f.epoch(2)
    assert f.s.limits.of_symbol("NEW").max_order_qty == 50
    f.feed(Config(f.now, "test", "", "test", (("symbol:AAA", "max_order_qty", "count", 50, "", "test"),)))
    assert f.s.limits.of_symbol("NEW").max_order_qty == 50
    assert "symbol:NEW max_order_qty" in f.s.terms.pending


def test_fractions_of_a_billionth():
    f = watched(price=0)
    f.mark("BBB", last=100_000)
    f.hold(1_001 * 10**6, 100_000, "BBB")
    before = worth(f)
    act(f, "split", 1, 3, symbol="BBB")
    assert abs(worth(f)[0] - before[0]) <= 1
    assert f.s.position("BBB") == 333_666_666
    assert BBB.qty_exp == 9
