"""A demo whose governor dies, really, whenever it steps one chosen event: what a damaged interpreter, too
little memory or a watchdog over an endless loop does.

    python -m tests.flight.poisoned mark:400 -- --dir run --sessions 2

The event is named by its kind and its source's number, or as `record:N` by its number in the journal (then
only a recovery meets it). `nothing` flies as ever, in the same process.
"""

import sys
from collections.abc import Callable

from flyball.kernel.effects import Effect
from flyball.kernel.events import Event
from flyball.kernel.governor import Governor
from flyball.lab.crash import die
from flyball.lab.demo.flight import fly_demo
from flyball.lab.demo.plan import Wanted


def poison(what: str) -> None:
    """From now on every governor of this process dies at it."""
    kind, _, number = what.partition(":")
    step: Callable[[Governor, Event], list[Effect]] = Governor.step

    def deadly(self: Governor, e: Event) -> list[Effect]:
        met = self.state.seq + 1 if kind == "record" else getattr(e, "n", 0)
        if kind in ("record", e.KIND) and met == int(number):
            die()
        return step(self, e)

    Governor.step = deadly  # type: ignore[method-assign]


def main(words: list[str]) -> int:
    """Fly the demo; the exit code if it did not die."""
    what, folder, sessions = words
    if what != "nothing":
        poison(what)
    wanted = Wanted(data=None, stamp=None, seed=1, sessions=int(sessions), folder=folder)
    return fly_demo(wanted, as_json=True, fresh=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
