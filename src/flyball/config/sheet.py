"""One TOML text being read: its tables, the line of every key, and the faults found in it so far."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Final

from flyball.config.environment import Given, put
from flyball.config.lines import Path, locate
from flyball.config.problems import ConfigError, Problem, did_you_mean
from flyball.config.values import decimal, written

BEHIND: Final = 1 << 31  # a line after any line
LARGEST: Final = 1 << 20  # characters; the largest file a person would write is a hundredth of it
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_AT_LINE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def dotted(path: Path) -> str:
    """A path as TOML writes it."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in path)


class Sheet:
    """A parsed text. `origin` says where a key stands; `fault` notes what is wrong with it and goes on."""

    def __init__(self, text: str, name: str, *, by_line: bool = True) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._by_line = by_line
        self.tree = self._parse(text)
        self._lines = locate(text)
        self._over: dict[Path, str] = {}

    def overlay(self, given: Mapping[Path, Given]) -> None:
        """Put values from the environment over those of the text; their faults and origins name the
        variable."""
        for path, one in given.items():
            if put(self.tree, path, one.raw):
                self._over[path] = one.name

    def _parse(self, text: str) -> dict[str, object]:
        remedy = "correct the TOML there"
        try:
            if len(text) > LARGEST:
                raise ValueError(f"holds more than {LARGEST} characters")
            return tomllib.loads(text, parse_float=decimal)
        except RecursionError:
            what, line = "lists or tables are nested too deep", 0
        except ValueError as error:
            found = _AT_LINE.search(str(error))
            what = str(error)[: found.start()] if found else str(error)
            line = int(found[1]) if found and found[1] else text.count("\n") + 1 if found else 0
        raise ConfigError([Problem(self.name, line, "", "", what, remedy)])

    def line(self, path: Path) -> int:
        """The line of a key, or of the nearest table around it, or 1. What stands over the text comes after
        it."""
        if path in self._over:
            return BEHIND
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def origin(self, path: Path) -> str:
        if path in self._over:
            return f"env {self._over[path]}"
        return f"{self.name}:{self.line(path)}" if self._by_line else self.name

    def fault(self, path: Path, what: str, remedy: str, *, raw: object = None) -> None:
        """Note a fault. `raw`: the value, where showing it helps; that of an unknown key is never shown."""
        value = "" if raw is None else written(raw)
        if path in self._over:
            self.problems.append(Problem("environment", 0, self._over[path], value, what, remedy))
            return
        self.problems.append(Problem(self.name, self.line(path), dotted(path), value, what, remedy))

    def unknown(self, path: Path, known: Iterable[str], remedy: str = "") -> None:
        kind = "section" if isinstance(self.tree.get(path[0]), dict) and len(path) == 1 else "key"
        hint = remedy or did_you_mean(path[-1], known)
        self.problems.append(
            Problem(self.name, self.line(path), dotted(path), "", f"unknown {kind}, {hint}", "")
        )

    def table(self, path: Path) -> dict[str, object]:
        """The table at a path; empty when there is none, or when something else is there (which is noted)."""
        found: object = self.tree
        for depth, part in enumerate(path, 1):
            if not isinstance(found, dict) or part not in found:
                return {}
            found = found[part]
            if not isinstance(found, dict):
                self.not_a_table(path[:depth], found)
                return {}
        assert isinstance(found, dict)
        return found

    def not_a_table(self, path: Path, raw: object) -> None:
        problem = Problem(
            self.name,
            self.line(path),
            dotted(path),
            written(raw) if not isinstance(raw, list) else "",
            "is a section, not a value",
            f"write [{dotted(path)}] and its keys below it",
        )
        if problem not in self.problems:
            self.problems.append(problem)
