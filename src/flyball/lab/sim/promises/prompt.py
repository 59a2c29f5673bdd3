"""P1: what reduces waits for the write and for nothing else. An exit that was written has left, or was
stopped at the gate, a few seconds later, whatever the disk does; what left from memory is in the emergency
log.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
        self._from_memory: list[str] = []  # client ids
        self.shut_until = 0  # the broker takes no call of anybody before then

    def crashed(self, *, power: bool) -> None:
        """The process is dead. An emergency log is not synced: with the power it may go."""
        if power:
            self._from_memory.clear()

    def started(self, noted: Iterable[Mapping[str, Any]] | None) -> None:
        """Another process: what the dead one owed, the next decides again. `noted`: the entries of the
        emergency log; None when nobody can read it."""
        self._owed.clear()
        left, self._from_memory = self._from_memory, []
        known = None if noted is None else {one.get("client_id") for one in noted}
        for client_id in left:
            if known is not None and client_id not in known:
                raise Broken("P1", f"{client_id}: left from memory, and the emergency log does not have it")

    def batch(self, records: Sequence[Record], socket: Socket, now: int, *, written: bool) -> None:
        """A batch was taken, and what it lets out has left. `written`: it is in the journal."""
        for record in records:
            if isinstance(record, Order) and not record.adds:
                self._owed[record.client_id, record.attempt] = Owed(now)
            elif isinstance(record, NotSent | Ended):
                for key in [key for key in self._owed if key[0] == record.client_id]:
                    del self._owed[key]
        for key, x in list(self._owed.items()):
            if key[1] in socket.attempts.get(key[0], ()):
                del self._owed[key]
                if not written:
                    self._from_memory.append(key[0])
                continue
            x.turns += now > max(x.since, self.shut_until) + SOON
            if x.turns >= TURNS:
                raise Broken("P1", f"{key[0]}: reduces, decided {now - x.since} ns ago, and has not left")
