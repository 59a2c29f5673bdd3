"""Plant every bug, one at a time, in a copy of the checkout, and see a test turn red or a promise break.

First the selected tests run on the unchanged copy and must be green, and the seeds fly there: red or broken
would prove nothing. A run counts as caught only when tests *failed* or a promise *broke*; a copy that cannot
even be imported proves nothing either.
"""

import json
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from flyball.lab.mutants.copied import PROOF, copy_of, environment
from flyball.lab.mutants.mutant import Mutant, path_of, planted
from flyball.lab.mutants.seeds import LAST, Clean, NoFlight, look

FAILED: Final = 1  # pytest: tests were collected and run, and some failed
GREEN: Final = 0
LONGEST_S: Final = 180.0
TAIL: Final = 1_500
TOGETHER: Final = 2  # copies with a bug in them at a time

START: Final = PROOF + (
    "import pytest; sys.exit(pytest.main(sys.argv[1:]) if ours else f'{at}: not the copy in {root}')"
)
_FIRST_RED: Final = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


class NotGreen(Exception):  # noqa: N818 - it says what is the case
    """The selected tests already fail without any bug: nothing can be learnt."""


class NoCheckout(Exception):  # noqa: N818 - it says what is the case
    """There is no source tree with tests around this package."""


@dataclass
class Outcome:
    """What became of one bug. `by`: the first test that failed, the seed that broke a promise."""

    name: str
    file: str
    caught: bool
    by: str
    seconds: float
    detail: str = ""  # what was said by those that did not notice


def checkout() -> Path:
    """The source tree this package runs from. NoCheckout when it was installed without one."""
    import flyball

    root = Path(flyball.__file__).resolve().parents[2]
    if not (root / "pyproject.toml").is_file() or not (root / "tests").is_dir():
        raise NoCheckout(
            f"{root}: planted bugs need a checkout with its tests\n"
            "remedy: clone the repository, `make setup`, then `.venv/bin/flyball lab mutants`"
        )
    return root


def run_tests(copy: Path, tests: Sequence[str], *, first: bool) -> tuple[int, str]:
    """Pytest's exit code and output. `first`: stop at the first failure. A hang is a failure."""
    options = ["-q", "-p", "no:cacheprovider", "--tb=no", "--no-header", *(["-x"] if first else [])]
    command = [sys.executable, "-c", START, *options, *tests]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment(copy),
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FAILED, f"FAILED {tests[0]} (no end within {LONGEST_S:.0f} s)"
    return done.returncode, done.stdout + done.stderr


def judge(copy: Path, m: Mutant, clean: Clean) -> Outcome:
    """Plant one bug, let its tests and the simulator look for it, take it out again."""
    path = path_of(copy, m)
    source = path.read_text(encoding="utf-8")
    started = time.monotonic()
    path.write_text(planted(m, source), encoding="utf-8")
    by: list[str] = []
    missed: list[str] = []
    try:
        for found, said in _noticed(copy, m, clean):
            (by if found else missed).append(said)
    finally:
        path.write_text(source, encoding="utf-8")
    caught = bool(by) and not missed
    seconds = round(time.monotonic() - started, 1)
    return Outcome(m.name, m.file, caught, ", ".join(by) if caught else "", seconds, "\n".join(missed))


def _noticed(copy: Path, m: Mutant, clean: Clean) -> Iterator[tuple[bool, str]]:
    """Each way it must be noticed: whether it was, and by what or what was said."""
    if m.tests:
        code, said = run_tests(copy, m.tests, first=True)
        red = _FIRST_RED.search(said)
        yield (True, red.group(1)) if code == FAILED and red is not None else (False, said[-TAIL:])
    if m.seed:
        try:
            found = look(copy, m.seed, clean)
        except NoFlight as failed:
            yield False, str(failed)[-TAIL:]
            return
        if found is None:
            yield False, f"none of the seeds 1 to {LAST} broke a promise"
        else:
            yield True, f"seed {found.seed} ({found.broken})"


def hunt(root: Path, mutants: Sequence[Mutant]) -> Iterator[Outcome]:
    """Every bug, in order. NotGreen when the tests they name fail without any; Rotten: one does not fit."""
    with tempfile.TemporaryDirectory(prefix="flyball-mutants-") as folder:
        pristine = copy_of(root, Path(folder) / "clean")
        clean = Clean(pristine)
        _green(pristine, mutants, clean)
        for m in mutants:  # before the first is hunted: a row that does not fit is said at once
            planted(m, path_of(pristine, m).read_text(encoding="utf-8"))
        copies: queue.Queue[Path] = queue.Queue()
        for n in range(min(TOGETHER, len(mutants))):
            copies.put(shutil.copytree(pristine, Path(folder) / f"copy{n}"))

        def one(m: Mutant) -> Outcome:
            copy = copies.get()
            try:
                return judge(copy, m, clean)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(TOGETHER) as pool:
            yield from pool.map(one, mutants)


def _green(pristine: Path, mutants: Sequence[Mutant], clean: Clean) -> None:
    """Whether all that is to notice a bug is content without one. NotGreen when it is not."""
    tests = sorted({test for m in mutants for test in m.tests})
    parts = [part for n in range(TOGETHER) if (part := tests[n::TOGETHER])]
    with ThreadPoolExecutor(TOGETHER) as pool:
        ran = [pool.submit(run_tests, pristine, part, first=False) for part in parts]
        flown = pool.submit(clean.fly, [m.seed for m in mutants if m.seed])
    for code, said in (one.result() for one in ran):
        if code != GREEN:
            raise NotGreen(f"the tests fail without any bug planted (pytest says {code}):\n{said[-TAIL:]}")
    try:
        flown.result()
    except NoFlight as failed:
        raise NotGreen(f"the simulator does not fly without any bug planted:\n{failed}") from failed


def chosen(mutants: Sequence[Mutant], only: str | None) -> list[Mutant]:
    """All of them, or those whose name holds `only`."""
    return [m for m in mutants if only is None or only.lower() in m.name.lower()]


def report(outcomes: Iterator[Outcome], *, as_json: bool, say: Callable[[str], None]) -> int:
    """Tell each outcome as it comes; the exit code: 1 when a bug lived."""
    lived: list[Outcome] = []
    total = 0
    for o in outcomes:
        total += 1
        if not o.caught:
            lived.append(o)
        if as_json:
            say(json.dumps(asdict(o)))
        else:
            say(f"{'caught' if o.caught else 'LIVED '}  {o.seconds:5.1f} s  {o.name:<58} {o.by}")
    if not as_json:
        for o in lived:
            say(f"\n{o.name} ({o.file}) lived:\n{o.detail}")
        say(f"\n{total - len(lived)} of {total} planted bugs were caught")
    return 1 if lived or not total else 0
