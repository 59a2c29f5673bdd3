"""`flyball controls` and `flyball drill` beside a running governor and after it: the same brakes, told by
whoever knows best, and nothing changed by asking.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from flyball.api.armed import armed_view
from flyball.main import cli
from tests.runtime.live import live

QUIET = {"quiet": "Quiet"}


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def test_the_running_governor_tells_its_brakes_and_is_drilled_beside(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET, extra='max_sector = "30%"') as flying:
            await asyncio.sleep(0.3)
            reply = await flying.say("controls")
            state = flying.cockpit.governor.state
            assert reply.data["counts"] == armed_view(state)["counts"]
            asked = await asyncio.to_thread(run, "controls", "--dir", str(tmp_path), "--json")
            told: Any = json.loads(asked.stdout)
            assert told["source"] == "the running governor"
            [dead] = [one for one in told["controls"] if one["key"] == "limits.max_sector"]
            assert (dead["state"], dead["value"]) == ("UNREACHABLE", "30%")
            drilled = await asyncio.to_thread(run, "drill", "--dir", str(tmp_path), "--json")
            assert drilled.exit_code == 0, drilled.output
            assert json.loads(drilled.stdout)["counts"]["NOT TRIPPED"] == 0
            assert state.latches == {}
            assert (await flying.say("status")).data["trading_state"] == "ACTIVE"

    asyncio.run(main())
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    left: Any = json.loads(run("controls", "--dir", str(tmp_path), "--json").stdout)
    assert left["source"].startswith("the journal")
    text = run("controls", "--dir", str(tmp_path))
    assert text.exit_code == 0
    assert "UNREACHABLE limits.max_sector: nothing in this version reads it" in text.output
    assert "told by the journal" in text.output
    drilled = run("drill", "--dir", str(tmp_path))
    assert drilled.exit_code == 0
    assert "0 NOT TRIPPED" in drilled.output
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_brake_that_does_not_hold_is_a_no(tmp_path: Path, monkeypatch: Any) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET):
            await asyncio.sleep(0.1)

    asyncio.run(main())
    monkeypatch.setattr("flyball.kernel.controls.position.position", lambda s, a, v: v.note(0, 0))
    drilled = run("drill", "--dir", str(tmp_path))
    assert drilled.exit_code == 1
    assert "NOT TRIPPED C2 limits.max_position_notional" in drilled.output


def test_without_a_journal_there_is_nothing_to_tell(tmp_path: Path) -> None:
    for what in ("controls", "drill", "brief"):
        made = run(what, "--dir", str(tmp_path))
        assert made.exit_code == 2
        assert "no journal here" in made.output
