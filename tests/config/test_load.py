"""From text to the configuration in force: where values come from, and everything wrong in one go."""

import re
from dataclasses import fields

import pytest

from flyball.config import ConfigError, load
from flyball.config.keys import BY_NAME, ELSEWHERE, LATER, MEANINGS
from flyball.kernel.limits import KEYS, MONEY, Cap, Limits, StrategyLimits, SymbolLimits
from flyball.kernel.units import MS, NS, UNKNOWN

DEMO = 'profile = "demo"\n'


def faults(text: str, **how) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(text, path="f.toml", **how)
    assert error.value.exit_code == 2
    assert str(error.value).split("\n") == [str(problem) for problem in error.value.problems]
    return [str(problem) for problem in error.value.problems]


def test_defaults_then_the_profile_then_the_file_each_with_its_origin():
    of = {
        (scope, key): (amount or text, origin)
        for scope, key, _, amount, text, origin in load(DEMO + "\n[limits]\nmax_positions = 1\n").values
    }
    assert of[("", "max_positions")] == (1, "flyball.toml:4")
    assert of[("", "max_order_notional")] == (10_000_000_000, "profile demo")
    assert of[("", "max_intent_age")] == (5 * NS, "default")
    assert of[("", "flat_by")] == ("close", "profile demo")
    assert ("", "max_order_qty") not in of  # nothing sets it, so it is off


def test_the_limits_are_what_the_kernel_will_hold():
    text = """\
profile = "standard"
[session]
flat_by = "never"
[limits]
max_leverage = 1.25
max_quote_age = "500 ms"
restricted = ["GME", "AMC"]
min_spacing = "0 s"
[limits.symbol."BRK.B"]
max_order_qty = 10
max_daily_loss = "1%"
[limits.strategy.calm]
max_daily_loss = "$100"
[strategy.calm]
bot = "calm:Bot"
on_excess = "refuse"
"""
    limits = load(text).limits()
    assert limits.max_leverage == 1_250_000
    assert limits.every_symbol.max_quote_age == 500 * MS
    assert limits.restricted == ("AMC", "GME")
    assert limits.min_spacing == 0  # set to nothing on purpose, over the profile's 100 ms
    assert limits.flat_by == "never"
    assert limits.of_symbol("BRK.B").max_order_qty == 10
    assert limits.of_symbol("BRK.B").max_daily_loss == Cap(ppm=10_000)
    assert limits.of_symbol("BRK.B").max_order_notional == Cap(micros=15_000_000_000)
    assert limits.of_symbol("AAPL").max_order_qty == UNKNOWN
    assert limits.strategies == {"calm": StrategyLimits(Cap(micros=100_000_000), "refuse")}


def test_every_key_of_the_kernel_is_a_field_of_its_limits_and_has_a_meaning():
    account = {f.name for f in fields(Limits)} | {f.name for f in fields(SymbolLimits)}
    assert {key.name for key in KEYS} <= account
    assert list(MEANINGS) == list(BY_NAME)
    assert not {key.name for key in KEYS} & {key.name for key in LATER}


@pytest.mark.parametrize("key", BY_NAME.values(), ids=lambda key: key.name)
def test_every_example_can_be_set_and_every_wrong_type_is_refused(key):
    section = ELSEWHERE.get(key.name, "limits")
    example = MEANINGS[key.name].example
    # alone, so that no other value of the profile contradicts it
    text = f"profile = 'crypto'\n[account]\nequity = 1e6\n[{section}]\n{key.name} = {example}\n"
    found = {row[1]: row for row in load(text).values if row[0] == ""}
    assert found[key.name][5] == "flyball.toml:5"
    for wrong in ("{}", "[]", '""', "nan", "-1", '"-1%"', '"- 1 s"', "true", "2020-01-01", '"soon"'):
        bad = text.replace(f"{key.name} = {example}", f"{key.name} = {wrong}")
        told = faults(bad)
        assert len(told) == 1
        assert re.match(rf"f\.toml:5: {section}\.{key.name} = .*: .*; .*(write|remove|name)", told[0])


@pytest.mark.parametrize("key", [k for k in BY_NAME.values() if k.kind == MONEY], ids=lambda key: key.name)
def test_a_share_of_equity_has_a_bound_too(key):
    most = MEANINGS[key.name].share // 10_000
    text = "profile = 'crypto'\n[account]\nequity = 1e6\n[limits]\n{} = '{}%'\n"
    assert load(text.format(key.name, most)).values
    assert "is above" in faults(text.format(key.name, most + 1))[0]


EVERYTHING_WRONG = """\
profil = "demo"
profile = "demoo"
max_gross = 3
[account]
tag = "too-long"
currency = "usd"
equity = "$0.5"
[limits]
max_positon = 3
max_position_notional = "-$5"
max_gross = "0%"
max_daily_loss = "101%"
on_excess = "cut"
flat_by = "close"
account = 1
stress_floor = "25%"
[limits.symbol.AAPL]
max_gross = "5%"
[limits.symbol."A,B"]
max_order_qty = 1
[limits.strategy]
a = 5
[session]
calendar = "NYSE"
flatby = "close"
[broker]
kind = "alpaca"
api_key = "hunter2"
[broker.paper]
partial_ratio = "101%"
seed = -1
[latches]
L1 = "off"
[strategy.my_bot]
bot = "x"
[strategy.b]
settings = { d = 2020-01-01, f = nan, deep = [[[[[[[[[1]]]]]]]]], n = 0x1ffffffffffffffff }
[alert]
[desk]
"""

WHAT = [
    r"f\.toml:1: profil: unknown key, did you mean profile\?",
    r'f\.toml:2: profile = "demoo": is no profile; did you mean demo\?',
    r"f\.toml:3: max_gross: unknown key, max_gross belongs in \[limits\]",
    r'f\.toml:5: account\.tag = "too-long": has another form; write one to six letters or digits',
    r'f\.toml:6: account\.currency = "usd": has another form; .*"USD"',
    r'f\.toml:7: account\.equity = "\$0\.5": .*',
    r"f\.toml:9: limits\.max_positon: unknown key, did you mean .*max_position_notional\?",
    r'f\.toml:10: limits\.max_position_notional = "-\$5": is negative; write .*',
    r'f\.toml:11: limits\.max_gross = "0%": is zero; .*',
    r'f\.toml:12: limits\.max_daily_loss = "101%": is above 100%; .*',
    r'f\.toml:13: limits\.on_excess = "cut": is none of its values; write "clip" or "refuse"',
    r"f\.toml:14: limits\.flat_by: stands in the wrong section; move it to \[session\]",
    r"f\.toml:15: limits\.account: unknown key, \[account\] is a section of its own",
    r'f\.toml:16: limits\.stress_floor = "25%": is above 20%; .*',
    r"f\.toml:18: limits\.symbol\.AAPL\.max_gross: is no limit of a single symbol; move it to \[limits\]",
    r'f\.toml:19: limits\.symbol\."A,B": is no name of a symbol; .*',
    r"f\.toml:22: limits\.strategy\.a = 5: is a section, not a value; write \[limits\.strategy\.a\].*",
    r'f\.toml:24: session\.calendar = "NYSE": is none of its values; write "XNYS" or "24x7"',
    r"f\.toml:25: session\.flatby: unknown key, did you mean flat_by\?",
    r'f\.toml:27: broker\.kind = "alpaca": is none of its values; write "paper"',
    r"f\.toml:28: broker\.api_key: unknown key, known here: environment, kind, paper, rate_limit",
    r'f\.toml:30: broker\.paper\.partial_ratio = "101%": is above 100%; .*',
    r"f\.toml:31: broker\.paper\.seed = -1: is negative; .*",
    r"f\.toml:33: latches\.L1: unknown key, known here: .*reject_streak.*",
    r"f\.toml:34: strategy\.my_bot: is no name of a strategy; .*",
    r'f\.toml:35: strategy\.my_bot\.bot = "x": has another form; write .*',
    r"f\.toml:36: strategy\.b\.bot: is missing; write bot = .*",
    r'f\.toml:37: strategy\.b\.settings\.d = "2020-01-01": cannot be told to a bot; .*',
    r"f\.toml:37: strategy\.b\.settings\.deep: is nested more than 8 deep; flatten it",
    r'f\.toml:37: strategy\.b\.settings\.f = "NaN": cannot be told to a bot; .*',
    r"f\.toml:37: strategy\.b\.settings\.n = .*: cannot be told to a bot; .*",
    r"f\.toml:38: alert: unknown section, did you mean alerts\?",
]


def test_everything_wrong_is_told_at_once_with_line_key_value_and_remedy():
    told = faults(EVERYTHING_WRONG)
    assert len(told) == len(WHAT), "\n".join(told)
    for line, pattern in zip(told, WHAT, strict=True):
        assert re.fullmatch(pattern, line), line
    assert "hunter2" not in "".join(told)  # the value of an unknown key may be a secret


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("profile = ", "f.toml:1: Invalid value"),
        ("a = 1\nb = = 2", "f.toml:2: Invalid value"),
        ("a = 1\na = 2\n", "f.toml:2: Cannot overwrite a value"),
        ("[limits]\n[limits]\n", "f.toml:2: Cannot declare"),
        ("a = '''\n\n", "f.toml:3: Expected"),
        ("a = " + "[" * 3000, "f.toml: lists or tables are nested too deep"),
        ("a = " + "9" * 5000, "f.toml: Exceeds the limit"),
        ("#" * (1 << 21), "f.toml: holds more than"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(text, what):
    told = faults(text)
    assert len(told) == 1
    assert told[0].startswith(what), told[0]


@pytest.mark.parametrize("text", ["", "[limits]\nmax_gross = 5\n"])
def test_without_a_profile_nothing_starts(text):
    assert any("profile: is missing; write it at the top" in line for line in faults(text))


def test_what_the_caller_needs_is_missing_in_the_same_breath():
    told = faults(DEMO + "[limits]\nmax_gross = 0\n", require=("feed.file", "strategy", "account.equity"))
    assert [line.split(":")[2].strip() for line in told] == ["feed.file", "strategy", "limits.max_gross = 0"]
    assert "account.equity: is missing" in faults('profile = "crypto"')[0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            '[limits]\ndrawdown_caution = "2%"\n',
            r"f\.toml:3: limits\.drawdown_caution: 2% contradicts .*restrict",
        ),
        ('[limits]\ndrawdown_halt = "0.75%"\n', r"f\.toml:3: limits\.drawdown_halt: 0\.75% contradicts"),
        ("[limits]\nregime_high = 2\n", r"f\.toml:3: limits\.regime_high: 2 contradicts .*high < extreme"),
        ("[limits]\nregime_extreme = 1.5\n", r"f\.toml:3: limits\.regime_extreme: 1\.5 contradicts"),
        ("[limits]\nregime_extreme = 2.45\n", r"f\.toml:3: limits\.regime_extreme = 2\.45: is above"),
        ('[limits]\nmax_order_notional = "$9"\n', r"f\.toml:3: .*min_notional = \$10 \(profile demo\)"),
        (
            '[limits.symbol.X]\nmax_order_notional = "0.001%"\n',
            r"f\.toml:3: limits\.symbol\.X\.max_order.*min_not",
        ),
        (
            '[broker.paper]\nlatency_min = "1 s"\n',
            r"f\.toml:3: broker\.paper\.latency_min: is above latency_max",
        ),
        ("[broker.paper]\npartial_pieces_max = 2\npartial_pieces_min = 3\n", r"f\.toml:4: .*is above"),
        (
            "[strategy.a]\nbot='a:b'\n[limits.strategy.aa]\nmax_daily_loss=5\n",
            r"f\.toml:4: .*not there; did you mean a",
        ),
        (
            "[strategy.a]\nbot='a:b'\non_excess='clip'\n[limits.strategy.a]\non_excess='refuse'\n",
            r"f\.toml:4: strategy\.a\.on_excess: is set a second time, after limits\.strategy\.a\.on_excess",
        ),
    ],
)
def test_contradictions_are_faults_at_the_later_value(text, what):
    told = faults(DEMO + text)
    assert len(told) == 1
    assert re.match(what, told[0]), told[0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[limits]\nmax_order_notional = "30%"\n', "above limits.max_position_notional = $25,000"),
        ('[limits]\nmax_gross = "$20,000"\n', "max_net = $50,000 is above limits.max_gross = $20,000"),
        ('[limits]\nmax_weekly_loss = "$300"\n', "max_daily_loss = $400 is above"),
        ('[limits]\nfee_per_unit = "$0.001"\n', "less than the paper broker charges ($0.0035)"),
        ("[limits.symbol.X]\nmax_spread = '200 bps'\n", "looser than limits.max_spread = 1%"),
        ("[session]\ncalendar = '24x7'\n", "flattens every UTC midnight"),
        ("[feed]\nsymbols = ['A']\n[limits.symbol.B]\nmax_order_qty = 1\n", "that feed.symbols leaves out"),
        ("[account]\ncurrency = 'EUR'\n", "meant in USD; its amounts are taken as EUR"),
    ],
)
def test_oddities_are_warnings(text, what):
    assert any(what in line for line in load(DEMO + text).warnings)


@pytest.mark.parametrize("key", [key.name for key in LATER])
def test_a_key_of_a_later_version_is_kept_and_listed_never_enforced(key):
    text = f"profile = 'crypto'\n[account]\nequity = 1e6\n[limits]\n{key} = {MEANINGS[key].example}\n"
    effective = load(text)
    [row] = [row for row in effective.values if row[1] == key]
    assert row[2] == "unread"
    assert row[4]  # its value as text: the kernel skips it, the journal keeps it
    assert (f"limits.{key}", BY_NAME[key].control) in effective.unread
    assert f"limits.{key} ({BY_NAME[key].control}) is not enforced in this version" in effective.notices()
    assert not hasattr(effective.limits(), key)


def test_overnight_exposure_is_enforced_by_being_flat_and_only_so():
    flat = load(DEMO + "[limits]\nmax_overnight_exposure = '5%'\n")
    stays = load(DEMO + "[session]\nflat_by = 'never'\n[limits]\nmax_overnight_exposure = '5%'\n")
    assert flat.limits().max_overnight_exposure == Cap(ppm=50_000)
    assert stays.limits().max_overnight_exposure == Cap()
    assert ("limits.max_overnight_exposure", "C3") in stays.unread


def test_the_other_sections_become_settings():
    effective = load(
        """\
profile = "micro"
[account]
tag = "a1"
[broker]
environment = "paper:mine"
[broker.paper]
half_spread = "2 bps"
timeout = "5 s"
seed = 7
[feed]
file = "x.parquet"
stamp = "end"
tz = "UTC"
symbols = ["MSFT", "AAPL"]
pace = "60x"
[journal]
segment_size = "4 MiB"
[strategy.two]
bot = "/home/me/two.py:Two"
[strategy.one]
bot = "one:make.bot"
symbols = ["AAPL"]
settings = { fast = 1.5, slow = 20, names = ["a", { b = true }] }
[latches]
[alerts]
[desk]
"""
    )
    assert (effective.account.tag, effective.account.equity) == ("a1", 2_000_000_000)
    paper = effective.broker.paper
    assert (paper.half_spread, paper.slippage, paper.timeout, paper.seed) == (200, 100, 5 * NS, 7)
    assert (paper.latency_min, paper.latency_max, paper.fee_per_unit) == (50 * MS, 250 * MS, 3_500)
    feed = effective.feed
    assert (feed.stamp, feed.symbols, feed.pace) == ("end", ("AAPL", "MSFT"), 60_000_000)
    assert effective.journal.segment_size == 4 << 20
    assert effective.session.flat_by == "close"
    one, two = effective.strategies
    assert (one.name, one.on_excess, two.symbols) == ("one", "clip", ())
    assert one.settings == {"fast": 1.5, "slow": 20, "names": ["a", {"b": True}]}


def test_the_hash_follows_what_decides_and_nothing_else():
    plain = load(DEMO).config_hash
    same = [
        "\n\n" + DEMO,
        DEMO
        + '[limits]\nmax_gross = 50000\n[journal]\ndir = "elsewhere"\n[feed]\nfile = "x.csv"\npace = "1x"\n',
        DEMO + "[limits]\nstress_floor = '50 bps'\n",
    ]
    other = [
        'profile = "demo"\n[limits]\nmax_gross = 50001\n',
        DEMO + "[limits]\nmax_weekly_loss = '5%'\n",
        DEMO + "[broker.paper]\nseed = 2\n",
        DEMO + "[account]\ntag = 'b'\n",
        DEMO + "[session]\nflat_by = 'never'\n",
        DEMO + "[strategy.a]\nbot = 'a:b'\n",
        DEMO + "[strategy.a]\nbot = 'a:b'\nsettings = { x = 1 }\n",
        DEMO + "[strategy.a]\nbot = 'a:b'\nsettings = { x = 1.5 }\n",
    ]
    assert {load(text).config_hash for text in same} == {plain}
    assert len({plain, *(load(text).config_hash for text in other)}) == len(other) + 1
    assert re.fullmatch("[0-9a-f]{64}", plain)
