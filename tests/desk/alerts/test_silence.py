"""Silence is an alarm: while the market is open, and only when the governor does not answer either."""

import asyncio
import time
from pathlib import Path

from flyball.api.protocol import done, read_request, reply_line, too_long
from flyball.compose.places import SOCKET
from flyball.desk.alerts import pager as pagers
from flyball.machine.socket import Peer, serve
from tests.desk.alerts.test_delivery import run
from tests.desk.alerts.world import NS, Place, session, until

SHORT = 'critical = ["webhook"]\nwarning = ["webhook"]\nsilent_after = "300 ms"'
OLD = 1_222_781_400 * NS


def open_market(desk: Place) -> None:
    """A session of recorded time that goes on, whatever day it is here."""
    desk.book.write(session(OLD - NS, OLD + NS))
    desk.book.alert("quiet_please", "info", ts=OLD)


def alerts_told(desk: Place) -> list[str]:
    return [page["alert"] for hook in desk.at.hooks for page in hook.body["pages"]]


def test_a_journal_that_does_not_grow_and_nobody_who_answers_is_paged_until_it_grows(tmp_path):
    async def story(desk: Place) -> None:
        open_market(desk)
        async with desk.pager(SHORT):
            await until(lambda: "governor_silent" in alerts_told(desk))
            desk.book.alert("quiet_please", "info", ts=OLD)
            await until(lambda: "OVER" in desk.at.hooks[-1].text)

    run(tmp_path, story)


def test_one_that_answers_is_not_silent_however_little_it_writes(tmp_path):
    async def story(desk: Place) -> None:
        asked: list[str] = []

        async def handle(line: bytes, _: Peer) -> bytes:
            asked.append(read_request(line).what)
            return reply_line(done())

        open_market(desk)
        server = await serve(str(Path(desk.folder) / SOCKET), handle, too_long=too_long())
        async with desk.pager(SHORT):
            await until(lambda: "status" in asked)
            await asyncio.sleep(0.3)
            assert alerts_told(desk) == []
        await server.close()

    run(tmp_path, story)


def test_a_closed_market_may_be_silent(tmp_path):
    async def story(desk: Place) -> None:
        desk.book.write(session(OLD - 2 * NS, OLD))
        desk.book.alert("quiet_please", "info", ts=OLD)  # at the close: not in the session any more
        async with desk.pager(SHORT):
            await asyncio.sleep(0.6)
            assert alerts_told(desk) == []

    run(tmp_path, story)


def test_the_monitor_outside_hears_a_heartbeat_until_the_governor_is_silent(tmp_path):
    async def story(desk: Place) -> None:
        beats = f'heartbeat_url = "http://127.0.0.1:{desk.at.http_port}/beat"\nheartbeat_every = "100 ms"'
        open_market(desk)
        async with desk.pager(f"{SHORT}\n{beats}"):
            await until(lambda: desk.at.beats)
            await until(lambda: "governor_silent" in alerts_told(desk))
            await asyncio.sleep(0.3)
            last = len(desk.at.beats)
            await asyncio.sleep(0.5)
            assert len(desk.at.beats) == last

    run(tmp_path, story)


def test_a_monitor_that_is_not_there_is_an_alert_without_its_address(tmp_path):
    async def story(desk: Place) -> None:
        beats = 'heartbeat_url = "http://127.0.0.1:9/hush"\nheartbeat_every = "50 ms"'
        async with desk.pager(f'warning = ["webhook"]\n{beats}'):
            await until(lambda: "heartbeat_failed" in alerts_told(desk))
            assert "hush" not in desk.at.hooks[0].text

    run(tmp_path, story)


def test_a_channel_that_stays_dead_is_an_alert_on_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(pagers, "DOWN_AFTER", NS // 5)

    async def story(desk: Place) -> None:
        desk.at.slack_error = "channel_not_found"
        async with desk.pager('critical = ["slack"]\nwarning = ["webhook"]'):
            desk.book.alert("not_flat_at_close")
            await until(lambda: "channel_down" in alerts_told(desk))
            assert "channel_not_found" in desk.at.hooks[0].text

    run(tmp_path, story)


def test_a_journal_that_loses_what_was_read_is_paged_and_a_torn_end_is_not(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager('critical = ["webhook"]') as pager:
            desk.book.alert("before")
            await until(lambda: desk.at.hooks)
            place = pager.tail.place
            assert place is not None
            segment = tmp_path / "journal" / "segments" / "00000001.fbj"
            with segment.open("r+b") as file:
                file.seek(place.offset)
                file.write(b"FBJB" + bytes(200) + b"a write that a crash cut short")
            await asyncio.sleep(0.5)
            assert alerts_told(desk) == ["before"]
            with segment.open("r+b") as file:
                file.truncate(4096)
            await until(lambda: "journal_flaw" in alerts_told(desk))

    run(tmp_path, story)


def test_the_session_of_a_governor_on_this_clock_is_the_calendars(tmp_path):
    async def story(desk: Place) -> None:
        async with desk.pager(SHORT) as pager:
            now = time.time_ns()
            desk.book.alert("recent", "info")
            await until(lambda: pager.pages.ts >= now)
            pager.silence.calendar = lambda at: at == 7
            assert not pager.silence.market_open(time.time_ns())
            pager.silence.calendar = lambda _: None  # beyond the tables: the journal's own session
            pager.pages.session = (now - NS, now + 60 * NS)
            assert pager.silence.market_open(time.time_ns())

    run(tmp_path, story)
