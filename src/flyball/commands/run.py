"""`flyball run`: govern your own bot, by the flyball.toml of a folder."""

import sys
from pathlib import Path

import rich_click as click

from flyball.commands.words import JSON, fail


@click.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    default="flyball.toml",
    show_default=True,
    help="The configuration.",
)
@click.option(
    "--from", "begin", help="Begin at this time of the data, like 2016-04-15T19:50:00Z (a new journal only)."
)
@click.option("--pace", help="How fast the file is played: max, 1x, 60x; over the file's own `feed.pace`.")
@click.option("--sentinel", is_flag=True, help="Start a sentinel beside it, with the keys in broker.keys.")
@JSON
def run(config: str, begin: str | None, pace: str | None, sentinel: bool, as_json: bool) -> None:
    """Govern your own bot on the paper broker, by flyball.toml.

    Stopped or killed, the same command goes on where it was. Nothing clears itself here: `flyball clear`
    does, with the operator secret.

    Example: flyball run --config desk/flyball.toml
    """
    from flyball.broker.paper_file import PaperFileError
    from flyball.compose.assembly import CannotStart
    from flyball.compose.own import OwnRun, fly_own
    from flyball.compose.paper_place import PaperTaken
    from flyball.compose.places import BROKER_KEYS
    from flyball.config.problems import ConfigError
    from flyball.feeds.table import BarsError
    from flyball.journal.errors import JournalError
    from flyball.runtime.recover import ReplayDiffers
    from flyball.tables.calendar import OutOfTable

    path = Path(config)
    if not path.exists():
        fail(2, f"{path}: no such file; `flyball init` writes one")
    if sentinel and not (path.resolve().parent / BROKER_KEYS).exists():
        fail(2, f"--sentinel needs the broker's keys in {path.resolve().parent / BROKER_KEYS} (mode 0600)")
    try:
        sys.exit(fly_own(OwnRun(path, begin, pace, sentinel), as_json=as_json))
    except (ConfigError, BarsError, OutOfTable) as wrong:
        fail(2, str(wrong))
    except (CannotStart, PaperTaken) as wrong:
        fail(1, str(wrong))
    except (JournalError, ReplayDiffers, PaperFileError) as wrong:
        fail(4, str(wrong))
