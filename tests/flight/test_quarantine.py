"""A governor that dies, really, whenever it steps one event: at the third start it flies on without it (J9).
The event comes from its source, or from the journal.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from flyball.journal.codec import Record
from flyball.journal.left_out import left_out
from flyball.kernel.effects import Alert, Decision, LatchChange, Order
from flyball.kernel.events import Epoch, Fill, Intent, Mark, Quarantined, Report
from flyball.machine.disk import RealDisk
from flyball.runtime.recover import recover
from tests.flight.demo import FLYBALL, KILLED, PATIENCE, Flown, crash, records_of, same_order_again
from tests.runtime.kept import opened

SESSIONS = "1"
DEMO = ("--sessions", SESSIONS, "--seed", "1")


def start(folder: Path, what: str) -> Flown:
    """One start of a governor that dies at it."""
    words = (sys.executable, "-m", "tests.flight.poisoned", what, str(folder), SESSIONS)
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return Flown(done.returncode, done.stdout, done.stderr)


def third(folder: Path, what: str) -> Flown:
    """Two starts that die, and the one that does not."""
    for _ in range(2):
        assert start(folder, what).code == KILLED
    flown = start(folder, what)
    assert flown.journal["verified"] is True
    return flown


def the_one(records: Sequence[Record]) -> tuple[int, Quarantined]:
    found = [(seq, r) for seq, r in enumerate(records, 1) if isinstance(r, Quarantined)]
    assert len(found) == 1
    return found[0]


def latched(records: Sequence[Record], latch: str) -> list[str]:
    return [
        r.reason for r in records if isinstance(r, LatchChange) and r.latch == latch and r.action == "set"
    ]


def died_at(records: Sequence[Record]) -> list[str]:
    return [r.detail for r in records if isinstance(r, Report) and r.what == "stepping"]


def replayed(folder: Path, flown: Flown) -> None:
    """From the files alone, by the whole journal, in a process that knows nothing of it: the same state."""
    words = (FLYBALL[0], "replay", "--dir", str(folder), "--json")
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert flown.journal["state_hash"] in done.stdout
    assert flown.journal["book_hash"] in done.stdout


@pytest.mark.parametrize("what", ["mark:200", "intent:9"])
def test_an_event_of_a_source_is_passed_over(tmp_path: Path, what: str) -> None:
    flown = third(tmp_path, what)
    records = records_of(tmp_path)
    seq, q = the_one(records)
    kind, n = what.split(":")
    assert (q.seq, q.event, q.n) == (seq, kind, int(n))
    named = f"{kind} {n} of {q.source}"
    assert [
        r.text
        for r in records
        if isinstance(r, Alert) and (r.alert, r.severity) == ("quarantined", "critical")
    ] == [f"{named}: the governor died twice at it; it was not taken"]
    assert latched(records, "L5") == [f"the governor died twice at {named}"]
    assert latched(records, "L7") == [], "neither a price nor an intent is money"
    assert [text.split(",")[0] for text in died_at(records)] == [f"the last process died at {named}"] * 2
    same = [r for r in records if isinstance(r, Mark | Intent) and (r.KIND, r.n) == (kind, int(n))]
    assert same == []
    after = [r.n for r in records[seq:] if isinstance(r, Mark | Intent) and kind == r.KIND]
    assert after[0] == int(n) + 1, "its source goes on behind it"
    assert not [r for r in records[seq:] if isinstance(r, Decision) and r.adds and r.verdict != "reject"]
    assert flown.told["consistent"], flown.told["inconsistencies"]
    replayed(tmp_path, flown)


def test_a_fill_is_money_so_the_broker_is_asked_and_nothing_agrees_until_it_does(tmp_path: Path) -> None:
    flown = third(tmp_path, "fill:12")
    records = records_of(tmp_path)
    _, q = the_one(records)
    assert (q.event, q.source, q.n) == ("fill", "broker", 12)
    assert latched(records, "L7") == ["fill 12 of broker is not in the books"]
    cleared = [r for r in records if isinstance(r, LatchChange) and (r.latch, r.action) == ("L7", "cleared")]
    assert cleared == [], "the books are short of a fill"
    assert [r.alert for r in records if isinstance(r, Alert) and r.alert == "fills_missing"]
    replayed(tmp_path, flown)


@pytest.mark.parametrize("kind", [Mark, Intent, Fill])
def test_a_recorded_event_is_left_out_by_every_replay_from_then_on(
    tmp_path: Path, kind: type[Record]
) -> None:
    crash(tmp_path, "record:400", *DEMO)
    before = records_of(tmp_path)
    bad = _in_the_tail(before, kind)
    flown = third(tmp_path, f"record:{bad}")
    records = records_of(tmp_path)
    assert records[: len(before)] == before, "what was recorded stays"
    seq, q = the_one(records)
    assert (q.seq, q.event) == (bad, kind.KIND)
    assert isinstance(records[len(before)], Epoch)
    assert seq <= len(before) + 10, "told before anything else happens"
    assert left_out(RealDisk(str(tmp_path / "journal"))) == {bad: seq}
    assert latched(records, "L5")
    assert latched(records, "L7")
    assert len(died_at(records)) == 1
    assert "in a recovery" in died_at(records)[0]
    assert same_order_again(records) == []
    replayed(tmp_path, flown)
    journal = opened(tmp_path / "journal")
    for genesis in (False, True):
        governor = recover(journal, from_genesis=genesis).governor
        assert (governor.state_hash(), governor.book_hash()) == flown.hashes
    journal.close()


def _in_the_tail(records: Sequence[Record], kind: type[Record]) -> int:
    """The number of a record in the middle that mattered: an intent that became an order."""
    for seq, record in enumerate(records, 1):
        mattered = not isinstance(record, Intent) or isinstance(records[seq + 1], Order)
        if seq > 200 and isinstance(record, kind) and mattered:
            return seq
    raise AssertionError(f"no {kind.KIND}")


def test_a_kill_that_comes_while_it_waits_is_no_death_at_an_event(tmp_path: Path) -> None:
    """The same two points twice in a row, in between events."""
    for point in ("record:200", "block:200", "block:200", "write:200", "write:200"):
        crash(tmp_path, point, *DEMO)
    flown = start(tmp_path, "nothing")
    assert flown.told["consistent"]
    records = records_of(tmp_path)
    assert died_at(records) == []
    assert not [r for r in records if isinstance(r, Quarantined)]
