"""`make test` leaves nothing out, cheap checks first; CI runs `make test` and insists on the shared data."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECKS = [
    "ruff check",
    "ruff format --check",
    "-m tools.lint_house",
    "lint-imports",
    "mypy --strict",
    "zensical build --clean --strict",
    "pytest -n 2",
]


def test_the_test_command_runs_every_check_cheapest_first():
    run = subprocess.run(
        ["make", "-n", "test"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = run.stdout.splitlines()
    places = [next(place for place, line in enumerate(lines) if check in line) for check in CHECKS]
    assert places == sorted(places)


def test_ci_runs_the_test_command_and_requires_the_shared_data(tmp_path):
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "$PWD" "$FLYBALL_REQUIRE_SHARED" "$@"\n')
    make.chmod(0o755)
    run = subprocess.run(
        [str(ROOT / ".ci" / "run")],
        cwd="/",
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"{ROOT} 1 test\n"
