"""P1 with a disk that hangs, fails or is full, in real time on real files: what adds waits or is void, what
reduces and cancels leaves, nothing is forgotten.
"""

import asyncio
import errno
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flyball.api.protocol import Request
from flyball.compose.assembly import CannotStart
from flyball.journal.codec import Record
from flyball.kernel.effects import Cancel, LatchChange, Order
from flyball.kernel.events import Fill, NotSent, Report
from flyball.kernel.words import ACCEPTED, CLEARED, SET
from flyball.lab.around import Around
from flyball.ports import File
from tests.runtime.live import NOON, Live, Timed, live

MS = 1_000_000
MINUTE = 60_000 * MS
LATE = 250 * MS
SLACK = 400 * MS  # two busy cores


@dataclass
class Sick:
    """A journal disk that is well until it is told otherwise."""

    hangs: threading.Event = field(default_factory=threading.Event)  # set: the next sync hangs ...
    heals: threading.Event = field(default_factory=threading.Event)  # ... until this
    hung_at: int = 0
    fails: int = 0  # errno of the next sync
    full: bool = False  # every write is refused
    during: Callable[[], None] | None = None  # done by the next sync that an order waits for, before it syncs

    def around(self) -> Around:
        return Around(write=self._write, sync=self._sync)

    def _write(self, file: File, offset: int, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        file.write(offset, data)

    def _sync(self, file: File) -> None:
        if self.during is not None:
            during, self.during = self.during, None
            during()
        if self.hangs.is_set():
            self.hung_at = self.hung_at or time.monotonic_ns()
            self.heals.wait(8)
        if self.fails:
            raise OSError(self.fails, "Input/output error")
        file.sync()


def adds(sent: Timed) -> bool:
    return isinstance(sent.what, Order) and sent.what.adds


def exits(sent: Timed) -> bool:
    return isinstance(sent.what, Order) and not sent.what.adds


def is_latch(action: str, latch: str) -> Callable[[Record], bool]:
    return lambda r: isinstance(r, LatchChange) and (r.latch, r.action) == (latch, action)


def working(flying: Live) -> set[str]:
    """Entries that rest at the broker."""
    orders = flying.cockpit.governor.state.orders.values()
    return {o.client_id for o in orders if o.intent.startswith("rest") and o.state == ACCEPTED}


def cancelled(flying: Live) -> set[str]:
    return {one.what.client_id for one in flying.sent if isinstance(one.what, Cancel)}


async def trades(flying: Live) -> set[str]:
    """Until it has bought and sold and an entry rests; the entry."""
    await flying.until(lambda: any(map(adds, flying.sent)) and any(map(exits, flying.sent)))
    return await flying.until(lambda: working(flying))


def emergency_of(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "emergency" / "emergency.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


BOTS = {"steady": "Steady", "rests": "Resting"}


def test_a_disk_that_hangs_stops_what_adds_and_nothing_else(tmp_path: Path) -> None:
    sick = Sick()

    async def main() -> None:
        async with live(tmp_path, BOTS, around=sick.around()) as flying:
            resting = await trades(flying)
            sick.hangs.set()
            await flying.until(lambda: flying.times(is_latch(SET, "L9a")))
            hung, latched = sick.hung_at, flying.times(is_latch(SET, "L9a"))[0]
            assert LATE - 20 * MS <= latched - hung <= LATE + SLACK
            await asyncio.sleep(1.7)  # longer than the latch's dwell, 30 s of data
            healed = time.monotonic_ns()
            sick.hangs.clear()
            sick.heals.set()
            await flying.until(lambda: flying.times(is_latch(CLEARED, "L9a")), 40)
            cleared = flying.times(is_latch(CLEARED, "L9a"))[0]
            await flying.until(lambda: any(adds(one) and one.at > cleared for one in flying.sent), 40)
            meanwhile = [one for one in flying.sent if hung < one.at < healed]
            decided = {o.what.client_id: o.at for o in flying.records if isinstance(o.what, Order)}
            left = [o.what.client_id for o in meanwhile if isinstance(o.what, Order) and o.what.adds]
            assert not [order for order in left if decided[order] > hung], "it was never made durable"
            assert not any(adds(one) and one.at > latched for one in meanwhile)
            assert any(map(exits, meanwhile)), "no exit left while the disk hung"
            assert resting <= cancelled(flying), "entries were left working"
            assert not any(adds(one) for one in flying.sent if healed < one.at < cleared)
            reports = [r.value for r in flying.of(Report)]
            assert reports[0] == "late"
            assert reports[-1] == "ok"
            # what waited for the disk is void, said so, and never sent
            void = {event.client_id for event in flying.of(NotSent) if event.why == "LATCH_L9a"}
            assert not void & {one.what.client_id for one in flying.sent if isinstance(one.what, Order)}
            landed = await flying.land()
            assert landed.broken == ""
        said = [record for record in flying.journal() if is_latch(SET, "L9a")(record)]
        assert len(said) == 1, "the latch is in the journal too, once it can be written"
        assert any(e["kind"] == "latch" and e["latch"] == "L9a" for e in emergency_of(tmp_path))
        # the journal knows all that is there, so it keeps nobody from starting
        async with live(tmp_path, BOTS) as again:
            assert any("everything in it is in the journal" in note for note in again.cockpit.notes)

    asyncio.run(main())


def test_a_sync_that_fails_leaves_only_exits_and_the_next_start_asks_for_a_person(tmp_path: Path) -> None:
    sick = Sick()

    async def main() -> None:
        async with live(tmp_path, BOTS, around=sick.around()) as flying:
            resting = await trades(flying)
            failed = time.monotonic_ns()
            sick.fails = errno.EIO
            await flying.until(lambda: flying.times(is_latch(SET, "L9a")))
            await flying.until(
                lambda: (
                    any(exits(one) and one.at > failed + LATE for one in flying.sent)
                    and resting <= cancelled(flying)
                )
            )
            latched = flying.times(is_latch(SET, "L9a"))[0]
            assert not any(adds(one) and one.at > latched for one in flying.sent)
            assert (await flying.say("status")).data["trading_state"] == "REDUCING"
            landed = await flying.land()
        assert "Input/output error" in landed.broken
        await _refuses_to_start(flying, latched)

    asyncio.run(main())


def test_a_full_disk_leaves_only_exits_and_the_next_start_asks_for_a_person(tmp_path: Path) -> None:
    sick = Sick()

    async def main() -> None:
        async with live(tmp_path, BOTS, around=sick.around()) as flying:
            resting = await trades(flying)
            sick.full = True
            await flying.until(lambda: flying.times(is_latch(SET, "L9a")))
            latched = flying.times(is_latch(SET, "L9a"))[0]
            await flying.until(
                lambda: (
                    any(exits(one) and one.at > latched for one in flying.sent)
                    and resting <= cancelled(flying)
                )
            )
            assert not any(adds(one) and one.at > latched for one in flying.sent)
            landed = await flying.land()
        assert "the disk takes no more" in landed.broken
        await _refuses_to_start(flying, latched)
        # everything taken from the refused block on is in the emergency log, in order and whole
        on_disk = len(flying.journal())
        kinds = [one.what.KIND for one in flying.records[on_disk:]]
        assert [entry["kind"] for entry in emergency_of(tmp_path)][: len(kinds)] == kinds

    asyncio.run(main())


async def _refuses_to_start(flying: Live, latched: int) -> None:
    """The exits sent from memory are in the emergency log, and while it lies there nothing starts."""
    known = {entry.get("client_id") for entry in emergency_of(flying.folder)}
    from_memory = {
        one.what.client_id for one in flying.sent if isinstance(one.what, Order) and one.at > latched
    }
    assert from_memory
    assert from_memory <= known

    with pytest.raises(CannotStart, match="act from memory") as why:
        async with live(flying.folder, BOTS, begin=NOON):
            pass
    assert str(flying.folder / "emergency" / "emergency.jsonl") in str(why.value)
    assert "remedy: compare it with the broker, then move the file away" in str(why.value)


def test_after_a_full_disk_a_restart_finds_what_the_journal_never_heard(tmp_path: Path) -> None:
    """The emergency log moved away: exits that left from memory are orders nobody knows. They are found, and
    nothing is added before a person has looked.
    """
    sick = Sick()

    async def full() -> None:
        async with live(tmp_path, BOTS, around=sick.around()) as flying:
            await trades(flying)
            sick.full = True
            latched = (await flying.until(lambda: flying.times(is_latch(SET, "L9a"))))[0]
            await flying.until(lambda: any(exits(one) and one.at > latched for one in flying.sent))
            await asyncio.sleep(0.3)

    async def after() -> None:
        async with live(tmp_path, {"quiet": "Quiet"}) as flying:
            state = flying.cockpit.governor.state
            await asyncio.sleep(1.0)
            assert not any(map(adds, flying.sent))
            truth = flying.cockpit.paper.truth()
            held = {symbol: state.position(symbol) for symbol in state.markets if state.position(symbol)}
            assert held == dict(truth.positions)

    asyncio.run(full())
    (tmp_path / "emergency" / "emergency.jsonl").rename(tmp_path / "looked-at.jsonl")
    asyncio.run(after())


def when_one_waits(sick: Sick, flying: Live, do: Callable[[list[str]], None]) -> None:
    """In the next sync that an order waits for, before it syncs: `do` with the ids that wait."""

    def look() -> None:
        ids = [order.client_id for order, _ in list(flying.cockpit.flight.outbox.waiting)]
        if ids:
            do(ids)
        else:
            sick.during = look

    sick.during = look


def test_an_order_that_grew_old_while_it_waited_for_the_disk_is_not_sent(tmp_path: Path) -> None:
    sick = Sick()

    async def main() -> None:
        waited: list[str] = []

        def too_long(ids: list[str]) -> None:
            waited.extend(ids)
            time.sleep(0.12)  # 24 s of data time; an intent lives for 10

        async with live(tmp_path, {"rests": "Resting"}, pace=200, around=sick.around()) as flying:
            when_one_waits(sick, flying, too_long)
            await flying.until(lambda: flying.of(NotSent))
            assert {event.why for event in flying.of(NotSent)} == {"INTENT_EXPIRED"}
            stopped = {event.client_id for event in flying.of(NotSent)}
            assert set(waited) <= stopped
            assert not stopped & {o.what.client_id for o in flying.sent if isinstance(o.what, Order)}

    asyncio.run(main())


def test_a_latch_set_while_an_order_waits_for_the_disk_keeps_it_here(tmp_path: Path) -> None:
    """The operator's word is taken and answered while the disk works, and what waited for it never leaves."""
    sick = Sick()

    async def main() -> None:
        async with live(tmp_path, BOTS, pace=10, around=sick.around()) as flying:
            await trades(flying)
            waited: list[str] = []
            begun: list[int] = []
            answered: list[int] = []

            def freeze(ids: list[str]) -> None:
                waited.extend(ids)
                begun.append(time.monotonic_ns())
                assert flying.say_now(Request(what="freeze", by="ann", reason="a test")).ok
                answered.append(time.monotonic_ns())

            when_one_waits(sick, flying, freeze)
            await flying.until(lambda: answered)
            await flying.until(lambda: {e.client_id for e in flying.of(NotSent)} >= set(waited))
            assert {e.why for e in flying.of(NotSent) if e.client_id in waited} <= {"L5", "LATCH_L5"}
            assert not set(waited) & {o.what.client_id for o in flying.sent if isinstance(o.what, Order)}
            assert answered[0] - begun[0] < LATE + SLACK
            assert not any(adds(one) and one.at > answered[0] for one in flying.sent)

    asyncio.run(main())


def test_a_quick_disk_is_never_called_slow(tmp_path: Path) -> None:
    """Writing without a pause is not waiting for the disk: each sync takes 40 ms, and there is always
    something newer that is not durable.
    """

    def sync(file: File) -> None:
        time.sleep(0.04)
        file.sync()

    async def main() -> None:
        async with live(tmp_path, BOTS, pace=60, around=Around(sync=sync)) as flying:
            await flying.until(lambda: any(map(adds, flying.sent)) and any(map(exits, flying.sent)))
            await asyncio.sleep(2)
            assert not flying.of(Report)
            assert any(isinstance(one.what, Fill) for one in flying.records)

    asyncio.run(main())
