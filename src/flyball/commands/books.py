"""`flyball why`, `journal verify`, `journal export`, `report`: read from the journal's files, running
governor or not."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from flyball.commands.words import DIR, JSON, fail

if TYPE_CHECKING:
    from flyball.journal.verify import VerifyReport


def journal_folder(folder: str) -> Path:
    """The journal of a run's folder; ends the command when there is none."""
    for path in (Path(folder) / "journal", Path(folder)):
        if (path / "segments").is_dir():
            return path
    return fail(2, f"{folder}: no journal here; name the run's folder with --dir")


@click.command()
@click.argument("wanted")
@DIR
@JSON
def why(wanted: str, folder: str, as_json: bool) -> None:
    """Explain one decision: verdict, every control's value and limit, what came of it.

    WANTED is an intent id, a client order id or a journal record number.

    Example: flyball why demo-17 --dir flyball-demo
    """
    from flyball.desk.why import NotFound, why_text
    from flyball.desk.why import why as explain
    from flyball.journal.errors import JournalError
    from flyball.journal.replay import read
    from flyball.machine.disk import RealDisk

    disk = RealDisk(str(journal_folder(folder)))
    try:
        found = explain(read(disk), wanted)
    except NotFound as missing:
        fail(1, str(missing))
    except JournalError as damage:
        fail(4, str(damage))
    click.echo(json.dumps(found, indent=2) if as_json else why_text(found))


@click.group()
def journal() -> None:
    """Verify or export the journal."""


@journal.command()
@DIR
@click.option("--head", help="A head hash kept elsewhere; the journal must contain it.")
@JSON
def verify(folder: str, head: str | None, as_json: bool) -> None:
    """Check every byte of the journal: checksums, chain, order. Exit code 4 when anything is wrong.

    Example: flyball journal verify --dir flyball-demo --head 3f0c...
    """
    import dataclasses

    from flyball.journal.verify import verify as check
    from flyball.machine.disk import RealDisk

    report = check(RealDisk(str(journal_folder(folder))), head)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(report), indent=2, default=str))
    else:
        click.echo(_verdict(report))
    if not report.ok:
        sys.exit(4)


def _verdict(report: "VerifyReport") -> str:
    """A verification as a person reads it."""
    lines = [
        f"{'ok' if report.ok else 'DAMAGED'}: {report.records:,} records in {report.blocks:,} blocks,"
        f" {report.segments} segment{'s' if report.segments != 1 else ''}",
        f"head     {report.head}",
        f"checked  against {report.checked_against}",
    ]
    if report.damage is not None:
        d = report.damage
        lines += [f"damage   {d.file}, byte {d.offset}, record {d.seq}: {d.what}", f"remedy   {d.remedy}"]
    return "\n".join(lines)


@journal.command()
@DIR
def export(folder: str) -> None:
    """Print the journal as JSON Lines (docs/reference/journal.md).

    Example: flyball journal export --dir flyball-demo > journal.jsonl
    """
    from flyball.journal.errors import JournalError
    from flyball.journal.export import export as lines
    from flyball.journal.replay import read
    from flyball.machine.disk import RealDisk

    try:
        for line in lines(read(RealDisk(str(journal_folder(folder))))):
            sys.stdout.buffer.write(line)
    except JournalError as damage:
        fail(4, str(damage))
    except BrokenPipeError:
        sys.exit(0)


@click.command()
@DIR
@click.option(
    "--out",
    type=click.Path(dir_okay=False),
    default=None,
    help="Where to write it; DIR/report.html otherwise.",
)
def report(folder: str, out: str | None) -> None:
    """Write the report of a run as one HTML file that opens offline.

    Example: flyball report --dir flyball-demo
    """
    from flyball.compose.books import report_of
    from flyball.machine.files import write_text

    path = Path(out) if out else Path(folder) / "report.html"
    write_text(path, report_of(journal_folder(folder)))
    click.echo(str(path))
