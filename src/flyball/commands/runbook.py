"""`flyball runbook`: procedures to print before they are needed."""

import json
from pathlib import Path

import rich_click as click

from flyball.commands.words import DIR, JSON


@click.group()
def runbook() -> None:
    """What to do when it goes wrong, to be printed before it does."""


@runbook.command()
@DIR
@click.option(
    "--broker", type=click.Choice(["alpaca", "ibkr", "coinbase", "paper"]), help="Only this broker."
)
@click.option("--account", default="", help="The account's number; from the keys file otherwise.")
@click.option("--phone", default="", help="The broker's telephone number, as you found it.")
@JSON
def panic(folder: str, broker: str | None, account: str, phone: str, as_json: bool) -> None:
    """Getting flat without the governor, the bot or this machine: with a shell, and from a phone. Works
    without a configuration; what it does not know stays a line to fill in by hand.

    Example: flyball runbook panic --dir desk --broker alpaca > sheet.txt
    """
    from flyball.compose.places import BROKER_KEYS, KILL_FILE
    from flyball.sentinel.runbook import as_text, sheet

    place = Path(folder).resolve()
    if not place.is_dir():
        click.echo(f"flyball: {place}: no such folder; the paths on the sheet may be wrong: --dir", err=True)
    found, number, kept = known(place)
    sections = sheet(
        broker=broker or found,
        account=account or number,
        folder=str(place),
        phone=phone or kept,
        keys=BROKER_KEYS,
        kill_file=KILL_FILE,
    )
    if as_json:
        click.echo(json.dumps([{"title": title, "lines": lines} for title, lines in sections], indent=2))
    else:
        click.echo(as_text(sections))


def known(place: Path) -> tuple[str, str, str]:
    """Broker, account number and the broker's telephone as the desk has them; "" for what cannot be read."""
    from flyball.compose.places import BROKER_KEYS
    from flyball.machine.files import read_text
    from flyball.machine.private import read_private

    broker = account = phone = ""
    try:
        account = str(json.loads(read_private(str(place / BROKER_KEYS)))["account"])
    except (OSError, ValueError, KeyError, TypeError):
        account = ""
    try:
        import tomllib

        config = tomllib.loads(read_text(place / "flyball.toml"))
        broker = str(config.get("broker", {}).get("kind", "paper"))
        phone = str(config.get("desk", {}).get("broker_phone", ""))
    except (OSError, ValueError, AttributeError):
        broker = ""
    return broker, account, phone
