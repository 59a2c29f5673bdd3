"""A `Config` event becomes the limits in force; every key is listed, scoped and read."""

import pytest

from flyball.kernel.limits import KEYS, SYMBOL_FIELDS, Cap, Limits, StrategyLimits, SymbolLimits, from_values
from flyball.kernel.units import NS, UNKNOWN


def rows(*given):
    return from_values(tuple((*row, "test") for row in given))


@pytest.mark.parametrize(
    ("cap", "base", "at"),
    [
        (Cap(), 10**10, UNKNOWN),
        (Cap(micros=5), 10**10, 5),
        (Cap(micros=0), 10**10, 0),
        (Cap(micros=5), -1, 5),
        (Cap(ppm=10_000), 1_000, 10),
        (Cap(ppm=10_000), 1_099, 10),  # rounded down
        (Cap(ppm=10_000), 0, 0),
        (Cap(ppm=10_000), -1_000, 0),
        (Cap(ppm=0), 1_000, 0),
        (Cap(ppm=1_500_000), 1_000, 1_500),
    ],
)
def test_a_cap_is_an_amount_or_a_share(cap, base, at):
    assert cap.at(base) == at


def test_nothing_given_is_the_defaults():
    assert from_values(()) == Limits()
    assert (Limits().max_intent_age, Limits().reduce_rate, Limits().flat_by, Limits().on_excess) == (
        5 * NS,
        20,
        "close",
        "clip",
    )


@pytest.mark.parametrize(
    ("row", "read", "value"),
    [
        (("", "max_gross", "money_abs", 7, ""), lambda x: x.max_gross, Cap(micros=7)),
        (("", "max_gross", "money_ppm", 7, ""), lambda x: x.max_gross, Cap(ppm=7)),
        (("", "max_positions", "count", 7, ""), lambda x: x.max_positions, 7),
        (("", "order_rate", "count", 0, ""), lambda x: x.order_rate, 0),
        (("", "flat_by", "text", 0, "never"), lambda x: x.flat_by, "never"),
        (("", "restricted", "list", 0, "B,A,,"), lambda x: x.restricted, ("A", "B")),
        (("", "restricted", "list", 0, ""), lambda x: x.restricted, ()),
        (("", "max_daily_loss", "money_abs", 7, ""), lambda x: x.max_daily_loss, Cap(micros=7)),
        (("", "max_daily_loss", "money_abs", 7, ""), lambda x: x.of_symbol("A").max_daily_loss, Cap()),
        (("", "price_tolerance", "ppm", 7, ""), lambda x: x.of_symbol("A").price_tolerance, 7),
        (("symbol:A", "price_tolerance", "ppm", 7, ""), lambda x: x.of_symbol("A").price_tolerance, 7),
        (("symbol:A", "price_tolerance", "ppm", 7, ""), lambda x: x.of_symbol("B").price_tolerance, UNKNOWN),
        (
            ("symbol:A", "max_daily_loss", "money_abs", 7, ""),
            lambda x: x.of_symbol("A").max_daily_loss,
            Cap(micros=7),
        ),
        (("symbol:A", "max_daily_loss", "money_abs", 7, ""), lambda x: x.max_daily_loss, Cap()),
        (
            ("strategy:s", "max_daily_loss", "money_abs", 7, ""),
            lambda x: x.of_strategy("s").max_daily_loss,
            Cap(micros=7),
        ),
        (("strategy:s", "on_excess", "text", 0, "refuse"), lambda x: x.of_strategy("s").on_excess, "refuse"),
        (("strategy:s", "on_excess", "text", 0, "refuse"), lambda x: x.of_strategy("t").on_excess, "clip"),
        (("", "on_excess", "text", 0, "refuse"), lambda x: x.of_strategy("t").on_excess, "refuse"),
    ],
)
def test_rows(row, read, value):
    assert read(rows(row)) == value


def test_a_symbol_takes_over_what_it_does_not_set_in_any_order():
    for given in (1, -1):
        limits = rows(
            *[("", "max_order_qty", "count", 9, ""), ("symbol:A", "max_slippage", "ppm", 7, "")][::given]
        )
        assert limits.of_symbol("A") == SymbolLimits(max_order_qty=9, max_slippage=7)
        assert limits.of_symbol("B") == SymbolLimits(max_order_qty=9)


def test_a_strategy_takes_over_on_excess_in_any_order():
    for given in (1, -1):
        limits = rows(
            *[("", "on_excess", "text", 0, "refuse"), ("strategy:s", "max_daily_loss", "money_abs", 7, "")][
                ::given
            ]
        )
        assert limits.of_strategy("s") == StrategyLimits(Cap(micros=7), "refuse")


def test_what_this_version_does_not_enforce_is_skipped():
    assert (
        rows(("", "max_weekly_loss", "unread", 7, ""), ("symbol:A", "max_pct_adv", "unread", 7, ""))
        == Limits()
    )


def test_every_key_has_its_field():
    limits = Limits()
    for key in KEYS:
        home = limits.every_symbol if key.name in SYMBOL_FIELDS and key.name != "max_daily_loss" else limits
        assert hasattr(home, key.name), key.name
        for scope in key.scopes:
            mine = {"": limits, "symbol": SymbolLimits(), "strategy": StrategyLimits()}[scope]
            assert hasattr(mine, key.name) or scope == "", (key.name, scope)
    assert len({key.name for key in KEYS}) == len(KEYS)


def test_every_field_has_its_key():
    fields = {name for part in (Limits(), SymbolLimits(), StrategyLimits()) for name in vars(part)}
    assert fields - {"every_symbol", "symbols", "strategies"} == {key.name for key in KEYS}


def test_more_than_one_of_its_own():
    limits = rows(
        ("symbol:A", "max_order_qty", "count", 9, ""),
        ("symbol:A", "max_slippage", "ppm", 7, ""),
        ("strategy:s", "max_daily_loss", "money_abs", 7, ""),
        ("strategy:s", "on_excess", "text", 0, "refuse"),
    )
    assert limits.of_symbol("A") == SymbolLimits(max_order_qty=9, max_slippage=7)
    assert limits.of_strategy("s") == StrategyLimits(Cap(micros=7), "refuse")
