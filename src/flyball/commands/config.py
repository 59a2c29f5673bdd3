"""`flyball config show, check, diff`: what is in force, whether a file is right, what it would change.

They read the file and the journal, running governor or not, and change nothing.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from flyball.commands.words import DIR, JSON, fail

if TYPE_CHECKING:
    from flyball.config.effective import Effective
    from flyball.kernel.state import State

FILE = "flyball.toml"


@click.group()
def config() -> None:
    """What is in force, whether a file is right, and what it would change."""


def _load(path: Path) -> "Effective":
    """The file with the environment over it; ends the command with every fault of it."""
    from flyball.config.load import load
    from flyball.config.problems import ConfigError
    from flyball.machine.environment import environment
    from flyball.machine.files import read_text

    if not path.exists():
        fail(2, f"{path}: no such file; `flyball init` writes one")
    try:
        return load(read_text(path), path=str(path), environ=environment())
    except ConfigError as wrong:
        fail(2, str(wrong))
    except UnicodeDecodeError:
        fail(2, f"{path}: is no UTF-8 text; save it as UTF-8")


def _terms(folder: Path, effective: "Effective | None") -> "State | None":
    """What the folder's journal ends with; None when there is none yet."""
    from flyball.compose.terms import journal_of, terms_of
    from flyball.journal.errors import JournalError

    journal = journal_of(folder, effective)
    if journal is None:
        return None
    try:
        return terms_of(journal)
    except JournalError as damage:
        fail(4, str(damage))


@config.command()
@DIR
@JSON
def show(folder: str, as_json: bool) -> None:
    """Every key in force with its value and origin; what is pending, what expires when.

    From the journal; before the first start, from the file.

    Example: flyball config show --dir desk
    """
    from flyball.commands.tables import table
    from flyball.commands.terms import terms_text
    from flyball.runtime.pending import rules_view, terms_view

    path = Path(folder) / FILE
    effective = _load(path) if path.exists() else None
    state = _terms(Path(folder), effective)
    if state is None or state.terms.approvers == 0:
        if effective is None:
            fail(2, f"{folder}: neither a journal nor {FILE} here; name the run's folder with --dir")
        unread = {key for key, _ in effective.unread}
        keys: list[dict[str, Any]] = [
            {"key": key, "value": value, "origin": origin, "enforced": key not in unread, "until": None}
            for key, value, origin in effective.table()
        ]
        found: dict[str, Any] = {"from": str(path), "keys": keys, "approvers": effective.account.approvers}
        found |= {"pending": [], "loosened": []}
    else:
        keys = rules_view(state)
        found = {"from": "journal", "keys": keys, **terms_view(state)}
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    rows = [[x["key"], x["value"], x["origin"] + aside(x)] for x in keys]
    click.echo(table(["key", "value", "origin"], rows))
    if found["from"] != "journal":
        click.echo("\nnot started yet: this is what the first start will take")
    if text := terms_text(found):
        click.echo(text)


def aside(row: dict[str, Any]) -> str:
    """What a person should know of a key besides its origin."""
    until = f", until {row['until'][:19]}Z" if row["until"] else ""
    return until + ("" if row["enforced"] else ", not enforced in this version")


@config.command()
@click.argument("file", type=click.Path(dir_okay=False), default=FILE)
@JSON
def check(file: str, as_json: bool) -> None:
    """Check a file, the environment over it, and its overlay and secrets' files: every fault at once. Exit
    code 2 when there is one.

    Example: flyball config check desk/flyball.toml
    """
    from dataclasses import asdict

    from flyball.compose.own import REQUIRED
    from flyball.config.load import load
    from flyball.config.problems import ConfigError
    from flyball.machine.environment import environment
    from flyball.machine.files import read_text

    path = Path(file)
    if not path.exists():
        fail(2, f"{path}: no such file; `flyball init` writes one")
    try:
        effective = load(read_text(path), path=str(path), environ=environment(), require=REQUIRED)
        _check_beside(path, effective)
    except UnicodeDecodeError:
        fail(2, f"{path}: is no UTF-8 text; save it as UTF-8")
    except ConfigError as wrong:
        if as_json:
            problems = [asdict(problem) for problem in wrong.problems]
            click.echo(json.dumps({"ok": False, "problems": problems, "notices": []}, indent=2))
            raise SystemExit(2) from None
        fail(2, str(wrong))
    notices = effective.notices()
    if as_json:
        click.echo(json.dumps({"ok": True, "problems": [], "notices": notices}, indent=2))
        return
    for notice in notices:
        click.echo(f"note: {notice}")
    click.echo(f"{path}: right; profile {effective.profile}, {len(effective.values)} limits")


def _check_beside(path: Path, effective: "Effective") -> None:
    """What a start would find wrong with the files that the configuration names; ConfigError."""
    from flyball.compose.own import OwnRun, overlay_of
    from flyball.compose.paging import check as check_paging
    from flyball.config.problems import ConfigError, Problem
    from flyball.feeds.table import BarsError

    check_paging(str(path), effective.alerts)
    try:
        overlay_of(OwnRun(path), effective)
    except BarsError as wrong:
        raise ConfigError([Problem(str(path), 0, "session.overlay", "", str(wrong), "")]) from wrong


@config.command()
@click.argument("file", type=click.Path(dir_okay=False), default=None, required=False)
@DIR
@JSON
def diff(file: str | None, folder: str, as_json: bool) -> None:
    """What a start with FILE would tighten at once, and what looser rows would wait for.

    FILE is DIR/flyball.toml unless named.

    Example: flyball config diff --dir desk
    """
    from flyball.commands.terms import difference_text
    from flyball.compose.terms import difference
    from flyball.machine.environment import user

    path = Path(file) if file is not None else Path(folder) / FILE
    effective = _load(path)
    state = _terms(Path(folder), effective)
    if state is None or state.terms.approvers == 0:
        if as_json:
            click.echo(
                json.dumps({"first_start": True, "tighter": [], "looser": [], "refused": []}, indent=2)
            )
        else:
            click.echo(f"{folder}: no journal yet; the first start takes {path} as it is")
        return
    found = difference(state, effective, user())
    if as_json:
        shown = {"tighter": found.tighter, "looser": found.looser, "refused": found.refused}
        click.echo(json.dumps({"first_start": False, **shown}, indent=2))
    elif found.none():
        click.echo(f"{path}: exactly what is in force")
    else:
        click.echo(difference_text(found.tighter, found.looser, found.refused))
