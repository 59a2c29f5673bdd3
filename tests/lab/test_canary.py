"""The canary: a known bug, planted in a copy, is found there by `flyball lab sim`, named, and shown again by
the one line it prints.

A simulator that finds nothing proves nothing, unless this bird dies.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.lab.mutants.copied import PROOF, copy_of, environment
from flyball.lab.mutants.mutant import path_of, planted
from flyball.lab.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]
BUG = "call durable what is only asked for"
PROMISE = "P1"
CLI = PROOF + "assert ours; from flyball.main import cli; cli()"


@pytest.fixture
def copy(tmp_path):
    return copy_of(ROOT, tmp_path, ("src", "pyproject.toml"))


def flyball(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The copy's own command line."""
    command = [sys.executable, "-c", CLI, *words]
    return subprocess.run(
        command, cwd=copy, env=environment(copy), capture_output=True, text=True, timeout=120, check=False
    )


def test_the_bird_dies_and_says_of_what(copy):
    bug = next(m for m in MUTANTS if m.name == BUG)
    path = path_of(copy, bug)
    sound = path.read_text(encoding="utf-8")
    path.write_text(planted(bug, sound), encoding="utf-8")

    found = flyball(copy, "lab", "sim", "--seeds", "60", "--first", str(bug.seed))
    assert found.returncode == 1, found.stdout + found.stderr
    assert f"{PROMISE} BROKE at seed " in found.stdout
    line = re.search(r"^again: flyball (.+)$", found.stdout, re.MULTILINE)
    assert line is not None, found.stdout

    again = flyball(copy, *shlex.split(line.group(1)), "--no-shrink")
    assert again.returncode == 1, again.stdout + again.stderr
    assert f"{PROMISE} BROKE at seed " in again.stdout

    path.write_text(sound, encoding="utf-8")
    healthy = flyball(copy, *shlex.split(line.group(1)), "--no-shrink")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "every promise held" in healthy.stdout
