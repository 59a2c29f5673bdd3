"""The operator plane over its real socket: what loosens needs the secret, what tightens never waits, and the
journal says who did what.
"""

import asyncio
import os
from pathlib import Path

from flyball.api.protocol import BUSY, FAILED, NOT_FOUND, REFUSED, SECRET_NEEDED, SECRET_WRONG, Reply
from flyball.compose.places import SECRET_FILE
from flyball.kernel.effects import Done, Refused
from flyball.kernel.events import Command, Quarantined, Report
from flyball.kernel.words import SECRET, SOCKET
from flyball.runtime.trial import LIVE, Stepping
from tests.runtime.live import Live, live

QUIET = {"quiet": "Quiet"}


def code(reply: Reply) -> str:
    assert reply.ok == (reply.error is None)
    return reply.error.code if reply.error else ""


async def state(flying: Live) -> object:
    return (await flying.say("status")).data["trading_state"]


def test_what_loosens_needs_the_secret_and_what_tightens_only_the_socket(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            assert await state(flying) == "ACTIVE"
            assert code(await flying.say("pause", scope="account")) == ""
            assert await state(flying) == "REDUCING"
            assert code(await flying.say("resume", scope="account")) == SECRET_NEEDED
            assert code(await flying.say("resume", scope="account", secret="AAAAA-BBBBB")) == SECRET_WRONG
            # shut for a while, also for the right one; what tightens does not wait
            assert code(await flying.say("resume", scope="account", secret=flying.secret)) == BUSY
            assert code(await flying.say("freeze", scope="symbol:AAA", by="")) == ""
            lost = await flying.say("freeze", scope="strategy:quite")  # a typing error is no safety
            assert code(lost) == NOT_FOUND
            assert lost.error is not None
            assert lost.error.message == "no such strategy: 'quite'; here are quiet"
            assert await state(flying) == "REDUCING"
            await asyncio.sleep(2.1)
            assert code(await flying.say("resume", scope="account", secret=flying.secret)) == ""
            assert await state(flying) == "ACTIVE"
            # wrong again: this time for longer
            assert code(await flying.say("resume", scope="account", secret="wrong")) == SECRET_WRONG
            reply = await flying.say("resume", scope="account", secret=flying.secret)
            assert code(reply) == BUSY
        records = flying.journal()
        commands = [(r.what, r.by, r.authority, dict(r.args)) for r in records if isinstance(r, Command)]
        assert commands == [
            ("pause", "ann", SOCKET, {"scope": "account"}),
            ("freeze", f"uid {os.getuid()}", SOCKET, {"scope": "symbol:AAA"}),
            ("resume", "ann", SECRET, {"scope": "account"}),
        ]
        assert all(r.uid == os.getuid() for r in records if isinstance(r, Command))
        assert [r.n for r in records if isinstance(r, Command)] == [1, 2, 3]
        wrong = [
            (r.value, r.source, r.detail)
            for r in records
            if isinstance(r, Report)
            if r.what == "operator_secret"
        ]
        assert wrong == [("wrong", "socket", f"resume by ann (uid {os.getuid()})")] * 2  # every failed login
        assert "BBBBB" not in str(records)
        assert [r.what for r in records if isinstance(r, Done)] == ["pause", "freeze", "resume"]

    asyncio.run(main())
    told = (tmp_path / "told-to-the-operator").read_text(encoding="utf-8")
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "told-to-the-operator"]
    assert len(kept) > 4
    assert not any(told.encode() in file.read_bytes() for file in kept), "the secret is in a file"


def test_wrong_secrets_shut_the_door_longer_each_time(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            said = []
            for _ in range(2):
                assert code(await flying.say("resume", scope="account", secret="wrong")) == SECRET_WRONG
                reply = await flying.say("resume", scope="account", secret="wrong")
                assert reply.error is not None
                assert reply.error.code == BUSY
                said.append(int(reply.error.message.split()[-2]))
                await asyncio.sleep(said[-1] if len(said) < 2 else 0)
            assert said[1] > said[0] >= 1

    asyncio.run(main())


def test_without_a_secret_on_file_nothing_can_be_loosened(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET):
            pass
        (tmp_path / SECRET_FILE).unlink()
        async with live(tmp_path, QUIET) as flying:
            reply = await flying.say("resume", scope="account", secret=flying.secret)
            assert code(reply) == SECRET_NEEDED
            assert reply.error is not None
            assert "flyball init" in reply.error.message

    asyncio.run(main())


def test_a_command_that_is_refused_is_journaled_and_says_why(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            refusals = [
                (await flying.say("resume", scope="account", secret=flying.secret), "nothing is paused"),
                (
                    await flying.say("clear", latch="L1", scope="account", secret=flying.secret),
                    "L1 is not set on account",
                ),
                (await flying.say("cancel", order="fblive-1-99-quiet-1"), "no working order"),
                (
                    await flying.say(
                        "resolve", order="fblive-1-99-quiet-1", outcome="never", secret=flying.secret
                    ),
                    "no order fblive-1-99-quiet-1",
                ),
            ]
            for reply, why in refusals:
                assert code(reply) == REFUSED
                assert reply.error is not None
                assert why in reply.error.message
            await flying.say("freeze", scope="account")
            early = await flying.say("clear", latch="L5", scope="account", secret=flying.secret)
            assert code(early) == REFUSED
            assert early.error is not None
            assert "less than 30 s" in early.error.message
            assert await state(flying) == "HALTED"
        refused = [r for r in flying.journal() if isinstance(r, Refused)]
        assert [r.what for r in refused] == ["resume", "clear", "cancel", "resolve", "clear"]

    asyncio.run(main())


def test_views_say_what_the_ledger_says_and_change_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, {"steady": "Steady"}) as flying:
            await flying.until(lambda: flying.cockpit.governor.state.books_held())
            status = (await flying.say("status")).data
            assert status["mode"] == "paper"
            assert status["session_open"] is True
            assert isinstance(status["positions"], list)
            assert {one["strategy"] for one in status["positions"]} == {"steady"}
            limits = (await flying.say("limits")).data
            assert limits["binds_first"]
            assert isinstance(limits["limits"], list)
            gross = next(row for row in limits["limits"] if row["control"] == "C3.max_gross")
            assert float(gross["value"]) > 0
            assert float(gross["limit"]) == 50_000
            assert code(await flying.say("why", order="nobody-1")) == NOT_FOUND
        assert not [r for r in flying.journal() if isinstance(r, Command)]

    asyncio.run(main())


def test_many_ask_at_once_and_each_gets_its_own_answer(tmp_path: Path) -> None:
    async def main() -> None:
        scopes = ["account", "symbol:AAA", "symbol:BBB", "strategy:quiet"]
        async with live(tmp_path, QUIET) as flying:
            replies = await asyncio.gather(
                *(flying.say("freeze", scope=scopes[k % 4], by=f"p{k}") for k in range(12))
            )
            assert [reply.data["scope"] for reply in replies] == scopes * 3
            assert [reply.data["by"] for reply in replies] == [f"p{k}" for k in range(12)]
        numbers = [r.n for r in flying.journal() if isinstance(r, Command)]
        assert numbers == list(range(1, 13))

    asyncio.run(main())


def test_a_command_the_governor_dies_at_is_answered_and_the_next_one_is_taken(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            trial = flying.cockpit.trial
            assert trial is not None
            trial.suspects.append(Stepping(LIVE, 0, 1, 0, "command", "operator", 2))
            assert code(await flying.say("pause", scope="account")) == FAILED
            assert await state(flying) == "HALTED"
            assert code(await flying.say("pause", scope="account")) == ""
        commands = [r.n for r in flying.journal() if isinstance(r, Command)]
        passed = [(r.source, r.n) for r in flying.journal() if isinstance(r, Quarantined)]
        assert (passed, commands) == ([("operator", 1)], [2])

    asyncio.run(main())
