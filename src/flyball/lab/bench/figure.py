"""What a bench says, and how a ratio is taken so that a busy machine cannot make it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

AT_MOST: Final = "<="
AT_LEAST: Final = ">="


@dataclass
class Figure:
    """One figure and its line. `value` is a ratio unless `figure` names a unit."""

    id: str
    figure: str
    value: float
    line: str  # "<= 2.2", ">= 0.8"; "" when nothing is promised
    ok: bool
    detail: dict[str, object] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """As it is printed: `pass` is the line."""
        return {
            "id": self.id,
            "figure": self.figure,
            "value": self.value,
            "pass": self.line or None,
            "ok": self.ok,
            "detail": self.detail,
        }


@dataclass
class Rounds:
    """One ratio a round, and the two sides it came of."""

    ratio: float  # median of the rounds'
    ratios: list[float]
    ours: float  # median of the rounds', in the unit of the samples
    theirs: float


def judged(
    name: str, figure: str, value: float, how: str, limit: float, detail: dict[str, object] | None = None
) -> Figure:
    """A figure against its line; equal passes."""
    ok = value <= limit if how == AT_MOST else value >= limit
    return Figure(name, figure, round(value, 3), f"{how} {limit:g}", ok, detail or {})


def shown(name: str, figure: str, value: float, detail: dict[str, object] | None = None) -> Figure:
    """A figure that nothing is promised of."""
    return Figure(name, figure, round(value, 1), "", True, detail or {})


def interleaved(
    rounds: int, ours: Callable[[], float], theirs: Callable[[], float], samples: int = 1
) -> Rounds:
    """`samples` of each side in turn make a round, its ratio the one of their medians; the ratio is ours
    divided by theirs. Whose turn comes first alternates.
    """
    ratios: list[float] = []
    sides: tuple[list[float], list[float]] = ([], [])
    for r in range(rounds):
        mine: list[float] = []
        other: list[float] = []
        for n in range(samples):
            if (r + n) % 2:
                other.append(theirs())
                mine.append(ours())
            else:
                mine.append(ours())
                other.append(theirs())
        sides[0].append(median(mine))
        sides[1].append(median(other))
        ratios.append(sides[0][-1] / sides[1][-1])
    return Rounds(median(ratios), [round(x, 3) for x in ratios], median(sides[0]), median(sides[1]))
