"""Overrides from the environment: over the file, named as the origin, and none that does nothing."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.config import ConfigError, load
from flyball.config.environment import PREFIX, variable
from flyball.config.keys import BY_NAME, ELSEWHERE, MEANINGS
from flyball.config.settings import SECTIONS, settings_of

FILE = """\
profile = "demo"
[feed]
symbols = ["BRK.B", "AAPL"]
[limits]
max_positions = 1
[limits.symbol.BTC-USD]
max_order_qty = 3
[strategy.my-bot]
bot = "bot.py:Bot"
"""


def rows(**environ: str) -> dict[tuple[str, str], tuple[Any, str]]:
    """(scope, key) -> (value, origin)."""
    found = load(FILE, path="f.toml", environ=environ).values
    return {(scope, key): (text or amount, origin) for scope, key, _, amount, text, origin in found}


def faults(text: str = FILE, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(text, path="f.toml", environ=environ)
    return [str(problem) for problem in error.value.problems]


def test_the_environment_stands_over_the_file_and_is_named():
    of = rows(FLYBALL__LIMITS__MAX_POSITIONS="2", FLYBALL__LIMITS__MAX_GROSS="5%")
    assert of["", "max_positions"] == (2, "env FLYBALL__LIMITS__MAX_POSITIONS")
    assert of["", "max_gross"] == (50_000, "env FLYBALL__LIMITS__MAX_GROSS")
    assert of["", "max_net"][1] == "profile demo"


@pytest.mark.parametrize(
    ("name", "value", "place", "read"),
    [
        ("FLYBALL__LIMITS__MAX_ORDER_NOTIONAL", "$5,000", ("", "max_order_notional"), 5_000_000_000),
        ("flyball__limits__max_net", "7000", ("", "max_net"), 7_000_000_000),
        ("FLYBALL__LIMITS__MAX_LEVERAGE", "1.25", ("", "max_leverage"), 1_250_000),
        ("FLYBALL__LIMITS__RESTRICTED", "GME, AMC", ("", "restricted"), "AMC,GME"),
        ("FLYBALL__SESSION__FLAT_BY", "never", ("", "flat_by"), "never"),
        ("FLYBALL__LIMITS__SYMBOL__AAPL__MAX_ORDER_QTY", "5", ("symbol:AAPL", "max_order_qty"), 5),
        ("FLYBALL__LIMITS__SYMBOL__BRK_B__MAX_ORDER_QTY", "5", ("symbol:BRK.B", "max_order_qty"), 5),
        ("FLYBALL__LIMITS__SYMBOL__BTC_USD__MAX_ORDER_QTY", "2", ("symbol:BTC-USD", "max_order_qty"), 2),
        ("FLYBALL__LIMITS__SYMBOL__BTC-USD__max_order_qty", "2", ("symbol:BTC-USD", "max_order_qty"), 2),
        ("FLYBALL__LIMITS__SYMBOL__MSFT__MAX_SPREAD", "1 bps", ("symbol:MSFT", "max_spread"), 100),
        (
            "FLYBALL__LIMITS__STRATEGY__MY_BOT__MAX_DAILY_LOSS",
            "9",
            ("strategy:my-bot", "max_daily_loss"),
            9_000_000,
        ),
        ("FLYBALL__STRATEGY__MY_BOT__ON_EXCESS", "refuse", ("strategy:my-bot", "on_excess"), "refuse"),
    ],
)
def test_scopes_are_reached_where_their_names_permit(name, value, place, read):
    assert rows(**{name: value})[place] == (read, f"env {name}")


def test_the_other_sections_too():
    of = load(
        FILE,
        environ={
            "FLYBALL__PROFILE": "micro",
            "FLYBALL__BROKER__PAPER__SEED": "7",
            "FLYBALL__JOURNAL__SEGMENT_SIZE": "2 MiB",
            "FLYBALL__FEED__PACE": "60x",
            "FLYBALL__FEED__LABEL": "2016",
            "FLYBALL__ACCOUNT__EQUITY": "$3,000",
            "FLYBALL__STRATEGY__MY_BOT__BOT": "other.py:Bot",
            "FLYBALL__STRATEGY__MY_BOT__SETTINGS__fastLine": "5",
            "FLYBALL__STRATEGY__MY_BOT__SETTINGS__name": "five",
        },
    )
    assert (of.profile, of.broker.paper.seed, of.journal.segment_size) == ("micro", 7, 2 << 20)
    assert (of.feed.pace, of.feed.label, of.account.equity) == (60_000_000, "2016", 3_000_000_000)
    assert of.strategies[0].bot == "other.py:Bot"
    assert of.strategies[0].settings == {"fastLine": 5, "name": "five"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FLYBALL__LIMITS__MAX_POSITON", "3", "is no key; did you mean FLYBALL__LIMITS__MAX_POSITIONS"),
        ("FLYBALL__LIMIT__MAX_GROSS", "3", "is no key; did you mean FLYBALL__LIMITS__MAX_GROSS"),
        ("FLYBALL__STRATEGY__MYBOT__ON_EXCESS", "clip", "is no key; did you mean FLYBALL__STRATEGY__MY_BOT"),
        ("FLYBALL__LIMITS__SYMBOL__AAPL__MAX_GROSS", "3", "is no key"),
        ("FLYBALL__LIMITS__SYMBOL____MAX_SPREAD", "3", "is no key"),
        ("FLYBALL__LIMITS__FLAT_BY", "close", "is no key"),
        ("FLYBALL__", "", "is no key"),
        ("FLYBALL__LIMITS", "x", "is no key"),
        ("FLYBALL_LIMITS__MAX_GROSS", "1", "is no key; did you mean FLYBALL__LIMITS__MAX_GROSS?"),
        ("FLYBALL__LIMITS__MAX_QUOTE_AGE", "90", 'MAX_QUOTE_AGE = "90": has no unit; write a duration'),
        ("FLYBALL__LIMITS__MAX_GROSS", "", 'MAX_GROSS = "": is empty'),
        ("FLYBALL__LIMITS__MAX_GROSS", "nan", "cannot be read|no plain decimal|unit that is no money"),
        ("FLYBALL__LIMITS__MAX_POSITIONS", "2.5", "is no whole number"),
        ("FLYBALL__LIMITS__MAX_POSITIONS", "2\nmax_net = 1", "is no whole number"),
        ("FLYBALL__LIMITS__MAX_POSITIONS", "9" * 99, "is no whole number"),
        ("FLYBALL__LIMITS__RESTRICTED", "", "holds"),
        ("FLYBALL__LIMITS__DRAWDOWN_CAUTION", "2%", "2% contradicts limits.drawdown_restrict"),
        ("FLYBALL__PROFILE", "demmo", "did you mean demo?"),
    ],
)
def test_what_is_no_key_or_no_value_is_a_fault(name, value, said):
    [told] = faults(**{name: value})
    assert told.startswith(f"environment: {name}")
    assert any(part in told for part in said.split("|"))


@pytest.mark.parametrize(
    "name",
    [
        "FLYBALL__OPERATOR_SECRET",
        "FLYBALL_OPERATOR_SECRET",
        "FLYBALL__BROKER__API_KEY",
        "FLYBALL__BROKER__APIKEY",
        "flyball__broker__token",
        "FLYBALL__DESK__PASSWORD",
        "FLYBALL_BROKER_PRIVATE_KEY",
    ],
)
def test_a_secret_is_refused_with_a_remedy_and_never_shown(name):
    [told] = faults(**{name: "K7QFM-2ZD8T"})
    assert told.startswith(f"environment: {name}: secrets are not taken from the environment; unset it")
    assert "K7QFM" not in told


def test_every_fault_of_both_is_told_at_once():
    text = FILE.replace("max_positions = 1", "max_positions = 1\nmax_gros = 3")
    told = faults(text, FLYBALL__LIMITS__MAX_NETT="1", FLYBALL__BROKER__KIND="live")
    assert len(told) == 3


def test_a_wrong_value_in_the_file_is_not_covered_up():
    text = FILE.replace("max_positions = 1", 'max_positions = "many"')
    assert faults(text, FLYBALL__LIMITS__MAX_POSITIONS="2") == [
        'f.toml:5: limits.max_positions = "many": is no whole number; '
        "write a whole number like 5, without quotes"
    ]


def test_two_names_for_one_key_are_a_fault():
    [told] = faults(FLYBALL__LIMITS__MAX_NET="1", flyball__limits__max_net="2")
    assert "says the same as" in told
    twice = FILE + '[limits.symbol."BTC.USD"]\nmax_order_qty = 1\n'
    [told] = faults(twice, FLYBALL__LIMITS__SYMBOL__BTC_USD__MAX_ORDER_QTY="1")
    assert "could mean more than one name" in told


def test_what_others_use_is_left_alone():
    others = {"FLYBALL_SHARED": "/x", "FLYBALL_REQUIRE_SHARED": "1", "PATH": "/bin", "FLYBALLS": "2"}
    assert rows(**others) == rows()


def test_every_key_can_be_set():
    places: list[tuple[str, ...]] = [(ELSEWHERE.get(name, "limits"), name) for name in BY_NAME]
    example = {place: MEANINGS[place[1]].example.strip('"[]').replace('"', "") for place in places}
    for section in SECTIONS:
        if section != "strategy.X":
            for name, setting in settings_of(section).items():
                example[(*section.split("."), name)] = (
                    (setting.default or setting.example).strip('"[]').replace('"', "")
                )
    for place, value in example.items():
        name = variable(place)
        # an example may contradict the profile, but is always read
        told = [said for said in problems({name: value}) if not re.search("contradicts|no order would", said)]
        assert told == [], (name, value)


def problems(environ: dict[str, str]) -> list[str]:
    try:
        load(FILE, environ=environ)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


@given(st.dictionaries(st.text(max_size=30).map(lambda x: PREFIX + x), st.text(max_size=20), max_size=3))
def test_no_environment_breaks_the_reader(environ: dict[str, str]):
    told = problems(environ)
    assert bool(told) is bool(environ)
    assert all(said.startswith("environment: ") for said in told)


@given(
    st.sampled_from(["MAX_GROSS", "MAX_POSITIONS", "RESTRICTED", "ON_EXCESS", "MAX_LEVERAGE"]),
    st.text(max_size=20),
)
def test_no_value_breaks_the_reader(key: str, value: str):
    name = f"FLYBALL__LIMITS__{key}"
    told = problems({name: value})
    assert all(said.startswith(f"environment: {name}") for said in told)
    if not told:
        assert rows(**{name: value})["", key.lower()][1] == f"env {name}"
