"""The four profiles are SPEC section 13, and the file that `flyball init` writes means the same."""

import re

import pytest

from flyball.config import PROFILES, ConfigError, init_text, load
from flyball.config.keys import BY_NAME, ELSEWHERE, LATER_NAMES
from flyball.config.profiles import profile_text
from flyball.config.settings import SECTIONS, settings_of

EQUITY = "[account]\nequity = '$1,000'\n"

# SPEC section 13, written down a second time: (demo, micro, standard, crypto); "-" = not set.
TABLE = {
    "max_order_notional": ("$10,000", "$50", "$15,000", "5%"),
    "max_position_notional": ("$25,000", "$500", "$25,000", "5%"),
    "max_gross": ("$50,000", "$1,000", "150%", "15%"),
    "max_net": ("$50,000", "$500", "100%", "15%"),
    "max_leverage": ("1", "1", "1.5", "1"),
    "max_positions": ("2", "4", "16", "8"),
    "max_daily_turnover": ("$400,000", "$2,000", "$400,000", "100%"),
    "max_daily_cost": ("$22", "$5", "$300", "0.5%"),
    "max_daily_loss": ("$400", "$100", "$5,000", "3%"),
    "max_weekly_loss": ("-", "$200", "10%", "7%"),
    "stress_floor": ("0.5%", "5%", "3%", "10%"),
    "drawdown_caution": ("0.5%", "5%", "5%", "5%"),
    "drawdown_restrict": ("0.75%", "6%", "8%", "8%"),
    "drawdown_halt": ("1%", "8%", "10%", "10%"),
    "caution_scale": ("50%", "50%", "50%", "50%"),
    "min_account_equity": ("-", "-", "$50,000", "-"),
    "fixed_size": ("-", "$50", "$500", "$15"),
    "risk_per_trade": ("0.5%", "0.5%", "1%", "1%"),
    "atr_stop": ("2", "2", "2", "2"),
    "regime_high": ("1.5", "1.5", "1.5", "1.5"),
    "regime_extreme": ("2", "2", "2", "2"),
    "regime_exit": ("80%", "80%", "80%", "80%"),
    "regime_dwell": ("6", "3", "3", "3"),
    "regime_high_scale": ("50%", "50%", "50%", "50%"),
    "regime_extreme_scale": ("25%", "25%", "25%", "25%"),
    "max_sector": ("-", "-", "30%", "-"),
    "max_theme": ("-", "-", "$50,000", "-"),
    "max_cluster": ("-", "-", "40%", "40%"),
    "price_tolerance": ("3%", "3%", "3%", "5%"),
    "max_slippage": ("0.5%", "0.5%", "0.5%", "0.5%"),
    "max_spread": ("1%", "1%", "1%", "2%"),
    "max_quote_age": ("90 s", "30 s", "30 s", "30 s"),
    "max_at_risk": ("-", "-", "50%", "15%"),
    "max_overnight_exposure": ("$0", "$0", "$0", "15%"),
    "max_tick_move": ("5%", "5%", "5%", "10%"),
    "order_rate": ("5", "5", "5", "5"),
    "min_spacing": ("100 ms", "100 ms", "100 ms", "-"),
    "max_orders_per_day": ("2000", "100", "500", "500"),
    "duplicate_window": ("2 s", "2 s", "2 s", "2 s"),
    "cooldown": ("-", "-", "15 min", "15 min"),
    "displacement_cooldown": ("-", "-", "6 h", "6 h"),
    "min_notional": ("$10", "$1", "$15", "$15"),
    "fee_per_unit": ("$0.0035", "$0.0035", "$0.0035", "$0.0035"),
    "flat_by": ("close", "close", "close", "never"),
    "incident_errors": ("10", "10", "10", "10"),
    "max_child_orders": ("100", "100", "100", "100"),
    "reject_streak": ("5", "5", "5", "5"),
    "ingress_flood": ("1000", "1000", "1000", "1000"),
    "atr_bar": ("5 min", "1 d", "1 d", "1 d"),
}
FROM_NOBODY = {
    *("max_order_qty", "fee_rate", "message_rate", "reject_rate", "restricted"),
    *("deadman_flatten_after", "event_exempt", "max_executions_unreviewed"),
}
BY_DEFAULT = {
    "reduce_rate": "20",
    "max_intent_age": "5 s",
    "on_excess": "clip",
    "clear_approvers": "1",
    "on_close": "no",
    "incident_window": "5 min",
    "latency_limit": "10 ms",
    "event_scale": "25%",
    "settle_after_halt": "10 s",
}


@pytest.mark.parametrize("column", range(4), ids=PROFILES)
def test_a_profile_is_its_column(column):
    text = f'profile = "{PROFILES[column]}"\n' + (EQUITY if PROFILES[column] == "crypto" else "")
    effective = load(text)
    told = {path.partition(".")[2]: (value, origin) for path, value, origin in effective.table()}
    profile = {key: value for key, (value, origin) in told.items() if origin == f"profile {PROFILES[column]}"}
    assert profile == {key: of[column] for key, of in TABLE.items() if of[column] != "-"}
    assert {key: value for key, (value, origin) in told.items() if origin == "default"} == BY_DEFAULT
    assert (
        effective.account.equity == (100_000_000_000, 2_000_000_000, 100_000_000_000, 1_000_000_000)[column]
    )
    assert effective.session.calendar == ("XNYS", "XNYS", "XNYS", "24x7")[column]
    assert effective.warnings == ()
    later = {key for key in profile if key in LATER_NAMES}
    if column == 3:
        later.add("max_overnight_exposure")  # it never goes flat by itself
    assert {path.partition(".")[2] for path, _ in effective.unread} == later


def test_the_table_covers_every_key_but_those_nobody_sets():
    never = {"profit_lock", "max_pct_adv", "min_adv"}
    assert set(TABLE) | FROM_NOBODY | set(BY_DEFAULT) | never == set(BY_NAME)


def test_there_is_no_other_profile():
    with pytest.raises(KeyError):
        profile_text("demo2")
    with pytest.raises(KeyError):
        init_text("../demo")


def same(a, b):
    """The same but for origins."""
    strip = [[row[:5] for row in effective.values] for effective in (a, b)]
    return strip[0] == strip[1] and a.limits() == b.limits() and a.config_hash == b.config_hash


@pytest.mark.parametrize("profile", PROFILES)
def test_the_written_file_has_the_limits_of_its_profile(profile):
    text = init_text(profile)
    effective = load(text)
    equity = f"[account]\nequity = {effective.account.equity // 10**6}\n"
    plain = load(f'profile = "{profile}"\n' + equity)
    assert effective.limits() == plain.limits()
    assert [row for row in effective.values if row[5].startswith("flyball.toml")] == []
    assert effective.warnings == ()
    # every offered line taken: the same again, now from the file
    taken = load(re.sub(r"(?m)^#(?=\w+ = )", "", text))
    assert same(taken, effective)
    assert {row[5].partition(":")[0] for row in taken.values} == {"flyball.toml"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_written_file_names_every_key_with_a_line_about_it(profile):
    text = init_text(profile)
    for name in BY_NAME:
        [line] = re.findall(rf"(?m)^(?:#|# off: ){name} = .*$", text.partition("[broker]")[0])
        says = line.partition("  # ")[2]
        assert says.startswith(BY_NAME[name].control + " ")
        assert ("NOT ENFORCED" in says) == (name in LATER_NAMES)
    for section in SECTIONS:
        body = text.partition(f"[{section.replace('.X', '.my-bot')}]\n")[2].partition("\n[")[0]
        for name in settings_of(section):
            assert re.search(rf"(?m)^(?:#|# off: |){name} = .*  # \S", body), (section, name)


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_offered_as_off_can_be_taken_too(profile):
    text = init_text(profile)
    for line in re.findall(r"(?m)^# off: .*$", text):
        changed = text.replace(line, line.removeprefix("# off: "))
        assert load(changed) != load(text), line


def test_the_words_given_stand_in_the_file():
    text = init_text(
        "micro",
        tag="x9",
        equity="$3,000.50",
        environment="paper:é",
        file='a "b"\\c.csv',
        strategy="s-1",
        bot="p.q:R",
    )
    effective = load(text, require=("feed.file", "strategy"))
    assert (effective.account.tag, effective.account.equity) == ("x9", 3_000_500_000)
    assert (effective.broker.environment, effective.feed.file) == ("paper:é", 'a "b"\\c.csv')
    assert [(s.name, s.bot) for s in effective.strategies] == [("s-1", "p.q:R")]


@pytest.mark.parametrize(
    "words", [{"tag": "a\nb"}, {"strategy": "a]b"}, {"equity": "much"}, {"file": "\x7f"}]
)
def test_words_that_cannot_stand_there_are_refused(words):
    with pytest.raises(ConfigError):
        init_text("micro", **words)


def test_keys_at_home_in_another_section_are_the_kernels():
    assert set(ELSEWHERE) <= set(BY_NAME)
