"""`flyball resolve`: one outcome, evidence, a secret; exit codes programs can use."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flyball.main import cli
from tests.runtime.live import live

QUIET = {"quiet": "Quiet"}
ORDER = "fblive-1-99-quiet-1"


@pytest.mark.parametrize(
    "args",
    [
        ["--evidence", "x"],
        ["--evidence", "x", "--never", "--filled", "1@2"],
        ["--never"],
        [],
    ],
)
def test_one_outcome_and_evidence(args: list[str]) -> None:
    result = CliRunner().invoke(cli, ["resolve", ORDER, *args])
    assert result.exit_code == 2


def test_nobody_is_there(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("S")
    args = [
        "resolve",
        ORDER,
        "--never",
        "--evidence",
        "x",
        "--secret-file",
        str(secret),
        "--dir",
        str(tmp_path),
    ]
    assert CliRunner().invoke(cli, args).exit_code == 3


def test_a_governor_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            secret = tmp_path / "given"
            secret.write_text(flying.secret)
            args = ["resolve", ORDER, "--filled", "1@2", "--evidence", "x", "--by", "ann", "--json"]
            more = ["--secret-file", str(secret), "--dir", str(flying.folder)]
            result = await asyncio.to_thread(CliRunner().invoke, cli, [*args, *more])
            assert result.exit_code == 1
            assert "no order" in json.loads(result.output)["error"]["message"]
            secret.unlink()

    asyncio.run(main())
