"""The sentinel as a process: alone on a desk, its hook, a broker that is not there yet."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flyball.machine.pulse import FLYING, Listener, alive
from tests.sentinel.desk import BEGIN, FLYBALL, clean, make, until


@contextmanager
def watching(folder: Path, *words: str) -> Iterator[tuple["subprocess.Popen[bytes]", list[dict[str, Any]]]]:
    """A sentinel and what it says."""
    command = [FLYBALL, "sentinel", "--dir", str(folder), "--json", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    told: list[dict[str, Any]] = []
    listener = threading.Thread(target=lambda: told.extend(map(json.loads, process.stderr or ())))
    listener.start()
    try:
        yield process, told
    finally:
        process.kill()
        process.wait()
        listener.join()
        assert process.stderr is not None
        process.stderr.close()
        clean(folder)


def keys(folder: Path, url: str = "http://127.0.0.1:1") -> None:
    file = folder / "broker.keys"
    file.write_text(json.dumps({"url": url, "key": "k", "secret": "s", "account": "a"}))
    file.chmod(0o600)


def test_a_kill_file_without_a_governor_is_acted_upon_at_once_and_the_hook_is_told(tmp_path: Path) -> None:
    keys(tmp_path)
    hook = tmp_path / "hook"
    hook.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/paged\n')
    hook.chmod(0o700)
    with watching(tmp_path, "--on-panic", f"{hook} now") as (process, told):
        until(lambda: told)
        second = subprocess.run(
            [FLYBALL, "sentinel", "--dir", str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert (second.returncode, "another sentinel" in second.stderr) == (1, True)
        (tmp_path / "PANIC").touch()
        until(lambda: any(line["what"] == "panic" for line in told), 1.0)
        until(lambda: any(line["what"] == "done" for line in told))
        until(
            lambda: (tmp_path / "paged").exists() and len((tmp_path / "paged").read_text().splitlines()) >= 2
        )
        paged = (tmp_path / "paged").read_text()
        assert paged.startswith(
            f"now flyball sentinel {tmp_path}: the kill file is there and no governor flies"
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 3
    done = next(line for line in told if line["what"] == "done")
    assert (done["code"], done["report"]["outcome"]) == (3, "broker not reached")
    assert json.loads((tmp_path / "run" / "sentinel.json").read_text())["what"] == "ended"


def test_without_keys_it_does_not_begin(tmp_path: Path) -> None:
    run = subprocess.run(
        [FLYBALL, "sentinel", "--dir", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (run.returncode, "keys cannot be read" in run.stderr) == (2, True)


def test_a_run_brings_its_own_and_it_leaves_with_it(tmp_path: Path) -> None:
    desk = make(tmp_path / "desk")
    words = [FLYBALL, "run", "--config", str(desk / "flyball.toml"), "--sentinel"]
    without = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (without.returncode, "broker.keys" in without.stderr) == (2, True)
    keys(desk)
    log = desk / "run" / "sentinel.log"

    def says(what: str) -> bool:
        return log.exists() and f'"what": "{what}"' in log.read_text()

    command = [
        FLYBALL,
        "run",
        "--config",
        str(desk / "flyball.toml"),
        "--pace",
        "1x",
        "--from",
        BEGIN,
        "--sentinel",
    ]
    with (tmp_path / "log").open("wb") as out:
        governor = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        until(lambda: says("watching"))
        beat = Listener(str(desk)).read()
        assert beat is not None
        assert (beat.pid, alive(beat), beat.state) == (governor.pid, True, FLYING)
        os.kill(json.loads(log.read_text().splitlines()[0])["pid"], signal.SIGKILL)
        until(lambda: log.read_text().count('"what": "watching"') == 2)  # it is not left without one
        governor.send_signal(signal.SIGTERM)
        assert governor.wait(20) == 0
        until(lambda: says("ended"))
        assert not says("panic")
    finally:
        governor.kill()
        governor.wait()
        clean(desk)
