"""The other configuration of a what-if: a whole file, or single keys set over what was recorded."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from flyball.config.keys import BY_NAME, ELSEWHERE
from flyball.config.limits_table import Entries, in_order, not_enforced, read_limit
from flyball.config.load import load
from flyball.config.problems import ConfigError, Problem, did_you_mean
from flyball.config.sheet import Sheet
from flyball.desk.what_if import Configured
from flyball.kernel.events import Config
from flyball.machine.files import read_text

Row = tuple[str, str, str, int, str, str]


def from_file(path: Path) -> Configured:
    """The limits of a flyball.toml instead of the recorded ones. ConfigError with all that is wrong in it."""
    other = load(read_text(path), path=str(path))

    def configured(recorded: Config) -> Config:
        return replace(recorded, profile=other.profile, values=other.values)

    return configured


def from_keys(given: Sequence[str], currency: str) -> Configured:
    """`max_gross=$40,000`, `symbol.AAPL.max_order_qty=50`, `strategy.bot.on_excess=refuse`, each over what
    was recorded. ConfigError with all that is wrong."""
    entries: Entries = {}
    problems: list[Problem] = []
    for text in given:
        try:
            sheet, scope, path = _sheet(text)
            raw: object = sheet.tree
            for part in path:
                assert isinstance(raw, dict)
                raw = raw[part]
            read_limit(sheet, entries, scope, path, raw, currency)
            problems += sheet.problems
        except ConfigError as wrong:
            problems += wrong.problems
    if problems:
        raise ConfigError(problems)
    rows = [entry.row(not_enforced(entry, "close")) for entry in in_order(entries)]

    def configured(recorded: Config) -> Config:
        values = {(row[0], row[1]): row for row in recorded.values}
        values.update({(row[0], row[1]): row for row in rows})
        return replace(recorded, values=tuple(values.values()))

    return configured


def _sheet(text: str) -> tuple[Sheet, str, tuple[str, ...]]:
    """(a sheet that holds it, its scope, its path) of one `key=value`."""
    where = f"--set {text}"
    name, equals, value = text.partition("=")
    parts = [
        part.strip()
        for part in name.removeprefix("limits.").removeprefix("session.").removeprefix("latches.").split(".")
    ]
    key = parts[-1]
    scoped = len(parts) == 3 and parts[0] in ("symbol", "strategy")
    if not equals or not (scoped or len(parts) == 1):
        remedy = "write key=value, symbol.NAME.key=value or strategy.NAME.key=value"
        raise ConfigError([Problem(where, 0, name, "", "is no limit and value", remedy)])
    if key not in BY_NAME:
        raise ConfigError([Problem(where, 0, key, "", "unknown key", did_you_mean(key, BY_NAME))])
    path = (ELSEWHERE.get(key, "limits"), *parts)
    body = f"{'.'.join(_quoted(part) for part in path)} = {_literal(value.strip())}\n"
    return Sheet(body, where, by_line=False), ":".join(parts[:-1]), path


def _quoted(part: str) -> str:
    return msgspec.json.encode(part).decode()


def _literal(value: str) -> str:
    """As TOML when it is a number, a list or a quoted text; else as a text."""
    try:
        tomllib.loads(f"k = {value}")
    except tomllib.TOMLDecodeError:
        return _quoted(value)
    return value
