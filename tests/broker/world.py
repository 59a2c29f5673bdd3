"""A small market round one paper broker: ten days of sessions, a tape by hand, calls at given times."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flyball.broker.paper import Paper, PaperSettings
from flyball.broker.paper_file import Placed
from flyball.broker.prices import Point
from flyball.kernel.effects import AskAccount, Cancel, Order, Query
from flyball.kernel.events import Event, Fill, Update
from flyball.kernel.units import MINUTE, MS, NS
from flyball.machine.disk import RealDisk
from flyball.ports import Disk

DAY = 24 * 60 * MINUTE
OPEN = 1_460_727_000 * NS  # 2016-04-15 09:30 in New York
LENGTH = 390 * MINUTE
CLOSE = OPEN + LENGTH
CASH = 100_000_000_000  # $100,000
SYMBOLS = ("AAPL", "MSFT")
UNITS = {"AAPL": (4, 0, 100), "MSFT": (4, 0, 100), "BTC": (2, 8, 1)}
SEED = 7

# Every call is answered after 100 + 100 ms, everything is told 100 ms after it happened, in one piece, once.
QUIET = PaperSettings(
    latency_min=100 * MS,
    latency_max=100 * MS,
    partial_ppm=0,
    timeout_ppm=0,
    late_ppm=0,
    duplicate_ppm=0,
)
LAG = 100 * MS
# Everything goes wrong often enough to meet it in a short story.
WILD = PaperSettings(
    partial_ppm=500_000, timeout_ppm=250_000, late_ppm=200_000, duplicate_ppm=200_000, timeout=3 * NS
)


def sessions(ts: int) -> tuple[int, int] | None:
    """Ten days in a row, each 09:30 to 16:00."""
    opened = OPEN + (ts - OPEN) // DAY * DAY
    within = 0 <= (ts - OPEN) // DAY < 10 and ts <= opened + LENGTH
    return (opened, opened + LENGTH) if within else None


class Tape:
    """A `PriceFeed` of points written by hand; counts what it is asked."""

    def __init__(self, points: Mapping[str, Sequence[Point]]) -> None:
        self.of = {symbol: sorted(points) for symbol, points in points.items()}
        self.asked = 0

    def points(self, symbol: str, after: int, until: int) -> Iterator[Point]:
        self.asked += 1
        of = self.of.get(symbol, [])
        return (p for p in of[bisect_right(of, after, key=lambda p: p.ts) :] if p.ts <= until)

    def last(self, symbol: str, at: int) -> Point | None:
        self.asked += 1
        seen = [p for p in self.of.get(symbol, []) if p.ts <= at]
        return seen[-1] if seen else None


def tape(*prices: int, start: int = OPEN, step: int = 20 * NS, symbol: str = "AAPL") -> Tape:
    """Prices without quotes, one every `step` from `start` + `step` on."""
    return Tape({symbol: [Point(start + (k + 1) * step, price, 0, 0) for k, price in enumerate(prices)]})


def order(client_id: str = "a-1", ts: int = OPEN + NS, **fields: object) -> Order:
    """A market order for 100 AAPL of bot s1; its intent is named after the id."""
    given: dict[str, object] = {
        "ts": ts,
        "client_id": client_id,
        "intent": f"i-{client_id}",
        "author": "",
        "strategy": "s1",
        "symbol": "AAPL",
        "side": 1,
        "qty": 100,
        "type": "limit" if fields.get("limit") else "market",
        "limit": 0,
        "tif": "day",
        "adds": True,
        "attempt": 1,
        "leg": 1,
        "again": False,
    }
    return Order(**{**given, **fields})  # type: ignore[arg-type]


def placed(**fields: object) -> Placed:
    """The same order as the broker has it."""
    given = {k: v for k, v in vars(order(**fields)).items() if k not in ("adds", "again")}  # type: ignore[arg-type]
    return Placed(**given, arrival=given["ts"] + LAG)


def broker(disk: Disk, feed: Tape | None = None, *, settings: PaperSettings = QUIET, **how: object) -> Paper:
    """A paper broker on a disk, its file called `paper`."""
    given: dict[str, object] = {
        "prices": feed if feed is not None else tape(1_000_000),
        "settings": settings,
        "seed": SEED,
        "start_cash": CASH,
        "sessions": sessions,
        "instruments": UNITS,
        "now": OPEN,
    }
    return Paper(disk, "paper", **{**given, **how})  # type: ignore[arg-type]


def disk_at(folder: object) -> RealDisk:
    return RealDisk(str(folder))


def lines(disk: Disk) -> list[bytes]:
    """The file's lines."""
    return disk.read("paper").splitlines()


def kinds(events: Iterable[Event]) -> list[str]:
    """What the events are, in a word each."""
    return [e.state if isinstance(e, Update) else e.KIND for e in events]


def run(paper: Paper, until: int = OPEN + 12 * DAY) -> list[Any]:
    """All it says up to `until`, taken as it becomes due."""
    out: list[Any] = []
    while (due := paper.next_due()) is not None and due <= until:
        more = paper.take(due)
        assert more, "it was due and had nothing to say"
        assert {e.ts for e in more} == {due}
        out += more
    return out + paper.take(until)


Say = Order | Cancel | Query | AskAccount


def say(paper: Paper, what: Say) -> None:
    """Make one call."""
    if isinstance(what, Order):
        paper.submit(what)
    elif isinstance(what, Cancel):
        paper.cancel(what)
    elif isinstance(what, Query):
        paper.query(what)
    else:
        paper.account(what)


@dataclass
class Story:
    """Calls in order of time, and what the client heard."""

    calls: Sequence[Say]
    heard: list[Event] = field(default_factory=list)
    done: int = 0

    def go(self, paper: Paper, until: int, steps: Sequence[int] = ()) -> None:
        """Live on to `until`: take at every step, make every call at its own time."""
        times = sorted({*steps, until})
        for step in times:
            if step > until:
                break
            while self.done < len(self.calls) and self.calls[self.done].ts <= step:
                say(paper, self.calls[self.done])
                self.done += 1
            self.heard += paper.take(step)

    @property
    def n(self) -> int:
        """The number of the last event of the stream."""
        return max((e.n for e in self.heard if isinstance(e, Update | Fill)), default=0)


def failing(disk: RealDisk, fails: Callable[[str], bool]) -> Disk:
    """The same disk; `fails(what)` says whether the next write, sync or truncate of any file fails."""
    return _FailingDisk(disk, fails)  # type: ignore[return-value]


class _FailingDisk:
    def __init__(self, disk: RealDisk, fails: Callable[[str], bool]) -> None:
        self._disk = disk
        self._fails = fails

    def __getattr__(self, name: str) -> object:
        return getattr(self._disk, name)

    def open(self, path: str, *, create: bool = False) -> "_FailingFile":
        return _FailingFile(self._disk.open(path, create=create), self._fails)


class _FailingFile:
    def __init__(self, file: object, fails: Callable[[str], bool]) -> None:
        self._file = file
        self._fails = fails

    def __getattr__(self, name: str) -> object:
        def call(*args: object) -> object:
            if name in ("write", "sync", "truncate") and self._fails(name):
                if name == "write":  # a disk that is full takes a part of it
                    offset, data = args
                    self._file.write(offset, data[: len(data) // 2])  # type: ignore[attr-defined, index, arg-type]
                raise OSError(28, "No space left on device")
            return getattr(self._file, name)(*args)

        return call
