"""`flyball status, limits, pause, resume, freeze, clear, cancel, flatten`: said to a running governor
over its socket.

Exit codes: 0 done, 1 refused (the message says why), 3 nobody answered.
"""

import getpass
import json
import sys
from pathlib import Path

import msgspec
import rich_click as click

from flyball.api.client import GovernorNotReachable, ask
from flyball.api.protocol import Reply, Request
from flyball.commands.words import DIR, JSON, fail
from flyball.machine.files import read_text

SCOPE = click.option(
    "--scope", default="account", show_default=True, help="account, strategy:NAME or symbol:NAME."
)
BY = click.option("--by", default=None, help="Who you are; your user name otherwise.")
REASON = click.option("--reason", default="", help="Why; it is written into the journal.")
SECRET = click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False),
    help="Holds the operator secret; asked for otherwise.",
)


def say(folder: str, request: Request) -> Reply:
    """One request to the governor of this folder; ends the command when nobody answers."""
    from flyball.compose.places import SOCKET
    from flyball.machine.socket import connect

    try:
        return ask(lambda: connect(str(Path(folder).resolve() / SOCKET)), request)
    except GovernorNotReachable as gone:
        fail(3, str(gone))


def show(reply: Reply, *, as_json: bool, text: str = "") -> None:
    """Print an answer; a refusal ends with 1."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(reply), indent=2).decode())
    elif reply.error is not None:
        click.echo(f"flyball: {reply.error.message}", err=True)
    else:
        click.echo(text or json.dumps(reply.data))
    if not reply.ok:
        sys.exit(1)


def _command(
    what: str, folder: str, args: dict[str, str], by: str | None, reason: str, secret: str, *, as_json: bool
) -> None:
    request = Request(what=what, args=args, by=by or getpass.getuser(), reason=reason, secret=secret)
    reply = say(folder, request)
    show(reply, as_json=as_json, text=f"{what}: done ({args.get('scope', args.get('order', 'account'))})")


def secret_of(path: str | None) -> str:
    """The operator secret, from its file or asked for."""
    if path is not None:
        return read_text(path).strip()
    return str(click.prompt("Operator secret", hide_input=True))


@click.command()
@DIR
@JSON
def status(folder: str, as_json: bool) -> None:
    """What a running governor is doing: state, equity, positions, orders, latches.

    Example: flyball status --dir flyball-demo
    """
    reply = say(folder, Request(what="status"))
    if as_json or reply.error is not None:
        show(reply, as_json=as_json)
        return
    from flyball.commands.tables import status_text

    click.echo(status_text(reply.data))


@click.command()
@DIR
@JSON
def limits(folder: str, as_json: bool) -> None:
    """Headroom of every limit, and which cap binds first.

    Example: flyball limits --dir flyball-demo
    """
    reply = say(folder, Request(what="limits"))
    if as_json or reply.error is not None:
        show(reply, as_json=as_json)
        return
    from flyball.commands.tables import limits_text

    click.echo(limits_text(reply.data))


def _tightening(name: str, says: str, example: str) -> click.Command:
    @DIR
    @SCOPE
    @BY
    @REASON
    @JSON
    def run(folder: str, scope: str, by: str | None, reason: str, as_json: bool) -> None:
        _command(name, folder, {"scope": scope}, by, reason, "", as_json=as_json)

    run.__doc__ = f"{says}\n\nExample: {example}"
    return click.command(name)(run)


pause = _tightening(
    "pause", "Only reductions from now on; working entries are cancelled (L14).", "flyball pause"
)
freeze = _tightening(
    "freeze", "No adding until an operator clears it (L5).", "flyball freeze --scope strategy:mybot"
)
flatten = _tightening("flatten", "Pause a scope and bring it to zero.", "flyball flatten --scope symbol:AAPL")


@click.command()
@click.argument("order")
@DIR
@BY
@REASON
@JSON
def cancel(order: str, folder: str, by: str | None, reason: str, as_json: bool) -> None:
    """Cancel one working order of the governor, by its client order id.

    Example: flyball cancel fbmain-1-17-mybot-1
    """
    _command("cancel", folder, {"order": order}, by, reason, "", as_json=as_json)


@click.command()
@DIR
@SCOPE
@BY
@REASON
@SECRET
@JSON
def resume(
    folder: str, scope: str, by: str | None, reason: str, secret_file: str | None, as_json: bool
) -> None:
    """End a pause, or accept positions found at the first start. Needs the operator secret.

    Example: flyball resume --by ann
    """
    _command("resume", folder, {"scope": scope}, by, reason, secret_of(secret_file), as_json=as_json)


@click.command()
@click.argument("latch")
@DIR
@SCOPE
@BY
@click.option("--reason", required=True, help="Why; it is written into the journal.")
@click.option("--rebase", is_flag=True, help="L2 only: the high-water mark becomes today's equity.")
@SECRET
@JSON
def clear(
    latch: str,
    folder: str,
    scope: str,
    by: str | None,
    reason: str,
    rebase: bool,
    secret_file: str | None,
    as_json: bool,
) -> None:
    """Clear a latch. Needs the operator secret and a reason.

    With clear_approvers = 2 an account-wide halt waits for another person to `flyball confirm` it.

    Example: flyball clear L1 --by ann --reason "feed was wrong, reviewed"
    """
    args = {"latch": latch, "scope": scope, "rebase": "yes" if rebase else "no"}
    secret = secret_of(secret_file)
    reply = say(
        folder, Request(what="clear", args=args, by=by or getpass.getuser(), reason=reason, secret=secret)
    )
    held = str(reply.data.get("scope", scope))
    waits = f"clear: asked ({held}: `flyball confirm {latch} --by NAME`, within 10 minutes)"
    show(reply, as_json=as_json, text=waits if "another person" in held else f"clear: done ({held})")


@click.command()
@click.argument("strategy")
@DIR
@BY
@click.option("--reason", required=True, help="What you saw; it is written into the journal.")
@SECRET
@JSON
def review(
    strategy: str, folder: str, by: str | None, reason: str, secret_file: str | None, as_json: bool
) -> None:
    """Say that you have looked at what a STRATEGY did; its counts for L13 begin again. Needs the secret.

    Example: flyball review mybot --by ann --reason "20 entries, all as meant"
    """
    scope = {"scope": f"strategy:{strategy}"}
    _command("review", folder, scope, by, reason, secret_of(secret_file), as_json=as_json)
