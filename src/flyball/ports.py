"""The seams: everything outside the kernel is reached through one of these Protocols, so that a simulator
can own the world.

The real implementations live in `machine/` (clock, disk, processes, sockets) and in the adapters (broker,
feeds, bots). All times are UTC nanoseconds.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from flyball.kernel.effects import AskAccount, Cancel, Order, Query
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


class Broker(Source, Protocol):
    """A broker. Calls return at once; what comes of them arrives as events (Update, Fill, Timeout, Answer,
    Account)."""

    def submit(self, order: Order) -> None: ...
    def cancel(self, cancel: Cancel) -> None: ...
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
