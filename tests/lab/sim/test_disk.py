"""The simulated disk does what RealDisk does, call for call, and fails as it is told to.

What it loses when the power goes: test_power.py.
"""

import errno
import tempfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.disk_faults import DiskFaults
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.sectors import SECTOR
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World
from flyball.machine.disk import RealDisk
from flyball.ports import Disk, File, Lock
from tests.machine.test_disk import (
    test_append_rename_remove,
    test_no_path_leads_out,
    test_offsets_are_explicit,
)

__all__ = [
    "test_append_rename_remove",
    "test_no_path_leads_out",
    "test_offsets_are_explicit",
]

START = 1_000_000_000_000
SEEDS = range(200)


def new(seed: int = 1, faults: DiskFaults | None = None) -> tuple[SimDisk, SimView]:
    disk = SimDisk(World(seed, START), "disk", faults)
    return disk, SimView(disk, Doom())


@pytest.fixture
def disk() -> SimView:
    return new()[1]


Step = tuple[object, ...]

# The same as the real one.

PATHS = st.sampled_from(["a", "b", "d", "d/a", "d/e", "d/e/f", "a/x", "n/x", "", "./a"])
DATA = st.binary(max_size=2000)
STEPS = st.one_of(
    st.tuples(st.just("open"), PATHS, st.booleans()),
    st.tuples(st.just("write"), st.integers(0, 1500), DATA),
    st.tuples(st.just("truncate"), st.integers(0, 2500)),
    st.tuples(st.sampled_from(["sync", "close", "size"])),
    st.tuples(st.just("get"), st.integers(0, 2500), st.integers(0, 2500)),
    st.tuples(st.just("allocate"), PATHS, st.integers(0, 3000)),
    st.tuples(st.sampled_from(["read", "list", "exists", "mkdir", "remove"]), PATHS),
    st.tuples(st.just("lock"), st.sampled_from(["l", "d/l", "n/l", "a/l", "d"])),
    st.tuples(st.just("release")),
    st.tuples(st.sampled_from(["replace", "append"]), PATHS, DATA),
    st.tuples(st.just("rename"), PATHS, PATHS),
)


class Hand:
    """Takes steps on a disk and says what came of each."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.file: File | None = None
        self.locks: list[Lock] = []

    def take(self, step: Step) -> object:
        word, *args = step
        try:
            return self.made(str(word), *args)
        except OSError as error:
            return type(error), error.errno

    def made(self, word: str, *args: Any) -> object:
        disk, file = self.disk, self.file
        if word == "open":
            self.file = disk.open(args[0], create=args[1])
        elif word == "allocate":
            self.file = disk.allocate(*args)
        elif word == "lock":
            self.locks.append(disk.lock(*args))
        elif word == "release":
            if self.locks:
                self.locks.pop().release()
        elif word in ("write", "truncate", "sync", "close", "size", "get"):
            if word == "close":
                self.file = None
            call = {"get": "read"}.get(word, word)
            return None if file is None else getattr(file, call)(*args)
        else:
            found = getattr(disk, word)(*args)
            return list(found) if word == "list" else found
        return "done"


def folders(disk: Disk, path: str = "") -> list[str]:
    """Everything there is, folders and all."""
    out = []
    for name in disk.list(path):
        inner = f"{path}/{name}".lstrip("/")
        try:
            out += [f"{inner}/", *folders(disk, inner)]
        except NotADirectoryError:
            out.append(inner)
    return out


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, min_size=5, max_size=30))
def test_call_for_call_as_a_real_one(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as root:
        ours, theirs = Hand(new()[1]), Hand(RealDisk(f"{root}/x"))
        theirs.disk.mkdir("d")
        ours.disk.mkdir("d")
        for step in steps:
            if step[0] == "rename" and theirs.disk.exists(str(step[1])):
                try:
                    theirs.disk.read(str(step[1]))
                except IsADirectoryError:
                    continue  # nobody renames a folder
            if step[0] in ("replace", "rename") and "" in step[1:]:
                continue  # the root is no name of its own
            assert ours.take(step) == theirs.take(step), step
            assert folders(ours.disk) == folders(theirs.disk), step
        for path in folders(theirs.disk):
            if not path.endswith(("/", "l")):  # a lock's file names its holder
                assert ours.disk.read(path) == theirs.disk.read(path), path


# Faults.


def test_a_failed_sync_drops_its_pages_and_a_second_one_would_lie() -> None:
    kept = set()
    for seed in SEEDS:
        disk, view = new(seed, DiskFaults())
        file = view.open("f", create=True)
        file.sync()
        file.write(0, b"x" * 2 * SECTOR)
        disk.faults.sync_fails = 1_000_000
        for _ in range(2):
            with pytest.raises(OSError, match="Input/output error"):
                file.sync()
        disk.faults.quiet()
        assert view.read("f") == b"x" * 2 * SECTOR  # the cache still has it
        again = view.open("f")
        again.sync()  # of pages that are called clean
        kept.add(disk.durable_bytes("f"))
        disk.crash(power=False)
        if seed % 2:
            again = SimView(disk, Doom()).open("f")
            again.write(0, b"x" * 2 * SECTOR)  # only a new write makes a sync mean something again
            again.sync()
            disk.crash(power=True)
            assert disk.contents("f") == b"x" * 2 * SECTOR
    assert len(kept) == 4


def test_a_sector_written_again_takes_with_it_what_was_dropped_of_it() -> None:
    for seed in range(20):
        disk, view = new(seed)
        file = view.open("f", create=True)
        file.write(0, bytes(SECTOR))
        file.sync()
        file.write(0, b"a" * 300)
        disk.faults.sync_fails = 1_000_000
        with pytest.raises(OSError, match="Input/output error"):
            file.sync()
        disk.faults.quiet()
        again = view.open("f")
        again.write(300, b"b" * 212)
        again.sync()
        assert disk.durable_bytes("f") == b"a" * 300 + b"b" * 212


def test_clean_pages_that_never_reached_the_medium_may_be_read_from_it_again() -> None:
    seen = set()
    for seed in SEEDS:
        disk, view = new(seed)
        file = view.open("f", create=True)
        file.write(0, b"a" * 600)
        file.sync()
        file.write(0, b"b" * 600)
        disk.faults.sync_fails = 1_000_000
        with pytest.raises(OSError, match="Input/output error"):
            file.sync()
        disk.crash(power=False)
        seen.add(disk.contents("f"))
    a, b = (b"a" * SECTOR, b"b" * SECTOR), (b"a" * 88, b"b" * 88)
    assert seen == {x + y for x in a for y in b}


def test_a_disk_takes_what_fits() -> None:
    disk, view = new(1, DiskFaults(quota=1000))
    view.append("f", b"x" * 900)
    with pytest.raises(OSError, match="No space left") as caught:
        view.append("f", b"y" * 200)
    assert caught.value.errno == errno.ENOSPC
    assert view.read("f") == b"x" * 900 + b"y" * 100
    view.open("f").write(0, b"z" * 1000)  # room it has already
    view.lock("l").release()  # a full disk keeps nobody out
    with pytest.raises(OSError, match="No space left"):
        view.allocate("g", 10)
    assert view.list("") == ["f", "l"]
    view.remove("f")
    view.allocate("g", 900)
    disk.faults.quiet()
    view.append("g", b"x" * 10_000)


def test_writes_fail_as_often_as_asked_and_perhaps_half_way() -> None:
    disk, view = new(3, DiskFaults(write_fails=200_000))
    file = view.open("f", create=True)
    kinds: dict[object, int] = {}
    parts = set()
    for i in range(1000):
        try:
            file.write(10 * i, b"x" * 10)
        except OSError as error:
            kinds[error.errno] = kinds.get(error.errno, 0) + 1
            parts.add(view.read("f")[10 * i :].count(b"x"))
    assert kinds.keys() == {errno.EIO, errno.ENOSPC}
    assert 150 < sum(kinds.values()) < 250
    assert parts == set(range(11))
    assert len(disk.refused) == sum(kinds.values())


def test_somebody_who_waits_for_a_sync_stands_still_while_the_world_goes_on() -> None:
    disk, view = new(1, DiskFaults(sync_slow=1_000_000, slow_ns=10**9))
    seen: list[int] = []
    for k in range(1, 20):
        disk.world.at(START + k * 10_000_000, lambda: seen.append(disk.world.now))
    view.open("f", create=True).sync()
    assert disk.world.now > START
    assert seen == [START + k * 10_000_000 for k in range(1, 20) if START + k * 10_000_000 <= disk.world.now]


def test_a_hang_ends_with_the_faults_or_with_the_process() -> None:
    disk, view = new(1, DiskFaults(sync_hangs=1_000_000))
    disk.world.at(START + 90 * 10**9, disk.faults.quiet)
    view.open("f", create=True).sync()
    assert disk.world.now == START + 90 * 10**9

    disk, _ = new(1, DiskFaults(sync_hangs=1_000_000))
    doom = Doom()
    disk.world.at(START + 10 * 10**9, doom.die)
    with pytest.raises(Killed):
        SimView(disk, doom).open("f", create=True).sync()


def test_a_bit_rots_in_what_is_there() -> None:
    disk, view = new()
    assert disk.rot("none") is None
    view.replace("f", b"abc" + bytes(100))
    at = disk.rot("f")
    assert at in (0, 1, 2)
    data = view.read("f")
    assert sum((x ^ y).bit_count() for x, y in zip(data, b"abc" + bytes(100), strict=True)) == 1
    assert disk.durable_bytes("f") == data


def test_reading_may_fail() -> None:
    _, view = new(1, DiskFaults(read_fails=1_000_000))
    view.append("f", b"x")
    with pytest.raises(OSError, match="Input/output error"):
        view.read("f")
    with pytest.raises(OSError, match="Input/output error"):
        view.open("f").read(0, 1)


def test_the_same_seed_loses_the_same() -> None:
    def life(seed: int) -> list[object]:
        disk, view = new(seed, DiskFaults(write_fails=100_000, sync_fails=50_000))
        out: list[object] = []
        for i in range(50):
            try:
                view.append(f"f{i % 3}", bytes([i]) * 700)
                view.open(f"f{i % 3}").sync()
            except OSError as error:
                out.append(str(error))
        disk.crash(power=True)
        return [*out, *(disk.contents(path) for path in disk.files()), disk.world.now]

    assert life(1) == life(1)
    assert life(1) != life(2)
