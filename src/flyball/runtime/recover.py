"""From a journal back to the governor that wrote it: every event stepped again, every effect compared,
nothing read but the journal (P7)."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from flyball.journal.codec import Record, fields
from flyball.journal.log import Journal
from flyball.kernel.effects import Effect
from flyball.kernel.events import Event
from flyball.kernel.governor import VERSION, Governor

EVENTS = Event.__args__


class ReplayDiffers(Exception):  # noqa: N818 - it says what is the case
    """The journal's decisions are not what this kernel decides from the same events."""

    def __init__(self, seq: int, ours: object, theirs: object) -> None:
        self.seq = seq
        super().__init__(
            f"record {seq} of the journal differs from what this kernel (rules {VERSION}) decides\n"
            f"  journal: {theirs}\n  kernel:  {ours}\n"
            "remedy: start the version that wrote the journal, let it stop cleanly, then upgrade;"
            " `flyball journal verify` tells whether the file was changed"
        )


@dataclass
class Recovered:
    """A governor as it stood at the journal's head."""

    governor: Governor
    records: int
    events: int


class Replay:
    """Records in, one by one: events are stepped, effects compared with what the kernel makes of them."""

    def __init__(self) -> None:
        self.governor = Governor()
        self.records = 0
        self.events = 0
        self._expected: deque[Effect] = deque()

    def take(self, seq: int, record: Record) -> None:
        """The next record. ReplayDiffers on the first effect that is not the recorded one."""
        self.records = seq
        if isinstance(record, EVENTS):
            if self._expected:
                raise ReplayDiffers(seq, self._expected[0], record)
            self._expected.extend(self.governor.step(record))
            self.events += 1
        else:
            ours = self._expected.popleft() if self._expected else None
            if ours != record:
                raise ReplayDiffers(seq, ours, record)

    def end(self) -> None:
        """There is no further record."""
        if self._expected:
            raise ReplayDiffers(self.records + 1, self._expected[0], "nothing: the journal ends here")
        assert self.governor.state.seq == self.records, "the kernel numbers differently from the journal"


def recover(journal: Journal) -> Recovered:
    """Step every event of the journal. ReplayDiffers on the first effect that is not the recorded one."""
    replay = Replay()
    for seq, record in journal.records():
        replay.take(seq, record)
    replay.end()
    return Recovered(replay.governor, replay.records, replay.events)


def unheard(journal: Journal, entries: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """What an emergency log holds and the journal does not. A slow disk's records are in both; those of a
    disk that failed only there."""
    times = {entry.get("ts") for entry in entries}
    known = [_entry(record) for _, record in journal.records() if record.ts in times]
    return [entry for entry in entries if entry not in known]


def _entry(record: Record) -> dict[str, object]:
    """A record as an emergency log gives it back."""
    lists = {name: _plain(value) for name, value in fields(record).items()}
    return {"kind": record.KIND, **lists}


def _plain(value: object) -> object:
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
