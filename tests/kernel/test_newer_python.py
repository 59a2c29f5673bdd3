"""The same events give the same decisions and the same hashes on the next Pythons (P7). Those that are on
this machine are found by themselves; the kernel needs nothing installed.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flyball.kernel.events import Event
from flyball.kernel.governor import Governor
from flyball.lab.bench.day import Day
from tests.journal.story import day
from tests.kernel.elsewhere import row

SRC = Path(__file__).parents[2] / "src"
HERE = Path(__file__).with_name("elsewhere.py")
OTHERS = [(3, minor) for minor in (12, 13, 14) if minor != sys.version_info.minor]
EVENTS = 3_000


@cache
def python(version: tuple[int, int]) -> str | None:
    """An interpreter of this version that starts: by its name, or where pyenv keeps it."""
    name = f"python{version[0]}.{version[1]}"
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    pyenv = sorted(str(found) for found in kept.glob(f"{version[0]}.{version[1]}.*/bin/{name}"))
    for found in (*pyenv, shutil.which(name)):
        if found and told(found, "-c", "import sys; print(list(sys.version_info[:2]))") == list(version):
            return found
    return None


def told(interpreter: str, *words: str) -> Any:
    done = subprocess.run([interpreter, "-I", *words], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story with every class of event, and in a file of its own a busy day, as lines."""
    folder = tmp_path_factory.mktemp("events")
    kinds = tuple(Event.__args__)
    story = [record for _, record in day().records if isinstance(record, kinds)]
    (folder / "story").write_text("".join(row(e) + "\n" for e in story), encoding="ascii")
    with (folder / "day").open("w", encoding="ascii") as out:
        governor = Governor()

        def take(event: Event) -> Any:
            out.write(row(event) + "\n")
            return governor.step(event)

        Day(take, 20).begin().fly(EVENTS)
    return folder


@pytest.mark.parametrize("which", ["story", "day"])
def test_the_hashes_are_the_same(which: str, events: Path) -> None:
    others = [version for version in OTHERS if python(version)]
    if not others:
        pytest.skip(f"0 other Pythons on this machine of {len(OTHERS)} looked for: {OTHERS}")
    ours = told(sys.executable, str(HERE), str(SRC), str(events / which))
    assert ours.pop("python") == list(sys.version_info[:2])
    assert ours["steps"] == len((events / which).read_text().splitlines()) > 50
    for version in others:
        theirs = told(python(version) or "", str(HERE), str(SRC), str(events / which))
        assert isinstance(theirs, dict), theirs
        assert theirs.pop("python") == list(version)
        assert theirs == ours
