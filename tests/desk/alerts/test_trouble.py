"""A pager in trouble: a disk that hangs or refuses, a channel that does what nobody foresaw, strangers at
its door, and being stuck itself. It pages all the same, or is replaced.
"""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from flyball.compose import paging
from flyball.compose.paging import Paging
from flyball.compose.places import PAGER_PULSE
from flyball.desk.alerts import door, kept
from flyball.desk.alerts.page import Message
from flyball.machine.disk import RealDisk
from flyball.machine.pulse import places
from tests.desk.alerts.governed import alive
from tests.desk.alerts.test_slash import form, opened, post, signed
from tests.desk.alerts.world import NS, Place, place, until


def told(tmp_path: Path, story) -> None:
    async def go() -> None:
        async with place(tmp_path) as desk:
            await story(desk)

    asyncio.run(go())


@pytest.mark.parametrize("disk", ["hangs", "refuses"])
def test_a_disk_in_trouble_keeps_nobody_from_being_paged(tmp_path, monkeypatch, disk):
    save = kept.save
    bad = [True]

    def trouble(where: RealDisk, data: bytes) -> None:
        if bad[0] and disk == "hangs":
            time.sleep(1.5)  # a sync that does not come back
        if bad[0]:
            raise OSError(28, "No space left on device")
        save(where, data)

    monkeypatch.setattr(kept, "save", trouble)

    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]') as pager:
            began = time.monotonic()
            desk.book.latch("L9a", "set")
            await until(lambda: any("latch_L9a" in hook.text for hook in desk.at.hooks), 4)
            assert time.monotonic() - began < 2
            await until(
                lambda: any("the pager cannot write its file" in hook.text for hook in desk.at.hooks), 4
            )
            bad[0] = False
            pager.changed = True
            await until(lambda: not pager.pages.holds("pager_disk", "disk"), 5)

    told(tmp_path, story)


def test_a_channel_that_does_what_nobody_foresaw_is_a_dead_one(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook", "slack"]') as pager:
            tried = []

            async def odd(message: Message) -> str:
                tried.append(message.id)
                raise TypeError("password = hunter2")

            pager.channels["webhook"].send = odd  # type: ignore[method-assign]
            desk.book.latch("L1", "set")
            await until(lambda: desk.at.slacks, 3)  # the next one has it
            await asyncio.sleep(0.5)
            assert 1 <= len(tried) <= 2  # backing off, not as fast as it can
            assert "TypeError" in pager.lines["webhook"].failed
            assert "hunter2" not in str(pager.lines["webhook"])

    told(tmp_path, story)


def test_every_refused_request_is_recorded_and_a_flood_of_them_once_a_second(tmp_path):
    async def story(desk: Place, port: int) -> None:
        def refused() -> list[str]:
            found, _ = kept.load(RealDisk(str(tmp_path)))
            return [
                one.detail
                for one in found.waiting.told
                if one.alert == "slack_refused"
                if one.outcome == "raised"
            ]

        async def bad(stamp: str) -> None:
            assert (await post(port, form(), stamp, "v0=00"))[0] == 403

        await bad("1")
        await until(lambda: len(refused()) == 1)
        await bad("")
        await until(lambda: len(refused()) == 2)
        assert refused()[1] == "refused from Slack: a request without a time"
        for _ in range(20):
            await bad("1")
        await until(lambda: sum("within a second" in one for one in refused()), 4)
        assert len(refused()) <= 5

    opened(tmp_path, story)


def test_who_holds_the_door_open_does_not_keep_slack_out(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "MOST", 8)
    monkeypatch.setattr(door, "PATIENCE", NS)

    async def story(desk: Place, port: int) -> None:
        held = []
        for _ in range(40):
            one = socket.create_connection(("127.0.0.1", port))
            one.sendall(b"POST /slack HTTP/1.1\r\nHost: x\r\n")
            one.setblocking(False)
            held.append(one)
        body = form("/status", "U0VIC")
        assert (await post(port, body, *signed(body, time.time_ns())))[0] == 200

        def ended(one: socket.socket) -> bool:
            try:
                return one.recv(1) == b""
            except BlockingIOError:
                return False
            except ConnectionError:
                return True

        over: set[int] = set()

        def all_ended() -> bool:
            over.update(n for n, one in enumerate(held) if n not in over and ended(one))
            return len(over) == len(held)

        await until(all_ended, 5)
        for one in held:
            one.close()

    opened(tmp_path, story)


def test_a_pager_that_is_stuck_is_ended_and_another_begins(tmp_path, monkeypatch):
    monkeypatch.setattr(paging, "HUNG", 2 * NS)
    monkeypatch.setattr(paging, "AGAIN", NS // 10)
    monkeypatch.setattr(paging, "LOOK", NS // 4)

    async def story(desk: Place) -> None:
        desk.config('critical = ["webhook"]')
        died: list[str] = []
        keeper = Paging(desk.folder / "flyball.toml")
        keeper.begin(died.append)
        pids: list[int] = []
        try:
            await until(lambda: kept.load(RealDisk(str(tmp_path)))[0].pid, 15)
            pids.append(kept.load(RealDisk(str(tmp_path)))[0].pid)
            os.kill(pids[0], signal.SIGSTOP)
            await until(lambda: died, 10)
            assert "was stuck" in died[0]
            await until(lambda: kept.load(RealDisk(str(tmp_path)))[0].pid not in (0, *pids), 15)
            pids.append(kept.load(RealDisk(str(tmp_path)))[0].pid)
            assert not alive(pids[0])
            desk.book.latch("L1", "set")
            await until(lambda: any("latch_L1" in hook.text for hook in desk.at.hooks))
        finally:
            assert keeper.task is not None
            keeper.task.cancel()
            for pid in pids[-1:]:
                os.kill(pid, signal.SIGTERM)
            if keeper.running is not None:
                await until(lambda: keeper.running is None or keeper.running.ended() is not None, 10)
            for where in places(f"{desk.folder}/{PAGER_PULSE}"):
                Path(where).unlink(missing_ok=True)

    told(tmp_path, story)
