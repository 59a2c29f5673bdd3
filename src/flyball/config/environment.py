"""Overrides from the environment: FLYBALL__SECTION__KEY stands over the file, and is named as the origin.

    FLYBALL__LIMITS__MAX_ORDER_NOTIONAL='$5,000'
    FLYBALL__LIMITS__SYMBOL__BRK_B__MAX_ORDER_QTY=10     of the symbol BRK.B, if the file names it
    FLYBALL__STRATEGY__MY_BOT__ON_EXCESS=refuse          of the strategy my-bot
    FLYBALL__FEED__SYMBOLS=AAPL,MSFT

What cannot be told to be a key is a fault, like in the file. Secrets are never taken from here: every child
and every `ps e` of the same user can read an environment.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from flyball.config.keys import BY_NAME, ELSEWHERE, reader_of
from flyball.config.lines import Path
from flyball.config.problems import Problem
from flyball.config.settings import SECTIONS, TABLES, settings_of
from flyball.config.values import IN_ORDER, SYMBOL, decimal
from flyball.kernel.limits import COUNT, LIST, TEXT

PREFIX: Final = "FLYBALL__"
_ONE_BAR: Final = re.compile(rf"FLYBALL_({'|'.join((*TABLES, 'profile'))})(__\w+)?", re.IGNORECASE)
_SECRET: Final = re.compile(
    r"FLYBALL_(?!.*_FILE$).*(SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY)",
    re.IGNORECASE,  # where a secret's file lies is none
)
_SYMBOL: Final = re.compile(rf"{PREFIX}LIMITS__SYMBOL__(.+)__(\w+?)", re.IGNORECASE)
_SETTINGS: Final = re.compile(rf"{PREFIX}STRATEGY__(.+)__SETTINGS__(.+)", re.IGNORECASE)
_WHOLE: Final = re.compile(r"[-+]?[0-9]+")
_FREE: Final = ""  # the kind of what only a bot knows


@dataclass(frozen=True)
class Given:
    """One override: the variable's name and its value as the file would hold it."""

    name: str
    raw: object


@dataclass(frozen=True)
class _Place:
    path: Path
    kind: str


def overrides(
    environ: Mapping[str, str], tree: dict[str, object], file: str
) -> tuple[dict[Path, Given], list[Problem]]:
    """What the environment sets, by path, and what is wrong with it. `tree`: the file's, for its names."""
    known = _known(tree)
    given: dict[Path, Given] = {}
    problems: list[Problem] = []

    def fault(name: str, what: str, remedy: str) -> None:
        problems.append(Problem("environment", 0, name, "", what, remedy))

    for name in sorted(environ):
        if _SECRET.match(name):
            remedy = "unset it; a secret is asked for, or stands in a file of its own (--secret-file)"
            fault(name, "secrets are not taken from the environment", remedy)
        elif name.upper().startswith(PREFIX):
            places = _places(name, known, tree)
            if len(places) != 1:
                what = "could mean more than one name" if places else "is no key"
                fault(name, what, f"write it into {file}" if places else _near(name, known))
            elif places[0].path in given:
                fault(name, f"says the same as {given[places[0].path].name}", "unset one of them")
            else:
                given[places[0].path] = Given(name, _raw(places[0].kind, environ[name]))
        elif _ONE_BAR.fullmatch(name):
            fault(name, "is no key", f"did you mean {PREFIX}{name.upper().removeprefix('FLYBALL_')}?")
    return given, problems


def put(tree: dict[str, object], path: Path, raw: object) -> bool:
    """Set a value in a tree of tables; False when something that is no table is in the way."""
    at = tree
    for part in path[:-1]:
        inner = at.setdefault(part, {})
        if not isinstance(inner, dict):
            return False
        at = inner
    at[path[-1]] = raw
    return True


def variable(path: Path) -> str:
    """The name of the variable that sets a path."""
    return PREFIX + "__".join(_folded(part) for part in path)


def _folded(name: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())


def _known(tree: dict[str, object]) -> dict[str, list[_Place]]:
    """Every variable that would be taken, and the places it would set."""
    found: dict[str, list[_Place]] = {}
    for one in _all_places(tree):
        found.setdefault(variable(one.path), []).append(one)
    return found


def _all_places(tree: dict[str, object]) -> Iterator[_Place]:
    yield _Place(("profile",), TEXT)
    for key in BY_NAME.values():
        if "" in key.scopes:
            yield _Place((ELSEWHERE.get(key.name, "limits"), key.name), reader_of(key))
    for section in SECTIONS:
        if section != "strategy.X":
            for name, setting in settings_of(section).items():
                yield _Place((*section.split("."), name), setting.kind)
    for symbol in sorted(_symbols(tree)):
        yield from _limits_of("symbol", symbol)
    for strategy in sorted(_strategies(tree)):
        yield from _limits_of("strategy", strategy)
        yield _Place(("strategy", strategy, "on_excess"), TEXT)
        for name, setting in settings_of("strategy.X").items():
            yield _Place(("strategy", strategy, name), setting.kind)


def _limits_of(scope: str, name: str) -> Iterator[_Place]:
    for key in BY_NAME.values():
        if scope in key.scopes:
            yield _Place(("limits", scope, name, key.name), reader_of(key))


def _places(name: str, known: dict[str, list[_Place]], tree: dict[str, object]) -> list[_Place]:
    folded = PREFIX + _folded(name[len(PREFIX) :])
    if folded in known:
        return known[folded]
    found = _SYMBOL.fullmatch(name)
    if found is not None and SYMBOL.fullmatch(found[1]):  # a symbol the file does not name
        return [one for one in _limits_of("symbol", found[1]) if one.path[-1] == found[2].lower()]
    found = _SETTINGS.fullmatch(name)
    if found is None:
        return []
    bots = [one for one in sorted(_strategies(tree)) if _folded(one) == _folded(found[1])]
    return [_Place(("strategy", one, "settings", found[2]), _FREE) for one in bots]


def _table(tree: dict[str, object], *path: str) -> dict[str, object]:
    for part in path:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            return {}
        tree = inner
    return tree


def _strategies(tree: dict[str, object]) -> set[str]:
    return {*_table(tree, "strategy"), *_table(tree, "limits", "strategy")}


def _symbols(tree: dict[str, object]) -> set[str]:
    lists = [_table(tree, "feed").get("symbols")]
    lists += [_table(tree, "strategy", name).get("symbols") for name in _table(tree, "strategy")]
    named = {one for found in lists if isinstance(found, list) for one in found if isinstance(one, str)}
    return {*_table(tree, "limits", "symbol"), *named}


def _near(name: str, known: dict[str, list[_Place]]) -> str:
    near = get_close_matches(name.upper(), known, n=2, cutoff=0.8)
    return f"did you mean {' or '.join(near)}?" if near else "docs/reference/config.md lists every key"


def _raw(kind: str, text: str) -> object:
    """A variable's text as the file would hold it; the key's own reader then judges it."""
    if kind == COUNT and _WHOLE.fullmatch(text.strip()) and len(text) <= 40:
        return int(text)
    if kind in (LIST, IN_ORDER):
        return [part.strip() for part in text.split(",")]
    if kind != _FREE:
        return text
    try:
        found = tomllib.loads(f"k = {text}", parse_float=decimal)
    except ValueError:
        return text
    return found["k"] if len(found) == 1 else text
