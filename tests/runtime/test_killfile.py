"""The kill file in a governor that flies: in a flood of intents, at a start, and against a clear."""

import asyncio
import time
from pathlib import Path

from flyball.kernel.effects import LatchChange
from flyball.kernel.events import Command
from flyball.kernel.units import NS
from tests.runtime.live import Live, live

FLOOD = {"steady": "Steady", "flood": 'Misbehaves?how = "floods"'}
QUIET = {"quiet": "Quiet"}
PAUSE = 0.7  # seconds in which a file that comes or goes has been seen


def panics(flying: Live) -> list[tuple[str, int, int]]:
    return [(c.by, c.uid, c.n) for c in flying.of(Command) if c.what == "panic"]


def test_it_is_seen_within_a_second_while_a_bot_floods(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, FLOOD) as flying:
            await flying.until(lambda: len(flying.records) > 500)
            begin = time.monotonic_ns()
            (tmp_path / "PANIC").touch()
            set_at = await flying.until(
                lambda: flying.times(lambda r: isinstance(r, LatchChange) and r.latch == "L4")
            )
            assert set_at[0] - begin < NS
            await asyncio.sleep(PAUSE)
            assert panics(flying) == [("kill file", -1, 0)]  # once, however long it lies there

    asyncio.run(main())


def test_a_start_begins_panicked_and_only_who_takes_it_away_may_clear(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "PANIC").mkdir()  # whatever it is
        async with live(tmp_path, QUIET, pace=400) as flying:
            await flying.until(lambda: panics(flying))
            refused = await flying.say("clear", latch="L4", secret=flying.secret)
            assert refused.error is not None
            assert "kill file is there; remove it first" in refused.error.message
            (tmp_path / "PANIC").rmdir()
            await asyncio.sleep(PAUSE)
            status = await flying.say("status")
            assert "L4" in str(status.data["latches"])  # gone, it clears nothing
            cleared = await flying.say("clear", latch="L4", secret=flying.secret)
            assert cleared.ok, cleared.error
            (tmp_path / "PANIC").touch()
            await flying.until(lambda: len(panics(flying)) == 2)

    asyncio.run(main())


def test_without_one_nothing_is_asked(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, QUIET) as flying:
            await asyncio.sleep(PAUSE)
            assert panics(flying) == []

    asyncio.run(main())
