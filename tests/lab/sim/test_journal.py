"""A journal's lives on a simulated disk: it dies at any point, with the power or without, on a disk with
every fault. What it called durable is there at the next start, in order, and a sound disk is never refused.
"""

import itertools

from flyball.journal.codec import Record
from flyball.journal.errors import JournalError
from flyball.journal.log import Journal
from flyball.journal.replay import begun
from flyball.kernel.events import Tick
from flyball.kernel.units import MS, NS
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.syncer import SimSyncer
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World

SMALL = 8192
POINTS = ("write", "tear", "written", "sync", "synced", "name", "named", "request", "read")


class Lives:
    """One disk and the processes that write a journal on it, one after the other."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed, 10**15)
        self.draw = self.world.draw("lives")
        self.disk = SimDisk(self.world, "journal")
        self.written: list[Record] = []
        self.durable = 0
        self.lost = 0
        self.refused: list[str] = []
        self._n = itertools.count()

    def all(self) -> None:
        for _ in range(self.draw.between(2, 8)):
            sound = self.draw.below(3) == 0
            self.disk.faults.quiet()
            if not sound:
                self.spoil()
            point = f"{self.draw.pick(POINTS)}:{self.draw.between(1, self.draw.pick((10, 60)))}"
            self.one(Doom() if sound else Doom(point), sound)
        self.disk.faults.quiet()
        self.one(Doom(), sound=True)

    def spoil(self) -> None:
        faults = self.disk.faults
        faults.write_fails = self.draw.pick((0, 0, 5_000, 30_000))
        faults.sync_fails = self.draw.pick((0, 0, 5_000, 50_000))
        faults.sync_hangs = self.draw.pick((0, 0, 5_000))
        faults.sync_slow = self.draw.pick((0, 200_000))

    def one(self, doom: Doom, sound: bool) -> None:
        syncer = SimSyncer(self.world, doom)
        power = bool(self.draw.below(2))
        try:
            power = not self.life(SimView(self.disk, doom), syncer) and power
        except Killed:
            pass
        except JournalError as error:
            if sound:
                raise
            self.refused.append(type(error).__name__)
        self.durable = max(self.durable, syncer.durable_token)
        doom.die("over")
        self.disk.crash(power=power)
        self.world.advance(self.world.now + NS)

    def life(self, view: SimView, syncer: SimSyncer) -> bool:
        """True when it was closed, and all of it durable."""
        if begun(view):
            journal = Journal.open(view, syncer, segment_bytes=SMALL)
            found = [record for _, record in journal.records()]
            assert found == self.written[: len(found)]
            assert len(found) >= self.durable
            self.lost += len(found) < len(self.written)
            self.written, self.durable = found, len(found)
        else:
            assert self.durable == 0
            journal = Journal.create(view, syncer, self.draw, segment_bytes=SMALL)
            self.written = []
        for _ in range(self.draw.between(1, 40)):
            block: list[Record] = [
                Tick(next(self._n)) for _ in range(self.draw.between(1, self.draw.pick((3, 100))))
            ]
            self.written += block
            journal.append(block)
            if self.draw.below(3):
                journal.request_sync()
            self.world.advance(self.world.now + self.draw.below(5 * MS))
            self.durable = max(self.durable, journal.durable())
        return bool(self.draw.below(2)) and journal.close()


def test_nothing_durable_is_lost_and_a_sound_disk_is_never_refused() -> None:
    lost, refused = 0, 0
    for seed in range(150):
        lives = Lives(seed)
        lives.all()
        lost += lives.lost
        refused += len(lives.refused)
    assert lost > 50
    assert refused > 20
