"""What can be made of a run's journal afterwards, from its files alone."""

from pathlib import Path

from flyball.desk.report import html
from flyball.desk.summary import Summary
from flyball.journal.replay import read
from flyball.journal.verify import verify
from flyball.machine.disk import RealDisk
from flyball.runtime.recover import Replay


def summary_of(journal: Path) -> tuple[Summary, str]:
    """The summary of a journal, and the label of its prices; its hashes from stepping every event again."""
    disk = RealDisk(str(journal))
    checked = verify(disk)
    summary = Summary()
    replay = Replay()
    label = ""
    for seq, record in read(disk):
        summary.feed(seq, record)
        replay.take(seq, record)
        label = getattr(record, "label", label)
    replay.end()
    governor = replay.governor
    summary.finish(
        path=str(journal),
        head=checked.head,
        verified=checked.ok,
        state_hash=governor.state_hash(),
        book_hash=governor.book_hash(),
    )
    return summary, label


def report_of(journal: Path) -> str:
    """The report of a journal as one HTML page."""
    summary, label = summary_of(journal)
    folder = journal.parent
    commands = [
        f"flyball journal verify --dir {folder}",
        f"flyball journal export --dir {folder} > journal.jsonl",
    ]
    return html(summary, title=f"Flyball: {folder.name}", label=label, commands=commands)
