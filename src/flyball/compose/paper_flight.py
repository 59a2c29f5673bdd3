"""`flyball paper`: the paper broker in a process of its own, with its clock, its private socket for the
governor and its HTTP door.

It lives on when the governor is stopped, killed or hung, as a real broker does, and knows nothing of it but
what comes through the socket. Its clock is the market's: a governor takes its own from it.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from flyball.broker.paper import Paper
from flyball.broker.paper_desk import PaperDesk
from flyball.broker.paper_line import PaperLine
from flyball.compose.assembly import Plan, instruments_of
from flyball.compose.own import OwnRun, configuration, no_pace, pace_of, plan_of
from flyball.compose.paper_place import BROKER_FILE, keys_of, only_here, paper_of
from flyball.compose.places import BROKER_KEYS, PAPER_HTTP, PAPER_SOCKET, PAPER_TIME
from flyball.config.problems import ConfigError
from flyball.desk.summary import Summary
from flyball.desk.terminal import Live
from flyball.kernel.events import Instrument
from flyball.kernel.units import NS
from flyball.machine.chance import OsRandom
from flyball.machine.clock import AsyncWakeup, PacedClock, RealClock
from flyball.machine.disk import RealDisk
from flyball.machine.files import steady
from flyball.machine.lines import Listening

NOTE_TIME: Final = 1 * NS  # real time between two notes of what time it is
LOCALHOST: Final = "127.0.0.1"


def fly_paper(run: OwnRun, *, port: int, as_json: bool) -> int:
    """Run it until SIGTERM or SIGINT; the exit code. `port` 0: any that is free."""
    config = configuration(run.config)
    pace = pace_of(config, run.pace)
    if pace == 0:
        raise ConfigError([no_pace(str(run.config))])
    quiet = Live(Summary(), now=steady, plain=True, out=sys.stderr)
    plan = plan_of(run, config, Summary(), quiet)
    folder = str(run.config.resolve().parent)
    flown = Flown(plan, instruments_of(plan, 0), RealDisk(folder), pace / 1_000_000)
    asyncio.run(serve(flown, port, as_json))
    return 0


class Flown:
    """The broker's process: one loop that sleeps until something happens at the broker or somebody calls."""

    def __init__(self, plan: Plan, instruments: Sequence[Instrument], disk: RealDisk, speed: float) -> None:
        self.plan = plan
        self.disk = disk
        self.held = only_here(disk)
        paper, market = paper_of(plan, instruments, disk, plan.begin)
        self.clock = PacedClock(self._begin(paper), speed)
        paper.resume(0, self.clock.now())
        self.desk = PaperDesk(paper, market, disk, self.clock.now)
        self.wake = AsyncWakeup()
        self.desk.wake = self.wake.set
        self.stopped = False
        self._note = disk.open(PAPER_TIME, create=True)

    def _begin(self, paper: Paper) -> int:
        """Where its time goes on: never before anything it has done or said."""
        begin = self.plan.begin
        if self.disk.exists(PAPER_TIME):
            noted = self.disk.read(PAPER_TIME).strip()
            begin = max(begin, int(noted)) if noted.isdigit() else begin
        return max([begin, *(o.placed.arrival + 1 for o in paper.truth().orders.values())])

    def terms(self, at: int) -> tuple[int, float, int]:
        """Its clock, moved on to `at` where it is behind: a governor's time never goes back."""
        self.clock.reach(at)
        self.wake.set()
        return self.clock.terms()

    def stop(self) -> None:
        self.stopped = True
        self.wake.set()

    async def live(self) -> None:
        """Until stopped: what is due is said, and the time noted."""
        noted = -NS
        while not self.stopped:
            self.wake.clear()
            now = self.desk.advance()
            beat = now + self.clock.stretch(NOTE_TIME)
            if beat - noted >= 2 * self.clock.stretch(NOTE_TIME):
                self._note.write(0, b"%020d\n" % now)
                noted = now
            due = self.desk.next_due()
            await self.clock.until(beat if due is None else min(due, beat), self.wake)
        self._note.write(0, b"%020d\n" % self.desk.advance())
        self._note.close()
        self.desk.paper.close()


async def serve(flown: Flown, port: int, as_json: bool) -> None:
    """Open the doors, say where they are, live until told to stop."""
    from aiohttp import web

    from flyball.broker.paper_door import PaperDoor

    plan, disk, chance = flown.plan, flown.disk, OsRandom()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, flown.stop)
    keys = keys_of(disk, chance, plan.config.account.tag, "")
    door = PaperDoor(
        flown.desk,
        key=keys["key"],
        secret=keys["secret"],
        number=keys["account"],
        chance=chance,
        wall=RealClock().now,
        per_minute=plan.config.broker.rate_limit,
    )
    runner = web.AppRunner(door.app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    line = PaperLine(flown.desk, flown.terms)
    listening = Listening(f"{disk.root}/{PAPER_SOCKET}", line.hear, line.gone)
    try:
        site = web.TCPSite(runner, LOCALHOST, port)
        await site.start()
        address = f"{LOCALHOST}:{runner.addresses[0][1]}"
        keys_of(disk, chance, plan.config.account.tag, f"http://{address}")
        disk.replace(PAPER_HTTP, f"{address}\n".encode())
        _say(flown, address, as_json)
        await flown.live()
    finally:
        listening.close()
        await runner.cleanup()
        with suppress(FileNotFoundError):
            disk.remove(PAPER_HTTP)


def _say(flown: Flown, address: str, as_json: bool) -> None:
    where = {
        "http": address,
        "keys": f"{flown.disk.root}/{BROKER_KEYS}",
        "account": f"{flown.disk.root}/{BROKER_FILE}",
    }
    if as_json:
        print(json.dumps(where), flush=True)
        return
    print(f"paper broker: http://{address}, keys in {where['keys']}", file=sys.stderr, flush=True)
