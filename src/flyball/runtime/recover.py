"""From a journal back to the governor that wrote it: every event stepped again, every effect compared,
nothing read but the journal (P7)."""

from collections import deque
from dataclasses import dataclass

from flyball.journal.codec import Record
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


def is_event(record: Record) -> bool:
    """Whether a record is an input; the others are what the kernel made of one."""
    return isinstance(record, EVENTS)


def recover(journal: Journal) -> Recovered:
    """Step every event of the journal. ReplayDiffers on the first effect that is not the recorded one."""
    governor = Governor()
    expected: deque[Effect] = deque()
    records = events = 0
    for seq, record in journal.records():
        records += 1
        if is_event(record):
            if expected:
                raise ReplayDiffers(seq, expected[0], record)
            expected.extend(governor.step(record))  # type: ignore[arg-type]
            events += 1
        else:
            ours = expected.popleft() if expected else None
            if ours != record:
                raise ReplayDiffers(seq, ours, record)
    if expected:
        raise ReplayDiffers(records + 1, expected[0], "nothing: the journal ends here")
    assert governor.state.seq == records, "the kernel numbers differently from the journal"
    return Recovered(governor, records, events)
