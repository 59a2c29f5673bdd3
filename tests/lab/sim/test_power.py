"""What a simulated disk loses when a process dies or the power goes: what may be lost, and no more."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.lab.sim.disk import SimDisk
from flyball.lab.sim.doom import Doom, Killed
from flyball.lab.sim.sectors import SECTOR
from flyball.lab.sim.view import SimView
from flyball.lab.sim.world import World

START = 1_000_000_000_000
SEEDS = range(200)


def new(seed: int = 1) -> tuple[SimDisk, SimView]:
    disk = SimDisk(World(seed, START))
    return disk, SimView(disk, Doom())


WRITES = st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=1500)), max_size=6)


@settings(max_examples=200, deadline=None)
@given(WRITES, WRITES, st.integers(0, 2**20))
def test_a_sector_is_found_as_it_was_at_some_time_since_its_sync(
    synced: list[tuple[int, bytes]], unsynced: list[tuple[int, bytes]], seed: int
) -> None:
    disk, view = new(seed)
    file = view.open("f", create=True)
    content = bytearray()
    for offset, data in synced:
        file.write(offset, data)
        content = laid(content, offset, data)
    file.sync()
    states = [bytes(content)]
    for offset, data in unsynced:
        file.write(offset, data)
        content = laid(content, offset, data)
        states.append(bytes(content))
    disk.crash(power=True)
    found = SimView(disk, Doom()).read("f")
    assert len(states[0]) <= len(found) <= len(states[-1])
    for at in range(0, len(found), SECTOR):
        length = min(SECTOR, len(found) - at)
        was = {state[at : at + length].ljust(length, b"\0") for state in states}
        assert found[at : at + length] in was
    assert disk.durable_bytes("f") == found


def laid(content: bytearray, offset: int, data: bytes) -> bytearray:
    out = bytearray(content).ljust(offset, b"\0")
    out[offset : offset + len(data)] = data
    return out


def losses(
    act: Callable[[SimView], None], look: Callable[[SimView], object], seeds: range = SEEDS
) -> set[object]:
    """What is found after a power loss behind `act`, over many seeds."""
    seen = set()
    for seed in seeds:
        disk, view = new(seed)
        act(view)
        disk.crash(power=True)
        seen.add(look(SimView(disk, Doom())))
    return seen


def content(path: str) -> Callable[[SimView], object]:
    return lambda view: view.read(path) if view.exists(path) else None


def test_what_is_promised_survives() -> None:
    def act(view: SimView) -> None:
        view.mkdir("d/e")
        view.allocate("d/seg", 1000).close()
        view.replace("d/e/head", b"new")
        view.append("gone", b"x")
        view.replace("gone", b"x")
        view.remove("gone")
        view.replace("old", b"moved")
        view.rename("old", "d/moved")
        file = view.open("d/e/f", create=True)
        file.write(0, b"a" * 2000)
        file.sync()
        file.write(100, b"b" * 1500)
        file.sync()

    def look(view: SimView) -> object:
        whole = view.read("d/e/f") == b"a" * 100 + b"b" * 1500 + b"a" * 400
        kept = (view.read("d/seg"), view.read("d/e/head"), view.read("d/moved"))
        return whole, kept, view.exists("gone"), view.exists("old")

    assert losses(act, look) == {(True, (bytes(1000), b"new", b"moved"), False, False)}


def test_a_replaced_file_is_old_or_new_at_whatever_step_it_ends() -> None:
    """The process is killed at every step of a replacement, and then the power goes, or it does not."""
    found: dict[object, int] = {}
    for points, power in itertools.product(
        [
            f"{p}:{n}"
            for p in ("read", "name", "named", "write", "tear", "written", "sync", "synced")
            for n in (1, 2)
        ],
        (False, True),
    ):
        for seed in range(20):
            disk, view = new(seed)
            view.replace("f", b"old" * 500)
            doom = Doom(points)
            try:
                SimView(disk, doom).replace("f", b"new" * 500)
            except Killed:
                disk.crash(power=power)
            data = SimView(disk, Doom()).read("f")
            assert data in (b"old" * 500, b"new" * 500)
            found[data] = found.get(data, 0) + 1
    assert min(found.values()) > 50


def test_what_is_not_promised_is_lost_now_and_then() -> None:
    def half(view: SimView) -> None:
        file = view.open("f", create=True)
        file.write(0, bytes(3 * SECTOR))
        file.sync()
        file.write(0, b"1" * SECTOR + b"2" * SECTOR + b"3" * SECTOR)
        file.write(SECTOR, b"4" * SECTOR)

    def letters(view: SimView) -> object:
        data = view.read("f")
        return "".join(chr(data[i] or 48) for i in range(0, 3 * SECTOR, SECTOR))

    found = losses(half, letters, range(600))
    assert found == {a + b + c for a in "01" for b in "024" for c in "03"}  # any subset, any order, any time

    assert losses(lambda v: v.append("f", b"x" * 600), content("f")) >= {None, b"", b"x" * 600, b"x" * SECTOR}
    assert losses(lambda v: v.lock("l").release(), lambda v: v.exists("l")) == {False, True}


def test_a_name_is_durable_with_the_first_sync_of_its_file() -> None:
    def act(view: SimView) -> None:
        view.mkdir("d")
        file = view.open("d/f", create=True)
        file.write(0, b"x")
        file.sync()

    assert losses(act, content("d/f")) == {b"x"}


def test_a_cut_that_was_not_synced_may_be_undone_and_never_brings_foreign_bytes() -> None:
    def act(view: SimView) -> None:
        file = view.open("f", create=True)
        file.write(0, b"a" * 2 * SECTOR)
        file.sync()
        file.truncate(SECTOR)

    assert losses(act, content("f")) == {b"a" * SECTOR, b"a" * 2 * SECTOR}


def test_a_process_that_dies_leaves_all_it_has_written_and_no_lock() -> None:
    disk, view = new()
    view.append("f", b"x" * 3000)
    view.lock("lock")
    with pytest.raises(BlockingIOError):
        SimView(disk, Doom()).lock("lock")
    disk.crash(power=False)
    after = SimView(disk, Doom())
    assert after.read("f") == b"x" * 3000
    after.lock("lock").release()
    disk.crash(power=True)  # what one process left unsynced is still not synced
    assert losses(lambda v: v.append("f", b"x"), content("f")) >= {None, b"x"}


def test_a_dead_process_touches_nothing_any_more() -> None:
    disk, view = new()
    doom = Doom("write:2")
    mine = SimView(disk, doom)
    file, lock = mine.open("f", create=True), mine.lock("l")
    file.write(0, b"1")
    with pytest.raises(Killed):
        file.write(0, b"2")
    for call in (file.sync, file.size, file.close, lock.release):
        with pytest.raises(Killed):
            call()
    for path in (mine.read, mine.exists, mine.list, mine.mkdir, mine.remove, mine.lock, mine.open):
        with pytest.raises(Killed):
            path("f")
    with pytest.raises(Killed):
        mine.append("f", b"x")
    assert view.read("f") == b"1"
    assert "l" in disk.locked


def test_a_torn_write_leaves_a_part() -> None:
    sizes = set()
    for seed in range(60):
        disk, _ = new(seed)
        with pytest.raises(Killed, match="tear:1"):
            SimView(disk, Doom("tear:1")).append("f", b"x" * 100)
        sizes.add(len(disk.contents("f") or b""))
    assert min(sizes) < 20
    assert max(sizes) > 80
