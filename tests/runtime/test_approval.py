"""Looser limits through the real thing: two days of prices, restarts, the socket, approvers' secrets in
files, and the commands people type."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flyball.api.protocol import REFUSED, SECRET_NEEDED, SECRET_WRONG, Reply
from flyball.compose.assembly import CannotStart
from flyball.compose.places import approver_file
from flyball.compose.terms import terms_of
from flyball.kernel.canon import digest
from flyball.kernel.effects import Approval, InForce
from flyball.kernel.units import NS
from flyball.main import cli
from flyball.runtime.view import rfc3339
from flyball.tables.calendar import session_on
from tests.runtime.live import Live, config_text, live

QUIET = {"quiet": "Quiet"}
DAYS = [day for day in (session_on(20160414), session_on(20160415)) if day is not None]
BEGIN = DAYS[0].close - 1_800 * NS
SPAN: dict[str, Any] = {"begin": BEGIN, "end": DAYS[1].close, "seconds": 600, "schedule": DAYS}
WIDER = 'max_gross = "$60,000"\nmax_net = "$10,000"\n'
FAST = 20_000  # the night between takes three seconds


def code(reply: Reply) -> str:
    return reply.error.code if reply.error else ""


def run(*args: str, type_in: str = "") -> Result:
    return CliRunner().invoke(cli, list(args), input=type_in)


def approver(folder: Path, name: str, secret: str) -> str:
    """The secret the command shows."""
    made = run("approve", "--setup", name, "--dir", str(folder), type_in=f"{secret}\n")
    assert made.exit_code == 0, made.output
    return next(line for line in made.output.splitlines() if "secret of approver" in line).split()[-1]


async def pending(flying: Live) -> list[dict[str, Any]]:
    terms: Any = (await flying.say("status")).data["terms"]
    return list(terms["pending"])


async def ripe(flying: Live) -> dict[str, Any]:
    """The proposal, once nothing but the approval is missing."""
    while True:
        [one] = await pending(flying)
        if len(one["missing"]) == 1:
            return one
        assert not flying.task.done()
        await asyncio.sleep(0.02)


def test_from_the_file_to_the_approval_and_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET, pace=1, **SPAN):
            pass
        secret = approver(tmp_path, "bob", (tmp_path / "told-to-the-operator").read_text())
        async with live(tmp_path, QUIET, pace=1, extra=WIDER, **SPAN) as flying:
            assert any(
                "max_gross = $60,000 is looser and NOT in force; $50,000" in x for x in flying.cockpit.notes
            )
            [one] = await pending(flying)
            assert (one["key"], one["in_force"], one["wanted"]) == ("limits.max_gross", "$50,000", "$60,000")
            assert len(one["missing"]) == 3
            number, expires = one["proposal"], flying.now() + 10**15
            ask = {"proposal": number, "expires": expires}
            assert code(await flying.say("approve", by="eve", **ask, secret=secret)) == SECRET_NEEDED
            assert (
                code(await flying.say("approve", by="../operator", **ask, secret=flying.secret))
                == SECRET_NEEDED
            )
            early = await flying.say("approve", by="bob", **ask, secret=secret)
            assert code(early) == REFUSED
            assert early.error is not None
            assert "12 hours" in early.error.message
            assert code(await flying.say("approve", by="bob", **ask, secret=flying.secret)) == SECRET_WRONG
        async with live(tmp_path, QUIET, pace=FAST, extra=WIDER, **SPAN) as flying:
            one = await ripe(flying)
            assert one["proposal"] == number  # starts in between change nothing
            until = rfc3339(flying.now() + 3_600 * NS)[:19] + "Z"
            kept = tmp_path / "bobs"
            kept.write_text(secret)
            how = ("--by", "bob", "--reason", "grown", "--secret-file", str(kept), "--dir", str(tmp_path))
            said = await asyncio.to_thread(run, "approve", str(number), "--until", until, *how)
            assert said.exit_code == 0, said.output
            await flying.until(lambda: [x for x in flying.of(InForce) if x.why == "expired"])
            kernel = flying.cockpit.governor.state
            shown = (await flying.say("config")).data
        assert [x.what for x in flying.of(Approval)] == ["approved", "expired"]
        assert shown["pending"] == shown["loosened"] == []
        # what the journal alone says is what the governor had
        assert digest(terms_of(tmp_path / "journal").terms) == digest(kernel.terms)

    asyncio.run(main())
    file = tmp_path / "flyball.toml"
    file.write_text(config_text(QUIET, WIDER))
    told = json.loads(run("config", "show", "--dir", str(tmp_path), "--json").output)
    values = {row["key"]: (row["value"], row["until"]) for row in told["keys"]}
    assert values["limits.max_gross"] == ("$50,000", None)
    assert values["limits.max_net"] == ("$10,000", None)
    found = json.loads(run("config", "diff", "--dir", str(tmp_path), "--json").output)
    assert [row["key"] for row in found["looser"]] == ["limits.max_gross"]
    assert found["tighter"] == []
    assert (
        "LOOSER   limits.max_gross: $50,000 stays; $60,000 waits"
        in run("config", "diff", "--dir", str(tmp_path)).output
    )


def test_the_number_of_approvers_is_agreed_once(tmp_path: Path) -> None:
    async def start(approvers: int) -> None:
        async with live(tmp_path, QUIET, pace=1, account=f"approvers = {approvers}", **SPAN):
            pass

    asyncio.run(start(2))
    with pytest.raises(CannotStart, match="write approvers = 2"):
        asyncio.run(start(1))
    asyncio.run(start(2))


def test_an_approver_is_vouched_for(tmp_path: Path) -> None:
    made = run("init", str(tmp_path))
    operator = next(line for line in made.output.splitlines() if "operator secret:" in line).split()[-1]
    folder = ("--dir", str(tmp_path))
    assert run("approve", "--setup", "bob", *folder, type_in="wrong\n").exit_code == 1
    assert not (tmp_path / approver_file("bob")).exists()
    bob = approver(tmp_path, "bob", operator)
    assert run("approve", "--setup", "BOB", *folder, type_in=f"{bob}\n").exit_code == 1
    # from the second on an approver vouches, not the operator
    assert run("approve", "--setup", "cid", *folder, type_in=f"{operator}\n").exit_code == 1
    approver(tmp_path, "cid", bob)
    kept = tmp_path / approver_file("cid")
    assert kept.stat().st_mode & 0o777 == 0o600
    for bad in ("../x", ".x", "", "a b", "x" * 33):
        assert run("approve", "--setup", bad, *folder, type_in=f"{bob}\n").exit_code == 2
    assert bob not in "".join(f.read_text() for f in tmp_path.rglob("*") if f.is_file())


def test_usage_is_told(tmp_path: Path) -> None:
    folder = ("--dir", str(tmp_path))
    assert run("approve", *folder).exit_code == 2
    assert run("approve", "17", "--until", "soon", "--reason", "r", *folder).exit_code == 2
    naive = run("approve", "17", "--until", "2026-12-31T10:00", "--reason", "r", *folder)
    assert naive.exit_code == 2
    assert "say whose time it is" in naive.output
    gone = run("approve", "17", "--until", "2026-12-31", "--reason", "r", *folder, type_in="x\n")
    assert gone.exit_code == 3
    assert run("reject", "17", *folder).exit_code == 3
