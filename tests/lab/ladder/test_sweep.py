"""The set has every early close, the weeks of the clocks and every month; the sweep of 2015 to 2028
itself."""

import json

from click.testing import CliRunner

from flyball.lab.ladder import law
from flyball.lab.ladder.close import FAILED, FLAT, Close
from flyball.lab.ladder.sweep import Swept, chosen, sweep, traded
from flyball.main import cli
from flyball.tables import xnys


def test_the_set():
    days = chosen(2015, 2028, 1)
    assert days == sorted(set(days))
    assert {day for day in xnys.EARLY if day >= 20150101} <= set(days)
    assert {20260306, *range(20260309, 20260314), 20261030, *range(20261102, 20261107)} <= set(days)
    assert {day // 100 for day in days} == {y * 100 + m for y in range(2015, 2029) for m in range(1, 13)}
    assert chosen(2015, 2028, 2) != days
    assert len(traded(law.FIRST_YEAR, law.LAST_YEAR)) == 3519


def test_a_sweep_that_holds_nothing_proves_nothing():
    found = Swept()
    assert not found.ok()
    for held in (1, 1, 0):
        found.take(Close(20250114, False, 1, FLAT, held=held))
    assert found.idle()
    found.take(Close(20250115, True, 1, FLAT, held=1))
    assert found.ok()
    found.take(Close(20250116, False, 1, FAILED, held=1))
    assert (found.ok(), found.sessions, found.early, found.flat) == (False, 5, 1, 4)


def test_every_close_of_the_set_is_flat_or_latched_and_paged():
    found = Swept()
    for one in sweep(chosen(2015, 2028, 1), 1, workers=2):
        found.take(one)
    assert [(one.command(), one.why) for one in found.failed] == []
    assert found.ok()
    assert found.flat > found.latched > 0


def test_the_command():
    done = CliRunner().invoke(cli, ["lab", "ladder", "--day", "20250114", "--seed", "4", "--json"])
    assert done.exit_code in (0, 1)
    said = json.loads(done.stdout)
    assert (said["sessions"], said["failed"]) == (1, [])
    for wrong in (["--day", "20250704"], ["--from", "2014"], ["--from", "2020", "--to", "2019"]):
        assert CliRunner().invoke(cli, ["lab", "ladder", *wrong]).exit_code == 2
