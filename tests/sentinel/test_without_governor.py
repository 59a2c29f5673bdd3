"""Done 6: the governor stopped, its journal deleted, its disk full; and it coming back in the middle of it.

Real processes: the paper broker, the governor, the sentinel.
"""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sentinel.desk import BEGIN, FLYBALL, NO_DISK, PACE, Desk, broker, clean, make, until

BOT = '''"""Buys, sells short and leaves an order in the market."""

from flyball.bots import Intent

WANTED = [("S1", "buy", 40, None), ("S2", "sell", 30, None), ("S3", "buy", 20, None), ("S4", "buy", 10, 98.0)]


class Hold:
    def __init__(self):
        self.told = 0

    def on_mark(self, mark):
        self.told += 1
        if WANTED and self.told % 11 == 0:
            symbol, side, qty, limit = WANTED.pop(0)
            return Intent(symbol, side, qty=qty, limit=limit)
        return None
'''
HELD = {"S1": 40, "S2": -30, "S3": 20}


@dataclass
class Flying:
    desk: Desk
    governor: "subprocess.Popen[bytes]"
    told: list[dict[str, Any]]  # what the sentinel has said so far

    def says(self, what: str, text: str = "") -> dict[str, Any]:
        """The first such thing it says, now or later."""
        return until(lambda: [x for x in self.told if x["what"] == what and text in x["text"]], 30)[0]

    def status(self) -> dict[str, Any]:
        run = subprocess.run(
            [FLYBALL, "status", "--dir", str(self.desk.folder), "--json"], capture_output=True, check=False
        )
        found: dict[str, Any] = json.loads(run.stdout)["data"]
        return found


@contextmanager
def flying(folder: Path, journal: str = "journal") -> Iterator[Flying]:
    """All three, the governor holding something and with an order in the market; the sentinel has no disk."""
    make(folder, more=f'process = "own"\n[journal]\ndir = "{journal}"')
    (folder / "bot.py").write_text(BOT)
    with broker(folder) as desk, (folder.parent / "governor.log").open("wb") as log:
        run = [
            FLYBALL,
            "run",
            "--config",
            str(folder / "flyball.toml"),
            "--pace",
            PACE,
            "--from",
            BEGIN,
            "--json",
        ]
        governor = subprocess.Popen(run, stdout=log, stderr=log)
        watch = [FLYBALL, "sentinel", "--dir", str(folder), "--after", "1.5", "--grace", "1", "--json"]
        sentinel = subprocess.Popen(
            [*NO_DISK, *watch],
            stderr=subprocess.PIPE,
        )
        told: list[dict[str, Any]] = []
        listener = threading.Thread(target=lambda: told.extend(map(json.loads, sentinel.stderr or ())))
        listener.start()
        try:
            until(lambda: desk.positions() == HELD and len(desk.open_orders()) == 1, 30)
            yield Flying(desk, governor, told)
        finally:
            for process in (sentinel, governor):
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
            listener.join()
            assert sentinel.stderr is not None
            sentinel.stderr.close()
            clean(folder)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own for a journal; an ordinary folder for whoever may not mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3g", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def fill(folder: Path) -> None:
    """Not one page more, if it is a disk of its own: it is made as small as what is on it."""
    if not os.path.ismount(folder):
        return
    (folder / "something").write_bytes(bytes(4096))
    found = os.statvfs(folder)
    used = (found.f_blocks - found.f_bfree) * found.f_frsize
    subprocess.run(["mount", "-o", f"remount,size={used}", str(folder)], check=True)
    assert os.statvfs(folder).f_bavail == 0


def test_stopped_its_journal_deleted_its_disk_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as small, flying(tmp_path / "desk", f"{small}/journal") as f:
        f.governor.send_signal(signal.SIGSTOP)
        shutil.rmtree(small / "journal")
        fill(small)
        assert "silent" in f.says("panic")["text"]
        done = f.says("done")
        assert (done["code"], done["report"]["outcome"]) == (0, "flat confirmed"), f.told
        assert done["report"]["cancelled"] == 1
        assert (f.desk.positions(), f.desk.open_orders()) == ({}, [])
        f.desk.never_through_zero(dict.fromkeys(HELD, 0))
        told = json.loads(
            f.desk.panic("--dry-run").stdout
        )  # from the command line there is nothing left to do
        assert (told["would_cancel"], told["would_send"]) == (0, [])


def test_it_comes_back_in_the_middle_of_it(tmp_path: Path) -> None:
    """Two who get flat at once: no position goes through zero, and the one that was stopped stays halted."""
    with flying(tmp_path / "desk") as f:
        f.governor.send_signal(signal.SIGSTOP)
        f.says("step", "sell")
        f.governor.send_signal(signal.SIGCONT)
        assert f.says("done")["code"] == 0
        assert (f.desk.folder / "PANIC").exists()
        until(lambda: any(latch["latch"] == "L4" for latch in f.status()["latches"]))
        assert (f.desk.positions(), f.desk.open_orders()) == ({}, [])
        f.desk.never_through_zero(dict.fromkeys(HELD, 0))


def test_a_kill_file_that_the_governor_takes_up_is_left_to_it(tmp_path: Path) -> None:
    with flying(tmp_path / "desk") as f:
        (f.desk.folder / "PANIC").touch()
        until(lambda: not f.desk.positions() and not f.desk.open_orders())
        time.sleep(1.5)  # the grace is over
        assert [line["what"] for line in f.told] == ["watching"]
        f.desk.never_through_zero(dict.fromkeys(HELD, 0))
