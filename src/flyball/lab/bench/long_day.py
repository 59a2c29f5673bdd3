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


def sizes_mb() -> tuple[float, float]:
    """What this process holds now and the most it has ever held. Where the system does not say the former,
    both are the peak.
    """
    told = Path("/proc/self/status")
    if told.exists():
        # not ru_maxrss: on Linux a child's begins with its parent's
        rows = dict(line.split(":", 1) for line in told.read_text().splitlines())
        return _kb(rows["VmRSS"]) / 1024, _kb(rows["VmHWM"]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    most_mb = most / (1 << 20) if sys.platform == "darwin" else most / 1024
    return most_mb, most_mb


def _kb(text: str) -> int:
    return int(text.split()[0])


def main(events: int, folder: str) -> None:
    """Fly the day and tell what it took."""
    bench = Bench(Path(folder), 50)
    before, _ = sizes_mb()
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
    _, after = sizes_mb()
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
