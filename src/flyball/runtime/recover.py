"""From a journal back to the governor that wrote it, reading nothing but the journal (P7): the newest
snapshot that the chain vouches for, then every event behind it stepped again, every effect compared.

Decisions are never made again by another version (J8). At a checkpoint, a snapshot at the very end, nothing
is left to decide: any version that knows the schema goes on from there. A tail that another version wrote is
taken only when this one decides all of it the same; else the error names the version that has to recover.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flyball.journal import snapshots
from flyball.journal.chain import Place
from flyball.journal.codec import Record, fields
from flyball.journal.log import Journal
from flyball.journal.snapshot import Snapshot
from flyball.kernel.decode import DecodeError
from flyball.kernel.effects import Effect
from flyball.kernel.events import Epoch, Event
from flyball.kernel.governor import SCHEMA, VERSION, Governor
from flyball.kernel.upcasts import read_state
from flyball.runtime.trial import Trial
from flyball.runtime.without import Without

EVENTS = Event.__args__


class ReplayDiffers(Exception):  # noqa: N818 - it says what is the case
    """The journal's decisions are not what this kernel decides from the same events.

    `wrote`: the version of the rules under which they were made, "" when the journal does not say.
    """

    def __init__(self, seq: int, ours: object, theirs: object, wrote: str = "") -> None:
        self.seq = seq
        self.wrote = wrote
        remedy = (
            "remedy: start the version that wrote the journal, let it stop cleanly, then upgrade;"
            " `flyball journal verify` tells whether the file was changed"
        )
        if wrote not in ("", VERSION):
            remedy = (
                f"that record was decided by rules {wrote}, and what stands behind the last snapshot is never"
                f" decided again by others\nremedy: start the version that wrote the journal (the Flyball"
                f" with rules {wrote}) over it once more and let it stop cleanly: it recovers and leaves a"
                f" checkpoint at the end of the journal; then start this version, which goes on from there"
            )
        super().__init__(
            f"record {seq} of the journal differs from what this kernel (rules {VERSION}) decides\n"
            f"  journal: {theirs}\n  kernel:  {ours}\n{remedy}"
        )


@dataclass
class Recovered:
    """A governor as it stood at the journal's head."""

    governor: Governor
    records: int  # in the journal
    events: int  # stepped again
    since: int = 0  # the record the snapshot stood on; 0 = everything from the beginning
    kernel: str = ""  # the rules in force at the head, "" in an empty journal
    notes: list[str] = field(default_factory=list)  # a sentence for each snapshot that was no use

    @property
    def checkpoint(self) -> bool:
        """There is a good snapshot at the very end."""
        return self.since == self.records


class Replay:
    """Records in, one by one: events are stepped, effects compared with what the kernel makes of them.

    `governor` as it stood behind record `records`, where the rules `wrote` were in force; by default one
    that has seen nothing. `left_out` as journal.left_out has it (J9).
    """

    def __init__(
        self,
        governor: Governor | None = None,
        records: int = 0,
        wrote: str = "",
        left_out: Mapping[int, int] | None = None,
    ) -> None:
        self.governor = governor or Governor()
        self.records = records
        self.events = 0
        self.wrote = wrote
        self.watch: Callable[[int, Event], None] | None = None  # told of each event before it is stepped
        self._left_out = left_out or {}
        self._without: Without | None = None  # from an event that is left out to the record that says so
        self._expected: deque[Effect] = deque()

    def take(self, seq: int, record: Record) -> None:
        """The next record. ReplayDiffers on the first effect that is not the recorded one."""
        self.records = seq
        if self._without is not None and seq >= self._without.until:
            self._with_all(seq - 1)
        if seq in self._left_out:
            self._leave_out(seq)
        if self._without is not None:
            self._without.take(seq, record)
            self.wrote = record.kernel if isinstance(record, Epoch) else self.wrote
        elif isinstance(record, EVENTS):
            if self.watch is not None:
                self.watch(seq, record)
            if self._expected:
                raise ReplayDiffers(seq, self._expected[0], record, self.wrote)
            if isinstance(record, Epoch):
                self._started(seq, record)
            self._expected.extend(self.governor.step(record))
            self.events += 1
        else:
            ours = self._expected.popleft() if self._expected else None
            if ours != record:
                raise ReplayDiffers(seq, ours, record, self.wrote)

    def _started(self, seq: int, e: Epoch) -> None:
        """A start says what it had recovered: from a snapshot or not, it must be what is here now."""
        if e.state_hash and (e.kernel, e.schema) == (VERSION, SCHEMA):
            ours = self.governor.state_hash()
            if ours != e.state_hash:
                raise ReplayDiffers(seq, f"a state of hash {ours}", f"one of hash {e.state_hash}", self.wrote)
        self.wrote = e.kernel

    @property
    def incomplete(self) -> bool:
        """It is in a stretch that is gone through without an event that was decided with it."""
        return self._without is not None

    def _leave_out(self, seq: int) -> None:
        """From here on the effects are not those of the events alone: the journal's own were acted upon."""
        if self._expected:
            raise ReplayDiffers(seq, self._expected[0], "an event", self.wrote)
        until = self._left_out[seq]
        if self._without is None:
            self._without = Without(self.governor, self._left_out, self.watch)
        self._without.until = max(self._without.until, until)

    def _with_all(self, seq: int) -> None:
        """Behind record `seq` everything counts again."""
        if self._without is not None:
            self._without.end(seq)
            self.events += self._without.events
            self._without = None

    def end(self) -> None:
        """There is no further record."""
        self._with_all(self.records)
        if self._expected:
            what = "nothing: the journal ends here"
            raise ReplayDiffers(self.records + 1, self._expected[0], what, self.wrote)
        assert self.governor.state.seq == self.records, "the kernel numbers differently from the journal"


def recover(journal: Journal, *, from_genesis: bool = False, trial: Trial | None = None) -> Recovered:
    """The governor at the journal's head. ReplayDiffers on the first effect that is not the recorded one.
    With `trial`, what recoveries have died at twice is left out as well."""
    left_out = dict(journal.places.left_out)
    if trial is not None:
        left_out.update({seq: journal.head.seq + 1 for seq in trial.condemned() if seq <= journal.head.seq})
    start = _Start() if from_genesis else _start(journal, left_out)
    replay = Replay(start.governor, 0 if start.place is None else start.place.seq, start.kernel, left_out)
    replay.watch = None if trial is None else trial.again
    since = replay.records
    for seq, record in journal.records(start.place):
        replay.take(seq, record)
    replay.end()
    if trial is not None:
        trial.settled(replay.governor, journal.places.left_out)
    return Recovered(replay.governor, replay.records, replay.events, since, replay.wrote, start.notes)


@dataclass
class _Start:
    """What a replay goes on from."""

    governor: Governor = field(default_factory=Governor)
    place: Place | None = None
    kernel: str = ""
    notes: list[str] = field(default_factory=list)


def knows(seq: int, left_out: Mapping[int, int]) -> bool:
    """Whether a snapshot at record `seq` is of a state that never stood on an event left out since."""
    return not any(left <= seq < said for left, said in left_out.items())


def _start(journal: Journal, left_out: Mapping[int, int]) -> _Start:
    """The newest snapshot that is whole and stands on a block of this journal."""
    notes: list[str] = []
    for seq, found in snapshots.newest(journal.disk):
        if not knows(seq, left_out):
            continue
        place = journal.places.behind.get(seq)
        try:
            if isinstance(found, str):
                raise DecodeError(found)
            governor = restore(found, place, journal.id)
        except DecodeError as bad:
            path = snapshots.path_of(journal.disk, seq)
            notes.append(f"{path}: not used, {bad}; an older one, or the whole journal, serves as well")
            continue
        return _Start(governor, place, found.kernel, notes)
    return _Start(notes=notes)


def restore(found: Snapshot, place: Place | None, journal: bytes) -> Governor:
    """The governor in a snapshot. DecodeError when it is of another journal, does not stand at `place` (which
    a walk along the chain has found), is of a schema this version cannot read, or is not what it says."""
    if found.place.id != journal:
        raise DecodeError("it is of another journal")
    if place is None or found.place.hash != place.hash:
        raise DecodeError(f"the journal has no such block at record {found.place.seq}")
    state = read_state(found.state, found.schema)
    try:
        state.rebuild()
        state.check()
    except Exception as wrong:
        raise DecodeError(f"its state does not add up: {wrong!r}") from wrong
    governor = Governor(state)
    if state.seq != found.place.seq:
        raise DecodeError(f"its state is of record {state.seq}")
    if found.schema == SCHEMA and governor.state_hash() != found.state_hash.hex():
        raise DecodeError("its state does not have the hash it says")
    return governor


def unheard(journal: Journal, entries: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """What an emergency log holds and the journal does not. A slow disk's records are in both; those of a
    disk that failed only there."""
    times = [ts for ts in (entry.get("ts") for entry in entries) if isinstance(ts, int)]
    start = journal.places.before(min(times)) if len(times) == len(entries) and times else None
    wanted = set(times)
    known = [_entry(record) for _, record in journal.records(start) if record.ts in wanted] if times else []
    return [entry for entry in entries if entry not in known]


def _entry(record: Record) -> dict[str, object]:
    """A record as an emergency log gives it back."""
    lists = {name: _plain(value) for name, value in fields(record).items()}
    return {"kind": record.KIND, **lists}


def _plain(value: object) -> object:
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
