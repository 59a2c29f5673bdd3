"""The simulated syncing thread: requests coalesce, tokens promise what was synced, failure is final,
nobody is held up, and what it says is durable survives a power loss.
"""

import pytest

from flyball.kernel.units import MS, NS
from flyball.lab.sim.clock import SimWake
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.disk_faults import DiskFaults
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.syncer import SimSyncer
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.ports import File, Syncer

START = 10**15


class Table:
    """A world with one disk, one process and its syncer."""

    def __init__(self, seed: int = 1, faults: DiskFaults | None = None) -> None:
        self.world = World(seed, START)
        self.faults = faults or DiskFaults()
        self.disk = SimDisk(self.world, "disk", self.faults)
        self.doom = Doom()
        self.view = SimView(self.disk, self.doom)
        self.syncer = SimSyncer(self.world, self.doom)

    def file(self, path: str = "f") -> File:
        return self.view.open(path, create=True)

    def on(self, ns: int) -> None:
        self.world.advance(self.world.now + ns)


def test_it_is_a_syncer() -> None:
    port: Syncer = Table().syncer
    assert (port.done(), port.failed(), port.wait(0, 0)) == (0, "", True)


def test_a_request_is_carried_out_later_and_not_before() -> None:
    table = Table()
    file = table.file()
    file.write(0, b"x")
    table.syncer.request(file, 1)
    assert (table.world.now, table.syncer.done(), table.disk.durable_bytes("f")) == (START, 0, None)
    table.on(2 * MS)
    assert (table.syncer.done(), table.disk.durable_bytes("f")) == (1, b"x")


def test_requests_coalesce_and_what_comes_during_a_sync_is_not_covered_by_it() -> None:
    table = Table()
    file = table.file()
    file.write(0, b"a")
    table.syncer.request(file, 1)
    for token in range(2, 200):
        file.write(token, b"a")
        table.syncer.request(file, token)
    due = table.world.next()
    assert due is not None
    table.world.advance(due)
    assert (table.syncer.done(), table.disk.durable_bytes("f")) == (1, b"a")
    table.on(NS)
    assert (table.syncer.done(), table.syncer.syncs) == (199, 2)


def test_a_token_of_a_new_file_waits_for_the_old_one() -> None:
    """A segment was rolled: the new one's sync alone makes nothing durable."""
    table = Table(faults=DiskFaults(quick_ns=10 * MS))
    busy, old, new = table.file("busy"), table.file("old"), table.file("new")
    table.syncer.request(busy, 1)
    table.syncer.request(
        new, 7
    )  # asked for in the wrong order on purpose: the thread takes them as they come
    table.syncer.request(old, 5)
    for _ in range(2):
        due = table.world.next()
        assert due is not None
        table.world.advance(due)
    assert table.syncer.done() == 4  # everything below what is still asked for
    table.on(NS)
    assert table.syncer.done() == 7


def test_waiting_lets_the_world_go_on_and_ends_in_time() -> None:
    table = Table(faults=DiskFaults(sync_hangs=1_000_000))
    seen: list[int] = []
    table.world.at(START + 50 * MS, lambda: seen.append(table.world.now))
    file = table.file()
    table.syncer.request(file, 1)
    assert not table.syncer.wait(1, 100 * MS)
    assert (table.world.now, seen) == (START + 100 * MS, [START + 50 * MS])
    table.faults.quiet()
    assert table.syncer.wait(1, 1000 * NS)
    assert table.world.now < START + 2 * NS


@pytest.mark.parametrize("seed", range(10))
def test_a_failure_is_final(seed: int) -> None:
    table = Table(seed)
    good, bad = table.file("good"), table.file("bad")
    table.syncer.request(good, 1)
    assert table.syncer.wait(1, NS)
    table.faults.sync_fails = 1_000_000
    bad.write(0, b"x" * 600)
    table.syncer.request(bad, 2)
    assert not table.syncer.wait(2, 3600 * NS)
    assert table.world.now < START + NS  # at once, not at the end of the time
    assert table.syncer.failed() == "OSError: [Errno 5] Input/output error: '/sim/disk/bad'"
    table.faults.quiet()
    table.syncer.request(good, 3)
    assert not table.syncer.wait(3, NS)
    assert (table.syncer.done(), table.syncer.durable_token) == (1, 1)


def test_it_wakes_whoever_waits_after_every_sync_and_after_a_failure() -> None:
    table = Table()
    wake = SimWake()
    table.syncer.on_done(wake)
    file = table.file()
    flags: list[bool] = []
    for token, fails in ((1, 0), (2, 1_000_000)):
        table.faults.sync_fails = fails
        table.syncer.request(file, token)
        flags.append(wake.flag)
        table.on(NS)
        flags.append(wake.flag)
        wake.clear()
    assert flags == [False, True, False, True]
    assert table.syncer.failed()


def test_closing_carries_out_what_was_asked_for_but_waits_for_no_hanging_disk() -> None:
    table = Table()
    file = table.file()
    for token in range(1, 50):
        table.syncer.request(file, token)
    table.syncer.close()
    assert table.syncer.done() == 49
    table.syncer.request(file, 50)
    assert not table.syncer.wait(50, 10 * MS)

    table = Table(faults=DiskFaults(sync_hangs=1_000_000))
    table.syncer.request(table.file(), 1)
    table.syncer.close()
    assert (table.world.now, table.syncer.done()) == (START + NS, 0)


def test_a_dead_process_hears_nothing_but_the_disk_goes_on() -> None:
    table = Table()
    wake = SimWake()
    table.syncer.on_done(wake)
    file = table.file()
    file.write(0, b"x")
    table.syncer.request(file, 1)
    table.doom.die()
    table.disk.crash(power=False)
    table.on(NS)
    assert not wake.flag
    assert (table.syncer.durable_token, table.disk.durable_bytes("f")) == (1, b"x")
    for call in (table.syncer.done, table.syncer.failed, table.syncer.close):
        with pytest.raises(Killed):
            call()


def test_killed_while_it_waits() -> None:
    table = Table(faults=DiskFaults(sync_hangs=1_000_000))
    table.syncer.request(table.file(), 1)
    table.world.at(START + 7 * NS, table.doom.die)
    with pytest.raises(Killed):
        table.syncer.wait(1, 3600 * NS)
    assert table.world.now == START + 7 * NS


def test_a_power_loss_ends_what_is_under_way() -> None:
    kept = set()
    for seed in range(60):
        table = Table(seed)
        file = table.file()
        file.write(0, b"x" * 600)
        table.syncer.request(file, 1)
        table.doom.die()
        table.disk.crash(power=True)
        before = table.disk.durable_bytes("f")
        table.on(NS)
        assert table.disk.durable_bytes("f") == before
        assert table.syncer.durable_token == 0
        kept.add(before)
    assert kept >= {None, b"x" * 600}


def test_what_it_says_is_durable_survives() -> None:
    """A process that appends and asks for syncs, on a disk with every fault; the power goes at any time."""
    lost = 0
    for seed in range(300):
        table = Table(seed, DiskFaults(sync_fails=20_000, sync_hangs=20_000, sync_slow=100_000, slow_ns=NS))
        draw = table.world.draw("test")
        file, written = table.file(), 0
        for token in range(1, draw.between(2, 40)):
            file.write(8 * written, token.to_bytes(8, "big") * 40)
            written += 40
            table.syncer.request(file, token)
            table.on(draw.below(5 * MS))
        done = table.syncer.done()
        assert done == table.syncer.durable_token
        table.doom.die()
        table.disk.crash(power=True)
        data = table.disk.contents("f") or b""
        found = [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 320)]
        assert found[:done] == list(range(1, done + 1))
        for at in range(0, 320 * done, 8):
            assert data[at : at + 8] == data[at // 320 * 320 :][:8]
        lost += len(data) < 8 * written
    assert lost > 30
