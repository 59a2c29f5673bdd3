"""Marks of what is being stepped: what outlives which death, what two of them come to, and that healthy
events are never passed over.
"""

import os
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.journal.log import Journal
from flyball.journal.replay import begun, read
from flyball.kernel.events import (
    Account,
    Answer,
    Command,
    Config,
    Epoch,
    Event,
    Intent,
    Mark,
    Quarantined,
    Report,
    Tick,
)
from flyball.kernel.governor import Governor
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.machine.disk import RealDisk
from flyball.runtime.recover import recover
from flyball.runtime.sequencer import Sequencer
from flyball.runtime.trial import MARK, PATH, SLOTS, DiesAnywhere, Stepping, Trial, source_of
from tests.journal.faulty import InlineSyncer
from tests.journal.records import example

TS = 1_222_781_400_000_000_000
TWICE = 2


def mark(n: int, price: int = 100) -> Mark:
    return Mark(TS + n, "AAA", price, price + 1, 0, price, price + 1, "feed", n)


def trial(folder: Path, head: int = 0) -> Trial:
    """The next start."""
    return Trial.at_start(RealDisk(str(folder)), head)


def dies_at(folder: Path, event: Event, head: int = 0, seen: Governor | None = None) -> Trial:
    """A start that begins to step the event and is not heard of again."""
    one = trial(folder, head)
    assert one.begin(event, seen or Governor()) is event
    return one


# What a mark says.


def test_a_death_while_stepping_is_told_once_by_the_next_start(tmp_path: Path) -> None:
    dies_at(tmp_path, mark(7))
    after = trial(tmp_path)
    (report,) = after.report(TS)
    assert isinstance(report, Report)
    assert (report.what, report.value) == ("stepping", "died")
    assert report.detail == "the last process died at mark 7 of feed, record 1"
    assert trial(tmp_path).report(TS) == []


def test_a_death_between_events_leaves_nothing(tmp_path: Path) -> None:
    one = dies_at(tmp_path, mark(7))
    one.end()
    assert trial(tmp_path).died is None
    assert trial(tmp_path).suspects == []


def test_what_the_journal_holds_was_stepped_well(tmp_path: Path) -> None:
    dies_at(tmp_path, mark(7))
    assert trial(tmp_path, head=1).died is None


@pytest.mark.parametrize(
    "junk", [b"", b"\0", b"\xff" * MARK, os.urandom(3 * MARK), b"\1" * (MARK * (SLOTS + 2))]
)
def test_a_file_that_holds_anything_is_no_reason_not_to_start(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / PATH).write_bytes(junk)
    one = trial(tmp_path)
    assert one.begin(mark(1), Governor()).KIND == "mark"
    one.end()
    assert trial(tmp_path).died is None


def test_where_no_mark_can_be_made_it_flies_without(tmp_path: Path) -> None:
    (tmp_path / PATH).mkdir()
    one = trial(tmp_path)
    assert one.failed
    event = mark(1)
    assert one.begin(event, Governor()) is event
    one.end()
    one.again(1, event)
    one.settled(Governor(), {})
    one.close()


# Two deaths.


def twice(folder: Path, event: Event) -> Trial:
    for _ in range(TWICE):
        dies_at(folder, event)
    return trial(folder)


@pytest.mark.parametrize(
    "event",
    [
        mark(7),
        Intent(TS, "a", TS, "s", "AAA", 1, 5, 0, "market", 0, "day", "", "", 3),
        Command(TS, "pause", "ada", 1, "SOCKET", "", (), 4),
        Account(TS, 3, 1, 2, 3, (("AAA", 1),), ()),
        Report(TS, "x", "y", "z", ""),
    ],
    ids=lambda e: e.KIND,
)
def test_after_two_the_event_is_passed_over(tmp_path: Path, event: Event) -> None:
    third = twice(tmp_path, event)
    g = Governor()
    g.state.seq = 40
    q = third.begin(event, g)
    assert isinstance(q, Quarantined)
    assert (q.ts, q.seq, q.event) == (event.ts, 41, event.KIND)
    assert (q.source, q.n) == source_of(event)
    third.end()
    assert trial(tmp_path).died is None, "nobody died at what took its place"


def test_it_is_known_by_what_it_says_not_by_when(tmp_path: Path) -> None:
    third = twice(tmp_path, Account(TS, 3, 1, 2, 3, (), ()))
    assert third.begin(Account(TS + 9, 3, 1, 2, 4, (), ()), Governor()).KIND == "account"
    assert third.begin(Account(TS + 9, 8, 1, 2, 3, (), ()), Governor()).KIND == "quarantined"
    assert third.begin(Answer(TS, "c", 3, True, "ACCEPTED", 0, "b"), Governor()).KIND == "answer"


def test_what_a_source_numbers_is_known_by_that_number(tmp_path: Path) -> None:
    """A bot that is started anew says it in other words."""
    dies_at(tmp_path, mark(7, 99))
    dies_at(tmp_path, mark(7, 100))
    third = trial(tmp_path)
    assert third.begin(mark(8), Governor()).KIND == "mark"
    assert third.begin(mark(7, 101), Governor()).KIND == "quarantined"


def test_an_unnumbered_mark_is_known_by_what_it_says(tmp_path: Path) -> None:
    dies_at(tmp_path, mark(0, 99))
    dies_at(tmp_path, mark(0, 100))
    assert trial(tmp_path).begin(mark(0, 100), Governor()).KIND == "mark"


def test_a_timer_is_known_by_when_it_was_due(tmp_path: Path) -> None:
    g = Governor()
    g.state.timers["account"] = TS
    for late in (1, 2):
        dies_at(tmp_path, Tick(TS + late), seen=g)
    q = trial(tmp_path).begin(Tick(TS + 3), g)
    assert isinstance(q, Quarantined)
    assert (q.source, q.n) == ("timer", TS)
    g.state.timers["account"] = TS + 1
    assert trial(tmp_path).begin(Tick(TS + 3), g).KIND == "tick"


def test_an_event_that_was_stepped_after_all_is_forgotten(tmp_path: Path) -> None:
    dies_at(tmp_path, mark(7))
    second = trial(tmp_path)
    second.begin(mark(7), Governor())
    second.begin(mark(8), Governor())  # so it was stepped
    second.end()
    dies_at(tmp_path, mark(7))
    assert trial(tmp_path).begin(mark(7), Governor()).KIND == "mark"


def test_a_death_elsewhere_in_between_starts_anew(tmp_path: Path) -> None:
    for n in (7, 8, 7, 8):
        dies_at(tmp_path, mark(n))
    last = trial(tmp_path)
    assert [last.begin(mark(n), Governor()).KIND for n in (7, 8)] == ["mark", "mark"]


def test_what_is_condemned_stays_so_until_the_journal_has_it(tmp_path: Path) -> None:
    twice(tmp_path, mark(7))
    dies_at(tmp_path, mark(8))
    third = trial(tmp_path)
    assert third.begin(mark(7), Governor()).KIND == "quarantined"
    g = Governor()
    g.state.cursors["feed"] = 6
    third.settled(g, {})
    assert [one.n for one in trial(tmp_path).suspects] == [7, 8]
    g.state.cursors["feed"] = 8
    third.settled(g, {})
    assert trial(tmp_path).suspects == []


@pytest.mark.parametrize("kind", [Epoch, Config, Quarantined], ids=lambda c: c.KIND)
def test_what_a_governor_cannot_be_without_is_never_passed_over(tmp_path: Path, kind: type[Event]) -> None:
    event = example(kind)
    twice(tmp_path, event)  # type: ignore[arg-type]
    assert trial(tmp_path).died is None


def test_every_event_has_a_mark_that_fits(tmp_path: Path) -> None:
    huge = Intent(TS, "a", TS, "é" * 200, "AAA", 1, 1 << 80, 0, "market", 0, "day", "", "", 1 << 70)
    some: list[Any] = [*map(example, Event.__args__), huge]
    for event in some:
        assert len(Stepping(1, 1, 1 << 70, 1, event.KIND, source_of(event)[0]).pack()) == MARK
        dies_at(tmp_path, event)
        died = trial(tmp_path).died
        assert (died is None) == isinstance(event, Epoch | Config | Quarantined)
        assert died is None or died.kind == event.KIND


# Recovery.


def test_a_recovery_that_dies_all_along_is_told_that_no_record_is_the_cause(tmp_path: Path) -> None:
    for seq in range(1, 6):
        for _ in range(TWICE):
            one = trial(tmp_path, 99)
            one.again(seq, mark(seq))
    with pytest.raises(DiesAnywhere, match=r"died at 5 records.*: 1, 2, 3, 4, 5; .*\nremedy: .*stepping"):
        trial(tmp_path, 99)


def test_a_recovered_event_is_known_by_its_number_too(tmp_path: Path) -> None:
    for seq in (5, 6, 6):
        trial(tmp_path, 99).again(seq, mark(1))
    assert trial(tmp_path, 99).condemned() == [6]
    assert [
        (q.seq, q.event, q.n) for q in trial(tmp_path, 99).sentences(TS) if isinstance(q, Quarantined)
    ] == [(6, "mark", 1)]


# Kills anywhere.

POINTS = ("write", "tear", "written", "sync", "synced", "name", "named", "read", "mark", "marked")
KILLS = st.tuples(st.sampled_from(POINTS), st.integers(1, 40))


@dataclass
class Desk:
    """A governor on a simulated disk, fed marks 1 to 30 in blocks of up to three; killed where told."""

    disk: SimDisk = field(default_factory=lambda: SimDisk(World(1, TS), "journal"))
    died: list[str] = field(default_factory=list)  # what each death was at, "" = at no event

    def start(self, kill: tuple[str, int] | None) -> list[Event]:
        """The events of the journal when it has ended."""
        doom = Doom() if kill is None else Doom(f"{kill[0]}:{kill[1]}")
        view = SimView(self.disk, doom)
        try:
            self._fly(view)
        except Killed:
            left = self.disk.contents(PATH) or b""
            standing = doom.why.startswith("marked") and left[MARK - 1 : MARK] == b"\1"
            self.died.append(left[:MARK].hex() if standing else "")
        doom.die("over")
        self.disk.crash(power=False)
        if not begun(SimView(self.disk, Doom())):
            return []
        return [r for _, r in read(SimView(self.disk, Doom())) if isinstance(r, Event)]

    def _fly(self, view: SimView) -> None:
        syncer = InlineSyncer()
        if begun(view):
            journal = Journal.open(view, syncer, segment_bytes=8192)
        else:
            journal = Journal.create(view, syncer, Draw(1, "id"), segment_bytes=8192)
        one = Trial.at_start(view, journal.head.seq)
        governor = recover(journal, trial=one).governor
        s = governor.state
        sequencer = Sequencer(governor, journal, syncer, trial=one)
        first = [Epoch(max(TS, s.ts), s.epoch + 1, "1", 1, "T", "p", "paper", "e", "", "")]
        sequencer.take([*first, *one.sentences(s.ts), *one.report(max(TS, s.ts))])
        n = s.cursors.get("feed", 0) + 1
        while n <= 30:
            batch = [mark(i) for i in range(n, min(n + n % 3 + 1, 31))]
            sequencer.take(batch)
            n += len(batch)
        journal.close()


@settings(max_examples=60, deadline=None)
@given(kills=st.lists(KILLS, max_size=6))
def test_kills_anywhere_pass_over_nothing_unless_two_in_a_row_were_at_the_same_event(
    kills: list[tuple[str, int]],
) -> None:
    desk = Desk()
    events: list[Event] = []
    for kill in [*kills, None]:
        events = desk.start(kill)
    at = [one for one in desk.died if one]
    again = any(one[18:] == two[18:] for one, two in pairwise(at))  # but for mode and number
    passed = [e for e in events if isinstance(e, Quarantined)]
    assert again or passed == []
    taken = [e.n for e in events if isinstance(e, Mark)] + [e.n for e in passed if e.event == "mark"]
    assert sorted({*taken}) == list(range(1, 31)), "each was taken or passed over, and none lost"


@pytest.mark.parametrize("point", [p for p in POINTS if p not in ("mark", "marked")])
def test_the_same_kill_over_and_over_between_events_is_no_death_at_one(point: str) -> None:
    for at in (1, 2, 3, 5, 8, 13):
        desk = Desk()
        for _ in range(4):
            desk.start((point, at))
        events = desk.start(None)
        assert not [e for e in events if isinstance(e, Quarantined)]
        assert not [e for e in events if isinstance(e, Report)]


def test_two_kills_at_one_event_in_a_row_do_pass_it_over() -> None:
    """So that the tests above cannot pass by doing nothing."""
    passed: dict[int, int] = {}
    for first in range(2, 9):
        for second in range(1, 12):
            desk = Desk()
            desk.start(("marked", first))
            desk.start(("marked", second))
            there = [e for e in desk.start(None) if isinstance(e, Quarantined)]
            same = desk.died[0][18:] == desk.died[1][18:] != ""
            assert len(there) == same, (first, second)
            passed[first] = passed.get(first, 0) + len(there)
    assert sorted(passed.values()) == [0, 0, 0, 1, 1, 1, 1], "some of the first kills were at no event"
