"""The `flyball.toml` that `flyball init` writes: every key with its value, what it is and what enforces it.

A line `#key = value` is what holds anyway; taking the # away and changing the value is all there is to it. So
the file as written has the very limits of its profile, and so has the file with every such # taken away.
"""

import json
import tomllib
from typing import Final

from flyball.config.keys import BY_NAME, ELSEWHERE, LATCH_KEYS, LATER_NAMES, MEANINGS, reader_of
from flyball.config.limits_table import defaults
from flyball.config.load import load
from flyball.config.profiles import profile_text
from flyball.config.settings import settings_of
from flyball.config.values import decimal
from flyball.kernel.limits import COUNT

_COLUMN: Final = 42  # where the comments begin
_CHOSEN: Final = {"crypto": "$10,000"}  # equity where the profile has none

_HEAD: Final = """\
# Flyball: what the governor allows. `flyball limits` shows what is in force and which cap binds first.
#
# A line "#key = value" is what holds anyway, from the profile or by default: take the # away to change it.
# A line "# off: key = ..." is a limit that nothing sets. Everything wrong is reported at once, with its line.
# Money: "$10,000", or a share of equity "5%". Ratios: "300 bps", "0.5%". Durations: "100 ms", "90 s", "1d".
"""


def init_text(
    profile: str,
    *,
    tag: str = "main",
    equity: str = "",
    environment: str = "paper",
    file: str = "bars.csv",
    strategy: str = "my-bot",
    bot: str = "bot.py:Bot",
) -> str:
    """The commented file. `equity` as it would be written there; "" = the profile's.

    Raises KeyError for an unknown profile, ConfigError when one of the words given cannot stand in the file.
    """
    source = tomllib.loads(profile_text(profile), parse_float=decimal)
    start = equity or source.get("account", {}).get("equity") or _CHOSEN[profile]
    session = source["session"]
    lines = [
        _HEAD,
        _line(f'profile = "{profile}"', "the limits that hold where this file says nothing"),
        "",
        "[account]",
        _line(f"tag = {_quoted(tag)}", settings_of("account")["tag"].says),
        _line('#currency = "USD"', settings_of("account")["currency"].says),
        _line(f"equity = {_quoted(start)}", settings_of("account")["equity"].says),
        _line("#approvers = 1", settings_of("account")["approvers"].says),
        "",
        "[session]",
        _line(f"#calendar = {_quoted(session['calendar'])}", settings_of("session")["calendar"].says),
        *_settings("session", but=("calendar",)),
        _limit("flat_by", session),
        _limit("on_close", session),
        "",
        "[limits]",
        *(_limit(name, source["limits"]) for name in BY_NAME if name not in ELSEWHERE),
        "",
        "[latches]",
        *(_limit(name, source["latches"]) for name in LATCH_KEYS),
        "",
        "# One symbol's own limits; most keys above may stand here.",
        "# [limits.symbol.AAPL]",
        '# max_position_notional = "$5,000"',
        "",
        "# One strategy's own limits: max_daily_loss, on_excess.",
        f"# [limits.strategy.{strategy}]",
        '# max_daily_loss = "$200"',
        "",
        "[broker]",
        _line('#kind = "paper"', settings_of("broker")["kind"].says),
        _line(f"environment = {_quoted(environment)}", settings_of("broker")["environment"].says),
        *_settings("broker", but=("kind", "environment")),
        "",
        "[broker.paper]",
        *_settings("broker.paper"),
        "",
        "[journal]",
        *_settings("journal"),
        "",
        "[feed]",
        _line(f"file = {_quoted(file)}", settings_of("feed")["file"].says),
        *_settings("feed", but=("file",)),
        "",
        "[desk]",
        *_settings("desk"),
        "",
        "[alerts]",
        *_settings("alerts"),
        "",
        "[alerts.email]",
        *_settings("alerts.email"),
        "",
        "[alerts.webhook]",
        *_settings("alerts.webhook"),
        "",
        "[alerts.slack]",
        *_settings("alerts.slack"),
        "",
        "# [alerts.slack.users]",
        '# U024BE7LH = "ann operator"',
        "",
        f"[strategy.{strategy}]",
        _line(f"bot = {_quoted(bot)}", settings_of("strategy.X")["bot"].says),
        *_settings("strategy.X", but=("bot",)),
        _line("# off: on_excess = " + MEANINGS["on_excess"].example, "C35 " + MEANINGS["on_excess"].says),
        "",
        f"[strategy.{strategy}.settings]",
        "# whatever the bot wants to be told at its start",
        "",
    ]
    text = "\n".join(lines)
    load(text, path=f"flyball init --profile {profile}")
    return text


def _line(left: str, says: str) -> str:
    return f"{left:<{_COLUMN}}  # {says}"


def _quoted(text: str) -> str:
    """A TOML basic string. JSON escapes the same characters, but for DEL, which the reader refuses."""
    return json.dumps(text, ensure_ascii=False)


def _limit(name: str, given: dict[str, object]) -> str:
    """A limit's line: the profile's value, else the kernel's default, else how it could be set."""
    key = BY_NAME[name]
    says = f"{key.control} {MEANINGS[name].says}"
    if name in LATER_NAMES:
        says += "; NOT ENFORCED in this version"
    entry = defaults().get(("", name))
    if name in given:
        raw = given[name]
        left = f"#{name} = {_quoted(raw) if isinstance(raw, str) else raw}"
    elif entry is not None:
        value = entry.shown()
        left = f"#{name} = {value if reader_of(key) == COUNT else _quoted(value)}"
    else:
        left = f"# off: {name} = {MEANINGS[name].example}"
    return _line(left, says)


def _settings(section: str, but: tuple[str, ...] = ()) -> list[str]:
    lines = []
    for name, setting in settings_of(section).items():
        if name not in but:
            left = f"#{name} = {setting.default}" if setting.default else f"# off: {name} = {setting.example}"
            lines.append(_line(left, setting.says))
    return lines
