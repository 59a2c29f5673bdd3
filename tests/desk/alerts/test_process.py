"""The pager as a process: killed between sending and writing down, beside a governor, and after the
governor's death."""

import asyncio
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from flyball.compose.pager import CannotPage
from flyball.compose.places import PAGER_SOCKET
from flyball.desk.alerts import kept
from flyball.machine.disk import RealDisk
from tests.desk.alerts.governed import FLYBALL, alive, end, furnish, said, start
from tests.desk.alerts.world import SECRET, config_text, place, private, servers, until


def test_a_pager_killed_between_sending_and_writing_it_down_sends_the_same_id_again_and_once(tmp_path):
    async def go() -> None:
        async with place(tmp_path) as desk:
            desk.config('critical = ["webhook"]')
            words = [*FLYBALL, "alerts", "run", "--dir", str(tmp_path)]
            with (tmp_path / "log").open("wb") as log:
                first = subprocess.Popen(words, stdout=log, stderr=log)
                try:
                    await until((tmp_path / PAGER_SOCKET).exists, 15)
                    desk.at.hook_hangs = 5.0  # the server has it, the pager does not know
                    desk.book.alert("not_flat_at_close")
                    await until(lambda: desk.at.asked, 5)
                finally:
                    end(first, signal.SIGKILL)
                desk.at.hook_hangs = 0.0
                ahead = desk.at.asked[:]
                second = subprocess.Popen(words, stdout=log, stderr=log)
                try:
                    await until(lambda: desk.at.hooks, 15)
                    await asyncio.sleep(0.5)
                finally:
                    end(second)
            assert len(ahead) == 1
            assert [hook.id for hook in desk.at.hooks] == ahead  # the receiver can tell that it has it
            state, _ = kept.load(RealDisk(str(tmp_path)))
            told = [one.outcome for one in state.waiting.told]
            assert told == ["delivered"]

    asyncio.run(go())


def alert_lines(folder: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in said(folder, "journal", "export").stdout.splitlines()]
    return [line for line in lines if line["kind"] == "alert"]


def test_beside_a_governor_through_its_death_and_back(tmp_path):
    async def go() -> None:
        async with servers() as at:
            private(tmp_path / "webhook.secret", SECRET)
            furnish(tmp_path)
            alerts = 'critical = ["webhook"]\nwarning = ["webhook"]\nsilent_after = "1 s"'
            text = config_text(at, alerts).replace("[feed]", '[feed]\nstamp = "start"')
            (tmp_path / "flyball.toml").write_text(text)
            governor = start(tmp_path)
            pid = 0
            try:
                await until((tmp_path / PAGER_SOCKET).exists, 20)
                frozen = await asyncio.to_thread(said, tmp_path, "freeze", "--by", "ann", "--reason", "drill")
                assert frozen.returncode == 0, frozen.stderr
                await until(lambda: at.hooks, 10)
                listed = await asyncio.to_thread(said, tmp_path, "alerts", "--json")
                assert listed.returncode == 1  # a critical page that nobody has taken
                [page] = json.loads(listed.stdout)["pages"]
                assert page["alert"] == "latch_L5"
                acked = await asyncio.to_thread(said, tmp_path, "alerts", "ack", page["page"], "--by", "bob")
                assert acked.returncode == 0, acked.stderr
                await until(lambda: _acknowledged(tmp_path) == ["bob"], 10)
                lines = await asyncio.to_thread(alert_lines, tmp_path)
                of_it = [line for line in lines if line.get("record") == int(page["page"])]
                assert [line["outcome"] for line in of_it] == ["delivered", "acknowledged"]
                assert of_it[0]["delivered"] is True
                assert of_it[0]["channel"] == "webhook"
                assert of_it[1]["acknowledged"] == "bob"
                assert (await asyncio.to_thread(said, tmp_path, "alerts")).returncode == 0

                await until(lambda: _open(tmp_path), 10)
                pid = kept.load(RealDisk(str(tmp_path)))[0].pid
                end(governor, signal.SIGKILL)
                began = time.monotonic()
                await until(lambda: "governor_silent" in at.hooks[-1].text, 10)
                assert time.monotonic() - began < 6
                assert alive(pid)  # it has outlived the governor

                governor = start(tmp_path)
                await until(lambda: "OVER" in at.hooks[-1].text, 20)  # the next one has come back
                await until(lambda: not alive(pid), 10)  # and the newer pager has taken over
                await until(lambda: _waiting(tmp_path) == 0, 10)
                lines = await asyncio.to_thread(alert_lines, tmp_path)
                silent = [line["outcome"] for line in lines if line["alert"] == "governor_silent"]
                assert silent == ["raised", "delivered", "resolved"]
                numbers = [int(str(line["n"])) for line in lines if "n" in line]
                assert numbers == sorted(set(numbers))  # each record once
                pid = kept.load(RealDisk(str(tmp_path)))[0].pid
                os.kill(pid, signal.SIGKILL)
                await until(lambda: kept.load(RealDisk(str(tmp_path)))[0].pid != pid, 15)  # started again
                pid = kept.load(RealDisk(str(tmp_path)))[0].pid
                lines = await asyncio.to_thread(alert_lines, tmp_path)
                assert "the pager ended with -9" in str(
                    [line.get("text") for line in lines if line["alert"] == "pager"]
                )
                end(governor)
                await until(lambda: not alive(pid), 10)  # after a clean end there is nothing to watch
            except AssertionError:
                print((tmp_path / "run.log").read_text()[-2000:])
                raise
            finally:
                end(governor, signal.SIGKILL)
                if pid and alive(pid):
                    os.kill(pid, signal.SIGTERM)

    asyncio.run(go())


def _acknowledged(folder: Path) -> list[str]:
    return [page.by for page in kept.load(RealDisk(str(folder)))[0].pages]


def _open(folder: Path) -> bool:
    """The pager has seen the market open, in the data's time."""
    found = kept.load(RealDisk(str(folder)))[0]
    return 0 < found.session[0] <= found.ts


def _waiting(folder: Path) -> int:
    return len(kept.load(RealDisk(str(folder)))[0].waiting.told)


def test_the_test_command_proves_every_channel_and_fails_when_one_is_dead(tmp_path):
    async def go() -> None:
        async with place(tmp_path) as desk:
            assert (await asyncio.to_thread(said, tmp_path, "alerts", "test")).returncode == 3
            async with desk.pager('critical = ["slack", "email"]\nwarning = ["webhook"]'):
                good = await asyncio.to_thread(said, tmp_path, "alerts", "test", "--by", "ann", "--json")
                assert good.returncode == 0, good.stderr
                told = json.loads(good.stdout)
                assert told["ok"] is True
                assert all(leg["ms"] < 5_000 for leg in told["page"]["channels"])
                desk.at.slack_error = "account_inactive"
                bad = await asyncio.to_thread(said, tmp_path, "alerts", "test", "--seconds", "1")
                assert bad.returncode == 1
                assert "account_inactive" in bad.stdout

    asyncio.run(go())


def test_a_secret_that_others_may_read_keeps_the_pager_from_starting(tmp_path):
    async def go() -> None:
        async with place(tmp_path) as desk:
            (tmp_path / "webhook.secret").chmod(0o644)
            with pytest.raises(CannotPage, match="chmod 600"):
                async with desk.pager('critical = ["webhook"]'):
                    pass
            (tmp_path / "webhook.secret").chmod(0o600)
            async with desk.pager('critical = ["webhook"]'):  # what was begun has been let go of
                pass

    asyncio.run(go())
