"""`flyball lab sim`: seeds flown in a made-up world until one breaks a promise, or the time is up."""

import dataclasses
import json
import sys

import rich_click as click

from flyball.commands.words import JSON, fail
from flyball.lab.sim.fan import Job, fly
from flyball.lab.sim.outcome import Outcome
from flyball.lab.sim.tally import LEAST_EVENTS, PER_1000, Tally


@click.command()
@click.option("--seed", type=int, help="Fly this one seed and tell what happened.")
@click.option("--seeds", type=click.IntRange(1), help="At least so many seeds of 500 events or more.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="At least so long.")
@click.option("--first", type=int, default=1, show_default=True, help="The first seed.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Worker processes.")
@click.option("--faults", help="Only these, by comma; `none` for none. With --seed.")
@click.option("--until", type=click.IntRange(0), default=0, help="Cut the run off after so many events.")
@click.option("--shrink/--no-shrink", default=True, show_default=True, help="Make what failed small.")
@JSON
def sim(
    seed: int | None,
    seeds: int | None,
    minutes: float | None,
    first: int,
    jobs: int,
    faults: str | None,
    until: int,
    shrink: bool,
    as_json: bool,
) -> None:
    """The whole governor in a made-up world: time, disk, broker, bots and operators drawn from a seed.

    Every promise is checked after every event. The seeds that ever failed fly first. Exit code 1 when a
    promise broke, with the line that shows it again; a rare situation that too few of 1,000 seeds reached
    is a failure too.

    Example: flyball lab sim --minutes 3 --jobs 2
    """
    if seed is not None:
        sys.exit(_one((seed, _faults(faults), until), shrink=shrink, as_json=as_json))
    if faults is not None or until:
        fail(2, "--faults and --until go with --seed")
    if seeds is None and minutes is None:
        seeds = 100
    sys.exit(_many(seeds or 0, minutes or 0.0, first, jobs, shrink=shrink, as_json=as_json))


def _faults(given: str | None) -> tuple[str, ...] | None:
    from flyball.lab.sim.faults import KINDS

    if given is None:
        return None
    names = () if given == "none" else tuple(given.split(","))
    for name in names:
        if name not in KINDS:
            fail(2, f"--faults {name}: there is {', '.join(KINDS)}")
    return names


def _one(job: Job, *, shrink: bool, as_json: bool) -> int:
    found = fly(job)
    if found.broken and shrink and not job[2]:
        from flyball.lab.sim.many import smaller

        found = smaller(found, _aside)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found)))
    else:
        click.echo(
            f"seed {found.seed}: {found.events} events, {found.records} records, {found.days} days,"
            f" {found.starts} starts, {found.kills} kills, journal {found.digest[:12]}"
        )
        click.echo(f"faults: {', '.join(found.faults) or 'none'}")
        click.echo(f"reached: {', '.join(sorted(found.goals)) or 'nothing rare'}")
        _tell(found)
    return 1 if found.broken else 0


def _many(seeds: int, minutes: float, first: int, workers: int, *, shrink: bool, as_json: bool) -> int:
    from flyball.lab.sim.many import fly_many, smaller

    tally = fly_many(seeds, minutes, first, workers, _aside)
    failed = [smaller(o, _aside) if shrink else o for o in tally.failed[:1]] + tally.failed[1:]
    missed = tally.missed()
    if as_json:
        click.echo(json.dumps({**tally.to_dict(), "breaches": [dataclasses.asdict(o) for o in failed]}))
    else:
        _table(tally)
        for one in failed:
            _tell(one)
        for goal in missed:
            click.echo(f"too rarely reached (fewer than {PER_1000} of 1,000 seeds): {goal}")
    return 1 if failed or missed else 0


def _aside(line: str) -> None:
    click.echo(line, err=True)


def _table(tally: Tally) -> None:
    click.echo(
        f"{tally.seeds} seeds ({tally.counted} of at least {LEAST_EVENTS} events), {tally.events} events,"
        f" {tally.days} virtual days, {tally.starts} starts, {tally.kills} kills,"
        f" {tally.refused} starts refused; 95 of 100 seeds within {tally.p95():.2f} s"
    )
    for goal in tally.goals:
        click.echo(f"  {tally.reached.get(goal, 0):6}  {goal}")


def _tell(found: Outcome) -> None:
    if not found.broken:
        click.echo("every promise held")
        return
    click.echo(f"\n{found.broken} BROKE at seed {found.seed} ({found.where}):\n  {found.what}")
    click.echo(f"again: {found.command()}")
