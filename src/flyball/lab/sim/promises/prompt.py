"""P1: what reduces waits for the write and for nothing else. An exit that was written has left, or was stopped
at the gate, a few seconds later, whatever the disk does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flyball.journal.codec import Record
from flyball.kernel.effects import Ended, Order
from flyball.kernel.events import NotSent
from flyball.lab.sim.promises.amounts import NS
from flyball.lab.sim.promises.broken import Broken
from flyball.lab.sim.promises.socket import Socket

SOON: Final = 5 * NS  # of true time
TURNS: Final = 3  # batches behind that: the governor may have stood still


@dataclass(slots=True)
class Owed:
    """An exit that was decided and has not left."""

    since: int
    turns: int = 0


class Prompt:
    """The exits of one process on their way to the socket."""

    def __init__(self) -> None:
        self._owed: dict[tuple[str, int], Owed] = {}

    def started(self) -> None:
        """Another process: what the dead one owed, the next decides again."""
        self._owed.clear()

    def batch(self, records: Sequence[Record], socket: Socket, now: int) -> None:
        """A batch was taken, and what it lets out has left."""
        for record in records:
            if isinstance(record, Order) and not record.adds:
                self._owed[record.client_id, record.attempt] = Owed(now)
            elif isinstance(record, NotSent | Ended):
                for key in [key for key in self._owed if key[0] == record.client_id]:
                    del self._owed[key]
        for key, x in list(self._owed.items()):
            if key[1] in socket.attempts.get(key[0], ()):
                del self._owed[key]
                continue
            x.turns += now > x.since + SOON
            if x.turns >= TURNS:
                raise Broken("P1", f"{key[0]}: reduces, decided {now - x.since} ns ago, and has not left")
