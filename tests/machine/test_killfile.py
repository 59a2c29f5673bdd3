"""The kill file: its existence alone, within a second, whatever it is."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flyball.machine import killfile
from flyball.machine.killfile import KillFileWatch, lay, lies_at, only_one, put_note


class Flag:
    def __init__(self) -> None:
        self.event = threading.Event()

    def set(self) -> None:
        self.event.set()

    def clear(self) -> None:
        self.event.clear()

    async def wait(self) -> None:
        raise NotImplementedError


KINDS: dict[str, Callable[[Path], object]] = {
    "an empty file": lambda path: path.touch(),
    "a file nobody may read": lambda path: path.touch(mode=0),
    "a folder": lambda path: path.mkdir(),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_seen_within_a_second_and_its_absence_too(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "PANIC"
    watch = KillFileWatch(str(path))
    wake = Flag()
    watch.on_seen(wake)
    assert not watch.there()
    begin = time.monotonic()
    KINDS[kind](path)
    assert wake.event.wait(1.0)
    assert watch.there()
    assert time.monotonic() - begin < 1.0
    path.rmdir() if kind == "a folder" else path.unlink()
    while watch.there():
        assert time.monotonic() - begin < 3.0
    watch.close()


def test_one_that_lies_there_is_known_at_once(tmp_path: Path) -> None:
    (tmp_path / "PANIC").touch()
    watch = KillFileWatch(str(tmp_path / "PANIC"))
    assert watch.there()
    watch.close()


def test_a_disk_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = KillFileWatch(str(tmp_path / "PANIC"))
    hung = threading.Event()

    def hangs(path: str, before: bool = False) -> bool:
        hung.wait(5)
        return before

    monkeypatch.setattr(killfile, "lies_at", hangs)
    time.sleep(2 * killfile.EVERY_S)
    begin = time.monotonic()
    assert not watch.there()
    watch.close()
    assert time.monotonic() - begin < 0.1
    hung.set()


def test_what_cannot_be_told_changes_nothing(tmp_path: Path) -> None:
    long = str(tmp_path / ("x" * 5000))
    assert lies_at(long, before=True)
    assert not lies_at(long, before=False)
    assert not lies_at(str(tmp_path / "no" / "such"))


def test_it_is_put_down_where_the_disk_takes_it(tmp_path: Path) -> None:
    assert lay(str(tmp_path / "PANIC"))
    assert lay(str(tmp_path / "PANIC"))
    assert not lay(str(tmp_path / "no" / "PANIC"))


def test_notes_and_the_lock(tmp_path: Path) -> None:
    assert put_note(str(tmp_path / "run" / "note"), "one")
    assert (tmp_path / "run" / "note").read_text() == "one\n"
    (tmp_path / "file").touch()
    assert not put_note(str(tmp_path / "file" / "note"), "one")
    assert only_one(str(tmp_path / "run" / "lock"))
    assert not only_one(str(tmp_path / "run" / "lock"))
    assert only_one(str(tmp_path / "file" / "lock"))  # where it cannot be told, watching goes on
