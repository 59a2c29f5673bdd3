"""After a restart in real time a bot hears the present risk day again, and of older orders what is new."""

import json
import time
from pathlib import Path
from typing import Any

from flyball.bots.host import Host
from flyball.bots.told import Teller
from flyball.compose.again import retell_today
from flyball.kernel.events import Fill, Instrument, Mark, Session
from flyball.kernel.units import NS
from flyball.machine.spawn import RealSpawn
from flyball.runtime.recover import recover
from tests.runtime.kept import Kept, events, opened

DIARY = Path(__file__).parents[1] / "bots" / "strategies.py"
STORY = events()
LAST = STORY[-1].ts
SECOND = next(e for e in reversed(STORY) if isinstance(e, Session))


def price(at: int) -> Mark:
    return Mark(LAST + at * NS, "MSFT", 238_000 + at * 100, 238_200 + at * 100, 0, 0, 0, "demo", 900 + at)


def heard(host: Host, diary: Path) -> list[dict[str, Any]]:
    """What the bot has noted, once it has been woken."""
    limit = time.monotonic() + 20
    while True:
        host.take(time.time_ns())
        found = [json.loads(line) for line in diary.read_text().splitlines()] if diary.exists() else []
        if any(item["kind"] == "wake" for item in found):
            return found
        assert time.monotonic() < limit, (found, host.ended)
        time.sleep(0.02)


def test_the_present_day_and_only_that(tmp_path: Path) -> None:
    Kept.new(tmp_path / "journal").feed([*STORY, price(1), price(2)]).crash()
    journal = opened(tmp_path / "journal")
    s = recover(journal).governor.state
    assert s.day.day == SECOND.day
    spawn = RealSpawn()
    tellers = [Teller("trend"), Teller("other")]
    hosts = []
    for teller in tellers:
        teller.instruments.update({e.symbol: e for e in STORY if isinstance(e, Instrument)})
        diary = {"path": str(tmp_path / f"{teller.strategy}.jsonl")}
        hosts.append(
            Host(teller.strategy, spawn, f"{DIARY}:Diary", instruments={}, lockstep=False, settings=diary)
        )
    retell_today(hosts, tellers, journal, s)
    journal.close()
    told = []
    try:
        for host, teller in zip(hosts, tellers, strict=True):
            host.tell([{"kind": "wake", "ts": LAST + 3 * NS}], LAST + 3 * NS)
            assert host._arrivals.n == s.cursors.get(f"bot:{teller.strategy}", 0)
            told.append(heard(host, tmp_path / f"{teller.strategy}.jsonl"))
    finally:
        spawn.close()
    for items in told:
        kinds = [item["kind"] for item in items]
        assert kinds[0] == "session"
        assert kinds.count("session") == 1, "the day before was told as well"
        assert set(kinds) == {"session", "mark", "wake"}
        assert min(item["ts"] for item in items) >= SECOND.ts
    assert s.cursors["bot:trend"] > 5, "its numbers go on where they were"

    # An order of the day before is still known, and what was told of it is not told twice.
    trend, other = tellers
    old = next(fill for fill in STORY if isinstance(fill, Fill) and fill.client_id in s.closed_before)
    late = Fill(LAST + 4 * NS, old.client_id, "late", old.symbol, old.side, 1, old.price, 0, 950)
    assert (trend.item(late) or {}).get("kind") == "fill"
    assert trend.item(late) is None
    assert trend.item(old) is None
    assert other.item(late) is None
