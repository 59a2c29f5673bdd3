"""The simulated snapshot thread: whole files, one after the other, and nobody waits."""

import pytest

from flyball.kernel.units import MS, NS
from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.disk_faults import DiskFaults
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.keeper import SimKeeper
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.ports import Keeper

START = 10**15


class Table:
    def __init__(self, seed: int = 1, faults: DiskFaults | None = None, *points: str) -> None:
        self.world = World(seed, START)
        self.faults = faults or DiskFaults()
        self.disk = SimDisk(self.world, "disk", self.faults)
        self.doom = Doom(*points)
        self.view = SimView(self.disk, self.doom)
        self.keeper = SimKeeper(self.world, self.doom)
        self.said: list[str] = []

    def keep(self, name: str, data: bytes) -> None:
        self.keeper.replace(self.view, f"snapshots/{name}", data, lambda: self.said.append(name))


def test_it_is_a_keeper() -> None:
    port: Keeper = Table().keeper
    assert (port.failed(), port.settle(0)) == ("", True)


def test_files_come_one_after_the_other_and_nobody_waits() -> None:
    table = Table()
    for name in "abc":
        table.keep(name, name.encode() * 1000)
    assert (table.world.now, table.said, table.disk.files()) == (START, [], [])
    assert not table.keeper.settle(MS // 100)
    assert table.keeper.settle(NS)
    assert (table.said, table.keeper.failed()) == (["a", "b", "c"], "")
    table.doom.die()
    table.disk.crash(power=True)
    assert [table.disk.contents(f"snapshots/{name}") for name in "abc"] == [
        b"a" * 1000,
        b"b" * 1000,
        b"c" * 1000,
    ]


def test_what_follows_may_use_the_disk() -> None:
    table = Table()
    table.view.append("old", b"x")
    before = table.world.now
    table.keeper.replace(table.view, "new", b"y", lambda: table.view.remove("old"))
    assert table.keeper.settle(NS)
    assert table.disk.files() == ["new"]
    assert table.world.now - before < 10 * MS


def test_a_refusal_is_told_and_the_next_file_comes() -> None:
    table = Table(1, DiskFaults(quota=50))
    table.keep("a", b"x" * 100)
    assert table.keeper.settle(NS)
    assert table.keeper.failed() == "snapshots/a: No space left on device"
    table.keep("b", b"x" * 40)
    assert table.keeper.settle(NS)
    assert (table.keeper.failed(), table.said, table.disk.files()) == ("", ["b"], ["snapshots/b"])


def test_a_failed_sync_leaves_nothing_half() -> None:
    table = Table(1, DiskFaults(sync_fails=1_000_000))
    table.keep("a", b"x")
    assert table.keeper.settle(NS)
    assert table.keeper.failed() == "snapshots/a: Input/output error"
    assert (table.said, table.disk.files()) == ([], [])


def test_on_a_disk_that_hangs_files_wait() -> None:
    table = Table(1, DiskFaults(sync_hangs=1_000_000))
    table.keep("a", b"x")
    assert not table.keeper.settle(100 * NS)
    table.faults.quiet()
    assert table.keeper.settle(100 * NS)
    assert table.said == ["a"]


def test_closing_gives_up_what_is_not_done() -> None:
    table = Table()
    table.keep("a", b"x")
    table.keep("b", b"x")
    table.world.advance(START + MS // 100)
    table.keeper.close()
    table.world.advance(START + NS)
    assert (table.said, "snapshots/b" in table.disk.files()) == ([], False)
    table.keep("c", b"x")
    assert table.keeper.settle(0)


@pytest.mark.parametrize("point", ["name", "named", "write", "tear", "written", "sync", "synced"])
def test_it_dies_with_its_process_at_any_step_and_the_file_is_whole_or_not_there(point: str) -> None:
    ends = set()
    for n in range(1, 12):
        for power in (False, True):
            table = Table(n, None, f"{point}:{n}")
            try:
                table.keep("a", b"x" * 2000)
                table.world.advance(START + NS)
            except Killed:
                table.disk.crash(power=power)
            found = table.disk.contents("snapshots/a")
            assert found in (None, b"x" * 2000)
            assert found is not None or not table.said
            ends.add(found)
    assert ends == {None, b"x" * 2000}
