"""How a cheat edits an export: one thing is changed, and what hangs from it in plain sight is made to fit.

He renumbers what he cut or slipped in, in `seq`, in every `n` and in what refers to a record, and carries
a changed amount through every later figure of the broker's and of the day's beginning.
"""

import copy
from collections.abc import Callable, Iterable
from decimal import Decimal

from tests.auditor.reading import Line, money, shown
from tests.auditor.shape import SOURCES

Lines = list[Line]
Choice = Callable[[Line], bool]


def find(lines: Lines, wanted: Choice, start: int = 0) -> int:
    """The first line that is wanted."""
    return next(at for at in range(start, len(lines)) if wanted(lines[at]))


def is_a(kind: str, **fields: object) -> Choice:
    return lambda line: (
        line["kind"] == kind and all(line.get(name) == value for name, value in fields.items())
    )


def renumbered(lines: Iterable[Line]) -> Lines:
    """Numbers without gaps, as if nothing had been cut or slipped in."""
    found: Lines = []
    new: dict[int, int] = {}
    counts: dict[str, int] = {}
    for seq, line in enumerate(lines, 1):
        line = copy.deepcopy(line)
        new.setdefault(line["seq"], seq)
        line["seq"] = seq
        for name in ("decision", "proposal"):
            if name in line:
                line[name] = new.get(line[name], line[name])
        if "n" in line:
            source = SOURCES.get(line["kind"]) or f"bot {line.get('strategy')}"
            counts[source] = line["n"] = counts.get(source, 0) + 1
        found.append(line)
    return found


def without(lines: Lines, *gone: int) -> Lines:
    return renumbered(line for at, line in enumerate(lines) if at not in gone)


def changed(lines: Lines, at: int, **fields: object) -> Lines:
    found = list(lines)
    found[at] = {**lines[at], **fields}
    return found


def richer(lines: Lines, start: int, micros: int) -> Lines:
    """The broker's cash and equity, the baselines and high-water marks, from a line on, by an amount."""
    names = {"account": ("cash", "equity"), "session": ("baseline", "high_water")}
    found = list(lines)
    for at in range(start, len(lines)):
        line = lines[at]
        for name in names.get(line["kind"], ()):
            line = {**line, name: shown(money(line[name]) + micros)}
        found[at] = line
    return found


def value(line: Line) -> int:
    """What a fill is worth, in millionths."""
    return int(Decimal(line["qty"]) * Decimal(line["price"]) * 1_000_000)
