"""The seams: everything outside the kernel is reached through one of these Protocols, so that a simulator
can own the world.

The real implementations live in `machine/` (clock, disk, processes, sockets) and in the adapters (broker,
feeds, bots). All times are UTC nanoseconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Account, Answer, Event


class Clock(Protocol):
    """Time. A virtual clock jumps; a real one waits."""

    virtual: bool

    def now(self) -> int:
        """UTC nanoseconds. Never goes back."""
        ...

    def stretch(self, ns: int) -> int:
        """Nanoseconds of a real disk or person, as this clock counts them."""
        ...

    def steady(self) -> tuple[int, int]:
        """Real nanoseconds that no step moves: without and with the time the machine slept (monotonic and
        boot time). For differences only. In virtual time both are `now`."""
        ...

    async def until(self, ts: int | None, wake: "Wakeup") -> None:
        """Return at `ts` (None: never) or as soon as `wake` is set. A virtual clock jumps to `ts` at once."""
        ...


class Wakeup(Protocol):
    """A flag that ends a wait, settable from any thread."""

    def set(self) -> None: ...
    def clear(self) -> None: ...
    async def wait(self) -> None: ...


class Random(Protocol):
    def token(self, n: int) -> bytes:
        """n bytes that nobody can guess."""
        ...


class File(Protocol):
    """One open file. Offsets are explicit; nothing is durable before `sync` returns."""

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """All of `data`, in one call. OSError when the disk refuses."""
        ...

    def sync(self) -> None:
        """Durable on return (fdatasync). OSError is final: never call it again on this file (fsyncgate)."""
        ...

    def size(self) -> int: ...
    def truncate(self, length: int) -> None: ...
    def close(self) -> None: ...


class Disk(Protocol):
    """A folder tree. Paths are relative to its root."""

    root: str

    def open(self, path: str, *, create: bool = False) -> File: ...
    def allocate(self, path: str, length: int) -> File:
        """A new zero-filled file of `length` bytes, durable with its directory entry. FileExistsError when
        it is there."""
        ...

    def read(self, path: str) -> bytes: ...
    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        """Write beside, sync, rename, sync the folder. `private`: mode 0600."""
        ...

    def append(self, path: str, data: bytes) -> None: ...
    def list(self, folder: str) -> Sequence[str]: ...
    def exists(self, path: str) -> bool: ...
    def mkdir(self, folder: str) -> None: ...
    def remove(self, path: str) -> None: ...
    def rename(self, old: str, new: str) -> None: ...
    def lock(self, path: str) -> "Lock":
        """An exclusive lock held until released or the process dies. BlockingIOError when another holds
        it."""
        ...


class Lock(Protocol):
    def release(self) -> None: ...


class Syncer(Protocol):
    """Syncs on a thread of its own, so that a hanging disk holds up nothing else."""

    def request(self, file: File, token: int) -> None:
        """Ask for one sync covering everything written to `file` so far; tokens rise."""
        ...

    def done(self) -> int:
        """The highest token known durable."""
        ...

    def failed(self) -> str:
        """Why syncing has ended for good, "" while it works."""
        ...

    def wait(self, token: int, timeout_ns: int) -> bool:
        """True when `token` is durable within the time."""
        ...

    def on_done(self, wake: Wakeup | None) -> None:
        """Set `wake` after every sync."""
        ...

    def close(self) -> None: ...


class Keeper(Protocol):
    """Whole files written beside, synced and renamed where nobody waits for it: never on the loop's
    thread."""

    def replace(self, disk: Disk, path: str, data: bytes, then: Callable[[], None]) -> None:
        """As `Disk.replace`, with the folder it needs; `then` is called in the same place once that is
        durable. One after the other, in the order asked for. No exception comes out of it."""
        ...

    def failed(self) -> str:
        """Why the newest one that has ended could not be done, "" when it could."""
        ...

    def settle(self, timeout_ns: int) -> bool:
        """True when everything asked for has ended within the time."""
        ...

    def close(self) -> None:
        """End; what is not done yet is given up."""
        ...


class Child(Protocol):
    """A bot's process and its pipe."""

    pid: int

    def send(self, frame: bytes) -> bool:
        """Hand over one frame without ever blocking; False when the child does not take it (full or closed
        pipe)."""
        ...

    def receive(self, wait_ns: int = 0) -> list[bytes]:
        """Whole frames that have arrived, waiting up to `wait_ns` for the first."""
        ...

    def fileno(self) -> int: ...
    def alive(self) -> bool: ...
    def kill(self) -> None: ...


class Spawn(Protocol):
    def python(self, module: str, args: Sequence[str], *, cwd: str, log: str | None) -> Child:
        """`python -I -m module args...` with an empty environment and nothing but its pipe."""
        ...


class Source(Protocol):
    """Anything that has events at times of its own."""

    def next_due(self) -> int | None:
        """When the next event is due; None when there is none until something else happens."""
        ...

    def take(self, now: int) -> list[Event]:
        """The events due at or before `now`, in order, each handed over once."""
        ...


class Throttled(Exception):  # noqa: N818 - it says what is the case
    """The broker did not take a call and will not take any before `until` (UTC ns): a 429 with its
    Retry-After."""

    def __init__(self, until: int) -> None:
        super().__init__(f"the broker takes no call before {until}")
        self.until = until


class Broker(Source, Protocol):
    """A broker. Calls return at once; what comes of them arrives as events (Update, Fill, Timeout, Answer,
    Account). A call that the broker cannot have taken, for want of allowance, raises Throttled."""

    def submit(self, order: Order) -> None: ...
    def cancel(self, cancel: Cancel) -> None: ...
    def cancel_all(self, cancel: CancelAll) -> None:
        """Cancel everything that is open in the account, in one call. What becomes of it the stream tells; a
        Timeout (CANCEL_ALL) that nobody answered."""
        ...

    def query(self, query: Query) -> None: ...
    def account(self, ask: AskAccount) -> None: ...
    async def lookup(self, client_id: str, now: int) -> Answer | None:
        """At a start, before anything else: does the broker have this id? None = could not look (Unknown)."""
        ...

    async def read_account(self, now: int) -> Account | None:
        """At a start: the broker's figures. None = could not look (Unknown)."""
        ...

    def resume(self, cursor: int, now: int) -> None:
        """Go on behind event number `cursor` of its stream (0 = from the beginning of the account)."""
        ...


class Bot(Source, Protocol):
    """A strategy's host: told what its bot may know, in journal order; its intents come out as events."""

    strategy: str

    def tell(self, items: Sequence[dict[str, object]], now: int) -> None: ...
    def watch(self) -> int | None:
        """A descriptor that becomes readable when the bot says something; None: do not listen now."""
        ...

    def close(self) -> None: ...


Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ClockReading:
    """What one source says of the machine's clock. Nanoseconds; `offset`: how far the clock is ahead of it,
    None when it does not say; `error`: how wrong that may be; `synchronised`: whether something keeps the
    clock right, None when it does not say. With neither, `detail` is why nothing could be read."""

    source: str
    offset: int | None
    error: int
    synchronised: bool | None
    detail: str = ""


@dataclass(frozen=True)
class Vitals:
    """One look at the machine. `age`: real nanoseconds since it was taken. Bytes; -1 = cannot tell."""

    age: int
    clock: tuple[ClockReading, ...]
    free: int  # of the journal's disk
    size: int
    syncs: tuple[int, ...]  # real nanoseconds of the newest syncs of the journal


class Gauges(Protocol):
    """The machine's gauges, read where nobody waits for it."""

    def latest(self) -> Vitals | None:
        """The newest complete look; None before the first. Never blocks."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Hours:
    """What a broker says of its own clock and session, UTC nanoseconds. `asked`: our time when it said so.
    `opens` and `closes` are the next ones to come; 0 = it does not say."""

    asked: int
    clock: int
    is_open: bool
    opens: int
    closes: int


@runtime_checkable
class BrokerClock(Protocol):
    """A broker that tells its own time and session."""

    def hours(self, now: int) -> Hours | None:
        """The newest answer there is; None when it could not be read. Returns at once."""
        ...


class KillFile(Protocol):
    """Whether the kill file is there, looked at where nobody waits for it."""

    def there(self) -> bool:
        """As of the newest look, at most a fraction of a second ago. Never blocks."""
        ...

    def on_seen(self, wake: Wakeup | None) -> None:
        """Set `wake` when it appears."""
        ...

    def close(self) -> None: ...


class Pulse(Protocol):
    """The heartbeat that the sentinel watches."""

    def beat(self, *, panicked: bool) -> None:
        """The loop is alive; `panicked`: it has taken a panic up. Never blocks."""
        ...

    def goodbye(self) -> None:
        """A clean end: silence from now on means nothing."""
        ...


class Stream(Protocol):
    """A line of frames to another process, opened again whenever it breaks. No call waits but `arrival`."""

    def number(self) -> int:
        """Which connection this is, 1, 2, ...; 0 while there is none."""
        ...

    def send(self, frame: bytes) -> bool:
        """Hand over one frame; False when there is no line."""
        ...

    def receive(self) -> list[bytes]:
        """Whole frames that have arrived since the last time, whichever connection they came by."""
        ...

    async def arrival(self, timeout_ns: int) -> bool:
        """True as soon as something has arrived, or the line has opened or ended; False after that many real
        nanoseconds."""
        ...

    def close(self) -> None: ...
