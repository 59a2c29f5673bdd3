"""Each figure runs, at tiny sizes, and yields a finite number; ratios are taken as they are said to be."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.kernel.effects import Decision
from flyball.kernel.governor import Governor
from flyball.lab.bench.day import Day
from flyball.lab.bench.figure import AT_LEAST, AT_MOST, interleaved, judged, shown
from flyball.lab.bench.run import FIGURES, Size, report, run
from flyball.lab.bench.scale import Ground, Load

TINY = Size(events=300, rounds=5, samples=2, seeds=1, load=Load(5, 10, 30))
NAMES = {"F6": 1, "F7": 3, "F8": 1, "F12": 2, "F13": 2, "J2": 4, "T1": 2, "rates": 2}
NO_LINE = {"T1": [False, True], "rates": [True, True]}  # reported only


def test_these_are_the_figures():
    assert list(FIGURES) == list(NAMES)


@pytest.mark.parametrize(("name", "count"), NAMES.items())
def test_it_runs(name, count, tmp_path):
    found = list(run(name, TINY, str(tmp_path)))
    assert [f.id for f in found] == [name] * count
    for f in found:
        assert math.isfinite(f.value)
        assert f.value > 0 or f.figure.startswith("memory")
        row = json.loads(json.dumps(f.row()))
        assert set(row) == {"id", "figure", "value", "pass", "ok", "detail"}
        assert row["pass"] == (f.line or None)
    assert [not f.line for f in found] == NO_LINE.get(name, [False] * count)
    assert os.listdir(tmp_path) == []


def test_the_command_prints_json_lines(tmp_path):
    command = [str(Path(sys.executable).with_name("flyball")), "lab", "bench"]
    given = ["--only", "F8", "--events", "300", "--dir", str(tmp_path), "--json"]
    done = subprocess.run([*command, *given], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)["detail"]["events"] >= 300
    assert subprocess.run([*command, "--only", "F99"], capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize(
    ("value", "how", "ok"),
    [(2.2, AT_MOST, True), (2.201, AT_MOST, False), (0.8, AT_LEAST, True), (0.799, AT_LEAST, False)],
)
def test_a_value_on_the_line_passes(value, how, ok):
    line = 2.2 if how == AT_MOST else 0.8
    figure = judged("F0", "x", value, how, line)
    assert (figure.ok, figure.line) == (ok, f"{how} {line}")
    said: list[str] = []
    assert report(iter([figure, shown("r", "y", 5)]), as_json=False, say=said.append) == (0 if ok else 1)
    assert ("MISSED" in said[0]) is not ok
    assert "MISSED" not in said[1]


def test_a_ratio_is_the_median_of_the_rounds_and_turns_alternate():
    turns: list[str] = []
    mine = iter([1.0, 2.0, 30.0])

    def ours() -> float:
        turns.append("ours")
        return next(mine)

    def theirs() -> float:
        turns.append("theirs")
        return 2.0

    found = interleaved(3, ours, theirs)
    assert (found.ratio, found.ratios, found.ours, found.theirs) == (1.0, [0.5, 1.0, 15.0], 2.0, 2.0)
    assert turns == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]


def test_the_day_is_approved_and_the_same_twice():
    hashes = []
    for _ in range(2):
        governor = Governor()
        verdicts: list[str] = []

        def take(event, governor=governor, verdicts=verdicts):
            effects = governor.step(event)
            verdicts.extend(e.verdict for e in effects if isinstance(e, Decision))
            return effects

        day = Day(take, 5).begin()
        day.fly(500)
        assert not governor.fault
        assert verdicts
        assert set(verdicts) == {"approve"}
        assert governor.state.position("S0000") or governor.state.day.traded
        hashes.append(governor.state_hash())
    assert hashes[0] == hashes[1]


def test_the_ground_is_as_loaded_as_it_says():
    ground = Ground(Load(symbols=6, orders=12, ids=50))
    s = ground.governor.state
    for measure in (ground.decision, ground.quote, ground.decision):
        assert measure() > 0
        assert (len(s.markets), len(s.orders)) == (6, 12)
        assert len(s.day.intents) >= 50
        assert all(s.position(symbol) for symbol in s.markets)
    assert not ground.governor.fault
