"""docs/reference/config.md says of every key what the program does with it, and names no other."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from flyball.config import ConfigError, load
from flyball.config.keys import BY_NAME, ELSEWHERE, LATER, MEANINGS, reader_of
from flyball.config.limits_table import defaults
from flyball.config.profiles import PROFILES, profile_text
from flyball.config.settings import SECTIONS, settings_of
from flyball.kernel.limits import KEYS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "config.md").read_text("utf-8")
KINDS = {"ppm": "ratio", "ns": "duration", "micros": "amount"}  # what a person calls them
SCOPES = {"": "account", "symbol": "symbol", "strategy": "strategy"}


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    body = PAGE.partition(f"\n{heading}\n")[2]
    lines = re.search(r"(?m)^\| ---.*\n((?:\|.*\n)+)", body)
    assert lines, heading
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1].splitlines()]


@pytest.mark.parametrize(
    ("heading", "keys"), [("## `[limits]`", KEYS), ("### Not enforced in this version", LATER)]
)
def test_every_limit_has_its_row(heading, keys):
    for cells, key in zip(table(heading), keys, strict=True):
        kind = reader_of(key)
        assert cells[:6] == [
            f"`{key.name}`",
            key.control,
            KINDS.get(kind, kind),
            key.tighter,
            ", ".join(SCOPES[scope] for scope in key.scopes),
            f"`{MEANINGS[key.name].example}`",
        ]
        choices = " or ".join(f"`{choice}`" for choice in key.choices)
        assert cells[6] == MEANINGS[key.name].says + (f": {choices}" if choices else "")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_has_its_row(section):
    for cells, (name, setting) in zip(table(f"### `[{section}]`"), settings_of(section).items(), strict=True):
        default = f"`{setting.default}`" if setting.default else "-"
        assert cells[:3] == [f"`{name}`", KINDS.get(setting.kind, setting.kind), default]
        assert cells[3].startswith(setting.says)


def test_the_profiles_are_shown_as_they_are():
    files = [tomllib.loads(profile_text(name), parse_float=Decimal) for name in PROFILES]
    rows = {cells[0].strip("`"): cells[1:] for cells in table("## Profiles")}
    assert list(rows) == ["account.equity", "session.calendar", *BY_NAME]
    for name, cells in rows.items():
        section, _, key = name.rpartition(".")
        section = section or ELSEWHERE.get(key, "limits")
        default = defaults().get(("", key))
        for file, cell in zip(files, cells, strict=True):
            value = file.get(section, {}).get(key)
            assert cell == (
                str(value) if value is not None else f"{default.shown()} (default)" if default else "-"
            )


def test_the_messages_shown_are_those_one_gets():
    shown = re.search(r"(?s)```text\n(.*?)```", PAGE)
    assert shown
    lines = [""] * 12
    lines[0] = 'profile = "demo"'
    lines[4] = "[limits]"
    lines[6] = "max_positon = 3"
    lines[8] = "max_quote_age = 90"
    lines[11] = 'drawdown_caution = "2%"'
    with pytest.raises(ConfigError) as error:
        load("\n".join(lines))
    assert str(error.value) == shown[1].strip()
