"""A copy of the checkout in which a bug may be planted, and programs that run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PARTS: Final = ("src", "tests", "tools", "pyproject.toml", "docs", "Makefile", "README.md")
LEAVE: Final = shutil.ignore_patterns("__pycache__", ".hypothesis", "*.pyc")

# The package a program uses is the copy's, and each run proves it before it counts.
PROOF: Final = (
    "import sys, pathlib, flyball; "
    "at = pathlib.Path(flyball.__file__).resolve(); "
    "root = pathlib.Path.cwd().resolve(); "
    "ours = root in at.parents; "
)


def copy_of(root: Path, to: Path, parts: Sequence[str] = PARTS) -> Path:
    """What is needed to run the tests, or these parts, without caches.

    Byte code is checked by the hash of its source: a bug may have the same size as the text it replaces, and
    be planted within the same second.
    """
    to.mkdir(parents=True, exist_ok=True)
    for part in parts:
        source = root / part
        if source.is_dir():
            shutil.copytree(source, to / part, ignore=LEAVE)
        elif source.exists():
            shutil.copy(source, to / part)
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "src"]
    subprocess.run(command, cwd=to, check=True, env=environment(to))
    return to


def environment(copy: Path) -> dict[str, str]:
    """What a program in the copy sees."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "FLYBALL_SHARED")
    given = {name: os.environ[name] for name in keep if name in os.environ}
    return {**given, "PYTHONPATH": str(copy / "src"), "PYTHONHASHSEED": "0"}
