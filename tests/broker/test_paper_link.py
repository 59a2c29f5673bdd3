"""The governor's line to the paper broker over a real socket: whatever breaks it, every event comes once and
in order, silence is a timeout, and what adds is not kept for a broker that does not speak."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from flyball.broker.paper_desk import Market, PaperDesk
from flyball.broker.paper_file import PaperFileError
from flyball.broker.paper_life import Unit
from flyball.broker.paper_line import PaperLine
from flyball.broker.paper_link import PaperLink
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Query
from flyball.kernel.events import Account, Answer, Event, Fill, Report, Timeout, Update
from flyball.kernel.units import MS, NS
from flyball.machine.clock import AsyncWakeup
from flyball.machine.lines import Line, Listening, Reaching
from tests.broker.world import CLOSE, OPEN, QUIET, UNITS, Tape, broker, disk_at, order, sessions, tape

Tale = Callable[["Both"], Awaitable[None]]


class Both:
    """Both ends of a line in one process, the time the test's."""

    def __init__(self, folder: Path, feed: Tape, timeout: int) -> None:
        self.folder = folder
        self.path = f"{folder}/run/paper.sock"
        self.feed = feed
        self.at = OPEN + NS
        self.deaf = False
        self.got: list[Event] = []
        self.start()
        self.stream = Reaching(self.path, AsyncWakeup())
        self.link = PaperLink(self.stream, timeout=timeout, stretch=lambda ns: ns, now=self.at)
        self.link.resume(0, self.at)

    def start(self) -> None:
        """The broker's process begins."""
        disk = disk_at(self.folder)
        units = {symbol: Unit(*unit) for symbol, unit in UNITS.items()}
        market = Market(units, self.feed, sessions, [(OPEN, CLOSE)])
        self.desk = PaperDesk(
            broker(disk, self.feed, settings=QUIET, now=self.at), market, disk, lambda: self.at
        )
        self.line = PaperLine(self.desk, lambda at: (at, 1.0, 0))
        self.listening = Listening(self.path, self._hear, self.line.gone)

    def stop(self) -> None:
        """It ends, without a word."""
        self.listening.close()
        self.desk.paper.close()

    def _hear(self, line: Line, frames: list[bytes]) -> None:
        if not self.deaf:
            self.line.hear(line, frames)

    async def pass_time(self, ns: int, step: int = 100 * MS) -> list[Any]:
        """Let both live; what the governor's side was told."""
        told: list[Event] = []
        for _ in range(max(1, ns // step)):
            self.at += step
            if not self.deaf:
                self.desk.advance()
            for _ in range(3):
                await asyncio.sleep(0.001)
                told += self.link.take(self.at)
        self.got += told
        return told


def tell(folder: Path, tale: Tale, feed: Tape | None = None, timeout: int = 10 * NS) -> None:
    async def go() -> None:
        both = Both(folder, feed if feed is not None else tape(*[1_000_000] * 1000), timeout)
        try:
            await tale(both)
        finally:
            both.stream.close()
            both.stop()

    asyncio.run(go())


def stream(events: list[Event]) -> list[Update | Fill]:
    return [e for e in events if isinstance(e, Update | Fill)]


def states(events: list[Event]) -> list[str]:
    return [e.state for e in events if isinstance(e, Update)]


def test_every_call_is_answered(tmp_path: Path) -> None:
    async def tale(b: Both) -> None:
        assert await b.link.read_account(b.at) == Account(b.at, 0, 10**11, 10**11, 10**11, (), (), b.at, ())
        assert (await b.pass_time(NS))[0].value == "ok"
        b.link.submit(order("a", ts=b.at, qty=5))
        assert states(await b.pass_time(NS)) == ["ACCEPTED"]
        b.link.query(Query(b.at, "a", 1))
        b.link.query(Query(b.at, "b", 1))
        b.link.account(AskAccount(b.at, 1, "test"))
        told = await b.pass_time(NS)
        answers = {e.client_id: (e.found, e.state) for e in told if isinstance(e, Answer)}
        assert answers == {"a": (True, "ACCEPTED"), "b": (False, "")}
        assert [e.open_ids for e in told if isinstance(e, Account)] == [("a",)]
        b.link.cancel(Cancel(b.at, "a", "test", 1))
        assert states(await b.pass_time(NS)) == ["CANCELED"]
        for name in ("c", "d"):
            b.link.submit(order(name, ts=b.at, qty=5))
        await b.pass_time(NS)
        b.link.cancel_all(CancelAll(b.at, 1, "test"))
        ended = stream(await b.pass_time(NS))
        assert [(e.client_id, e.KIND) for e in ended] == [("c", "update"), ("d", "update")]
        found = await b.link.lookup("a", b.at)
        assert found is not None
        assert (found.found, found.state) == (True, "CANCELED")
        missing = await b.link.lookup("nobody", b.at)
        assert missing is not None
        assert not missing.found
        assert not [e for e in await b.pass_time(60 * NS, NS) if isinstance(e, Timeout)], "all had an answer"

    tell(tmp_path, tale, tape(*[1_000_000] * 50, start=OPEN + 60 * NS, step=60 * NS))


@pytest.mark.parametrize("seed", range(2))
def test_cut_again_and_again_every_event_comes_once(tmp_path: Path, seed: int) -> None:
    """The line is cut, or the broker's process ends and begins again, at any moment."""
    draw = random.Random(seed)

    async def tale(b: Both) -> None:
        sent: list[str] = []
        for number in range(40):
            sent.append(f"o-{number}")
            b.link.submit(order(sent[-1], ts=b.at, qty=1, adds=False))
            what = draw.randrange(6)
            if what == 0:
                b.listening.close()
                b.listening = Listening(b.path, b._hear, b.line.gone)
            elif what == 1:
                b.stop()
                b.start()
            if draw.randrange(3):
                await reconnected(b)
            await b.pass_time(draw.choice((100, 300, 2000)) * MS)
        await reconnected(b)
        told = await b.pass_time(90 * NS, 500 * MS)
        told += await b.pass_time(NS)
        numbers = [e.n for e in stream(b.got)]
        assert numbers == list(range(1, len(numbers) + 1)), "one is missing, or came twice, or out of turn"
        filled = [e.client_id for e in b.got if isinstance(e, Fill)]
        assert len(filled) == len(set(filled))
        truth = b.desk.truth()
        assert sorted(filled) == sorted(truth.orders), "what the broker has worked is what was told"
        # what never arrived was said to have got no answer
        lost = set(sent) - set(filled)
        assert lost <= {e.client_id for e in b.got if isinstance(e, Timeout)}
        assert len(filled) > 10
        assert [e.value for e in b.got if isinstance(e, Report)][-1] == "ok"

    tell(tmp_path, tale)


async def reconnected(b: Both) -> None:
    while b.stream.number() == 0:
        await asyncio.sleep(0.001)


def test_a_broker_that_is_silent_gets_no_adds(tmp_path: Path) -> None:
    async def tale(b: Both) -> None:
        await b.pass_time(NS)
        b.deaf = True
        told = await b.pass_time(2 * NS)
        assert [(e.what, e.value) for e in told] == [("broker", "down")]
        b.link.submit(order("add", ts=b.at))
        b.link.submit(order("exit", ts=b.at, side=-1, adds=False))
        told = await b.pass_time(2 * NS, NS)
        reasons = {e.client_id: e.reason for e in told if isinstance(e, Timeout)}
        assert reasons == {"add": "not reached within 1000 ms", "exit": "no answer within 1000 ms"}
        assert await b.link.read_account(b.at) is None
        b.deaf = False
        b.listening.close()
        b.listening = Listening(b.path, b._hear, b.line.gone)
        told = await b.pass_time(3 * NS)
        assert [e.value for e in told if isinstance(e, Report)] == ["ok"]
        assert "add" not in b.desk.truth().orders
        b.link.submit(order("later", ts=b.at))
        await b.pass_time(NS)
        assert "later" in b.desk.truth().orders

    tell(tmp_path, tale, timeout=NS)


def test_another_account_is_refused(tmp_path: Path) -> None:
    async def tale(b: Both) -> None:
        b.link.resume(7, b.at)
        with pytest.raises(PaperFileError, match="has heard 7 events"):
            await b.link.read_account(b.at)
        assert [e.value for e in await b.pass_time(NS)] == ["down"]

    tell(tmp_path, tale)


@pytest.mark.parametrize("rubbish", [b"", b"\xc1", b"\x90", b"\x91\x07", b"\x92\xa4call\x01", b"\x91\xa3xyz"])
def test_rubbish_costs_only_its_own_line(tmp_path: Path, rubbish: bytes) -> None:
    async def tale(b: Both) -> None:
        await b.pass_time(NS)
        stranger = Reaching(b.path, AsyncWakeup())
        stranger.send(rubbish)
        assert await stranger.arrival(5 * NS)
        assert stranger.number() == 0, "it was hung up on"
        stranger.close()
        b.link.submit(order("a", ts=b.at))
        assert [e.KIND for e in stream(await b.pass_time(NS))] == ["update"]

    tell(tmp_path, tale)


def test_the_newest_governor_has_the_stream(tmp_path: Path) -> None:
    async def tale(b: Both) -> None:
        await b.pass_time(NS)
        newer = Reaching(b.path, AsyncWakeup())
        link = PaperLink(newer, timeout=10 * NS, stretch=lambda ns: ns, now=b.at)
        link.resume(0, b.at)
        assert await link.read_account(b.at) is not None
        b.desk.submit(order("a", ts=b.at))
        b.at += NS
        b.desk.advance()
        assert await newer.arrival(5 * NS)
        assert [e.KIND for e in stream(link.take(b.at))] == ["update"]
        newer.close()

    tell(tmp_path, tale)
