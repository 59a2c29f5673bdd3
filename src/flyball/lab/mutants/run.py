"""Plant every bug, one at a time, in a copy of the checkout, and see a test turn red.

First the selected tests run on the unchanged copy: they must be green, or red would prove nothing. A run
counts as caught only when tests *failed*; a copy that cannot even be imported proves nothing either.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from flyball.lab.mutants.mutant import Mutant, path_of, planted

PARTS: Final = ("src", "tests", "tools", "pyproject.toml", "docs", "Makefile", "README.md")
LEAVE: Final = shutil.ignore_patterns("__pycache__", ".hypothesis", "*.pyc")
FAILED: Final = 1  # pytest: tests were collected and run, and some failed
GREEN: Final = 0
LONGEST_S: Final = 180.0
TAIL: Final = 1_500

# The package under test is the copy's, and each run proves it before it counts.
START: Final = (
    "import sys, pathlib, flyball, pytest; "
    "at = pathlib.Path(flyball.__file__).resolve(); "
    "root = pathlib.Path.cwd().resolve(); "
    "sys.exit(pytest.main(sys.argv[1:]) if root in at.parents else f'{at}: not the copy in {root}')"
)
_FIRST_RED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class NotGreen(Exception):  # noqa: N818 - it says what is the case
    """The selected tests already fail without any bug: nothing can be learnt."""


class NoCheckout(Exception):  # noqa: N818 - it says what is the case
    """There is no source tree with tests around this package."""


@dataclass
class Outcome:
    """What became of one bug. `by`: the first test that failed."""

    name: str
    file: str
    caught: bool
    by: str
    seconds: float
    detail: str = ""  # the end of what pytest said, when it was not caught


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


def copy_of(root: Path, to: Path) -> Path:
    """What is needed to run the tests, without caches.

    Byte code is checked by the hash of its source: a bug may have the same size as the text it replaces, and
    be planted within the same second.
    """
    for part in PARTS:
        source = root / part
        if source.is_dir():
            shutil.copytree(source, to / part, ignore=LEAVE)
        elif source.exists():
            shutil.copy(source, to / part)
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "src"]
    subprocess.run(command, cwd=to, check=True, env=_environment(to))
    return to


def _environment(copy: Path) -> dict[str, str]:
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "FLYBALL_SHARED")
    given = {name: os.environ[name] for name in keep if name in os.environ}
    return {**given, "PYTHONPATH": str(copy / "src"), "PYTHONHASHSEED": "0"}


def run_tests(copy: Path, tests: Sequence[str], *, first: bool) -> tuple[int, str]:
    """Pytest's exit code and output. `first`: stop at the first failure. A hang is a failure."""
    options = ["-q", "-p", "no:cacheprovider", "--tb=no", "--no-header", *(["-x"] if first else [])]
    command = [sys.executable, "-c", START, *options, *tests]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=_environment(copy),
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FAILED, f"FAILED {tests[0]} (no end within {LONGEST_S:.0f} s)"
    return done.returncode, done.stdout + done.stderr


def judge(copy: Path, m: Mutant) -> Outcome:
    """Plant one bug, run its tests, take it out again."""
    path = path_of(copy, m)
    source = path.read_text(encoding="utf-8")
    started = time.monotonic()
    path.write_text(planted(m, source), encoding="utf-8")
    try:
        code, said = run_tests(copy, m.tests, first=True)
    finally:
        path.write_text(source, encoding="utf-8")
    red = _FIRST_RED.search(said)
    caught = code == FAILED and red is not None
    return Outcome(
        m.name,
        m.file,
        caught,
        red.group(1) if red is not None and caught else "",
        round(time.monotonic() - started, 1),
        "" if caught else said[-TAIL:],
    )


def hunt(root: Path, mutants: Sequence[Mutant]) -> Iterator[Outcome]:
    """Every bug in turn. NotGreen when the tests they name fail without any."""
    with tempfile.TemporaryDirectory(prefix="flyball-mutants-") as folder:
        copy = copy_of(root, Path(folder))
        tests = sorted({test for m in mutants for test in m.tests})
        code, said = run_tests(copy, tests, first=False)
        if code != GREEN:
            raise NotGreen(f"the tests fail without any bug planted (pytest says {code}):\n{said[-TAIL:]}")
        for m in mutants:
            yield judge(copy, m)


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
