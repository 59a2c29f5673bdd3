"""A paper broker behind chaos: calls at their times, what the governor's side heard, deaths in between."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flyball.broker.chaos import Chaos
from flyball.broker.chaos_call import Chaotic
from flyball.broker.chaos_kinds import Stroke
from flyball.broker.paper import Paper
from flyball.kernel.events import Event, Fill, Update
from flyball.kernel.units import MINUTE, NS
from flyball.ports import Disk
from tests.broker.world import CLOSE, OPEN, QUIET, SEED, Say, Tape, broker, say, tape

LATER = OPEN + 300 * MINUTE
PRICES = tuple(1_000_000 + 500 * (k % 11) for k in range(900))


@dataclass
class Side:
    """The governor's side of it."""

    disk: Disk
    chaos: Chaos
    settings: Any = QUIET
    prices: Sequence[int] = PRICES
    heard: list[Event] = field(default_factory=list)
    front: Chaotic = field(init=False)
    paper: Paper = field(init=False)

    def __post_init__(self) -> None:
        self.start(0, OPEN)

    def start(self, cursor: int, now: int, meet: Callable[[str], None] = lambda _: None) -> None:
        """Another incarnation, behind an event of the stream."""
        if hasattr(self, "paper"):
            self.paper.close()
        feed: Tape = tape(*self.prices)
        self.paper = broker(self.disk, feed, settings=self.settings, now=now)
        self.front = self.chaos.wrap(self.paper, meet=meet)
        self.front.resume(cursor, now)

    def go(self, until: int, calls: Sequence[Say] = ()) -> list[Any]:
        """Live on, making each call at its time; what was heard meanwhile."""
        before = len(self.heard)
        for call in sorted(calls, key=lambda c: c.ts):
            self._to(call.ts)
            say(self.front, call)  # type: ignore[arg-type]
        self._to(until)
        return self.heard[before:]

    def _to(self, until: int) -> None:
        while (due := self.front.next_due()) is not None and due <= until:
            self.heard += self.front.take(due)
        self.heard += self.front.take(until)


def chaos(kinds: Mapping[str, int] | None = None, *script: Stroke, **how: Any) -> Chaos:
    """Chaos from OPEN on, in the governor's time."""
    given = {"begin": OPEN, "hours": ((OPEN, CLOSE),), "by_hand": {"AAPL": 50}, **how}
    return Chaos(SEED, kinds or {}, script=script, **given)


def told(events: Sequence[Event]) -> list[Any]:
    """Of the stream."""
    return [e for e in events if isinstance(e, Update | Fill)]


def brief(events: Sequence[Any]) -> list[tuple[int, str, str]]:
    """(ms since the open, what, client id) of each."""
    return [
        (
            (e.ts - OPEN) // (NS // 1_000),
            getattr(e, "state", "") or getattr(e, "call", "") or e.KIND,
            getattr(e, "client_id", ""),
        )
        for e in events
    ]
