"""A real upgrade: the package copied, one rule changed, VERSION raised. Over a tail that the old version left
in a crash it refuses to start and says what to do; once that is done it starts, and decides nothing again.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flyball.feeds.splitmix import below, keyed
from flyball.journal import snapshots
from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.journal.verify import verify
from flyball.kernel.effects import Decision
from flyball.kernel.events import Epoch
from flyball.kernel.governor import VERSION
from flyball.machine.disk import RealDisk
from tests.runtime.live import SESSION, config_text

PACKAGE = Path(__file__).parents[2] / "src" / "flyball"
NEW = "next"
RULE = "limit = mul_div(limit, a.scale, PPM)"
PATIENCE = 60.0
MINUTE = 60


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package in which an order may be half as large."""
    root = tmp_path_factory.mktemp("next")
    shutil.copytree(PACKAGE, root / "flyball", ignore=shutil.ignore_patterns("__pycache__"))
    for name, was, becomes in (
        ("kernel/controls/order_size.py", RULE, RULE.replace("PPM", "2 * PPM")),
        ("kernel/governor.py", f'VERSION = "{VERSION}"', f'VERSION = "{NEW}"'),
    ):
        text = (root / "flyball" / name).read_text(encoding="utf-8")
        assert text.count(was) == 1, name
        (root / "flyball" / name).write_text(text.replace(was, becomes), encoding="utf-8")
    return root


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a bot, its prices and a flyball.toml."""
    rows = ["timestamp,symbol,open,high,low,close,volume"]
    chance, price = keyed(1, "AAA"), 10_000
    for at in range(SESSION.open // 10**9, SESSION.close // 10**9, MINUTE):
        price += below(chance, 5) - 2
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        p = f"{price / 100:.2f}"
        rows.append(f"{when},AAA,{p},{price / 100 + 0.01:.2f},{price / 100 - 0.01:.2f},{p},1000")
    (tmp_path / "bars.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    feed = '[feed]\nfile = "bars.csv"\nstamp = "start"\npace = "120x"\n'
    (tmp_path / "flyball.toml").write_text(config_text({"steady": "Steady"}) + feed, encoding="utf-8")
    return tmp_path


def records(desk: Path) -> list[Record]:
    disk = RealDisk(str(desk / "journal"))
    return [record for _, record in read(disk)] if disk.exists("segments/00000001.fbj") else []


def run(desk: Path, package: Path | None) -> "subprocess.Popen[str]":
    """`flyball run` of the one or the other version."""
    environment = {**os.environ, **({"PYTHONPATH": str(package)} if package else {})}
    return subprocess.Popen(
        [sys.executable, "-c", "from flyball.main import cli; cli()", "run", "--config", "flyball.toml"],
        cwd=desk,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(done: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    """Wait until `done`; what the process said, if it ended before."""
    limit = time.monotonic() + PATIENCE
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.05)


def decided(desk: Path, more_than: int) -> Callable[[], bool]:
    return lambda: sum(isinstance(r, Decision) for r in records(desk)) > more_than


def flown(desk: Path, package: Path | None, end: signal.Signals) -> None:
    """Fly until a few more decisions are made, then end it so."""
    before = sum(isinstance(r, Decision) for r in records(desk))
    process = run(desk, package)
    try:
        until(decided(desk, before + 3), process)
    finally:
        process.send_signal(end)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == (0 if end == signal.SIGTERM else -9), (out, err)


def refused(desk: Path, package: Path | None) -> str:
    """It does not start, and the journal stays what it was."""
    before = records(desk)
    process = run(desk, package)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4, err
    assert records(desk) == before
    return err


def epochs(desk: Path) -> list[str]:
    return [r.kernel for r in records(desk) if isinstance(r, Epoch)]


def test_an_upgrade_goes_over_a_checkpoint_and_never_over_a_crash(desk: Path, changed: Path) -> None:
    journal = RealDisk(str(desk / "journal"))
    flown(desk, None, signal.SIGKILL)
    head = len(records(desk))
    assert head not in snapshots.seqs(journal), "the tail is dirty"
    said = refused(desk, changed)
    assert re.search(r"record \d+ of the journal differs from what this kernel \(rules next\) decides", said)
    assert f"that record was decided by rules {VERSION}" in said
    assert f"start the version that wrote the journal (the Flyball with rules {VERSION})" in said
    assert "let it stop cleanly" in said
    assert "Traceback" not in said

    flown(desk, None, signal.SIGTERM)  # what it said
    assert snapshots.seqs(journal)[0] == len(records(desk)), "no checkpoint was left"

    flown(desk, changed, signal.SIGKILL)
    assert epochs(desk) == [VERSION, VERSION, NEW]
    said = refused(desk, None)  # and so the other way round
    assert f"that record was decided by rules {NEW}" in said
    flown(desk, changed, signal.SIGTERM)  # its own tail it recovers by itself
    assert epochs(desk) == [VERSION, VERSION, NEW, NEW]
    assert verify(journal).ok
