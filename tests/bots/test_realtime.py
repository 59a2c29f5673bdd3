"""In real time a bot, whatever it does, holds up nothing: telling, asking and ending take milliseconds."""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.bots.arrivals import ALLOWANCE
from flyball.bots.host import AHEAD, READ_BYTES, Host
from flyball.bots.mailbox import LONGEST
from flyball.bots.told import Item
from flyball.kernel.events import BotDown, Event, Ingress, Intent, Wake
from flyball.machine.spawn import RealSpawn
from tests.bots.drive import NS, downs, host_of, mark

MS = 1_000_000


@pytest.fixture
def spawn() -> Iterator[RealSpawn]:
    one = RealSpawn()
    yield one
    one.close()


def now() -> int:
    return time.time_ns()


def serve(host: Host, seconds: float, items: Callable[[int], list[Item]]) -> tuple[list[Event], list[float]]:
    """A loop that tells and takes every few milliseconds: (events, how long each turn took in ms)."""
    events: list[Event] = []
    turns: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ts = now()
        told = items(ts)
        before = time.perf_counter()
        host.tell(told, ts)
        events += host.take(ts)
        host.next_due()
        host.watch()
        turns.append((time.perf_counter() - before) * 1e3)
        time.sleep(0.002)
    return events, turns


def until(host: Host, enough: Callable[[list[Event]], bool], seconds: float = 10.0) -> list[Event]:
    """Take until it is enough."""
    events: list[Event] = []
    end = time.monotonic() + seconds
    while not enough(events):
        assert time.monotonic() < end, (events, host.ended)
        events += host.take(now())
        time.sleep(0.001)
    return events


def ready(host: Host) -> None:
    """Wait until the bot has answered one harmless item."""
    host.tell([{"kind": "session", "ts": now()}], now())
    end = time.monotonic() + 20
    while host._asked:
        assert time.monotonic() < end
        host.take(now())
        host.tell([], now())
        time.sleep(0.001)


def gone(pid: int) -> bool:
    """True when no such process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def group_gone(pgid: int) -> bool:
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("bot", "why"),
    [
        ("every", None),
        ("spin", ""),
        ("deaf", ""),
        ("sleep", ""),
        ("endless", None),
        ("thousands", None),
        ("flood", None),
        ("small_flood", "sends rubbish"),
        ("noise", "announced a frame of"),
        ("leave", "exited with 3"),
        ("orphan", "exited with 4"),
        ("crash", "killed by SIGSEGV"),
        ("shut", "closed its pipe"),
        ("fail", "10 exceptions in a row"),
        ("quit_politely", "left by itself"),
        ("threads", "left by itself"),
        ("talk", ""),
        ("hog", ""),
        ("family", ""),
        ("Unbuildable", "no model file"),
        ("Mute", "has none of"),
    ],
)
def test_no_bot_holds_anything_up(spawn: RealSpawn, tmp_path: Path, bot: str, why: str | None) -> None:
    """`why`: the reason it is down; "" = it is not; None = either."""
    log = tmp_path / "bot.log"
    host = host_of(spawn, bot, lockstep=False, log=log)
    if bot not in ("Unbuildable", "Mute", "fail", "quit_politely"):
        ready(host)
    pid = host._child.pid
    events, turns = serve(host, 0.8, lambda ts: [mark(ts)])
    assert statistics.quantiles(turns, n=100)[98] < 50, turns
    assert len(downs(events)) == (host.ended != "")
    if why is not None:
        assert (host.ended != "") == (why != "")
        assert why in host.ended
    if host.ended:
        assert isinstance(events[-1], BotDown | Ingress)
    numbers = [event.n for event in events if isinstance(event, Intent | Ingress | BotDown)]
    assert numbers == list(range(numbers[0], numbers[0] + len(events))) if events else not numbers
    begun = time.monotonic()
    host.close()
    assert time.monotonic() - begun < 0.5
    while not group_gone(pid):
        spawn.close(100 * MS)
        assert time.monotonic() - begun < 2
    assert log.stat().st_size <= 8 * 1024 * 1024


def test_a_bots_programs_end_with_it(spawn: RealSpawn, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    host = host_of(spawn, "family", lockstep=False, path=str(pids))
    ready(host)
    host.tell([mark(now())], now())
    end = time.monotonic() + 10
    while not pids.exists() or not pids.read_text():
        assert time.monotonic() < end
        time.sleep(0.01)
    family = json.loads(pids.read_text())
    assert len(family) == 4
    assert not any(gone(pid) for pid in family)
    begun = time.monotonic()
    host.close()
    while not all(gone(pid) for pid in family):
        assert time.monotonic() - begun < 2
        time.sleep(0.01)


def test_a_flood_is_read_within_a_budget_and_journaled_within_the_allowance(spawn: RealSpawn) -> None:
    host = host_of(spawn, "flood", lockstep=False)
    ready(host)
    host.tell([mark(now())], now())
    begun = now()
    events = until(host, lambda events: sum(isinstance(event, Ingress) for event in events) >= 3)
    seconds = (now() - begun) // NS + 2
    assert sum(isinstance(event, Intent) for event in events) <= ALLOWANCE * seconds
    # of what was read, most is a wrong answer: after the first the bot answers what it was not asked
    assert host.ended in ("", "sends rubbish")
    assert host._read_bytes < READ_BYTES + 300_000
    if not host.ended and host.watch() is None:
        assert host.next_due() is not None


def test_floods_of_good_answers_are_counted_second_by_second(spawn: RealSpawn) -> None:
    host = host_of(spawn, "thousands", lockstep=False)
    ready(host)
    events, _ = serve(host, 2.2, lambda ts: [mark(ts)])
    per_second: dict[int, int] = {}
    for event in events:
        if isinstance(event, Intent):
            per_second[event.ts // NS] = per_second.get(event.ts // NS, 0) + 1
    assert max(per_second.values()) <= ALLOWANCE
    reports = [event for event in events if isinstance(event, Ingress)]
    assert len(reports) >= 2
    assert len({event.ts for event in reports}) == len(reports)
    assert all(event.ts % NS == 0 and event.dropped > 1_000 for event in reports[:-1])


def test_a_slow_bot_sees_the_newest_price_and_every_decision(spawn: RealSpawn, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    host = host_of(spawn, "Diary", lockstep=False, path=str(diary), slow=0.05)
    ready(host)
    count = 2_000
    for k in range(count):
        ts = now()
        items = [mark(ts, "AAPL", last=100.0 + k), mark(ts, "BTC/USD", last=500.0 - k / 10)]
        if k % 100 == 0:
            items.append({"kind": "decision", "ts": ts, "intent": f"i{k}"})
        host.tell(items, ts)
        host.take(ts)
    end = time.monotonic() + 20
    while host._asked:
        assert time.monotonic() < end
        host.take(now())
        time.sleep(0.005)
    seen = [json.loads(line) for line in diary.read_text().splitlines()]
    marks = [one for one in seen if one["kind"] == "mark"]
    assert len(marks) < count / 4
    assert host.conflated == 2 * count - len(marks)
    assert [one["intent"] for one in seen if one["kind"] == "decision"] == [
        f"i{k}" for k in range(0, count, 100)
    ]
    apple = [one for one in marks if one["symbol"] == "AAPL"]
    assert apple[-1]["last"] == 100.0 + count - 1
    assert min(one["low"] for one in apple) == 100.0
    assert min(one["low"] for one in marks if one["symbol"] == "BTC/USD") == 500.0 - (count - 1) / 10
    assert max(one["high"] for one in marks if one["symbol"] == "BTC/USD") == 500.0
    assert [one["ts"] for one in seen] == sorted(one["ts"] for one in seen)


def test_a_bot_that_never_reads_is_ended(spawn: RealSpawn) -> None:
    host = host_of(spawn, "sleep", lockstep=False)
    ready(host)
    ts = now()
    host.tell([mark(ts)], ts)
    room = LONGEST + AHEAD * 512
    host.tell([{"kind": "fill", "ts": ts, "intent": ""}] * (room + 1), ts)
    (down,) = host.take(ts)
    assert isinstance(down, BotDown)
    assert "does not read" in down.why


def test_only_prices_never_end_a_bot(spawn: RealSpawn) -> None:
    host = host_of(spawn, "sleep", lockstep=False)
    ready(host)
    ts = now()
    for k in range(LONGEST * 2):
        host.tell([mark(ts + k, last=1.0 + k)], ts + k)
    assert host.ended == ""
    assert host.conflated > LONGEST


def test_a_new_child_is_told_its_past_and_only_its_alarm_counts(spawn: RealSpawn, tmp_path: Path) -> None:
    bot = tmp_path / "past.py"
    bot.write_text(
        "from flyball.bots import Intent, wake_in\n"
        "seen = []\n"
        "def live(event):\n"
        "    seen.append(event)\n"
        "    return [wake_in(1), Intent('AAPL', 'buy', qty=len(seen))] if event.kind != 'wake' else None\n"
    )
    ts = now() - 3_600 * NS
    past: list[Item | Intent | BotDown] = []
    for k in range(1_500):
        past.append(mark(ts + k * NS))
        past.append({"kind": "decision", "ts": ts + k * NS, "intent": f"s1-{k + 1}"})
        past.append(
            Intent(ts + k * NS, f"s1-{k + 1}", ts, "s1", "AAPL", 1, 1, 0, "market", 0, "day", "", "", k + 1)
        )
    past.append(BotDown(ts + 1_501 * NS, "s1", "was ended", 1_501))
    host = host_of(spawn, f"{bot}:live", lockstep=False)
    begun = time.monotonic()
    host.replay(past)
    assert time.monotonic() - begun < 0.5
    host.tell([mark(now())], now())
    events = until(host, lambda events: any(isinstance(event, Wake) for event in events))
    (intent,) = [event for event in events if isinstance(event, Intent)]
    assert intent.n >= 1_502
    assert intent.intent == f"s1-{intent.n}"
    assert 1_500 < intent.qty <= 3_001  # it remembers; prices of long ago were conflated
    assert next(event.n for event in events if isinstance(event, Intent | Wake)) == 1_502


FRAMES = st.one_of(
    st.binary(max_size=200),
    st.integers(0, 2**64 - 1).map(lambda n: b"\x81\xa2re" + b"\xcf" + n.to_bytes(8, "big")),
    st.binary(max_size=100).map(lambda body: b"\x82\xa2re\x01\xa7intents\x91\x92\x00" + body),
    st.binary(max_size=100).map(lambda body: b"\x82\xa2re\x01\xa4wake\x92\x00" + body),
    st.just(b"\x91" * 3_000),
    st.just(b"\x82\xa2re\x01\xa7intents\x91\x92\x00" + b"\x81\xa1a" + b"\x91" * 2_000 + b"\xc0"),
    st.just(b"\x82\xa2re\x01\xa7intents\x91\x92\x00\x81\xa1\xff\x01"),
    st.just(b""),
)


@settings(max_examples=15)
@given(st.lists(FRAMES, max_size=30))
def test_no_bytes_from_a_bot_make_the_host_fail(frames: list[bytes]) -> None:
    spawn = RealSpawn()
    try:
        host = host_of(spawn, "Frames", lockstep=False, frames=[frame.hex() for frame in frames])
        ready(host)
        events, _ = serve(host, 0.05, lambda ts: [mark(ts)])
        while not host.ended and not any(isinstance(event, Intent) for event in events):
            events += until(host, lambda more: bool(host.ended or more))
        assert all(isinstance(event, Intent | Ingress | Wake | BotDown) for event in events)
    finally:
        spawn.close()
