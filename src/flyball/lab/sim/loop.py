"""An asyncio event loop on the world's time: when nothing is ready, the world goes on to what is due next.

It is asyncio's own loop with a selector that never waits. Made-up descriptors (the pipes of bots in this
process) are readable when their owner says so. With `shuffle`, tasks that are ready at the same time run in
a drawn order: asyncio promises none between tasks.
"""

import asyncio
from asyncio import AbstractEventLoop, Handle, Task
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple, Unpack

from flyball.kernel.units import NS
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.world import World

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

RESOLUTION: Final = 1e-9
SPIN: Final = 100_000  # turns without time moving


class Deadlock(RuntimeError):  # noqa: N818 - it says what is the case
    """Something waits, and nothing will ever happen again; or the loop goes round and time stands still."""


class Pipes:
    """Made-up descriptors, each readable or not."""

    def __init__(self) -> None:
        self.readable: dict[int, None] = {}  # those that are, in the order in which they became so
        self._last = 1_000_000  # above any number the system would give

    def add(self) -> int:
        """A new descriptor; there is nothing to read."""
        self._last += 1
        return self._last

    def say(self, fd: int, readable: bool) -> None:
        """Whether something can be had from it now without waiting. A closed one is never readable."""
        if readable:
            self.readable[fd] = None
        else:
            self.readable.pop(fd, None)


class SimLoop(asyncio.BaseEventLoop):
    """An event loop for one incarnation: when its doom strikes, `run` ends with Killed.

    `failures` are the exceptions of callbacks, which nobody else would hear of; `run` raises the first one.
    """

    _ready: deque[Handle]
    _selector: "_Selector"
    _clock_resolution: float

    def __init__(
        self,
        world: World,
        doom: Doom | None = None,
        *,
        pipes: Pipes | None = None,
        shuffle: Draw | None = None,
    ) -> None:
        super().__init__()
        self.failures: list[BaseException] = []
        self.world = world
        self.doom = doom or Doom()
        self.pipes = pipes or Pipes()
        self._start = world.now
        self._shuffle = shuffle
        self._readers: dict[int, tuple[Callable[..., object], tuple[Any, ...]]] = {}
        self._over = False
        self._spin = 0
        self._selector = _Selector(self.turn)
        self._clock_resolution = RESOLUTION
        self.set_debug(False)
        self.set_exception_handler(self._failed)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run to the end of `main`, end whatever it left running without letting time go on, close the loop.

        Killed when the doom strikes; Deadlock when nothing will ever happen again.
        """
        task = self.create_task(main)
        try:
            result = self.run_until_complete(task)
            if self.failures:
                raise self.failures[0]
            return result
        finally:
            self._wind_up()

    def time(self) -> float:
        """Seconds of true time since the loop was made."""
        return (self.world.now - self._start) / NS

    def add_reader(self, fd: "FileDescriptorLike", callback: Callable[[Unpack[Ts]], Any], *args: *Ts) -> None:
        """Call `callback` whenever the loop finds `fd` readable."""
        assert isinstance(fd, int), "a descriptor of Pipes"
        self._readers[fd] = (callback, args)

    def remove_reader(self, fd: "FileDescriptorLike") -> bool:
        """False when nobody was reading it."""
        assert isinstance(fd, int), "a descriptor of Pipes"
        return self._readers.pop(fd, None) is not None

    def turn(self, timeout: float | None) -> None:
        """What a selector does for a loop: let time go on until something is ready. `timeout` in seconds,
        None: for ever.
        """
        if not self._over:
            if not self.doom.alive:
                self.doom.check()
            self._poll()
            if timeout is None or timeout > 0:
                self._go_on(timeout)
                self._spin = 0
            else:
                self._spin += 1
                if self._spin > SPIN:
                    raise Deadlock(
                        f"{SPIN} turns at {self.world.now}: the loop goes round and time stands still"
                    )
        elif timeout is None or timeout > 0:
            raise Deadlock("a task that was told to end waits for something else")
        if self._shuffle is not None and len(self._ready) > 1:
            self._mix(self._shuffle)

    def _go_on(self, timeout: float | None) -> None:
        """Advance the world, event by event, until something is ready."""
        world = self.world
        end = None if timeout is None else world.now + max(1, -int(-timeout * NS // 1))
        while not self._ready:
            due = world.next()
            if due is None and end is None:
                raise Deadlock(f"at {world.now}: something waits, and nothing will ever happen again")
            if end is not None and (due is None or due > end):
                world.advance(end)
                self.doom.check()
                return
            assert due is not None
            world.advance(due)
            self.doom.check()
            self._poll()

    def _poll(self) -> None:
        """Readers of descriptors that are readable are called, as long as they are."""
        for fd in self.pipes.readable:
            if (reader := self._readers.get(fd)) is not None:
                callback, args = reader
                self.call_soon(callback, *args)

    def _mix(self, draw: Draw) -> None:
        """Tasks that are ready change places among themselves."""
        ready = list(self._ready)
        places = [i for i, handle in enumerate(ready) if _task_of(handle) is not None]
        for last in range(len(places) - 1, 0, -1):
            a, b = places[last], places[draw.below(last + 1)]
            ready[a], ready[b] = ready[b], ready[a]
        self._ready.clear()
        self._ready.extend(ready)

    def _wind_up(self) -> None:
        self._over = True
        self._readers.clear()
        try:
            left = sorted(asyncio.all_tasks(self), key=lambda task: (len(task.get_name()), task.get_name()))
            for task in left:
                task.cancel()
            if left:
                all_of = self.create_task(_all_of(left))
                try:
                    self.run_until_complete(all_of)
                except Deadlock:
                    raise
                except RuntimeError:  # a stop that the dead main task had asked for
                    self.run_until_complete(all_of)
            self.run_until_complete(self.shutdown_asyncgens())
        finally:
            self.close()

    def _failed(self, _: AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if self._over:
            return  # on the way out of a dead process everything raises
        if isinstance(error, BaseException):
            self.failures.append(error)
        else:
            self.failures.append(RuntimeError(str(context.get("message"))))

    def _process_events(self, events: object) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """There is no other thread that would have to wake this one."""


class _Selector:
    """What BaseEventLoop asks for events; there never are any, but time goes on."""

    def __init__(self, turn: Callable[[float | None], None]) -> None:
        self._turn = turn

    def select(self, timeout: float | None) -> list[object]:
        self._turn(timeout)
        return []


async def _all_of(tasks: list[Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def _task_of(handle: Handle) -> Task[Any] | None:
    callback = getattr(handle, "_callback", None)
    owner = getattr(callback, "__self__", None)
    return owner if isinstance(owner, Task) else None
