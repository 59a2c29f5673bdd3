"""A desk whose paper broker has a process of its own: real processes, real sockets, killed for real."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flyball.journal.codec import Record
from flyball.journal.replay import read
from flyball.machine.disk import RealDisk

FLYBALL = str(Path(sys.executable).parent / "flyball")
BEGIN = "2016-04-15T13:39:59Z"
PATIENCE = 60  # seconds anything may take, on a machine that is busy with other tests
CONFIG = """\
profile = "micro"
[account]
equity = "$100,000"
[session]
flat_by = "never"
[feed]
file = "bars.csv"
stamp = "end"
tz = "UTC"
[limits]
max_order_notional = "$10,000"
max_position_notional = "$50,000"
max_gross = "$90,000"
max_net = "$90,000"
max_overnight_exposure = "$90,000"
max_daily_loss = "$5,000"
max_weekly_loss = "$10,000"
max_daily_turnover = "$500,000"
max_daily_cost = "$500"
[broker.paper]
process = "own"
timeout_ratio = "0%"
{paper}
[strategy.eager]
bot = "bot.py:Eager"
"""
BOT = """\
from flyball.bots import Intent


class Eager:
    def __init__(self):
        self.n = 0

    def on_mark(self, mark):
        if mark.symbol == "MSFT":
            self.n += 1
            number, rest = divmod(self.n, {every})
            if rest == 0 and number <= {orders}:
                return Intent(("AAPL", "MSFT")[number % 2], "buy", qty={qty})
"""


def tape(dense: int) -> str:
    """So many bars of 5 s, then one every four minutes or more: what is entered is filled at once, an exit
    takes long."""
    rows = ["time,symbol,open,high,low,close,volume"]
    ends = [13 * 3600 + 40 * 60 + 5 * k for k in range(dense)]
    for k in range(30):
        ends.append(ends[-1] + 240 + 5 * k)
    for number, second in enumerate(ends):
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        for symbol, price in (("AAPL", 100), ("MSFT", 50)):
            close = price + number % 3 * 0.01
            prices = f"{price:.2f},{close + 0.01:.2f},{price - 0.01:.2f},{close:.2f}"
            rows.append(f"2016-04-15 {clock},{symbol},{prices},1000")
    return "\n".join(rows) + "\n"


class DeskProcess:
    """The folder, the broker's process, the governor's."""

    def __init__(
        self,
        folder: Path,
        *,
        pace: str,
        paper: str = "",
        orders: int = 6,
        qty: int = 10,
        every: int = 1,
        dense: int = 25,
    ) -> None:
        self.folder = folder
        self.pace = pace
        self.config = folder / "flyball.toml"
        self.config.write_text(CONFIG.format(paper=paper))
        (folder / "bars.csv").write_text(tape(dense))
        (folder / "bot.py").write_text(BOT.format(orders=orders, qty=qty, every=every))
        self.paper: subprocess.Popen[str] | None = None
        self.governor: subprocess.Popen[str] | None = None

    def _words(self, command: str) -> list[str]:
        return [
            FLYBALL,
            command,
            "--config",
            str(self.config),
            "--from",
            BEGIN,
            "--pace",
            self.pace,
            "--json",
        ]

    def start_paper(self) -> dict[str, Any]:
        """Start the broker; what it says when its doors are open."""
        self.paper = subprocess.Popen(
            self._words("paper"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.paper.stdout is not None
        said = self.paper.stdout.readline()
        if not said:
            raise AssertionError(self.paper.communicate()[1])
        found: dict[str, Any] = json.loads(said)
        return found

    def start_governor(self) -> None:
        """Start it, without waiting for anything."""
        self.governor = subprocess.Popen(
            self._words("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run_once(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Any command, to its end."""
        return subprocess.run(
            [FLYBALL, *words], capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def kill_governor(self) -> None:
        assert self.governor is not None
        self.governor.kill()
        self.governor.communicate()
        self.governor = None

    def stop(self, which: str, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End the "paper" or the "governor"; exit code and what it said last."""
        process: subprocess.Popen[str] | None = getattr(self, which)
        assert process is not None
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        setattr(self, which, None)
        return process.returncode, f"{out}\n{err}"

    def close(self) -> None:
        for process in (self.governor, self.paper):
            if process is not None:
                process.kill()
                process.communicate()

    def call(self, method: str, path: str, body: object = None, **keys: str) -> tuple[int, Any]:
        """One call at the broker's HTTP door: (status, body)."""
        held = {**json.loads((self.folder / "broker.keys").read_text()), **keys}
        request = urllib.request.Request(
            held["url"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"APCA-API-KEY-ID": held["key"], "APCA-API-SECRET-KEY": held["secret"]},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def positions(self) -> dict[str, int]:
        """What the broker says is held."""
        return {p["symbol"]: int(p["qty"]) for p in self.call("GET", "/v2/positions")[1]}

    def status(self) -> dict[str, Any]:
        """What the governor says, {} while it does not."""
        done = self.run_once("status", "--dir", str(self.folder), "--json")
        return dict(json.loads(done.stdout)) if done.returncode == 0 else {}

    def records(self) -> list[Record]:
        return [record for _, record in read(RealDisk(str(self.folder / "journal")))]

    def at_the_broker(self) -> list[dict[str, Any]]:
        """The orders in the broker's own file."""
        lines = (self.folder / "paper.broker").read_text().splitlines()
        return [e for e in (json.loads(text[9:]) for text in lines) if e["record"] == "order"]

    def filled(self) -> list[dict[str, Any]]:
        """The orders at the broker that filled at all, by their last fill."""
        orders = self.call("GET", "/v2/orders?status=all&limit=500&direction=asc")[1]
        return sorted((o for o in orders if o["filled_qty"] != "0"), key=lambda o: str(o["updated_at"]))


def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait for it. Fails, saying what did not come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)
