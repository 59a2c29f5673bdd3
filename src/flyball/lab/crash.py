"""A demo that kills its own process, really, at a chosen point: what is on the disk then is what a restart
has to live with.

    python -m flyball.lab.crash --die send:1200 -- --dir run --seed 7 --sessions 3

Points, each at or behind record N of the journal: `write` (a block with an order that waits for its sync,
written and not synced), `tear` (half of such a block written), `unsent` (the order durable and not sent),
`send` (sent, and neither journaled as sent nor acknowledged), `cancel` (a cancel handed over, likewise),
`block` (any block written), `record` (a round ended); and in a recovery `repair` (the journal's end being put
in order) and `resume` (recovered, the new epoch not yet written).
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flyball.compose.assembly import Machine
from flyball.journal import codec, segment
from flyball.kernel.effects import AskAccount, Cancel, CancelAll, Order, Query
from flyball.kernel.events import Account, Answer, Event
from flyball.lab.around import Around, AroundDisk
from flyball.lab.demo.flight import fly_demo
from flyball.lab.demo.plan import Wanted
from flyball.ports import Broker, Clock, File, Wakeup

POINTS: Final = ("write", "tear", "unsent", "send", "cancel", "block", "record", "repair", "resume")


@dataclass
class Doom:
    """Where to die, and how far the journal has come."""

    point: str
    record: int
    written: int = 0
    flying: bool = False  # the journal has been recovered

    @classmethod
    def of(cls, text: str) -> "Doom":
        """From "point:record". ValueError with what is wrong."""
        point, _, record = text.partition(":")
        if point not in POINTS or not record.isdigit():
            raise ValueError(f"--die {text}: one of {', '.join(POINTS)}, a colon, a record's number")
        return cls(point, int(record))

    def due(self, point: str) -> bool:
        """Whether to die here."""
        return point == self.point and self.written >= self.record

    def meet(self, point: str) -> None:
        """Die here, if this is the point."""
        if self.due(point):
            die()


def die() -> None:
    """No handler, no flush, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()  # until it arrives


def doomed(machine: Machine, doom: Doom) -> Machine:
    """The machine with `doom` in its way."""
    clock = machine.clock

    def begin(start: int) -> Clock:
        doom.flying = True
        return _Clock(clock(start), doom)

    machine.journal_disk = AroundDisk(machine.journal_disk, Around(write=_written(doom)))
    machine.clock = begin
    machine.wrap_broker = lambda broker: _Broker(broker, doom)
    return machine


def _written(doom: Doom) -> Callable[[File, int, bytes], None]:
    """Writes are where the journal's records are counted."""

    def write(file: File, offset: int, data: bytes) -> None:
        block = _block(file, offset, data) if doom.flying else None
        if block is not None:
            doom.written = block.last
            if doom.due("tear") and _waits(block):
                file.write(offset, data[: len(data) // 2])
                die()
        file.write(offset, data)
        if not doom.flying:
            doom.meet("repair")
        elif block is not None:
            doom.meet("block")
            if doom.due("write") and _waits(block):
                die()

    return write


def _waits(block: segment.Block) -> bool:
    """Whether something in the block may not leave before it is durable."""
    records = codec.decode(block.payload, "the block being written")
    return any(isinstance(record, Order) and record.adds for record in records)


def _block(file: File, offset: int, data: bytes) -> segment.Block | None:
    """The block that is being written, alone or behind the first page of a new segment."""
    page = data[: segment.PAGE] if offset == 0 else file.read(0, segment.PAGE)
    header = segment.read_page(page)
    if header is None:
        return None
    found = segment.read_block(data, segment.PAGE if offset == 0 else 0, segment.seed(header.id))
    return found if isinstance(found, segment.Block) else None


class _Clock:
    """`ports.Clock`: a wait begins where a round has ended."""

    def __init__(self, clock: Clock, doom: Doom) -> None:
        self.virtual = clock.virtual
        self.clock = clock
        self.doom = doom

    def now(self) -> int:
        return self.clock.now()

    def stretch(self, ns: int) -> int:
        return self.clock.stretch(ns)

    def steady(self) -> tuple[int, int]:
        return self.clock.steady()

    async def until(self, ts: int | None, wake: Wakeup) -> None:
        self.doom.meet("record")
        await self.clock.until(ts, wake)


class _Broker:
    """`ports.Broker`: an order handed over is in its file, and nobody here has been told."""

    def __init__(self, broker: Broker, doom: Doom) -> None:
        self.broker = broker
        self.doom = doom

    def submit(self, order: Order) -> None:
        if order.adds:
            self.doom.meet("unsent")
        self.broker.submit(order)
        self.doom.meet("send")

    def cancel(self, cancel: Cancel) -> None:
        self.broker.cancel(cancel)
        self.doom.meet("cancel")

    def cancel_all(self, cancel: CancelAll) -> None:
        self.broker.cancel_all(cancel)
        self.doom.meet("cancel")

    def resume(self, cursor: int, now: int) -> None:
        self.doom.meet("resume")
        self.broker.resume(cursor, now)

    def query(self, query: Query) -> None:
        self.broker.query(query)

    def account(self, ask: AskAccount) -> None:
        self.broker.account(ask)

    async def lookup(self, client_id: str, now: int) -> Answer | None:
        return await self.broker.lookup(client_id, now)

    async def read_account(self, now: int) -> Account | None:
        return await self.broker.read_account(now)

    def next_due(self) -> int | None:
        return self.broker.next_due()

    def take(self, now: int) -> list[Event]:
        return self.broker.take(now)


def main(words: Sequence[str]) -> int:
    """Fly the demo until it dies; the exit code if it did not come to that."""
    parser = argparse.ArgumentParser(prog="python -m flyball.lab.crash")
    parser.add_argument("--die", required=True, type=Doom.of)
    parser.add_argument("--dir", default="flyball-demo")
    parser.add_argument("--data")
    parser.add_argument("--stamp")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=0)
    given = parser.parse_args([word for word in words if word != "--"])
    wanted = Wanted(
        data=given.data, stamp=given.stamp, seed=given.seed, sessions=given.sessions, folder=given.dir
    )
    return fly_demo(wanted, as_json=True, fresh=False, wrap=lambda machine: doomed(machine, given.die))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
