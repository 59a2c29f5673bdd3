"""`flyball replay`: a journal gone through again, as it was or under another configuration (what-if)."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from flyball.commands.bar import Bar
from flyball.commands.books import journal_folder
from flyball.commands.words import DIR, JSON, fail

if TYPE_CHECKING:
    from flyball.compose.replays import Replayed
    from flyball.desk.what_if import Configured
    from flyball.journal.verify import VerifyReport


@click.command()
@DIR
@click.option(
    "--config",
    "config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="WHAT-IF: decide the journal under the limits of this file instead.",
)
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="KEY=VALUE",
    help="WHAT-IF: one limit otherwise, like max_gross=$40,000; may come several times.",
)
@JSON
def replay(folder: str, config: Path | None, given: tuple[str, ...], as_json: bool) -> None:
    """Step every event of a journal again and compare every effect and hash. Exit code 4 with the place when
    something differs.

    With --config or --set the same journal is decided under other limits (WHAT-IF): every changed decision,
    and what it would have come to. docs/guides/replay.md says how.

    Example: flyball replay --dir flyball-demo --set 'max_order_notional=$5,000'
    """
    from flyball.compose.replays import checked, replay_of
    from flyball.journal.errors import JournalError

    if config is not None and given:
        fail(2, "--config or --set, not both: write the keys into the file")
    journal = journal_folder(folder)
    try:
        report = checked(journal)
        if report.damage is not None:
            d = report.damage
            fail(4, f"{d.file}, byte {d.offset}, record {d.seq}: {d.what}\nremedy: {d.remedy}")
        if config is not None or given:
            _what_if(journal, config, given, report, as_json=as_json)
            return
        with Bar("replay", report.records) as bar:
            found = replay_of(journal, report, bar.advance)
    except JournalError as damage:
        fail(4, str(damage))
    if as_json:
        click.echo(json.dumps(_object(found), indent=2))
    else:
        _tell(found)
    if not found.ok:
        sys.exit(4)


def _what_if(
    journal: Path, config: Path | None, given: tuple[str, ...], report: "VerifyReport", *, as_json: bool
) -> None:
    from flyball.compose.other_config import from_file, from_keys
    from flyball.compose.replays import currency_of, what_if_of
    from flyball.config.problems import ConfigError
    from flyball.desk.what_if_json import what_if_json
    from flyball.desk.what_if_text import what_if_text

    try:
        configured: Configured = (
            from_file(config) if config is not None else from_keys(given, currency_of(journal))
        )
    except ConfigError as wrong:
        fail(2, str(wrong))
    name = " ".join(given) if config is None else str(config)
    with Bar("replay", report.records) as bar:
        found = what_if_of(journal, configured, bar.advance)
    if as_json:
        click.echo(json.dumps(what_if_json(found, config=name), indent=2))
        return
    for line in what_if_text(found, config=name):
        click.echo(line)


def _object(found: "Replayed") -> dict[str, object]:
    from flyball.journal.export_units import when

    return {
        "ok": found.ok,
        "records": found.records,
        "events": found.events,
        "kernel": found.kernel,
        "head": found.head,
        "checked_against": found.checked_against,
        "state_hash": found.state_hash,
        "book_hash": found.book_hash,
        "epochs": [
            {
                "seq": e.seq,
                "ts": when(e.ts),
                "epoch": e.epoch,
                "kernel": e.kernel,
                "state_hash": e.recorded or None,
                "agreed": e.agreed,
            }
            for e in found.epochs
        ],
        "differs_at": found.differs_at or None,
        "difference": found.difference or None,
    }


def _tell(found: "Replayed") -> None:
    from flyball.desk.shown import counted

    same = "the same" if found.ok else "DIFFERENT"
    lines = [
        f"{same}: {found.records:,} records, {found.events:,} events stepped again by rules {found.kernel}",
        f"state    {found.state_hash}",
        f"book     {found.book_hash}",
        f"head     {found.head}",
        f"checked  against {found.checked_against}",
    ]
    agreed = sum(1 for e in found.epochs if e.agreed)
    lines.append(f"starts   {counted(len(found.epochs), 'epoch')}, {agreed} with the recorded state")
    lines += [
        f"         epoch {e.epoch} (record {e.seq}, rules {e.kernel}):"
        f" {e.recorded or 'the beginning'}{'' if e.agreed else ' DOES NOT AGREE'}"
        for e in found.epochs
    ]
    click.echo("\n".join(lines))
    if not found.ok:
        click.echo(f"flyball: {found.difference}", err=True)
