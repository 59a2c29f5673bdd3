"""Seeds of the simulator flown in this very checkout, one after another, until one breaks a promise.

It runs inside the copy that has the bug: a line of JSON for each seed, `[seed, promise, what, seconds]`, the
promise "" when all held.
"""

import json
import sys

from flyball.lab.sim.fan import fly


def main(seeds: list[str]) -> int:
    """Fly them in this order; 1 when one broke."""
    for seed in seeds:
        found = fly((int(seed), None, 0))
        sys.stdout.write(json.dumps([found.seed, found.broken, found.what, found.seconds]) + "\n")
        sys.stdout.flush()
        if found.broken:
            return 1
    return 0
