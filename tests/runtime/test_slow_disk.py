"""A disk that is slow now and then is not believed at once: each relapse makes the clean window longer."""

import asyncio
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flyball.kernel.effects import Alert, AskAccount
from flyball.kernel.events import Report
from flyball.kernel.units import NS
from flyball.kernel.words import CLEARED, SET
from flyball.lab.around import Around
from flyball.ports import File
from flyball.runtime.slow_disk import CLEAN, FORGIVEN, LONGEST, SlowDisk
from tests.runtime.live import live
from tests.runtime.test_disk import BOTS, is_latch, trades


def windows(gaps: list[int]) -> list[int]:
    """What has to be clean after each of several latches, so long apart."""
    disk, now, found = SlowDisk(), 10**18, []
    for gap in gaps:
        now += gap
        disk.latch(now)
        assert disk.believed() == now + disk.window
        found.append(disk.window // NS)
    return found


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([0], [60]),
        ([0, 61 * NS, 121 * NS, 241 * NS, 481 * NS, 481 * NS], [60, 120, 240, 480, 480, 480]),
        ([0, FORGIVEN - 1], [60, 120]),
        ([0, FORGIVEN], [60, 60]),
        ([0, 61 * NS, FORGIVEN, 61 * NS], [60, 120, 60, 120]),
    ],
)
def test_each_relapse_within_an_hour_doubles_the_window(gaps: list[int], expected: list[int]) -> None:
    assert windows(gaps) == expected
    assert max(windows(gaps)) * NS <= LONGEST


def test_a_late_sync_while_it_holds_begins_the_window_anew() -> None:
    disk = SlowDisk()
    disk.latch(1_000)
    disk.late(1_000 + CLEAN - 1)
    assert disk.believed() == 1_000 + CLEAN - 1 + CLEAN
    assert disk.window == CLEAN


@dataclass
class NowAndThen:
    """Every so often a sync takes a third of a second."""

    every: float = 1.0  # seconds; at the tests' pace twenty of data
    slow: threading.Event = field(default_factory=threading.Event)
    last: float = 0.0

    def around(self) -> Around:
        return Around(sync=self._sync)

    def _sync(self, file: File) -> None:
        if self.slow.is_set() and time.monotonic() - self.last > self.every:
            time.sleep(0.35)
            self.last = time.monotonic()
        file.sync()


def test_a_disk_that_is_slow_now_and_then_latches_once_and_asks_nobody(tmp_path: Path) -> None:
    """Late every twenty seconds of data for two minutes: one episode, one alert, no storm of questions."""
    disk = NowAndThen()

    async def main() -> None:
        async with live(tmp_path, BOTS, around=disk.around()) as flying:
            await trades(flying)
            asked = len(flying.of(AskAccount))
            disk.slow.set()
            await flying.until(lambda: flying.times(is_latch(SET, "L9a")))
            await asyncio.sleep(4.0)  # longer than the window of a disk that is well again
            assert not flying.times(is_latch(CLEARED, "L9a"))
            assert len([a for a in flying.of(Alert) if a.alert == "latch_L9a"]) == 1
            assert [r.value for r in flying.of(Report) if r.what == "journal"] == ["late"]
            assert len(flying.of(AskAccount)) - asked <= 3, "a minute and more of open orders"
            disk.slow.clear()
            quick = time.monotonic_ns()
            await flying.until(lambda: flying.times(is_latch(CLEARED, "L9a")), 40)
            cleared = flying.times(is_latch(CLEARED, "L9a"))[0]
            assert cleared - quick > 20 * 100_000_000, "a minute of data without a late sync"

    asyncio.run(main())
