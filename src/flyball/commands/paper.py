"""`flyball paper`: the paper broker in a process of its own."""

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
    help="The configuration of the desk whose broker this is.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="Port of the HTTP door; any free one otherwise."
)
@click.option(
    "--from", "begin", help="Begin at this time of the data (a new desk only), as `flyball run` does."
)
@click.option("--pace", help="How fast the market runs, like 1x or 60x; over the file's own `feed.pace`.")
@JSON
def paper(config: str, port: int, begin: str | None, pace: str | None, as_json: bool) -> None:
    """Run the paper broker of a desk in a process of its own, until Ctrl-C or SIGTERM.

    It lives on when the governor is stopped or killed. `flyball run` meets it with process = "own" under
    [broker.paper]; any client of Alpaca's trading API meets its HTTP door with the keys in broker.keys.

    Example: flyball paper --config desk/flyball.toml --pace 1x
    """
    from flyball.broker.paper_file import PaperFileError
    from flyball.compose.own import OwnRun
    from flyball.compose.paper_flight import fly_paper
    from flyball.compose.paper_place import PaperTaken
    from flyball.config.problems import ConfigError
    from flyball.feeds.table import BarsError
    from flyball.machine.private import seal
    from flyball.tables.calendar import OutOfTable

    seal()
    path = Path(config)
    if not path.exists():
        fail(2, f"{path}: no such file; `flyball init` writes one")
    try:
        sys.exit(fly_paper(OwnRun(path, begin, pace), port=port, as_json=as_json))
    except ModuleNotFoundError as missing:
        fail(2, f"{missing}; the HTTP door needs an extra: pip install 'flyball[brokers]'")
    except (ConfigError, BarsError, OutOfTable) as wrong:
        fail(2, str(wrong))
    except PaperTaken as wrong:
        fail(1, str(wrong))
    except PaperFileError as wrong:
        fail(4, str(wrong))
    except OSError as wrong:
        fail(1, f"the door cannot be opened: {wrong}")
