"""The seeds that ever failed, one file each, flown before any other.

A seed is a story as long as the simulator that tells it stays the same; what it was about is told by its
`lesson`, and a test of its own holds that where it can be told without the simulator.
"""

import json
from importlib.resources import files

from flyball.lab.sim.fan import Job

FOLDER = "regressions"


def regressions() -> list[tuple[Job, str]]:
    """Each with its lesson, by name of file."""
    found = []
    for file in sorted(files(__package__).joinpath(FOLDER).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json"):
            told = json.loads(file.read_text(encoding="utf-8"))
            faults = None if told.get("faults") is None else tuple(told["faults"])
            found.append(((int(told["seed"]), faults, int(told.get("until", 0))), str(told["lesson"])))
    return found
