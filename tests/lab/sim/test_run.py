"""A seed from beginning to end: always the same, everywhere; what breaks is told in one line and made small;
every fault there is does happen."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from flyball.lab.sim import fan
from flyball.lab.sim.faults import KINDS, OFTEN, swarm
from flyball.lab.sim.outcome import NO_END, Outcome
from flyball.lab.sim.promises.goals import GOALS
from flyball.lab.sim.regressions import regressions
from flyball.lab.sim.run import run
from flyball.lab.sim.shrink import shrink
from flyball.lab.sim.tally import ENOUGH, LEAST_EVENTS, Tally
from flyball.main import cli
from flyball.runtime.outbox import Outbox

CLI = "from flyball.main import cli; cli()"
RICH = (8, ("crash.power", "bot.slow", "broker.mute", "people.edit", "people.night", "market.acts"))


def sim(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["lab", "sim", *args])
    return result.exit_code, result.stdout + (result.stderr or "")


def elsewhere(seed: int, faults: tuple[str, ...], hash_seed: str) -> dict[str, object]:
    """A seed in a process of its own."""
    command = [sys.executable, "-c", CLI, "lab", "sim", "--seed", str(seed), "--json"]
    done = subprocess.run(
        [*command, "--faults", ",".join(faults)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.fixture
def leaky(monkeypatch):
    """Orders that add no longer wait for their block."""
    sound = Outbox.release
    monkeypatch.setattr(Outbox, "release", lambda self, durable, now: sound(self, 1 << 62, now))


def test_a_seed_is_the_same_journal_to_the_byte_in_any_process():
    seed, faults = RICH
    here = run(seed, faults=faults)
    assert not here.broken
    assert here.kills
    assert here.events > 100
    there = [elsewhere(seed, faults, hash_seed) for hash_seed in ("1", "2")]
    assert {one["digest"] for one in there} == {here.digest}
    assert {(one["events"], one["starts"], one["kills"]) for one in there} == {
        (here.events, here.starts, here.kills)
    }
    assert run(seed + 1, faults=faults).digest != here.digest


def test_what_breaks_is_made_small_and_breaks_again(leaky):
    seed, faults = RICH
    failed = run(seed, faults=faults)
    assert failed.broken == "P1"
    small = shrink(failed, lambda seed, faults, until: run(seed, faults=faults, until=until))
    assert small.broken == "P1"
    assert small.faults == ()
    assert small.events <= failed.events
    assert run(seed, faults=()).what == small.what
    assert small.command() == f"flyball lab sim --seed {seed} --faults none"


def test_a_breach_is_cut_off_as_early_as_it_still_happens():
    def fly(seed, faults, until):
        broken = "P2" if "a" in faults and (until == 0 or until >= 37) else ""
        return Outcome(seed, faults, until, events=until or 900, broken=broken)

    told: list[str] = []
    small = shrink(fly(7, ("b", "a", "c"), 0), fly, told.append)
    assert (small.faults, small.until, small.broken) == (("a",), 37, "P2")
    assert small.command() == "flyball lab sim --seed 7 --faults a --until 37"
    assert told[0] == "  without b: still P2"
    assert told[1] == "  without a: nothing breaks"


def test_the_command_says_what_broke_and_how_to_see_it_again(leaky):
    code, told = sim("--seed", "8", "--faults", "none", "--no-shrink")
    assert code == 1
    assert "P1 BROKE at seed 8" in told
    assert "again: flyball lab sim --seed 8 --faults none" in told
    code, told = sim("--seeds", "5", "--first", "8", "--json")
    assert code == 1
    found = json.loads(told.splitlines()[0])
    assert found["breaches"][0]["broken"] == "P1"
    assert len(found["failed"]) == 1


def test_a_cut_off_run_ends_there_and_is_no_failure():
    code, told = sim("--seed", "8", "--faults", "none", "--until", "60", "--json")
    assert code == 0
    found = json.loads(told)
    assert 60 <= found["events"] < 120
    assert (found["broken"], found["faults"]) == ("", [])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--seed", "8", "--faults", "disk.eaten"), "--faults disk.eaten: there is crash.process"),
        (("--faults", "disk.full"), "--faults and --until go with --seed"),
        (("--seeds", "3", "--until", "9"), "--faults and --until go with --seed"),
    ],
)
def test_what_cannot_be_flown_is_said(args, says):
    code, told = sim(*args)
    assert code == 2
    assert says in told


def test_a_seed_without_end_is_a_failure(monkeypatch):
    monkeypatch.setattr(fan, "LONGEST_S", 0.02)
    found = fan.fly((8, (), 0))
    assert found.broken == NO_END
    assert found.what


def test_many_seeds_on_two_cores_are_the_same_as_on_one():
    jobs = [(seed, (), 60) for seed in (8, 9, 10)]
    one = [(o.seed, o.digest) for o in fan.fly_all(iter(jobs), 1, lambda: True)]
    two = [(o.seed, o.digest) for o in fan.fly_all(iter(jobs), 2, lambda: True)]
    assert one == sorted(two)


def test_every_fault_there_is_comes_to_pass():
    left = set(KINDS)
    for seed in range(1, 40):
        if not left:
            break
        some = sorted(left)[:12] if seed % 2 else sorted(left)[-12:]
        # a disk that fails for good, or a death at every start, leaves no time for the others
        few = [kind for kind in some if not kind.startswith(("crash.", "disk."))]
        rough = [kind for kind in some if kind.startswith(("crash.", "disk."))][:2]
        always = {"broker.unanswered_done", "broker.forgets", "broker.late"}  # what a repeated id needs
        found = run(seed, faults=tuple(sorted({*few, *rough, *always})))
        assert not found.broken, (seed, found.what)
        left -= set(found.struck)
    assert not left


def test_a_third_of_the_seeds_die_and_every_kind_is_drawn():
    drawn = [set(swarm(seed, None).kinds) for seed in range(1_000)]
    deadly = sum(any(kind.startswith("crash.") for kind in kinds) for kinds in drawn)
    assert 400 < deadly < 900
    assert 50 < sum(not kinds for kinds in drawn) < 300
    for kind in KINDS:
        assert sum(kind in kinds for kinds in drawn) >= 10, kind
    assert set(OFTEN) <= set(KINDS)


def test_fewer_faults_leave_the_others_as_they_were():
    whole = swarm(14, None)
    assert len(whole.kinds) > 3
    assert whole.broker
    less = swarm(14, whole.kinds[1:])
    assert less.kinds == whole.kinds[1:]
    assert {name: whole.broker[name] for name in less.broker} == less.broker


def outcome(seed: int, events: int = LEAST_EVENTS, **more: object) -> Outcome:
    made = Outcome(seed, events=events)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_the_tally_counts_seeds_that_are_long_enough():
    tally = Tally(tuple(GOALS))
    for one in (outcome(1), outcome(2, LEAST_EVENTS - 1), outcome(3, LEAST_EVENTS + 1)):
        tally.take(one)
    assert (tally.seeds, tally.counted) == (3, 2)
    assert tally.events == 3 * LEAST_EVENTS
    assert tally.to_dict()["counted"] == 2


@pytest.mark.parametrize(
    ("seeds", "reached", "missed"),
    [
        (ENOUGH - 1, 0, False),
        (ENOUGH, 2, True),
        (ENOUGH, 3, False),
        (2 * ENOUGH, 5, True),
        (2 * ENOUGH, 6, False),
    ],
)
def test_a_goal_is_missed_below_three_of_a_thousand_seeds(seeds, reached, missed):
    tally = Tally(("rare",))
    for seed in range(seeds):
        tally.take(outcome(seed, goals={"rare": 7 if seed < reached else 0}))
    assert tally.reached.get("rare", 0) == reached
    assert tally.missed() == (["rare"] if missed else [])


@pytest.mark.parametrize(("count", "p95"), [(0, 0.0), (1, 1.0), (20, 20.0), (100, 96.0)])
def test_95_of_100_seeds_are_quicker(count, p95):
    tally = Tally(())
    for n in range(count, 0, -1):
        tally.take(outcome(n, seconds=float(n)))
    assert tally.p95() == p95


def test_every_regression_is_a_seed_with_a_lesson():
    found = regressions()
    for (seed, faults, until), lesson in found:
        assert seed >= 0
        assert until >= 0
        assert set(faults or ()) <= set(KINDS)
        assert len(lesson) > 20
    assert len({job for job, _ in found}) == len(found)
