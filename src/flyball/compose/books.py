"""What can be made of a run's journal afterwards, from its files alone."""

from pathlib import Path

from flyball.desk.report import html
from flyball.desk.summary import Summary
from flyball.journal.codec import Record
from flyball.journal.left_out import left_out
from flyball.journal.replay import read
from flyball.journal.verify import verify
from flyball.kernel.governor import Governor
from flyball.machine.disk import RealDisk
from flyball.runtime.recover import Replay, ReplayDiffers


def summary_of(journal: Path) -> tuple[Summary, str]:
    """The summary of a journal, and the label of its prices; its hashes from stepping every event again."""
    disk = RealDisk(str(journal))
    checked = verify(disk)
    summary = Summary()
    replay = Replay(left_out=left_out(disk))
    governor: Governor | None = replay.governor
    label = ""
    for seq, record in read(disk):
        summary.feed(seq, record)
        label = getattr(record, "label", label)
        if governor is not None:
            governor = _step(replay, seq, record)
    summary.finish(
        path=str(journal),
        head=checked.head,
        verified=checked.ok,
        state_hash="" if governor is None else governor.state_hash(),
        book_hash="" if governor is None else governor.book_hash(),
    )
    return summary, label


def _step(replay: Replay, seq: int, record: Record) -> Governor | None:
    """None once a record is not what this kernel makes of it: another version wrote it, and its hashes are
    not ours."""
    try:
        replay.take(seq, record)
    except ReplayDiffers:
        return None
    return replay.governor


def report_of(journal: Path) -> str:
    """The report of a journal as one HTML page."""
    summary, label = summary_of(journal)
    folder = journal.parent
    commands = [
        f"flyball journal verify --dir {folder}",
        f"flyball journal export --dir {folder} > journal.jsonl",
    ]
    return html(summary, title=f"Flyball: {folder.name}", label=label, commands=commands)
