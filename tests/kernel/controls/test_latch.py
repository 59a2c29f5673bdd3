"""Latches and the account's own state, as a decision meets them."""

import pytest

from flyball.kernel.controls import latch
from tests.kernel.hand import BBB, BUY, NS, SELL, Hand, answer, approve, evidence, flying, reject, text


def with_latch(name, scope="account", positions=""):
    """A position of 5 and a latch, set as `set_latch` does."""
    from flyball.kernel.latches import set_latch

    f = flying(also=(BBB,))
    f.mark("BBB", last=100_000)
    f.hold(5)
    set_latch(f.s, [], name, scope, "test", "test", positions)
    return f.later(NS)


EXITS_ALLOWED = ("L3", "L5", "L7", "L9a", "L14")
EXITS_FORBIDDEN = ("L1", "L2", "L4", "L9b")


@pytest.mark.parametrize("name", EXITS_ALLOWED)
def test_what_adds_is_refused_and_exits_go(name):
    f = with_latch(name)
    assert answer(f.would(BUY, 1)) == reject(f"LATCH_{name}")
    assert answer(f.would(SELL, 5)) == approve(5)
    assert evidence(f.would(BUY, 1))["L.latches"] == (1, 0)


@pytest.mark.parametrize("name", EXITS_FORBIDDEN)
def test_rows_that_leave_exits_to_the_governor_or_a_person(name):
    f = with_latch(name)
    assert answer(f.would(BUY, 1)) == reject(f"LATCH_{name}")
    assert answer(f.would(SELL, 5)) == reject(f"LATCH_{name}")


def test_a_panic_that_only_cancels_leaves_exits_to_the_bot():
    f = with_latch("L4", positions="cancel_only")
    assert answer(f.would(BUY, 1)) == reject("LATCH_L4")
    assert answer(f.would(SELL, 5)) == approve(5)


@pytest.mark.parametrize(
    ("scope", "held", "other_symbol", "other_strategy"),
    [
        ("account", True, True, True),
        ("strategy:s", True, True, False),
        ("symbol:AAA", True, False, True),
        ("strategy:other", False, False, True),
        ("symbol:BBB", False, True, False),
    ],
)
def test_scopes(scope, held, other_symbol, other_strategy):
    f = with_latch("L5", scope)
    assert (f.would(BUY, 1).verdict == "reject") is held
    assert (f.would(BUY, 10**9, symbol="BBB").verdict == "reject") is other_symbol
    assert (f.would(BUY, 1, strategy="other").verdict == "reject") is other_strategy


def test_the_latch_is_named_before_any_control():
    f = with_latch("L5")
    assert f.would(BUY, 1, type="trail", created_at=0).codes == (
        "LATCH_L5",
        "RULE_UNKNOWN_TYPE",
        "INTENT_EXPIRED",
    )


def test_an_account_never_read():
    f = Hand()
    f.epoch()
    f.config()
    f.instrument(latch_free := BBB)
    f.session()
    f.mark("BBB", last=100_000)
    d = f.would(BUY, 10**9, symbol=latch_free.symbol)
    assert d.codes[0] == "ACCOUNT_UNKNOWN"
    assert evidence(d)["B14.account"] == (1, 0)
    f.account(cash=10**10, positions=())
    assert answer(f.would(BUY, 10**9, symbol="BBB")) == approve(10**9)


def adopted(qty):
    f = Hand()
    f.epoch()
    f.config(on_excess=text("refuse"))
    f.instrument(BBB)
    f.account(cash=10**10, positions=(("BBB", qty),))
    f.session()
    f.mark("BBB", last=100_000)
    return f


def test_adoption_waits_for_a_named_operator():
    f = adopted(10**9)
    assert answer(f.would(BUY, 10**9, symbol="BBB")) == reject("ACCOUNT_ADOPTION")
    f.command("resume")
    assert answer(f.would(BUY, 10**9, symbol="BBB")) == reject("ACCOUNT_ADOPTION")
    f.command("resume", "secret")
    assert answer(f.would(BUY, 10**9, symbol="BBB")) == approve(10**9)


def test_the_other_side_of_what_was_found():
    f = adopted(10**9)
    f.command("resume", "secret")
    assert answer(f.would(SELL, 10**9, symbol="BBB")) == reject("ACCOUNT_OPPOSITE_SIDE")


@pytest.mark.parametrize("held", ["filled", "works", "doubt"])
def test_two_strategies_never_hold_opposite_sides(held):
    f = flying()
    if held == "filled":
        f.hold(5)
    elif held == "works":
        f.order(BUY, 5, 9_900)
    else:
        f.doubt(BUY, 5, 9_900)
    d = f.would(SELL, 1, 10_100, strategy="other")
    assert (answer(d), evidence(d)["P3.opposite_side"]) == (reject("ACCOUNT_OPPOSITE_SIDE"), (1, 0))
    assert answer(f.would(BUY, 1, 9_800, strategy="other")) == approve(1)
    assert f.would(SELL, 1, 10_100).verdict == "approve"  # its own is its own affair


def test_an_exit_of_the_other_is_no_opposite_side():
    """Selling what it holds never makes the other short."""
    f = flying()
    f.hold(5)
    f.order(SELL, 5, 10_100)
    assert answer(f.would(BUY, 1, 9_900, strategy="other")) == approve(1)


def test_open_orders_are_bounded(monkeypatch):
    f = flying()
    f.hold(5)
    f.later(NS).order(BUY, 1, 9_000)
    monkeypatch.setattr(latch, "MAX_OPEN_ORDERS", 1)
    d = f.would(BUY, 1, 9_000)
    assert (answer(d), evidence(d)["K.open_orders"]) == (reject("CAPACITY_ORDERS"), (1, 1))
    assert answer(f.would(SELL, 5)) == approve(5)


def test_lots_are_bounded(monkeypatch):
    f = flying()
    f.hold(5)
    f.hold(5, 10_001, intent="x")
    monkeypatch.setattr(latch, "MAX_LOTS", 2)
    d = f.would(BUY, 1, 9_000)
    assert (answer(d), evidence(d)["K.lots"]) == (reject("CAPACITY_LOTS"), (2, 2))
    assert answer(f.would(BUY, 1, 9_000, strategy="other")) == approve(1)
    assert answer(f.later(NS).would(SELL, 10)) == approve(10)
