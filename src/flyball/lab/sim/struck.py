"""Which of its faults really came to pass in a run: a fault that never strikes proves nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.lab.sim.run import Run


def struck(run: "Run") -> tuple[str, ...]:
    """The kinds of a flown run that did, sorted."""
    clock, deaths = run.clock, run.deaths
    found = {f"disk.{name}" for name in run.journal.struck}
    found |= {f"bot.{name}" for name in run.bots.struck}
    found |= {f"broker.{name}" for name, times in run.chaos.hits.items() if times}
    found |= {kind for kind, who in run.people.operators.items() if who.said}
    for kind, happened in {
        "crash.process": run.kills and deaths.drawn["crash.process"],
        "crash.power": run.kills and deaths.drawn["crash.power"],
        "crash.starting": run.kills and deaths.drawn["crash.starting"],
        "crash.poison": run.journal.struck["poison"],
        "clock.drift": clock.drift,
        "clock.step": any(by and at <= min(run.world.now, run.scenario.calm) for at, by in clock.steps),
        "clock.pause": deaths.pauses,
        "people.edit": run.edits,
        "people.night": run.people.nights,
        "market.acts": any(one.ts <= run.world.now for one in run.scenario.dated),
        "market.halts": True,
        "feed.silent": run.unheard,
        "broker.at_close": run.chaos.hits["down"],
        "people.kill_file": run.kill_file.seen,
    }.items():
        if happened:
            found.add(kind)
        else:
            found.discard(kind)
    return tuple(sorted(found & set(run.faults.kinds)))
