"""Files on the keeper's thread: in order, waited for by nobody, given up at the end."""

import threading
import time
from pathlib import Path

from flyball.machine.disk import RealDisk
from flyball.machine.keeper import ThreadKeeper

NS = 1_000_000_000
MS = 1_000_000


class Hanging(RealDisk):
    """Takes nothing until it is let go."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.go = threading.Event()

    def replace(self, path: str, data: bytes, *, private: bool = False) -> None:
        assert self.go.wait(30)
        super().replace(path, data, private=private)


def test_nobody_waits_and_the_order_is_kept(tmp_path: Path) -> None:
    disk, keeper = Hanging(str(tmp_path)), ThreadKeeper()
    done: list[tuple[int, bytes]] = []
    began = time.monotonic()
    for n in range(5):
        keeper.replace(disk, "a/file", b"%d" % n, lambda n=n: done.append((n, disk.read("a/file"))))  # type: ignore[misc]
    assert time.monotonic() - began < 1
    assert not keeper.settle(20 * MS)
    disk.go.set()
    assert keeper.settle(10 * NS)
    assert done == [(n, b"%d" % n) for n in range(5)]
    keeper.close()
    keeper.replace(disk, "a/file", b"late", lambda: done.append((9, b"")))
    assert keeper.settle(NS)
    assert disk.read("a/file") == b"4"


def test_what_waits_behind_a_disk_that_hangs_is_given_up_at_the_end(tmp_path: Path) -> None:
    disk, keeper = Hanging(str(tmp_path)), ThreadKeeper()
    for name in ("one", "two"):
        keeper.replace(disk, f"a/{name}", b"x", lambda: None)
    time.sleep(0.05)
    began = time.monotonic()
    keeper.close()
    assert time.monotonic() - began < 1
    disk.go.set()
    assert keeper.settle(10 * NS)
    assert [disk.exists(f"a/{name}") for name in ("one", "two")] == [True, False]


def test_whatever_fails_is_said_and_the_thread_lives_on(tmp_path: Path) -> None:
    disk, keeper = RealDisk(str(tmp_path)), ThreadKeeper()

    def wrong() -> None:
        raise KeyError("tidying")

    keeper.replace(disk, "a/one", b"x", wrong)
    assert keeper.settle(10 * NS)
    assert keeper.failed() == "KeyError: 'tidying'"
    keeper.replace(disk, "a/two", b"x", lambda: None)
    assert keeper.settle(10 * NS)
    assert (keeper.failed(), disk.exists("a/two")) == ("", True)
    keeper.close()
