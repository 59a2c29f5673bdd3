"""A test without its shared data is skipped and counted here, and fails where they are required."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
TESTS = """
def test_here(shared_data):
    assert shared_data("some/prices.csv").read_text() == "1"

def test_missing(shared_data):
    shared_data("more")

def test_missing_as_well(shared_data):
    shared_data("more/prices.csv")
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with our conftest, three tests, and shared data beside it for one of them."""
    (tmp_path / "checkout" / "tests").mkdir(parents=True)
    (tmp_path / "checkout" / "tests" / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "checkout" / "tests" / "test_data.py").write_text(TESTS)
    (tmp_path / "shared" / "data" / "some").mkdir(parents=True)
    (tmp_path / "shared" / "data" / "some" / "prices.csv").write_text("1")
    return tmp_path / "checkout"


def run_tests(checkout: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Pytest over `checkout`, in an environment that says nothing else about shared data."""
    inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        command, cwd=checkout, env=inherited | environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_is_missing_is_skipped_and_counted(checkout, options):
    run = run_tests(checkout, *options)
    assert run.returncode == 0, run.stdout
    assert "1 passed, 2 skipped" in run.stdout
    assert "2 skipped: shared data missing" in run.stdout


def test_where_data_are_required_what_is_missing_fails(checkout):
    run = run_tests(checkout, FLYBALL_REQUIRE_SHARED="1")
    assert run.returncode == 1
    assert "2 failed, 1 passed" in run.stdout
    missing = checkout.parent / "shared" / "data" / "more"
    assert f"shared data missing: {missing} (set FLYBALL_SHARED to the folder that holds data/)" in run.stdout


def test_the_folder_can_be_named(checkout):
    elsewhere = checkout.parent / "shared" / "data" / "elsewhere"
    (elsewhere / "data" / "more").mkdir(parents=True)
    (elsewhere / "data" / "more" / "prices.csv").write_text("1")
    run = run_tests(checkout, FLYBALL_SHARED=str(elsewhere))
    assert "2 passed, 1 skipped" in run.stdout
    assert "1 skipped: shared data missing" in run.stdout


def test_nothing_is_said_when_nothing_is_missing(checkout):
    run = run_tests(checkout, "-k", "here")
    assert run.returncode == 0
    assert "shared data missing" not in run.stdout
