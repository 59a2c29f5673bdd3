"""What was once written stays readable: the golden journal of every version, read, verified and exported;
that of this version also recovered to the hashes it was recorded with, that of an older one gone on from
where it left a checkpoint, and never decided again where it did not.
"""

import json
import shutil
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flyball.journal import snapshots
from flyball.journal.codec import CLASSES, Record
from flyball.journal.export import export
from flyball.journal.replay import read
from flyball.journal.snapshot import name, unpack
from flyball.journal.verify import verify
from flyball.kernel import schema_2
from flyball.kernel.decode import Fields, parse
from flyball.kernel.governor import SCHEMA, VERSION
from flyball.kernel.upcasts import read_state
from flyball.machine.disk import RealDisk
from flyball.main import cli
from flyball.runtime.recover import Recovered, ReplayDiffers, recover
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


def checkpoints(folder: Path) -> list[Path]:
    return sorted((folder / "journal").glob("snapshots/*.fbs"))


def read_all(folder: Path) -> list[tuple[int, Record]]:
    return list(read(RealDisk(str(folder / "journal"))))


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


def test_its_export_is_what_it_was(golden: Path) -> None:
    """To the byte under the version that wrote it; later ones add, and change nothing."""
    told = expected(golden)
    lines = list(export(read(RealDisk(str(golden / "journal")))))
    assert len(lines) == told["records"]
    before = (golden / "export.jsonl").read_bytes().splitlines(keepends=True)
    for ours, theirs in zip(lines, before, strict=True):
        if told["kernel"] == VERSION:
            assert ours == theirs, ANEW
        else:
            was = json.loads(theirs)
            now = json.loads(ours)
            assert {key: now.get(key) for key in was} == was


def test_its_checkpoint_is_gone_on_from_without_a_replay(golden: Path) -> None:
    told = expected(golden)
    if not checkpoints(golden):
        assert told["kernel"] == "1", "the first version left none"
        return
    found = recovered(golden)
    assert found.notes == [], ANEW
    assert found.checkpoint
    assert (found.records, found.events) == (told["records"], 0)
    if told["schema"] == SCHEMA:  # the hashes are of what this schema keeps
        assert found.governor.book_hash() == told["book_hash"]
        assert found.governor.state_hash() == told["state_hash"]


def test_a_state_of_schema_2_keeps_every_field_it_had() -> None:
    """What is new begins with its default; nothing that was kept is lost or changed on the way."""

    def plain(value: object) -> object:
        if isinstance(value, Fields):
            return value.name, [plain(one) for one in value.values]
        if is_dataclass(value):
            kind = type(value).__name__
            return kind, [plain(getattr(value, field)) for field in schema_2.FIELDS[kind]]
        if isinstance(value, (list, tuple)):
            return [plain(one) for one in value]
        return {k: plain(one) for k, one in value.items()} if isinstance(value, dict) else value

    kept = [unpack(path.read_bytes()) for path in checkpoints(GOLDEN / "2")]
    assert [one.schema for one in kept] == [2] * len(kept) != []
    for one in kept:
        assert plain(read_state(one.state, 2)) == plain(parse(one.state))


def test_what_an_older_version_left_without_a_checkpoint_is_not_decided_again(golden: Path) -> None:
    """The start is refused, and says which version has to recover first; nothing is changed by that."""
    told = expected(golden)
    for snapshot in checkpoints(golden):
        snapshot.unlink()
    if told["kernel"] == VERSION:
        assert recovered(golden).events == told["events"]
        return
    before = read_all(golden)
    with pytest.raises(ReplayDiffers) as why:
        recovered(golden)
    assert why.value.wrote == told["kernel"]
    assert f"differs from what this kernel (rules {VERSION}) decides" in str(why.value)
    assert f"start the version that wrote the journal (the Flyball with rules {told['kernel']})" in str(
        why.value
    )
    assert read_all(golden) == before


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


@pytest.mark.parametrize(
    "words", [["why", "t-1"], ["why", "t-1", "--json"], ["report"], ["journal", "verify"]]
)
def test_people_can_look_at_it(golden: Path, words: list[str]) -> None:
    """Nothing of this is decided again; figures that a version did not have are not set."""
    shown = CliRunner().invoke(cli, [*words, "--dir", str(golden)])
    assert shown.exit_code == 0, (shown.output, shown.exception)
