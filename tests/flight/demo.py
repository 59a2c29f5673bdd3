"""The demo as a process: flown whole, or killed on the way, and what it left behind."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from filelock import FileLock

from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.kernel.effects import Order
from flyball.machine.disk import RealDisk

KILLED = -9
PATIENCE = 300  # seconds a flight may take, on a machine that is busy with other tests
FLYBALL = (str(Path(sys.executable).parent / "flyball"), "demo", "--json")
CRASH = (sys.executable, "-m", "flyball.lab.crash", "--die")

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Flown:
    """One process that has ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """What `--json` said."""
        assert self.code == 0, f"exit {self.code}\n{self.err}\n{self.out}"
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def journal(self) -> dict[str, Any]:
        found: dict[str, Any] = self.told["journal"]
        return found

    @property
    def hashes(self) -> tuple[str, str]:
        return self.journal["state_hash"], self.journal["book_hash"]


def _run(words: Sequence[str]) -> Flown:
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return Flown(done.returncode, done.stdout, done.stderr)


def fly(folder: Path, *options: str) -> Flown:
    """`flyball demo`, in a process of its own."""
    return _run([*FLYBALL, "--dir", str(folder), *options])


def crash(folder: Path, die: str, *options: str) -> None:
    """The same, killed at `die`. Fails when it lived."""
    ended = _run([*CRASH, die, "--", "--dir", str(folder), *options])
    assert ended.code == KILLED, f"--die {die}: not killed, exit {ended.code}\n{ended.err}"


def two_at_a_time(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The results in order; the first failure is raised."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def flown_once(
    factory: pytest.TempPathFactory, name: str, runs: Mapping[str, Sequence[str]]
) -> tuple[Path, dict[str, Flown]]:
    """Fly each of `runs` (folder: options) once in a test run, however many workers want to look at them."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder = root / name
    kept = folder / "flown.json"
    with FileLock(root / f"{name}.lock"):
        if not kept.exists():
            folder.mkdir()
            flown = two_at_a_time(lambda run: fly(folder / run, *runs[run]), list(runs))
            kept.write_text(json.dumps([asdict(one) for one in flown]), encoding="utf-8")
        told = json.loads(kept.read_text(encoding="utf-8"))
    return folder, {run: Flown(**one) for run, one in zip(runs, told, strict=True)}


def records_of(folder: Path) -> list[Record]:
    """Every record of a run's journal."""
    return [record for _, record in read(RealDisk(str(folder / "journal")))]


def ids_at_the_broker(folder: Path) -> list[str]:
    """The client ids of the orders in the paper broker's own file, one for each time it is there."""
    lines = (folder / "paper.broker").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line[9:]) for line in lines]
    return [entry["client_id"] for entry in entries if entry["record"] == "order"]


def same_order_again(records: Sequence[Record]) -> list[str]:
    """Where one leg went out under two ids, or one id meant two orders: nothing, if all is well."""
    wrong: list[str] = []
    named: dict[tuple[str, str, int], str] = {}
    seen: dict[str, Order] = {}
    for record in records:
        if not isinstance(record, Order):
            continue
        if record.intent:
            leg = (record.strategy, record.intent, record.leg)
            if named.setdefault(leg, record.client_id) != record.client_id:
                wrong.append(f"{leg} as {named[leg]} and as {record.client_id}")
        before = seen.get(record.client_id)
        seen[record.client_id] = record
        if before is None:
            if record.attempt != 1:
                wrong.append(f"{record.client_id} begins with attempt {record.attempt}")
        elif record.again:
            if replace(record, again=before.again) != before:
                wrong.append(f"{record.client_id} is another order after a restart: {before}, {record}")
        elif replace(record, attempt=before.attempt, ts=before.ts, again=before.again) != before:
            wrong.append(f"{record.client_id} means two orders: {before}, {record}")
        elif record.attempt != before.attempt + 1:
            wrong.append(f"{record.client_id}: attempt {record.attempt} after {before.attempt}")
    return wrong
