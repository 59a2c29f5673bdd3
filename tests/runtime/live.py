"""One governor in real time, at a pace, put together as `flyball run` does it: real files, a real socket,
real bots; what went out and what was recorded, each with the time it happened.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from flyball.api.client import ask
from flyball.api.protocol import Reply, Request
from flyball.api.secret import generate, hashed
from flyball.compose.assembly import Cockpit, Machine, Plan
from flyball.compose.fly import Landed, fly, real_machine
from flyball.compose.places import SECRET_FILE, SOCKET
from flyball.compose.plane import open_plane
from flyball.config.load import load
from flyball.feeds.series import Bar, Series
from flyball.feeds.splitmix import below, keyed
from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.kernel.effects import Cancel, Order
from flyball.kernel.units import NS
from flyball.lab.around import Around, AroundDisk
from flyball.machine.chance import OsRandom
from flyball.machine.disk import RealDisk
from flyball.machine.socket import connect
from flyball.machine.spawn import RealSpawn
from flyball.ports import Broker
from flyball.runtime.sequencer import Taken
from flyball.tables.calendar import Session, session_on

BOTS = Path(__file__).parent / "strategies.py"
SYMBOLS = ("AAA", "BBB", "CCC")
_day = session_on(20160415)
assert _day is not None
SESSION = _day
NOON = SESSION.open + 9_000 * NS
MINUTE = 60 * NS

T = TypeVar("T")


def config_text(bots: Mapping[str, str], extra: str = "", account: str = "") -> str:
    """The demo's limits, a broker without faults, and bots of strategies.py by strategy."""
    strategies = "".join(
        f'\n[strategy.{name}]\nbot = "{BOTS}:{bot.partition("?")[0]}"\n'
        + (f"[strategy.{name}.settings]\n{bot.partition('?')[2]}\n" if "?" in bot else "")
        for name, bot in bots.items()
    )
    return f"""profile = "demo"
[account]
tag = "live"
equity = "$100,000"
{account}
[limits]
order_rate = 100
max_positions = 3
min_spacing = "1 ns"
{extra}
[broker.paper]
timeout_ratio = "0%"
late_ratio = "0%"
duplicate_ratio = "0%"
{strategies}"""


def walk(symbol: str, begin: int, end: int, seconds: int) -> Series:
    """Prices about $100 in steps of a cent or two, by the symbol's name."""
    chance = keyed(1, symbol)
    price, bars = 1_000_000, []
    for at in range(begin, end + 1, seconds * NS):
        price += (below(chance, 5) - 2) * 100
        bars.append(Bar(at, price, price + 100, price - 100, price, 1_000))
    return Series(symbol, 4, seconds, bars)


@dataclass
class Timed:
    """Something, and when it happened by the machine's monotonic clock (ns)."""

    at: int
    what: Record


@dataclass
class Live:
    """A flight under way."""

    folder: Path
    cockpit: Cockpit
    task: "asyncio.Task[Landed]"
    records: list[Timed]
    sent: list[Timed]  # orders and cancels, as they went to the broker
    secret: str

    def now(self) -> int:
        return self.cockpit.flight.clock.now()

    async def say(self, what: str, *, by: str = "ann", reason: str = "a test", **more: object) -> Reply:
        """Ask over the socket, from a thread as another program would."""
        secret = str(more.pop("secret", ""))
        args = {name: str(value) for name, value in more.items()}
        request = Request(what=what, args=args, by=by, reason=reason, secret=secret)
        return await asyncio.to_thread(self.say_now, request)

    def say_now(self, request: Request) -> Reply:
        """The same from a thread that may block."""
        return ask(lambda: connect(str(self.folder / SOCKET)), request)

    async def until(self, done: Callable[[], T], seconds: float = 12.0) -> T:
        """What `done` says, once it says something; the flight's own failure, when it fails first."""
        limit = time.monotonic() + seconds
        while not (found := done()):
            if self.task.done():
                raise AssertionError(f"the flight has ended: {self.task.result()}")
            assert time.monotonic() < limit, f"not within {seconds} s"
            await asyncio.sleep(0.005)
        return found

    def of(self, kind: type[T]) -> list[T]:
        """The records of one kind, in order."""
        return [one.what for one in self.records if isinstance(one.what, kind)]

    def times(self, wanted: Callable[[Record], bool]) -> list[int]:
        """When the records that are wanted were taken."""
        return [one.at for one in self.records if wanted(one.what)]

    def journal(self) -> list[Record]:
        return journal_of(self.folder)

    async def land(self) -> Landed:
        """End it after the round under way, and wait until all is closed."""
        self.cockpit.flight.stop("the test is over")
        return await self.task


class _Seen:
    """A broker whose calls are noted; all else is its own."""

    def __init__(self, broker: Broker, sent: list[Timed]) -> None:
        self._broker = broker
        self._sent = sent

    def submit(self, order: Order) -> None:
        self._sent.append(Timed(time.monotonic_ns(), order))
        self._broker.submit(order)

    def cancel(self, cancel: Cancel) -> None:
        self._sent.append(Timed(time.monotonic_ns(), cancel))
        self._broker.cancel(cancel)

    def __getattr__(self, name: str) -> object:
        return getattr(self._broker, name)


def journal_of(folder: Path) -> list[Record]:
    """Every record on the disk."""
    return [record for _, record in read(RealDisk(str(folder / "journal")))]


@asynccontextmanager
async def live(
    folder: Path,
    bots: Mapping[str, str],
    *,
    pace: float = 20,
    begin: int = NOON,
    end: int = 0,
    seconds: int = 1,
    around: Around | None = None,
    extra: str = "",
    account: str = "",
    symbols: Sequence[str] = SYMBOLS,
    schedule: Sequence[Session] = (SESSION,),
) -> AsyncIterator[Live]:
    """Fly from `begin` at `pace`, with `around` between the governor and the journal's disk; stopped at the
    latest when the block ends.
    """
    (folder / "bots").mkdir(parents=True, exist_ok=True)
    secret = _secret(folder)
    records: list[Timed] = []
    sent: list[Timed] = []

    def watch(taken: Taken) -> None:
        at = time.monotonic_ns()
        records.extend(Timed(at, record) for record in taken.records)

    stop = end or begin + 20 * MINUTE
    plan = Plan(
        config=load(config_text(bots, extra, account)),
        series=[walk(symbol, begin, stop, seconds) for symbol in symbols],
        schedule=schedule,
        source="walk",
        label="a walk, for tests",
        begin=begin,
        seed=1,
        stop_at=stop,
        bot_folder=str(folder),
        bot_logs=str(folder / "bots"),
        watch=watch,
    )
    spawn = RealSpawn()
    machine = real_machine(
        str(folder), str(folder / "journal"), str(folder / "emergency"), round(pace * 1_000_000), spawn
    )
    _wrap(machine, around, sent)
    cockpits: asyncio.Queue[Cockpit] = asyncio.Queue()
    opened = asyncio.Event()
    plane = open_plane(str(folder))

    async def open_it(cockpit: Cockpit) -> Callable[[], Awaitable[None]]:
        shut = await plane(cockpit)
        opened.set()
        return shut

    task = asyncio.create_task(fly(plan, machine, cockpits.put_nowait, open_it))
    waiting = asyncio.create_task(opened.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task  # raises what kept it from starting
        flying = Live(folder, cockpits.get_nowait(), task, records, sent, secret)
        yield flying
        if not task.done():
            await flying.land()
    finally:
        waiting.cancel()
        if not task.done():
            task.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
        spawn.close()


def _wrap(machine: Machine, around: Around | None, sent: list[Timed]) -> None:
    if around is not None:
        machine.journal_disk = AroundDisk(machine.journal_disk, around)
    machine.wrap_broker = lambda broker: cast(Broker, _Seen(broker, sent))


def _secret(folder: Path) -> str:
    """The operator secret of a folder: made at its first flight, kept beside for the next."""
    told = folder / "told-to-the-operator"
    if not told.exists():
        random = OsRandom()
        secret = generate(random)
        told.write_text(secret, encoding="utf-8")
        RealDisk(str(folder)).replace(SECRET_FILE, (hashed(secret, random) + "\n").encode(), private=True)
    return told.read_text(encoding="utf-8")
