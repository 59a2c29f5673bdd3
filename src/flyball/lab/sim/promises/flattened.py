"""What a latch means by "flatten": while it holds and the market is open, every book in its scope goes away,
or a person is called because it does not.

The governor has its attempts a minute apart, and one more, of its own running time and in an open session.
"""

from typing import Final

from flyball.kernel.effects import Alert, Flat
from flyball.lab.sim.promises.amounts import MINUTE
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.model import Model

PATIENCE: Final = 6 * MINUTE
PAGE: Final = "not_flat"

Key = tuple[str, str]


class Flattened:
    """Watches every latch that flattens."""

    def __init__(self) -> None:
        self._since: dict[Key, int] = {}  # since when something is held under it and this process could act
        self._flat: dict[
            Key, int
        ] = {}  # when it was last confirmed: a page from before is about something else
        self._overdue: dict[Key, int] = {}
        self._paged = -1

    def started(self) -> None:
        """A new process has its own time."""
        self._since.clear()
        self._overdue.clear()

    def alert(self, f: Alert) -> None:
        if f.alert == PAGE:
            self._paged = f.ts

    def flat(self, f: Flat) -> None:
        if f.confirmed:
            self._flat[f.why, f.scope] = f.ts

    def step(self, m: Model) -> None:
        """After each event."""
        day = m.day
        is_open = day is not None and day.open <= m.ts < day.close
        under = {
            key: left
            for key, latch in m.latches.items()
            if is_open and latch.record.positions == "flatten" and (left := _held(m, key[1]))
        }
        for key in [key for key in self._since if key not in under]:
            del self._since[key]
            self._overdue.pop(key, None)
        for key, left in under.items():
            since = self._since.setdefault(key, m.ts)
            begun = max(m.latches[key].record.ts, self._flat.get(key, 0))
            if m.ts < since + PATIENCE or self._paged >= begun:
                self._overdue.pop(key, None)
            elif m.ts > self._overdue.setdefault(key, m.ts):  # behind a pause its timers are next
                what = ", ".join(f"{who} {qty} {what}" for who, what, qty in left)
                held = f"{what} held for {(m.ts - since) // MINUTE} min"
                raise Broken("P10", f"{held} under {key[0]} {key[1]}, and nobody paged")


def _held(m: Model, scope: str) -> list[tuple[str, str, int]]:
    kind, _, name = scope.partition(":")
    return [
        (who, what, book.qty)
        for who, what, book in m.all_books()
        if book.qty and (kind == "account" or name == (who if kind == "strategy" else what))
    ]
