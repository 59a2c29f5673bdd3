"""A governor as `flyball run` starts it, with bars of one session, a bot that does nothing, and
`[alerts]`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from flyball.api.secret import generate, hashed
from flyball.compose.places import SECRET_FILE
from flyball.machine.chance import OsRandom

FLYBALL = [sys.executable, "-c", "from flyball.main import cli; cli()"]


def furnish(folder: Path) -> None:
    """Bars, a bot and the operator's secret."""
    rows = [
        f"2016-04-15T{13 + (30 + i) // 60:02}:{(30 + i) % 60:02}:00Z,AAA,100,100.1,99.9,100,1000"
        for i in range(390)
    ]
    (folder / "bars.csv").write_text("timestamp,symbol,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    (folder / "bot.py").write_text("class Bot:\n    def on_mark(self, mark):\n        return None\n")
    (folder / SECRET_FILE).write_text(hashed(generate(OsRandom()), OsRandom()))


def start(folder: Path, pace: str = "30x") -> "subprocess.Popen[bytes]":
    """A governor in a process of its own."""
    with open(folder / "run.log", "ab") as log:
        words = ["run", "--config", str(folder / "flyball.toml"), "--pace", pace, "--json"]
        return subprocess.Popen([*FLYBALL, *words], stdout=log, stderr=log, cwd=folder)


def said(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command of the desk."""
    return subprocess.run(
        [*FLYBALL, *words, "--dir", str(folder)], capture_output=True, text=True, timeout=60, check=False
    )


def end(process: "subprocess.Popen[bytes]", number: int = signal.SIGTERM) -> None:
    """End a process of ours and wait for it."""
    if process.poll() is None:
        process.send_signal(number)
    process.wait(20)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"
