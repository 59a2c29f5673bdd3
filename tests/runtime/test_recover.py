"""From the journal back to the governor: the same state, or a clear word about the record that differs."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flyball.compose.assembly import CannotStart
from flyball.journal.codec import Record
from flyball.journal.log import Journal
from flyball.journal.snapshot import name, unpack
from flyball.journal.snapshots import seqs
from flyball.kernel.effects import Alert, Decision, Order
from flyball.kernel.events import Epoch, Intent
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.syncer import ThreadSyncer
from flyball.runtime.recover import EVENTS, ReplayDiffers, recover
from tests.flight.demo import Flown, fly, records_of
from tests.runtime.live import live


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Flown]:
    folder = tmp_path_factory.mktemp("one") / "run"
    done = fly(folder, "--sessions", "1")
    assert done.code == 0, done.err
    return folder, done


def journal_with(folder: Path, records: list[Record]) -> Journal:
    """A journal of these records, whole and verified as bytes go: only its contents may be untrue."""
    made = Journal.create(RealDisk(str(folder)), ThreadSyncer(), OsRandom())
    made.append(records)
    return made


def test_recovering_gives_the_state_that_was(flown: tuple[Path, Flown]) -> None:
    folder, done = flown
    journal = Journal.open(RealDisk(str(folder / "journal")), ThreadSyncer())
    try:
        found = recover(journal, from_genesis=True)
        short = recover(journal)
    finally:
        journal.close()
    assert (found.governor.state_hash(), found.governor.book_hash()) == done.hashes
    assert found.records == len(records_of(folder))
    assert found.events == sum(isinstance(r, EVENTS) for r in records_of(folder))
    assert short.checkpoint, "the flight ended without one"
    assert (short.governor.state_hash(), short.governor.book_hash()) == done.hashes
    assert (short.records, short.events, short.notes) == (found.records, 0, [])


def first(records: list[Record], wanted: Callable[[Record], bool]) -> int:
    return next(n for n, record in enumerate(records) if wanted(record))


def approved(record: Record) -> bool:
    return isinstance(record, Decision) and record.verdict == "approve"


def more(records: list[Record]) -> int:
    at = first(records, approved)
    decision = records[at]
    assert isinstance(decision, Decision)
    records[at] = replace(decision, qty=decision.qty + 1)
    return at + 1


def other_evidence(records: list[Record]) -> int:
    at = first(records, approved)
    decision = records[at]
    assert isinstance(decision, Decision)
    records[at] = replace(decision, evidence=(decision.evidence[0] + 1, *decision.evidence[1:]))
    return at + 1


def order_taken_out(records: list[Record]) -> int:
    at = first(records, lambda r: isinstance(r, Order))
    del records[at]
    return at + 1


def order_put_in(records: list[Record]) -> int:
    at = first(records, lambda r: isinstance(r, Order))
    records.insert(at + 1, copy.copy(records[at]))
    return at + 2


def intent_changed(records: list[Record]) -> int:
    at = first(records, approved)
    intent = records[at - 1]
    assert isinstance(intent, Intent)
    records[at - 1] = replace(intent, qty=intent.qty * 1_000)
    return at + 1


def cut_behind_an_event(records: list[Record]) -> int:
    at = first(records, approved)
    del records[at:]
    return at + 1


def a_word_added(records: list[Record]) -> int:
    records.append(Alert(records[-1].ts, "x", "INFO", "nobody decided this"))
    return len(records)


@pytest.mark.parametrize(
    "change",
    [more, other_evidence, order_taken_out, order_put_in, intent_changed, cut_behind_an_event, a_word_added],
)
def test_a_decision_this_kernel_does_not_make_is_found_and_named(
    change: Callable[[list[Record]], int], flown: tuple[Path, Flown], tmp_path: Path
) -> None:
    records = records_of(flown[0])
    at = change(records)
    journal = journal_with(tmp_path, records)
    try:
        with pytest.raises(ReplayDiffers) as differs:
            recover(journal)
    finally:
        journal.close()
    assert differs.value.seq == at
    assert f"record {at} of the journal differs" in str(differs.value)
    assert "remedy: start the version that wrote the journal" in str(differs.value)


def test_the_command_refuses_such_a_journal_with_the_code_for_integrity(
    flown: tuple[Path, Flown], tmp_path: Path
) -> None:
    records = records_of(flown[0])
    at = more(records)
    (tmp_path / "run").mkdir()
    journal_with(tmp_path / "run" / "journal", records).close()
    refused = fly(tmp_path / "run", "--sessions", "1")
    assert refused.code == 4, refused.err
    assert f"record {at} of the journal differs" in refused.err
    assert "Traceback" not in refused.err


def test_a_journal_is_bound_to_its_account_and_its_prices(tmp_path: Path) -> None:
    async def begin(symbols: tuple[str, ...], seconds: int = 1) -> None:
        async with live(tmp_path, {"quiet": "Quiet"}, symbols=symbols, seconds=seconds):
            pass

    asyncio.run(begin(("AAA", "BBB")))
    for symbols, seconds in (("AAA",), 1), (("AAA", "BBB"), 2), (("AAA", "BBB", "CCC"), 1):
        with pytest.raises(CannotStart, match="remedy: use the data, seed and config it was begun with"):
            asyncio.run(begin(symbols, seconds))
    asyncio.run(begin(("AAA", "BBB")))
    epochs = [r.epoch for r in records_of(tmp_path) if isinstance(r, Epoch)]
    assert epochs == [1, 2], "a start that was refused left a trace"


def test_a_start_that_had_something_to_replay_leaves_a_snapshot_where_it_began(tmp_path: Path) -> None:
    """A start that fails a second later does not replay it all again; what lies beyond the end goes."""
    disk = RealDisk(str(tmp_path / "journal"))

    async def begin() -> list[str]:
        async with live(tmp_path, {"quiet": "Quiet"}) as flying:
            return flying.cockpit.notes

    assert not any("snapshots" in note for note in asyncio.run(begin()))
    head = len(records_of(tmp_path))
    assert seqs(disk)[0] == head
    for seq in seqs(disk):
        disk.remove(name(seq))
    disk.replace(name(10**9), b"of a tail that is no more")
    disk.replace(name(head), b"rubbish")
    told = [note for note in asyncio.run(begin()) if "snapshots" in note]
    assert len(told) == 2
    assert told[1].startswith(f"{tmp_path}/journal/{name(head)}: not used, no snapshot")
    again = len(records_of(tmp_path))
    assert again > head
    assert seqs(disk) == [again, head]
    assert unpack(disk.read(name(head))).place.seq == head
