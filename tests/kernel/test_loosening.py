"""Which of two values is looser, key by key, and what holds where nothing is written."""

import pytest

from flyball.kernel.limits import HIGHER, KEYS, LOWER, NONE, SUBSET, SUPERSET, Key
from flyball.kernel.loosening import (
    ABSENT,
    BY_NAME,
    DEFAULTS,
    OFF,
    UNREAD,
    Loosening,
    Rule,
    Terms,
    holding,
    looser,
    place,
    rename,
    rows,
    rules_of,
    standing,
)


def usd(amount: int) -> tuple[str, int, str]:
    return ("money_abs", amount, "")


def names(*found: str) -> tuple[str, int, str]:
    return ("list", 0, ",".join(found))


@pytest.mark.parametrize(
    ("key", "old", "new", "is_looser"),
    [
        ("max_gross", usd(100), usd(100), False),
        ("max_gross", usd(100), usd(101), True),
        ("max_gross", usd(100), usd(99), False),
        ("max_gross", usd(100), ("money_ppm", 1, ""), True),  # which is less changes with the equity
        ("max_gross", ("money_ppm", 1, ""), usd(0), True),
        ("max_gross", ("money_ppm", 2, ""), ("money_ppm", 1, ""), False),
        ("max_gross", usd(100), OFF, True),
        ("max_gross", OFF, usd(10**15), False),
        ("max_gross", OFF, OFF, False),
        ("min_spacing", ("ns", 5, ""), ("ns", 4, ""), True),
        ("min_spacing", ("ns", 5, ""), ("ns", 6, ""), False),
        ("min_spacing", ("ns", 5, ""), ("ns", 0, ""), True),
        ("restricted", names("A", "B"), names("B", "A", "C"), False),
        ("restricted", names("A", "B"), names("B"), True),
        ("restricted", names("A", "B"), names("B", "C", "D"), True),
        ("restricted", ("list", 0, ""), names("A"), False),
        ("restricted", names("A"), ("list", 0, ""), True),
        ("flat_by", ("text", 0, "never"), ("text", 0, "close"), True),
        ("atr_bar", ("ns", 300, ""), ("ns", 60, ""), True),
        ("atr_bar", OFF, ("ns", 60, ""), True),
        ("no_such_key", usd(5), usd(4), True),
        ("no_such_key", OFF, usd(4), True),
    ],
)
def test_only_what_is_provably_no_looser_is_not(key, old, new, is_looser):
    assert looser(key, old, new) is is_looser


def test_a_subset_may_only_shrink(monkeypatch):
    monkeypatch.setitem(BY_NAME, "allowed", Key("allowed", "list", SUBSET, ("",), "C24"))
    assert not looser("allowed", names("A", "B"), names("B"))
    assert looser("allowed", names("A", "B"), names("A", "C"))
    assert not looser("event_exempt", names("A", "B"), ("list", 0, ""))
    assert looser("event_exempt", ("list", 0, ""), names("A"))


# The safe direction, said once more by hand: lower caps and ages, higher fees, gaps and stress.
FLOORS = {
    "fee_per_unit",
    "fee_rate",
    "stress_floor",
    "min_spacing",
    "duplicate_window",
    "min_notional",
    "atr_stop",
    "regime_dwell",
    "min_account_equity",
    "clear_approvers",
    "incident_window",
    "settle_after_halt",
}
NEITHER = {"atr_bar", "reduce_rate", "on_excess", "flat_by", "on_close"}


def test_every_key_declares_the_safe_direction():
    assert {key.name for key in KEYS if key.tighter == HIGHER} == FLOORS
    assert {key.name for key in KEYS if key.tighter == NONE} == NEITHER
    assert {key.name for key in KEYS if key.tighter == SUPERSET} == {"restricted"}
    assert {key.name for key in KEYS if key.tighter == SUBSET} == {"event_exempt"}
    rest = FLOORS | NEITHER | {"restricted", "event_exempt"}
    assert {key.name for key in KEYS if key.tighter == LOWER} == {key.name for key in KEYS} - rest


def test_what_the_kernel_assumes_is_known_for_every_key():
    assert set(DEFAULTS) == {key.name for key in KEYS}
    assert DEFAULTS["max_gross"] == OFF
    assert DEFAULTS["max_order_qty"] == OFF
    assert DEFAULTS["stress_floor"] == ("ppm", 200_000, "")
    assert DEFAULTS["min_spacing"] == ("ns", 0, "")
    assert DEFAULTS["restricted"] == ("list", 0, "")
    assert DEFAULTS["flat_by"] == ("text", 0, "close")


def test_a_symbol_has_its_own_rule_else_the_accounts_but_for_a_daily_loss():
    written = (
        ("", "max_order_notional", "money_abs", 100, "", "f"),
        ("", "max_daily_loss", "money_abs", 50, "", "f"),
        ("", "max_spread", UNREAD, 7, "7", "f"),
        ("symbol:A", "max_order_notional", "money_abs", 90, "", "f"),
        ("symbol:B", "max_order_notional", UNREAD, 1, "1", "f"),
    )
    rules = rules_of(written)
    assert standing(rules, "symbol:A", "max_order_notional") == usd(90)
    assert standing(rules, "symbol:B", "max_order_notional") == usd(100)
    assert standing(rules, "symbol:A", "max_daily_loss") == OFF
    assert standing(rules, "", "max_spread") == OFF
    assert standing(rules, "strategy:s", "on_excess") == ("text", 0, "clip")
    assert sorted(rows(rules)) == sorted(written)


def test_an_approved_rule_stands_over_the_agreed_one_and_a_deletion_removes_it():
    agreed = rules_of((("", "max_gross", "money_abs", 1, "", "f"), ("", "max_net", "money_abs", 2, "", "f")))
    wide = Rule("", "max_gross", "money_abs", 9, "", "g")
    gone = Rule("", "max_net", ABSENT, 0, "", "")
    terms = Terms(1, agreed)
    terms.loose = {" max_gross": Loosening(wide, 5, "a", 0, 0), " max_net": Loosening(gone, 5, "a", 0, 0)}
    assert holding(terms) == {" max_gross": wide}
    assert terms.rules == agreed


@pytest.mark.parametrize("loose", [False, True], ids=["agreed", "loosened for a while"])
def test_what_is_restricted_is_restricted_under_its_new_name(loose):
    rule = Rule("", "restricted", *names("AAA", "XXX"), "agreed")
    at = place("", "restricted")
    t = Terms(loose={at: Loosening(rule, 1, "anna", 0, 0)}) if loose else Terms(rules={at: rule})
    assert rename(t, "AAA", "NEW")
    held = t.loose[at].rule if loose else t.rules[at]
    assert sorted(held.text.split(",")) == ["AAA", "NEW", "XXX"]
    assert not rename(t, "BBB", "CCC")
