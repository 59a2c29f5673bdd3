"""What several commands share: options of one meaning, and how a command ends badly."""

import sys
from typing import NoReturn

import rich_click as click

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object for programs.")
DIR = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False),
    default=".",
    show_default=True,
    help="The run's folder.",
)
SECONDS = click.option(
    "--seconds", type=click.IntRange(1, 86_400), help="Length of a bar, where the data leave it open."
)


def fail(code: int, message: str) -> NoReturn:
    """Say why on stderr and end with the exit code."""
    click.echo(f"flyball: {message}", err=True)
    sys.exit(code)
