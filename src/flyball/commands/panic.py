"""`flyball panic`: halt, cancel, get flat. Said to the governor, or done without it (`--direct`).

`--direct` imports nothing that could be what is broken: no kernel, journal, config or compose.
"""

import getpass
import json
import sys
from pathlib import Path
from typing import Final

import rich_click as click

from flyball.commands.words import DIR, JSON, fail

KEYS_FILE: Final = "broker.keys"
KILL_FILE: Final = "PANIC"


@click.command()
@DIR
@click.option("--by", default=None, help="Who you are; your user name otherwise.")
@click.option("--reason", default="", help="Why; it is written into the journal.")
@click.option("--cancel-only", is_flag=True, help="Cancel everything, leave the positions.")
@click.option("--direct", is_flag=True, help="Without the governor: to the broker, with the keys alone.")
@click.option(
    "--keys",
    type=click.Path(dir_okay=False),
    help=f"With --direct: a file {{url, key, secret, account}}, mode 0600; DIR/{KEYS_FILE} otherwise.",
)
@click.option("--keys-fd", type=click.IntRange(0), help="With --direct: the same from an open descriptor.")
@click.option("--lock", is_flag=True, help="With --direct: suspend trading at the broker once it is flat.")
@click.option("--dry-run", is_flag=True, help="With --direct: show what it would do.")
@JSON
def panic(
    folder: str,
    by: str | None,
    reason: str,
    cancel_only: bool,
    direct: bool,
    keys: str | None,
    keys_fd: int | None,
    lock: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Halt, cancel every order, get flat (L4). Needs nothing but the socket; with --direct nothing but the
    broker's keys: no governor, journal or config, and nothing is written to any disk.

    Example: flyball panic --reason "it buys what it should sell"

    Example: flyball panic --direct --keys desk/broker.keys
    """
    if direct:
        _direct(folder, keys, keys_fd, exits=not cancel_only, lock=lock, dry=dry_run, as_json=as_json)
    if keys is not None or keys_fd is not None or lock or dry_run:
        fail(2, "--keys, --keys-fd, --lock and --dry-run belong to --direct")
    _said(folder, by, reason, cancel_only=cancel_only, as_json=as_json)


def _direct(
    folder: str, keys: str | None, fd: int | None, *, exits: bool, lock: bool, dry: bool, as_json: bool
) -> None:
    from flyball.commands.panic_direct import press_now, report_text
    from flyball.machine.private import read_descriptor, read_private, seal

    seal()
    place = keys or str(Path(folder) / KEYS_FILE)
    if keys is not None and fd is not None:
        fail(2, "say either --keys or --keys-fd")
    try:
        raw = read_private(place) if fd is None else read_descriptor(fd)
    except OSError as wrong:
        remedy = '{"url": ..., "key": ..., "secret": ..., "account": ...} in a file of mode 0600'
        fail(2, f"the keys cannot be read: {wrong}\nremedy: --keys FILE or --keys-fd N with {remedy}")
    where = place if fd is None else f"descriptor {fd}"
    code, report = press_now(
        raw, where, exits=exits, lock=lock, dry=dry, say=lambda text: click.echo(text, err=True)
    )
    click.echo(json.dumps(report, default=str, indent=2) if as_json else report_text(report))
    sys.exit(code)


def _said(folder: str, by: str | None, reason: str, *, cancel_only: bool, as_json: bool) -> None:
    from flyball.api.client import GovernorNotReachable, ask
    from flyball.api.protocol import Request
    from flyball.commands.ask import show
    from flyball.compose.places import SOCKET
    from flyball.machine.socket import connect

    place = Path(folder).resolve()
    args = {"cancel_only": "yes" if cancel_only else "no"}
    request = Request(what="panic", args=args, by=by or getpass.getuser(), reason=reason)
    try:
        reply = ask(lambda: connect(str(place / SOCKET)), request)
    except GovernorNotReachable as gone:
        fail(3, f"{gone}\n{instead(place)}")
    show(reply, as_json=as_json, text="panic: done (account)")


def instead(place: Path) -> str:
    """What to do when no governor answers; first of all, whether this is a desk."""
    desk = any((place / name).exists() for name in ("flyball.toml", "journal", "run"))
    lost = "" if desk else f"{place}: NO DESK IS HERE, nothing below would reach one; name it with --dir\n"
    return lost + (
        f"kill file, seen by a governor that is stuck and by the sentinel: touch {place / KILL_FILE}\n"
        f"without any of them: flyball panic --direct --keys {place / KEYS_FILE}\n"
        f"by phone: flyball runbook panic --dir {place}"
    )
