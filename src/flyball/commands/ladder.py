"""`flyball lab ladder`: every close there is, flown; flat, or latched and paged, in each."""

import dataclasses
import json
import sys

import rich_click as click

from flyball.commands.bar import Bar
from flyball.commands.words import JSON, fail


@click.command()
@click.option("--from", "first", type=int, default=2015, show_default=True, help="The first year.")
@click.option("--to", "last", type=int, default=2028, show_default=True, help="The last year.")
@click.option("--all", "every", is_flag=True, help="Every session, not only the set.")
@click.option("--day", type=int, help="Only this one, yyyymmdd.")
@click.option("--seed", type=int, default=1, show_default=True, help="What faults and prices are drawn from.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Worker processes.")
@JSON
def ladder(first: int, last: int, every: bool, day: int | None, seed: int, jobs: int, as_json: bool) -> None:
    """The last half hour of session after session, flown with the real runtime on virtual time: positions
    long and short, orders working, faults drawn by the seed.

    Without --all: every early close, the weeks in which the clocks change, one session of each month. In each
    the account is flat at the exchange's close, or a latch is set and a person was paged; the exchange's
    hours are its rules, written out apart from the governor's table. Exit code 1 when one failed.

    Example: flyball lab ladder --from 2015 --to 2028 --jobs 2
    """
    from flyball.lab.ladder import law
    from flyball.lab.ladder.sweep import Swept, chosen, misprinted, number, sweep, traded

    if not law.FIRST_YEAR <= first <= last <= law.LAST_YEAR:
        fail(2, f"--from {first} --to {last}: years from {law.FIRST_YEAR} to {law.LAST_YEAR}, in order")
    found = Swept()
    if day is not None:
        days = [number(d) for d in traded(law.FIRST_YEAR, law.LAST_YEAR) if number(d) == day]
        if not days:
            fail(2, f"--day {day}: no session of {law.FIRST_YEAR} to {law.LAST_YEAR}; write it yyyymmdd")
    else:
        days = [number(d) for d in traded(first, last)] if every else chosen(first, last, seed)
        found.failed.extend(misprinted(first, last))
    with Bar("closes", len(days), least=1) as bar:
        for done, one in enumerate(sweep(days, seed, jobs), start=1):
            found.take(one)
            bar.advance(done)
            if day is not None and not as_json:
                click.echo(
                    f"{one.day}: {one.outcome}, {one.held} symbols held at close - 5 min, {one.left} at the"
                    f" close; {one.drawn or 'nothing scripted'}; faults: {', '.join(one.faults) or 'none'}"
                )
    if as_json:
        failed = [{**dataclasses.asdict(one), "again": one.command()} for one in found.failed]
        click.echo(json.dumps({**dataclasses.asdict(found), "failed": failed, "ok": found.ok()}))
    else:
        click.echo(
            f"{found.sessions} closes, {found.early} of them early: {found.flat} flat,"
            f" {found.latched} latched and paged, {len(found.failed)} failed;"
            f" {found.held} had something to get rid of; {found.events} events"
        )
        for one in found.failed:
            click.echo(f"FAILED {one.day}: {one.why}\n  again: {one.command()}")
        if found.idle():
            click.echo("too few of them held anything: this sweep proves nothing")
    sys.exit(0 if found.ok() else 1)
