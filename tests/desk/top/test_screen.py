"""What a tired person reads at 15:54."""

from typing import Any

import pytest
from rich.console import Console

from flyball.desk.top.screen import screen
from flyball.desk.top.words import countdown, dollars, used

STATUS: dict[str, Any] = {
    "mode": "paper",
    "broker": "paper",
    "account": "main",
    "epoch": 3,
    "ts": "2016-04-15T19:54:12.000000000Z",
    "venue": "XNYS",
    "session_open": True,
    "close_in_s": 348,
    "ladder": {"next": "flattening begins", "at": "2016-04-15T19:55:00.000000000Z", "in_s": 48},
    "trading_state": "HALTED",
    "equity": "98123.45",
    "day_pnl": "-412.5",
    "drawdown_ppm": 4_125,
    "scale_percent": 25,
    "positions": [{"strategy": "mybot", "symbol": "AAPL", "qty": "30", "value": "3300", "day_pnl": "-12.25"}],
    "orders": [
        {
            "order": "fbmain-3-9-mybot-1",
            "author": "L4",
            "strategy": "mybot",
            "symbol": "AAPL",
            "side": "sell",
            "qty": "30",
            "filled": "0",
            "limit": "109.5",
            "state": "IN_DOUBT",
        }
    ],
    "latches": [
        {
            "latch": "L4",
            "title": "panic",
            "scope": "account",
            "state": "HALTED",
            "positions": "flatten",
            "by": "ann",
            "reason": "it buys what it should sell",
            "since": "2016-04-15T19:53:58.000000000Z",
            "clears": "operator; restarts at 25, 50, 100%",
        }
    ],
    "flattenings": [
        {
            "why": "L4",
            "scope": "account",
            "since": "2016-04-15T19:53:58.000000000Z",
            "attempts": 1,
            "paged": False,
        }
    ],
    "fault": "",
}
LIMITS: dict[str, Any] = {
    "limits": [
        {"control": "C3.max_gross", "value": "10000", "limit": "50000", "room": "40000"},
        {"control": "C6.max_daily_loss", "value": "412.5", "limit": "400", "room": "-12.5"},
        {"control": "C3.max_net", "value": "1", "limit": None, "room": None},
    ]
}


def told(status: dict[str, Any] | None = None, **more: Any) -> str:
    console = Console(width=100, record=True, file=None, force_terminal=False)
    with console.capture() as out:
        console.print(screen({**STATUS, **(status or {})}, LIMITS, **more))
    return out.get()


def test_the_first_lines_say_state_time_and_what_comes_next() -> None:
    first, second = told().splitlines()[:2]
    assert "HALTED" in first
    assert second.startswith("15:54:12 New York time   close in 5:48   flattening begins in 0:48")


def test_every_latch_says_who_when_why_what_and_how_it_ends() -> None:
    text = told()
    assert "L4 panic on account: the governor gets flat" in text
    assert "ann, 15:53:58 New York time: it buys what it should sell" in text
    assert "ends by: operator; restarts at 25, 50, 100%" in text
    assert "GETTING FLAT   L4 on account since 15:53:58 New York time: 1 attempt" in text


def test_the_fullest_limit_stands_first_and_one_without_a_value_is_left_out() -> None:
    rows = [line for line in told().splitlines() if " left" in line]
    assert [row.split()[0] for row in rows] == ["max_daily_loss", "max_gross"]
    assert "103%" in rows[0]


def test_money_is_what_the_governor_said() -> None:
    text = told()
    assert "98,123.45" in text
    assert "-412.50" in text
    assert "0.41%" in text
    assert "new orders at 25%" in text


def test_a_silent_governor_stands_above_everything_else() -> None:
    text = told(silent_s=12.4, remedy="flyball runbook panic")
    assert text.startswith(" NO ANSWER FOR 12 s ")
    assert "flyball runbook panic" in text.splitlines()[0]


def test_flat_and_quiet_says_so() -> None:
    quiet = {"positions": [], "orders": [], "latches": [], "flattenings": [], "trading_state": "ACTIVE"}
    text = told({**quiet, "close_in_s": None, "ladder": None})
    for words in ("the market is closed", "no latch is set", "\nflat", "nothing works at the broker"):
        assert words in text


def test_a_long_table_is_cut_and_says_by_how_much() -> None:
    many = [{**STATUS["positions"][0], "symbol": f"S{n:03}"} for n in range(40)]
    text = told({"positions": many})
    assert "and 28 more" in text
    assert "S012" not in text


def test_a_stop_shows_its_price() -> None:
    text = told({"orders": [{**STATUS["orders"][0], "limit": None, "stop": "98.5"}]})
    assert "stop 98.5" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (-5, "0:00"), (59, "0:59"), (60, "1:00"), (3_661, "1:01:01")]
)
def test_countdowns(seconds: int, text: str) -> None:
    assert countdown(seconds) == text


@pytest.mark.parametrize(
    ("value", "limit", "part"),
    [
        ("0", "10", 0.0),
        ("-3", "10", 0.0),
        ("10", "10", 1.0),
        ("12", "10", 1.2),
        ("1", None, None),
        ("1", "0", None),
    ],
)
def test_how_much_of_a_limit_is_used(value: str, limit: str | None, part: float | None) -> None:
    assert used(value, limit) == part


def test_no_number_is_a_dash() -> None:
    assert (dollars(None), dollars(""), dollars("0", sign=True)) == ("–", "–", "+0.00")
