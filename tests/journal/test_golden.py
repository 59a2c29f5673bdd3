"""What was once written stays readable: the golden journal of every version, read, verified, exported and
recovered to the hashes that version had.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flyball.journal import snapshots
from flyball.journal.codec import CLASSES
from flyball.journal.export import export
from flyball.journal.replay import read
from flyball.journal.snapshot import name
from flyball.journal.verify import verify
from flyball.kernel.governor import SCHEMA, VERSION
from flyball.machine.disk import RealDisk
from flyball.runtime.recover import Recovered, recover
from tests.runtime.kept import opened

GOLDEN = Path(__file__).parents[1] / "golden"
VERSIONS = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
ANEW = (
    "the rules, the records or the state have changed: raise VERSION or SCHEMA (kernel/governor.py)"
    " if they were released, then run `python -m tools.golden`"
)


@pytest.fixture(params=VERSIONS)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy, since opening writes."""
    return Path(shutil.copytree(GOLDEN / request.param, tmp_path / "golden"))


def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return found


def recovered(folder: Path, *, from_genesis: bool = False) -> Recovered:
    journal = opened(folder / "journal")
    try:
        return recover(journal, from_genesis=from_genesis)
    finally:
        journal.close()


def test_there_is_one_of_this_version_with_every_class_of_record() -> None:
    assert VERSION in VERSIONS, ANEW
    mine = expected(GOLDEN / VERSION)
    assert (mine["kernel"], mine["schema"]) == (VERSION, SCHEMA), ANEW
    assert mine["kinds"] == sorted({record.KIND for record in CLASSES}), ANEW


def test_it_verifies_up_to_its_head(golden: Path) -> None:
    told = expected(golden)
    checked = verify(RealDisk(str(golden / "journal")), told["head"])
    assert checked.ok, checked
    assert checked.head == told["head"]


def test_its_export_has_not_changed_by_a_byte(golden: Path) -> None:
    lines = list(export(read(RealDisk(str(golden / "journal")))))
    assert len(lines) == expected(golden)["records"]
    before = (golden / "export.jsonl").read_bytes().splitlines(keepends=True)
    for ours, theirs in zip(lines, before, strict=True):
        assert ours == theirs, ANEW


def test_its_checkpoint_is_gone_on_from_without_a_replay(golden: Path) -> None:
    told = expected(golden)
    found = recovered(golden)
    assert found.notes == [], ANEW
    assert found.checkpoint
    assert (found.records, found.events) == (told["records"], 0)
    assert found.governor.book_hash() == told["book_hash"]
    if told["schema"] == SCHEMA:
        assert found.governor.state_hash() == told["state_hash"]


def test_it_replays_to_the_hashes_it_was_recorded_with(golden: Path) -> None:
    """From the beginning, and from each of its snapshots. Only by the rules that wrote it."""
    told = expected(golden)
    if told["kernel"] != VERSION:
        assert told["kernel"] in VERSIONS
        return
    whole = recovered(golden, from_genesis=True)
    assert whole.events == told["events"], ANEW
    hashes = told["state_hash"], told["book_hash"]
    assert (whole.governor.state_hash(), whole.governor.book_hash()) == hashes
    kept = snapshots.seqs(RealDisk(str(golden / "journal")))
    assert len(kept) == snapshots.KEPT
    for gone, since in zip(kept, [*kept[1:], 0], strict=True):
        (golden / "journal" / name(gone)).unlink()
        found = recovered(golden)
        assert (found.since, found.records) == (since, told["records"])
        assert (found.governor.state_hash(), found.governor.book_hash()) == hashes
