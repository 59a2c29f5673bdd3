"""`flyball lab`: the proving ground, for people who change the program."""

import sys

import rich_click as click

from flyball.commands.ladder import ladder
from flyball.commands.panic_lab import panic
from flyball.commands.sim import sim
from flyball.commands.words import JSON, fail


@click.group()
def lab() -> None:
    """The proving ground: the simulator, drills, benches and planted bugs."""


lab.add_command(sim)
lab.add_command(ladder)
lab.add_command(panic)


@lab.command()
@click.option("--only", help="Only the bugs whose name holds this.")
@JSON
def mutants(only: str | None, as_json: bool) -> None:
    """Plant known bugs, one by one, in a copy of this checkout: each must turn a test red, or break a promise
    in the simulator.

    Exit code 1 when one lives. With --json, one object a line.

    Example: flyball lab mutants --only "forget fees"
    """
    from flyball.lab.mutants.mutant import Rotten
    from flyball.lab.mutants.run import NoCheckout, NotGreen, checkout, chosen, hunt, report
    from flyball.lab.mutants.table import MUTANTS

    found = chosen(MUTANTS, only)
    if not found:
        fail(2, f"--only {only}: no planted bug has that in its name")
    try:
        sys.exit(report(hunt(checkout(), found), as_json=as_json, say=click.echo))
    except NoCheckout as missing:
        fail(2, str(missing))
    except (NotGreen, Rotten) as wrong:
        fail(1, str(wrong))


@lab.command()
@click.option("--only", help="Only this figure: F6, F7, F8, F12, F13, J2, T1 or rates.")
@click.option(
    "--events",
    type=click.IntRange(100, 10_000_000),
    default=200_000,
    show_default=True,
    help="Length of the day that F8 replays, F13 remembers and J2 recovers; the lines are for a million.",
)
@click.option(
    "--rounds", type=click.IntRange(5, 101), default=5, show_default=True, help="Rounds a median is taken of."
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False),
    default=None,
    help="A folder on the disk to be measured; by default a temporary one.",
)
@JSON
def bench(only: str | None, events: int, rounds: int, folder: str | None, as_json: bool) -> None:
    """Measure speed and memory as ratios, side by side: what docs/guides/bench.md explains.

    With --json, one object a line. Exit code 1 when a figure misses its line.

    Example: flyball lab bench --only F6 --json
    """
    from flyball.lab.bench.run import FIGURES, NotInstalled, Size, report, run

    if only is not None and only not in FIGURES:
        fail(2, f"--only {only}: there is {', '.join(FIGURES)}")
    try:
        sys.exit(
            report(run(only, Size(events=events, rounds=rounds), folder), as_json=as_json, say=click.echo)
        )
    except NotInstalled as missing:
        fail(2, str(missing))
