"""A recorded event left out: the state behind it is a function of the journal, whichever snapshot a replay
begins at.
"""

from pathlib import Path

import pytest

from flyball.compose.replays import checked, replay_of
from flyball.compose.scribe import write
from flyball.journal import snapshots
from flyball.journal.left_out import kept, left_out
from flyball.journal.replay import read
from flyball.kernel.effects import Order
from flyball.kernel.events import BotDown, Event, Fill, Intent, Mark, Quarantined
from flyball.machine.disk import RealDisk
from flyball.machine.keeper import AtOnce
from flyball.runtime.recover import knows, recover
from flyball.runtime.trial import Trial
from flyball.runtime.without import number_of
from tests.runtime.kept import Kept, events, opened


def story(folder: Path, kind: type[Event], nth: int = 1) -> int:
    """The story in a journal, a snapshot every ten events; the number of one of its events."""
    some: list[Event] = [event for event in events() if not isinstance(event, Quarantined)]
    Kept.new(folder).feed(some, every=10).crash()
    found = [seq for seq, record in read(RealDisk(str(folder))) if isinstance(record, kind)]
    return found[nth]


def recovered(folder: Path, *, genesis: bool = False) -> tuple[str, str]:
    journal = opened(folder)
    try:
        g = recover(journal, from_genesis=genesis).governor
        g.state.check()
        return g.state_hash(), g.book_hash()
    finally:
        journal.close()


def left(folder: Path, bad: int) -> str:
    """Two recoveries die at a record; the third flies on and says so. The state hash it then has."""
    for _ in range(2):
        journal = opened(folder)
        died = Trial.at_start(journal.disk, journal.head.seq)
        for seq, record in journal.records():
            if seq == bad:
                assert isinstance(record, Event)
                died.again(seq, record)
                break
        journal.close()
    journal = opened(folder)
    trial = Trial.at_start(journal.disk, journal.head.seq)
    governor = recover(journal, trial=trial).governor
    governor.state.check()
    flown = Kept(journal, governor)
    flown.feed(trial.sentences(governor.state.ts))
    flown.feed([BotDown(governor.state.ts, "other", "gone", 1)])
    flown.crash()
    return governor.state_hash()


@pytest.mark.parametrize(("kind", "nth"), [(Mark, 3), (Intent, 0), (Intent, 2), (Fill, 1), (Fill, 5)])
def test_every_replay_comes_to_the_state_of_the_start_that_left_it_out(
    tmp_path: Path, kind: type[Event], nth: int
) -> None:
    bad = story(tmp_path, kind, nth)
    whole = recovered(tmp_path)[0]
    flown = left(tmp_path, bad)
    assert flown != whole
    assert [*left_out(RealDisk(str(tmp_path)))] == [bad]
    assert recovered(tmp_path)[0] == flown
    assert recovered(tmp_path, genesis=True)[0] == flown
    found = replay_of(tmp_path, checked(tmp_path), lambda _: None)
    assert (found.ok, found.state_hash) == (True, flown)
    assert all(epoch.agreed for epoch in found.epochs)
    assert write(RealDisk(str(tmp_path)), AtOnce()) == ""
    newest = snapshots.seqs(RealDisk(str(tmp_path)))[0]
    assert newest == found.records, "the scribe has replayed it too"
    assert recovered(tmp_path)[0] == flown


def test_a_snapshot_that_stands_on_it_is_not_gone_on_from(tmp_path: Path) -> None:
    bad = story(tmp_path, Mark, 3)
    last = max(snapshots.seqs(RealDisk(str(tmp_path))))
    assert bad < last
    left(tmp_path, bad)
    journal = opened(tmp_path)
    assert recover(journal).since < bad
    journal.close()


@pytest.mark.parametrize(("seq", "good"), [(4, True), (5, False), (8, False), (9, True)])
def test_which_snapshots_are_of_use(seq: int, good: bool) -> None:
    assert knows(seq, {5: 9}) == good


def test_the_records_without_it_lack_its_effects_too(tmp_path: Path) -> None:
    bad = story(tmp_path, Intent, 0)
    records = list(read(RealDisk(str(tmp_path))))
    gone = [record for seq, record in records if (seq, record) not in list(kept(records, {bad: 999}))]
    assert isinstance(gone[0], Intent)
    assert any(isinstance(record, Order) for record in gone)
    assert not [record for record in gone[1:] if isinstance(record, Event)]


def test_orders_the_journal_does_not_have_are_no_orders(tmp_path: Path) -> None:
    """Without the price before it the next intent may be decided otherwise; ids keep their meaning."""
    bad = story(tmp_path, Mark, 0)
    sent = {r.client_id for _, r in read(RealDisk(str(tmp_path))) if isinstance(r, Order)}
    left(tmp_path, bad)
    journal = opened(tmp_path)
    s = recover(journal).governor.state
    journal.close()
    known = {*s.orders, *s.closed, *s.closed_before}
    assert {cid for cid in known - sent if not cid.startswith("fb")} == set()
    live = {cid for cid, o in s.orders.items() if not o.final()}
    assert live <= sent
    assert s.order_seq >= max(map(number_of, sent))


@pytest.mark.parametrize(
    ("client_id", "number"), [("fbdemo-1-17-trend-1", 17), ("fbdemo-2-3-a-b-1", 3), ("x", 0), ("a-b-c", 0)]
)
def test_the_number_in_an_id(client_id: str, number: int) -> None:
    assert number_of(client_id) == number
