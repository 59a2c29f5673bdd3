"""`flyball demo`: fly it, show it live, sum it up, write the report, and say how to look further."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from flyball.compose.assembly import Cockpit, Machine
from flyball.compose.fly import Landed, fly, real_machine
from flyball.compose.plane import open_plane
from flyball.desk.report import html
from flyball.desk.summary import Summary
from flyball.desk.terminal import Live, summary_table
from flyball.journal.replay import begun, read
from flyball.journal.verify import verify
from flyball.lab.demo.plan import Wanted, plan
from flyball.machine.disk import RealDisk
from flyball.machine.spawn import RealSpawn
from flyball.runtime.sequencer import Taken

REPORT = "report.html"
Wrap = Callable[[Machine], Machine]


def begin_folder(folder: str, *, fresh: bool) -> str:
    """The run's folder: an unfinished run goes on; a finished one is kept, and the new one gets the next
    number."""
    path = Path(folder)
    if not (path / "done").exists() and not fresh:
        return folder
    n = 2
    while (path.parent / f"{path.name}-{n}").exists():
        n += 1
    if path.exists():
        path.rename(path.parent / f"{path.name}-{n}")
    return folder


def fly_demo(wanted: Wanted, *, as_json: bool, fresh: bool, wrap: Wrap | None = None) -> int:
    """Run the demo; the exit code."""
    started = time.monotonic()
    summary = Summary()
    live = Live(summary, now=time.monotonic, plain=as_json or not sys.stderr.isatty(), out=sys.stderr)
    seq = 0

    def watch(taken: Taken) -> None:
        nonlocal seq
        for record in taken.records:
            seq += 1
            summary.feed(seq, record)
        live.update()

    made, notes = plan(wanted, lambda path: Path(path).read_bytes(), watch)
    root = Path(begin_folder(wanted.folder, fresh=fresh))  # only now: what cannot be flown moves nothing
    root.mkdir(parents=True, exist_ok=True)
    (root / "bots").mkdir(exist_ok=True)
    live.sessions = len(made.schedule)
    for note in notes:
        live.note(note)
    spawn = RealSpawn()
    machine = real_machine(str(root), str(root / "journal"), str(root / "emergency"), 0, spawn)
    if wrap is not None:
        machine = wrap(machine)

    def ready(cockpit: Cockpit) -> None:
        for note in cockpit.notes:
            live.note(note)

    journal_disk = RealDisk(str(root / "journal"))
    if begun(journal_disk):
        live.note(f"going on with the run in {root}")
        for number, record in read(journal_disk):
            seq = number
            summary.feed(number, record)
    plane: Callable[[Cockpit], Awaitable[Callable[[], Awaitable[None]]]] | None = None
    landed = asyncio.run(fly(made, machine, ready, open_plane(str(root)) if plane is None else plane))
    live.done()
    checked = verify(journal_disk, landed.head)
    summary.finish(
        path=str(root / "journal"),
        recovered=landed.recovered,
        new=landed.records - landed.recovered,
        head=landed.head,
        verified=checked.ok,
        state_hash=landed.state_hash,
        book_hash=landed.book_hash,
        elapsed_s=round(time.monotonic() - started, 3),
    )
    commands = further(root)
    report = html(summary, title="Flyball demo", label=made.label, commands=commands)
    (root / REPORT).write_text(report, encoding="utf-8")
    if not landed.stopped:
        (root / "done").write_text(landed.head + "\n")
    _tell(summary, landed, root, commands, as_json=as_json)
    return 0 if checked.ok and not landed.stopped else 4 if not checked.ok else 1


def further(root: Path) -> list[str]:
    """The exact commands to look further."""
    name = called()
    return [
        f"{name} why demo-1 --dir {root}",
        f"{name} journal verify --dir {root}",
        f"{name} journal export --dir {root} > journal.jsonl",
        f"{name} report --dir {root}",
    ]


def called() -> str:
    """How this program is called from here: by its name when the shell finds it, else by its path."""
    here = Path(sys.argv[0])
    found = shutil.which("flyball")
    if found is not None and here.exists() and Path(found).samefile(here):
        return "flyball"
    return os.path.relpath(here) if here.name == "flyball" else "flyball"


def _tell(summary: Summary, landed: Landed, root: Path, commands: list[str], *, as_json: bool) -> None:
    if as_json:
        out = summary.to_dict()
        out["report"] = str(root / REPORT)
        print(json.dumps(out, indent=2))
        return
    print(summary_table(summary))
    print(f"\nReport: {root / REPORT}\n\nLook further:")
    for command in commands:
        print(f"  {command}")
    if landed.stopped:
        print(f"\nstopped: {landed.stopped}", file=sys.stderr)
