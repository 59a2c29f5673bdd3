"""P8: after a process crash nothing that was written is lost, after power loss nothing that was durable; what
is recovered is what was written, bit for bit."""

from collections.abc import Sequence

from flyball.journal.codec import Record
from flyball.lab.sim.promises.broken import Broken


class Continuity:
    """The records of the journal as they were shown, to be met again at every start."""

    def __init__(self) -> None:
        self.records: list[Record] = []  # record n at n - 1
        self.least = 0  # the next start has to find at least these
        self.hashes: dict[int, str] = {}  # state hash behind a record

    def taken(self, first: int, records: Sequence[Record]) -> None:
        """A batch that was written."""
        if first != len(self.records) + 1:
            raise Broken("P12", f"record {first} follows {len(self.records)}")
        self.records.extend(records)

    def crashed(self, *, power: bool, written: int, durable: int) -> None:
        """The process is dead. `written`, `durable`: the newest record the world has been told of as such."""
        self.least = durable if power else written

    def recovered(self, records: Sequence[Record]) -> bool:
        """A start found these. True when they are exactly what was shown so far."""
        if len(records) < self.least:
            raise Broken("P8", f"{len(records)} records recovered of {self.least} acknowledged")
        both = min(len(records), len(self.records))
        for n in range(both):
            if records[n] is not self.records[n] and records[n] != self.records[n]:
                raise Broken("P8", f"record {n + 1} was {self.records[n]}, recovered as {records[n]}")
        same = len(records) == len(self.records)
        del self.records[both:]
        for seq in [seq for seq in self.hashes if seq > both]:
            del self.hashes[seq]
        return same

    def hashed(self, seq: int, state_hash: str) -> None:
        """P7: behind the same record the state is the same, whoever came there and how."""
        was = self.hashes.setdefault(seq, state_hash)
        if was != state_hash:
            raise Broken("P7", f"state {state_hash[:16]} behind record {seq}, was {was[:16]}")
