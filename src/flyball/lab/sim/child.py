"""One bot in this process: the real bots.child code on a pipe made of memory, its answers a drawn time later.

For the host it is what machine/spawn.RealChild is: nothing here waits, the pipe has bounds, the end is an
EOFError with the reason. What the faults do to it stays within what a process can do to its pipe.
"""

import contextlib
import io
from collections import Counter, deque
from dataclasses import dataclass, field, fields
from typing import Final

from flyball.bots.child import Conversation, begin
from flyball.kernel.units import NS
from flyball.lab.sim.doom import Doom
from flyball.lab.sim.draw import Draw
from flyball.lab.sim.loop import Pipes
from flyball.lab.sim.world import World
from flyball.machine.frames import Splitter, pack

OUTGOING: Final = 256 * 1024  # as machine/spawn.py
FRAMES: Final = 64
RUBBISH: Final = (
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x01\xc0",
    b"\x00\x00\x00\x00",
    b"\x00\x00\x00\x04\x81\xa2re",
)


@dataclass
class BotFaults:
    """How a bot's process behaves; ratios in millionths of the messages it is sent. Off at 0."""

    quick_ns: int = 0  # the longest an ordinary answer takes; no fault
    slow: int = 0  # an answer takes up to `slow_ns`, and all behind it wait
    slow_ns: int = 2 * NS
    dies: int = 0  # the process ends before it answers
    hangs: int = 0  # it never answers again and reads no more
    garbage: int = 0  # bytes that are no answer, before the answer
    floods: int = 0  # the answer comes `flood` times over
    flood: int = 3_000
    struck: Counter[str] = field(default_factory=Counter)  # how often each did

    def quiet(self) -> None:
        """No new misbehaviour. A process that has hung or died stays as it is."""
        for one in fields(self):
            if one.name not in ("quick_ns", "slow_ns", "flood", "struck"):
                setattr(self, one.name, 0)


class SimChild:
    """`ports.Child`."""

    def __init__(
        self, world: World, doom: Doom, pipes: Pipes, faults: BotFaults, draw: Draw, pid: int
    ) -> None:
        self.pid = pid
        self.printed = io.StringIO()  # what the bot's code printed
        self._world = world
        self._doom = doom
        self._pipes = pipes
        self._faults = faults
        self._draw = draw
        self._fd = pipes.add()
        self._splitter = Splitter()
        self._arrived: deque[bytes] = deque()  # whole frames
        self._under_way = 0  # answers that have not arrived
        self._free = world.now  # when it has answered everything it was told
        self._conversation: Conversation | None = None
        self._begun = False
        self._said: list[bytes] = []
        self._unread = 0  # bytes in its pipe since it hung
        self._hung = False
        self._over = ""  # why nothing more will come
        self._killed = False

    # What the host has of it.

    def send(self, frame: bytes) -> bool:
        """Hand over one frame. False when the child does not take it. ValueError when it is too large."""
        self._doom.meet("tell")
        data = pack(frame)
        if self._over or self._killed or self._unread + len(data) > OUTGOING:
            return False
        if self._hung:
            self._unread += len(data)
            return True
        self._answer(frame)
        return True

    def receive(self, wait_ns: int = 0) -> list[bytes]:
        """Up to FRAMES whole frames; the world goes on by up to `wait_ns` until the first. EOFError (why)
        when none will come any more.
        """
        self._doom.meet("hear")
        end = self._world.now + wait_ns
        while not self._arrived and not self._over and not self._killed and self._world.now < end:
            due = self._world.next()
            self._world.advance(end if due is None else min(due, end))
            self._doom.check()
        if self._arrived:
            frames = [self._arrived.popleft() for _ in range(min(FRAMES, len(self._arrived)))]
            self._pipes.say(self._fd, bool(self._arrived or self._over))
            return frames
        if self._over or self._killed:
            raise EOFError(self._over or "was ended")
        return []

    def fileno(self) -> int:
        """Readable when there may be something to receive; -1 once closed."""
        return -1 if self._killed else self._fd

    def alive(self) -> bool:
        """True while the process runs and its pipe is whole."""
        return not self._over and not self._killed

    def kill(self) -> None:
        """End it."""
        self._doom.check()
        self._killed = True
        self._pipes.say(self._fd, False)
        self._arrived.clear()
        self._conversation = None

    # The bot's end of the pipe (bots.wire.Pipe).

    class _End:
        """`bots.wire.Pipe`: what the bot's side sends is collected; it is called with what it receives."""

        def __init__(self, said: list[bytes]) -> None:
            self._said = said

        def receive(self) -> bytes:
            raise EOFError("read by nobody: messages are handed over")

        def send(self, frame: bytes) -> None:
            self._said.append(pack(frame))

    def _answer(self, frame: bytes) -> None:
        """The bot reads a message: its answer arrives later, or what the faults make of it."""
        faults, draw = self._faults, self._draw
        took = draw.between(0, faults.quick_ns) if faults.quick_ns else 0
        if faults.slow and draw.happens(faults.slow):
            faults.struck["slow"] += 1
            took = draw.between(faults.quick_ns, faults.slow_ns)
        self._free = max(self._free, self._world.now) + took
        if faults.dies and draw.happens(faults.dies):
            faults.struck["dies"] += 1
            self._later(b"", "killed by SIGKILL")
            self._hung = True  # it reads no more
            return
        if faults.hangs and draw.happens(faults.hangs):
            faults.struck["hangs"] += 1
            self._hung = True
            return
        if faults.garbage and draw.happens(faults.garbage):
            faults.struck["garbage"] += 1
            self._later(draw.pick(RUBBISH) if draw.below(2) else draw.token(draw.between(1, 64)))
        self._said.clear()
        with contextlib.redirect_stdout(self.printed), contextlib.redirect_stderr(self.printed):
            self._run(frame)
        times = faults.flood if faults.floods and draw.happens(faults.floods) else 1
        self._later(b"".join(self._said) * times)
        if self._conversation is None or not self._conversation.going:
            self._later(b"", "exited with 1")
            self._hung = True

    def _run(self, frame: bytes) -> None:
        if not self._begun:
            self._begun = True
            self._conversation = begin(SimChild._End(self._said), frame)
        elif self._conversation is not None:
            self._conversation.hear(frame)

    def _later(self, data: bytes, over: str = "") -> None:
        """Have bytes arrive when the bot is through with what it was told; `over`: then its end."""
        if self._free <= self._world.now and not self._under_way:
            self._arrive(data, over)
            return
        self._under_way += 1

        def arrive() -> None:
            self._under_way -= 1
            self._arrive(data, over)

        self._world.at(self._free, arrive)

    def _arrive(self, data: bytes, over: str) -> None:
        if self._over or self._killed or not self._doom.alive:
            return
        self._splitter.feed(data)
        try:
            while frames := self._splitter.take(FRAMES):
                self._arrived.extend(frames)
        except ValueError as error:
            self._over = str(error)
        self._over = self._over or over
        self._pipes.say(self._fd, bool(self._arrived or self._over))
