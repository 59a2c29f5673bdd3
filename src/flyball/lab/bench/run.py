"""Every figure in turn, each in a folder of its own that is gone afterwards."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flyball.lab.bench.durable import NotInstalled as NotInstalled
from flyball.lab.bench.durable import f6, f7
from flyball.lab.bench.figure import Figure
from flyball.lab.bench.memory import f13
from flyball.lab.bench.recovery import j2
from flyball.lab.bench.replay import f8
from flyball.lab.bench.scale import Load, f12, rates
from flyball.lab.bench.seeds import t1


@dataclass
class Size:
    """How much is measured. `events`: of the day F8 replays, F13 remembers, J2 recovers. `samples`: of a
    round; `seeds`: of a round of T1.
    """

    events: int = 200_000
    rounds: int = 5
    samples: int = 200
    seeds: int = 20
    load: Load | None = None  # F12's smaller side and the rates'; None = the promised one


FIGURES: Final[dict[str, Callable[[Path, Size], list[Figure]]]] = {
    "F6": lambda folder, size: f6(folder, size.rounds, size.samples),
    "F7": lambda folder, size: f7(folder, size.rounds, size.samples),
    "F8": lambda folder, size: f8(folder, size.rounds, size.events),
    "F12": lambda folder, size: f12(size.rounds, size.samples, size.load),
    "F13": lambda folder, size: f13(folder, size.rounds, size.events),
    "J2": lambda folder, size: j2(folder, size.events),
    "T1": lambda folder, size: t1(size.rounds, size.seeds),
    "rates": lambda folder, size: rates(size.rounds, size.samples, size.load),
}


def run(only: str | None, size: Size, folder: str | None) -> Iterator[Figure]:
    """The figures, as each is known."""
    for name, measure in FIGURES.items():
        if only is None or name == only:
            with tempfile.TemporaryDirectory(prefix="flyball-bench-", dir=folder) as place:
                yield from measure(Path(place), size)


def report(figures: Iterator[Figure], *, as_json: bool, say: Callable[[str], None]) -> int:
    """Tell each figure; the exit code: 1 when one misses its line."""
    missed = 0
    for f in figures:
        missed += not f.ok
        if as_json:
            say(json.dumps(f.row()))
        else:
            word = "-" if not f.line else "ok" if f.ok else "MISSED"
            say(f"{f.id:<6} {f.value:>12,.3f}  {f.line:<8} {word:<7} {f.figure}")
    return 1 if missed else 0
