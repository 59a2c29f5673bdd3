"""A planted bug looked for with the simulator: the seed that found it last, then 1 to 300, until one breaks a
promise that the same seed keeps on the copy without the bug.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from flyball.lab.mutants.copied import PROOF, environment

LAST: Final = 300
FLY: Final = PROOF + (
    "from flyball.lab.mutants.flown import main; "
    "sys.exit(main(sys.argv[1:]) if ours else f'{at}: not the copy in {root}')"
)


class Flown(NamedTuple):
    """What became of one seed in a copy; `broken` "" when every promise held."""

    seed: int
    broken: str
    what: str
    seconds: float


class NoFlight(Exception):  # noqa: N818 - it says what is the case
    """The simulator did not run in this copy: what it said."""


class Clean:
    """What the seeds come to on the copy without any bug, each flown once. For several threads."""

    def __init__(self, copy: Path) -> None:
        self._copy = copy
        self._broken: dict[int, str] = {}
        self._one = threading.Lock()

    def fly(self, seeds: Sequence[int]) -> None:
        """Fly these now, in one process."""
        for found in flights(self._copy, sorted(set(seeds) - set(self._broken))):
            self._broken[found.seed] = found.broken

    def broken(self, seed: int) -> str:
        """The promise it breaks without any bug, "" when all hold."""
        with self._one:
            if seed not in self._broken:
                self.fly([seed])
            return self._broken[seed]


def flights(copy: Path, seeds: Sequence[int]) -> Iterator[Flown]:
    """Fly the seeds in a copy, in this order, all of them as long as somebody listens."""
    left = list(seeds)
    while left:
        command = [sys.executable, "-c", FLY, *map(str, left)]
        with subprocess.Popen(
            command,
            cwd=copy,
            env=environment(copy),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None, "it is a pipe"
            assert process.stderr is not None, "it is a pipe"
            flown = 0
            for line in process.stdout:
                flown += 1
                yield Flown(*json.loads(line))
            said = process.stderr.read()
        if flown == 0 or process.returncode not in (0, 1):
            raise NoFlight(said)
        left = left[flown:]


def look(copy: Path, hint: int, clean: Clean) -> Flown | None:
    """The first seed that breaks a promise because of the bug in this copy; None when 300 do not."""
    seeds = [hint, *(seed for seed in range(1, LAST + 1) if seed != hint)]
    for found in flights(copy, seeds):
        if found.broken and found.broken != clean.broken(found.seed):
            return found
    return None
