"""`panic --direct` as a process against the paper broker as a process."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sentinel.desk import NO_DISK, SYMBOLS, Desk, broker, make

LONGS_AND_SHORTS = {symbol: (30 if n % 3 else -20) for n, symbol in enumerate(SYMBOLS)}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with broker(make(tmp_path_factory.mktemp("desk"))) as found:
        yield found


def test_a_hundred_orders_and_ten_positions_in_forty_calls(desk: Desk) -> None:
    desk.hold(LONGS_AND_SHORTS, orders=100)
    rehearsed = desk.panic("--dry-run")
    told = json.loads(rehearsed.stdout)
    assert (rehearsed.returncode, told["would_cancel"], len(told["would_send"])) == (0, 100, 10)
    assert (len(desk.open_orders()), desk.positions()) == (100, LONGS_AND_SHORTS)
    run = desk.panic()
    assert run.returncode == 0, run.stderr + run.stdout
    told = json.loads(run.stdout)
    assert told["outcome"] == "flat confirmed"
    assert told["cancelled"] == 100
    assert told["calls"] <= 40
    assert (desk.open_orders(), desk.positions()) == ([], {})
    desk.never_through_zero(LONGS_AND_SHORTS)
    assert desk.call("GET", "/v2/account/configurations")[1]["no_shorting"] is False


def test_killed_anywhere_and_pressed_again_nothing_doubles(desk: Desk) -> None:
    desk.hold({"S1": 50, "S2": -40}, orders=5)
    before = {o["client_order_id"] for o in desk.closed_orders()}
    command = desk.command("panic", "--direct", "--keys", str(desk.folder / "broker.keys"))
    for pause in (0.4, 0.5, 0.65):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
    pressed = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [process.wait(60) for process in pressed] == [0, 0]
    assert (desk.open_orders(), desk.positions()) == ([], {})
    ours = [o for o in desk.closed_orders() if o["client_order_id"] not in before]
    filled = {"S1": 0, "S2": 0}
    for o in ours:
        if o["client_order_id"].startswith("fbx-"):
            filled[o["symbol"]] += int(o["filled_qty"])
    assert filled == {"S1": 50, "S2": 40}
    assert desk.call("PATCH", "/v2/account/configurations", {"no_shorting": False})[0] == 200


def test_with_no_disk_to_write_to_and_the_lock_last(desk: Desk) -> None:
    desk.hold({"S5": -10})
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    run = desk.panic("--lock", before=NO_DISK, env=env, cwd="/")
    told = json.loads(run.stdout)
    assert (run.returncode, told["outcome"], told["locked"]) == (0, "flat confirmed", True), run.stderr
    order = {"symbol": "S4", "side": "buy", "qty": "1", "type": "market", "time_in_force": "day"}
    status, said = desk.call("POST", "/v2/orders", order)
    assert (status, said["code"]) == (403, 40310000)
    desk.call("PATCH", "/v2/account/configurations", {"suspend_trade": False})


def test_keys_by_descriptor(desk: Desk) -> None:
    read, write = os.pipe()
    os.write(write, (desk.folder / "broker.keys").read_bytes())
    os.close(write)
    command = desk.command("panic", "--direct", "--keys-fd", str(read), "--dry-run")
    run = subprocess.run(command, capture_output=True, text=True, pass_fds=(read,), check=False)
    os.close(read)
    assert run.returncode == 0, run.stderr
    assert "DRY RUN" in run.stdout


@pytest.mark.parametrize(
    ("change", "mode", "code", "says"),
    [
        ({}, 0o640, 2, "chmod 600"),
        ({"account": "PA-other"}, 0o600, 2, "PA-other"),
        ({"secret": "wrong"}, 0o600, 2, "refuses these keys"),
        ({"secret": None}, 0o600, 2, "secret is missing"),
        ({"url": "http://127.0.0.1:1"}, 0o600, 3, "no answer"),
        ({"url": "http://203.0.113.1"}, 0o600, 2, "https"),
    ],
)
def test_what_it_does_not_begin_with(
    desk: Desk, tmp_path: Path, change: dict[str, str | None], mode: int, code: int, says: str
) -> None:
    file = tmp_path / "keys"
    file.write_text(json.dumps({**desk.keys, **change}))
    file.chmod(mode)
    run = subprocess.run(
        desk.command("panic", "--direct", "--keys", str(file)), capture_output=True, text=True, check=False
    )
    assert run.returncode == code
    assert says in run.stdout + run.stderr
    assert desk.keys["secret"] not in run.stdout + run.stderr
