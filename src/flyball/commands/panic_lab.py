"""`flyball lab panic`: how long from the button to flat, and how many calls it takes."""

import dataclasses
import json
import sys

import rich_click as click

from flyball.commands.bar import Bar
from flyball.commands.words import JSON


@click.command()
@click.option("--first", type=int, default=1, show_default=True, help="The first seed.")
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="How many panics.")
@click.option("--spent", is_flag=True, help="Somebody else has used up this minute's calls.")
@click.option("--faults", is_flag=True, help="With the paper broker's own faults: no answer, late, twice.")
@JSON
def panic(first: int, seeds: int, spent: bool, faults: bool, as_json: bool) -> None:
    """Press panic with ten positions and a hundred working orders, at a broker that takes 200 calls a minute:
    the real runtime on virtual time.

    Exit code 1 when p99 of the time to "flat confirmed" is above 5 s (65 s with --spent), when one takes more
    than 40 calls, or when one does not end flat.

    Example: flyball lab panic --seeds 200 --spent
    """
    from flyball.lab.panic.many import CALLS, drills, sum_of

    pressed = []
    with Bar("panics", seeds, least=1) as bar:
        for done, one in enumerate(drills(first, seeds, spent=spent, faults=faults), start=1):
            pressed.append(one)
            bar.advance(done)
    made = sum_of(pressed, spent=spent, faults=faults)
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(made), "line_ms": made.line() // 10**6, "ok": made.ok()}))
    else:
        click.echo(
            f"{made.panics} panics: flat confirmed after {made.p50_ms} ms (p50), {made.p99_ms} ms (p99),"
            f" {made.longest_ms} ms at most, the line is {made.line() // 10**6} ms; {made.calls_most} calls"
            f" at most, {CALLS} allowed"
        )
        for one in made.failed:
            how = " --spent" * spent + " --faults" * faults
            again = f"flyball lab panic --first {one.seed} --seeds 1{how}"
            click.echo(f"FAILED: {one.why}\n  again: {again}")
    sys.exit(0 if made.ok() else 1)
