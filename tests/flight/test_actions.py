"""A run with dated actions and flows: the governor's books and the paper broker's account stay the same
through them, and a run that is flown again from its journal goes on behind them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flyball.journal.replay import read
from flyball.kernel.events import Account, Action, Flow
from flyball.machine.disk import RealDisk

FLYBALL = (sys.executable, "-I", "-c", "from flyball.main import cli; cli()")
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
actions = "actions.csv"
[limits]
max_order_notional = "$10,000"
max_position_notional = "$10,000"
max_gross = "$10,000"
max_net = "$10,000"
max_overnight_exposure = "$10,000"
max_daily_loss = "$5,000"
max_daily_turnover = "$50,000"
max_daily_cost = "$50"
[broker.paper]
partial_ratio = "0%"
timeout_ratio = "0%"
late_ratio = "0%"
duplicate_ratio = "0%"
[strategy.hold]
bot = "bot.py:Hold"
"""
BOT = """\
from flyball.bots import Intent


class Hold:
    def __init__(self):
        self.done = False

    def on_mark(self, mark):
        if not self.done and mark.symbol == "OLD":
            self.done = True
            return Intent("OLD", "buy", qty=15)
"""
ACTIONS = """\
at,what,symbol,ratio,to,cash,cost,id,why
2016-04-14T15:00:00Z,flow,,,,2500,,,paid in
2016-04-15,split,OLD,1:10,,1000,,,
2016-04-16,cash_dividend,OLD,,,1.25,,,
2016-04-18,symbol_change,OLD,,NEW,,,,
"""
DAYS = {"14": ("OLD", 100.0), "15": ("OLD", 1000.0), "18": ("NEW", 1000.0)}


def bars() -> str:
    rows = ["time,symbol,open,high,low,close,volume"]
    for day, (symbol, price) in DAYS.items():
        for minute in range(5, 391, 5):
            hour, rest = divmod(13 * 60 + 30 + minute, 60)
            close = price + minute % 3 * price / 10_000
            prices = f"{price:.2f},{close:.2f},{price:.2f},{close:.2f}"
            rows.append(f"2016-04-{day} {hour:02}:{rest:02}:00,{symbol},{prices},1000")
    return "\n".join(rows) + "\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    for name, text in {
        "flyball.toml": CONFIG,
        "bot.py": BOT,
        "actions.csv": ACTIONS,
        "bars.csv": bars(),
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def flown(desk: Path, code: int = 0) -> dict[str, Any]:
    words = [*FLYBALL, "run", "--config", str(desk / "flyball.toml"), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout)) if code == 0 else {"said": done.stderr}


def test_books_and_account_stay_the_same(desk: Path) -> None:
    told = flown(desk)
    records = [record for _, record in read(RealDisk(str(desk / "journal")))]
    assert [(r.what, r.n) for r in records if isinstance(r, Action)] == [
        ("split", 1),
        ("cash_dividend", 2),
        ("symbol_change", 3),
    ]
    assert [r.amount for r in records if isinstance(r, Flow)] == [2_500_000_000]
    last = [r for r in records if isinstance(r, Account)][-1]
    assert last.positions == (("NEW", 1),)
    assert not [r for r in records if r.KIND == "divergence"]
    assert not [r for r in records if getattr(r, "latch", "") == "L7"]
    # 15 at about 100, half of one new share paid at 1,000, a dividend of 1.25 on one share
    assert abs(float(told["pnl"])) < 20
    again = flown(desk)
    assert again["journal"]["book_hash"] == told["journal"]["book_hash"]


def test_another_list_is_another_account(desk: Path) -> None:
    flown(desk)
    (desk / "actions.csv").write_text(ACTIONS.replace("2500", "2501"))
    assert "belongs to account" in flown(desk, 1)["said"]


def test_a_list_that_is_none_is_named(desk: Path) -> None:
    (desk / "actions.csv").write_text(ACTIONS.replace("1:10", "ten"))
    assert "actions.csv: line 3: ratio: 'ten'" in flown(desk, 2)["said"]
    (desk / "actions.csv").unlink()
    assert "feed.actions" in flown(desk, 2)["said"]
