"""What is installed is pinned, hashed, nameless about hosts, and follows from pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = ("uv", "run", "dev")


def pins(name: str) -> dict[str, set[str]]:
    """Distribution -> its versions in requirements/`name`.txt (more than one where they differ by Python)."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if match := re.match(r"([a-z0-9-]+)==([^ ;]+)", line):
            found.setdefault(match[1], set()).add(match[2])
    return found


def plain(requirement: str) -> str:
    """`mypy_extensions>=1.1` is the distribution mypy-extensions."""
    return re.split(r"[<>=;\[ ]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", PINNED)
def test_pins_name_no_host(name):
    for text in (ROOT / "requirements").glob(f"{name}.*"):
        assert "://" not in text.read_text()


@pytest.mark.parametrize("name", PINNED)
def test_every_pin_has_hashes(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=[a-z])", text)
    assert len(entries) >= len(pins(name)) > 0
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_what_runs_is_checked_in_the_same_versions():
    assert pins("run").items() <= pins("dev").items()


def test_the_pins_follow_from_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [project["dependencies"], *project["optional-dependencies"].values()]
    assert {plain(requirement) for part in wanted for requirement in part} <= pins("run").keys()


def test_the_sample_prices_come_alone():
    assert "bokeh-sampledata" in pins("run")
    assert not {"pandas", "numpy", "shapely", "icalendar"} & pins("run").keys()


def test_no_lock_file_records_where_packages_came_from():
    assert "uv.lock" in (ROOT / ".gitignore").read_text().splitlines()
    assert not (ROOT / "uv.lock").exists()
