"""`python -m tools.kernel_mutants`: a hundred random changes to the kernel's code, drawn by a seed; the tests
have to notice each.

mutmut (requirements/mutants.txt) makes them and runs the tests that reach each one, in a copy of the
checkout. One that survives shows a test that is missing, or stands in `survivors.toml` with the reason why no
test can tell. Exit code 1 when one survives without a reason, or more than ten in a hundred survive at all.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
KERNEL: Final = "src/flyball/kernel"
COPY: Final = ROOT / ".cache" / "kernel-mutants"
REASONS: Final = ROOT / "tools" / "survivors.toml"
PARTS: Final = ("src", "tests", "tools", "docs", "Makefile", "README.md", "CHANGELOG.md", "requirements")
TABLES: Final = ("events.py", "effects.py", "words.py")  # texts and shapes, no rules
QUICK: Final = "tests/kernel"  # for all of them, but for what takes long with a counter in every function
SLOW: Final = ("tests/kernel/test_clips.py", "tests/kernel/test_machine.py")  # for those who survive that
ELSEWHERE: Final = ("tests/kernel/test_newer_python.py",)  # another Python would import mutmut
LAST: Final = ("tests/oracle",)
MOST: Final = 10  # survivors in a hundred
SEED: Final = 3
COUNT: Final = 100
LIVED: Final = (0, 5, 33)  # mutmut's exit codes: every test passed, or there was none
CONFIG: Final = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/flyball/kernel/*"]
also_copy = ["tools", "docs", "Makefile", "README.md", "CHANGELOG.md", "requirements"]
pytest_add_cli_args = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no"]
pytest_add_cli_args_test_selection = [{tests}]
use_git_change_detection = false
timeout_multiplier = 2.0
"""


def copied() -> None:
    """A copy of the checkout with mutmut's settings in its pyproject.toml."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    skip = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, COPY / part, ignore=skip)
        else:
            shutil.copy(ROOT / part, COPY / part)
    tests = [QUICK, *(f"--ignore={path}" for path in (*SLOW, *ELSEWHERE))]
    settings = CONFIG.format(tests=", ".join(f'"{one}"' for one in tests))
    (COPY / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + settings)


def drawn(seed: int, count: int) -> list[str]:
    """The names of that many changes, out of all that mutmut can make to the kernel."""
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    names: list[str] = []
    for path in sorted((COPY / KERNEL).rglob("*.py")):
        if path.name not in TABLES:
            found = mutate_file_contents(str(path), path.read_text(), None, None)
            names += [get_mutant_name(path.relative_to(COPY), name) for name in found.mutant_names]
    return sorted(random.Random(seed).sample(sorted(names), count))


def mutmut(*words: str, quiet: bool = False) -> str:
    """mutmut's command line in the copy; what it said when it is not to say it itself."""
    path = os.pathsep.join((str(COPY), os.environ["PYTHONPATH"]))
    done = subprocess.run(
        [sys.executable, "-c", "from mutmut.__main__ import cli; cli()", *words],
        cwd=COPY,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE if quiet else sys.stderr,
        text=True,
        check=True,
    )
    return done.stdout or ""


def lived(names: list[str]) -> list[str]:
    """Those of them that no quick test noticed."""
    codes: dict[str, int | None] = {}
    for path in (COPY / "mutants" / KERNEL).rglob("*.meta"):
        codes |= json.loads(path.read_text())["exit_code_by_key"]
    assert all(codes.get(name) is not None for name in names), "mutmut did not run all of them"
    return [name for name in names if codes[name] in LIVED]


def noticed(name: str) -> bool:
    """Whether a slow test notices it."""
    tests = [*SLOW, *LAST]
    path = os.pathsep.join((str(COPY / "mutants" / "src"), os.environ["PYTHONPATH"]))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=no", *tests],
        cwd=COPY / "mutants",
        env={**os.environ, "PYTHONPATH": path, "MUTANT_UNDER_TEST": name},
        capture_output=True,
        check=False,
    )
    return done.returncode == 1


def change(name: str) -> tuple[str, str]:
    """Where it is, and what it changes: the lines taken out and put in, without their indentation."""
    lines = mutmut("show", name, quiet=True).splitlines()
    path = next(line.removeprefix("--- ").strip() for line in lines if line.startswith("--- "))
    marks = [line for line in lines if line[:1] in ("-", "+") and line[:3] not in ("---", "+++")]
    return Path(path).relative_to(KERNEL).as_posix(), "\n".join(f"{x[0]} {x[1:].strip()}" for x in marks)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.kernel_mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help="which hundred (default %(default)s)")
    parser.add_argument("--count", type=int, default=COUNT, help="how many (default %(default)s)")
    parser.add_argument("--together", type=int, default=2, help="processes (default %(default)s)")
    given = parser.parse_args()

    copied()
    names = drawn(given.seed, given.count)
    mutmut("run", "--max-children", str(given.together), *names)
    reasons = {
        (row["file"], row["change"].strip()): row["reason"]
        for row in tomllib.loads(REASONS.read_text()).get("survivor", ())
    }
    quick = {name: change(name) for name in lived(names)}
    if any(at not in reasons for at in quick.values()) and noticed(""):
        sys.exit("the slow tests fail without any change: nothing can be learnt")
    survivors = [name for name, at in quick.items() if at in reasons or not noticed(name)]
    unexplained = 0
    for name in survivors:
        at = quick[name]
        why = reasons.get(at, "")
        unexplained += not why
        sys.stdout.write(f"\n{at[0]} ({name})\n{at[1]}\n{why or 'LIVED: a test is missing, or a reason'}\n")
    sys.stdout.write(
        f"\n{len(names) - len(survivors)} of {len(names)} changes were noticed;"
        f" {len(survivors)} lived, {unexplained} of them without a reason\n"
    )
    return int(unexplained > 0 or len(survivors) * 100 > MOST * len(names))


if __name__ == "__main__":
    sys.exit(main())
