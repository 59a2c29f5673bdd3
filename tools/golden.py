"""`python -m tools.golden`: the golden journal of this version, tests/golden/<rules>/, made anew.

Once a version is released its folder is never made again: it shows that what was once written stays readable.
Run this when the rules, the records or the state of a version that is not released yet have changed.
"""

import json
import shutil
import sys
from pathlib import Path

from flyball.journal.export import export
from flyball.journal.replay import read
from flyball.kernel.governor import SCHEMA, VERSION
from flyball.machine.disk import RealDisk
from tests.runtime.kept import Kept, events

FOLDER = Path("tests") / "golden"


class Fixed:
    """No chance: the same journal every time."""

    def token(self, n: int) -> bytes:
        return bytes(range(n))


def make(folder: Path) -> dict[str, object]:
    """The story in a journal with its snapshots, the last one a checkpoint; its export; what to expect."""
    some = events()
    journal = folder / "journal"
    kept = Kept.new(journal, Fixed()).feed(some).land()
    (journal / "lock").unlink()
    disk = RealDisk(str(journal))
    records = list(read(disk))
    (folder / "export.jsonl").write_bytes(b"".join(export(records)))
    return {
        "kernel": VERSION,
        "schema": SCHEMA,
        "records": len(records),
        "events": len(some),
        "kinds": sorted({record.KIND for _, record in records}),
        "head": kept.journal.head.hash.hex(),
        "state_hash": kept.governor.state_hash(),
        "book_hash": kept.governor.book_hash(),
    }


def main(root: Path) -> int:
    """Replace the folder of this version below `root`; the exit code."""
    folder = root / FOLDER / VERSION
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    expected = make(folder)
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    print(f"{folder}: {expected['records']} records, state {expected['state_hash']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
