"""`flyball demo`."""

import sys

import rich_click as click

from flyball.commands.words import JSON, SECONDS
from flyball.feeds.drawn import FIRST_DAY


@click.command()
@click.option("--data", type=click.Path(exists=True, dir_okay=False), help="Your own bars, CSV or Parquet.")
@click.option(
    "--stamp", type=click.Choice(["start", "end"]), help="Whether a bar's time is its start or its end."
)
@click.option("--tz", help="Time zone of times without an offset, like America/New_York.")
@click.option("--symbols", help="Only these, comma separated.")
@SECONDS
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="All chance follows from it.",
)
@click.option(
    "--profile",
    type=click.Choice(["demo", "micro", "standard"]),
    default="demo",
    show_default=True,
    help="Whose limits.",
)
@click.option("--sessions", type=click.IntRange(1), help="How many sessions to fly; all of them otherwise.")
@click.option(
    "--first-day", type=int, default=FIRST_DAY, show_default=True, help="First sample session, yyyymmdd."
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False),
    default="flyball-demo",
    show_default=True,
    help="Where the run is kept.",
)
@click.option("--fresh", is_flag=True, help="Do not go on with an unfinished run; it is kept beside.")
@JSON
def demo(
    data: str | None,
    stamp: str | None,
    tz: str | None,
    symbols: str | None,
    seconds: int | None,
    seed: int,
    profile: str,
    sessions: int | None,
    first_day: int,
    folder: str,
    fresh: bool,
    as_json: bool,
) -> None:
    """Watch the governor hold a bot that goes wild, on real prices.

    Sample prices: 21 sessions of September and October 2008 (MSFT, AAPL, IBM; real days, minutes drawn).
    Killed half-way, the same command goes on where it stopped.

    Example: flyball demo --data bars_1m.parquet --stamp end --seed 7
    """
    from flyball.commands.words import fail
    from flyball.compose.assembly import CannotStart
    from flyball.config.problems import ConfigError
    from flyball.feeds.table import BarsError
    from flyball.journal.errors import JournalError
    from flyball.lab.demo.flight import fly_demo
    from flyball.lab.demo.plan import Wanted
    from flyball.runtime.recover import ReplayDiffers
    from flyball.tables.calendar import OutOfTable

    names = tuple(part.strip() for part in (symbols or "").split(",") if part.strip())
    wanted = Wanted(data, stamp, tz, names, seconds, seed, profile, sessions or 0, first_day, folder)
    try:
        sys.exit(fly_demo(wanted, as_json=as_json, fresh=fresh))
    except (BarsError, ConfigError, OutOfTable) as wrong:
        fail(2, str(wrong))
    except CannotStart as wrong:
        fail(1, str(wrong))
    except (JournalError, ReplayDiffers) as wrong:
        fail(4, str(wrong))
