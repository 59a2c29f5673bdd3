"""What is wrong with a configuration, all of it at once: file, line, key, value and remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Problem:
    """One fault. `line` is 0 where none can be named; `value` is as written, "" where there is none."""

    path: str
    line: int
    key: str
    value: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        subject = f"{self.key} = {self.value}" if self.value else self.key
        return ": ".join(part for part in (place, subject, self.what) if part) + (
            f"; {self.remedy}" if self.remedy else ""
        )


class ConfigError(Exception):
    """A configuration that cannot be used, with every fault found in it. The command line exits with 2."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The nearest known names as a question, or all of them when few, or nothing."""
    names = sorted(known)
    near = get_close_matches(name.lower(), names, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    if 0 < len(names) <= 12:
        return f"known here: {', '.join(names)}"
    return "docs/reference/config.md lists every key"
