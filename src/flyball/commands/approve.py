"""`flyball approve`, `flyball reject`: let looser limits hold for a while, or end that.

Exit codes: 0 done, 1 refused (the message says why), 2 usage, 3 nobody answered.
"""

import getpass
import re
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click

from flyball.api.protocol import Request
from flyball.commands.ask import BY, REASON, SCOPE, say
from flyball.commands.ask import show as show_reply
from flyball.commands.words import DIR, JSON, fail
from flyball.kernel.units import NS

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
SECRET = click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False),
    help="Holds the secret; asked for otherwise.",
)


def instant(text: str) -> int:
    """A time as UTC nanoseconds: a date is its midnight, UTC. Ends the command when it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return fail(2, f"--until {text}: a date like 2026-12-31 or a time like 2026-12-31T20:00:00Z")
    if _DATE.fullmatch(text):
        at = at.replace(tzinfo=UTC)
    if at.tzinfo is None:
        return fail(2, f"--until {text}: say whose time it is: {text}Z for UTC, or an offset")
    return int(at.timestamp()) * NS


def asked(path: str | None, whose: str) -> str:
    """A secret from its file, or typed."""
    from flyball.machine.files import read_text

    return read_text(path).strip() if path is not None else str(click.prompt(whose, hide_input=True))


@click.command()
@click.argument("proposal", required=False)
@click.option("--until", help="When it ends: 2026-12-31, or 2026-12-31T20:00:00Z; at most 366 days from now.")
@click.option("--setup", "name", help="Make the secret of an approver of this name instead.")
@DIR
@BY
@REASON
@SECRET
@JSON
def approve(
    proposal: str | None,
    until: str | None,
    name: str | None,
    folder: str,
    by: str | None,
    reason: str,
    secret_file: str | None,
    as_json: bool,
) -> None:
    """Let the looser limits of a PROPOSAL hold until they expire: an approver's secret and a reason.

    `flyball config diff` shows the proposals. One can be approved when 12 hours have passed and the next
    session has begun; with approvers = 2 only by another person than asked for it.

    `--setup NAME` makes an approver's secret, with the operator's secret for the first approver and with that
    of an approver for each further one.

    Example: flyball approve 1742 --until 2026-12-31 --by ann --reason "account grew, reviewed"
    """
    if name is not None:
        _setup(folder, name, secret_file)
        return
    if proposal is None or until is None or not reason.strip():
        fail(2, "name a proposal, --until and --reason; `flyball config diff` shows the proposals")
    args = {"proposal": proposal, "expires": str(instant(until))}
    who = by or getpass.getuser()
    secret = asked(secret_file, f"Secret of approver {who}")
    reply = say(folder, Request(what="approve", args=args, by=who, reason=reason, secret=secret))
    show_reply(reply, as_json=as_json, text=f"approved: proposal {proposal} holds until {until}")


@click.command()
@click.argument("latch")
@DIR
@SCOPE
@BY
@REASON
@SECRET
@JSON
def confirm(
    latch: str,
    folder: str,
    scope: str,
    by: str | None,
    reason: str,
    secret_file: str | None,
    as_json: bool,
) -> None:
    """Confirm the clearing of a LATCH that another person asked for in the last 10 minutes.

    For clear_approvers = 2. Needs the approver's secret of whoever confirms (`flyball approve --setup`).

    Example: flyball confirm L4 --by ben
    """
    who = by or getpass.getuser()
    secret = asked(secret_file, f"Secret of approver {who}")
    args = {"latch": latch, "scope": scope}
    reply = say(folder, Request(what="confirm", args=args, by=who, reason=reason, secret=secret))
    show_reply(reply, as_json=as_json, text=f"confirm: {latch} on {scope} is cleared")


@click.command()
@click.argument("proposal")
@DIR
@BY
@REASON
@JSON
def reject(proposal: str, folder: str, by: str | None, reason: str, as_json: bool) -> None:
    """End a proposal of looser limits, or what was approved of it, at once. Needs no secret.

    Example: flyball reject 1742 --by ann --reason "not in this market"
    """
    who = by or getpass.getuser()
    reply = say(folder, Request(what="reject", args={"proposal": proposal}, by=who, reason=reason))
    show_reply(reply, as_json=as_json, text=f"rejected: proposal {proposal}")


def _setup(folder: str, name: str, secret_file: str | None) -> None:
    """Make and show an approver's secret, once somebody entitled has vouched for him."""
    from flyball.api.secret import SecretFileDamaged, generate, hashed, verify
    from flyball.api.words import NAME
    from flyball.compose.places import APPROVERS, SECRET_FILE, approver_file
    from flyball.machine.chance import OsRandom
    from flyball.machine.disk import RealDisk

    if not NAME.fullmatch(name):
        fail(2, f"--setup {name!r}: at most 32 letters, digits, dots, hyphens and underscores, no dot first")
    disk = RealDisk(folder)
    found = disk.list(APPROVERS) if disk.exists(APPROVERS) else []
    others = sorted(file for file in found if file.endswith(".secret"))
    if approver_file(name).casefold() in {f"{APPROVERS}/{file}".casefold() for file in others}:
        fail(1, f"{Path(folder) / approver_file(name)} exists; remove it to give {name} a new secret")
    if not others and not disk.exists(SECRET_FILE):
        fail(2, f"{folder}: no operator secret here; `flyball init` sets one")
    whose = "Secret of an approver who vouches" if others else "Operator secret"
    given = asked(secret_file, whose)
    kept = [f"{APPROVERS}/{file}" for file in others] or [SECRET_FILE]
    try:
        right = any(verify(disk.read(file).decode().strip(), given) for file in kept)
    except SecretFileDamaged as damaged:
        fail(2, f"{Path(folder) / kept[0]}: {damaged}")
    if not right:
        fail(1, f"wrong: {whose.lower()} is needed to make {name} an approver")
    disk.mkdir(APPROVERS)
    random = OsRandom()
    secret = generate(random)
    disk.replace(approver_file(name), (hashed(secret, random) + "\n").encode(), private=True)
    click.echo(f"\n  secret of approver {name}: {secret}\n")
    click.echo("It is shown only now. Only its hash is kept; it lets looser limits hold until they expire,")
    click.echo("and confirms that a halt is cleared where that takes two.")
