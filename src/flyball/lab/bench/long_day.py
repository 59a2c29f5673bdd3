"""The process whose memory F13 measures: a governor and its journal, fed one day block by block.

`python -m flyball.lab.bench.long_day EVENTS FOLDER` prints one JSON object: the resident set before the
day and its peak at the end.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Final

from flyball.kernel.effects import Effect
from flyball.kernel.events import Event
from flyball.lab.bench.durable import Bench

BLOCK: Final = 100
SYNC_EVERY: Final = 50  # blocks


def peak_mb() -> float:
    """The most memory this process has ever held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20) if sys.platform == "darwin" else most / 1024


def held_mb() -> float:
    """What it holds now, where the system says so; else the peak."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return peak_mb()
    return int(pages.read_text().split()[1]) * resource.getpagesize() / (1 << 20)


def main(events: int, folder: str) -> None:
    """Fly the day and tell what it took."""
    bench = Bench(Path(folder), 50)
    before = held_mb()
    start = bench.sequencer.events
    batch: list[Event] = []
    blocks = 0

    def take(event: Event) -> list[Effect]:
        # what the broker says next depends on an intent's answer: a block ends behind each
        nonlocal blocks
        batch.append(event)
        if len(batch) < BLOCK and event.KIND != "intent":
            return []
        effects = bench.sequencer.take(batch).effects
        batch.clear()
        blocks += 1
        if blocks % SYNC_EVERY == 0:
            bench.settle()
        return effects

    bench.day.take = take
    bench.day.fly(events)
    if batch:
        bench.sequencer.take(batch)
    bench.settle()
    after = peak_mb()
    s = bench.governor.state
    out = {
        "events": bench.sequencer.events - start,
        "records": bench.sequencer.records,
        "intents": len(s.day.intents),
        "symbols": len(s.markets),
        "before_mb": round(before, 1),
        "after_mb": round(after, 1),
    }
    bench.close()
    print(json.dumps(out))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
