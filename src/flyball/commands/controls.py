"""`flyball controls` and `flyball drill`: which brakes are on, and whether they hold."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from flyball.commands.bar import Bar
from flyball.commands.books import journal_folder
from flyball.commands.words import DIR, JSON, fail

if TYPE_CHECKING:
    from flyball.kernel.state import State


@click.command()
@DIR
@JSON
def controls(folder: str, as_json: bool) -> None:
    """Every control and key: ARMED, OFF (by whom, until when), WARMING n/m or UNREACHABLE (why).

    Asks the running governor; without one, reads the journal.

    Example: flyball controls --dir flyball-demo
    """
    from flyball.api.armed import armed_view
    from flyball.desk.controls_text import controls_text

    view = _asked(folder)
    source = "the running governor" if view is not None else "the journal; no governor is running"
    if view is None:
        view = armed_view(_state(folder))
    if as_json:
        click.echo(json.dumps({"source": source, **view}, indent=2))
        return
    for line in controls_text(view):
        click.echo(line)
    click.echo(f"told by {source}")


@click.command()
@DIR
@JSON
def drill(folder: str, as_json: bool) -> None:
    """Trip every armed control and every latch on a scratch copy of the present state and check what comes.

    Reads the journal; writes nothing and sends nothing, so it may run beside the governor. Exit code 1 when
    one does not trip.

    Example: flyball drill --dir flyball-demo
    """
    from flyball.desk.controls_text import drill_text
    from flyball.desk.drill import NothingToDrill, drill_json, tripped_all
    from flyball.desk.drill import drill as trip

    try:
        rows = trip(_state(folder))
    except NothingToDrill as nothing:
        fail(1, str(nothing))
    if as_json:
        click.echo(json.dumps(drill_json(rows), indent=2))
    else:
        for line in drill_text(rows):
            click.echo(line)
    if not tripped_all(rows):
        sys.exit(1)


def _asked(folder: str) -> dict[str, Any] | None:
    """The running governor's answer; None when there is none."""
    from flyball.api.client import GovernorNotReachable, ask
    from flyball.api.protocol import Request
    from flyball.compose.places import SOCKET
    from flyball.machine.socket import connect

    try:
        reply = ask(lambda: connect(str(Path(folder).resolve() / SOCKET)), Request(what="controls"))
    except GovernorNotReachable:
        return None
    return reply.data if reply.ok else None


def _state(folder: str) -> "State":
    """The state a journal ends with."""
    from flyball.compose.replays import checked, present
    from flyball.journal.errors import JournalError
    from flyball.runtime.recover import ReplayDiffers

    journal = journal_folder(folder)
    try:
        with Bar("journal", checked(journal).records) as bar:
            return present(journal, bar.advance).state
    except (JournalError, ReplayDiffers) as wrong:
        fail(4, str(wrong))
