"""Section 4: a latch that is not durable in 250 ms is repeated in a second place, so that a power loss does
not take it away unseen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flyball.kernel.effects import LatchChange
from flyball.lab.sim.promises.amounts import NS
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.figures import Figures

LATE: Final = NS  # 250 ms, and room for a disk that is late with every write and never hangs
TURNS: Final = 3  # batches behind that: the governor has had its turn to note it


@dataclass(slots=True)
class Owed:
    """A latch not known durable."""

    record: LatchChange
    seq: int
    since: int
    turns: int = 0


class Repeated:
    """Latches on their way to the disk."""

    def __init__(self) -> None:
        self._owed: list[Owed] = []
        self._lost: list[Owed] = []

    def latch(self, f: LatchChange, seq: int, now: int) -> None:
        """A latch was set or cleared."""
        self._owed = [x for x in self._owed if (x.record.latch, x.record.scope) != (f.latch, f.scope)]
        if f.action == "set":
            self._owed.append(Owed(f, seq, now))

    def batch(self, durable: int, now: int) -> None:
        """A batch was taken; `durable` is the newest record that truly is."""
        if not self._owed:
            return
        self._owed = [x for x in self._owed if x.seq > durable]
        for x in self._owed:
            x.turns += now > x.since + LATE

    def crashed(self, *, power: bool) -> None:
        """The process is dead."""
        self._lost = [x for x in self._owed if x.turns >= TURNS] if power else []
        self._owed.clear()

    def started(self, m: Figures, noted: Iterable[Mapping[str, Any]] | None) -> None:
        """The next start: each is in the journal, or noted in the emergency log. None: nobody can read it."""
        lost, self._lost = self._lost, []
        if noted is None or not lost:
            return
        there = {(x.get("latch"), x.get("scope")) for x in noted if x.get("kind") == "latch"}
        for x in lost:
            key = (x.record.latch, x.record.scope)
            if key not in m.latches and key not in there:
                raise Broken(
                    "P6", f"{key[0]} on {key[1]} (record {x.seq}): lost with the power, noted nowhere"
                )
