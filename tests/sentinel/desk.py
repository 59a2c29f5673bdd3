"""A desk with the real paper broker in a process of its own, and what a person does with it from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flyball.machine.http_once import once

FLYBALL = str(Path(sys.executable).parent / "flyball")
SYMBOLS = tuple(f"S{n}" for n in range(10))
PACE = "120x"
BEGIN = "2016-04-15T13:40:00Z"  # ten minutes into a session

NO_DISK = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")  # every write to a file fails, as on a full disk

T = TypeVar("T")

CONFIG = """profile = "standard"
[account]
equity = "$10,000,000"
[limits]
max_intent_age = "1 min"
max_quote_age = "5 min"
[session]
flat_by = "never"
[feed]
file = "bars.csv"
stamp = "end"
tz = "UTC"
pace = "60x"
[broker.paper]
partial_ratio = "0%"
timeout_ratio = "{timeouts}"
late_ratio = "0%"
duplicate_ratio = "0%"
{more}
[strategy.hold]
bot = "bot.py:Hold"
"""


def make(folder: Path, *, timeouts: str = "0%", more: str = "", broker: str = "") -> Path:
    """A desk of ten quiet symbols about $100."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["time,symbol,open,high,low,close,volume"]
    for minute in range(1, 391):
        hour, rest = divmod(13 * 60 + 30 + minute, 60)
        price = 100 + (minute % 5) * 0.02
        bar = f"{price:.2f},{price + 0.03:.2f},{price - 0.03:.2f},{price:.2f},1000"
        rows += [f"2016-04-15 {hour:02}:{rest:02}:00,{symbol},{bar}" for symbol in SYMBOLS]
    (folder / "bars.csv").write_text("\n".join(rows) + "\n")
    config = CONFIG.format(timeouts=timeouts, more=more)
    (folder / "flyball.toml").write_text(config.replace("[broker.paper]", f"{broker}\n[broker.paper]", 1))
    (folder / "bot.py").write_text("class Hold:\n    def on_mark(self, mark):\n        return None\n")
    return folder


@dataclass
class Desk:
    """One whose broker runs."""

    folder: Path
    keys: dict[str, str]

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One call to the broker's HTTP door, as any client makes it."""
        data = None if body is None else json.dumps(body).encode()
        head = {"APCA-API-KEY-ID": self.keys["key"], "APCA-API-SECRET-KEY": self.keys["secret"]}
        status, _, raw = once(method, self.keys["url"] + path, head, data)
        return status, json.loads(raw) if raw else None

    def order(self, symbol: str, side: str, qty: int, limit: float | None = None, name: str = "") -> None:
        body: dict[str, object] = {"symbol": symbol, "side": side, "qty": str(qty), "time_in_force": "day"}
        body |= {"type": "market"} if limit is None else {"type": "limit", "limit_price": f"{limit:.2f}"}
        body |= {"client_order_id": name} if name else {}
        status, said = self.call("POST", "/v2/orders", body)
        assert status == 200, said

    def positions(self) -> dict[str, int]:
        return {p["symbol"]: int(p["qty"]) for p in self.call("GET", "/v2/positions")[1]}

    def open_orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/v2/orders?status=open&limit=500")[1]
        return found

    def closed_orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/v2/orders?status=closed&limit=500")[1]
        return found

    def hold(self, wanted: Mapping[str, int], orders: int = 0) -> None:
        """Positions of these sizes (below zero: short) and so many open orders far from the market."""
        for symbol, qty in wanted.items():
            self.order(symbol, "buy" if qty > 0 else "sell", abs(qty))
        until(lambda: self.positions() == dict(wanted))
        for n in range(orders):
            self.order(SYMBOLS[n % len(SYMBOLS)], "buy", 1, limit=50 + n * 0.01)

    def command(self, *words: str) -> list[str]:
        return [FLYBALL, *words]

    def panic(self, *words: str, before: Sequence[str] = (), **more: Any) -> subprocess.CompletedProcess[str]:
        """`flyball panic --direct --json` with this desk's keys."""
        command = self.command(
            "panic", "--direct", "--json", "--keys", str(self.folder / "broker.keys"), *words
        )
        return subprocess.run(
            [*before, *command], capture_output=True, text=True, timeout=120, check=False, **more
        )

    def never_through_zero(self, start: Mapping[str, int]) -> None:
        """From the broker's own list of fills: no position has ever changed its sign."""
        held = dict(start)
        orders = sorted(
            (o for o in self.closed_orders() if o["filled_at"] and o["client_order_id"].startswith("f")),
            key=lambda o: o["filled_at"],
        )
        assert orders
        for o in orders:
            before = held[o["symbol"]]
            held[o["symbol"]] = before + int(o["filled_qty"]) * (1 if o["side"] == "buy" else -1)
            assert before * held[o["symbol"]] >= 0, o


@contextmanager
def broker(folder: Path) -> Iterator[Desk]:
    """`flyball paper` for this desk while the block lasts."""
    command = [
        FLYBALL,
        "paper",
        "--config",
        str(folder / "flyball.toml"),
        "--json",
        "--pace",
        PACE,
        "--from",
        BEGIN,
    ]
    with (folder / "paper.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (folder / "paper.log").read_text()
        yield Desk(folder, json.loads((folder / "broker.keys").read_text()))
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def until(done: Callable[[], T], seconds: float = 15.0) -> T:
    """What `done` says once it says something."""
    limit = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < limit, f"not within {seconds} s"
        time.sleep(0.02)
    return found


def clean(folder: Path) -> None:
    """Take away the heartbeat that a desk of a test leaves in memory."""
    from flyball.machine.pulse import places

    for place in places(str(folder)):
        if os.path.exists(place):
            os.unlink(place)
