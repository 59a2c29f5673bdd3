"""`flyball alerts`: who was paged of what, acknowledging, a test of every channel, and the pager itself."""

import asyncio
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from flyball.commands.words import DIR, JSON, fail

if TYPE_CHECKING:
    from flyball.config.effective import Effective


@click.group(invoke_without_command=True)
@DIR
@JSON
@click.option("--all", "everything", is_flag=True, help="Pages that are over as well.")
@click.pass_context
def alerts(ctx: click.Context, folder: str, as_json: bool, everything: bool) -> None:
    """Open pages: what happened, which channel took it, who looks after it. From the pager's file.

    Exit code 1 when a critical page is open and nobody has acknowledged it.

    Example: flyball alerts --dir desk
    """
    if ctx.invoked_subcommand is not None:
        return
    found = _look(folder)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        from flyball.commands.alerts_text import pages_text

        click.echo(pages_text(found, everything=everything))
    urgent = [p for p in found["pages"] if p["severity"] == "critical" and not p["over"]]
    if any(not page["acknowledged"] for page in urgent):
        sys.exit(1)


def _look(folder: str) -> dict[str, Any]:
    """What the running pager says, else what it left in its file."""
    from flyball.compose.pager_socket import Asked, tell
    from flyball.desk.alerts import kept
    from flyball.desk.alerts.view import view
    from flyball.machine.disk import RealDisk

    where = str(Path(folder).resolve())
    try:
        return asyncio.run(tell(where, Asked("pages")))
    except (OSError, ValueError):
        disk = RealDisk(where)
        if not disk.exists(kept.FILE):
            fail(3, f"{where}: no pager has run here; name channels in [alerts], then `flyball run`")
        found, note = kept.load(disk)
        if note:
            fail(4, note)
        return view(found, running=False)


@alerts.command()
@click.argument("page")
@DIR
@click.option("--by", default=None, help="Who you are; your user name otherwise.")
@JSON
def ack(page: str, folder: str, by: str | None, as_json: bool) -> None:
    """Acknowledge a page (or all): it repeats and escalates no more. Written into the journal.

    Example: flyball alerts ack 1742 --by ann
    """
    from flyball.api.client import GovernorNotReachable, ask
    from flyball.api.protocol import Request
    from flyball.compose.pager_socket import Asked, tell
    from flyball.compose.places import SOCKET
    from flyball.machine.socket import connect

    found = _look(folder)
    known = [p["page"] for p in found["pages"] if not p["over"] and not p["acknowledged"]]
    if page != "all" and page not in known:
        fail(1, f"no open page {page}; waiting: {', '.join(known) or 'none'}")
    where, name = str(Path(folder).resolve()), by or getpass.getuser()
    count, through = len(known) if page == "all" else 1, "governor"
    request = Request(what="acknowledge", args={"page": page}, by=name)
    try:
        reply = ask(lambda: connect(f"{where}/{SOCKET}"), request)
        if reply.error is not None:
            fail(1, reply.error.message)
    except GovernorNotReachable as gone:
        through = "pager"  # it hands the word over once there is a governor again
        try:
            asyncio.run(tell(where, Asked("ack", page, name)))
        except (OSError, ValueError):
            fail(3, f"neither governor nor pager answers: {gone}")
    if as_json:
        click.echo(json.dumps({"acknowledged": count, "by": name, "through": through}))
    else:
        click.echo(f"acknowledged by {name}: {page} ({count})")


@alerts.command()
@DIR
@click.option("--by", default=None, help="Who you are; your user name otherwise.")
@click.option(
    "--seconds", type=click.IntRange(1, 600), default=30, show_default=True, help="For each channel."
)
@click.option(
    "--wait", type=click.IntRange(1, 86_400), help="Wait so many seconds for an acknowledgement as well."
)
@JSON
def test(folder: str, by: str | None, seconds: int, wait: int | None, as_json: bool) -> None:
    """Send a marked page through every channel and prove that each took it, with its time.

    Exit code 1 when one did not, or (--wait) when nobody acknowledged it; 3 when no pager runs.

    Example: flyball alerts test --wait 120
    """
    from flyball.compose.pager_socket import Asked, tell
    from flyball.machine.files import rest, steady

    where, name = str(Path(folder).resolve()), by or getpass.getuser()

    def said(asked: Asked) -> dict[str, Any]:
        try:
            return asyncio.run(tell(where, asked))
        except (OSError, ValueError) as error:
            fail(3, f"{where}: no pager answers ({error}); `flyball alerts run` is one")

    page = said(Asked("test", by=name))["page"]
    began = steady()
    found: dict[str, Any] = {}
    while True:
        rest(0.1)
        found = said(Asked("page", page))
        legs = found["channels"]
        through = bool(legs) and all(leg["delivered"] for leg in legs)
        waited = steady() - began
        if wait is None and (through or waited > seconds):
            break
        if wait is not None and (found["acknowledged"] or waited > wait):
            break
    everything = said(Asked("pages"))
    why = {line["channel"]: line["why"] for line in everything["channels"]}
    ok = through and (wait is None or bool(found["acknowledged"]))
    if as_json:
        click.echo(json.dumps({"ok": ok, "page": found, "why": why}, indent=2))
    else:
        for leg in legs:
            took = (
                f"{leg['ms']} ms" if leg["delivered"] else f"FAILED  {why.get(leg['channel']) or 'no answer'}"
            )
            click.echo(f"{leg['channel']:<10} {took}")
        if wait is not None:
            click.echo(f"acknowledged by {found['acknowledged'] or 'NOBODY'}")
    if not ok:
        sys.exit(1)


@alerts.command()
@DIR
@click.option(
    "--config", type=click.Path(dir_okay=False), help="The configuration; DIR/flyball.toml otherwise."
)
@click.option("--with-run", is_flag=True, help="End when the governor has ended cleanly and all is sent.")
def run(folder: str, config: str | None, with_run: bool) -> None:
    """Run the desk's pager. `flyball run` starts one by itself when [alerts] names a channel.

    It outlives the governor, and a newer one takes over from an older one.

    Example: flyball alerts run --dir desk
    """
    from flyball.compose.pager import CannotPage, Desk, page
    from flyball.machine.private import seal

    seal()
    path = Path(config) if config else Path(folder) / "flyball.toml"
    try:
        notes = asyncio.run(page(Desk(folder, _configured(path), with_run)))
    except CannotPage as wrong:
        fail(2, str(wrong))
    for note in notes:
        click.echo(note, err=True)


def _configured(path: Path) -> "Effective":
    from flyball.compose.paging import check
    from flyball.config.load import load
    from flyball.config.problems import ConfigError
    from flyball.machine.environment import environment
    from flyball.machine.files import read_text

    if not path.exists():
        fail(2, f"{path}: no such file; `flyball init` writes one")
    try:
        found = load(read_text(path), path=str(path), environ=environment())
        check(str(path), found.alerts)
    except ConfigError as wrong:
        fail(2, str(wrong))
    return found
