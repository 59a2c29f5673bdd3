"""Honest journals: the real command is run in a process of its own, and its journal exported.

Each is made once in a test run, however many workers want to read it.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

FLYBALL = str(Path(sys.executable).parent / "flyball")
PATIENCE = 300  # seconds, on a machine that is busy with other tests
LATCHED = ("--first-day", "20081006", "--symbols", "AAPL,MSFT", "--seed", "3", "--sessions", "2")

BOT = '''
import random
from flyball.bots import Intent


class Bot:
    """Asks for everything there is: both sides, parts, too much, resting, at once, by value."""

    def __init__(self, share=10, bias=0.5):
        self.share, self.bias = share, bias

    def on_start(self, info):
        self.chance, self.held = random.Random(info.seed + len(info.strategy)), {}

    def on_fill(self, fill):
        signed = fill.qty if fill.side == "buy" else -fill.qty
        self.held[fill.symbol] = self.held.get(fill.symbol, 0) + signed

    def on_moved(self, moved):
        self.held[moved.symbol] = self.held.get(moved.symbol, 0) + moved.qty

    def on_mark(self, mark):
        chance, symbol, held = self.chance.random(), mark.symbol, int(self.held.get(mark.symbol, 0))
        side = "buy" if self.chance.random() < self.bias else "sell"
        back = "sell" if held > 0 else "buy"
        if chance < 0.15:
            return None
        if chance < 0.25:
            return Intent(symbol, "buy", qty=self.share, limit=round(mark.last * 0.998, 2))
        if chance < 0.35:
            return Intent(symbol, "sell", notional=round(mark.last * self.share * 1.5, 2))
        if 0.45 < chance < 0.5:
            sign = -1 if back == "sell" else 1
            at = round(mark.last * (1 + sign * self.chance.choice((0.0005, 0.002, 0.01, -0.001))), 2)
            return Intent(symbol, back, qty=max(1, abs(held) - self.share), stop=at)
        if 0.5 < chance < 0.53:
            return Intent(symbol, back, type="close")
        if chance < 0.65 and held:
            part = max(1, abs(held) // 3) if chance < 0.45 else abs(held) * (1 + (chance > 0.6))
            return Intent(symbol, back, qty=part)
        if chance < 0.75:
            return Intent(symbol, side, qty=self.share * 50)
        if chance < 0.85:
            ioc = Intent(symbol, "buy", qty=self.share + 1, tif="ioc", limit=round(mark.last * 1.001, 2))
            return [Intent(symbol, "buy", qty=self.share), ioc]
        return Intent(symbol, side, qty=self.share)
'''
ACTIONS = """at,what,symbol,ratio,to,cash,cost,id,why
2016-04-18T19:40:30Z,flow,,,,5000,,,deposit
2016-04-19,cash_dividend,AAA,,,0.5,,,
2016-04-19,split,BBB,3:1,,,,,
2016-04-19T19:50:30Z,flow,,,,-2500.55,,,withdrawal
"""
CONFIG = """profile = "demo"
[account]
tag = "shop"
equity = "$100,000"
[session]
flat_by = "{flat_by}"
[limits]
max_daily_loss = "$900"
drawdown_caution = "0.02%"
drawdown_restrict = "0.9%"
drawdown_halt = "3%"
fee_rate = "1 bps"
message_rate = 10
max_gross = "40%"
[limits.symbol.AAA]
max_order_notional = "$6,000"
[limits.strategy.fade]
max_daily_loss = "0.8%"
[broker.paper]
timeout_ratio = "8%"
late_ratio = "8%"
duplicate_ratio = "10%"
partial_ratio = "40%"
[feed]
file = "bars.csv"
actions = "actions.csv"
stamp = "start"
[strategy.trend]
bot = "bot.py:Bot"
[strategy.trend.settings]
share = 20
bias = 0.8
[strategy.fade]
bot = "bot.py:Bot"
on_excess = "refuse"
[strategy.fade.settings]
share = 15
bias = 0.3
"""


def run(*words: str) -> str:
    done = subprocess.run([FLYBALL, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stderr}\n{done.stdout}"
    return done.stdout


def export(folder: Path) -> str:
    return run("journal", "export", "--dir", str(folder))


def demo(folder: Path, *options: str) -> str:
    run("demo", "--json", "--dir", str(folder), *options)
    return export(folder)


def killed(folder: Path, orders: tuple[int, ...], *options: str) -> str:
    """A demo that is killed whenever its broker's file has so many lines, and then flown to its end."""
    for lines in orders:
        process = subprocess.Popen(
            [FLYBALL, "demo", "--json", "--dir", str(folder), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        broker = folder / "paper.broker"
        while process.poll() is None and not (broker.exists() and broker.read_bytes().count(b"\n") >= lines):
            time.sleep(0.002)
        process.kill()
        process.wait()
    return demo(folder, *options)


def bars(minutes: int = 30) -> str:
    """The last minutes of two sessions, two symbols, and one print that nobody should believe."""
    chance = random.Random(5)
    price = {"AAA": 100.0, "BBB": 40.0}
    rows = ["time,symbol,open,high,low,close,volume"]
    for day in ("2016-04-18", "2016-04-19"):
        for minute in range(60 - minutes, 60):
            for symbol, before in price.items():
                close = round(before * (1 + chance.gauss(0, 0.0015)), 2)
                high = round(max(before, close) * (1 + abs(chance.gauss(0, 0.0005))), 2)
                low = round(min(before, close) * (1 - abs(chance.gauss(0, 0.0005))), 2)
                price[symbol] = close
                if (day, minute, symbol) == ("2016-04-19", 45, "AAA"):
                    high = close = round(before * 1.2, 2)
                figures = ",".join(f"{one:.2f}" for one in (before, high, low, close))
                rows.append(f"{day}T19:{minute:02}:00Z,{symbol},{figures},100")
    return "\n".join(rows) + "\n"


def shop(folder: Path, flat_by: str) -> str:
    """Two strategies at one account, a moody broker, a deposit, a dividend, a split."""
    folder.mkdir()
    texts = {"bot.py": BOT, "actions.csv": ACTIONS, "bars.csv": bars()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "flyball.toml").write_text(CONFIG.format(flat_by=flat_by), encoding="utf-8")
    run("run", "--json", "--config", str(folder / "flyball.toml"))
    return export(folder)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], str]) -> list[str]:
    """The lines of a journal."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    kept = root / f"auditor-{name}.jsonl"
    with FileLock(root / f"auditor-{name}.lock"):
        if not kept.exists():
            text = make(root / f"auditor-{name}")
            kept.write_text(text, encoding="utf-8")
    return kept.read_text(encoding="utf-8").splitlines()
