"""The paper broker in a process of its own, against a governor that is killed for real: it lives on, nothing
is lost, nothing comes twice, and a flattening that is killed again and again ends flat with exactly the right
quantity."""

import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flyball.kernel.effects import Flat, LatchChange, Order
from flyball.kernel.events import Epoch, Fill, Report
from flyball.kernel.units import NS
from tests.broker.desk_process import DeskProcess, until
from tests.flight.demo import same_order_again

KILLS = 10
SPARSE = "2016-04-15T09:42:00"
PIECES = 'partial_ratio = "100%"\npartial_pieces_min = 10\npartial_pieces_max = 10'


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[list[DeskProcess]]:
    made: list[DeskProcess] = []
    yield made
    for desk in made:
        desk.close()


def test_ten_kills_in_the_middle_of_getting_flat(tmp_path: Path, desks: list[DeskProcess]) -> None:
    """P4, P8, P9 and Done 2 of issue 4: killed ten times while it flattens, it ends flat, exactly."""
    desk = DeskProcess(tmp_path, pace="30x", paper=PIECES)
    desks.append(desk)
    desk.start_paper()
    desk.start_governor()
    until(lambda: len(desk.positions()) == 2, "it holds both")
    until(lambda: desk.call("GET", "/v2/clock")[1]["timestamp"] > SPARSE, "prices have become rare")
    panicked = desk.run_once("panic", "--dir", str(tmp_path), "--reason", "drill")
    assert panicked.returncode == 0, panicked.stderr
    socket = tmp_path / "run" / "governor.sock"
    seen: list[dict[str, int]] = []
    for number in range(KILLS):
        # right behind the panic, then ever later in a life, now and then before it is up
        time.sleep((0.0, 0.05, 0.15, 0.3)[number % 4])
        seen.append(desk.positions())
        desk.kill_governor()
        inode = socket.stat().st_ino
        desk.start_governor()
        if number % 3 != 2:
            until(lambda before=inode: socket.stat().st_ino != before, "it is up again")  # type: ignore[misc]
    assert all(seen), f"it was flat before it was killed for the last time: {seen}"
    # the rest at a pace that ends: the broker's time goes on where it was
    desk.kill_governor()
    assert desk.stop("paper")[0] == 0
    desk.pace = "600x"
    desk.start_paper()
    desk.start_governor()
    until(lambda: not desk.positions(), "flat at the broker")
    until(lambda: any(f.confirmed for f in flats(desk)), "flat confirmed in the journal")
    assert desk.call("GET", "/v2/orders?status=open")[1] == []
    filled = desk.filled()
    paths = positions_after(filled)
    assert sorted(paths) == ["AAPL", "MSFT"]
    for symbol, path in paths.items():
        assert max(path) >= 1
        assert path[-1] == 0
        assert min(path) == 0, f"{symbol} went through zero: {path}"
    code, said = desk.stop("governor")
    assert code == 0, said
    records = desk.records()
    starts = len([r for r in records if isinstance(r, Epoch)])
    assert KILLS - 3 < starts <= KILLS + 2  # three were killed before they were up
    assert same_order_again(records) == []
    ids = [o["client_id"] for o in desk.at_the_broker()]
    assert len(ids) == len(set(ids))
    assert set(ids) <= {r.client_id for r in records if isinstance(r, Order)}
    fills = {r.fill_id: r.side * r.qty for r in records if isinstance(r, Fill)}
    assert sum(fills.values()) == 0
    bought = sum(int(o["filled_qty"]) for o in filled if o["side"] == "buy")
    assert sum(q for q in fills.values() if q > 0) == bought


def positions_after(filled: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Each symbol's position at the broker after each of its orders, oldest first."""
    held: dict[str, list[int]] = {}
    for o in filled:
        path = held.setdefault(o["symbol"], [0])
        path.append(path[-1] + (1 if o["side"] == "buy" else -1) * int(o["filled_qty"]))
    return held


def flats(desk: DeskProcess) -> list[Flat]:
    return [r for r in desk.records() if isinstance(r, Flat)]


def test_a_broker_that_hangs_stops_adding_and_doubles_nothing(
    tmp_path: Path, desks: list[DeskProcess]
) -> None:
    """Stopped for three seconds, then killed and started again: what adds waits for it, and it goes on."""
    quiet = 'partial_ratio = "0%"'
    desk = DeskProcess(tmp_path, pace="20x", orders=1_000, qty=1, every=3, paper=quiet, dense=400)
    desks.append(desk)
    desk.start_paper()
    desk.start_governor()
    until(lambda: sum(desk.positions().values()) >= 2, "it trades")
    assert desk.paper is not None
    desk.paper.send_signal(signal.SIGSTOP)
    until(lambda: broker_latch(desk) == "set", "the governor notices")
    time.sleep(2)
    desk.paper.send_signal(signal.SIGCONT)
    until(lambda: broker_latch(desk) == "cleared", "it trusts it again")
    desk.stop("paper", signal.SIGKILL)
    until(lambda: broker_latch(desk) == "set", "the governor notices that it is gone")
    time.sleep(1)
    desk.start_paper()
    until(lambda: broker_latch(desk) == "cleared", "it trusts the new one")
    traded = len(desk.at_the_broker())
    until(lambda: len(desk.at_the_broker()) > traded, "it trades again")
    there = desk.call("GET", "/v2/clock")[1]["timestamp"]
    ours = desk.records()[-1].ts
    apart = ours / NS - datetime.fromisoformat(there).timestamp()
    assert abs(apart) < 15, f"its clock is {apart} s behind the governor's"
    code, said = desk.stop("governor")
    assert code == 0, said
    records = desk.records()
    words = [(r.value, r.ts) for r in records if isinstance(r, Report) and r.what == "broker"]
    assert [word for word, _ in words][:5] == [
        "ok", "down", "ok", "down", "ok",
    ]  # fmt: skip
    for (_, down), (_, back) in (words[1:3], words[3:5]):
        silent = [o["client_id"] for o in desk.at_the_broker() if down < o["ts"] < back]
        assert silent == [], "what adds was kept for a broker that did not answer"
    assert same_order_again(records) == []
    ids = [o["client_id"] for o in desk.at_the_broker()]
    assert len(ids) == len(set(ids))
    told = {r.fill_id for r in records if isinstance(r, Fill)}
    orders = desk.call("GET", "/v2/orders?status=closed&limit=500")[1]
    filled = {o["client_order_id"] for o in orders if o["filled_qty"] != "0"}
    missing = filled - {r.client_id for r in records if isinstance(r, Fill)}
    assert len(missing) <= 2, f"fills nobody told of: {missing}"  # of the last moment
    assert len(told) == len({(r.client_id, r.fill_id) for r in records if isinstance(r, Fill)})


def broker_latch(desk: DeskProcess) -> str:
    """What became of L7 last."""
    changes = [r.action for r in desk.records() if isinstance(r, LatchChange) and r.latch == "L7"]
    return changes[-1] if changes else ""


def test_what_does_not_fit_together_is_said(tmp_path: Path, desks: list[DeskProcess]) -> None:
    desk = DeskProcess(tmp_path, pace="60x")
    desks.append(desk)
    config = str(desk.config)
    alone = desk.run_once("run", "--config", config, "--pace", "60x")
    assert alone.returncode == 1
    assert f"flyball paper --config {config}" in alone.stderr
    endless = desk.run_once("run", "--config", config)
    assert endless.returncode == 2
    assert "feed.pace" in endless.stderr
    desk.start_paper()
    other = desk.run_once("run", "--config", config, "--pace", "30x")
    assert other.returncode == 1
    assert "60x" in other.stderr
    desk.config.write_text(desk.config.read_text().replace('process = "own"', 'process = "inside"'))
    inside = desk.run_once("run", "--config", config, "--pace", "60x")
    assert inside.returncode == 1
    assert "paper account open" in inside.stderr
    second = desk.run_once("paper", "--config", config, "--pace", "60x")
    assert second.returncode == 1


def test_what_a_stranger_trades_is_found_and_flattened_with_the_rest(
    tmp_path: Path, desks: list[DeskProcess]
) -> None:
    """An order through the door is in the account and in no strategy's book; a panic includes it."""
    desk = DeskProcess(tmp_path, pace="30x", orders=1, qty=5, paper='partial_ratio = "0%"', dense=400)
    desks.append(desk)
    desk.start_paper()
    desk.start_governor()
    until(lambda: len(desk.positions()) == 1, "the bot has bought")
    (own,) = desk.positions()
    foreign = {"AAPL": "MSFT", "MSFT": "AAPL"}[own]
    order = {"symbol": foreign, "qty": "7", "side": "buy", "type": "market", "time_in_force": "day"}
    assert desk.call("POST", "/v2/orders", {**order, "client_order_id": "mine"})[0] == 200
    resting = {**order, "qty": "1", "type": "limit", "limit_price": "1"}
    assert desk.call("POST", "/v2/orders", resting)[0] == 200
    until(lambda: desk.positions() == {own: 5, foreign: 7}, "the stranger's order is filled")
    until(lambda: any(isinstance(r, Fill) and r.client_id == "mine" for r in desk.records()), "it is told")
    assert desk.run_once("panic", "--dir", str(tmp_path), "--reason", "drill").returncode == 0
    until(lambda: not desk.positions(), "flat at the broker")
    until(lambda: any(f.confirmed for f in flats(desk)), "flat confirmed in the journal")
    assert desk.call("GET", "/v2/orders?status=open")[1] == []
    assert desk.stop("governor")[0] == 0
    for path in positions_after(desk.filled()).values():
        assert min(path) == path[-1] == 0
