"""A client of the paper broker in a process of its own, that ends itself the hard way when told to.

`python -m tests.broker.life_of_a_client FOLDER WHEN AT`: 30 orders a second apart, and a line on stdout for
every event heard. WHEN is "sent" (right after handing over order number AT, before anything is synced),
"heard" (when event AT has come, before it is printed) or "never".
"""

import os
import signal
import sys

from flyball.broker.paper import Paper
from flyball.broker.paper_settings import PaperSettings
from flyball.kernel.events import Event, Fill, Update
from flyball.kernel.units import NS
from tests.broker.world import OPEN, broker, disk_at, order, tape

ORDERS = [order(f"a-{k}", OPEN + k * NS, side=1 if k % 3 else -1) for k in range(30)]
SETTINGS = PaperSettings(partial_ppm=500_000, late_ppm=100_000, duplicate_ppm=100_000, timeout_ppm=100_000)


def start(folder: str) -> Paper:
    """The broker with its file in a folder."""
    feed = tape(*(1_000_000 + 300 * (k % 7) for k in range(200)), step=NS // 2 + 1)
    return broker(disk_at(folder), feed, settings=SETTINGS)


def say(event: Event) -> None:
    """Print a numbered event; the others are not the stream's."""
    if isinstance(event, Update | Fill):
        print(event.n, event, flush=True)


def main(folder: str, when: str, at: int) -> None:
    paper = start(folder)
    heard = 0
    for number, one in enumerate(ORDERS):
        for event in paper.take(one.ts):
            heard += 1
            if when == "heard" and heard == at:
                os.kill(os.getpid(), signal.SIGKILL)
            say(event)
        paper.submit(one)
        if when == "sent" and number == at:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
