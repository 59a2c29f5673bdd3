"""The second place of latches: what the journal's disk does not make durable in time is written elsewhere."""

import asyncio
import errno
from pathlib import Path

import pytest

from flyball.journal.codec import Record
from flyball.journal.emergency import EmergencyLog
from flyball.kernel.effects import Alert, LatchChange
from flyball.kernel.words import SET
from flyball.machine.disk import RealDisk
from flyball.runtime.second import SecondPlace
from flyball.runtime.sequencer import Taken
from tests.journal.faulty import Fault, FaultyDisk, InlineSyncer, no_space
from tests.runtime.live import live
from tests.runtime.test_disk import BOTS, Sick, emergency_of, is_latch, trades

PATIENCE = 250


def latch(scope: str, action: str = "set") -> LatchChange:
    return LatchChange(5, "L5", action, scope, "HALTED", "exits", "ann", "a test", "operator")


def taken(token: int, *records: Record) -> Taken:
    return Taken(list(records), [], token)


@pytest.fixture
def place(tmp_path: Path) -> SecondPlace:
    return SecondPlace(EmergencyLog(RealDisk(str(tmp_path)), syncer=InlineSyncer()))


def scopes(place: SecondPlace) -> list[object]:
    assert place.log is not None
    return [entry["scope"] for entry in place.log.entries()]


@pytest.mark.parametrize(
    ("durable", "waited", "repeated"),
    [
        (6, PATIENCE, []),
        (6, PATIENCE + 1, ["a"]),  # not durable, and late
        (7, PATIENCE + 1, []),  # late, and durable by now
        (8, PATIENCE + 1, []),
        (-1, 10 * PATIENCE, ["a"]),
    ],
)
def test_what_is_not_durable_in_time_is_repeated(
    place: SecondPlace, durable: int, waited: int, repeated: list[object]
) -> None:
    place.take(taken(7, latch("a")), 1_000)
    place.look(durable, 1_000 + waited, PATIENCE)
    assert scopes(place) == repeated


def test_once_in_order_and_nothing_but_latches(place: SecondPlace) -> None:
    place.take(taken(3, latch("a"), Alert(5, "x", "info", "no latch"), latch("a", "cleared")), 1_000)
    place.take(taken(9, latch("b")), 1_100)
    for now in (1_251, 1_252, 1_300):
        place.look(2, now, PATIENCE)
    assert scopes(place) == ["a", "a"]
    assert place.log is not None
    assert [entry["action"] for entry in place.log.entries()] == ["set", "cleared"]
    place.look(2, 1_351, PATIENCE)
    assert scopes(place) == ["a", "a", "b"]
    assert {entry["kind"] for entry in place.log.entries()} == {"latch"}


def test_when_to_look_again(place: SecondPlace) -> None:
    assert place.due(PATIENCE) is None
    place.take(taken(3, latch("a")), 1_000)
    place.take(taken(4, latch("b")), 1_100)
    assert place.due(PATIENCE) == 1_251
    place.look(3, 1_200, PATIENCE)
    assert place.due(PATIENCE) == 1_351
    place.look(4, 1_200, PATIENCE)
    assert place.due(PATIENCE) is None


def test_a_batch_that_was_never_written_is_there_already(place: SecondPlace) -> None:
    place.take(taken(-1, latch("a")), 1_000)
    place.look(-1, 9_000, PATIENCE)
    assert scopes(place) == []


def test_without_a_second_place_nothing_waits() -> None:
    place = SecondPlace(None)
    place.take(taken(3, latch("a")), 1_000)
    place.look(-1, 9_000, PATIENCE)
    assert place.due(PATIENCE) is None


def test_a_second_place_that_fails_stops_nothing(tmp_path: Path) -> None:
    place = SecondPlace(EmergencyLog(FaultyDisk(str(tmp_path), Fault(at=1, error=no_space()))))
    place.take(taken(3, latch("a")), 1_000)
    place.look(-1, 9_000, PATIENCE)
    assert place.log is not None
    assert "No space left" in place.log.failed
    assert place.due(PATIENCE) is None


def test_a_latch_that_waits_while_the_sync_fails_is_in_the_second_place(tmp_path: Path) -> None:
    """The page cache has it, and power may take it away."""
    sick = Sick()

    async def main() -> None:
        async with live(tmp_path, BOTS, around=sick.around()) as flying:
            await trades(flying)
            sick.hangs.set()
            await flying.until(lambda: sick.hung_at)
            reply = await flying.say("freeze", scope="symbol:BBB")
            assert reply.ok
            sick.fails = errno.EIO
            sick.heals.set()
            await flying.until(lambda: flying.times(is_latch(SET, "L9a")))
            told = [e for e in emergency_of(tmp_path) if e["kind"] == "latch"]
            assert [e["latch"] for e in told][:2] == ["L5", "L9a"]

    asyncio.run(main())
