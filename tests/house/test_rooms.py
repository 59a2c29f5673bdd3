"""The import rules in pyproject.toml catch every crossing the map forbids, and none it allows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "main lab desk ops sentinel runtime machine venue broker gateway feeds sensors bots "
    "journal config tables api ports kernel wire"
).split()

FORBIDDEN = {
    "kernel": ["ports", "journal", "machine", "wire", "runtime"],
    "wire": ["kernel", "ports", "broker"],
    "ports": ["journal", "machine", "broker", "runtime", "main"],
    "journal": ["machine", "runtime", "broker", "desk"],
    "config": ["machine", "runtime"],
    "api": ["runtime", "machine", "desk"],
    "machine": ["journal", "config", "tables", "api", "runtime", "broker", "bots", "desk", "lab", "main"],
    "venue": ["journal", "config", "api", "broker", "runtime", "machine"],
    "broker": ["gateway", "feeds", "sensors", "bots", "runtime", "machine", "desk"],
    "feeds": ["broker", "bots", "runtime"],
    "bots": ["broker", "feeds", "runtime", "machine"],
    "runtime": ["broker", "gateway", "feeds", "sensors", "bots", "machine", "venue", "desk", "lab", "main"],
    "desk": ["runtime", "machine", "lab", "main"],
    "ops": ["machine", "lab"],
    "sentinel": ["machine", "main", "kernel", "journal", "config", "ports", "broker", "api", "desk"],
    "lab": ["main"],
}
ALLOWED = {
    "ports": ["kernel"],
    "machine": ["ports", "kernel"],
    "journal": ["ports", "kernel", "config"],
    "tables": ["ports", "kernel"],
    "broker": ["ports", "kernel", "journal", "wire", "api"],
    "feeds": ["ports", "tables"],
    "venue": ["wire", "ports"],
    "runtime": ["journal", "config", "tables", "api", "ports", "kernel"],
    "desk": ["api", "journal", "ops", "config"],
    "lab": ["runtime", "broker", "machine", "desk", "kernel", "venue"],
    "main": ["lab", "runtime", "broker", "machine", "desk", "kernel"],
}


def build(folder: Path, crossings: dict[str, list[str]], rooms: list[str]) -> None:
    """A package of `rooms`, empty but for these imports, a module for each, under this project's rules."""
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    package = folder / "flyball"
    package.mkdir()
    (package / "__init__.py").touch()
    for room in rooms:
        (package / room).mkdir()
        (package / room / "__init__.py").touch()
        for target in crossings.get(room, []):
            (package / room / f"to_{target}.py").write_text(f"import flyball.{target}\n")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The import rules as make runs them; PYTHONPATH puts this package before the installed one."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("room", FORBIDDEN)
def test_every_forbidden_crossing_is_caught(tmp_path, room):
    build(tmp_path, {room: FORBIDDEN[room]}, ROOMS)
    run = lint(tmp_path)
    assert run.returncode == 1
    crossings = re.findall(r"- flyball\.(\w+)\.to_\w+ -> flyball\.(\w+)", run.stdout)
    assert set(crossings) == {(room, target) for target in FORBIDDEN[room]}


def test_what_the_map_allows_is_kept(tmp_path):
    build(tmp_path, ALLOWED, ROOMS)
    run = lint(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "5 kept, 0 broken" in run.stdout


def test_a_room_may_come_later(tmp_path):
    build(tmp_path, {"ports": ["kernel"]}, ["kernel", "ports"])
    assert lint(tmp_path).returncode == 0


def test_a_room_nobody_placed_is_caught(tmp_path):
    build(tmp_path, {}, ["kernel", "attic"])
    run = lint(tmp_path)
    assert run.returncode == 1
    assert "- flyball.attic" in run.stdout


def test_the_desk_reaches_the_runtime_by_no_detour(tmp_path):
    build(tmp_path, {"desk": ["ops"], "ops": ["runtime"]}, ["desk", "ops", "runtime"])
    assert lint(tmp_path).returncode == 0
    (tmp_path / "flyball" / "desk" / "detour.py").write_text("import flyball.ops.to_runtime\n")
    assert lint(tmp_path).returncode == 1
