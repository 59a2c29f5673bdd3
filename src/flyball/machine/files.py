"""A person's own files and the steady clock, for commands: what is read once or written once, at the edge of
the program."""

import time
from pathlib import Path


def read_text(path: str | Path) -> str:
    """A text file, UTF-8."""
    return Path(path).read_text(encoding="utf-8")


def read_bytes(path: str | Path) -> bytes:
    return Path(path).read_bytes()


def write_text(path: str | Path, text: str) -> None:
    """Replace a text file, UTF-8."""
    Path(path).write_text(text, encoding="utf-8")


def make_folder(path: str | Path) -> None:
    """The folder and those above it, unless they are there."""
    Path(path).mkdir(parents=True, exist_ok=True)


def steady() -> float:
    """Seconds of a clock that never goes back, from no particular moment."""
    return time.monotonic()


def rest(seconds: float) -> None:
    """Wait, and do nothing else."""
    time.sleep(seconds)
