"""F13: what a long day costs in memory, and how long `flyball status` takes to start."""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

from flyball.lab.bench.figure import AT_MOST, Figure, judged

MILLION: Final = 1_000_000
UNREACHABLE: Final = 3  # the exit code of `flyball status` without a governor
LONGEST_S: Final = 1_800.0


def f13(folder: Path, rounds: int, events: int) -> list[Figure]:
    """A day in a process of its own, and the start of the command people use most."""
    return [_day(folder, events), _status(folder, rounds)]


def _day(folder: Path, events: int) -> Figure:
    command = [sys.executable, "-m", "flyball.lab.bench.long_day", str(events), str(folder / "day")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the long day ended with {done.returncode}: {done.stderr[-500:]}")
    found = json.loads(done.stdout)
    grown = found["after_mb"] - found["before_mb"]
    scaled = grown * max(1.0, MILLION / found["events"])
    detail = {**found, "grown_mb": round(grown, 1), "scaled": found["events"] < MILLION}
    return judged("F13", "memory of a day of 1M events, 50 symbols, MB", scaled, AT_MOST, 120, detail)


def _status(folder: Path, rounds: int) -> Figure:
    """Median of the whole command against no governor: import, look for the socket, say so."""
    script = Path(sys.executable).with_name("flyball")
    command = (
        [str(script)] if script.exists() else [sys.executable, "-c", "from flyball.main import cli; cli()"]
    )
    (folder / "nobody").mkdir()
    took: list[float] = []
    for n in range(rounds + 1):
        started = time.perf_counter()
        done = subprocess.run(
            [*command, "status", "--dir", str(folder / "nobody")], capture_output=True, check=False
        )
        if n:  # the first one may read from a cold disk
            took.append(time.perf_counter() - started)
        if done.returncode != UNREACHABLE:
            raise RuntimeError(f"flyball status ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    detail: dict[str, object] = {"runs": [round(t, 3) for t in took]}
    return judged("F13", "start of `flyball status`, seconds", median(took), AT_MOST, 0.25, detail)
