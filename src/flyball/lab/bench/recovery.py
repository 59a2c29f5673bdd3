"""J2: how long a governor takes to be back after a crash at the end of a long day, and what that takes in
memory; from the beginning of the journal, and from the newest snapshot.

The day is written, and each recovery done, in a process of its own, as `flyball run` would: the whole chain
is walked, every effect of what is replayed is compared.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from flyball.lab.bench.figure import AT_MOST, Figure, judged
from flyball.lab.bench.memory import LONGEST_S, MILLION

PROCESS: Final = "flyball.lab.bench.recovering"
LINES: Final = {"genesis": (120.0, 200.0), "snapshot": (10.0, 200.0)}  # seconds, MB
WORDS: Final = {"genesis": "from the beginning", "snapshot": "from the newest snapshot"}


def j2(folder: Path, events: int) -> list[Figure]:
    """Write the day once; recover from it in both ways."""
    place = str(folder / "journal")
    day = _told("write", place, str(events))
    found = []
    for how, (seconds, memory) in LINES.items():
        told = _told(how, place)
        if (told["records"], told["state_hash"]) != (day["records"], day["state_hash"]):
            raise RuntimeError(f"the recovery {WORDS[how]} ended elsewhere: {told}, written was {day}")
        # the beginning grows with the day; what lies behind a snapshot does not
        scale = max(1.0, MILLION / day["events"]) if how == "genesis" else 1.0
        detail = {**told, "journal_mb": day["journal_mb"], "day": day["events"], "scaled": scale > 1}
        what = f"recovery of a day of 1M events {WORDS[how]}"
        took = told["walk_s"] + told["replay_s"]
        found.append(judged("J2", f"{what}, seconds", took * scale, AT_MOST, seconds, detail))
        grown = told["after_mb"] - told["before_mb"]
        found.append(judged("J2", f"{what}, MB", max(grown, 0.1), AT_MOST, memory, detail))
    return found


def _told(*words: str) -> dict[str, Any]:
    """What the process says."""
    done = subprocess.run(
        [sys.executable, "-m", PROCESS, *words],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
